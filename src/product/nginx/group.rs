//! `upstream` blocks: their servers and how many of them can answer.

use std::sync::Arc;

use crate::estate::Endpoint;
use crate::model::field::upstream;
use crate::model::{Doubt, Entity, Kind, Known, ScopeId};
use crate::product::nginx::context::Context;
use crate::product::nginx::includes::{Directive, flatten};
use crate::product::nginx::lower::{Group, Lower};
use crate::product::nginx::resolver;
use crate::product::nginx::table::TABLE;
use crate::product::nginx::target::Target;
use crate::syntax::{NodeId, Tree};

/// Directives after which the servers of a group are still those that are listed.
const KNOWN: [&str; 14] = [
    "server",
    "zone",
    "hash",
    "ip_hash",
    "least_conn",
    "least_time",
    "random",
    "keepalive",
    "keepalive_requests",
    "keepalive_time",
    "keepalive_timeout",
    "resolver",
    "resolver_timeout",
    "ntlm",
];

impl Lower<'_> {
    /// Finds the groups of a block and of those inside it.
    pub(super) fn collect_groups(
        &mut self,
        children: &[Directive],
        doubt: Option<&Doubt>,
        context: Context,
        depth: usize,
    ) {
        if depth > 3 {
            return;
        }
        // A name server of `http` serves the groups inside, too.
        let is_resolver = |(tree, node): &&Directive| tree.at(*node).name() == "resolver";
        let resolver: Vec<Directive> = children.iter().filter(is_resolver).take(1).cloned().collect();
        let outer =
            (context == Context::Http).then(|| self.scope(&resolver, Context::Http, None, doubt.cloned(), None));
        for (tree, node) in children {
            let at = tree.at(*node);
            if !at.is_map() {
                continue;
            }
            match context.inside(at.name()) {
                Context::Upstream => self.group(tree, *node, outer),
                inner @ (Context::Http | Context::Stream) => {
                    let (children, doubt) = flatten(self.includes, tree, *node);
                    self.collect_groups(&children, doubt.as_ref(), inner, depth + 1);
                }
                _ => {}
            }
        }
    }

    fn group(&mut self, tree: &Arc<Tree>, node: NodeId, outer: Option<ScopeId>) {
        let at = tree.at(node);
        let Some(name) = at.text() else { return };
        let (children, doubt) = flatten(self.includes, tree, node);
        let scope = self.scope(&children, Context::Upstream, outer, doubt.clone(), Some((tree, node)));
        let mut entity = Entity::new(Kind::Upstream, name, at.head());
        entity.set(upstream::NAME, Arc::from(name), at.word_span_at(0));
        entity.set(upstream::NAMED, true, at.head());
        count(&mut entity, &children, doubt.as_ref());
        refusal(&mut entity, &children);
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
                let server = self.server(tree, *node, name, again);
                if again {
                    resolver::note(self.model, server.id, id, upstream::RESOLVER.id());
                }
                servers.push(server);
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
}

/// What nginx refuses in a group (ngx_http_upstream_server; tried with 1.22.1): a weight of 0, and a backup server where
/// the method that is named above it knows none.
fn refusal(entity: &mut Entity, children: &[Directive]) {
    const WITHOUT_BACKUP: [&str; 3] = ["hash", "ip_hash", "random"];
    let mut method = false;
    for at in children.iter().map(|(tree, node)| tree.at(*node)) {
        method |= WITHOUT_BACKUP.contains(&at.name());
        if at.name() != "server" {
            continue;
        }
        let refused = (1..at.words().len()).find_map(|n| match at.word(n)? {
            "weight=0" => Some((n, "nginx does not start: invalid parameter \"weight=0\"")),
            "backup" if method => Some((
                n,
                "nginx does not start: balancing method does not support parameter \"backup\"",
            )),
            _ => None,
        });
        if let Some((n, why)) = refused {
            return entity.set(upstream::REFUSED, Arc::from(why), at.word_span_at(n));
        }
    }
}

/// Counts the servers of a group, where they are all known.
fn count(entity: &mut Entity, children: &[Directive], doubt: Option<&Doubt>) {
    let span = entity.span;
    let other = children
        .iter()
        .map(|(tree, node)| tree.at(*node))
        .find(|at| !KNOWN.contains(&at.name()));
    let other = other.map(|at| Doubt::at(format!("{} may bring servers of its own", at.name()), at.head()));
    if let Some(doubt) = doubt.cloned().or(other) {
        for field in [upstream::SERVERS, upstream::LIVE_SERVERS, upstream::PRIMARY_SERVERS] {
            entity.set_known(field, Known::Unknown(doubt.clone()), span);
        }
        return;
    }
    let servers = || {
        children
            .iter()
            .map(|(tree, node)| tree.at(*node))
            .filter(|at| at.name() == "server")
    };
    let without = |word: &str| servers().filter(|at| !at.texts().any(|own| own == word)).count() as i64;
    entity.set(upstream::SERVERS, servers().count() as i64, span);
    entity.set(upstream::LIVE_SERVERS, without("down"), span);
    entity.set(upstream::PRIMARY_SERVERS, without("backup"), span);
}
