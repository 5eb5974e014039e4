//! Server blocks as what divides requests among themselves and their locations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::estate::{Route, Takes, longer};
use crate::product::nginx::includes::{Directive, Includes, flatten};
use crate::product::nginx::listen;
use crate::syntax::At;

/// Blocks inside blocks that are looked into.
const DEPTH: usize = 8;

/// What a server block takes.
#[derive(Debug, Default)]
pub(super) struct Server {
    /// Names that are neither patterns nor empty.
    names: Vec<Arc<str>>,
    ports: BTreeSet<Option<u16>>,
    /// What its locations begin with, those for one very path left out.
    prefixes: BTreeSet<Arc<str>>,
    /// The locations that decide, by `auth_request`, whether a request may pass, and what is taken from their answers.
    asks: BTreeSet<Arc<str>>,
    answers: Vec<Arc<str>>,
    /// The routes of its locations, and what each takes.
    routes: Vec<(usize, Takes)>,
}

impl Server {
    /// A server by its directives.
    pub(super) fn read(includes: &dyn Includes, children: &[Directive]) -> Server {
        let mut server = Server::default();
        for (tree, node) in children {
            let at = tree.at(*node);
            match at.name() {
                "server_name" => {
                    let is_plain = |name: &&str| !name.contains(['*', '~', '$']) && name.contains('.');
                    server.names.extend(at.texts().filter(is_plain).map(Arc::from));
                }
                "listen" => server
                    .ports
                    .extend(listen::read(at, false, false).iter().map(|listen| listen.port)),
                _ => {}
            }
        }
        if server.ports.is_empty() {
            server.ports.insert(Some(80));
        }
        server.locations(includes, children, 0);
        server
    }

    fn locations(&mut self, includes: &dyn Includes, children: &[Directive], depth: usize) {
        for (tree, node) in children {
            let at = tree.at(*node);
            match at.name() {
                "location" if depth < DEPTH => {
                    self.prefixes.extend(
                        prefix(at)
                            .filter(|(_, exact)| !exact)
                            .map(|(prefix, _)| Arc::from(prefix)),
                    );
                    let (inner, _) = flatten(includes, tree, *node);
                    self.locations(includes, &inner, depth + 1);
                }
                "auth_request" => self.asks.extend(at.text().map(Arc::from)),
                "auth_request_set" => self.answers.extend(at.texts().nth(1).map(Arc::from)),
                _ => {}
            }
        }
    }

    /// Notes a route of one of its locations.
    pub(super) fn add(&mut self, route: usize, location: Option<At<'_>>, internal: bool) {
        let (prefix, exact) = location.and_then(prefix).unzip();
        let takes = Takes {
            hosts: self.names.clone(),
            except: prefix.into_iter().flat_map(|own| longer(&self.prefixes, own)).collect(),
            prefix: prefix.map(Arc::from),
            exact: exact == Some(true),
            internal,
            ..Takes::default()
        };
        self.routes.push((route, takes));
    }

    /// What is taken from the answer of a location that decides whether requests may pass, as a list; `None` where it
    /// does not.
    pub(super) fn takes_from(&self, location: At<'_>) -> Option<Arc<str>> {
        let (path, _) = prefix(location)?;
        self.asks.contains(path).then(|| Arc::from(self.answers.join(", ")))
    }
}

/// What the paths of a location begin with, and whether it takes that very path only.
fn prefix(location: At<'_>) -> Option<(&str, bool)> {
    let words: Vec<&str> = location.texts().collect();
    match words.as_slice() {
        [prefix] | ["^~", prefix] if prefix.starts_with('/') => Some((prefix, false)),
        ["=", path] => Some((path, true)),
        _ => None,
    }
}

/// Tells each route what it takes: a server that has the very name of a host takes it from all others on its port.
pub(super) fn part(servers: Vec<Server>, routes: &mut [Route]) {
    let mut by_ports: BTreeMap<BTreeSet<Option<u16>>, BTreeSet<Arc<str>>> = BTreeMap::new();
    for server in &servers {
        let names = by_ports.entry(server.ports.clone()).or_default();
        names.extend(server.names.iter().cloned());
    }
    let shared = |ports: &BTreeSet<Option<u16>>| {
        let near = by_ports.iter().filter(|(others, _)| !others.is_disjoint(ports));
        Arc::new(near.flat_map(|(_, names)| names.iter().cloned()).collect())
    };
    let all: BTreeMap<_, Arc<BTreeSet<Arc<str>>>> =
        by_ports.keys().map(|ports| (ports.clone(), shared(ports))).collect();
    for server in servers {
        for (route, takes) in server.routes {
            routes[route].takes = Takes {
                all_hosts: all[&server.ports].clone(),
                ..takes
            };
        }
    }
}
