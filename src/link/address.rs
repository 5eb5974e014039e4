//! From an address to its ends, as the platform and the gateway would resolve it.

mod beside;
mod fixed;
mod own;
mod service;

use std::sync::Arc;

use super::asked::Asked;
use super::end::End;
use super::names::Found;
use super::nearly;
use super::socket::on_port;
use crate::estate::{Container, Endpoint, Estate, Gateway};
use crate::model::host::{is_ip, is_loopback};
use crate::model::{Assumption, Doubt, Known, Lens};

use own::{loopback, unix};
pub(super) use service::pods;
use service::through_service;

/// All ends of an endpoint: one, or one per container that may answer.
pub(super) fn ends(asked: &Asked<'_>) -> Vec<End> {
    let Asked {
        lens,
        estate,
        gateway,
        endpoint,
        ..
    } = *asked;
    if let Some(path) = &endpoint.socket {
        return vec![unix(asked, path)];
    }
    let host = match &endpoint.host {
        Known::Is(host) => host.clone(),
        Known::Unknown(doubt) => return vec![End::unknown(doubt.clone())],
        Known::Absent => return vec![End::unknown(Doubt::at("the address cannot be read", endpoint.span))],
    };
    if is_loopback(&host) {
        return vec![loopback(asked)];
    }
    if is_ip(&host) {
        if let Some(end) = fixed::address(lens, estate, gateway, endpoint, &host) {
            return vec![end];
        }
        let mut end = End::unknown(Doubt::at(
            format!("{host} is an IP address, which no file names"),
            endpoint.span,
        ));
        end.may_change = Known::Is(false);
        return vec![end];
    }
    // A machine may load it for what is on it, but there the names of a project mean nothing.
    if let Some(reason) = &gateway.unloaded {
        return vec![End::unknown(Doubt::at(reason.clone(), endpoint.span))];
    }
    if estate.compose {
        compose(asked, &host)
    } else {
        cluster(asked, &host)
    }
}

/// A name on the networks of a compose project.
fn compose(asked: &Asked<'_>, host: &str) -> Vec<End> {
    let Asked {
        lens,
        estate,
        names,
        gateway,
        endpoint,
        ..
    } = *asked;
    let own = gateway.container.map(|at| &estate.containers[at]);
    let of = |list: &[(Arc<str>, Arc<str>)]| {
        let entry = list.iter().find(|(name, _)| **name == *host);
        entry.map(|(_, leads)| leads.clone())
    };
    if let Some(address) = own.and_then(|own| of(&own.naming.hosts)) {
        if is_loopback(&address) {
            return vec![loopback(asked)];
        }
        let mut end = End::unknown(Doubt::at(
            format!("extra_hosts leads {host} to {address}"),
            endpoint.span,
        ));
        end.may_change = Known::Is(false);
        return vec![end];
    }
    let linked = own.and_then(|own| of(&own.naming.links));
    let all = names.containers(linked.as_deref().unwrap_or(host));
    if let Some((own, place)) = own.and_then(|own| Some((own, own.naming.without_names?)))
        && linked.is_none()
        && !all.is_empty()
    {
        let reason = format!(
            "{} is on {place}, where names of compose services mean nothing",
            own.name
        );
        let mut end = End::unknown(Doubt::at(reason.clone(), endpoint.span));
        end.service = Known::Absent;
        end.service_port = Known::Absent;
        end.may_change = Known::Is(false);
        let otherwise = Assumption::unless(format!("the machine itself knows the name {host}"));
        end.unreachable = lens.allows(&otherwise).is_ok().then(|| Arc::from(reason));
        return vec![end];
    }
    let reachable: Vec<usize> = all
        .iter()
        .copied()
        .filter(|at| {
            let other = &estate.containers[*at];
            own.is_none_or(|own| own.networks.iter().any(|network| other.networks.contains(network)))
        })
        .collect();
    if reachable.is_empty() {
        let reason = match all.first() {
            Some(_) => format!("{host} is on another network than the gateway"),
            None => format!("no service of this compose project is called {host}"),
        };
        let mut end = End::unknown(Doubt::at(reason, endpoint.span));
        end.service = Known::Absent;
        end.service_port = Known::Absent;
        end.may_change = external_may_change(host, endpoint);
        end.unreachable = own.and_then(|own| nearly::apart(estate, own, all));
        if all.is_empty() && own.is_some() && estate.incomplete.is_none() {
            end.nearly = nearly::container(estate, names, gateway, host);
        }
        if let (true, Some(own)) = (all.is_empty(), own) {
            end.missing = nearly::nobody(estate, own, host);
        }
        return vec![end];
    }
    let end = |at| container_end(lens, estate, gateway, endpoint, at);
    reachable.into_iter().map(end).collect()
}

/// A container of a compose project, at the port of the address.
fn container_end(lens: &Lens, estate: &Estate, gateway: &Gateway, endpoint: &Endpoint, at: usize) -> End {
    let own = gateway.container.map(|at| &estate.containers[at]);
    let container = &estate.containers[at];
    let socket = match &endpoint.port {
        Known::Is(port) => on_port(lens, container, *port),
        Known::Absent => Known::Unknown(Doubt::at("the address has no port", endpoint.span)),
        Known::Unknown(doubt) => Known::Unknown(doubt.clone()),
    };
    End {
        service: Known::Absent,
        service_port: Known::Absent,
        container: Known::Is(at),
        socket,
        direct: Known::Is(true),
        loopback: false,
        shared_network: Known::Is(gateway.container == Some(at)),
        may_change: may_change(own, container),
        elsewhere: None,
        unreachable: None,
        nearly: None,
        missing: None,
        nobody: None,
        meant: None,
        pod_port: endpoint.port.clone(),
        why: None,
    }
}

/// Whether a container's address changes when it is recreated, as the gateway sees it.
fn may_change(own: Option<&Container>, container: &Container) -> Known<bool> {
    // On the host's network it has the host's address.
    if container.host_network {
        return Known::Is(false);
    }
    let restarts = |own: &Container| own.naming.restarted_with.contains(&container.name);
    if own.is_some_and(restarts) {
        return Known::Is(false);
    }
    let shared = |network: &&Arc<str>| own.is_none_or(|own| own.networks.contains(network));
    let mut shared = container.networks.iter().filter(shared).peekable();
    if shared.peek().is_some() && shared.all(|network| container.naming.fixed_networks.contains(network)) {
        return Known::Is(false);
    }
    match &container.naming.virtual_address {
        Some(reason) => Known::Unknown(Doubt::new(reason.clone())),
        None => Known::Is(true),
    }
}

/// A name in a cluster: that of a Service, in any of its forms.
fn cluster(asked: &Asked<'_>, host: &str) -> Vec<End> {
    let Asked {
        lens,
        estate,
        names,
        gateway,
        endpoint,
        ..
    } = *asked;
    let own = gateway.container.map(|at| &estate.containers[at]);
    if let Some((_, address)) = own.and_then(|own| own.naming.hosts.iter().find(|(name, _)| **name == *host)) {
        let mut end = End::unknown(Doubt::at(
            format!("hostAliases leads {host} to {address}"),
            endpoint.span,
        ));
        end.may_change = Known::Is(false);
        return vec![end];
    }
    let (name, namespace) = match service_name(host) {
        Some(parts) => parts,
        None => {
            let mut end = End::unknown(Doubt::at(
                format!("{host} is a name outside the repository"),
                endpoint.span,
            ));
            end.service = Known::Absent;
            end.service_port = Known::Absent;
            end.may_change = external_may_change(host, endpoint);
            return vec![end];
        }
    };
    let namespace = namespace.or((!gateway.namespace.is_empty()).then_some(&*gateway.namespace));
    let service = match names.service(estate, name, namespace, &gateway.folder) {
        Found::One(at) => at,
        Found::None => {
            let reason = match &estate.incomplete {
                Some(doubt) => format!("no Service {name} is here, and {}", doubt.reason),
                None if gateway.unplaced => format!("nothing called {name} is in the repository near the gateway"),
                None => format!("no Service {name} is in the repository where the gateway could reach it"),
            };
            let mut end = End::unknown(Doubt::at(reason, endpoint.span));
            if estate.incomplete.is_none() && !gateway.unplaced {
                end.unreachable = nearly::other_namespace(estate, names, gateway, name, namespace);
                if end.unreachable.is_none() {
                    end.nearly = nearly::service(estate, names, gateway, name, namespace);
                }
            }
            if host.contains('.') && !host.contains(".svc") {
                end.may_change = external_may_change(host, endpoint);
            }
            return vec![end];
        }
        Found::Several => {
            return vec![End::unknown(Doubt::at(
                format!("several Services are called {name}, equally near"),
                endpoint.span,
            ))];
        }
    };
    through_service(lens, estate, names, gateway, endpoint, service)
}

/// Whether the address behind a name outside the repository changes: surely for the names cloud load balancers get.
fn external_may_change(host: &str, endpoint: &Endpoint) -> Known<bool> {
    const MOVING: [&str; 5] = [
        ".elb.amazonaws.com",
        ".elb.amazonaws.com.cn",
        ".cloudfront.net",
        ".azurewebsites.net",
        ".trafficmanager.net",
    ];
    if MOVING.iter().any(|suffix| host.trim_end_matches('.').ends_with(suffix)) {
        return Known::Is(true);
    }
    Known::Unknown(Doubt::at(
        format!("whether the address of {host} changes is not known here"),
        endpoint.span,
    ))
}

/// Name and namespace, for a host that can be a Service's; `None` for a name of the outside world.
fn service_name(host: &str) -> Option<(&str, Option<&str>)> {
    let host = host.trim_end_matches('.');
    let mut parts = host.split('.');
    let name = parts.next().filter(|name| !name.is_empty())?;
    let rest: Vec<&str> = parts.collect();
    match rest.as_slice() {
        [] => Some((name, None)),
        [namespace] => Some((name, Some(namespace))),
        [namespace, "svc", ..] => Some((name, Some(namespace))),
        _ => None,
    }
}
