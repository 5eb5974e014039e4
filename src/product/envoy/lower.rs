//! From listeners to routes: filters, virtual hosts, and the clusters requests are sent to.

use std::collections::HashMap;
use std::sync::Arc;

use crate::estate::{Listen, Route};
use crate::model::field::{listener, route};
use crate::model::host::is_loopback;
use crate::model::{Doubt, Duration, Entity, EntityId, Fact, Kind, Known, Model, Unit, Value, Version};
use crate::product::envoy::cluster::{self, Cluster};
use crate::product::envoy::resources::{Files, Resources};
use crate::product::envoy::table::{TABLE, within};
use crate::product::envoy::tree::{Place, child, facts, get, items, open_list, plain, text, type_of};
use crate::repo::Span;
use crate::syntax::At;

/// What one Envoy lowers to.
#[derive(Debug, Default)]
pub(crate) struct Lowered {
    pub routes: Vec<Route>,
    /// Ports and sockets listened on.
    pub listens: Vec<Listen>,
    /// How long idle connections of clients are kept, and where that is written: the shortest of all listeners.
    pub keepalive: Option<(Duration, Span)>,
}

/// Lowers what one Envoy is told.
pub(crate) fn lower(
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
                resources.more_static.get_or_insert(doubt.clone());
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
        is_static: true,
        done: Lowered::default(),
    };
    for (at, place) in listeners.iter().enumerate() {
        lower.is_static = at < lower.resources.static_listeners;
        lower.listener(place);
    }
    if let Some(admin) = admin {
        lower.listen(admin.at(), &Manner::ADMIN);
    }
    lower.done
}

pub(super) struct Lower<'a> {
    pub model: &'a mut Model,
    pub resources: Resources,
    pub files: Files<'a>,
    pub version: Option<&'a Version>,
    pub label: &'a str,
    pub clusters: HashMap<String, Cluster>,
    /// Whether the listener at hand stands in the bootstrap.
    pub is_static: bool,
    pub done: Lowered,
}

/// What all routes of one filter have in common.
#[derive(Clone)]
pub(super) struct Frame {
    pub listener: EntityId,
    /// What is written in the filter itself.
    pub settings: Vec<Fact>,
    pub module: &'static str,
    /// Whether Envoy refuses to start when a cluster is missing.
    pub checked: bool,
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
        let speaks = if tls {
            Some("https")
        } else {
            // HTTP/2 without TLS is recognised by its first bytes; what a TCP proxy passes on is not known.
            let filters = chains.iter().flat_map(|chain| items(*chain, "filters"));
            let mut configs = filters.filter_map(|filter| child(filter, "typed_config"));
            configs
                .all(|config| type_of(config) == Some("HttpConnectionManager"))
                .then_some("h2c")
        };
        let manner = Manner {
            speaks,
            proxy_protocol: proxy_protocol(at),
        };
        let port = child(at, "address").and_then(|address| self.listen(address, &manner));
        for more in items(at, "additional_addresses") {
            if let Some(address) = child(more, "address") {
                self.listen(address, &manner);
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
    fn listen(&mut self, address: At<'_>, manner: &Manner) -> Option<u16> {
        if let Some(pipe) = get(address, "pipe.path") {
            let path = plain(address, "pipe.path")?;
            let listen = Listen {
                text: Arc::from(format!("unix:{path}")),
                port: None,
                socket: Some(Arc::from(path)),
                loopback: false,
                speaks: manner.speaks,
                proxy_protocol: manner.proxy_protocol.clone(),
                span: pipe.word_span_at(0),
            };
            self.done.listens.push(listen);
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
            speaks: manner.speaks,
            proxy_protocol: manner.proxy_protocol.clone(),
            span: at.word_span_at(0),
        };
        self.done.listens.push(listen);
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
            // Routes that stand in the listener are checked when it is loaded, those from elsewhere are not.
            let said = plain(routes, "validate_clusters");
            frame.checked = said.is_none_or(|said| said.eq_ignore_ascii_case("true"));
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
                let Some(Value::Duration(time)) = text.and_then(|text| Unit::ProtoTime.value_of(text)) else {
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
            let known = crate::model::scalar(target);
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
            entity.link(route::LISTENER, Known::Is(listener));
            let id = self.model.add(entity);
            self.lead(place, id, target, cluster, &frame);
        }
    }
}

/// How a listener takes connections.
struct Manner {
    speaks: Option<&'static str>,
    proxy_protocol: Known<bool>,
}

impl Manner {
    const ADMIN: Manner = Manner {
        speaks: Some("http"),
        proxy_protocol: Known::Is(false),
    };
}

/// Whether connections must begin with a PROXY protocol header: a filter of the listener reads it.
fn proxy_protocol(listener: At<'_>) -> Known<bool> {
    // The old spelling of the same.
    let old = items(listener, "filter_chains").find_map(|chain| child(chain, "use_proxy_proto"));
    if let Some(old) = old {
        return Known::Is(old.text() == Some("true"));
    }
    let is_filter = |filter: &At<'_>| match child(*filter, "typed_config") {
        Some(config) => type_of(config) == Some("ProxyProtocol"),
        None => plain(*filter, "name").is_some_and(|name| name.ends_with("proxy_protocol")),
    };
    let Some(filter) = items(listener, "listener_filters").find(is_filter) else {
        return match child(listener, "listener_filters").and_then(|list| open_list(list, "listener_filters")) {
            Some(doubt) => Known::Unknown(doubt),
            None => Known::Is(false),
        };
    };
    match get(filter, "typed_config.allow_requests_without_proxy_protocol") {
        Some(allow) if allow.text() != Some("false") => {
            Known::Unknown(Doubt::at("connections without the header are taken too", allow.head()))
        }
        _ => Known::Is(true),
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
