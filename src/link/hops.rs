//! Hops: one for every route, endpoint and container that answers.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::asked::Asked;
use super::end::End;
use super::names::Names;
use super::{address, policy};
use crate::estate::{Endpoint, Estate, Gateway, Route};
use crate::model::field::{endpoint, gateway, hop, route, socket};
use crate::model::{Doubt, Entity, EntityId, Held, Kind, Known, Lens, Model, ProductId, behaviour};
use crate::speed;

/// A hop with what the map and the report need of it.
#[derive(Clone, Debug)]
pub struct Hop {
    /// The entity.
    pub id: EntityId,
    /// The gateway, as an index.
    pub gateway: usize,
    /// The route's entity.
    pub route: EntityId,
    /// The address as written.
    pub address: Arc<str>,
    /// The container, as an index; why there is none.
    pub container: Held<usize>,
    /// Why nothing answers, where that is known.
    pub why: Option<Arc<str>>,
    /// The path of a request that takes this hop, from the outermost gateway.
    pub path: String,
}

/// A hop before it has a place in the model.
struct Draft<'e> {
    entity: Entity,
    route: &'e Route,
    address: Arc<str>,
    container: Held<usize>,
    why: Option<Arc<str>>,
    is_dead: bool,
}

/// Adds the hops of an environment.
pub(super) fn add(estate: &mut Estate, names: &Names) -> Vec<Hop> {
    let gateways = std::mem::take(&mut estate.gateways);
    let each = gateways.par_iter().with_min_len(speed::OBJECTS);
    let drafts: Vec<Vec<Draft<'_>>> = each.map(|gateway| drafts(estate, names, gateway)).collect();
    let mut statuses = HashMap::new();
    let mut hops = Vec::with_capacity(drafts.iter().map(Vec::len).sum());
    for ((at, gateway), drafts) in gateways.iter().enumerate().zip(drafts) {
        // Of all routes of a gateway, unless its product behaves differently by protocol.
        let special = gateway.product.passing.as_ref();
        let special = special.and_then(|passing| passing.failures.of_pass);
        let mut usual: Option<Known<EntityId>> = None;
        for mut draft in drafts {
            let model = &mut estate.model;
            let special = special.filter(|(pass, _)| {
                let own = model.held(draft.route.id, route::PASS).likely();
                own.is_some_and(|own| *own == **pass)
            });
            let asking = model.held(draft.route.id, route::ASKED_BY_GATEWAY).likely() == Some(true);
            let status = match special {
                Some((pass, _)) => status(model, gateway, (pass, asking), &mut statuses),
                None if asking => status(model, gateway, ("", true), &mut statuses),
                None => usual
                    .get_or_insert_with(|| status(model, gateway, ("", false), &mut statuses))
                    .clone(),
            };
            draft.entity.link(hop::STATUS, status);
            hops.push(Hop {
                id: model.add(draft.entity),
                gateway: at,
                route: draft.route.id,
                address: draft.address,
                container: draft.container,
                why: draft.why,
                path: String::new(),
            });
        }
    }
    estate.gateways = gateways;
    hops
}

/// The hops of one gateway.
fn drafts<'e>(estate: &Estate, names: &Names, gateway: &'e Gateway) -> Vec<Draft<'e>> {
    let mut drafts = Vec::new();
    for route in &gateway.routes {
        let first = drafts.len();
        if route.endpoints.is_empty() {
            let span = estate.model.entity(route.id).span;
            let no_server = || Doubt::at("the group has no server", span);
            let doubt = route.doubt.clone().unwrap_or_else(no_server);
            let end = End::unknown(doubt.clone());
            drafts.push(Draft {
                entity: entity(estate, gateway, route, None, &end),
                route,
                address: Arc::from("?"),
                container: Known::Unknown(doubt).into(),
                why: None,
                is_dead: false,
            });
        }
        for endpoint in &route.endpoints {
            let address = address_of(&estate.model, endpoint);
            let draft = |end: End| Draft {
                entity: entity(estate, gateway, route, Some((endpoint, &address)), &end),
                route,
                address: address.clone(),
                is_dead: end.is_dead(),
                container: end.container.into(),
                why: end.why,
            };
            drafts.extend(weighed(|lens| {
                let ends = address::ends(&Asked {
                    lens,
                    estate,
                    names,
                    gateway,
                    route,
                    endpoint,
                });
                ends.into_iter().map(draft).collect()
            }));
        }
        no_others(&mut drafts[first..]);
    }
    drafts
}

/// Notes of each hop of a route whether another may be taken instead.
fn no_others(drafts: &mut [Draft<'_>]) {
    let alive = drafts.iter().filter(|draft| !draft.is_dead).count();
    for draft in drafts {
        let others = alive - usize::from(!draft.is_dead);
        let span = draft.entity.span;
        draft.entity.set(hop::NO_OTHER, others == 0, span);
    }
}

/// Hops as they are if all assumptions hold. What would be otherwise if one did not rests on it.
fn weighed<'e>(make: impl Fn(&Lens) -> Vec<Draft<'e>>) -> Vec<Draft<'e>> {
    let lens = Lens::trusting();
    let mut drafts = make(&lens);
    let Some(assumption) = lens.assumption() else {
        return drafts;
    };
    let without = make(&Lens::doubting());
    let same = without.len() == drafts.len();
    for (at, draft) in drafts.iter_mut().enumerate() {
        match without.get(at).filter(|_| same) {
            Some(without) => {
                draft.entity.rest(&without.entity, &assumption);
                if draft.container != without.container {
                    draft.container = draft.container.clone().unless(assumption.clone());
                }
            }
            None => draft.entity.unless = Some(assumption.clone()),
        }
    }
    drafts
}

fn address_of(model: &Model, endpoint: &Endpoint) -> Arc<str> {
    match (&endpoint.host, &endpoint.port, &endpoint.socket, &endpoint.port_name) {
        (_, _, Some(socket), _) => Arc::from(format!("unix:{socket}")),
        (Known::Is(host), Known::Is(port), _, _) => Arc::from(format!("{host}:{port}")),
        (Known::Is(host), _, _, Some(port)) => Arc::from(format!("{host}:{port}")),
        (Known::Is(host), ..) => host.clone(),
        _ => model
            .get(endpoint.id, crate::model::field::endpoint::ADDRESS)
            .is()
            .unwrap_or_else(|| Arc::from("?")),
    }
}

/// How failures of a gateway's product look; the same for every gateway of the product, by protocol, and by who asks, where that matters.
fn status(
    model: &mut Model,
    gateway: &Gateway,
    sort: (&'static str, bool),
    known: &mut HashMap<(ProductId, &'static str, bool), Known<EntityId>>,
) -> Known<EntityId> {
    let span = model.entity(gateway.id).span;
    model.get(gateway.id, gateway::PRODUCT).then(|_| {
        let (pass, asking) = sort;
        let new = || match behaviour::status_of(gateway.product, pass, asking, span) {
            Some(entity) => Known::Is(model.add(entity)),
            None => Known::Absent,
        };
        known.entry((gateway.product, pass, asking)).or_insert_with(new).clone()
    })
}

/// Notes whether the policies of the gateway's own pod let it reach an endpoint, and ask for its address.
fn lets_out(estate: &Estate, gateway: &Gateway, endpoint: &Endpoint, end: &End, entity: &mut Entity) {
    let Known::Is(host) = &endpoint.host else { return };
    if end.loopback || endpoint.socket.is_some() || estate.policies.is_empty() {
        return;
    }
    let container = end.container.clone().is();
    let port = match container {
        Some(_) => &end.pod_port,
        None => &endpoint.port,
    };
    let verdict = policy::lets_out(estate, gateway, container, host, port);
    entity.set_known(hop::POLICY_LETS_OUT, verdict.allows.clone(), endpoint.span);
    entity.link(hop::OUT_POLICY, verdict.policy.map_or(Known::Absent, Known::Is));
    // A controller that goes to endpoints learns of them from the API server.
    let asks = !gateway.to_endpoints && !crate::model::host::is_ip(host);
    if asks && verdict.policy.is_some() {
        let lets_ask = policy::lets_ask(estate, gateway);
        if verdict.allows.as_ref().likely() != Some(&false) {
            entity.set_known(
                hop::POLICY_BLOCKS_DNS,
                lets_ask.clone().map(|lets| !lets),
                endpoint.span,
            );
        }
        entity.set_known(hop::POLICY_LETS_ASK, lets_ask, endpoint.span);
    }
}

/// Notes whether connections begin with a PROXY protocol header, and whether whoever listens expects one.
fn proxy_protocol(estate: &Estate, route: &Route, endpoint: Option<&Endpoint>, end: &End, entity: &mut Entity) {
    let (model, span) = (&estate.model, entity.span);
    let by_route = model.held(route.id, route::SENDS_PROXY);
    let sends = match (by_route.parts().0, endpoint) {
        (Known::Absent, Some(endpoint)) => model.held(endpoint.id, endpoint::SEND_PROXY),
        _ => by_route,
    };
    // Where none is sent, nothing is asked but whether one is expected all the same.
    let never = sends.as_ref().likely() == Some(&false);
    let expects = end
        .socket
        .clone()
        .is()
        .map(|socket| model.held(socket, socket::PROXY_PROTOCOL));
    let agrees = match expects {
        Some(expects) => sends.clone().then(|sends| expects.map(|expects| sends == expects)),
        None if never => Held::ABSENT,
        None => sends.clone().then(|_| end.socket.clone().map(|_| true)),
    };
    entity.set_known(hop::SENDS_PROXY, sends, span);
    if !never || agrees.as_ref().likely().is_some() {
        entity.set_known(hop::PROXY_AGREES, agrees, span);
    }
}

fn entity(
    estate: &Estate,
    gateway: &Gateway,
    route: &Route,
    target: Option<(&Endpoint, &Arc<str>)>,
    end: &End,
) -> Entity {
    let model = &estate.model;
    let endpoint = target.map(|(endpoint, _)| endpoint);
    let span = endpoint.map_or_else(|| model.entity(route.id).span, |endpoint| endpoint.span);
    let address = target.map_or_else(|| Arc::from("?"), |(_, address)| address.clone());
    let name = format!(
        "{} {} to {address}",
        model.entity(gateway.id).name,
        model.entity(route.id).name
    );
    let mut entity = Entity::new(Kind::Hop, name, span);
    entity.set(hop::NAME, address, span);
    entity.set_known(hop::DIRECT, end.direct.clone(), span);
    entity.set(hop::LOOPBACK, end.loopback, span);
    entity.set_known(hop::SHARED_NETWORK, end.shared_network.clone(), span);
    entity.set_known(hop::REUSES_CONNECTIONS, route.reuses_connections.clone(), span);
    if let Some(endpoint) = endpoint {
        let is_name = endpoint.socket.is_none()
            && endpoint
                .host
                .as_ref()
                .is()
                .is_some_and(|host| !crate::model::host::is_ip(host) && &**host != "localhost");
        let once = if is_name {
            endpoint.looked_up_again.clone().map(|again| !again)
        } else {
            Known::Is(false)
        };
        entity.set_known(hop::RESOLVED_ONCE, once, span);
    }
    proxy_protocol(estate, route, endpoint, end, &mut entity);
    entity.set_known(hop::ADDRESS_MAY_CHANGE, end.may_change.clone(), span);
    if let Some(elsewhere) = &end.elsewhere {
        entity.set(hop::ELSEWHERE, elsewhere.clone(), span);
    }
    if let Some(because) = &end.unreachable {
        entity.set(hop::UNREACHABLE_BECAUSE, because.clone(), span);
    }
    if let Some(nearly) = &end.nearly {
        entity.set(hop::NEARLY, nearly.clone(), span);
    }
    if let Some(missing) = &end.missing {
        entity.set(hop::MISSING, missing.clone(), span);
    }
    if let Some(nobody) = &end.nobody {
        entity.set(hop::NOBODY, nobody.clone(), span);
    }
    let meant = end
        .meant
        .map_or(Known::Absent, |at| Known::Is(estate.containers[at].id));
    entity.link(hop::MEANT, meant);
    let own = gateway.container.map(|at| &estate.containers[at]);
    if estate.compose && own.is_some_and(|own| own.naming.without_names.is_none()) {
        // Docker's embedded name server, the same in every container on a user-defined network.
        entity.set(hop::PLATFORM_RESOLVER, Arc::from("127.0.0.11"), span);
    }
    if let (Some(own), Some(Known::Is(host))) = (own, endpoint.map(|endpoint| &endpoint.host))
        && estate.compose
    {
        // Docker Desktop's names for the machine it runs on.
        let is_docker = matches!(&**host, "host.docker.internal" | "gateway.docker.internal");
        let is_mapped = own.naming.hosts.iter().any(|(name, _)| name == host);
        entity.set(hop::DOCKER_HOST, is_docker && !is_mapped, span);
    }
    if let (Some(own), Some(Known::Is(host))) = (own, endpoint.map(|endpoint| &endpoint.host)) {
        let is_listed = own.naming.hosts.iter().any(|(name, _)| name == host);
        entity.set(hop::HOSTS_FILE, is_listed, span);
    }
    if let Known::Is(container) = end.container {
        entity.set_known(hop::POD_PORT, end.pod_port.clone().map(i64::from), span);
        let verdict = policy::lets_in(estate, gateway, container, &end.pod_port);
        entity.set_known(hop::POLICY_ALLOWS, verdict.allows, span);
        entity.link(hop::POLICY, verdict.policy.map_or(Known::Absent, Known::Is));
    }
    if let Some(endpoint) = endpoint {
        lets_out(estate, gateway, endpoint, end, &mut entity);
    }
    entity.link(hop::GATEWAY, Known::Is(gateway.id));
    entity.link(hop::ROUTE, Known::Is(route.id));
    entity.link(hop::UPSTREAM, route.upstream.clone());
    entity.link(
        hop::ENDPOINT,
        endpoint.map_or_else(
            || Known::Unknown(Doubt::at("the target is not known", span)),
            |endpoint| Known::Is(endpoint.id),
        ),
    );
    let service = end.service.clone();
    entity.link(hop::SERVICE, service.clone().map(|at| estate.services[at].id));
    let port = service.then(|at| {
        end.service_port.clone().then(|port| match &estate.services[at].ports {
            Known::Is(ports) => Known::Is(ports[port].id),
            Known::Absent => Known::Absent,
            Known::Unknown(doubt) => Known::Unknown(doubt.clone()),
        })
    });
    entity.link(hop::SERVICE_PORT, port);
    entity.link(hop::CONTAINER, end.container.clone().map(|at| estate.containers[at].id));
    entity.link(
        hop::WORKLOAD,
        end.container.clone().map(|at| estate.containers[at].workload),
    );
    entity.link(hop::SOCKET, end.socket.clone());
    entity
}
