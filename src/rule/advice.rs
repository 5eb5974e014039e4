//! A rule's help without a finding: what depends on the finding is said in all its forms, and values are named.

/// The text of a help template. `{a ? 'x' : 'y'}` gives both texts, `{route.read_timeout}` gives `<route read timeout>`.
pub(super) fn advice(template: &str) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(len) = top(&rest[open + 1..], '}').first().copied() else {
            break;
        };
        text.push_str(&rest[..open]);
        let forms = forms(&rest[open + 1..open + 1 + len], 0);
        let sentences = forms.iter().all(|form| form.ends_with(['.', '?']));
        let commands = forms.iter().skip(1).any(|form| form.starts_with(char::is_uppercase));
        text.push_str(&forms.join(match (sentences, commands) {
            (true, _) => " Or: ",
            (false, true) => "; or: ",
            (false, false) => " or ",
        }));
        rest = &rest[open + len + 2..];
    }
    text.push_str(rest);
    text
}

/// Where a character stands outside quotes and brackets.
fn top(text: &str, wanted: char) -> Vec<usize> {
    let (mut found, mut depth, mut quote) = (Vec::new(), 0_i32, None);
    for (at, c) in text.char_indices() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('\'' | '"', None) => quote = Some(c),
            (c, None) if c == wanted && depth == 0 => found.push(at),
            ('(' | '[', None) => depth += 1,
            (')' | ']', None) => depth -= 1,
            _ => {}
        }
    }
    found
}

/// Everything an expression may say; nothing is not listed.
fn forms(expression: &str, depth: usize) -> Vec<String> {
    let text = expression.trim();
    if depth > 8 {
        return Vec::new();
    }
    if let Some(question) = top(text, '?').first().copied() {
        // `a ? b : c ? d : e`: the first colon that is not of a conditional inside `b`.
        let after = &text[question + 1..];
        let inner = top(after, '?');
        let colons = top(after, ':');
        let colon = colons.into_iter().find(|colon| inner.iter().all(|other| other > colon));
        if let Some(colon) = colon {
            let mut all = forms(&after[..colon], depth + 1);
            for other in forms(&after[colon + 1..], depth + 1) {
                if !all.contains(&other) {
                    all.push(other);
                }
            }
            return all;
        }
    }
    let mut said = vec![String::new()];
    let mut from = 0;
    for end in top(text, '+').into_iter().chain([text.len()]) {
        let parts = part(&text[from..end], depth);
        from = end + 1;
        // One form is enough of what only fills in a text.
        if let Some(first) = parts.first() {
            said.iter_mut().for_each(|form| form.push_str(first));
        }
    }
    said.retain(|form| form.contains(char::is_alphanumeric));
    said
}

fn part(term: &str, depth: usize) -> Vec<String> {
    let term = term.trim();
    let inside = |open: char, close: char| term.strip_prefix(open)?.strip_suffix(close);
    if let Some(literal) = inside('\'', '\'').or_else(|| inside('"', '"')) {
        return vec![literal.to_owned()];
    }
    if let Some(inner) = inside('(', ')') {
        return forms(inner, depth + 1);
    }
    let inner = term.strip_prefix("text(").and_then(|rest| rest.strip_suffix(')'));
    let path: Vec<&str> = inner.unwrap_or(term).rsplit('.').take(2).collect();
    let name: Vec<String> = path.iter().rev().map(|part| part.replace('_', " ")).collect();
    vec![format!("<{}>", name.join(" "))]
}

#[cfg(test)]
mod tests {
    use super::advice;

    #[test]
    fn every_form_is_said() {
        let cases = [
            ("Set {hop.route.pass}_timeout.", "Set <route pass>_timeout."),
            ("{a.b == 'x' ? 'Do {this}.' : 'Do that.'}", "Do {this}. Or: Do that."),
            ("Raise it{x ? ': ' + a.b.c_d : ''}.", "Raise it: <b c d>."),
            (
                "{a ? 'One.' : b ? 'Two.' : 'Three ' + (c ? 'x' : 'y') + '.'}",
                "One. Or: Two. Or: Three x.",
            ),
            ("An open { brace", "An open { brace"),
        ];
        for (template, expected) in cases {
            assert_eq!(advice(template), expected);
        }
    }
}
