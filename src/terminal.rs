//! The terminal: whether it has colour, how wide it is, and what may be written to it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::IsTerminal;

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// Where the output is a terminal that can show it.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the output can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether to use colour.
    pub color: bool,
    /// Whether to draw with characters beyond ASCII.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
    /// Whether it is a terminal at all.
    pub terminal: bool,
}

impl Look {
    /// For tests and for output that no one looks at.
    pub const PLAIN: Look = Look {
        color: false,
        unicode: true,
        width: 100,
        terminal: false,
    };

    /// What standard output can show.
    pub fn stdout(color: Color) -> Look {
        Look::of(color, std::io::stdout().is_terminal())
    }

    /// What standard error can show.
    pub fn stderr(color: Color) -> Look {
        Look::of(color, std::io::stderr().is_terminal())
    }

    fn of(color: Color, terminal: bool) -> Look {
        let variable = |name: &str| std::env::var(name).ok();
        let size = if terminal {
            crossterm::terminal::size().ok()
        } else {
            None
        };
        Look {
            color: wants_color(color, terminal, variable),
            unicode: variable("TERM").as_deref() != Some("dumb") && variable("NO_GRAPHICS").is_none(),
            width: size.map_or(100, |(columns, _)| usize::from(columns)).clamp(40, 200),
            terminal,
        }
    }
}

/// The one place that decides on colour: the flag, then `NO_COLOR`, then the variables that force it, then the
/// terminal.
fn wants_color(flag: Color, terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let forced = |name: &str| set(name) && variable(name).as_deref() != Some("0");
    match flag {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto if forced("CLICOLOR_FORCE") || forced("FORCE_COLOR") => true,
        Color::Auto => terminal && variable("TERM").as_deref() != Some("dumb"),
    }
}

/// Text that is a link (OSC 8) where the terminal can show one.
pub fn link(look: Look, address: Option<&str>, text: &str) -> String {
    match address {
        Some(address) if look.terminal && look.color => format!("\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\"),
        _ => text.to_owned(),
    }
}

/// Whether a character could steer the terminal, or make text read other than it is.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}' | '\u{61c}' | '\u{feff}')
}

/// Text for one line of output: what is unsafe is written as an escape.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' | '\n' => out.push(' '),
            c if c.is_ascii() && is_unsafe(c) => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c if is_unsafe(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Text of many lines, such as a diff, for a terminal: lines and tabs stay, all else that is unsafe is escaped.
pub fn escape_lines(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let cells: Vec<Cow<'_, str>> = line.split('\t').map(escape).collect();
        cells.join("\t")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Text broken between words so that lines end before `width`. `taken` columns of the first line are already used; the
/// others begin with `indent`.
pub fn wrap(text: &str, taken: usize, indent: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut column = taken;
    let mut is_first = true;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if is_first {
            is_first = false;
        } else if column + 1 + length > width {
            out.push('\n');
            out.push_str(indent);
            column = indent.len();
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

/// JSON as a terminal may show it: what is unsafe and JSON itself does not escape can only stand in strings.
pub fn escape_json(json: String) -> String {
    let is_raw = |c: char| c >= '\u{7f}' && is_unsafe(c);
    if !json.contains(is_raw) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_raw(c) {
            // All of them lie in the first plane.
            let _ = write!(out, "\\u{:04x}", c as u32);
        } else {
            out.push(c);
        }
    }
    out
}

/// Text of the same length in bytes without unsafe characters, so that spans stay true. `None` when there are none.
pub fn mask(text: &str) -> Option<String> {
    let harmless = |at: usize, c: char| {
        matches!(c, '\n' | '\t') || c == '\r' && text.as_bytes().get(at + 1) == Some(&b'\n') || !is_unsafe(c)
    };
    text.char_indices().find(|(at, c)| !harmless(*at, *c))?;
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c.len_utf8() {
            _ if harmless(at, c) => out.push(c),
            1 => out.push('?'),
            2 => out.push('\u{b7}'),
            _ => out.push('\u{fffd}'),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_is_decided_by_flag_then_variables_then_terminal() {
        let with = |pairs: &'static [(&str, &str)]| {
            move |name: &str| {
                pairs
                    .iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| (*value).to_owned())
            }
        };
        assert!(wants_color(Color::Auto, true, with(&[])));
        assert!(!wants_color(Color::Auto, false, with(&[])));
        assert!(!wants_color(Color::Auto, true, with(&[("TERM", "dumb")])));
        assert!(!wants_color(
            Color::Auto,
            true,
            with(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")])
        ));
        assert!(wants_color(Color::Auto, true, with(&[("NO_COLOR", "")])));
        assert!(wants_color(Color::Auto, false, with(&[("FORCE_COLOR", "1")])));
        assert!(!wants_color(Color::Auto, false, with(&[("CLICOLOR_FORCE", "0")])));
        assert!(wants_color(Color::Always, false, with(&[("NO_COLOR", "1")])));
        assert!(!wants_color(Color::Never, true, with(&[("FORCE_COLOR", "1")])));
    }

    #[test]
    fn links_are_made_for_terminals_alone() {
        let screen = Look {
            color: true,
            terminal: true,
            ..Look::PLAIN
        };
        assert_eq!(
            link(screen, Some("https://x"), "y"),
            "\x1b]8;;https://x\x1b\\y\x1b]8;;\x1b\\"
        );
        assert_eq!(link(screen, None, "y"), "y");
        assert_eq!(link(Look::PLAIN, Some("https://x"), "y"), "y");
    }

    #[test]
    fn lines_end_before_the_width() {
        assert_eq!(wrap("one two  three", 7, "  ", 10), "one\n  two\n  three");
        assert_eq!(
            wrap("a-word-that-is-too-long b", 0, "  ", 10),
            "a-word-that-is-too-long\n  b"
        );
        assert_eq!(wrap("", 3, "  ", 10), "");
    }

    #[test]
    fn nothing_unsafe_is_left() {
        let text = "a\x1b[31mb\u{9b}c\u{202e}d\re\r\nf\tg\u{7f}";
        let masked = mask(text).unwrap_or_default();
        assert_eq!(masked.len(), text.len());
        assert!(!masked.replace("\r\n", "").contains(|c| is_unsafe(c) && c != '\t'));
        assert_eq!(escape("x\x1b]8;;y\u{202e}"), "x\\x1b]8;;y\\u{202e}");
        assert_eq!(mask("plain\r\ntext"), None);
    }
}
