//! Where expressions, comments and strings of HCL end: brackets, quotes, templates in quotes, heredocs. Iterative, so no
//! nesting is too deep for it, and each byte is looked at once.

/// What an expression stands inside of.
enum Inside {
    /// `(`, `[` or `{`, by what closes it.
    Bracket(u8),
    /// A string in quotes.
    Quote,
    /// `${` or `%{` within a string or a heredoc.
    Template,
    /// A heredoc, by the place of its marker.
    Heredoc(std::ops::Range<usize>),
}

/// Why an expression has no end.
pub(super) struct Fault {
    /// The bracket or quote at fault.
    pub at: usize,
    /// What is wrong.
    pub message: &'static str,
    /// Where reading may resume: on the line after this place.
    pub resume: usize,
    /// Whether the whole rest of the text was looked at.
    pub to_the_end: bool,
}

/// Where the expression that begins at `from` ends, and where reading goes on: the end of its line, a comment, or the `}`
/// of the block around it. `comment` is told of comments inside.
pub(super) fn expression(
    text: &str,
    from: usize,
    comment: &mut dyn FnMut(usize, usize),
) -> Result<(usize, usize), Fault> {
    let bytes = text.as_bytes();
    let mut open: Vec<(Inside, usize)> = Vec::new();
    let mut at = from;
    let mut end = from;
    while let Some(&byte) = bytes.get(at) {
        let mut is_content = !byte.is_ascii_whitespace();
        match open.last().map(|(inside, _)| inside) {
            Some(Inside::Quote) => match byte {
                b'\\' => at += 2,
                b'"' => {
                    open.pop();
                    at += 1;
                }
                b'\n' => return Err(unclosed_quote(&open, at)),
                _ => at = template_or_byte(bytes, at, &mut open),
            },
            Some(Inside::Heredoc(marker)) => {
                is_content = true;
                let is_line_start = at == 0 || bytes[at - 1] == b'\n';
                let line = line_end(text, at);
                if is_line_start && text[at..line].trim() == &text[marker.clone()] {
                    open.pop();
                    at = line;
                } else if byte == b'\n' {
                    at += 1;
                } else {
                    at = template_or_byte(bytes, at, &mut open);
                }
            }
            inside => {
                let in_code = inside.is_some();
                match byte {
                    b'\n' if !in_code => return Ok((end, at)),
                    b'#' | b'/' => match comment_end(text, at) {
                        Some(_) if !in_code && !text[at..].starts_with("/*") => return Ok((end, at)),
                        Some(past) => {
                            comment(at, past);
                            at = past;
                            is_content = false;
                        }
                        None => at += 1,
                    },
                    b'"' => {
                        open.push((Inside::Quote, at));
                        at += 1;
                    }
                    b'<' if bytes.get(at + 1) == Some(&b'<') => match heredoc(text, at) {
                        Some((marker, next)) => {
                            open.push((Inside::Heredoc(marker), at));
                            at = next;
                        }
                        None => at += 2,
                    },
                    b'(' | b'[' | b'{' => {
                        let closer = match byte {
                            b'(' => b')',
                            b'[' => b']',
                            _ => b'}',
                        };
                        open.push((Inside::Bracket(closer), at));
                        at += 1;
                    }
                    b'}' if !in_code => return Ok((end, at)),
                    b')' | b']' | b'}' => {
                        match open.pop() {
                            Some((Inside::Bracket(closer), _)) if closer == byte => {}
                            Some((Inside::Template, _)) if byte == b'}' => {}
                            Some((_, opened)) => {
                                return Err(fault(opened, "this is not closed by its counterpart", at));
                            }
                            None => return Err(fault(at, "this bracket closes nothing", at)),
                        }
                        at += 1;
                    }
                    _ => at += 1,
                }
            }
        }
        if is_content {
            end = at.min(text.len());
        }
    }
    match open.first() {
        None => Ok((end, text.len())),
        Some((_, opened)) => Err(Fault {
            at: *opened,
            message: "this is opened and never closed",
            resume: *opened,
            to_the_end: true,
        }),
    }
}

fn fault(at: usize, message: &'static str, resume: usize) -> Fault {
    Fault {
        at,
        message,
        resume,
        to_the_end: false,
    }
}

fn unclosed_quote(open: &[(Inside, usize)], at: usize) -> Fault {
    let opened = open.last().map_or(at, |(_, opened)| *opened);
    fault(opened, "this quote is not closed on its line", opened)
}

/// One step inside a string: a template opens, an escaped one does not.
fn template_or_byte(bytes: &[u8], at: usize, open: &mut Vec<(Inside, usize)>) -> usize {
    let byte = bytes[at];
    if !matches!(byte, b'$' | b'%') {
        return at + 1;
    }
    match (bytes.get(at + 1), bytes.get(at + 2)) {
        (Some(next), Some(b'{')) if *next == byte => at + 3,
        (Some(b'{'), _) => {
            open.push((Inside::Template, at));
            at + 2
        }
        _ => at + 1,
    }
}

/// The marker of a heredoc that begins at `at`, and where its first line begins.
fn heredoc(text: &str, at: usize) -> Option<(std::ops::Range<usize>, usize)> {
    let dash = usize::from(text.as_bytes().get(at + 2) == Some(&b'-'));
    let from = at + 2 + dash;
    if !is_identifier_start(text, from) {
        return None;
    }
    let to = identifier_end(text, from);
    let end = line_end(text, to);
    let alone = text[to..end].trim().is_empty() && end < text.len();
    alone.then_some((from..to, end + 1))
}

/// Where the comment at `at` ends, exclusive, without its line feed; `None` where none begins.
pub(super) fn comment_end(text: &str, at: usize) -> Option<usize> {
    let rest = &text.as_bytes()[at..];
    if rest.starts_with(b"#") || rest.starts_with(b"//") {
        let end = line_end(text, at);
        return Some(end - usize::from(text[at..end].ends_with('\r')));
    }
    if rest.starts_with(b"/*") {
        let end = memchr::memmem::find(&rest[2..], b"*/");
        return Some(end.map_or(text.len(), |end| at + 2 + end + 2));
    }
    None
}

/// Where the string that begins at `at` ends, quotes included, if it has no template and ends on its line.
pub(super) fn plain_string(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut end = at + 1;
    loop {
        match bytes.get(end)? {
            b'"' => return Some(end + 1),
            b'\n' => return None,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
}

/// The line feed after `at`, or the end of the text.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |end| at + end)
}

/// Whether an identifier may begin here; HCL takes Unicode's.
pub(super) fn is_identifier_start(text: &str, at: usize) -> bool {
    let first = text.get(at..).and_then(|rest| rest.chars().next());
    first.is_some_and(|c| c == '_' || c.is_alphabetic())
}

/// Where the identifier that begins at `from` ends.
pub(super) fn identifier_end(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    let len = rest.find(|c: char| !(c == '_' || c == '-' || c.is_alphanumeric()));
    from + len.unwrap_or(rest.len())
}
