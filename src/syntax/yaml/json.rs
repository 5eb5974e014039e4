//! JSON as people write it: with comments and tabs, which YAML's flow style does not know.

/// The text with comments and tabs outside strings replaced by spaces, byte for byte, and where the comments stand.
pub(super) fn blank(text: &str) -> (String, Vec<(u32, u32)>) {
    let mut bytes = text.as_bytes().to_vec();
    let mut comments = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        match rest[0] {
            b'"' => at += string(rest),
            b'\t' => {
                bytes[at] = b' ';
                at += 1;
            }
            b'/' if matches!(rest.get(1), Some(b'/' | b'*')) => {
                let len = match rest[1] {
                    b'/' => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
                    _ => memchr::memmem::find(&rest[2..], b"*/").map_or(rest.len(), |end| end + 4),
                };
                let written = bytes[at..at + len].iter_mut();
                written
                    .filter(|byte| !matches!(byte, b'\n' | b'\r'))
                    .for_each(|byte| *byte = b' ');
                comments.push((at as u32, (at + len) as u32));
                at += len;
            }
            _ => at += 1,
        }
    }
    // Whole comments went, so whole characters did.
    (String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned()), comments)
}

/// The length of a string with its quotes.
fn string(text: &[u8]) -> usize {
    let mut at = 1;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::blank;

    #[test]
    fn comments_go_and_strings_stay() {
        let (text, comments) = blank("{\t// first\n\"a\": \"http://x/*y*/\\\"//\", /* ü */ \"b\": 1}");
        assert_eq!(text, "{         \n\"a\": \"http://x/*y*/\\\"//\",          \"b\": 1}");
        assert_eq!(comments.len(), 2);
    }
}
