//! Where a `*_pass` or `server` leads, with variables followed as far as they are plain.

use std::rc::Rc;
use std::sync::Arc;

use crate::model::{Doubt, Known};
use crate::product::nginx::address::address;
use crate::repo::Span;
use crate::syntax::{At, Style};

/// Variables set with `set` in the enclosing blocks, innermost last.
#[derive(Clone, Debug, Default)]
pub struct Variables(Option<Rc<Binding>>);

#[derive(Debug)]
struct Binding {
    name: String,
    value: Result<String, Doubt>,
    outer: Option<Rc<Binding>>,
}

impl Variables {
    /// Takes in `set $name value`.
    pub fn set(&mut self, at: At<'_>) {
        let (Some(name), Some(value)) = (at.word(0).and_then(|name| name.strip_prefix('$')), at.word(1)) else {
            return;
        };
        let value = match at.doubt_at(1) {
            Some(hole) => Err(Doubt::at(format!("the value of ${name} is filled in later"), hole)),
            None => Ok(value.to_owned()),
        };
        self.0 = Some(Rc::new(Binding {
            name: name.to_owned(),
            value,
            outer: self.0.clone(),
        }));
    }

    fn get(&self, name: &str) -> Option<&Result<String, Doubt>> {
        let mut binding = self.0.as_deref();
        while let Some(found) = binding {
            if found.name == name {
                return Some(&found.value);
            }
            binding = found.outer.as_deref();
        }
        None
    }

    /// Replaces every variable by its value.
    fn expand(&self, text: &str, span: Span) -> Result<String, Doubt> {
        let mut out = text.to_owned();
        // A value may itself hold variables; more than a few rounds is a cycle.
        for _ in 0..4 {
            let Some(from) = out.find('$') else { return Ok(out) };
            let rest = &out[from + 1..];
            let (name, end) = match rest.strip_prefix('{') {
                Some(braced) => match braced.split_once('}') {
                    Some((name, _)) => (name, from + 1 + name.len() + 2),
                    None => return Err(Doubt::at("a variable name is not closed", span)),
                },
                None => {
                    let len = rest
                        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                        .unwrap_or(rest.len());
                    (&rest[..len], from + 1 + len)
                }
            };
            match self.get(name) {
                Some(Ok(value)) => out = format!("{}{value}{}", &out[..from], &out[end..]),
                Some(Err(doubt)) => return Err(doubt.clone()),
                None => {
                    return Err(Doubt::at(
                        format!("the target depends on ${name}, which is known only at run time"),
                        span,
                    ));
                }
            }
        }
        if out.contains('$') {
            Err(Doubt::at("the target depends on variables", span))
        } else {
            Ok(out)
        }
    }
}

/// Where a request goes, as written.
#[derive(Clone, Debug)]
pub struct Target {
    /// The address as written.
    pub text: Arc<str>,
    /// Its scheme.
    pub scheme: Option<Arc<str>>,
    /// Where the scheme stands, if it stands there letter for letter.
    pub scheme_span: Option<Span>,
    /// The host; absent for a unix socket.
    pub host: Known<Arc<str>>,
    /// Where the host stands, if it stands there letter for letter.
    pub host_span: Option<Span>,
    /// The port, the default where none is written; absent for a unix socket.
    pub port: Known<u16>,
    /// Where the port stands, if it stands there letter for letter.
    pub port_span: Option<Span>,
    /// The port as text; absent where none is given.
    pub port_text: Option<Arc<str>>,
    /// The path of a unix socket.
    pub socket: Option<Arc<str>>,
    /// Whether it goes through a variable, so that a name is looked up at run time.
    pub by_variable: bool,
    /// Why nothing is known of it.
    pub doubt: Option<Doubt>,
}

impl Target {
    /// The address without its port: what stays the same when the port is mended.
    pub fn host_name(&self) -> &str {
        match (&self.host, &self.socket) {
            (Known::Is(host), _) => host,
            (_, Some(socket)) => socket,
            _ => &self.text,
        }
    }

    /// Reads the nth word as an address without variables.
    pub fn read(at: At<'_>, word: usize, default_port: Option<u16>) -> Target {
        Target::read_with(at, word, default_port, &Variables::default())
    }

    /// Reads the nth word as an address.
    pub fn read_with(at: At<'_>, word: usize, default_port: Option<u16>, variables: &Variables) -> Target {
        let written = at.word(word).unwrap_or_default();
        let span = at.word_span_at(word);
        let plain = at
            .words()
            .get(word)
            .is_some_and(|word| word.style() == Style::Plain && word.decoded_text().is_none());
        let mut found = Target {
            text: Arc::from(written),
            scheme: None,
            scheme_span: None,
            host: Known::Absent,
            host_span: None,
            port: Known::Absent,
            port_span: None,
            port_text: None,
            socket: None,
            by_variable: false,
            doubt: None,
        };
        let masked = mask_holes(at, written, span, plain);
        let own = address(&masked);
        // Only a variable in front of the URI decides where the request goes.
        let authority_end = own
            .port_at
            .end
            .max(own.host_at.end)
            .max(own.socket.map_or(0, |_| masked.len()));
        let by_variable = masked[..authority_end.min(masked.len())].contains('$') || masked.starts_with('$');
        // A variable anywhere, also in the URI, makes nginx look the host up at run time (ngx_http_proxy_pass).
        let at_run_time = masked.contains('$');
        let expanded = if by_variable {
            match variables.expand(authority(&masked), span) {
                Ok(text) => Some(text),
                Err(doubt) => {
                    // What is filled in later may be part of the variable's name.
                    let hole = at.tree().hole_in(span);
                    let later = hole.map(|hole| Doubt::at("the target is filled in later", hole));
                    found.by_variable = true;
                    found.doubt = Some(later.unwrap_or(doubt));
                    return found;
                }
            }
        } else {
            None
        };
        found.by_variable = at_run_time;
        let text = expanded.as_deref().unwrap_or(&masked);
        let parts = address(text);
        let place = |range: std::ops::Range<usize>| {
            (plain && expanded.is_none()).then(|| {
                Span::new(
                    span.source,
                    span.start + range.start as u32,
                    span.start + range.end as u32,
                )
            })
        };
        let hole_in = |range: std::ops::Range<usize>| place(range).and_then(|span| at.tree().hole_in(span));
        let default_port = match parts.scheme {
            Some("https" | "grpcs") if expanded.is_some() => Some(443),
            _ => default_port,
        };
        found.scheme = parts.scheme.map(Arc::from);
        found.scheme_span = parts.scheme.and_then(|scheme| place(0..scheme.len()));
        if let Some(socket) = parts.socket {
            match at.tree().hole_in(span).filter(|_| plain || at.doubt_at(word).is_some()) {
                Some(hole) => found.doubt = Some(Doubt::at("the path of the socket is filled in later", hole)),
                None => found.socket = Some(Arc::from(socket)),
            }
            return found;
        }
        found.host_span = place(parts.host_at.clone());
        found.host = match (parts.host, hole_in(parts.host_at.clone())) {
            (_, Some(hole)) => Known::Unknown(Doubt::at("the host is filled in later", hole)),
            (Some(host), None) if !plain && at.doubt_at(word).is_some() => {
                Known::Unknown(Doubt::at(format!("the host {host} is filled in later"), span))
            }
            (Some(host), None) => Known::Is(Arc::from(host)),
            (None, None) => Known::Unknown(Doubt::at("the address cannot be read", span)),
        };
        found.port = match parts.port {
            None => default_port.map_or(Known::Absent, Known::Is),
            Some(text) => {
                found.port_span = place(parts.port_at.clone());
                found.port_text = Some(Arc::from(text));
                match (hole_in(parts.port_at.clone()), port_of(text)) {
                    (Some(hole), _) => Known::Unknown(Doubt::at("the port is filled in later", hole)),
                    (None, Some(port)) => Known::Is(port),
                    (None, None) => Known::Unknown(Doubt::at("the port cannot be read", span)),
                }
            }
        };
        found
    }
}

/// A port number as written.
pub fn port_of(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

/// The text in front of the URI, for a target that goes through variables: the URI has variables of its own.
fn authority(text: &str) -> &str {
    let from = text.find("://").map_or(0, |at| at + 3);
    if text[from..].starts_with("unix:") {
        return text;
    }
    let end = text[from..].find('/').map_or(text.len(), |end| from + end);
    // `http://$host$request_uri`: what follows the first variable may be the URI.
    match text[from..end]
        .find("$request_uri")
        .or_else(|| text[from..end].find("$uri"))
        .filter(|at| *at > 0)
    {
        Some(at) => &text[..from + at],
        None => &text[..end],
    }
}

/// The text with every hole replaced by letters of the same length, so that punctuation inside a hole means nothing.
fn mask_holes(at: At<'_>, text: &str, span: Span, plain: bool) -> String {
    if !plain || at.tree().hole_in(span).is_none() {
        return text.to_owned();
    }
    let mut bytes = text.as_bytes().to_vec();
    for hole in at.tree().holes().iter().filter(|hole| hole.overlaps(span)) {
        let from = (hole.start.max(span.start) - span.start) as usize;
        let to = ((hole.end.min(span.end) - span.start) as usize).min(bytes.len());
        bytes[from.min(to)..to].fill(b'H');
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}
