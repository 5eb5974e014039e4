//! From nginx's blocks to scopes, groups, routes and endpoints.

use std::collections::HashMap;
use std::sync::Arc;

use super::address::{address, is_loopback};
use super::includes::{Directive, Includes, flatten};
use super::table::{MODULES, PORT, TABLE};
use super::target::{Target, Variables};
use crate::dialect::join::{Endpoint, Listen, Route};
use crate::model::field::{endpoint, route, upstream};
use crate::model::value::Size;
use crate::model::{Doubt, Entity, EntityId, Fact, Kind, Known, Model, Scope, ScopeId, Site, Stored, Version};
use crate::repo::Span;
use crate::syntax::{At, NodeId, Tree};

/// The kind of block something stands in, as rows name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// The top of a whole configuration.
    Main,
    /// `http`, or a fragment included there.
    Http,
    /// `server`, or a fragment included there.
    Server,
    /// `location`, or a fragment included there.
    Location,
    /// `upstream`.
    Upstream,
    /// `stream`.
    Stream,
    /// A `server` of `stream`.
    StreamServer,
    /// Any other block, whose content is not read.
    Other,
}

impl Context {
    fn name(self) -> &'static str {
        match self {
            Context::Main => "main",
            Context::Http => "http",
            Context::Server | Context::StreamServer => "server",
            Context::Location => "location",
            Context::Upstream => "upstream",
            Context::Stream => "stream",
            Context::Other => "other",
        }
    }

    fn inside(self, block: &str) -> Context {
        match (self, block) {
            (Context::Main, "http") => Context::Http,
            (Context::Main, "stream") => Context::Stream,
            (Context::Http, "server") => Context::Server,
            (Context::Http, "upstream") | (Context::Stream, "upstream") => Context::Upstream,
            (Context::Stream, "server") => Context::StreamServer,
            (Context::Server | Context::Location, "location" | "if" | "limit_except") => Context::Location,
            _ => Context::Other,
        }
    }
}

/// What one configuration lowers to.
#[derive(Debug, Default)]
pub struct Lowered {
    /// All routes.
    pub routes: Vec<Route>,
    /// All ports and sockets listened on.
    pub listens: Vec<Listen>,
}

/// A declared group.
struct Group {
    id: EntityId,
    servers: Vec<Endpoint>,
    doubt: Option<Doubt>,
}

/// Lowers one configuration: `entries` are its top-level files with the block they belong in.
pub fn lower(
    model: &mut Model,
    includes: &dyn Includes,
    version: Option<Version>,
    entries: &[(Arc<Tree>, Context, Option<Doubt>)],
) -> Lowered {
    let mut lower = Lower {
        model,
        includes,
        version,
        groups: HashMap::new(),
        blocks: 0,
        done: Lowered::default(),
    };
    for (tree, context, _) in entries {
        lower.collect_groups(tree, NodeId::ROOT, *context, 0);
    }
    for (tree, context, doubt) in entries {
        let outer = lower.model.add_scope(Scope {
            doubt: doubt.clone(),
            ..Scope::default()
        });
        let frame = Frame {
            context: *context,
            scope: Some(outer),
            connection: Known::Absent,
            variables: Variables::default(),
            server: Arc::from(""),
        };
        lower.block(tree, NodeId::ROOT, frame, 0);
    }
    lower.done
}

/// What a block hands down to the blocks inside it.
#[derive(Clone)]
struct Frame {
    context: Context,
    scope: Option<ScopeId>,
    /// The Connection header in force; absent while only the default holds.
    connection: Known<Arc<str>>,
    variables: Variables,
    server: Arc<str>,
}

struct Lower<'m> {
    model: &'m mut Model,
    includes: &'m dyn Includes,
    version: Option<Version>,
    groups: HashMap<String, Group>,
    /// Blocks read so far.
    blocks: usize,
    done: Lowered,
}

/// Deeper blocks are not read; nginx itself has no use for them.
const DEPTH: usize = 32;
/// More blocks are only had by files that include each other over and over.
const BLOCKS: usize = 100_000;

impl Lower<'_> {
    fn collect_groups(&mut self, tree: &Arc<Tree>, node: NodeId, context: Context, depth: usize) {
        if depth > 3 {
            return;
        }
        let (children, _) = flatten(self.includes, tree, node);
        for (tree, node) in children {
            let at = tree.at(node);
            if !at.is_map() {
                continue;
            }
            match context.inside(at.name()) {
                Context::Upstream => self.group(&tree, node),
                inner @ (Context::Http | Context::Stream) => self.collect_groups(&tree, node, inner, depth + 1),
                _ => {}
            }
        }
    }

    fn group(&mut self, tree: &Arc<Tree>, node: NodeId) {
        let at = tree.at(node);
        let Some(name) = at.text() else { return };
        let (children, doubt) = flatten(self.includes, tree, node);
        let scope = self.scope(&children, Context::Upstream, None, doubt.clone(), Some((tree, node)));
        let mut entity = Entity::new(Kind::Upstream, name, at.head());
        entity.set(upstream::NAME, Arc::from(name), at.word_span_at(0));
        entity.set(upstream::NAMED, true, at.head());
        entity.table = Some(&TABLE);
        entity.scope = Some(scope);
        entity.version = self.version.clone();
        let id = self.model.add(entity);
        let mut servers = Vec::new();
        for (tree, node) in &children {
            let server = tree.at(*node);
            let inert = server.texts().any(|word| word == "down");
            if server.name() == "server" && !server.words().is_empty() && !inert {
                let again = server.texts().skip(1).any(|word| word == "resolve");
                servers.push(self.server(tree, *node, name, again));
            }
        }
        self.groups.insert(name.to_owned(), Group { id, servers, doubt });
    }

    fn server(&mut self, tree: &Arc<Tree>, node: NodeId, group: &str, again: bool) -> Endpoint {
        let at = tree.at(node);
        let target = Target::read(at, 0, Some(80));
        let site = (self.model.add_tree(tree), node);
        self.endpoint(
            &target,
            at.word_span_at(0),
            &format!("{group}/{}", target.host_name()),
            Some(site),
            Known::Is(again),
        )
    }

    fn endpoint(
        &mut self,
        target: &Target,
        span: Span,
        name: &str,
        site: Option<(crate::model::TreeId, NodeId)>,
        looked_up_again: Known<bool>,
    ) -> Endpoint {
        let mut entity = Entity::new(Kind::Endpoint, name, span);
        entity.set(endpoint::ADDRESS, target.text.clone(), span);
        entity.set_known(endpoint::HOST, target.host.clone(), target.host_span.unwrap_or(span));
        if let Some(socket) = &target.socket {
            entity.set(endpoint::SOCKET, socket.clone(), span);
        }
        entity.set_known(endpoint::RESOLVE, looked_up_again.clone(), span);
        match &target.port {
            Known::Is(port) => {
                let site = target.port_span.map(|_| Site { row: &PORT, node: site });
                let value = Stored::Is(crate::model::Value::Number(i64::from(*port)));
                let span = target.port_span.unwrap_or(span);
                entity.facts.push(Fact {
                    field: endpoint::PORT.id(),
                    value,
                    span,
                    site,
                });
            }
            other => entity.set_known(endpoint::PORT, other.clone().map(i64::from), span),
        }
        let id = self.model.add(entity);
        Endpoint {
            id,
            host: target.host.clone(),
            port: target.port.clone(),
            port_name: None,
            socket: target.socket.clone(),
            looked_up_again,
            span,
        }
    }

    /// The scope of a block: every row found among its directives.
    fn scope(
        &mut self,
        children: &[Directive],
        context: Context,
        parent: Option<ScopeId>,
        doubt: Option<Doubt>,
        home: Option<(&Arc<Tree>, NodeId)>,
    ) -> ScopeId {
        let home = home.map(|(tree, node)| (self.model.add_tree(tree), node));
        let mut scope = Scope {
            parent,
            doubt,
            home,
            ..Scope::default()
        };
        for (tree, node) in children {
            let at = tree.at(*node);
            for row in TABLE.named(at.name()) {
                if !row.within.contains(&context.name())
                    || scope
                        .facts
                        .iter()
                        .any(|fact| fact.site.is_some_and(|site| std::ptr::eq(site.row, row)))
                {
                    continue;
                }
                let span = at.word_span_at(row.word);
                let value = match (at.doubt_at(row.word), at.word(row.word)) {
                    (Some(hole), _) => {
                        Stored::Unknown(Doubt::at(format!("the value of {} is filled in later", row.name), hole))
                    }
                    (None, Some(text)) if text.contains('$') => {
                        Stored::Unknown(Doubt::at(format!("the value of {} is a variable", row.name), span))
                    }
                    (None, text) => match text.and_then(|text| row.read(text)) {
                        Some(value) => Stored::Is(value),
                        None => Stored::Unknown(Doubt::at(format!("the value of {} cannot be read", row.name), span)),
                    },
                };
                let site = Some(Site {
                    row,
                    node: Some((self.model.add_tree(tree), *node)),
                });
                scope.facts.push(Fact {
                    field: row.field,
                    value,
                    span,
                    site,
                });
            }
        }
        self.model.add_scope(scope)
    }

    fn block(&mut self, tree: &Arc<Tree>, node: NodeId, mut frame: Frame, depth: usize) {
        self.blocks += 1;
        if depth > DEPTH || self.blocks > BLOCKS {
            return;
        }
        let (children, doubt) = flatten(self.includes, tree, node);
        let home = (node != NodeId::ROOT || frame.context != Context::Main).then_some((tree, node));
        // Template text or an unread include at the top of a whole configuration cannot set what http and stream hand down.
        let doubt_here = if frame.context == Context::Main {
            None
        } else {
            doubt.clone()
        };
        frame.scope = Some(self.scope(&children, frame.context, frame.scope, doubt_here, home));
        self.hand_down(&children, &mut frame, doubt.as_ref());
        for (tree, node) in &children {
            let at = tree.at(*node);
            match at.name() {
                "listen" if matches!(frame.context, Context::Server | Context::StreamServer) => self.listen(at),
                name if at.is_map() => {
                    let inner = frame.context.inside(name);
                    if !matches!(inner, Context::Other | Context::Upstream) {
                        let mut frame = frame.clone();
                        frame.context = inner;
                        self.block(tree, *node, frame, depth + 1);
                    }
                }
                name => {
                    if let Some(module) = module_of(name, frame.context) {
                        self.route(tree, *node, module, &frame);
                    }
                }
            }
        }
    }

    /// Settings that are not rows: variables, and the header list that is inherited whole or not at all.
    fn hand_down(&mut self, children: &[Directive], frame: &mut Frame, doubt: Option<&Doubt>) {
        let mut headers = false;
        let mut connection = None;
        for (tree, node) in children {
            let at = tree.at(*node);
            match at.name() {
                "server_name" => frame.server = Arc::from(at.text().unwrap_or_default()),
                "set" => frame.variables.set(at),
                "proxy_set_header" => {
                    headers = true;
                    if at.text().is_some_and(|name| name.eq_ignore_ascii_case("connection")) {
                        connection = at.word(1);
                    }
                }
                _ => {}
            }
        }
        if let Some(value) = connection {
            frame.connection = if value.contains('$') {
                Known::Unknown(Doubt::new("the Connection header is a variable"))
            } else {
                Known::Is(Arc::from(value))
            };
        } else if let Some(doubt) = doubt.filter(|_| frame.context != Context::Main) {
            frame.connection = Known::Unknown(doubt.clone());
        } else if headers {
            frame.connection = Known::Absent;
        }
    }

    fn listen(&mut self, at: At<'_>) {
        let Some(text) = at.text() else { return };
        if at.doubt_at(0).is_some() {
            return;
        }
        let span = at.word_span_at(0);
        let (port, socket, loopback) = if let Some(path) = text.strip_prefix("unix:") {
            (None, Some(Arc::from(path)), false)
        } else if let Ok(port) = text.parse::<u16>() {
            (Some(port), None, false)
        } else {
            let parts = address(text);
            let port = parts.port.map_or(Some(80), |port| port.parse().ok());
            (port, None, parts.host.is_some_and(is_loopback))
        };
        self.done.listens.push(Listen {
            text: Arc::from(text),
            port,
            socket,
            loopback,
            proxy_protocol: at.texts().any(|word| word == "proxy_protocol"),
            span,
        });
    }

    fn route(&mut self, tree: &Arc<Tree>, node: NodeId, module: &'static str, frame: &Frame) {
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
        if let Some(scheme) = &target.scheme {
            entity.set(route::SCHEME, scheme.clone(), at.word_span_at(0));
        }
        entity.table = Some(&TABLE);
        entity.module = module;
        entity.scope = frame.scope;
        entity.version = self.version.clone();
        let id = self.model.add(entity);
        self.busy_buffers(id, module);
        self.connection_header(id, module, frame, at.head());
        let done = self.destination(tree, node, id, module, &target);
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
            };
        }
        let group = target
            .host
            .as_ref()
            .is()
            .filter(|_| target.port_span.is_none())
            .and_then(|host| self.groups.get(&**host));
        if let Some(group) = group {
            let (group_id, endpoints, doubt) = (group.id, group.servers.clone(), group.doubt.clone());
            let reuses = self.reuses(id, group_id, module);
            return Route {
                id,
                upstream: Known::Is(group_id),
                endpoints,
                doubt,
                reuses_connections: reuses,
            };
        }
        let name = format!("{}/{}", self.model.entity(id).name, target.host_name());
        let mut implicit = Entity::new(Kind::Upstream, name.clone(), span);
        implicit.set(upstream::NAME, target.text.clone(), span);
        implicit.set(upstream::NAMED, false, span);
        let group_id = self.model.add(implicit);
        let site = (self.model.add_tree(tree), node);
        let endpoint = self.endpoint(target, span, &name, Some(site), Known::Is(target.by_variable));
        // A group made from a single address never keeps connections, in any version.
        let reuses = Known::Is(false);
        Route {
            id,
            upstream: Known::Is(group_id),
            endpoints: vec![endpoint],
            doubt: None,
            reuses_connections: reuses,
        }
    }

    /// Without the directive nginx takes twice the larger buffer (ngx_http_upstream, merging of busy_buffers_size).
    fn busy_buffers(&mut self, id: EntityId, module: &str) {
        if !MODULES[..4].contains(&module)
            || !matches!(self.model.fact(id, route::BUSY_BUFFERS_SIZE.id()), Known::Absent)
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

    fn connection_header(&mut self, id: EntityId, module: &str, frame: &Frame, span: Span) {
        if module != "proxy" {
            return;
        }
        let value = match &frame.connection {
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
                    .map(|header| header.is_empty());
                all([keeps, version, header])
            }
            "grpc" => keeps,
            _ => Known::Is(false),
        }
    }
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

fn module_of(directive: &str, context: Context) -> Option<&'static str> {
    if directive == "proxy_pass" && matches!(context, Context::StreamServer) {
        return Some("stream");
    }
    if !matches!(context, Context::Location | Context::Server) {
        return None;
    }
    let name = directive.strip_suffix("_pass")?;
    MODULES.into_iter().find(|module| *module == name)
}
