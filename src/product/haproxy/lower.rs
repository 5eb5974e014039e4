//! From HAProxy's sections to scopes, groups and their servers; `routes` does the frontends.

use std::collections::HashMap;
use std::sync::Arc;

use crate::estate::{Listen, Route};
use crate::model::field::{route, setting, upstream};
use crate::model::value::Size;
use crate::model::{
    Doubt, Entity, EntityId, Fact, Kind, Known, Model, Row, Scope, ScopeId, Site, Stored, Value, Version,
};
use crate::product::haproxy::sections::{Role, Section, Sections, buffer, collect, has_servers, nearest, own_last};
use crate::product::haproxy::servers::{self, Servers};
use crate::product::haproxy::table::{CHECK_PATH, TABLE, TIME};
use crate::product::haproxy::words::Around;
use crate::product::haproxy::{idle, names, routes};
use crate::repo::Span;
use crate::syntax::{At, Tree};

/// A configuration to lower.
pub struct Input<'a> {
    /// Its files, in the order HAProxy reads them.
    pub trees: &'a [Arc<Tree>],
    /// The version, where known.
    pub version: Option<Version>,
    /// The environment and files of where it runs.
    pub around: &'a dyn Around,
    /// Why there may be further files.
    pub open: Option<Doubt>,
}

/// What one configuration lowers to.
#[derive(Debug, Default)]
pub struct Lowered {
    /// All routes.
    pub routes: Vec<Route>,
    /// All addresses bound.
    pub listens: Vec<Listen>,
    /// The scope of `global`.
    pub global: Option<ScopeId>,
}

/// A `backend`, or the servers of a `listen`.
pub(super) struct Group {
    pub id: EntityId,
    pub scope: ScopeId,
    pub servers: Servers,
    /// Whether idle connections to servers are used again.
    pub reuses: Known<bool>,
    /// The path that HTTP health checks ask for, as a route's fact.
    pub check_path: Option<Fact>,
}

/// What the frontends need.
pub(super) struct Lower<'l> {
    pub model: &'l mut Model,
    pub input: &'l Input<'l>,
    pub sections: &'l Sections,
    pub scopes: Vec<ScopeId>,
    pub groups: HashMap<Arc<str>, Group>,
    /// The largest header of a response that fits, and where that is set.
    pub buffer: Known<(Size, Option<Span>)>,
    pub done: Lowered,
}

/// Lowers one configuration.
pub fn lower(model: &mut Model, input: &Input<'_>) -> Lowered {
    let mut sections = collect(input.trees, input.around);
    if let Some(open) = &input.open {
        sections.open.get_or_insert_with(|| open.clone());
    }
    let mut lower = Lower {
        model,
        input,
        sections: &sections,
        scopes: Vec::new(),
        groups: HashMap::new(),
        buffer: buffer(&sections),
        done: Lowered::default(),
    };
    for section in &sections.all {
        let scope = lower.scope(section);
        lower.scopes.push(scope);
        if section.role == Role::Global {
            lower.done.global.get_or_insert(scope);
        }
    }
    for (at, section) in sections.all.iter().enumerate() {
        if section.role.is_back() && !section.maybe {
            lower.group(at, section);
        }
    }
    for (at, section) in sections.all.iter().enumerate() {
        if section.role.is_front() && !section.maybe {
            routes::front(&mut lower, at, section);
        }
    }
    let done = lower.done;
    names::add(model, &sections);
    done
}

/// The keyword of a line as rows name it, which word comes behind it, and whether `no` stands in front.
fn keyword(at: At<'_>) -> (String, usize, bool) {
    let (name, from, negated) = match (at.name(), at.text()) {
        ("no", Some(name)) => (name, 1, true),
        (name, _) => (name, 0, false),
    };
    match (name, at.word(from)) {
        ("timeout" | "option", Some(second)) => (format!("{name} {second}"), from + 1, negated),
        _ => (name.to_owned(), from, negated),
    }
}

impl Lower<'_> {
    /// The scope of a section, in front of that of its `defaults`.
    fn scope(&mut self, section: &Section) -> ScopeId {
        let tree = self.model.add_tree(&section.tree);
        let mut scope = Scope {
            parent: section.base.map(|base| self.scopes[base]),
            doubt: section.doubt.clone(),
            home: Some((tree, section.node)),
            ..Scope::default()
        };
        if section.base.is_none() && !matches!(section.role, Role::Defaults | Role::Global) {
            // A fragment's `defaults` may stand in another file.
            if let Some(open) = &self.input.open {
                scope.doubt.get_or_insert_with(|| open.clone());
            }
        }
        let first_server = section
            .lines
            .iter()
            .position(|line| section.at(*line).name().starts_with("server"));
        for (index, line) in section.lines.iter().enumerate() {
            let at = section.at(*line);
            let (name, from, negated) = keyword(at);
            if name.starts_with("timeout ") && !line.maybe && !negated {
                self.setting(section, at, &name);
            }
            for row in TABLE
                .named(&name)
                .filter(|row| row.within.contains(&section.role.name()))
            {
                // Behind a server it is not for all of them; only the first one is written into.
                let again = row.name == "default-server"
                    && (first_server.is_some_and(|first| index > first)
                        || scope.facts.iter().any(|fact| fact.field == row.field));
                if again {
                    continue;
                }
                let (value, span) = value(row, at, from, negated, line.maybe);
                scope.facts.retain(|fact| fact.field != row.field);
                scope.facts.push(Fact {
                    field: row.field,
                    value,
                    span,
                    site: Some(Site {
                        row,
                        node: Some((tree, at.id())),
                    }),
                });
            }
        }
        self.model.add_scope(scope)
    }

    /// A length of time as it is written: whether it has a unit is a question of its own.
    fn setting(&mut self, section: &Section, at: At<'_>, name: &str) {
        let (Some(text), None) = (at.word(1), at.doubt_at(1)) else {
            return;
        };
        let Some(value) = TIME.value_of(text) else { return };
        let span = at.word_span_at(1);
        let key = format!("{} {} {name}", section.role.name(), section.name);
        let mut entity = Entity::new(Kind::Setting, key, at.head());
        entity.set(setting::NAME, Arc::from(name), at.head());
        let mode = nearest(self.sections, section, |at| {
            (at.name() == "mode").then(|| at.text().unwrap_or_default())
        });
        if let Some(outcome) = outcome(name, mode == Some("http")) {
            entity.set(setting::OUTCOME, Arc::from(outcome), at.head());
        }
        entity.set(setting::BARE, text.bytes().all(|byte| byte.is_ascii_digit()), span);
        let node = Some((self.model.add_tree(&section.tree), at.id()));
        entity.facts.push(Fact {
            field: setting::TIME.id(),
            value: Stored::Is(value),
            span,
            site: Some(Site { row: &TIME, node }),
        });
        self.model.add(entity);
    }

    fn group(&mut self, index: usize, section: &Section) {
        if section.role == Role::Listen && !has_servers(section) {
            return;
        }
        let head = section.head().head();
        let scope = self.scopes[index];
        let mut entity = Entity::new(Kind::Upstream, section.name.clone(), head);
        entity.table = Some(&TABLE);
        entity.scope = Some(scope);
        entity.version = self.input.version.clone();
        entity.set(upstream::NAME, section.name.clone(), section.name_span);
        entity.set(upstream::NAMED, true, head);
        let id = self.model.add(entity);
        let servers = servers::lower(self.model, self.sections, section, self.input.around, id);
        self.count(id, &servers, head);
        idle::live(self.model, self.sections, section, id, &servers);
        self.timeouts(id, &servers, head);
        let check_path = self.checks(id, section).filter(|_| !servers.checked_elsewhere);
        let reuses = self.reuses(id, section);
        let group = Group {
            id,
            scope,
            servers,
            reuses,
            check_path,
        };
        // Of two sections of one name the first is taken; HAProxy refuses them.
        self.groups.entry(section.name.clone()).or_insert(group);
    }

    fn count(&mut self, id: EntityId, servers: &Servers, head: Span) {
        let unknown = |doubt: &Option<Doubt>| doubt.clone().map(Known::Unknown);
        let count = unknown(&servers.doubt).unwrap_or(Known::Is(servers.count));
        let unchecked = unknown(&servers.doubt)
            .or_else(|| unknown(&servers.open))
            .unwrap_or(Known::Is(servers.unchecked.len() as i64));
        let entity = self.model.entity_mut(id);
        entity.set_known(upstream::SERVERS, count, head);
        entity.set_known(upstream::UNCHECKED, unchecked, head);
        entity.set(upstream::LIMITED, servers.limited, head);
        let (of_all, of_one) = &servers.refused;
        for (field, refused) in [
            (upstream::CHECK_REFUSED, of_all),
            (upstream::SERVER_CHECK_REFUSED, of_one),
        ] {
            if let Some(refused) = refused {
                entity.set(field, Arc::from(refused.as_str()), head);
            }
        }
        if let Some((name, span)) = servers.unchecked.first() {
            entity.set(upstream::FIRST_UNCHECKED, name.clone(), *span);
        }
    }

    /// Which timeouts are nowhere set, and the queue's, which is the one for connecting unless it has its own.
    fn timeouts(&mut self, id: EntityId, servers: &Servers, head: Span) {
        let (connect, server) = (
            self.model.get(id, upstream::CONNECT_TIMEOUT),
            self.model.get(id, upstream::SERVER_TIMEOUT),
        );
        if self.model.get(id, upstream::QUEUE_TIMEOUT) == Known::Absent {
            let span = match self.model.fact(id, upstream::CONNECT_TIMEOUT.id()) {
                Known::Is(fact) => fact.span,
                _ => head,
            };
            self.model
                .entity_mut(id)
                .set_known(upstream::QUEUE_TIMEOUT, connect.clone(), span);
        }
        let missing: Vec<&str> = [("timeout connect", &connect), ("timeout server", &server)]
            .into_iter()
            .filter(|(_, value)| **value == Known::Absent)
            .map(|(name, _)| name)
            .collect();
        if !missing.is_empty() && (servers.count > 0 || servers.doubt.is_some()) {
            let entity = self.model.entity_mut(id);
            entity.set(upstream::MISSING_TIMEOUTS, Arc::from(missing.join(" and ")), head);
        }
    }

    /// Notes what sort of check is set; the path it asks for.
    fn checks(&mut self, id: EntityId, section: &Section) -> Option<Fact> {
        const TYPES: [&str; 10] = [
            "httpchk",
            "tcp-check",
            "ssl-hello-chk",
            "smtpchk",
            "mysql-check",
            "pgsql-check",
            "redis-check",
            "ldap-check",
            "spop-check",
            "external-check",
        ];
        let kind = |at: At<'_>| match (at.name(), at.text()) {
            ("option", Some(name)) => TYPES
                .iter()
                .position(|kind| *kind == name)
                .map(|kind| (kind, at.head())),
            _ => None,
        };
        let own = own_last(section, kind);
        if let Some((kind, span)) = own {
            self.model.entity_mut(id).set(upstream::HTTP_CHECK, kind == 0, span);
        }
        if nearest(self.sections, section, kind).is_none_or(|(kind, _)| kind != 0) {
            return None;
        }
        let path = nearest(self.sections, section, |at| match (at.name(), at.text()) {
            ("http-check", Some("send")) => {
                let uri = at.texts().position(|word| word == "uri")?;
                Some((at, uri + 1))
            }
            _ => None,
        });
        let path = path.or_else(|| {
            nearest(self.sections, section, |at| match (at.name(), at.text()) {
                ("option", Some("httpchk")) => Some((at, if at.words().len() > 2 { 2 } else { 1 })),
                _ => None,
            })
        });
        let (at, n) = path?;
        let text = at.word(n)?;
        let value = match at.doubt_at(n) {
            Some(hole) => Stored::Unknown(Doubt::at("the path of the check is filled in later", hole)),
            None if text.starts_with('/') => Stored::Is(Value::Text(Arc::from(text))),
            None => return None,
        };
        let verbatim = at.words().get(n).is_some_and(|word| word.decoded_text().is_none());
        Some(Fact {
            field: route::HEALTH_CHECK_PATH.id(),
            value,
            span: at.word_span_at(n),
            site: verbatim.then_some(Site {
                row: &CHECK_PATH,
                node: None,
            }),
        })
    }

    /// Idle connections to servers are shared in http mode, unless that is switched off.
    fn reuses(&mut self, id: EntityId, section: &Section) -> Known<bool> {
        let closes = nearest(self.sections, section, |at| match (at.name(), at.text()) {
            ("option", Some("http-server-close" | "httpclose" | "forceclose")) => Some(true),
            ("option", Some("http-keep-alive")) => Some(false),
            ("no", Some("option")) => match at.word(1) {
                Some("http-server-close" | "httpclose" | "forceclose") => Some(false),
                _ => None,
            },
            _ => None,
        });
        if closes == Some(true) {
            return Known::Is(false);
        }
        let http = self.model.get(id, upstream::MODE).map(|mode| &*mode == "http");
        http.then(|http| {
            if http {
                self.model.get(id, upstream::HTTP_REUSE).map(|reuse| &*reuse != "never")
            } else {
                Known::Is(false)
            }
        })
    }
}

/// What happens when a time limit is over (configuration.txt 4.2 and 8.5; seen with 2.6.12).
fn outcome(name: &str, http: bool) -> Option<&'static str> {
    Some(match (name, http) {
        ("timeout server", true) => "a response that takes longer ends as 504 (sH)",
        ("timeout server", false) => "a connection whose server is silent for longer is closed (sD)",
        ("timeout connect", true) => "where no server accepts a connection within it, requests get 503 (sC)",
        ("timeout connect", false) => "where no server accepts a connection within it, the client's is closed (sC)",
        ("timeout client", true) => {
            "a client whose request takes longer gets 408 (cR), and one that is silent for longer is cut off (cD)"
        }
        ("timeout client", false) => "a connection whose client is silent for longer is closed (cD)",
        ("timeout http-request", true) => "a client whose request headers take longer gets 408 (cR)",
        ("timeout queue", true) => "a request that waits longer for a free server gets 503 (sQ)",
        ("timeout queue", false) => "a connection that waits longer for a free server is closed (sQ)",
        ("timeout tunnel", _) => "an upgraded connection that is silent for longer is closed",
        ("timeout check", _) => "a server whose check takes longer is taken for dead",
        _ => return None,
    })
}

fn value(row: &Row, at: At<'_>, from: usize, negated: bool, maybe: bool) -> (Stored, Span) {
    let unknown = |reason: String, span| (Stored::Unknown(Doubt::at(reason, span)), span);
    if maybe {
        return unknown(format!("{} stands inside `.if`", row.name), at.head());
    }
    if negated {
        return (Stored::Is(Value::Bool(false)), at.head());
    }
    // Lines of several words are one text.
    let whole = matches!(row.name.as_str(), "retry-on" | "default-server");
    let (first, last) = (
        at.word_span_at(from),
        at.word_span_at(at.words().len().saturating_sub(1)),
    );
    let span = match row.unit {
        crate::model::Unit::Present => return (Stored::Is(Value::Bool(true)), at.head()),
        _ if whole && last.end > first.start => Span { end: last.end, ..first },
        _ => first,
    };
    if let Some(hole) = at.tree().hole_in(span) {
        return unknown(format!("the value of {} is filled in later", row.name), hole);
    }
    let text = if whole {
        at.texts().skip(from).collect::<Vec<_>>().join(" ")
    } else {
        at.word(from).unwrap_or_default().to_owned()
    };
    match row.value_of(&text) {
        Some(value) if !text.contains('$') => (Stored::Is(value), span),
        _ => unknown(format!("the value of {} cannot be read", row.name), span),
    }
}
