//! From listeners to routes: filters, virtual hosts, and the clusters requests are sent to.

use std::collections::HashMap;
use std::sync::Arc;

use smallvec::SmallVec;

use super::cluster::{self, Cluster};
use super::resources::{Files, Resources};
use super::table::{CLUSTER, TABLE, within};
use super::tree::{Place, child, facts, get, items, plain, text, type_of};
use crate::dialect::join::{Listen, Route};
use crate::dialect::nearest::nearest;
use crate::dialect::nginx::address::is_loopback;
use crate::model::field::{listener, route};
use crate::model::{
    Doubt, Duration, Entity, EntityId, Fact, Kind, Known, Model, Scope, ScopeId, Site, Stored, Unit, Value, Version,
};
use crate::repo::Span;
use crate::syntax::At;

/// What one Envoy lowers to.
#[derive(Debug, Default)]
pub(super) struct Lowered {
    pub routes: Vec<Route>,
    /// Ports and sockets listened on, each with whether TLS is spoken there.
    pub listens: Vec<(Listen, bool)>,
    /// How long idle connections of clients are kept, and where that is written: the shortest of all listeners.
    pub keepalive: Option<(Duration, Span)>,
}

/// Lowers what one Envoy is told.
pub(super) fn lower(
    model: &mut Model,
    mut resources: Resources,
    files: Files<'_>,
    version: Option<&Version>,
    label: &str,
) -> Lowered {
    let mut clusters = HashMap::new();
    let mut at = 0;
    // Reading endpoints may bring in further files.
    while let Some(place) = resources.clusters.get(at).cloned() {
        at += 1;
        match text(place.at(), "name") {
            Known::Is(name) => {
                let lowered = cluster::lower(model, &place, &name, label, version, &mut resources, files);
                clusters.entry(name.to_string()).or_insert(lowered);
            }
            Known::Unknown(doubt) => {
                resources.more_clusters.get_or_insert(doubt);
            }
            Known::Absent => {}
        }
    }
    let listeners = resources.listeners.clone();
    let admin = resources.admin.clone();
    let mut lower = Lower {
        model,
        resources,
        files,
        version,
        label,
        clusters,
        done: Lowered::default(),
    };
    for place in &listeners {
        lower.listener(place);
    }
    if let Some(admin) = admin {
        lower.listen(admin.at(), false);
    }
    lower.done
}

struct Lower<'a> {
    model: &'a mut Model,
    resources: Resources,
    files: Files<'a>,
    version: Option<&'a Version>,
    label: &'a str,
    clusters: HashMap<String, Cluster>,
    done: Lowered,
}

/// What all routes of one filter have in common.
#[derive(Clone)]
struct Frame {
    listener: EntityId,
    /// What is written in the filter itself.
    settings: Vec<Fact>,
    module: &'static str,
    /// Whether Envoy refuses to start when a cluster is missing.
    checked: bool,
}

/// A cluster that a route names.
struct Target<'t> {
    at: At<'t>,
    weighted: bool,
}

impl Lower<'_> {
    fn listener(&mut self, place: &Place) {
        let at = place.at();
        let name = plain(at, "name");
        let chains: Vec<At<'_>> = items(at, "filter_chains")
            .chain(child(at, "default_filter_chain"))
            .collect();
        let tls = !chains.is_empty()
            && chains
                .iter()
                .all(|chain| child(*chain, "transport_socket").is_some() || child(*chain, "tls_context").is_some());
        let port = child(at, "address").and_then(|address| self.listen(address, tls));
        for more in items(at, "additional_addresses") {
            if let Some(address) = child(more, "address") {
                self.listen(address, tls);
            }
        }
        let name = name.map_or_else(
            || port.map_or_else(|| "listener".to_owned(), |port| format!("listener {port}")),
            str::to_owned,
        );
        for filter in chains.iter().flat_map(|chain| items(*chain, "filters")) {
            let Some(config) = child(filter, "typed_config").or_else(|| child(filter, "config")) else {
                continue;
            };
            let filter_name = plain(filter, "name").unwrap_or_default();
            match (type_of(config), filter_name.rsplit('.').next()) {
                (Some("HttpConnectionManager"), _) | (None, Some("http_connection_manager")) => {
                    self.http(place, config, &name, port);
                }
                (Some("TcpProxy"), _) | (None, Some("tcp_proxy")) => self.tcp(place, config, &name, port),
                _ => {}
            }
        }
        if let Some(config) =
            get(at, "api_listener.api_listener").filter(|at| type_of(*at) == Some("HttpConnectionManager"))
        {
            self.http(place, config, &name, port);
        }
    }

    /// A port or socket listened on; the port.
    fn listen(&mut self, address: At<'_>, tls: bool) -> Option<u16> {
        if let Some(pipe) = get(address, "pipe.path") {
            let path = plain(address, "pipe.path")?;
            let listen = Listen {
                text: Arc::from(format!("unix:{path}")),
                port: None,
                socket: Some(Arc::from(path)),
                loopback: false,
                span: pipe.word_span_at(0),
            };
            self.done.listens.push((listen, tls));
            return None;
        }
        let socket = child(address, "socket_address")?;
        if plain(socket, "protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("udp")) {
            return None;
        }
        let at = child(socket, "port_value")?;
        let port: u16 = plain(socket, "port_value")?.parse().ok()?;
        let host = plain(socket, "address").unwrap_or("0.0.0.0");
        let listen = Listen {
            text: Arc::from(format!("{host}:{port}")),
            port: Some(port),
            socket: None,
            loopback: is_loopback(host),
            span: at.word_span_at(0),
        };
        self.done.listens.push((listen, tls));
        Some(port)
    }

    fn listener_entity(&mut self, name: &str, port: Option<u16>, span: Span) -> Entity {
        let mut entity = Entity::new(Kind::Listener, format!("{} {name}", self.label), span);
        entity.set(listener::NAME, Arc::from(name), span);
        if let Some(port) = port {
            entity.set(listener::PORT, i64::from(port), span);
        }
        entity
    }

    fn http(&mut self, place: &Place, config: At<'_>, name: &str, port: Option<u16>) {
        let span = child(config, "http_filters").unwrap_or(config).head();
        let mut entity = self.listener_entity(name, port, span);
        router(&mut entity, config, span);
        let listener = self.model.add(entity);
        self.keepalive(config);
        let settings = facts(self.model, place, config, within("http_connection_manager"));
        let mut frame = Frame {
            listener,
            settings,
            module: "proxy",
            checked: false,
        };
        if let Some(routes) = child(config, "route_config") {
            // A static table is checked against the clusters known at start; clusters from files come later.
            let said = plain(routes, "validate_clusters");
            frame.checked = said.map_or(!self.resources.from_files, |said| said.eq_ignore_ascii_case("true"));
            self.table(place, routes, &frame);
        } else if let Some(rds) = child(config, "rds") {
            let wanted = plain(rds, "route_config_name").unwrap_or_default();
            if let Some(source) = child(rds, "config_source") {
                self.resources.read_files(source, self.files);
            }
            let found = self.resources.routes.iter();
            let found = found.filter(|place| plain(place.at(), "name") == Some(wanted)).cloned();
            for place in found.collect::<Vec<_>>() {
                frame.checked =
                    plain(place.at(), "validate_clusters").is_some_and(|said| said.eq_ignore_ascii_case("true"));
                self.table(&place, place.at(), &frame);
            }
        }
    }

    fn keepalive(&mut self, config: At<'_>) {
        let entry = get(config, "common_http_protocol_options.idle_timeout");
        let (time, span) = match entry {
            // http_connection_manager.proto: an hour where nothing is written, and 0 is off.
            None => (Duration::from_secs(3600), config.head()),
            Some(entry) => {
                let text = entry.text().filter(|_| entry.doubt_at(0).is_none());
                let Some(Value::Duration(time)) = text.and_then(|text| Unit::ProtoTime.read(text)) else {
                    return;
                };
                let time = if time == Duration::ZERO {
                    Duration::UNLIMITED
                } else {
                    time
                };
                (time, entry.word_span_at(0))
            }
        };
        if self.done.keepalive.is_none_or(|(known, _)| time < known) {
            self.done.keepalive = Some((time, span));
        }
    }

    /// A route configuration.
    fn table(&mut self, place: &Place, at: At<'_>, frame: &Frame) {
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
            let known = crate::dialect::kubernetes::scalar(target.at);
            let cluster = known.as_ref().is().and_then(|name| self.clusters.get(&**name)).cloned();
            let id = self.entity(place, host_name, &label, action, policy, item, frame, cluster.as_ref());
            self.lead(place, id, target.at, cluster, frame);
        }
    }

    /// A copy of a request goes to a cluster whose answers nobody waits for: it only has to exist.
    fn mirror(&mut self, place: &Place, host: &str, name: &str, at: At<'_>, frame: &Frame) {
        let known = crate::dialect::kubernetes::scalar(at);
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
        entity.link("listener", Known::Is(frame.listener));
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
        entity.link("listener", Known::Is(frame.listener));
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

    fn scope(
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
    fn lead(&mut self, place: &Place, id: EntityId, at: At<'_>, cluster: Option<Cluster>, frame: &Frame) {
        let span = at.word_span_at(0);
        let known = crate::dialect::kubernetes::scalar(at);
        if let (Known::Is(name), None) = (&known, &cluster) {
            let names = self.clusters.keys().map(String::as_str);
            if let Some(near) = nearest(name, names) {
                let near = Arc::from(near);
                self.model.entity_mut(id).set(route::NEAREST, near, span);
            }
        }
        if let Known::Is(name) = &known {
            let node = place.site(self.model, at);
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
            let open = self.resources.more_clusters.is_some();
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
                });
            }
            (Known::Is(name), None) => match self.resources.more_clusters.clone() {
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

    fn push(&mut self, id: EntityId, upstream: Known<EntityId>, doubt: Option<Doubt>) {
        self.done.routes.push(Route {
            id,
            upstream,
            endpoints: Vec::new(),
            doubt,
            reuses_connections: Known::Is(false),
        });
    }

    fn tcp(&mut self, place: &Place, config: At<'_>, name: &str, port: Option<u16>) {
        let span = config.head();
        let entity = self.listener_entity(name, port, span);
        let listener = self.model.add(entity);
        let frame = Frame {
            listener,
            settings: Vec::new(),
            module: "stream",
            checked: false,
        };
        let weighted = items(config, "weighted_clusters.clusters").filter_map(|item| child(item, "name"));
        for target in child(config, "cluster").into_iter().chain(weighted) {
            let known = crate::dialect::kubernetes::scalar(target);
            let cluster = known.as_ref().is().and_then(|name| self.clusters.get(&**name)).cloned();
            let own = facts(self.model, place, config, within("tcp_proxy"));
            let scope = self.scope(place, config, own, &frame, cluster.as_ref());
            let label = format!("{name} to {}", target.text().unwrap_or("?"));
            let mut entity = Entity::new(Kind::Route, label, target.head());
            entity.set(route::NAME, Arc::from(name), span);
            entity.set(route::PASS, Arc::from("stream"), span);
            entity.table = Some(&TABLE);
            entity.module = "stream";
            entity.scope = Some(scope);
            entity.version = self.version.cloned();
            entity.link("listener", Known::Is(listener));
            let id = self.model.add(entity);
            self.lead(place, id, target, cluster, &frame);
        }
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

/// Whether the last HTTP filter is the router. A filter of a type not known here may end a request itself.
fn router(entity: &mut Entity, config: At<'_>, span: Span) {
    let filters = child(config, "http_filters");
    if filters.is_some_and(|filters| filters.doubt().is_some() || !filters.is_list() && filters.text().is_some()) {
        return;
    }
    let list: Vec<At<'_>> = filters.into_iter().flat_map(At::items).collect();
    let is_router = |at: At<'_>| {
        let name = plain(at, "name").unwrap_or_default();
        match child(at, "typed_config").and_then(type_of) {
            Some(kind) => kind == "Router",
            None => name.rsplit('.').next() == Some("router"),
        }
    };
    let is_own = |at: At<'_>| {
        let kind = child(at, "typed_config").and_then(|config| config.child("@type")?.text());
        kind.is_none_or(|kind| {
            kind.contains("/envoy.") && !kind.contains("golang") && !kind.contains("dynamic_modules")
        }) && child(at, "config_discovery").is_none()
    };
    entity.set(listener::HTTP_FILTERS, list.len() as i64, span);
    let last = list.last().copied();
    if last.is_none_or(|last| is_router(last) || is_own(last)) {
        entity.set(listener::HAS_ROUTER, last.is_some_and(is_router), span);
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
