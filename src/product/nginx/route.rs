//! `*_pass` directives: where a location or server passes requests, and how.

use std::sync::Arc;

use crate::estate::{Route, Takes};
use crate::model::field::{route, upstream};
use crate::model::host::is_ip;
use crate::model::value::Size;
use crate::model::{Doubt, Entity, EntityId, Fact, Kind, Known, Site, Stored, Version};
use crate::product::nginx::context::Context;
use crate::product::nginx::handed::Handed;
use crate::product::nginx::lower::{Frame, Lower};
use crate::product::nginx::resolver;
use crate::product::nginx::table::{BUFFERING, GROUP_PORT, SCHEME, TABLE};
use crate::product::nginx::target::Target;
use crate::repo::Span;
use crate::syntax::{At, NodeId, Tree};

impl Lower<'_> {
    /// Lowers one `*_pass` of a module.
    pub(super) fn route(&mut self, tree: &Arc<Tree>, node: NodeId, module: &'static str, frame: &Frame) {
        let at = tree.at(node);
        let default_port = match (module, at.text()) {
            ("proxy", Some(text)) if text.starts_with("https:") => Some(443),
            ("grpc", Some(text)) if text.starts_with("grpcs:") => Some(443),
            ("proxy" | "grpc", _) => Some(80),
            _ => None,
        };
        let target = Target::read_with(at, 0, default_port, &frame.variables);
        let place = at.parent().filter(|parent| parent.name() == "location");
        let place = place.or_else(|| at.up().find(|up| up.name() == "location"));
        let location = place.map_or_else(
            || {
                if frame.context == Context::StreamServer {
                    "stream server".to_owned()
                } else {
                    "server".to_owned()
                }
            },
            |at| format!("location {}", at.texts().collect::<Vec<_>>().join(" ")),
        );
        let mut entity = Entity::new(Kind::Route, format!("{} {location}", frame.server), at.head());
        entity.set(route::NAME, Arc::from(location), at.head());
        entity.set(route::PASS, Arc::from(module), at.name_span());
        entity.table = Some(&TABLE);
        entity.module = module;
        entity.scope = frame.scope;
        entity.version = self.version.clone();
        if let Some(scheme) = &target.scheme {
            let site = target.scheme_span.map(|_| Site {
                row: &SCHEME,
                node: Some((self.model.add_tree(tree), node)),
            });
            entity.facts.push(Fact {
                field: route::SCHEME.id(),
                value: Stored::Is(crate::model::Value::Text(scheme.clone())),
                span: target.scheme_span.unwrap_or_else(|| at.word_span_at(0)),
                site,
            });
        }
        let id = self.model.add(entity);
        self.busy_buffers(id, module);
        self.connection_header(id, module, frame, at.head());
        self.handed(id, module, &frame.handed, at.head());
        let entity = self.model.entity_mut(id);
        entity.set(route::BY_VARIABLE, target.by_variable, at.word_span_at(0));
        if module != "stream" {
            entity.set(route::SENDS_PROXY, false, at.head());
        }
        if let (Known::Is(host), Known::Is(port)) = (&target.host, &target.port) {
            let address = (host.clone(), *port);
            if target.by_variable {
                self.at_run_time.push((id, address));
            } else {
                self.written_out.insert(address);
            }
        }
        let done = self.destination(tree, node, id, module, &target);
        self.tries(id, &done);
        self.path(id, at, place, &target, frame.rewrites);
        let next = self.done.routes.len();
        if let Some(server) = frame.server_at.and_then(|at| self.servers.get_mut(at)) {
            server.add(next, place, frame.internal);
            if let Some((location, answers)) = place.and_then(|place| Some((place, server.takes_from(place)?))) {
                let entity = self.model.entity_mut(id);
                entity.set(route::ASKED_BY_GATEWAY, true, location.head());
                entity.set(
                    route::AUTH,
                    location.texts().last().unwrap_or_default().into(),
                    location.head(),
                );
                entity.set(route::AUTH_HEADERS, answers, location.head());
            }
        }
        self.done.routes.push(done);
    }

    fn destination(&mut self, tree: &Arc<Tree>, node: NodeId, id: EntityId, module: &str, target: &Target) -> Route {
        let at = tree.at(node);
        let span = at.word_span_at(0);
        if let Some(doubt) = &target.doubt {
            let unknown = Known::Unknown(doubt.clone());
            return Route {
                id,
                upstream: unknown,
                endpoints: Vec::new(),
                doubt: Some(doubt.clone()),
                reuses_connections: Known::Is(false),
                takes: Takes::default(),
            };
        }
        let group = target
            .host
            .as_ref()
            .is()
            // A port behind a group's name that stands there is a mistake; one from a variable means something else.
            .filter(|_| target.port_text.is_none() || target.port_span.is_some())
            .and_then(|host| self.groups.get(&**host));
        if let Some(group) = group {
            self.model.entity_mut(group.id).set(upstream::USED, true, span);
            let has_port = target.port_text.is_some();
            let (group_id, endpoints, doubt) = (group.id, group.servers.clone(), group.doubt.clone());
            if has_port {
                self.group_port(tree, node, id, target);
            }
            let reuses = self.reuses(id, group_id, module);
            return Route {
                id,
                upstream: Known::Is(group_id),
                endpoints,
                doubt,
                reuses_connections: reuses,
                takes: Takes::default(),
            };
        }
        let name = format!("{}/{}", self.model.entity(id).name, target.host_name());
        let mut implicit = Entity::new(Kind::Upstream, name.clone(), span);
        implicit.set(upstream::NAME, target.text.clone(), span);
        implicit.set(upstream::NAMED, false, span);
        let group_id = self.model.add(implicit);
        let site = (self.model.add_tree(tree), node);
        let endpoint = self.endpoint(target, span, &name, Some(site), Known::Is(target.by_variable));
        if target.by_variable {
            resolver::note(self.model, endpoint.id, id, route::RESOLVER.id());
        }
        // A group made from a single address never keeps connections, in any version.
        let reuses = Known::Is(false);
        Route {
            id,
            upstream: Known::Is(group_id),
            endpoints: vec![endpoint],
            doubt: None,
            reuses_connections: reuses,
            takes: Takes::default(),
        }
    }

    /// A port behind the name of a declared group.
    fn group_port(&mut self, tree: &Arc<Tree>, node: NodeId, id: EntityId, target: &Target) {
        let (Known::Is(host), Some(port), Some(span)) = (&target.host, target.port_text.as_ref(), target.port_span)
        else {
            return;
        };
        if is_ip(host) || !self.groups.contains_key(&**host) {
            return;
        }
        let span = Span::new(span.source, span.start - 1, span.end);
        let site = Some(Site {
            row: &GROUP_PORT,
            node: Some((self.model.add_tree(tree), node)),
        });
        self.model.entity_mut(id).facts.push(Fact {
            field: route::GROUP_PORT.id(),
            value: Stored::Is(crate::model::Value::Text(Arc::from(format!(":{port}")))),
            span,
            site,
        });
    }

    /// What the lists in force say of a route.
    fn handed(&mut self, id: EntityId, module: &str, handed: &Handed, span: Span) {
        let entity = self.model.entity_mut(id);
        entity.set_known(route::ERROR_PAGES, handed.error_pages.clone(), span);
        if module != "proxy" {
            return;
        }
        let at = match &handed.lost {
            Known::Is((_, at)) => *at,
            _ => span,
        };
        let is_host = |name: &Arc<str>| name.eq_ignore_ascii_case("host");
        let host = handed.lost.as_ref().map(|(names, _)| names.iter().any(is_host));
        let names = handed.lost.as_ref().map(|(names, _)| Arc::from(names.join(", ")));
        entity.set_known(route::LOSES_HOST, host, at);
        entity.set_known(route::LOST_HEADERS, names, at);
    }

    /// Without the directive nginx takes twice the larger buffer (ngx_http_upstream, merging of busy_buffers_size).
    fn busy_buffers(&mut self, id: EntityId, module: &str) {
        if !BUFFERING.contains(&module) || !matches!(self.model.fact(id, route::BUSY_BUFFERS_SIZE.id()), Known::Absent)
        {
            return;
        }
        let (one, head) = (
            self.model.get(id, route::BUFFERS_SIZE),
            self.model.get(id, route::BUFFER_SIZE),
        );
        let span = self.model.entity(id).span;
        let busy = one.then(|one| head.map(|head| Size(one.0.max(head.0).saturating_mul(2))));
        self.model
            .entity_mut(id)
            .set_known(route::BUSY_BUFFERS_SIZE, busy, span);
    }

    /// How often a request is sent: once to each server at most (ngx_http_upstream_next).
    fn tries(&mut self, id: EntityId, done: &Route) {
        let span = self.model.entity(id).span;
        let servers = match &done.doubt {
            Some(doubt) => Known::Unknown(doubt.clone()),
            None => Known::Is(done.endpoints.len() as i64),
        };
        let off = self
            .model
            .get(id, route::RETRY_ON)
            .map(|on| on.split(' ').any(|word| word == "off"));
        let limit = self.model.fact(id, route::NEXT_UPSTREAM_TRIES.id());
        let at = match &limit {
            Known::Is(view) if view.site.is_some() => view.span,
            _ => span,
        };
        let limit = self.model.get(id, route::NEXT_UPSTREAM_TRIES);
        let tries = off.then(|off| match off {
            true => Known::Is(1),
            false => {
                limit.then(|limit| servers.map(|servers| if limit == 0 { servers } else { servers.min(limit) }.max(1)))
            }
        });
        self.model.entity_mut(id).set_known(route::TRIES, tries, at);
    }

    /// The prefix of a location that passes requests on as they are.
    fn path(&mut self, id: EntityId, at: At<'_>, place: Option<At<'_>>, target: &Target, rewrites: bool) {
        let words: Vec<&str> = place.map(|place| place.texts().collect()).unwrap_or_default();
        let prefix = match words.as_slice() {
            [prefix] | ["^~", prefix] if prefix.starts_with('/') => *prefix,
            _ => return,
        };
        let uri = at
            .text()
            .is_none_or(|text| crate::product::nginx::address::address(text).has_uri);
        if !uri && !target.by_variable && !rewrites {
            self.model.entity_mut(id).set(route::PATH, Arc::from(prefix), at.head());
        }
    }

    fn connection_header(&mut self, id: EntityId, module: &str, frame: &Frame, span: Span) {
        if module != "proxy" {
            return;
        }
        let value = match &frame.handed.connection {
            Known::Absent => match &self.version {
                // nginx CHANGES 1.29.7: the default went from "close" to nothing.
                Some(version) => match Version::parse("1.29.7").and_then(|since| version.at_least(&since)) {
                    Some(true) => Known::Is(Arc::from("")),
                    Some(false) => Known::Is(Arc::from("close")),
                    None => Known::Unknown(Doubt::new(
                        "the default Connection header depends on the version of nginx",
                    )),
                },
                None => Known::Unknown(Doubt::new(
                    "the default Connection header depends on the version of nginx",
                )),
            },
            other => other.clone(),
        };
        self.model
            .entity_mut(id)
            .set_known(route::CONNECTION_HEADER, value, span);
    }

    /// Whether idle connections are used again: the group keeps some, and the protocol allows it.
    fn reuses(&self, id: EntityId, group: EntityId, module: &str) -> Known<bool> {
        let keeps = self.model.get(group, upstream::KEEPALIVE).map(|count| count > 0);
        match module {
            "proxy" => {
                let version = self
                    .model
                    .get(id, route::HTTP_VERSION)
                    .map(|version| &*version != "1.0");
                let header = self
                    .model
                    .get(id, route::CONNECTION_HEADER)
                    .map(|header| !closes(&header));
                all([keeps, version, header])
            }
            "grpc" => keeps,
            "fastcgi" => all([keeps, self.model.get(id, route::KEEP_CONN)]),
            _ => Known::Is(false),
        }
    }
}

/// Whether a Connection header asks the upstream to close. Any other keeps the connection: with `upgrade`, nginx 1.22
/// was seen to use one connection for request after request that were not upgraded.
fn closes(header: &str) -> bool {
    header
        .split(',')
        .any(|token| token.trim().eq_ignore_ascii_case("close"))
}

/// False as soon as one is surely false; unknown when one is unknown; true when all are.
fn all<const N: usize>(parts: [Known<bool>; N]) -> Known<bool> {
    if parts.contains(&Known::Is(false)) || parts.contains(&Known::Absent) {
        return Known::Is(false);
    }
    parts
        .into_iter()
        .find(|part| matches!(part, Known::Unknown(_)))
        .unwrap_or(Known::Is(true))
}
