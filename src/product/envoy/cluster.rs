//! From a cluster to an upstream with its endpoints.

use std::collections::BTreeSet;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::estate::Endpoint;
use crate::model::field::{endpoint, upstream};
use crate::model::host::is_ip;
use crate::model::{Doubt, Entity, EntityId, Fact, Kind, Known, Model, Scope, ScopeId, Site, Stored, Value, Version};
use crate::product::envoy::refusal::{refusal, sends_proxy};
use crate::product::envoy::resources::{Files, Resources};
use crate::product::envoy::table::{DISCOVERY, PORT, TABLE, http_options, within};
use crate::product::envoy::tree::{Place, child, facts, get, items, open_list, plain, text, type_of};
use crate::repo::Span;
use crate::syntax::At;

/// A cluster, lowered; what routes need of it.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub id: EntityId,
    pub endpoints: Vec<Endpoint>,
    /// Why endpoints are not known.
    pub doubt: Option<Doubt>,
    pub reuses: Known<bool>,
    /// `https` or `http`; unknown for other ways to carry bytes.
    pub scheme: Known<Arc<str>>,
    pub scheme_at: Span,
    /// The HTTP version, where it is not a name that can be changed.
    pub version: Option<(Known<Arc<str>>, Span)>,
    /// What is written in the cluster, also for its routes: the connect timeout, the header limit, the HTTP version.
    pub scope: ScopeId,
}

const PROTOCOL: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// Lowers a cluster. `label` tells clusters of several Envoys apart.
pub(super) fn lower(
    model: &mut Model,
    place: &Place,
    name: &str,
    label: &str,
    version: Option<&Version>,
    resources: &mut Resources,
    files: Files<'_>,
) -> Cluster {
    let at = place.at();
    let span = child(at, "name").map_or_else(|| at.head(), |at| at.word_span_at(0));
    let options = child(at, "typed_extension_protocol_options").and_then(|options| options.child(PROTOCOL));

    let mut written = facts(model, place, at, within("cluster"));
    if let Some(options) = options {
        written.extend(facts(model, place, options, within("protocol")));
    }
    let thresholds = items(at, "circuit_breakers.thresholds");
    let mut default_priority =
        thresholds.filter(|at| plain(*at, "priority").is_none_or(|text| text.eq_ignore_ascii_case("default")));
    if let Some(threshold) = default_priority.next() {
        written.extend(facts(model, place, threshold, within("threshold")));
    }
    let mut checks = items(at, "health_checks");
    // With a port of their own, checks ask somebody else.
    let elsewhere = at.tree().raw(at.span()).contains("health_check_config");
    if let (Some(check), None, false) = (checks.next(), checks.next(), elsewhere) {
        written.extend(facts(model, place, check, within("health_check")));
    }
    let version_of_http = match http_version(model, place, at, options, span) {
        Http::Name(fact) => {
            written.push(fact);
            None
        }
        Http::Other(value, span) => Some((value, span)),
    };
    let home = at.is_map().then(|| place.site(model, at));
    let scope = model.add_scope(Scope {
        facts: SmallVec::from_vec(written),
        home,
        ..Scope::default()
    });

    let mut entity = Entity::new(Kind::Upstream, format!("{label} {name}"), span);
    entity.set(upstream::NAME, Arc::from(name), span);
    entity.set(upstream::NAMED, true, span);
    entity.table = Some(&TABLE);
    entity.scope = Some(scope);
    entity.version = version.cloned();
    let checked = items(at, "health_checks").next().is_some() || child(at, "outlier_detection").is_some();
    entity.set(upstream::HEALTH_CHECKED, checked, span);
    let discovery = discovery(at);
    match (&discovery, child(at, "type").filter(|at| at.text().is_some())) {
        (Known::Is(name), Some(written)) => entity.facts.push(Fact {
            field: upstream::DISCOVERY.id(),
            value: Stored::Is(Value::Text(name.clone())),
            span: written.word_span_at(0),
            site: Some(Site {
                row: &DISCOVERY,
                node: Some(place.site(model, written)),
            }),
        }),
        (known, _) => entity.set_known(upstream::DISCOVERY, known.clone(), span),
    }

    let (lists, doubt) = assignments(at, place, name, &discovery, resources, files);
    let mut endpoints = Vec::new();
    let mut priorities = BTreeSet::new();
    for list in &lists {
        read_endpoints(model, list, &entity.name, &mut endpoints, &mut priorities);
    }
    if doubt.is_none() {
        entity.set(upstream::SERVERS, endpoints.len() as i64, span);
        if matches!(&discovery, Known::Is(name) if matches!(&**name, "STATIC" | "STRICT_DNS" | "LOGICAL_DNS")) {
            entity.set(upstream::LIVE_SERVERS, endpoints.len() as i64, span);
        }
        entity.set(upstream::PRIORITIES, priorities.len() as i64, span);
    }
    if let Some((why, at)) = refusal(model, &discovery, &endpoints, &lists, span) {
        entity.set(
            upstream::REFUSED,
            Arc::from(format!("Envoy refuses cluster {name}: {why}")),
            at,
        );
    }
    if plain(at, "respect_dns_ttl") == Some("true") {
        let doubt = Doubt::at("the name server says how long its answers hold", span);
        entity.set_known(upstream::LOOKUP_EVERY, Known::Unknown(doubt), span);
    }
    let sends_proxy = sends_proxy(at);
    for endpoint in &endpoints {
        let entity = model.entity_mut(endpoint.id);
        entity.set_known(endpoint::SEND_PROXY, sends_proxy.clone(), endpoint.span);
    }
    let (scheme, scheme_at) = scheme(at, span);
    Cluster {
        id: model.add(entity),
        endpoints,
        doubt,
        reuses: reuses(at, options),
        scheme,
        scheme_at,
        version: version_of_http,
        scope,
    }
}

/// The discovery type; what is no type of Envoy's own core is unknown.
fn discovery(at: At<'_>) -> Known<Arc<str>> {
    if let Some(custom) = child(at, "cluster_type") {
        let name = plain(custom, "name").unwrap_or_default();
        let known = name.strip_prefix("envoy.cluster.").map(str::to_ascii_uppercase);
        let known = known.filter(|name| matches!(&**name, "STATIC" | "STRICT_DNS" | "LOGICAL_DNS" | "EDS"));
        return match known {
            Some(known) => Known::Is(Arc::from(known)),
            None => Known::Unknown(Doubt::at(
                format!("how a cluster of type {name} finds its endpoints is not known here"),
                custom.head(),
            )),
        };
    }
    // Static is the first value of the enum.
    match text(at, "type") {
        Known::Absent => Known::Is(Arc::from("STATIC")),
        Known::Unknown(doubt) => Known::Unknown(doubt),
        Known::Is(text) => {
            let name = match &*text {
                "0" => "STATIC".to_owned(),
                "1" => "STRICT_DNS".to_owned(),
                "2" => "LOGICAL_DNS".to_owned(),
                "3" => "EDS".to_owned(),
                "4" => "ORIGINAL_DST".to_owned(),
                other => other.to_ascii_uppercase(),
            };
            Known::Is(Arc::from(name))
        }
    }
}

/// The messages that list endpoints, and why there may be others.
fn assignments(
    at: At<'_>,
    place: &Place,
    name: &str,
    discovery: &Known<Arc<str>>,
    resources: &mut Resources,
    files: Files<'_>,
) -> (Vec<Place>, Option<Doubt>) {
    let doubt = |reason: String| Some(Doubt::at(reason, at.head()));
    let discovery = match discovery {
        Known::Is(discovery) => &**discovery,
        Known::Unknown(doubt) => return (Vec::new(), Some(doubt.clone())),
        Known::Absent => "STATIC",
    };
    match discovery {
        "STATIC" | "STRICT_DNS" | "LOGICAL_DNS" => {
            let lists = ["load_assignment", "hosts"]
                .into_iter()
                .filter_map(|list| child(at, list));
            let lists: Vec<At<'_>> = lists.collect();
            let open = lists.iter().find_map(|list| match child(*list, "endpoints") {
                Some(endpoints) => open_endpoints(endpoints),
                None => open_list(*list, "endpoints"),
            });
            (
                lists.into_iter().map(|list| Place::new(&place.tree, list)).collect(),
                open,
            )
        }
        "EDS" => {
            let config = child(at, "eds_cluster_config");
            let service = config.and_then(|config| plain(config, "service_name")).unwrap_or(name);
            let missing = match config.and_then(|config| child(config, "eds_config")) {
                Some(source) => resources.read_files(source, files),
                None => doubt(format!("the endpoints of {name} come from a management server")),
            };
            let own = |found: &&Place| plain(found.at(), "cluster_name") == Some(service);
            match resources.assignments.iter().find(own) {
                Some(found) => {
                    let open = child(found.at(), "endpoints").and_then(open_endpoints);
                    (vec![found.clone()], open)
                }
                None => (
                    Vec::new(),
                    missing.or_else(|| doubt(format!("the endpoints of {name} are not in the repository"))),
                ),
            }
        }
        "ORIGINAL_DST" => (
            Vec::new(),
            doubt(format!("{name} goes wherever the client's connection was meant to go")),
        ),
        other => (
            Vec::new(),
            doubt(format!(
                "how a cluster of type {other} finds its endpoints is not known here"
            )),
        ),
    }
}

/// Why a list of localities may hold more endpoints than can be read.
fn open_endpoints(localities: At<'_>) -> Option<Doubt> {
    if let Some(open) = open_list(localities, "endpoints") {
        return Some(open);
    }
    localities.items().find_map(|locality| {
        let elsewhere = child(locality, "leds_cluster_locality_config");
        match elsewhere {
            Some(at) => Some(Doubt::at("the endpoints come from a management server", at.head())),
            None => child(locality, "lb_endpoints").and_then(|list| open_list(list, "endpoints")),
        }
    })
}

fn read_endpoints(
    model: &mut Model,
    list: &Place,
    group: &str,
    endpoints: &mut Vec<Endpoint>,
    priorities: &mut BTreeSet<u32>,
) {
    let at = list.at();
    // `hosts`, from before load assignments.
    for address in at.items() {
        priorities.insert(0);
        endpoints.extend(one(model, list, address, group));
    }
    for locality in items(at, "endpoints") {
        let priority = plain(locality, "priority").and_then(|text| text.parse().ok());
        for item in items(locality, "lb_endpoints") {
            priorities.insert(priority.unwrap_or(0));
            if let Some(address) = get(item, "endpoint.address") {
                endpoints.extend(one(model, list, address, group));
            }
        }
    }
}

fn one(model: &mut Model, place: &Place, address: At<'_>, group: &str) -> Option<Endpoint> {
    if let Some(pipe) = get(address, "pipe.path") {
        let span = pipe.word_span_at(0);
        let path = crate::model::scalar(pipe);
        let mut entity = Entity::new(Kind::Endpoint, format!("{group}/{}", pipe.text().unwrap_or("?")), span);
        entity.set_known(
            endpoint::ADDRESS,
            path.clone().map(|path| Arc::from(format!("unix:{path}"))),
            span,
        );
        entity.set_known(endpoint::SOCKET, path.clone(), span);
        let host = match &path {
            Known::Unknown(doubt) => Known::Unknown(doubt.clone()),
            _ => Known::Absent,
        };
        return Some(Endpoint {
            id: model.add(entity),
            host,
            port: Known::Absent,
            port_name: None,
            socket: path.is(),
            looked_up_again: Known::Is(true),
            span,
        });
    }
    let socket = child(address, "socket_address")?;
    let host_at = child(socket, "address");
    let host = text(socket, "address");
    let port_at = child(socket, "port_value");
    let written = text(socket, "port_value");
    let span = host_at.map_or_else(|| socket.head(), |at| at.word_span_at(0));
    let shown = match (&host, &written) {
        (Known::Is(host), Known::Is(port)) => format!("{host}:{port}"),
        (Known::Is(host), _) => host.to_string(),
        _ => "?".to_owned(),
    };
    let key = host.as_ref().is().map_or("?", |host| host);
    let mut entity = Entity::new(Kind::Endpoint, format!("{group}/{key}"), span);
    entity.set(endpoint::ADDRESS, Arc::from(shown), span);
    entity.set_known(endpoint::HOST, host.clone(), span);
    // A resolver of its own may make an address of anything.
    if let (Known::Is(host), None) = (&host, child(socket, "resolver_name")) {
        entity.set(endpoint::IS_NAME, !is_ip(host), span);
    }
    let port = written.then(|text| match text.parse::<u16>() {
        Ok(port) => Known::Is(port),
        Err(_) => Known::Unknown(Doubt::at("the port cannot be read", span)),
    });
    match (&port, port_at) {
        (Known::Is(number), Some(at)) => entity.facts.push(Fact {
            field: endpoint::PORT.id(),
            value: Stored::Is(Value::Number(i64::from(*number))),
            span: at.word_span_at(0),
            site: Some(Site {
                row: &PORT,
                node: Some(place.site(model, at)),
            }),
        }),
        (other, _) => entity.set_known(endpoint::PORT, other.clone().map(i64::from), span),
    }
    Some(Endpoint {
        id: model.add(entity),
        host,
        port,
        port_name: None,
        socket: None,
        // Both DNS types look names up every few seconds (dns_refresh_rate).
        looked_up_again: Known::Is(true),
        span,
    })
}

/// Whether connections carry more than one request.
fn reuses(at: At<'_>, options: Option<At<'_>>) -> Known<bool> {
    let per_connection = options
        .map(|options| text(options, "common_http_protocol_options.max_requests_per_connection"))
        .filter(|known| *known != Known::Absent)
        .unwrap_or_else(|| text(at, "max_requests_per_connection"));
    match per_connection {
        Known::Absent => Known::Is(true),
        known => known.map(|text| &*text != "1"),
    }
}

fn scheme(at: At<'_>, span: Span) -> (Known<Arc<str>>, Span) {
    if let Some(tls) = child(at, "tls_context") {
        return (Known::Is(Arc::from("https")), tls.head());
    }
    if let Some(matches) = child(at, "transport_socket_matches") {
        let doubt = Doubt::at("the transport socket depends on the endpoint", matches.head());
        return (Known::Unknown(doubt), matches.head());
    }
    let Some(socket) = child(at, "transport_socket") else {
        return (Known::Is(Arc::from("http")), span);
    };
    let kind = child(socket, "typed_config").and_then(type_of);
    let name = plain(socket, "name").unwrap_or_default();
    let known = match (kind, name) {
        (Some("UpstreamTlsContext"), _) | (None, "envoy.transport_sockets.tls" | "tls") => "https",
        (Some("RawBuffer"), _) | (None, "envoy.transport_sockets.raw_buffer") => "http",
        _ => {
            let doubt = Doubt::at("what the transport socket speaks is not known here", socket.head());
            return (Known::Unknown(doubt), socket.head());
        }
    };
    (Known::Is(Arc::from(known)), socket.head())
}

/// How a cluster says which HTTP version it speaks.
enum Http {
    /// By the name of an empty message, which can be changed.
    Name(Fact),
    /// In another way.
    Other(Known<Arc<str>>, Span),
}

/// The HTTP version spoken to the cluster: named by which message of options is there.
fn http_version(model: &mut Model, place: &Place, at: At<'_>, options: Option<At<'_>>, span: Span) -> Http {
    const NAMES: [&str; 3] = [
        "http3_protocol_options",
        "http2_protocol_options",
        "http_protocol_options",
    ];
    const BY_PEER: [&str; 2] = ["auto_config", "use_downstream_protocol_config"];
    let by_peer = match options {
        Some(options) => BY_PEER.into_iter().find_map(|name| child(options, name)),
        None => child(at, "protocol_selection"),
    };
    if let Some(what) = by_peer {
        let doubt = Doubt::at("the HTTP version is agreed on for each connection", what.head());
        return Http::Other(Known::Unknown(doubt), what.head());
    }
    let holder = match options {
        Some(options) => child(options, "explicit_http_config"),
        None => Some(at),
    };
    let found = holder.and_then(|holder| NAMES.into_iter().find_map(|name| Some((name, child(holder, name)?))));
    let (Some((name, entry)), Some(row)) = (found, http_options()) else {
        return Http::Other(Known::Is(Arc::from("1.1")), span);
    };
    let Some(value) = row.value_of(name) else {
        return Http::Other(Known::Absent, span);
    };
    // Options of one version do not fit another: only an empty message can be renamed.
    let empty = entry.children().next().is_none() && entry.text().is_none_or(str::is_empty);
    match value {
        Value::Text(version) if !empty => Http::Other(Known::Is(version), entry.name_span()),
        value => Http::Name(Fact {
            field: row.field,
            value: Stored::Is(value),
            span: entry.name_span(),
            site: Some(Site {
                row,
                node: Some(place.site(model, entry)),
            }),
        }),
    }
}
