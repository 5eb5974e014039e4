//! Finding things by name: in the same namespace, the nearest folder first, and never in a sibling environment.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::estate::{Endpoint, Estate, Gateway, Listen, Route};
use crate::model::field::route;
use crate::model::host::is_loopback;
use crate::model::{Known, ProductId};

/// Services and compose names of an environment.
pub(crate) struct Names {
    services: FxHashMap<Arc<str>, Vec<usize>>,
    containers: FxHashMap<Arc<str>, Vec<usize>>,
    by_label: FxHashMap<(Arc<str>, Arc<str>), Vec<usize>>,
    /// First parts of all hosts that some route leads to.
    pub(super) targeted: FxHashSet<Arc<str>>,
    /// Addresses of their own machine or pod that gateways send to.
    pub(super) own: Vec<OwnTarget>,
    /// What gateways listen on where they run in no container.
    pub(super) listening: Vec<Local>,
}

/// An address that has a meaning on one machine, or in one pod, only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Local {
    /// A port.
    Port(u16),
    /// A unix socket.
    Path(Arc<str>),
}

impl Local {
    /// That of an endpoint, if it is one.
    pub(super) fn of(endpoint: &Endpoint) -> Option<Local> {
        if let Some(path) = &endpoint.socket {
            return Some(Local::Path(path.clone()));
        }
        match (&endpoint.host, &endpoint.port) {
            (Known::Is(host), Known::Is(port)) if is_loopback(host) => Some(Local::Port(*port)),
            _ => None,
        }
    }
}

/// An address of its own machine or pod that a gateway sends to.
#[derive(Clone, Debug)]
pub(super) struct OwnTarget {
    /// The gateway's folder.
    pub folder: Arc<str>,
    /// Its product.
    pub product: ProductId,
    /// The container it runs in, as an index.
    pub container: Option<usize>,
    /// How it is spoken to.
    pub pass: Option<Arc<str>>,
    /// The address.
    pub address: Local,
}

/// What a lookup gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Exactly one is nearest.
    One(usize),
    /// None has the name.
    None,
    /// Several are equally near.
    Several,
}

impl Names {
    /// Indexes an environment.
    pub(crate) fn new(estate: &Estate) -> Names {
        let mut names = Names {
            services: FxHashMap::default(),
            containers: FxHashMap::default(),
            by_label: FxHashMap::default(),
            targeted: FxHashSet::default(),
            own: own_targets(estate),
            listening: listening(estate),
        };
        let endpoints = estate
            .gateways
            .iter()
            .flat_map(|gateway| &gateway.routes)
            .flat_map(|route| &route.endpoints);
        for host in endpoints.filter_map(|endpoint| endpoint.host.as_ref().is()) {
            let first = host.split('.').next().unwrap_or(host);
            if !names.targeted.contains(first) {
                names.targeted.insert(Arc::from(first));
            }
        }
        for (at, service) in estate.services.iter().enumerate() {
            names.services.entry(service.name.clone()).or_default().push(at);
        }
        for (at, container) in estate.containers.iter().enumerate() {
            for name in &container.names {
                names.containers.entry(name.clone()).or_default().push(at);
            }
            for label in &container.labels {
                names.by_label.entry(label.clone()).or_default().push(at);
            }
        }
        names
    }

    /// The Service of this name in a namespace (`None`: whichever), nearest to a folder.
    pub(crate) fn service(&self, estate: &Estate, name: &str, namespace: Option<&str>, folder: &str) -> Found {
        let all = self.services.get(name).map_or(&[][..], Vec::as_slice);
        let candidates = all
            .iter()
            .copied()
            .filter(|at| same_namespace(namespace, &estate.services[*at].namespace));
        nearest(candidates, |at| near(estate, folder, &estate.services[at].folder))
    }

    /// All Services of this name, in any namespace.
    pub(super) fn services(&self, name: &str) -> &[usize] {
        self.services.get(name).map_or(&[][..], Vec::as_slice)
    }

    /// Containers that answer to a compose name.
    pub(crate) fn containers(&self, name: &str) -> &[usize] {
        self.containers.get(name).map_or(&[][..], Vec::as_slice)
    }

    /// Containers whose pod has all these labels, in the namespace, in the nearest folder that has any.
    pub(crate) fn selected(
        &self,
        estate: &Estate,
        labels: &[(Arc<str>, Arc<str>)],
        namespace: &str,
        folder: &str,
    ) -> Vec<usize> {
        // The rarest label leaves the fewest pods to look at.
        let rarest = labels
            .iter()
            .filter_map(|label| self.by_label.get(label))
            .min_by_key(|found| found.len());
        if !labels.iter().all(|label| self.by_label.contains_key(label)) {
            return Vec::new();
        }
        let all: Vec<usize> = rarest
            .into_iter()
            .flatten()
            .copied()
            .filter(|at| {
                let container = &estate.containers[*at];
                same_namespace(Some(namespace), &container.namespace)
                    && labels.iter().all(|label| container.labels.contains(label))
            })
            .collect();
        let best = all
            .iter()
            .filter_map(|at| near(estate, folder, &estate.containers[*at].folder))
            .max();
        all.into_iter()
            .filter(|at| {
                let own = near(estate, folder, &estate.containers[*at].folder);
                // What is deployed as one set is selected wherever it lies.
                own.is_some() && (own == best || estate.together)
            })
            .collect()
    }
}

fn own_targets(estate: &Estate) -> Vec<OwnTarget> {
    let of = |gateway: &Gateway, route: &Route, endpoint: &Endpoint| {
        Some(OwnTarget {
            folder: gateway.folder.clone(),
            product: gateway.product,
            container: gateway.container,
            pass: estate.model.held(route.id, route::PASS).likely(),
            address: Local::of(endpoint)?,
        })
    };
    let mut found = Vec::new();
    for gateway in &estate.gateways {
        for route in &gateway.routes {
            found.extend(route.endpoints.iter().filter_map(|end| of(gateway, route, end)));
        }
    }
    found
}

fn listening(estate: &Estate) -> Vec<Local> {
    let outside = estate.gateways.iter().filter(|gateway| gateway.container.is_none());
    let of = |listen: &Listen| match (&listen.socket, listen.port) {
        (Some(path), _) => Some(Local::Path(path.clone())),
        (None, port) => port.map(Local::Port),
    };
    outside
        .flat_map(|gateway| gateway.listens.iter().filter_map(of))
        .collect()
}

/// An object without a namespace may be deployed into any.
pub(super) fn same_namespace(wanted: Option<&str>, own: &str) -> bool {
    wanted.is_none_or(|wanted| wanted.is_empty() || own.is_empty() || wanted == own)
}

fn nearest(candidates: impl Iterator<Item = usize>, near: impl Fn(usize) -> Option<usize>) -> Found {
    let mut best: Option<(usize, usize)> = None;
    let mut ties = 0;
    for at in candidates {
        let Some(near) = near(at) else { continue };
        match best {
            Some((_, known)) if near < known => {}
            Some((_, known)) if near == known => ties += 1,
            _ => {
                best = Some((at, near));
                ties = 0;
            }
        }
    }
    match best {
        None => Found::None,
        Some((at, _)) if ties == 0 => Found::One(at),
        Some(_) => Found::Several,
    }
}

/// How near two places are; in a set that is deployed as one, folders tell only which of several is nearer.
pub(crate) fn near(estate: &Estate, a: &str, b: &str) -> Option<usize> {
    nearness(a, b).or(estate.together.then_some(0))
}

/// How many folders two places share; `None` when they are deployed apart: in folders of different environments, or
/// with nothing but the repository's root in common.
pub(crate) fn nearness(a: &str, b: &str) -> Option<usize> {
    if a == b {
        return Some(usize::MAX);
    }
    let (mut left, mut right) = (
        a.split('/').filter(|part| !part.is_empty()),
        b.split('/').filter(|part| !part.is_empty()),
    );
    let mut shared = 0;
    loop {
        match (left.next(), right.next()) {
            (Some(x), Some(y)) if x == y => shared += 1,
            (None, _) | (_, None) => return Some(shared.max(1)),
            (Some(x), Some(y)) => {
                let apart =
                    [x].into_iter().chain(left).any(is_environment) || [y].into_iter().chain(right).any(is_environment);
                return (shared > 0 && !apart).then_some(shared);
            }
        }
    }
}

/// Folder names by which people keep deployments apart.
pub(super) fn is_environment(part: &str) -> bool {
    const NAMES: [&str; 22] = [
        "prod",
        "production",
        "prd",
        "live",
        "staging",
        "stage",
        "stg",
        "dev",
        "devel",
        "development",
        "test",
        "testing",
        "qa",
        "uat",
        "preprod",
        "preview",
        "sandbox",
        "local",
        "demo",
        "canary",
        "overlays",
        "examples",
    ];
    let part = part.to_ascii_lowercase();
    NAMES.contains(&part.as_str()) || part.split(['-', '_', '.']).any(|word| NAMES[..18].contains(&word))
}

#[cfg(test)]
mod tests {
    use super::nearness;

    #[test]
    fn near_and_apart() {
        assert_eq!(nearness("k8s/web", "k8s/api"), Some(1));
        assert_eq!(nearness("k8s", "k8s/api"), Some(1));
        assert_eq!(nearness("", "k8s"), Some(1));
        assert_eq!(nearness("web", "api"), None);
        assert_eq!(nearness("k8s/prod/web", "k8s/staging/api"), None);
        assert_eq!(nearness("k8s/prod/web", "k8s/prod/api"), Some(2));
    }
}
