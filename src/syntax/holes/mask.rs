//! Masking: a text of the same length and lines in which no template is left.

use super::prints;
use crate::repo::Span;

/// The text with its holes made harmless, at the same length and with the same line feeds. Holes that fill their lines
/// become comments (`#....`); others become `HHHH` on their first line and blanks on the lines after it, so that the
/// lines keep their meaning. `holes` must be ascending and apart.
pub fn mask(text: &str, holes: &[Span]) -> String {
    mask_with(text, holes, |_| None)
}

/// Like `mask`, for a language in which indentation has a meaning (YAML): a comment is moved to a column at which it
/// cannot end the block it stands in, since templates often stand at the beginning of the line.
pub fn mask_indented(text: &str, holes: &[Span]) -> String {
    mask_with(text, holes, |group| Some(column(text, holes, group)))
}

/// Neighbouring holes with nothing but blanks between them.
struct Group {
    start: usize,
    end: usize,
    first: usize,
    last: usize,
}

fn mask_with(text: &str, holes: &[Span], place: impl Fn(&Group) -> Option<usize>) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut next = 0;
    while let Some(hole) = holes.get(next) {
        let mut group = Group {
            start: hole.range().start,
            end: hole.range().end,
            first: next,
            last: next,
        };
        while let Some(after) = holes.get(group.last + 1)
            && bytes[group.end..after.range().start].iter().all(|byte| is_blank(*byte))
        {
            group.end = after.range().end;
            group.last += 1;
        }
        next = group.last + 1;
        let before = bytes[..group.start].iter().rposition(|byte| !is_blank(*byte));
        let starts_line = before.is_none_or(|at| bytes[at] == b'\n');
        let after = bytes[group.end..]
            .iter()
            .find(|byte| !is_blank(**byte) && **byte != b'\r');
        if starts_line && after.is_none_or(|byte| *byte == b'\n') {
            let line = before.map_or(0, |at| at + 1);
            comment(&mut out, line, &group, place(&group));
        } else {
            let ends_line = after.is_none_or(|byte| *byte == b'\n');
            let end = holes.get(next).map_or(text.len(), |hole| hole.range().start);
            let stands_apart = starts_line && is_whole(&text[group.end..end]) && place(&group).is_none();
            for hole in &holes[group.first..=group.last] {
                // What prints nothing must not become text beside a value, nor instead of a block.
                let template = &text[hole.range()];
                let part = &mut out[hole.range()];
                let is_nothing = (ends_line || stands_apart) && !prints(template);
                inline(part, if is_nothing { b' ' } else { b'H' });
                // `labels:{{ toYaml . | nindent 4 }}` prints its own line feed.
                if bytes[..hole.range().start].ends_with(b":") && template.contains("nindent") && part[0] == b'H' {
                    part[0] = b' ';
                }
            }
        }
    }
    // Holes lie on character boundaries, so replacing all their bytes leaves valid UTF-8.
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// Whether what follows a template on its line is a comment, or statements to their end.
fn is_whole(rest: &str) -> bool {
    let rest = rest.lines().next().unwrap_or_default().trim();
    rest.starts_with('#') || rest.ends_with([';', '{', '}'])
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// The bytes of each line without its ending.
fn lines(bytes: &mut [u8]) -> impl Iterator<Item = &mut [u8]> {
    bytes.split_mut(|byte| *byte == b'\n').map(|line| {
        let end = line.len() - usize::from(line.last() == Some(&b'\r'));
        &mut line[..end]
    })
}

fn comment(out: &mut [u8], line: usize, group: &Group, column: Option<usize>) {
    let first = column.map_or(group.start, |column| line + column);
    // Where the template is too short to reach that column, a blank line does no harm.
    let end = group.end;
    for (number, part) in lines(&mut out[line..end]).enumerate() {
        let blanks = part.iter().take_while(|byte| is_blank(**byte)).count();
        let at = match column {
            _ if number == 0 => first - line,
            Some(column) => column,
            None => blanks,
        };
        for (index, byte) in part.iter_mut().enumerate() {
            *byte = match index.cmp(&at) {
                std::cmp::Ordering::Less if is_blank(*byte) => *byte,
                std::cmp::Ordering::Less => b' ',
                std::cmp::Ordering::Equal => b'#',
                std::cmp::Ordering::Greater => b'.',
            };
        }
    }
}

fn inline(out: &mut [u8], fill: u8) {
    for (number, part) in lines(out).enumerate() {
        part.fill(if number == 0 { fill } else { b' ' });
    }
}

/// The column for the comment that stands for a template: where the next line that is no template says the block
/// continues, if it opens one here; else within what both neighbours belong to.
fn column(text: &str, holes: &[Span], group: &Group) -> usize {
    let own = text[..group.start].len() - text[..group.start].rfind('\n').map_or(0, |at| at + 1);
    let before = line_before(text, holes, group);
    let after = line_after(text, holes, group);
    let (Some(before), after) = (before, after) else {
        return own;
    };
    let from = indent(before);
    if opens_block_scalar(before) {
        let least = item_indent(before) + 1;
        return match after.map(indent) {
            Some(next) if next >= least => next,
            _ => own.max(least + 1),
        };
    }
    own.max(after.map_or(from, indent).min(from))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The column of a line's first key or value, behind the dashes of list items.
fn item_indent(line: &str) -> usize {
    let mut rest = line.trim_start_matches(' ');
    let mut least = line.len() - rest.len();
    while let Some(inner) = rest.strip_prefix("- ") {
        rest = inner.trim_start_matches(' ');
        // `- |` needs its text only behind the dash, `- key: |` behind the key.
        if !rest.starts_with(['|', '>']) {
            least = line.len() - rest.len();
        }
    }
    least
}

fn opens_block_scalar(line: &str) -> bool {
    let line = match line.find(" #") {
        Some(at) => &line[..at],
        None => line,
    };
    let head = line
        .trim_end()
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '+' || c == '-');
    head.strip_suffix(['|', '>'])
        .is_some_and(|rest| rest.is_empty() || rest.ends_with([' ', '\t']))
}

/// The nearest line before that is neither blank nor a template. Looks past a few templates only: it is a guess.
fn line_before<'t>(text: &'t str, holes: &[Span], group: &Group) -> Option<&'t str> {
    let mut first = group.first;
    let mut end = group.start;
    for _ in 0..16 {
        let before = text[..end].trim_end();
        match first.checked_sub(1).map(|at| holes[at]) {
            Some(hole) if hole.range().end == before.len() && starts_line(text, hole.range().start) => {
                first -= 1;
                end = hole.range().start;
            }
            _ => return before.rsplit('\n').next().filter(|line| !line.trim().is_empty()),
        }
    }
    None
}

fn line_after<'t>(text: &'t str, holes: &[Span], group: &Group) -> Option<&'t str> {
    let mut last = group.last;
    let mut from = group.end;
    for _ in 0..16 {
        let rest = &text[from..];
        let start = from + rest.len() - rest.trim_start().len();
        match holes.get(last + 1) {
            Some(hole) if hole.range().start == start && ends_line(text, hole.range().end) => {
                last += 1;
                from = hole.range().end;
            }
            _ => {
                let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
                return text[line..].lines().next().filter(|line| !line.trim().is_empty());
            }
        }
    }
    None
}

fn starts_line(text: &str, at: usize) -> bool {
    text[..at]
        .trim_end_matches([' ', '\t'])
        .chars()
        .next_back()
        .is_none_or(|c| c == '\n')
}

fn ends_line(text: &str, at: usize) -> bool {
    text[at..]
        .trim_start_matches([' ', '\t', '\r'])
        .chars()
        .next()
        .is_none_or(|c| c == '\n')
}
