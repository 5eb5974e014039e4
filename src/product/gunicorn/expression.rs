//! Values of `gunicorn.conf.py` that are made from variables of the process.

/// What an expression makes of variables, as a shell would write it: `0.0.0.0:${PORT-8000}` for
/// `"0.0.0.0:" + os.environ.get("PORT", "8000")` and for the text of an f-string. `None` for what is made otherwise.
pub(super) fn in_shell(text: &str) -> Option<String> {
    let text = text.trim();
    let mut out = String::new();
    if !text.starts_with(['"', '\'', 'f']) && text.contains('{') || text.starts_with('{') {
        // The text of an f-string.
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (inner, after) = after.split_once('}')?;
            out.push_str(plain(before)?);
            out.push_str(&term(inner)?);
            rest = after;
        }
        out.push_str(plain(rest)?);
        return Some(out);
    }
    for part in text.split('+') {
        out.push_str(&term(part)?);
    }
    out.contains('$').then_some(out)
}

fn plain(text: &str) -> Option<&str> {
    (!text.contains(['$', '{', '}', '\\'])).then_some(text)
}

/// One operand: a literal, or a variable with its default.
fn term(text: &str) -> Option<String> {
    let text = text.trim();
    for call in ["int(", "str("] {
        if let Some(inner) = text.strip_prefix(call) {
            return term(inner.strip_suffix(')')?);
        }
    }
    if let Some(literal) = quoted(text) {
        return plain(literal).map(str::to_owned);
    }
    let text = text.strip_prefix("os.").unwrap_or(text);
    if let Some(name) = text.strip_prefix("environ[") {
        return Some(format!("${{{}}}", quoted(name.strip_suffix(']')?)?));
    }
    let inner = ["environ.get(", "getenv("]
        .iter()
        .find_map(|call| text.strip_prefix(call))?;
    let inner = inner.strip_suffix(')')?;
    match inner.split_once(',') {
        Some((name, default)) => {
            let default = default.trim();
            let default = quoted(default).unwrap_or(default);
            let is_literal = default
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".:-_/".contains(&byte));
            is_literal.then(|| quoted(name.trim()).map(|name| format!("${{{name}-{default}}}")))?
        }
        None => Some(format!("${{{}}}", quoted(inner.trim())?)),
    }
}

fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains(quote)).then_some(inner)
}
