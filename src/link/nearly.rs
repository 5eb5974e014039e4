//! Names that nothing reachable has: the same name out of reach, or another that was probably meant.

use std::sync::Arc;

use super::names::{Names, near, same_namespace};
use crate::estate::{Container, Estate, Gateway};

/// Why none of these containers of a compose project can be reached; `None` where that is not sure.
pub(super) fn apart(estate: &Estate, own: &Container, others: &[usize]) -> Option<Arc<str>> {
    let other = &estate.containers[*others.first()?];
    // Without networks of its own a container uses those of another, or of the machine.
    if own.networks.is_empty() || others.iter().any(|at| estate.containers[*at].networks.is_empty()) {
        return None;
    }
    Some(Arc::from(format!(
        "{} is on {}, {} on {}",
        other.name,
        in_words(&other.networks),
        own.name,
        in_words(&own.networks)
    )))
}

/// Why surely nothing has a name on the networks of a container: only services of its project can have names there, and
/// none has it. A name with a dot may be one of the world's, one that ends like a service that of its container in a
/// project of another name.
pub(super) fn nobody(estate: &Estate, own: &Container, host: &str) -> Option<Arc<str>> {
    if !own.naming.closed || estate.incomplete.is_some() || host.contains('.') || estate.named_elsewhere.contains(host)
    {
        return None;
    }
    let bare = host.trim_end_matches(|c: char| c.is_ascii_digit());
    let bare = bare.strip_suffix(['-', '_']).unwrap_or(host);
    let mut names = estate.containers.iter().flat_map(|container| &container.names);
    let may_be = |name: &Arc<str>| {
        let rest = bare.strip_suffix(&**name);
        host.eq_ignore_ascii_case(name) || rest.is_some_and(|rest| rest.ends_with(['-', '_']))
    };
    if names.any(may_be) {
        return None;
    }
    Some(Arc::from(format!(
        "no service, alias or container of this compose project is called {host}"
    )))
}

fn in_words(networks: &[Arc<str>]) -> String {
    let word = if networks.len() == 1 { "network" } else { "networks" };
    format!("{word} {}", networks.join(" and "))
}

/// Why a Service of this name, which there is, is not the one the gateway looks for.
pub(super) fn other_namespace(
    estate: &Estate,
    names: &Names,
    gateway: &Gateway,
    name: &str,
    namespace: Option<&str>,
) -> Option<Arc<str>> {
    let wanted = namespace.filter(|namespace| !namespace.is_empty())?;
    let found: Vec<&Arc<str>> = names
        .services(name)
        .iter()
        .map(|at| &estate.services[*at])
        .filter(|service| near(estate, &gateway.folder, &service.folder).is_some())
        .map(|service| &service.namespace)
        .collect();
    let first = found.first().filter(|own| !own.is_empty())?;
    found.iter().all(|own| own == first).then(|| {
        Arc::from(format!(
            "Service {name} is in namespace {first}, and is looked for in {wanted}"
        ))
    })
}

/// The one Service whose name is nearly this one, and that no route leads to.
pub(super) fn service(
    estate: &Estate,
    names: &Names,
    gateway: &Gateway,
    name: &str,
    namespace: Option<&str>,
) -> Option<Arc<str>> {
    let candidates = estate.services.iter().filter(|service| {
        same_namespace(namespace, &service.namespace) && near(estate, &gateway.folder, &service.folder).is_some()
    });
    only(names, name, candidates.map(|service| &service.name))
}

/// The one compose service whose name is nearly this one, and that no route leads to.
pub(super) fn container(estate: &Estate, names: &Names, gateway: &Gateway, name: &str) -> Option<Arc<str>> {
    let candidates = estate
        .containers
        .iter()
        .enumerate()
        .filter(|(at, container)| gateway.container != Some(*at) && !container.machine);
    only(names, name, candidates.flat_map(|(_, container)| &container.names))
}

fn only<'n>(names: &Names, name: &str, candidates: impl Iterator<Item = &'n Arc<str>>) -> Option<Arc<str>> {
    let mut found: Option<&Arc<str>> = None;
    for candidate in candidates.filter(|candidate| is_near(name, candidate) && !names.targeted.contains(*candidate)) {
        if found.is_some_and(|found| found != candidate) {
            return None;
        }
        found = Some(candidate);
    }
    found.cloned()
}

/// Whether two names differ by a slip of the pen or a usual ending. Names that differ by a number are different things.
fn is_near(a: &str, b: &str) -> bool {
    const ENDINGS: [&str; 5] = ["-service", "-svc", "-server", "service", "svc"];
    let bare = |name: &str| -> String { name.chars().filter(|c| !c.is_ascii_digit()).collect() };
    if a == b || bare(a) == bare(b) {
        return false;
    }
    let ends = |long: &str, short: &str| ENDINGS.iter().any(|ending| long.strip_suffix(ending) == Some(short));
    let plain = |name: &str| name.replace(['-', '_', '.'], "");
    if ends(a, b) || ends(b, a) || plain(a) == plain(b) {
        return true;
    }
    let shortest = a.chars().count().min(b.chars().count());
    let allowed = match shortest {
        0..=4 => 0,
        5..=8 => 1,
        _ => 2,
    };
    a.chars().next() == b.chars().next() && strsim::osa_distance(a, b) <= allowed
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn slips_and_endings_are_near() {
        for (a, b) in [
            ("checkuot", "checkout"),
            ("web", "web-svc"),
            ("api_v", "api-v"),
            ("orders", "order"),
        ] {
            assert!(is_near(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("web-1", "web-2"),
            ("web", "api"),
            ("web", "webs"),
            ("redis", "cache"),
            ("shop-blue", "shop-green"),
        ] {
            assert!(!is_near(a, b), "{a} {b}");
        }
    }
}
