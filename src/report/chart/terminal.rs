//! The week for a terminal: filled up to what is guaranteed, a line at what is needed, and the difference marked. It reads
//! without colour, and without characters beyond ASCII.

use std::fmt::Write as _;

use super::table::{Column, columns};
use super::week::Chart;
use crate::capacity::Period;
use crate::capacity::timeline::UNBOUNDED;

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns, axis included.
    pub width: usize,
    /// Whether to use colour.
    pub color: bool,
    /// Whether to draw with ASCII alone.
    pub ascii: bool,
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
pub(super) const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// One kind of cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Empty,
    Guaranteed,
    /// The line of the need, and whether less is guaranteed there.
    Needed(Line, bool),
    Short,
    Maximum,
    Mark,
}

/// How the line of the need passes through a cell: from the column before at its height, to its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Flat,
    Upright,
    /// From the left, upwards.
    LeftUp,
    /// From the left, downwards.
    LeftDown,
    /// From below, to the right.
    BelowRight,
    /// From above, to the right.
    AboveRight,
}

impl Cell {
    fn draw(self, style: Style) -> &'static str {
        let (plain, drawn) = match self {
            Cell::Empty => (" ", " "),
            Cell::Guaranteed => (":", "░"),
            Cell::Needed(Line::Flat, false) => ("=", "━"),
            // A need that one more replica would meet has no room for anything below its line.
            Cell::Needed(Line::Flat, true) => ("#", "▀"),
            Cell::Needed(Line::Upright, _) => ("|", "┃"),
            Cell::Needed(Line::LeftUp, _) => ("+", "┛"),
            Cell::Needed(Line::LeftDown, _) => ("+", "┓"),
            Cell::Needed(Line::BelowRight, _) => ("+", "┏"),
            Cell::Needed(Line::AboveRight, _) => ("+", "┗"),
            Cell::Short => ("!", "▒"),
            Cell::Maximum => ("-", "┄"),
            Cell::Mark => ("^", "▲"),
        };
        if style.ascii { plain } else { drawn }
    }

    /// The colour, as a parameter of SGR.
    fn color(self) -> &'static str {
        match self {
            Cell::Empty => "",
            Cell::Guaranteed => "32",
            Cell::Needed(_, false) => "1",
            Cell::Needed(_, true) | Cell::Short | Cell::Mark => "31;1",
            Cell::Maximum => "2",
        }
    }
}

/// Draws the week.
pub fn draw(chart: &Chart, style: Style) -> String {
    let top = chart.top();
    let label = top.to_string().len().max(3);
    // Axis, and a line before each day.
    let room = style.width.max(40).saturating_sub(label + 2 + 7);
    let per_day = (room / 7).clamp(4, 48);
    let days = chart.days();
    let ends = days.iter().skip(1).copied().chain([chart.period.to]);
    let drawn: Vec<Vec<Column>> = days
        .iter()
        .zip(ends)
        .map(|(from, to)| columns(chart, Period::new(*from, to), per_day))
        .collect();
    let mut text = String::new();
    let _ = writeln!(text, "{}", heading(chart));
    let (bar, corner, dash) = if style.ascii {
        ("|", "+", "-")
    } else {
        ("│", "└", "─")
    };
    let scale = Scale::new(top);
    for row in (1..=scale.height).rev() {
        let shown = if row == scale.height {
            top.to_string()
        } else if row == scale.rows(top / 2) && top > 3 {
            (top / 2).to_string()
        } else {
            String::new()
        };
        let _ = write!(text, "{shown:>label$} ");
        let mut before = None;
        for day in &drawn {
            text.push_str(bar);
            let cells = day.iter().map(|column| {
                let from = scale.rows(before.unwrap_or(column.needed));
                before = Some(column.needed);
                scale.cell(column, from, row)
            });
            line(&mut text, cells, style);
        }
        end_line(&mut text);
    }
    let _ = write!(text, "{:>label$} ", 0);
    // A tick at noon.
    let tick = if style.ascii { "+" } else { "┴" };
    for _ in &drawn {
        text.push_str(corner);
        text.push_str(&dash.repeat(per_day / 2));
        text.push_str(tick);
        text.push_str(&dash.repeat(per_day - per_day / 2 - 1));
    }
    text.push('\n');
    if drawn.iter().flatten().any(|column| column.short) {
        let _ = write!(text, "{:label$} ", "");
        for day in &drawn {
            text.push(' ');
            let mark = |column: &Column| if column.short { Cell::Mark } else { Cell::Empty };
            line(&mut text, day.iter().map(mark), style);
        }
        end_line(&mut text);
    }
    let _ = write!(text, "{:label$} ", "");
    for (name, at) in DAYS.iter().zip(&days) {
        let (_, month, day) = chart.zone.wall(*at).date();
        let month = MONTHS.get((month - 1) as usize).copied().unwrap_or_default();
        let name = match per_day {
            10.. => format!("{name} {day} {month}"),
            6.. => format!("{name} {day}"),
            _ => (*name).to_owned(),
        };
        let _ = write!(text, " {name:<per_day$}");
    }
    end_line(&mut text);
    text.push_str(&legend(chart, top, style));
    text
}

/// How counts become rows.
struct Scale {
    top: u32,
    height: u32,
}

impl Scale {
    /// A row for each replica where that is neither too flat nor too high.
    fn new(top: u32) -> Self {
        let height = match top {
            0..=3 => top.max(1) * 2,
            4..=16 => top,
            _ => 12,
        };
        Self { top, height }
    }

    /// Rows a count fills; anything above 0 fills one.
    fn rows(&self, count: u32) -> u32 {
        let rows = (u64::from(count) * u64::from(self.height)).div_ceil(u64::from(self.top.max(1)));
        u32::try_from(rows).unwrap_or(u32::MAX)
    }

    /// What stands in a row of a column; `from` is the height of the line in the column before.
    fn cell(&self, column: &Column, from: u32, row: u32) -> Cell {
        let needed = self.rows(column.needed);
        let mut guaranteed = self.rows(column.guaranteed);
        // A difference too small for a row is drawn all the same.
        if column.short {
            guaranteed = guaranteed.min(needed.saturating_sub(1));
        }
        if let Some(line) = passes(from, needed, row) {
            return Cell::Needed(line, column.short && row > guaranteed);
        }
        if row <= guaranteed {
            Cell::Guaranteed
        } else if row < needed && column.short {
            Cell::Short
        } else if column.maximum <= self.top && row == self.rows(column.maximum) {
            Cell::Maximum
        } else {
            Cell::Empty
        }
    }
}

/// The part of a line through a row, from one height to another.
fn passes(from: u32, to: u32, row: u32) -> Option<Line> {
    if row < from.min(to) || row > from.max(to) {
        return None;
    }
    Some(match (row == from, row == to) {
        (true, true) => Line::Flat,
        (true, false) if from < to => Line::LeftUp,
        (true, false) => Line::LeftDown,
        (false, true) if from < to => Line::BelowRight,
        (false, true) => Line::AboveRight,
        (false, false) => Line::Upright,
    })
}

/// Writes cells, colour changed only where it changes.
fn line(text: &mut String, cells: impl Iterator<Item = Cell>, style: Style) {
    let mut color = "";
    for cell in cells {
        if style.color && cell.color() != color {
            if !color.is_empty() {
                text.push_str("\x1b[0m");
            }
            color = cell.color();
            if !color.is_empty() {
                let _ = write!(text, "\x1b[{color}m");
            }
        }
        text.push_str(cell.draw(style));
    }
    if !color.is_empty() {
        text.push_str("\x1b[0m");
    }
}

fn end_line(text: &mut String) {
    let length = text.trim_end_matches(' ').len();
    text.truncate(length);
    text.push('\n');
}

fn heading(chart: &Chart) -> String {
    let from = chart.zone.local(chart.period.from);
    let (date, zone) = (from.get(4..14).unwrap_or_default(), chart.zone.name());
    format!("{}  week of {date}, {zone}", chart.title)
}

fn legend(chart: &Chart, top: u32, style: Style) -> String {
    let draw = |cell: Cell, words: String| format!("{} {words}", cell.draw(style));
    let mut parts = Vec::new();
    if chart.has_traffic {
        parts.push(draw(Cell::Needed(Line::Flat, false), "needed".to_owned()));
    }
    parts.push(draw(Cell::Guaranteed, "guaranteed".to_owned()));
    let stretches = chart.stretches().filter(|(_, point)| point.is_short());
    let short: i64 = stretches.map(|(period, _)| period.seconds()).sum();
    if short > 0 {
        let hours = short as f64 / 3600.0;
        parts.push(draw(Cell::Short, format!("short, {hours:.1} h this week")));
    }
    let maximum = chart.points.iter().map(|point| point.maximum).min();
    match maximum.unwrap_or(UNBOUNDED) {
        UNBOUNDED => {}
        maximum if maximum <= top => parts.push(draw(Cell::Maximum, format!("maximum {maximum}"))),
        maximum => parts.push(format!("maximum {maximum}")),
    }
    parts.join("  ") + "\n"
}
