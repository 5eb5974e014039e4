//! Text from a repository in Markdown: as it stands, whatever it is.

use crate::terminal::escape;

/// Words that are no markup: no link, no picture, no HTML, and nobody is called by their name. What stands between
/// backticks is shown as code.
pub(super) fn plain(text: &str) -> String {
    let text = escape(text);
    let parts: Vec<&str> = text.split('`').collect();
    let is_code = |at: usize| at % 2 == 1;
    let balanced = parts.len() % 2 == 1 && (0..parts.len()).all(|at| !is_code(at) || !parts[at].trim().is_empty());
    if !balanced {
        return words(&text);
    }
    let each = parts.iter().enumerate().map(|(at, part)| match is_code(at) {
        true => format!("`{part}`"),
        false => words(part),
    });
    each.collect()
}

fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '$' | '@' | '!'
        ) {
            out.push('\\');
        }
        out.push(c);
        if c == '@' {
            out.push_str("&#8203;");
        }
    }
    // What looks like an address would become a link.
    out.replace("://", "\\://").replace("www.", "www\\.")
}

/// Words inside an HTML element.
pub(super) fn html(text: &str) -> String {
    let text = escape(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace('@', "@&#8203;")
}

/// A block whose fence is longer than any in it, indented.
pub(super) fn fenced(language: &str, text: &str, indent: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let mut out = format!("{indent}{fence}{language}\n");
    for line in text.lines() {
        out.push_str(&format!("{indent}{line}\n"));
    }
    out + indent + &fence + "\n"
}

#[cfg(test)]
mod tests {
    use super::{fenced, html, plain};

    #[test]
    fn nothing_of_a_repository_is_markup() {
        assert_eq!(
            plain("<b>[x](https://y) `<z>` @acme/ops\n#1"),
            "\\<b\\>\\[x\\](https\\://y) `<z>` \\@&#8203;acme/ops \\#1"
        );
        assert_eq!(plain("`a` `<b>"), "\\`a\\` \\`\\<b\\>");
        assert_eq!(html("</summary>&@a"), "&lt;/summary&gt;&amp;@&#8203;a");
        assert_eq!(fenced("diff", "+```x\n", "  "), "  ````diff\n  +```x\n  ````\n");
    }
}
