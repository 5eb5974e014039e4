//! Frontends: what they bind, and every way from them to a backend, by name, by map or by expression.

use std::sync::Arc;

use crate::estate::{Listen, Route, Takes};
use crate::model::field::{endpoint, listener, route, upstream};
use crate::model::host::is_loopback;
use crate::model::nearest::nearest as nearest_name;
use crate::model::{Doubt, Entity, EntityId, Fact, Kind, Known, Origin, Site, Stored, Value};
use crate::product::haproxy::address::address;
use crate::product::haproxy::bind::listens;
use crate::product::haproxy::cover::takes_all;
use crate::product::haproxy::idle;
use crate::product::haproxy::lower::Lower;
use crate::product::haproxy::sections::{Role, Section, has_servers, nearest};
use crate::product::haproxy::servers::Servers;
use crate::product::haproxy::table::{TABLE, TARGET};
use crate::product::haproxy::words::{Word, read};
use crate::repo::Span;
use crate::syntax::At;

/// A place that names a backend.
struct Choice {
    name: String,
    /// Where the name stands.
    span: Span,
    /// Whether it stands there letter for letter.
    verbatim: bool,
    /// The map that names it.
    map: Option<Arc<str>>,
}

/// Lowers a `frontend` or `listen`.
pub(super) fn front(lower: &mut Lower<'_>, index: usize, section: &Section) {
    // It binds nothing then.
    if idle::is_off(lower.sections, section) {
        return;
    }
    let mut own = listens(lower, section);
    let head = section.head().head();
    let mut entity = Entity::new(Kind::Listener, section.name.clone(), head);
    entity.table = Some(&TABLE);
    entity.scope = Some(lower.scopes[index]);
    entity.version = lower.input.version.clone();
    entity.set(listener::NAME, section.name.clone(), section.name_span);
    let id = lower.model.add(entity);
    if lower.model.get(id, listener::MODE) == Known::Is(Arc::from("http")) {
        for listen in &mut own {
            // HTTP/2 without TLS is recognised by its first bytes.
            listen.speaks.get_or_insert("h2c");
        }
    }
    let front = Front {
        section,
        binds: own.clone(),
        mode: lower.model.get(id, listener::MODE),
        fallback: default_backend(lower, section),
    };
    lower.done.listens.extend(own);
    if let Some((line, n)) = front.fallback {
        let name = line.word(n).unwrap_or_default();
        let span = line.word_span_at(n);
        lower
            .model
            .entity_mut(id)
            .set(listener::DEFAULT_BACKEND, Arc::from(name), span);
    }
    takes_all(lower.model, id, section, front.fallback.is_some());
    if section.role == Role::Listen && has_servers(section) {
        let choice = Choice {
            name: section.name.to_string(),
            span: section.name_span,
            verbatim: false,
            map: None,
        };
        front.route(lower, choice, head);
    }
    for line in &section.lines {
        let at = section.at(*line);
        if at.name() == "use_backend" && !line.maybe {
            front.line(lower, at);
        }
    }
    if let Some((at, _)) = front.fallback {
        front.line(lower, at);
    }
}

/// The line that names the default backend, in the section or its `defaults`.
fn default_backend<'s>(lower: &Lower<'s>, section: &'s Section) -> Option<(At<'s>, usize)> {
    nearest(lower.sections, section, |at| {
        (at.name() == "default_backend").then_some((at, 0))
    })
}

struct Front<'s> {
    section: &'s Section,
    binds: Vec<Listen>,
    mode: Known<Arc<str>>,
    fallback: Option<(At<'s>, usize)>,
}

impl Front<'_> {
    /// A `use_backend` or `default_backend` line.
    fn line(&self, lower: &mut Lower<'_>, at: At<'_>) {
        let Some(word) = read(at, 0, false, lower.input.around, &lower.sections.set) else {
            return;
        };
        let span = at.word_span_at(0);
        if let Some(doubt) = word.doubt {
            return self.unknown(lower, &word.text, doubt, at.head());
        }
        if !word.text.contains("%[") {
            let choice = Choice {
                name: word.text,
                span,
                verbatim: word.verbatim,
                map: None,
            };
            return self.route(lower, choice, at.head());
        }
        match self.mapped(lower, &word, span) {
            Some(choices) => {
                for choice in choices {
                    let head = choice.span;
                    self.route(lower, choice, head);
                }
            }
            None => {
                let doubt = Doubt::at("the backend's name is known only at run time", span);
                self.unknown(lower, &word.text, doubt, at.head());
            }
        }
    }

    /// The names a map can give, when the whole name is what it gives.
    fn mapped(&self, lower: &Lower<'_>, word: &Word, span: Span) -> Option<Vec<Choice>> {
        let (prefix, expression) = word.text.split_once("%[")?;
        let (expression, suffix) = expression.rsplit_once(']')?;
        if suffix.contains("%[") || expression.contains("%[") {
            return None;
        }
        let from = expression.rfind(",map")?;
        let call = expression[from + 1..].strip_suffix(')')?;
        let (_, arguments) = call.split_once('(').filter(|(name, _)| name.starts_with("map"))?;
        if arguments.contains(')') {
            return None;
        }
        let (path, default) = match arguments.split_once(',') {
            Some((path, default)) => (path.trim(), Some(default.trim())),
            None => (arguments.trim(), None),
        };
        // `virt@` and `opt@` are filled while HAProxy runs.
        if path.starts_with("virt@") || path.starts_with("opt@") {
            return None;
        }
        let source = lower.input.around.file(path.strip_prefix("file@").unwrap_or(path))?;
        let map: Arc<str> = Arc::from(path);
        let mut choices: Vec<Choice> = Vec::new();
        let mut add = |value: &str, span, verbatim| {
            let name = format!("{prefix}{value}{suffix}");
            if !value.is_empty() && !choices.iter().any(|known| known.name == name) {
                choices.push(Choice {
                    name,
                    span,
                    verbatim: verbatim && prefix.is_empty() && suffix.is_empty(),
                    map: Some(map.clone()),
                });
            }
        };
        let mut at = 0;
        for line in source.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let content = line.trim();
            // Template text in a map may name anything.
            if content.contains("{{") || content.contains("${") || content.contains("{%") {
                return None;
            }
            if content.starts_with('#') {
                continue;
            }
            let Some((_, value)) = content.split_once(char::is_whitespace) else {
                continue;
            };
            let value = value.trim_start();
            let offset = start + line.find(content).unwrap_or(0) + content.len() - value.len();
            let span = Span::new(source.id, offset as u32, (offset + value.len()) as u32);
            add(value, span, true);
        }
        if let Some(default) = default {
            add(default, span, false);
        }
        Some(choices)
    }

    /// A route whose target is not known.
    fn unknown(&self, lower: &mut Lower<'_>, target: &str, doubt: Doubt, head: Span) {
        let id = self.entity(lower, target, head, None);
        lower.done.routes.push(Route {
            id,
            upstream: Known::Unknown(doubt.clone()),
            endpoints: Vec::new(),
            doubt: Some(doubt),
            reuses_connections: Known::Is(false),
            takes: Takes::default(),
        });
    }

    fn route(&self, lower: &mut Lower<'_>, choice: Choice, head: Span) {
        let name: Arc<str> = Arc::from(choice.name.as_str());
        let id = self.entity(lower, &choice.name, head, Some(&choice));
        let found = lower.groups.get(&name).map(|group| {
            (
                group.id,
                group.scope,
                group.servers.clone(),
                group.reuses.clone(),
                group.check_path.clone(),
            )
        });
        let Some((group, scope, servers, reuses, check_path)) = found else {
            return self.not_found(lower, id, &choice);
        };
        let entity = lower.model.entity_mut(id);
        entity.scope = Some(scope);
        entity.set(route::TARGET_FOUND, true, choice.span);
        entity.facts.extend(check_path);
        self.manner(lower, id, &servers, head);
        self.retries(lower, id, group, &choice.name, head);
        let endpoints = servers.endpoints.iter().map(|endpoint| {
            let mut endpoint = endpoint.clone();
            if endpoint.socket.is_none() && endpoint.port == Known::Absent {
                self.same_port(lower, &mut endpoint);
            }
            endpoint
        });
        let endpoints = endpoints.collect();
        lower.done.routes.push(Route {
            id,
            upstream: Known::Is(group),
            endpoints,
            doubt: servers.doubt,
            reuses_connections: reuses,
            takes: Takes::default(),
        });
    }

    /// What is spoken to the servers of a route in http mode.
    fn manner(&self, lower: &mut Lower<'_>, id: EntityId, servers: &Servers, head: Span) {
        if self.mode != Known::Is(Arc::from("http")) {
            return;
        }
        let span = servers.endpoints.first().map_or(head, |endpoint| endpoint.span);
        let manner = servers.manner.as_ref();
        let scheme = manner
            .clone()
            .map(|manner| Arc::from(if manner.tls { "https" } else { "http" }));
        let version = manner.clone().then(|manner| match manner.proto.as_deref() {
            Some("h2") => Known::Is(Arc::from("2")),
            Some("h1") => Known::Is(Arc::from("1.1")),
            None if !manner.tls => Known::Is(Arc::from("1.1")),
            _ => Known::Absent,
        });
        let pass = manner.map(|manner| match manner.proto.as_deref() {
            Some("fcgi") => Arc::from("fastcgi"),
            _ => Arc::from("proxy"),
        });
        let entity = lower.model.entity_mut(id);
        entity.set_known(route::SCHEME, scheme, span);
        entity.set_known(route::HTTP_VERSION, version, span);
        if let Known::Is(pass) = pass {
            entity.set(route::PASS, pass, head);
        }
    }

    /// How often a request is sent: `retries` after the first time, on what `retry-on` names, whatever the number of
    /// servers (tried on 2.6.12: with one server and `retry-on 503` it gets the request four times, a POST too).
    fn retries(&self, lower: &mut Lower<'_>, id: EntityId, group: EntityId, name: &str, head: Span) {
        if self.mode != Known::Is(Arc::from("http")) {
            return;
        }
        let model = &mut *lower.model;
        let on = model.get(id, route::RETRY_ON);
        let place = |field| model.fact(group, field).is().map(|fact| (fact.origin, fact.span));
        let written = [upstream::RETRIES.id(), upstream::RETRY_ON.id()]
            .into_iter()
            .filter_map(place)
            .find(|(origin, _)| !matches!(origin, Origin::Default { .. }));
        let span = written.map_or(head, |(_, span)| span);
        let off = |section: &&Section| section.role == Role::Defaults || *section.name == *name;
        let off = lower
            .sections
            .all
            .iter()
            .filter(off)
            .chain([self.section])
            .find_map(|section| Some(section.tree.at(section.keeps_from_retry?)));
        let tries = match (&on, off) {
            (_, Some(at)) => Known::Unknown(Doubt::at("requests are kept from being sent again here", at.head())),
            (Known::Is(on), None) if &**on == "none" => Known::Is(1),
            (Known::Is(_), None) => model
                .get(group, upstream::RETRIES)
                .map(|retries| retries.saturating_add(1)),
            (other, None) => other.clone().then(|_| Known::Absent),
        };
        let kept = off.map(|at| Doubt::at("requests are kept from being sent again here", at.head()));
        let closed = kept.map_or(on, Known::Unknown).map(|on| {
            on.split_whitespace()
                .any(|word| matches!(word, "empty-response" | "all-retryable-errors"))
        });
        let entity = lower.model.entity_mut(id);
        entity.set_known(route::TRIES, tries, span);
        entity.set_known(route::RETRIES_CLOSED, closed, span);
    }

    /// Without a port a server is reached on the one the client came to.
    fn same_port(&self, lower: &mut Lower<'_>, to: &mut crate::estate::Endpoint) {
        let wide = |bind: &Listen| bind.loopback || address(&bind.text).host.is_none();
        let own = matches!(&to.host, Known::Is(host) if is_loopback(host));
        if own && self.binds.iter().any(wide) {
            lower.model.entity_mut(to.id).set(endpoint::SELF_LOOP, true, to.span);
        }
        to.port = match self.binds.as_slice() {
            [Listen { port: Some(port), .. }] => Known::Is(*port),
            _ => Known::Unknown(Doubt::at("the port depends on the one the client came to", to.span)),
        };
    }

    fn not_found(&self, lower: &mut Lower<'_>, id: EntityId, choice: &Choice) {
        let mut maybe = lower.sections.all.iter().filter(|section| section.role.is_back());
        let hidden = maybe.any(|section| *section.name == *choice.name);
        let open = match &lower.sections.open {
            Some(doubt) => Some(doubt.clone()),
            None if hidden => Some(Doubt::at("the backend stands inside `.if`", choice.span)),
            None => None,
        };
        let found = open.clone().map_or(Known::Is(false), Known::Unknown);
        let like = nearest_name(&choice.name, lower.groups.keys().map(|name| &**name)).map(Arc::<str>::from);
        let entity = lower.model.entity_mut(id);
        entity.set_known(route::TARGET_FOUND, found, choice.span);
        if let Some(like) = like {
            entity.set(route::TARGET_NEAREST, like, choice.span);
        }
        let doubt = open.unwrap_or_else(|| Doubt::at(format!("no backend is called {}", choice.name), choice.span));
        lower.done.routes.push(Route {
            id,
            upstream: Known::Unknown(doubt.clone()),
            endpoints: Vec::new(),
            doubt: Some(doubt),
            reuses_connections: Known::Is(false),
            takes: Takes::default(),
        });
    }

    fn entity(&self, lower: &mut Lower<'_>, target: &str, head: Span, choice: Option<&Choice>) -> EntityId {
        let name = format!("{} {target}", self.section.name);
        let mut entity = Entity::new(Kind::Route, name, head);
        entity.table = Some(&TABLE);
        entity.version = lower.input.version.clone();
        let words = match self.section.role {
            Role::Listen if target == &*self.section.name => format!("listen {target}"),
            _ => format!("{} to {target}", self.section.name),
        };
        entity.set(route::NAME, Arc::from(words), head);
        // As nginx calls it: HTTP, or whatever comes.
        let pass = self.mode.clone().map(|mode| match &*mode {
            "http" => Arc::from("proxy"),
            _ => mode,
        });
        entity.set_known(route::PASS, pass, head);
        entity.set(route::FALLBACK, self.fallback.is_some(), head);
        match lower.buffer.clone() {
            Known::Is((size, span)) => entity.set(route::BUFFER_SIZE, size, span.unwrap_or(head)),
            Known::Unknown(doubt) => entity.set_known(route::BUFFER_SIZE, Known::Unknown(doubt), head),
            Known::Absent => {}
        }
        if let Some(choice) = choice {
            entity.facts.push(Fact {
                field: route::TARGET.id(),
                value: Stored::Is(Value::Text(Arc::from(choice.name.as_str()))),
                span: choice.span,
                site: choice.verbatim.then_some(Site {
                    row: &TARGET,
                    node: None,
                }),
            });
            if let Some(map) = &choice.map {
                entity.set(route::MAP, map.clone(), choice.span);
            }
        }
        lower.model.add(entity)
    }
}
