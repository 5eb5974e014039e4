//! CSV as profiles need it: a header, then rows; fields may stand in double quotes, lines may end in CR LF.

/// The fields of a line.
pub(super) fn fields(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = match text.strip_prefix('"') {
            // Times and numbers hold no escaped quotes.
            Some(quoted) => quoted
                .find('"')
                .and_then(|close| text.get(close + 2..)?.find(',').map(|comma| close + 2 + comma)),
            None => memchr::memchr(b',', text.as_bytes()),
        };
        let field = end.map_or(text, |end| &text[..end]);
        rest = end.map(|end| &text[end + 1..]);
        Some(field.trim().trim_matches('"'))
    })
}

/// The lines of a text with their numbers; empty ones and comments are left out.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rest = text;
    let mut number = 0;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
            let line = rest[..end].trim_end_matches('\r');
            rest = rest.get(end + 1..).unwrap_or_default();
            number += 1;
            if !line.trim().is_empty() && !line.starts_with('#') {
                return Some((number, line));
            }
        }
        None
    })
}
