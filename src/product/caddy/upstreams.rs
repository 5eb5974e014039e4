//! The upstreams of a proxy, as endpoints.

use std::sync::Arc;

use crate::estate::Endpoint;
use crate::model::field::endpoint;
use crate::model::host::{is_ip, is_public};
use crate::model::{Doubt, Entity, Fact, Kind, Known, Model, Site, Stored, Value};
use crate::product::caddy::address::address;
use crate::product::caddy::table::{PORT, TABLE};
use crate::product::caddy::words::Word;
use crate::repo::Span;

/// What all upstreams of a proxy share.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Whether connections begin with a PROXY protocol header.
    pub sends_proxy: bool,
}

/// One upstream. Its name is looked up on each dial.
pub fn endpoint(model: &mut Model, word: &Word, name: &str, manner: Manner) -> Endpoint {
    let span = word.span;
    let parts = address(&word.text);
    let doubt = match &word.doubt {
        Some(doubt) => Some(doubt.clone()),
        None if parts.other => Some(Doubt::at("the addresses are found only while Caddy runs", span)),
        None => None,
    };
    let mut entity = Entity::new(Kind::Endpoint, format!("{name}/{}", word.text), span);
    entity.table = Some(&TABLE);
    entity.set(endpoint::ADDRESS, Arc::from(&*word.text), span);
    entity.set(endpoint::SEND_PROXY, manner.sends_proxy, span);
    let (mut host, mut port, mut socket) = (Known::Absent, Known::Absent, None);
    if let Some(doubt) = doubt {
        host = Known::Unknown(doubt.clone());
        port = Known::Unknown(doubt);
        entity.set_known(endpoint::HOST, host.clone(), span);
        entity.set_known(endpoint::PORT, port.clone().map(i64::from), span);
    } else if let Some(path) = parts.socket {
        socket = Some(Arc::<str>::from(path));
        entity.set(endpoint::SOCKET, Arc::from(path), span);
    } else {
        // `:8000` is the machine itself.
        let text = parts.host.unwrap_or("localhost");
        host = Known::Is(Arc::from(text));
        entity.set(endpoint::HOST, Arc::from(text), span);
        entity.set(endpoint::IS_NAME, !is_ip(text), span);
        entity.set(endpoint::PUBLIC, !is_ip(text) && is_public(text), span);
        entity.set(endpoint::RESOLVE, !is_ip(text), span);
        port = number(parts.port, parts.scheme, span);
        let place = parts.port.filter(|_| word.verbatim).map(|_| {
            let at = |at: usize| span.start + at as u32;
            Span::new(span.source, at(parts.port_at.start), at(parts.port_at.end))
        });
        match (&port, place) {
            (Known::Is(number), Some(place)) => entity.facts.push(Fact {
                field: endpoint::PORT.id(),
                value: Stored::Is(Value::Number(i64::from(*number))),
                span: place,
                site: Some(Site { row: &PORT, node: None }),
            }),
            _ => entity.set_known(endpoint::PORT, port.clone().map(i64::from), span),
        }
    }
    Endpoint {
        id: model.add(entity),
        host,
        port,
        port_name: None,
        socket,
        looked_up_again: Known::Is(true),
        span,
    }
}

/// The port: 80 where none is written, 443 behind `https://`.
fn number(written: Option<&str>, scheme: Option<&str>, span: Span) -> Known<u16> {
    match written {
        None if scheme == Some("https") => Known::Is(443),
        None => Known::Is(80),
        Some(text) => match text.parse() {
            Ok(port) => Known::Is(port),
            // `80-82` is three upstreams.
            Err(_) => Known::Unknown(Doubt::at(format!("{text} is no single port"), span)),
        },
    }
}
