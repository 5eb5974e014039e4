//! The week for a terminal: filled up to what is guaranteed, a line at what is needed, and the difference marked. It reads
//! without colour, and without characters beyond ASCII.

use std::fmt::Write as _;

use super::Chart;
use super::table::{Column, columns};
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

const HEIGHT: u32 = 12;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
pub(super) const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// One kind of cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Empty,
    Guaranteed,
    Needed,
    /// The line of the need where less is guaranteed.
    NeededShort,
    Short,
    Maximum,
    Mark,
}

impl Cell {
    fn draw(self, style: Style) -> &'static str {
        let (plain, drawn) = match self {
            Cell::Empty => (" ", " "),
            Cell::Guaranteed => (":", "░"),
            Cell::Needed => ("=", "━"),
            Cell::NeededShort => ("#", "▀"),
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
            Cell::Needed => "1",
            Cell::NeededShort | Cell::Short | Cell::Mark => "31",
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
    for row in (0..HEIGHT).rev() {
        let shown = if row == HEIGHT - 1 {
            top.to_string()
        } else if row == HEIGHT / 2 - 1 && top > 3 {
            (top / 2).to_string()
        } else {
            String::new()
        };
        let _ = write!(text, "{shown:>label$} ");
        for day in &drawn {
            text.push_str(bar);
            line(&mut text, day.iter().map(|column| cell(column, row, top)), style);
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

/// Rows a count fills; anything above 0 fills one.
fn rows(count: u32, top: u32) -> u32 {
    let rows = (u64::from(count) * u64::from(HEIGHT)).div_ceil(u64::from(top.max(1)));
    u32::try_from(rows).unwrap_or(u32::MAX)
}

fn cell(column: &Column, row: u32, top: u32) -> Cell {
    let needed = rows(column.needed, top);
    let mut guaranteed = rows(column.guaranteed, top);
    // A difference too small for a row is drawn all the same.
    if column.short {
        guaranteed = guaranteed.min(needed.saturating_sub(1));
    }
    if row + 1 == needed {
        return if column.short { Cell::NeededShort } else { Cell::Needed };
    }
    if row < guaranteed {
        Cell::Guaranteed
    } else if row < needed && column.short {
        Cell::Short
    } else if column.maximum <= top && row + 1 == rows(column.maximum, top) {
        Cell::Maximum
    } else {
        Cell::Empty
    }
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
    let maximum = chart
        .points
        .iter()
        .map(|point| point.maximum)
        .min()
        .unwrap_or(UNBOUNDED);
    let short: i64 = chart
        .stretches()
        .filter(|(_, point)| point.is_short())
        .map(|(period, _)| period.seconds())
        .sum();
    let draw = |cell: Cell| cell.draw(style);
    let mut text = format!("{} needed  {} guaranteed", draw(Cell::Needed), draw(Cell::Guaranteed));
    if short > 0 {
        let hours = short as f64 / 3600.0;
        let _ = write!(text, "  {} short, {hours:.1} h this week", draw(Cell::Short));
    }
    match maximum {
        UNBOUNDED => {}
        maximum if maximum <= top => {
            let _ = write!(text, "  {} maximum {maximum}", draw(Cell::Maximum));
        }
        maximum => {
            let _ = write!(text, "  maximum {maximum}");
        }
    }
    text.push('\n');
    text
}
