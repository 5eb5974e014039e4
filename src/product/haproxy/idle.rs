//! Servers that get no requests although they are listed, and groups in which no other is left (tried on 2.6.12).

use std::sync::Arc;

use crate::model::field::upstream;
use crate::model::{Doubt, EntityId, Known, Model};
use crate::product::haproxy::options::Options;
use crate::product::haproxy::sections::{Role, Section, Sections, nearest};
use crate::product::haproxy::servers::Servers;
use crate::repo::Span;
use crate::syntax::At;

/// A server that gets no requests.
#[derive(Clone, Debug)]
pub struct Idle {
    name: Arc<str>,
    /// In maintenance, rather than of weight 0.
    disabled: bool,
    /// Where that is said.
    span: Span,
}

/// Whether a server gets no requests: it is disabled, or tracks one that is, or its weight is 0 and no `use-server`
/// chooses it all the same. `place` is which word is its address.
pub(super) fn of(section: &Section, at: At<'_>, place: usize, own: &Options, before: &[Idle]) -> Option<Idle> {
    let name = at.text().filter(|_| place == 1).unwrap_or_default();
    let tracked = own.tracked.as_deref().map(|tracked| match tracked.split_once('/') {
        Some((group, server)) if group == &*section.name => server,
        _ => tracked,
    });
    let follows = tracked.is_some_and(|tracked| before.iter().any(|idle| idle.disabled && *idle.name == *tracked));
    let disabled = own.disabled || follows;
    (disabled || (own.weightless && !chosen(section, name))).then(|| Idle {
        name: Arc::from(name),
        disabled,
        span: own.idle_at.unwrap_or_else(|| at.head()),
    })
}

/// Whether a `use-server` may send to a server.
fn chosen(section: &Section, name: &str) -> bool {
    let mut lines = section.lines.iter().map(|line| section.at(*line));
    lines.any(|at| {
        at.name() == "use-server"
            && at
                .text()
                .is_some_and(|own| own == name || own.contains("%[") || at.doubt().is_some())
    })
}

/// Why a disabled server may only keep a place for one that is entered while HAProxy runs: it is a template, or another
/// has the same address.
pub(super) fn filled_later(section: &Section, at: At<'_>, place: usize, own: &Options) -> Option<Doubt> {
    let address = at.word(place)?;
    let same = |other: At<'_>| other.name() == "server" && other.id() != at.id() && other.word(1) == Some(address);
    let shared = || section.lines.iter().any(|line| same(section.at(*line)));
    (own.disabled && (place != 1 || shared())).then(|| {
        Doubt::at(
            "the server only keeps a place that is filled while HAProxy runs",
            at.head(),
        )
    })
}

/// Whether a section is switched off as a whole.
pub(super) fn is_off(sections: &Sections, section: &Section) -> bool {
    let said = nearest(sections, section, |at| match at.name() {
        "disabled" => Some(true),
        "enabled" => Some(false),
        _ => None,
    });
    section.doubt.is_none() && said == Some(true)
}

/// Notes how many servers of a group may get requests, and why the others get none.
pub(super) fn live(model: &mut Model, sections: &Sections, section: &Section, id: EntityId, servers: &Servers) {
    let head = section.head().head();
    let kept = nearest(sections, section, |at| {
        let kept = at.name() == "load-server-state-from-file" && at.text() != Some("none");
        kept.then(|| Doubt::at("the state of the servers is kept in a file", at.head()))
    });
    let maybe = section
        .lines
        .iter()
        .find(|line| line.maybe)
        .map(|line| section.at(*line));
    let maybe = maybe.map(|at| Doubt::at("what stands inside `.if` may count or not", at.head()));
    let off = is_off(sections, section);
    let (mut live, mut span) = (Known::Is(servers.count), head);
    if let Some(doubt) = servers.doubt.clone().or(kept).or(maybe) {
        live = Known::Unknown(doubt);
    } else if off {
        live = Known::Is(0);
    } else if servers.count == 0 && servers.idle.is_empty() && answers_itself(section) {
        return;
    } else if let Some(idle) = servers.idle.first() {
        span = idle.span;
    }
    let (disabled, weightless) = (
        off || servers.idle.iter().any(|idle| idle.disabled),
        servers.idle.iter().any(|idle| !idle.disabled),
    );
    let because = match (disabled, weightless) {
        (true, true) => Some("disabled or of weight 0"),
        (true, false) => Some("disabled"),
        (false, true) => Some("of weight 0"),
        (false, false) => None,
    };
    let entity = model.entity_mut(id);
    entity.set_known(upstream::LIVE_SERVERS, live, span);
    if let Some(because) = because {
        entity.set(upstream::IDLE_BECAUSE, Arc::from(because), span);
    }
}

/// Whether a group needs no server: it answers by itself, or its own page stands for the error.
fn answers_itself(section: &Section) -> bool {
    const ANSWERS: [&str; 9] = [
        "auth",
        "deny",
        "redirect",
        "reject",
        "return",
        "set-dst",
        "silent-drop",
        "tarpit",
        "use-service",
    ];
    let mut lines = section.lines.iter().map(|line| section.at(*line));
    section.role == Role::Backend
        && lines.any(|at| match at.name() {
            "http-request" | "tcp-request" => at.texts().any(|word| ANSWERS.contains(&word)),
            "redirect" | "stats" | "errorfile" | "errorfiles" | "http-error" | "dispatch" | "stick-table" | "block" => {
                true
            }
            "option" => matches!(at.text(), Some("transparent" | "http_proxy")),
            name => name.starts_with("errorloc") || name.starts_with("reqi"),
        })
}
