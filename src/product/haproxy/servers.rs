//! `server` and `server-template`: addresses, with what the words behind them say.

use std::sync::Arc;

use crate::estate::{Endpoint, name_server};
use crate::model::field::endpoint;
use crate::model::host::{is_ip, is_public};
use crate::model::{Doubt, Entity, EntityId, Fact, Kind, Known, Model, Site, Stored, Value};
use crate::product::haproxy::address::address;
use crate::product::haproxy::idle::{self, Idle};
use crate::product::haproxy::options::{Manner, Options, defaults, inherited};
use crate::product::haproxy::sections::{Section, Sections};
use crate::product::haproxy::table::{CHECK, PORT, TABLE};
use crate::product::haproxy::words::{Around, read};
use crate::repo::Span;
use crate::syntax::At;

/// The servers of a group, and what counts over all of them.
#[derive(Clone, Debug)]
pub struct Servers {
    /// Those that may get requests.
    pub endpoints: Vec<Endpoint>,
    /// How many.
    pub count: i64,
    /// Those that get no requests.
    pub idle: Vec<Idle>,
    /// Those without a health check.
    pub unchecked: Vec<(Arc<str>, Span)>,
    /// Why `check` would be refused: of all servers that a `default-server` reaches, and of those without a check.
    pub refused: (Option<String>, Option<String>),
    /// Whether one of them has a limit.
    pub limited: bool,
    /// Whether checks of one of them go to another port or address.
    pub checked_elsewhere: bool,
    /// How all of them are spoken to; unknown where they differ.
    pub manner: Known<Manner>,
    /// Why there may be others.
    pub doubt: Option<Doubt>,
    /// Whether a health check of one of them is in doubt.
    pub open: Option<Doubt>,
}

/// Lowers the servers of a `backend` or `listen`, whose entity is `group`.
pub fn lower(
    model: &mut Model,
    sections: &Sections,
    section: &Section,
    around: &dyn Around,
    group: EntityId,
) -> Servers {
    let mut options = inherited(sections, section);
    let mut servers = Servers {
        endpoints: Vec::new(),
        count: 0,
        idle: Vec::new(),
        unchecked: Vec::new(),
        refused: (None, None),
        limited: false,
        checked_elsewhere: false,
        manner: Known::Absent,
        doubt: section.doubt.clone(),
        open: None,
    };
    for line in &section.lines {
        let at = section.at(*line);
        let is_template = match at.name() {
            "default-server" => {
                options = defaults(options, at, line.maybe);
                continue;
            }
            "server" => false,
            "server-template" => true,
            _ => continue,
        };
        if line.maybe {
            servers.doubt = Some(Doubt::at("a server stands inside `.if`", at.head()));
            continue;
        }
        let place = 1 + usize::from(is_template);
        if at.words().len() <= place {
            continue;
        }
        let own = options.clone().read(at, place + 1);
        let refused = check_refused(at, place, &own);
        if servers.refused.0.is_none() {
            servers.refused.0.clone_from(&refused);
        }
        if let Some(idle) = idle::of(section, at, place, &own, &servers.idle) {
            servers.doubt = servers.doubt.or(idle::filled_later(section, at, place, &own));
            servers.idle.push(idle);
            continue;
        }
        let name: Arc<str> = Arc::from(at.text().unwrap_or_default());
        servers.count += 1;
        servers.limited |= own.limited;
        servers.checked_elsewhere |= own.checked_elsewhere;
        servers.manner = own.manner(servers.manner, at.head());
        match own.checked(is_template) {
            Known::Is(true) => {}
            Known::Unknown(doubt) => servers.open = Some(doubt),
            // A listener of this HAProxy itself fails with all of it.
            _ if sections.binds(at.word(place).unwrap_or_default()) => {}
            _ => {
                servers.unchecked.push((name.clone(), at.word_span_at(place)));
                servers.refused.1 = servers.refused.1.take().or(refused);
            }
        }
        let server = Server {
            sections,
            section,
            around,
            group,
            at,
            place,
            name,
            is_template,
        };
        if let Some(endpoint) = server.endpoint(model, &own) {
            shadow(model, &servers.endpoints, &endpoint, &own);
            servers.endpoints.push(endpoint);
        }
    }
    servers
}

/// Why HAProxy refuses `check` on a server (`srv_init_addr`, `srv_finalize`; tried on 2.6.12): there is no port to check, or
/// its state is another's.
fn check_refused(at: At<'_>, place: usize, own: &Options) -> Option<String> {
    let name = at.text().unwrap_or_default();
    if own.tracks {
        return Some(format!(
            "{name} follows another server by `track`, and HAProxy does not take both"
        ));
    }
    if own.check_port {
        return None;
    }
    if at.doubt_at(place).is_some() {
        return Some(format!(
            "the address of {name} is filled in later, and a check needs its port"
        ));
    }
    let parts = address(at.word(place).unwrap_or_default());
    match parts.port {
        Some(port) if port.starts_with(['+', '-']) => Some(format!(
            "the port of {name} is relative to the client's, and a check needs one of its own"
        )),
        None if parts.socket.is_none() => Some(format!("{name} has no port that a check could go to")),
        _ => None,
    }
}

/// Notes the server above that has the same name. Of several that are looked up under one name each gets an address of
/// its own, and what is left without one stays in maintenance (haproxy/haproxy issue 1846; tried on 2.6.12).
fn shadow(model: &mut Model, before: &[Endpoint], own: &Endpoint, options: &Options) {
    if own.looked_up_again != Known::Is(true) || options.shares_addresses {
        return;
    }
    let is_it = |other: &&Endpoint| other.looked_up_again == Known::Is(true) && other.host == own.host;
    let Some(other) = before.iter().find(is_it) else { return };
    if let Known::Is(name) = model.get(other.id, endpoint::NAME) {
        let entity = model.entity_mut(own.id);
        entity.set(endpoint::SHADOWED_BY, name, own.span);
        entity.set(endpoint::SHADOWED_PORT, other.port != own.port, own.span);
    }
}

struct Server<'s> {
    sections: &'s Sections,
    section: &'s Section,
    around: &'s dyn Around,
    group: EntityId,
    at: At<'s>,
    /// Which word is the address.
    place: usize,
    name: Arc<str>,
    is_template: bool,
}

impl Server<'_> {
    /// `None` for an address that leads nowhere by TCP or socket (`fd@3`, `rhttp@`).
    fn endpoint(&self, model: &mut Model, options: &Options) -> Option<Endpoint> {
        let at = self.at;
        let word = read(at, self.place, true, self.around, &self.sections.set)?;
        let span = at.word_span_at(self.place);
        // What is filled in must not be taken for punctuation.
        let text = if word.doubt.is_some() {
            masked(at, self.place, &word.text)
        } else {
            word.text.clone()
        };
        let parts = address(&text);
        if parts.other {
            return None;
        }
        let place = |range: std::ops::Range<usize>| {
            let (start, end) = (range.start as u32, range.end as u32);
            word.verbatim
                .then(|| Span::new(span.source, span.start + start, span.start + end))
        };
        let in_doubt = |range: std::ops::Range<usize>| -> Option<Doubt> {
            let doubt = word.doubt.as_ref()?;
            match place(range) {
                Some(span) => at.tree().hole_in(span).map(|_| doubt.clone()),
                None => Some(doubt.clone()),
            }
        };
        let mut host: Known<Arc<str>> = match (parts.host, &word.doubt) {
            (Some(host), _) => match in_doubt(parts.host_at.clone()) {
                Some(doubt) => Known::Unknown(doubt),
                None => Known::Is(Arc::from(host)),
            },
            (None, Some(doubt)) if parts.socket.is_none() => Known::Unknown(doubt.clone()),
            _ => Known::Absent,
        };
        let port: Known<u16> = match parts.port {
            Some(port) => match in_doubt(parts.port_at.clone()) {
                Some(doubt) => Known::Unknown(doubt),
                // `+1000` adds to the port the client came to.
                None => match port.parse::<u16>() {
                    Ok(port) if port > 0 => Known::Is(port),
                    _ => Known::Unknown(Doubt::at("the port depends on the one the client came to", span)),
                },
            },
            None => Known::Absent,
        };
        let socket = parts.socket.map(Arc::<str>::from);
        if socket.is_some() && word.doubt.is_some() {
            host = Known::Unknown(Doubt::at("the path of the socket is filled in later", span));
        }
        let socket = socket.filter(|_| word.doubt.is_none());

        let again = self.looked_up_again(&host, options);
        let id = self.entity(
            model,
            options,
            &word,
            &host,
            &port,
            socket.as_ref(),
            place(parts.port_at.clone()),
        );
        let entity = model.entity_mut(id);
        let has_port = parts.port.is_some() || socket.is_some();
        let has_port = match &word.doubt {
            // The whole address may be filled in, its port included.
            Some(doubt) if !has_port => Known::Unknown(doubt.clone()),
            None if !has_port && chooses_port(at) => {
                Known::Unknown(Doubt::at("`set-dst-port` chooses the port of each request", span))
            }
            _ => Known::Is(has_port),
        };
        entity.set_known(endpoint::HAS_PORT, has_port, span);
        entity.set_known(endpoint::RESOLVE, again.clone(), span);
        if let Known::Is(host) = &host {
            entity.set(endpoint::PUBLIC, !is_ip(host) && is_public(host), span);
        }
        if again == Known::Is(true) {
            self.name_servers(model, options, id);
        }
        Some(Endpoint {
            id,
            host,
            port,
            port_name: None,
            socket,
            looked_up_again: again,
            span,
        })
    }

    /// Who looks the name up: the name servers of the `resolvers` section, which are asked for it as it is written.
    fn name_servers(&self, model: &mut Model, options: &Options, id: EntityId) {
        let sections = self.sections.others.iter();
        let mut named =
            sections.filter(|other| other.keyword == "resolvers" && Some(&other.name) == options.resolvers.as_ref());
        let found = named.next().and_then(|other| other.name_servers.as_ref());
        if let Some(servers) = found.filter(|_| self.sections.more_others.is_none()) {
            name_server::note(model, id, &servers.addresses, servers.at);
            let (every, at) = servers.every;
            model.entity_mut(id).set(endpoint::LOOKUP_EVERY, every, at);
        }
    }

    fn looked_up_again(&self, host: &Known<Arc<str>>, options: &Options) -> Known<bool> {
        match (host, &options.resolvers, &options.open) {
            (Known::Is(host), _, _) if is_ip(host) => Known::Is(false),
            (_, Some(_), _) => Known::Is(true),
            (_, None, Some(doubt)) => Known::Unknown(doubt.clone()),
            (_, None, None) => Known::Is(false),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn entity(
        &self,
        model: &mut Model,
        options: &Options,
        word: &crate::product::haproxy::words::Word,
        host: &Known<Arc<str>>,
        port: &Known<u16>,
        socket: Option<&Arc<str>>,
        port_span: Option<Span>,
    ) -> EntityId {
        let span = self.at.word_span_at(self.place);
        let mut entity = Entity::new(Kind::Endpoint, format!("{}/{}", self.section.name, self.name), span);
        entity.table = Some(&TABLE);
        entity.set(endpoint::NAME, self.name.clone(), self.at.word_span_at(0));
        entity.set(endpoint::ADDRESS, Arc::from(word.text.as_str()), span);
        entity.set_known(endpoint::HOST, host.clone(), span);
        if let Some(socket) = socket {
            entity.set(endpoint::SOCKET, socket.clone(), span);
        }
        let is_name = host.as_ref().map(|host| !is_ip(host) && &**host != "localhost");
        entity.set_known(endpoint::IS_NAME, is_name, span);
        let site = Some((model.add_tree(&self.section.tree), self.at.id()));
        match port {
            Known::Is(port) => entity.facts.push(Fact {
                field: endpoint::PORT.id(),
                value: Stored::Is(Value::Number(i64::from(*port))),
                span: port_span.unwrap_or(span),
                site: port_span.map(|_| Site { row: &PORT, node: site }),
            }),
            other => entity.set_known(endpoint::PORT, other.clone().map(i64::from), span),
        }
        match (options.checked(self.is_template), options.check_at) {
            (Known::Is(true), Some(check_at)) => entity.facts.push(Fact {
                field: endpoint::CHECK.id(),
                value: Stored::Is(Value::Bool(true)),
                span: check_at,
                site: Some(Site {
                    row: &CHECK,
                    node: None,
                }),
            }),
            (checked, _) => entity.set_known(endpoint::CHECK, checked, span),
        }
        entity.set_known(endpoint::SEND_PROXY, options.flag(options.send_proxy), span);
        if let Some(resolvers) = &options.resolvers {
            entity.set(endpoint::RESOLVERS, resolvers.clone(), span);
        } else if let Some(doubt) = &options.open {
            entity.set_known(endpoint::RESOLVERS, Known::Unknown(doubt.clone()), span);
        }
        if let Some((init, at)) = &options.init_addr {
            entity.set(endpoint::INIT_ADDR, init.clone(), *at);
        }
        if let Some(unset) = &word.unset {
            entity.set(endpoint::UNSET_VARIABLE, Arc::from(unset.as_str()), span);
        }
        entity.link(endpoint::UPSTREAM, Known::Is(self.group));
        model.add(entity)
    }
}

/// The text with letters in place of what is filled in, at the same length.
fn masked(at: At<'_>, n: usize, text: &str) -> String {
    let span = at.word_span_at(n);
    let mut bytes = text.as_bytes().to_vec();
    if bytes.len() != span.len() as usize {
        return "H".repeat(text.len());
    }
    for hole in at.tree().holes().iter().filter(|hole| hole.overlaps(span)) {
        let from = (hole.start.max(span.start) - span.start) as usize;
        let to = (hole.end.min(span.end) - span.start) as usize;
        bytes[from..to].fill(b'H');
    }
    String::from_utf8(bytes).unwrap_or_else(|_| "H".repeat(text.len()))
}

/// Whether a rule of the server's section says which port a request goes to, as in a forward proxy.
fn chooses_port(server: At<'_>) -> bool {
    let lines = server.parent().into_iter().flat_map(At::children);
    let mut rules = lines.filter(|line| matches!(line.name(), "http-request" | "tcp-request"));
    rules.any(|rule| rule.texts().any(|word| word == "set-dst-port"))
}
