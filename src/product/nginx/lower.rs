//! From nginx's blocks to scopes, groups, routes and endpoints.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::estate::{Endpoint, Listen, Route};
use crate::model::field::{endpoint, route, setting};
use crate::model::host::{is_ip, is_public};
use crate::model::table::Form;
use crate::model::{Doubt, Entity, EntityId, Fact, Kind, Known, Model, Scope, ScopeId, Site, Stored, Version};
use crate::product::nginx::context::Context;
use crate::product::nginx::handed::Handed;
use crate::product::nginx::includes::{Directive, Includes, flatten};
use crate::product::nginx::listen;
use crate::product::nginx::server::{self, Server};
use crate::product::nginx::table::{MODULES, PORT, SERVER, TABLE};
use crate::product::nginx::target::{Target, Variables};
use crate::product::nginx::{buffers, named, reach};
use crate::repo::Span;
use crate::syntax::{At, NodeId, Tree};

/// A top-level file with the block it belongs in, and why more may stand around it.
pub type Entry = (Arc<Tree>, Context, Option<Doubt>);

/// What one configuration lowers to.
#[derive(Debug, Default)]
pub struct Lowered {
    /// All routes.
    pub routes: Vec<Route>,
    /// All ports and sockets listened on.
    pub listens: Vec<Listen>,
    /// What `events` says; absent where the main file was not read.
    pub events: Option<ScopeId>,
}

/// A declared group.
pub(super) struct Group {
    pub id: EntityId,
    pub servers: Vec<Endpoint>,
    pub doubt: Option<Doubt>,
}

/// Lowers one configuration: `entries` are its top-level files with the block they belong in.
pub fn lower(model: &mut Model, includes: &dyn Includes, version: Option<Version>, entries: &[Entry]) -> Lowered {
    let mut lower = Lower {
        model,
        includes,
        version,
        groups: HashMap::new(),
        blocks: 0,
        done: Lowered::default(),
        written_out: HashSet::new(),
        at_run_time: Vec::new(),
        scopes: Vec::new(),
        servers: Vec::new(),
    };
    // Files of `http` are one block, whichever order they are read in; others are read each for itself.
    let mut http: Vec<&Entry> = Vec::new();
    let mut blocks: Vec<(Vec<&Entry>, Context)> = Vec::new();
    for entry in entries {
        match entry.1 {
            Context::Http => http.push(entry),
            context => blocks.push((vec![entry], context)),
        }
    }
    if !http.is_empty() {
        blocks.push((http, Context::Http));
    }
    let mut read = Vec::new();
    for (files, context) in blocks {
        let mut children = Vec::new();
        let mut doubt = None;
        for (tree, ..) in &files {
            let (own, open) = flatten(lower.includes, tree, NodeId::ROOT);
            children.extend(own);
            doubt = doubt.or(open);
        }
        let around = files.iter().find_map(|(.., doubt)| doubt.clone());
        let only = match files.as_slice() {
            [(tree, ..)] if context != Context::Main => Some(tree.clone()),
            _ => None,
        };
        if context == Context::Main {
            lower.done.events = Some(lower.events(&children, doubt.clone()));
        }
        lower.collect_groups(&children, around.as_ref().or(doubt.as_ref()), context, 0);
        read.push((children, doubt, around, only, context));
    }
    for (children, doubt, around, only, context) in read {
        let outer = lower.model.add_scope(Scope {
            doubt: around.clone(),
            ..Scope::default()
        });
        let frame = Frame {
            context,
            scope: Some(outer),
            handed: Handed::around(around.as_ref()),
            variables: Variables::default(),
            server: Arc::from(""),
            server_at: None,
            internal: false,
            rewrites: false,
        };
        let home = only.as_ref().map(|tree| (tree, NodeId::ROOT));
        lower.directives(&children, doubt, home, frame, 0);
    }
    buffers::add(lower.model, &lower.scopes, lower.version.as_ref());
    reach::add(lower.model, &lower.scopes, &lower.done.routes);
    server::part(lower.servers, &mut lower.done.routes);
    for (route, address) in &lower.at_run_time {
        if lower.written_out.contains(address) {
            let entity = lower.model.entity_mut(*route);
            entity.set(route::BY_VARIABLE, false, entity.span);
        }
    }
    lower.done
}

/// What a block hands down to the blocks inside it.
#[derive(Clone)]
pub(super) struct Frame {
    pub context: Context,
    pub scope: Option<ScopeId>,
    pub handed: Handed,
    pub variables: Variables,
    pub server: Arc<str>,
    /// The server block, as an index.
    pub server_at: Option<usize>,
    /// Whether only nginx itself asks for the location.
    pub internal: bool,
    /// Whether the block itself rewrites the URI.
    pub rewrites: bool,
}

pub(super) struct Lower<'m> {
    pub model: &'m mut Model,
    pub includes: &'m dyn Includes,
    pub version: Option<Version>,
    pub groups: HashMap<String, Group>,
    /// Blocks read so far.
    blocks: usize,
    pub done: Lowered,
    /// Addresses that stand in a `*_pass` without a variable: nginx knows those from its start.
    pub written_out: HashSet<(Arc<str>, u16)>,
    /// The scopes of all blocks.
    scopes: Vec<(ScopeId, Context)>,
    /// The server blocks.
    pub servers: Vec<Server>,
    /// Routes whose address has a variable.
    pub at_run_time: Vec<(EntityId, (Arc<str>, u16))>,
}

/// Deeper blocks are not read; nginx itself has no use for them.
const DEPTH: usize = 32;
/// More blocks are only had by files that include each other over and over.
const BLOCKS: usize = 100_000;

impl Lower<'_> {
    /// The scope of the `events` block of a main file.
    fn events(&mut self, children: &[Directive], doubt: Option<Doubt>) -> ScopeId {
        let block = children.iter().find(|(tree, node)| tree.at(*node).name() == "events");
        let Some((tree, node)) = block else {
            return self.model.add_scope(Scope {
                doubt,
                ..Scope::default()
            });
        };
        let (own, open) = flatten(self.includes, tree, *node);
        self.scope(&own, Context::Events, None, open, Some((tree, *node)))
    }

    pub(super) fn endpoint(
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
        if let Known::Is(host) = &target.host {
            let is_name = !is_ip(host);
            entity.set(endpoint::IS_NAME, is_name, span);
            entity.set(endpoint::PUBLIC, is_name && is_public(host), span);
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
        entity.table = Some(&SERVER);
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
    pub(super) fn scope(
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
        let mut repeated: Vec<(Option<String>, Span, Arc<Tree>, NodeId)> = Vec::new();
        for (tree, node) in children {
            let at = tree.at(*node);
            for row in TABLE.named(at.name()) {
                if !row.within.contains(&context.name()) {
                    continue;
                }
                let known = |fact: &&Fact| fact.site.is_some_and(|site| std::ptr::eq(site.row, row));
                if let Some(first) = scope.facts.iter().find(known) {
                    let is_known = repeated.iter().any(|(.., of)| of == node);
                    if scope.doubt.is_none() && row.word == 0 && !repeats(&row.name) && !is_known {
                        repeated.push((at.text().map(str::to_owned), first.span, tree.clone(), *node));
                    }
                    continue;
                }
                let words = (row.form == Form::Words).then(|| at.texts().collect::<Vec<_>>().join(" "));
                let span = match words {
                    Some(_) => {
                        let (first, last) = (at.word_span_at(0), at.word_span_at(at.words().len().saturating_sub(1)));
                        Span::new(first.source, first.start, last.end.max(first.end))
                    }
                    None => at.word_span_at(row.word),
                };
                let doubt = (0..at.words().len())
                    .filter(|word| row.form == Form::Words || *word == row.word)
                    .find_map(|word| at.doubt_at(word));
                let value = match (doubt, words.as_deref().or(at.word(row.word))) {
                    (Some(hole), _) => {
                        Stored::Unknown(Doubt::at(format!("the value of {} is filled in later", row.name), hole))
                    }
                    (None, Some(text)) if text.contains('$') => {
                        Stored::Unknown(Doubt::at(format!("the value of {} is a variable", row.name), span))
                    }
                    (None, text) => match text.and_then(|text| row.value_of(text)) {
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
        for (value, first, tree, node) in repeated {
            self.repeated(tree.at(node), value, first, context);
        }
        let id = self.model.add_scope(scope);
        self.scopes.push((id, context));
        id
    }

    /// A directive that stands twice in one block, which nginx refuses.
    fn repeated(&mut self, at: At<'_>, value: Option<String>, first: Span, context: Context) {
        let mut entity = Entity::new(Kind::Setting, format!("{} {}", context.name(), at.name()), at.head());
        entity.set(setting::NAME, Arc::from(at.name()), at.name_span());
        entity.set(setting::PROBLEM, Arc::from("repeated"), at.head());
        entity.set(setting::PRODUCT, Arc::from("nginx"), at.head());
        entity.set(setting::HOLDER, Arc::from(context.name()), at.head());
        if let Some(value) = value {
            entity.set(setting::VALUE, Arc::from(value), at.word_span_at(0));
        }
        entity.set(setting::WINNER, Arc::from("the first"), first);
        self.model.add(entity);
    }

    fn block(&mut self, tree: &Arc<Tree>, node: NodeId, frame: Frame, depth: usize) {
        self.blocks += 1;
        if depth > DEPTH || self.blocks > BLOCKS {
            return;
        }
        let (children, doubt) = flatten(self.includes, tree, node);
        self.directives(&children, doubt, Some((tree, node)), frame, depth);
    }

    /// Reads the directives of a block, those of its includes among them.
    fn directives(
        &mut self,
        children: &[Directive],
        doubt: Option<Doubt>,
        home: Option<(&Arc<Tree>, NodeId)>,
        mut frame: Frame,
        depth: usize,
    ) {
        // Template text or an unread include at the top of a whole configuration cannot set what http and stream hand down.
        let doubt_here = if frame.context == Context::Main {
            None
        } else {
            doubt.clone()
        };
        frame.scope = Some(self.scope(children, frame.context, frame.scope, doubt_here, home));
        self.hand_down(children, &mut frame, doubt.as_ref());
        let is_block = home.is_some_and(|(_, node)| node != NodeId::ROOT);
        if is_block && doubt.is_none() {
            self.misplaced(children, frame.context);
        }
        // A fragment is only a part of its server.
        let is_whole = home.is_some_and(|(tree, node)| tree.at(node).name() == "server");
        if frame.context == Context::Server && is_whole && doubt.is_none() {
            named::add(self.model, self.includes, children);
        }
        let tls = children.iter().any(|(tree, node)| {
            let at = tree.at(*node);
            at.name() == "ssl" && at.text() == Some("on")
        });
        let http2 = children.iter().any(|(tree, node)| tree.at(*node).name() == "http2");
        for (tree, node) in children {
            let at = tree.at(*node);
            match at.name() {
                "listen" if matches!(frame.context, Context::Server | Context::StreamServer) => {
                    let plain = doubt.is_none() && frame.context == Context::Server && !http2;
                    self.done.listens.extend(listen::read(at, tls, plain));
                }
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
        frame.rewrites = false;
        for (tree, node) in children {
            let at = tree.at(*node);
            match at.name() {
                "rewrite" => frame.rewrites = true,
                "server_name" => frame.server = Arc::from(at.text().unwrap_or_default()),
                "set" => frame.variables.set(at),
                _ => {}
            }
        }
        match frame.context {
            Context::Server => {
                frame.server_at = Some(self.servers.len());
                self.servers.push(Server::read(self.includes, children));
            }
            Context::Location => {
                frame.internal |= children.iter().any(|(tree, node)| tree.at(*node).name() == "internal");
            }
            _ => {}
        }
        frame.handed.take(children, frame.context, doubt);
    }
}

/// Directives that add up when they stand twice, or that nginx takes twice (tried with 1.22.1).
fn repeats(name: &str) -> bool {
    name.ends_with("_next_upstream") || name == "zone"
}

fn module_of(directive: &str, context: Context) -> Option<&'static str> {
    if directive == "proxy_pass" && matches!(context, Context::StreamServer) {
        return Some("stream");
    }
    if !matches!(
        context,
        Context::Location | Context::If | Context::LimitExcept | Context::Server
    ) {
        return None;
    }
    let name = directive.strip_suffix("_pass")?;
    MODULES.into_iter().find(|module| *module == name)
}
