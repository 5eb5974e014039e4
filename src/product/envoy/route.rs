//! From virtual hosts to routes: what they match, what they repeat, and the clusters they lead to.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::estate::{Route, Takes};
use crate::model::field::route;
use crate::model::nearest::nearest;
use crate::model::{Doubt, Entity, EntityId, Fact, Kind, Known, Scope, ScopeId, Site, Stored, Value};
use crate::product::envoy::cluster::Cluster;
use crate::product::envoy::lower::{Frame, Lower};
use crate::product::envoy::table::{CLUSTER, TABLE, within};
use crate::product::envoy::tree::{Place, child, facts, get, items, plain, text};
use crate::repo::Span;
use crate::syntax::At;

/// A cluster that a route names.
struct Target<'t> {
    at: At<'t>,
    weighted: bool,
}

impl Lower<'_> {
    /// A route configuration.
    pub(super) fn table(&mut self, place: &Place, at: At<'_>, frame: &Frame) {
        for host in items(at, "virtual_hosts") {
            let name = plain(host, "name").unwrap_or("*");
            for item in items(host, "routes") {
                self.route(place, host, name, item, frame);
            }
        }
    }

    fn route(&mut self, place: &Place, host: At<'_>, host_name: &str, item: At<'_>, frame: &Frame) {
        // Redirects and direct responses go nowhere.
        let Some(action) = child(item, "route") else { return };
        let name = match_in_words(item);
        let policy = child(action, "retry_policy").or_else(|| child(host, "retry_policy"));
        let mirrors = items(action, "request_mirror_policies").chain(child(action, "request_mirror_policy"));
        for mirror in mirrors.chain(items(host, "request_mirror_policies")) {
            if let Some(at) = child(mirror, "cluster") {
                self.mirror(place, host_name, &name, at, frame);
            }
        }
        let mut targets: Vec<Target<'_>> = Vec::new();
        targets.extend(child(action, "cluster").map(|at| Target { at, weighted: false }));
        let weighted = items(action, "weighted_clusters.clusters").filter_map(|item| child(item, "name"));
        targets.extend(weighted.map(|at| Target { at, weighted: true }));
        if targets.is_empty() {
            let doubt = Doubt::at("the cluster is chosen for each request", action.head());
            let id = self.entity(place, host_name, &name, action, policy, item, frame, None);
            self.push(id, Known::Unknown(doubt.clone()), Some(doubt));
            return;
        }
        for target in targets {
            let label = match (target.weighted, target.at.text()) {
                (true, Some(cluster)) => format!("{name} to {cluster}"),
                _ => name.clone(),
            };
            let known = crate::model::scalar(target.at);
            let cluster = known.as_ref().is().and_then(|name| self.clusters.get(&**name)).cloned();
            let id = self.entity(place, host_name, &label, action, policy, item, frame, cluster.as_ref());
            self.lead(place, id, target.at, cluster, frame);
        }
    }

    /// A copy of a request goes to a cluster whose answers nobody waits for: it only has to exist.
    fn mirror(&mut self, place: &Place, host: &str, name: &str, at: At<'_>, frame: &Frame) {
        let known = crate::model::scalar(at);
        let missing = known
            .as_ref()
            .is()
            .is_some_and(|name| !self.clusters.contains_key(&**name));
        if !missing {
            return;
        }
        let label = format!("{host} {name} mirrored to {}", at.text().unwrap_or("?"));
        let mut entity = Entity::new(Kind::Route, label, at.head());
        entity.set(route::NAME, Arc::from(format!("{name} (mirrored)")), at.head());
        entity.set(route::PASS, Arc::from("mirror"), at.head());
        entity.link(route::LISTENER, Known::Is(frame.listener));
        let id = self.model.add(entity);
        self.lead(place, id, at, None, frame);
    }

    #[expect(clippy::too_many_arguments, reason = "one route's parts, used once")]
    fn entity(
        &mut self,
        place: &Place,
        host: &str,
        name: &str,
        action: At<'_>,
        policy: Option<At<'_>>,
        item: At<'_>,
        frame: &Frame,
        cluster: Option<&Cluster>,
    ) -> EntityId {
        let span = action.head();
        let mut own = facts(self.model, place, action, within("route"));
        if let Some(policy) = policy {
            own.extend(facts(self.model, place, policy, within("retry_policy")));
        }
        let scope = self.scope(place, action, own, frame, cluster);
        let mut entity = Entity::new(Kind::Route, format!("{host} {name}"), span);
        entity.set(route::NAME, Arc::from(name), span);
        entity.set(route::PASS, Arc::from("proxy"), span);
        entity.table = Some(&TABLE);
        entity.module = frame.module;
        entity.scope = Some(scope);
        entity.version = self.version.cloned();
        entity.link(route::LISTENER, Known::Is(frame.listener));
        let rewrites = ["prefix_rewrite", "regex_rewrite", "path_rewrite_policy"];
        let prefix = plain(item, "match.prefix").or_else(|| plain(item, "match.path_separated_prefix"));
        if let Some(prefix) = prefix.filter(|_| rewrites.iter().all(|name| child(action, name).is_none())) {
            entity.set(route::PATH, Arc::from(prefix), span);
        }
        entity.set(route::GRPC, get(item, "match.grpc").is_some(), span);
        retries(&mut entity, action, policy, span);
        if let Some(cluster) = cluster {
            entity.set_known(route::SCHEME, cluster.scheme.clone(), cluster.scheme_at);
            if let Some((version, at)) = &cluster.version {
                entity.set_known(route::HTTP_VERSION, version.clone(), *at);
            }
        }
        let id = self.model.add(entity);
        let total = self.model.get(id, route::READ_TIMEOUT);
        self.model.entity_mut(id).set_known(route::RETRY_TIMEOUT, total, span);
        id
    }

    pub(super) fn scope(
        &mut self,
        place: &Place,
        action: At<'_>,
        mut own: Vec<Fact>,
        frame: &Frame,
        cluster: Option<&Cluster>,
    ) -> ScopeId {
        // A gRPC call's own deadline may take the place of the default.
        let deadline = ["max_stream_duration", "max_grpc_timeout"]
            .into_iter()
            .find_map(|name| child(action, name));
        if let Some(deadline) = deadline.filter(|_| child(action, "timeout").is_none()) {
            let doubt = Doubt::at("the call's own deadline counts", deadline.head());
            own.extend(
                within("route")
                    .find(|row| row.field == route::READ_TIMEOUT.id())
                    .map(|row| Fact {
                        field: row.field,
                        value: Stored::Unknown(doubt),
                        span: deadline.head(),
                        site: Some(Site { row, node: None }),
                    }),
            );
        }
        // The listener's settings, which come after the route's.
        let outer = frame
            .settings
            .iter()
            .filter(|fact| !own.iter().any(|own| own.field == fact.field));
        let outer: Vec<Fact> = outer.cloned().collect();
        own.extend(outer);
        let home = action.is_map().then(|| place.site(self.model, action));
        self.model.add_scope(Scope {
            parent: cluster.map(|cluster| cluster.scope),
            facts: SmallVec::from_vec(own),
            home,
            ..Scope::default()
        })
    }

    /// Where a route leads: to a declared cluster, to none, or to one that may be declared elsewhere.
    pub(super) fn lead(&mut self, place: &Place, id: EntityId, at: At<'_>, cluster: Option<Cluster>, frame: &Frame) {
        let span = at.word_span_at(0);
        let known = crate::model::scalar(at);
        if let (Known::Is(name), None) = (&known, &cluster) {
            let names = self.clusters.keys().map(String::as_str);
            if let Some(near) = nearest(name, names) {
                let near = Arc::from(near);
                self.model.entity_mut(id).set(route::TARGET_NEAREST, near, span);
            }
        }
        if let Known::Is(name) = &known {
            let node = place.site(self.model, at);
            let open = self.more_clusters(frame).is_some();
            let entity = self.model.entity_mut(id);
            entity.facts.push(Fact {
                field: route::TARGET.id(),
                value: Stored::Is(Value::Text(name.clone())),
                span,
                site: Some(Site {
                    row: &CLUSTER,
                    node: Some(node),
                }),
            });
            entity.set(
                route::TARGET_CHECKED,
                frame.checked && !open && frame.module == "proxy",
                span,
            );
        }
        match (known, cluster) {
            (_, Some(cluster)) => {
                let reuses_connections = match frame.module {
                    "proxy" => cluster.reuses,
                    _ => Known::Is(false),
                };
                self.done.routes.push(Route {
                    id,
                    upstream: Known::Is(cluster.id),
                    endpoints: cluster.endpoints,
                    doubt: cluster.doubt,
                    reuses_connections,
                    takes: Takes::default(),
                });
            }
            (Known::Is(name), None) => match self.more_clusters(frame) {
                Some(doubt) => self.push(id, Known::Unknown(doubt.clone()), Some(doubt)),
                None => {
                    let doubt = Doubt::at(format!("no cluster is called {name}"), span);
                    self.push(id, Known::Absent, Some(doubt));
                }
            },
            (Known::Unknown(doubt), None) => self.push(id, Known::Unknown(doubt.clone()), Some(doubt)),
            (Known::Absent, None) => {
                let doubt = Doubt::at("the route names no cluster", span);
                self.push(id, Known::Unknown(doubt.clone()), Some(doubt));
            }
        }
    }

    /// Why a cluster that is not found may be there all the same. A static table is checked at start, before clusters
    /// come from files or a management server.
    fn more_clusters(&self, frame: &Frame) -> Option<Doubt> {
        match frame.checked && self.is_static {
            true => self.resources.more_static.clone(),
            false => self.resources.more_clusters.clone(),
        }
    }

    fn push(&mut self, id: EntityId, upstream: Known<EntityId>, doubt: Option<Doubt>) {
        self.done.routes.push(Route {
            id,
            upstream,
            endpoints: Vec::new(),
            doubt,
            reuses_connections: Known::Is(false),
            takes: Takes::default(),
        });
    }
}

/// What a route matches, for people.
fn match_in_words(item: At<'_>) -> String {
    let Some(matched) = child(item, "match") else {
        return "route".to_owned();
    };
    for name in ["prefix", "path", "path_separated_prefix"] {
        if let Some(text) = plain(matched, name) {
            return text.to_owned();
        }
    }
    let regex = plain(matched, "safe_regex.regex").or_else(|| plain(matched, "regex"));
    match (regex, plain(item, "name")) {
        (Some(regex), _) => format!("~ {regex}"),
        (None, Some(name)) => name.to_owned(),
        (None, None) => "route".to_owned(),
    }
}

/// How often a request is sent: a policy without conditions repeats nothing (`num_retries` 1 by default).
fn retries(entity: &mut Entity, action: At<'_>, policy: Option<At<'_>>, span: Span) {
    if let Some(typed) = child(action, "retry_policy_typed_config") {
        let doubt = Doubt::at("what a typed retry policy does is not known here", typed.head());
        entity.set_known(route::TRIES, Known::Unknown(doubt), typed.head());
        return;
    }
    let Some(policy) = policy else {
        entity.set(route::TRIES, 1, span);
        entity.set(route::RETRIES_CLOSED, false, span);
        return;
    };
    let on = text(policy, "retry_on");
    let number = child(policy, "num_retries");
    let at = number
        .or_else(|| child(policy, "retry_on"))
        .map_or(span, |at| at.word_span_at(0));
    let retries = match text(policy, "num_retries") {
        Known::Absent => Known::Is(1),
        known => known.then(|text| text.parse::<i64>().map_or(Known::Absent, Known::Is)),
    };
    let tries = match &on {
        Known::Is(on) if on.trim().is_empty() => Known::Is(1),
        Known::Absent => Known::Is(1),
        Known::Is(_) => retries.map(|retries| retries.saturating_add(1)),
        Known::Unknown(doubt) => Known::Unknown(doubt.clone()),
    };
    entity.set_known(route::TRIES, tries, at);
    // `reset-before-request` does not help: the request was sent (tried on 1.40).
    let closed = match on {
        Known::Absent => Known::Is(false),
        known => known.map(|on| {
            on.split(',')
                .any(|word| matches!(word.trim(), "reset" | "5xx" | "gateway-error"))
        }),
    };
    entity.set_known(route::RETRIES_CLOSED, closed, at);
}
