//! IP addresses of the networks that a compose project makes itself.

use std::net::IpAddr;
use std::sync::Arc;

use super::container_end;
use crate::estate::{Block, Endpoint, Estate, Gateway};
use crate::link::end::End;
use crate::model::{Assumption, Doubt, Known, Lens};

/// The container that has an address, or the end where nobody can have it; `None` where it is none of the project's.
pub(super) fn address(lens: &Lens, estate: &Estate, gateway: &Gateway, endpoint: &Endpoint, host: &str) -> Option<End> {
    let own = estate.compose.then_some(gateway.container)??;
    let asking = &estate.containers[own];
    let has = |at: &usize| {
        let addresses = &estate.containers[*at].naming.addresses;
        addresses.iter().any(|(_, address)| **address == *host)
    };
    if let Some(at) = (0..estate.containers.len()).find(has) {
        return Some(container_end(lens, estate, gateway, endpoint, at));
    }
    let number: IpAddr = host.parse().ok()?;
    let is_in = |subnet: &str| Block::from_cidr(subnet, std::iter::empty()).has(number) == Some(true);
    let (network, subnet) = asking.naming.subnets.iter().find(|(_, subnet)| is_in(subnet))?;
    if !asking.naming.closed || estate.incomplete.is_some() || is_first(number) {
        return None;
    }
    let unset = |(at, other): (usize, &crate::estate::Container)| {
        at != own && other.networks.contains(network) && !other.naming.fixed_networks.contains(network)
    };
    if let Some((_, other)) = estate.containers.iter().enumerate().find(|one| unset(*one)) {
        let may = format!(
            "Docker happens to give it to {}, which has no fixed address",
            other.name
        );
        lens.allows(&Assumption::unless(may)).ok()?;
    }
    let reason = format!("{host} is an address of the project's network {network} ({subnet}), and no service has it");
    let mut end = End::unknown(Doubt::at(reason.clone(), endpoint.span));
    end.service = Known::Absent;
    end.service_port = Known::Absent;
    end.may_change = Known::Is(false);
    end.missing = Some(Arc::from(reason));
    Some(end)
}

/// Docker itself takes the first address of a subnet, for the machine.
fn is_first(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if address.octets()[3] <= 1) || address.is_ipv6()
}
