//! A Node server's settings as statements behind the one that starts it: `server.keepAliveTimeout = 65000;`.

use crate::model::{NewEntry, Spelling};
use crate::repo::{Edit, Refusal, Span};

/// JavaScript's way of writing.
#[derive(Debug)]
pub(super) struct Statements;

impl Spelling for Statements {
    fn entry(&self, entry: &NewEntry<'_>) -> Result<Edit, Refusal> {
        line(entry)
    }
}

/// A new statement behind the one that listens, where no framework made the server.
fn line(entry: &NewEntry<'_>) -> Result<Edit, Refusal> {
    let NewEntry {
        sources,
        block: file,
        name,
        value,
        ..
    } = *entry;
    let refusal = |why: &str| Refusal::new(format!("{why}: set {name} where the server is made"));
    if entry.entity.module != "http" {
        return Err(refusal("the framework takes it as an option"));
    }
    let mut listening = file.children().filter(|child| child.name() == "listen");
    let (Some(call), None) = (listening.next(), listening.next()) else {
        return Err(refusal("the script does not listen in one place"));
    };
    let source = sources.get(call.span().source);
    let text = &*source.text;
    let at = call.span().start as usize;
    let start = text[..at].rfind('\n').map_or(0, |feed| feed + 1);
    let end = text[at..].find('\n').map_or(text.len(), |feed| at + feed);
    let statement = text[start..end].trim_end();
    let Some(server) = server(statement.trim_start(), text) else {
        return Err(refusal("what listens has no name in the script"));
    };
    let indent = &statement[..statement.len() - statement.trim_start().len()];
    let Some(end) = last_line(text, start + statement.len(), statement, indent) else {
        return Err(refusal("the end of the statement that listens is not plain"));
    };
    let feed = if text.contains("\r\n") { "\r\n" } else { "\n" };
    Ok(Edit {
        span: Span::new(source.id, end as u32, end as u32),
        text: format!("{feed}{indent}{server}.{name} = {value};"),
    })
}

/// The name of the server: what the call's result is assigned to, or what `createServer` gave and listens itself.
fn server<'t>(statement: &'t str, text: &str) -> Option<&'t str> {
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'));
    let declared = ["const ", "let ", "var "]
        .iter()
        .find_map(|word| statement.strip_prefix(word));
    if let Some(rest) = declared {
        let (name, call) = rest.split_once('=')?;
        let name = name.split(':').next()?.trim();
        // What is awaited is no server.
        let plain = call.contains(".listen(") && !call.contains("await") && !call.contains("=>");
        return (is_name(name) && (plain || callback(call))).then_some(name);
    }
    let (name, _) = statement.split_once(".listen(")?;
    let made = ["createServer(", "http.createServer("];
    let is_server = made
        .iter()
        .any(|call| text.contains(&format!("{name} = {call}")) || text.contains(&format!("{name} = new {call}")));
    (is_name(name) && is_server).then_some(name)
}

/// `app.listen(3000, () => …`: the arrow belongs to what is called once it listens.
fn callback(call: &str) -> bool {
    let before = call.split("=>").next().unwrap_or_default();
    before.contains(".listen(") && !before.contains("await")
}

/// The end of the last line of a statement: its own, or that of the bracket that closes its callback.
fn last_line(text: &str, end: usize, statement: &str, indent: &str) -> Option<usize> {
    if statement.ends_with(';') || statement.ends_with(')') {
        return Some(end);
    }
    if !statement.ends_with('{') {
        return None;
    }
    let mut at = end;
    for line in text[end..].split_inclusive('\n') {
        let start = at;
        at += line.len();
        let code = line.trim_end();
        if code
            .strip_prefix(indent)
            .is_some_and(|code| matches!(code, "});" | "})"))
        {
            return Some(start + code.len());
        }
    }
    None
}
