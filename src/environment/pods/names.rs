//! Names on the networks of a compose project: which Compose makes by itself, and whether others may have any.

use std::sync::Arc;

use crate::environment::document::Document;
use crate::syntax::At;

/// How many containers of one service get their names.
const MOST: i64 = 32;

/// The names of the containers of a service: `project-service-1`, and `project_service_1` before Compose 2.0. The project
/// is called as `name` says, else as its folder.
pub(super) fn made(root: At<'_>, folder: &str, service: At<'_>) -> Vec<Arc<str>> {
    let project = root
        .scalar("name")
        .or_else(|| folder.rsplit('/').next().filter(|name| !name.is_empty()));
    let Some(project) = project.filter(|name| !name.contains('$')) else {
        return Vec::new();
    };
    let project = project.to_ascii_lowercase();
    let count = service.scalar("scale").or_else(|| service.scalar("deploy.replicas"));
    let count = count.and_then(|count| count.parse().ok()).unwrap_or(1).clamp(1, MOST);
    let name = service.name();
    let of = |number: i64| ['-', '_'].map(|sign| Arc::from(format!("{project}{sign}{name}{sign}{number}")));
    (1..=count).flat_map(of).collect()
}

/// The subnets that networks say they have.
pub(super) fn subnets(root: At<'_>, networks: &[Arc<str>]) -> Vec<(Arc<str>, Arc<str>)> {
    let of = |network: &Arc<str>| {
        let declared = root.child("networks").and_then(|all| all.child(network));
        let pools = declared.and_then(|declared| declared.get("ipam.config"));
        let pools = pools.into_iter().flat_map(At::items);
        let subnets = pools.filter_map(|pool| pool.scalar("subnet").map(Arc::from));
        subnets.map(|subnet| (network.clone(), subnet)).collect::<Vec<_>>()
    };
    networks.iter().flat_map(of).collect()
}

/// Whether nothing but services of the project can have a name where a service is.
pub(super) fn closed(document: &Document, root: At<'_>, service: At<'_>) -> bool {
    // Whose network it uses.
    let mode = service.scalar("network_mode").unwrap_or_default();
    let whose = match mode.strip_prefix("service:") {
        Some(other) => root.child("services").and_then(|services| services.child(other)),
        None => mode.is_empty().then_some(service),
    };
    let Some(whose) = whose else { return false };
    // They lead to other projects, or to name servers that may know more.
    const OPENING: [&str; 5] = ["external_links", "dns", "dns_search", "dns_opt", "domainname"];
    let opens = |key: &str| whose.child(key).is_some() || service.child(key).is_some();
    let knows_all = document.doubts.is_empty() && !OPENING.iter().any(|key| opens(key));
    knows_all && networks_closed(root, whose) && names_known(root)
}

/// Whether all networks of a service are the project's alone. One with a name of its own is made to be joined.
fn networks_closed(root: At<'_>, service: At<'_>) -> bool {
    let own = service.child("networks").map(At::entries).unwrap_or_default();
    let names: Vec<&str> = own
        .iter()
        .map(|entry| match entry.name() {
            "" => entry.text().unwrap_or("$"),
            name => name,
        })
        .collect();
    let names = if names.is_empty() { vec!["default"] } else { names };
    names.iter().all(|name| {
        let declared = root.child("networks").and_then(|all| all.child(name));
        let is_own = |network: At<'_>| {
            let external = network.child("external");
            external.is_none_or(|external| external.text() == Some("false"))
                && network.child("name").is_none()
                && network.scalar("driver") != Some("overlay")
                && network.scalar("attachable") != Some("true")
        };
        !name.contains('$') && declared.is_none_or(is_own)
    })
}

/// Whether no name of a service is filled in.
fn names_known(root: At<'_>) -> bool {
    let is_known = |at: At<'_>| at.text().is_some_and(|text| !text.contains(['$', '{']));
    let services = root.child("services").map(At::entries).unwrap_or_default();
    services.into_iter().all(|service| {
        let own = [service.child("container_name"), service.child("hostname")];
        let networks = service.child("networks").map(At::entries).unwrap_or_default();
        let aliases = networks.into_iter().filter_map(|network| network.child("aliases"));
        let mut names = own.into_iter().flatten().chain(aliases.flat_map(At::items));
        names.all(is_known) && !service.name().contains(['$', '{'])
    })
}
