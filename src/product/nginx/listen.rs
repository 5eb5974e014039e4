//! `listen`: which port or socket, and what is spoken there.

use std::sync::Arc;

use crate::estate::Listen;
use crate::model::Known;
use crate::model::host::is_loopback;
use crate::product::nginx::address::address;
use crate::syntax::At;

/// Reads a `listen`: `tls` where the server says `ssl on`, `plain` where nothing unread could say it.
pub(super) fn read(at: At<'_>, tls: bool, plain: bool) -> Option<Listen> {
    let text = at.text().filter(|_| at.doubt_at(0).is_none())?;
    let (port, socket, loopback) = if let Some(path) = text.strip_prefix("unix:") {
        (None, Some(Arc::from(path)), false)
    } else if let Ok(port) = text.parse::<u16>() {
        (Some(port), None, false)
    } else {
        let parts = address(text);
        let port = parts.port.map_or(Some(80), |port| port.parse().ok());
        (port, None, parts.host.is_some_and(is_loopback))
    };
    let has = |word: &str| at.texts().skip(1).any(|own| own == word);
    let speaks = if has("ssl") || tls {
        Some("https")
    } else if !plain || at.doubt().is_some() || has("http2") || has("proxy_protocol") || has("quic") {
        None
    } else {
        Some("http")
    };
    Some(Listen {
        text: Arc::from(text),
        port,
        socket,
        loopback,
        speaks,
        proxy_protocol: Known::Is(has("proxy_protocol")),
        span: at.word_span_at(0),
    })
}
