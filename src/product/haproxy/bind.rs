//! What a section binds, and which addresses lead back to the same HAProxy.

use std::sync::Arc;

use crate::estate::Listen;
use crate::model::Known;
use crate::model::host::is_loopback;
use crate::product::haproxy::address::address;
use crate::product::haproxy::lower::Lower;
use crate::product::haproxy::sections::{Section, Sections};
use crate::product::haproxy::words::read;
use crate::syntax::At;

/// The `bind` lines of a section, or the address of an old `listen name :80`.
pub(super) fn listens(lower: &Lower<'_>, section: &Section) -> Vec<Listen> {
    let lines = section.lines.iter().map(|line| (section.at(*line), line.maybe));
    let binds: Vec<_> = lines.filter(|(at, _)| at.name() == "bind").collect();
    let head = section.head();
    if binds.is_empty() && head.word(1).is_some_and(|word| word.contains(':')) {
        return bound(lower, head, 1);
    }
    let sure = binds.into_iter().filter(|(_, maybe)| !maybe);
    sure.flat_map(|(at, _)| bound(lower, at, 0)).collect()
}

/// The addresses of the nth word, with the options behind it.
fn bound(lower: &Lower<'_>, at: At<'_>, n: usize) -> Vec<Listen> {
    let word = read(at, n, true, lower.input.around, &lower.sections.set);
    let Some(word) = word.filter(|word| word.doubt.is_none()) else {
        return Vec::new();
    };
    let says = |option: &str| at.texts().skip(n + 1).any(|word| word == option);
    let addresses = word.text.split(',').map(|text| (text, address(text)));
    addresses
        .filter(|(_, parts)| !parts.other)
        .map(|(text, parts)| Listen {
            text: Arc::from(text),
            port: parts.port.and_then(|port| port.parse().ok()),
            socket: parts.socket.map(Arc::from),
            loopback: parts.host.is_some_and(is_loopback),
            speaks: says("ssl").then_some("https"),
            proxy_protocol: Known::Is(says("accept-proxy")),
            span: at.word_span_at(n),
        })
        .collect()
}

impl Sections {
    /// Whether an address leads back to this HAProxy: a loopback port or abstract socket that one of its sections binds.
    pub(super) fn binds(&self, to: &str) -> bool {
        let own = address(to);
        if !own.host.is_some_and(is_loopback) && !to.starts_with("abns@") {
            return false;
        }
        let fronts = self.all.iter().filter(|section| section.role.is_front());
        let mut lines = fronts.flat_map(|section| section.lines.iter().map(|line| section.at(*line)));
        lines.any(|at| {
            let binds = at.name() == "bind" && at.doubt_at(0).is_none();
            let mut bound = at.text().into_iter().flat_map(|text| text.split(','));
            binds && bound.any(|text| text == to || (own.port.is_some() && address(text).port == own.port))
        })
    }
}
