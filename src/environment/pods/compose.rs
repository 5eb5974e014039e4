//! Containers of compose services.

use std::collections::HashMap;
use std::sync::Arc;

use crate::environment::container::{Building, ContainerSpec, DeclaredPort, Mount, MountSource, Text};
use crate::environment::deployed::Environment;
use crate::environment::repository::{Repository, join};
use crate::repo::{SourceId, Span};
use crate::syntax::{At, Shape, Tree};

use super::placed::{Naming, Placed};
use super::{kubernetes, names, text};

/// What reading a service needs.
struct Project<'e> {
    environment: &'e Environment,
    repository: &'e Repository,
    tree: &'e Arc<Tree>,
    root: At<'e>,
    /// The values of the project's `.env`.
    values: HashMap<&'e str, &'e str>,
    /// Those that fill a file which is included, by its source.
    of_included: HashMap<SourceId, HashMap<&'e str, &'e str>>,
}

/// The values of files of variables, the later ones before the earlier.
fn values(repository: &Repository, paths: impl Iterator<Item = String>) -> HashMap<&str, &str> {
    let files = paths.filter_map(|path| repository.get(&path));
    let lines = files.flat_map(|file| text::env_lines(&file.source.text));
    let known = lines.filter(|(_, value, _)| !value.starts_with("ENC["));
    known.map(|(name, value, _)| (name, value)).collect()
}

/// The services of a project.
pub(super) fn services(environment: &Environment, repository: &Repository, at: usize, found: &mut Vec<Placed>) {
    let document = &environment.documents[at];
    let root = document.at();
    let own = values(repository, join(&environment.folder, ".env").into_iter());
    let of_included = environment.inclusions.iter().filter_map(|inclusion| {
        let source = repository.get(&inclusion.path)?.source.id;
        let mut all = values(repository, inclusion.variables.iter().cloned());
        all.extend(&own);
        Some((source, all))
    });
    let project = Project {
        environment,
        repository,
        tree: &document.tree,
        root,
        of_included: of_included.collect(),
        values: own,
    };
    let first = found.len();
    let mut borrowed = Vec::new();
    for service in root.child("services").map(At::entries).unwrap_or_default() {
        if !service.is_map() {
            continue;
        }
        let mut spec = project.container(service);
        if document.doubt(&format!("services.{}", service.name())).is_some() {
            kubernetes::doubt(&mut spec);
        }
        for other in items(service, "volumes_from") {
            let name = other.text().and_then(|text| text.split(':').next()).unwrap_or_default();
            borrowed.push((found.len(), name));
        }
        found.push(project.placed(at, service, spec));
    }
    for (to, from) in borrowed {
        let other = found[first..].iter().find(|placed| &*placed.workload == from);
        let mounts = other.map(|placed| placed.spec.mounts.clone()).unwrap_or_default();
        found[to].spec.mounts.extend(mounts);
    }
}

/// The items of a list, or the one scalar in its place.
fn items<'t>(at: At<'t>, key: &str) -> Vec<At<'t>> {
    match at.child(key) {
        Some(list) if list.is_list() => list.items().collect(),
        Some(one) if one.shape() == Shape::Leaf && !one.words().is_empty() => vec![one],
        _ => Vec::new(),
    }
}

/// The services with whose update Compose restarts this one (since Compose 2.17).
fn restarted_with(service: At<'_>) -> Vec<Arc<str>> {
    let others = service.child("depends_on").map(At::entries).unwrap_or_default();
    let restarts = others
        .into_iter()
        .filter(|other| other.scalar("restart") == Some("true"));
    restarts.map(|other| Arc::from(other.name())).collect()
}

/// `links`: `service` or `service:alias`.
fn links(service: At<'_>) -> Vec<(Arc<str>, Arc<str>)> {
    let links = items(service, "links").into_iter().filter_map(At::text);
    let links = links.map(|text| text.split_once(':').unwrap_or((text, text)));
    links.map(|(service, alias)| (alias.into(), service.into())).collect()
}

impl Project<'_> {
    /// `extra_hosts`: `name:address`, `name=address`, or a map.
    fn hosts(&self, service: At<'_>) -> Vec<(Arc<str>, Arc<str>)> {
        let entries = service.child("extra_hosts").map(At::entries).unwrap_or_default();
        let of = |entry: At<'_>| {
            let text = self.text(entry).text;
            if !entry.name().is_empty() {
                return Some((Arc::from(entry.name()), text));
            }
            let (name, address) = text.split_once(['=', ':'])?;
            Some((name.into(), address.into()))
        };
        entries.into_iter().filter_map(of).collect()
    }

    /// The names it has whatever its networks say: those that Compose gives its containers (`project-service-1`, before
    /// 2.0 with `_`), or `container_name`; and its `hostname` (Docker 25.0, `buildEndpointDNSNames`).
    fn own_names(&self, service: At<'_>) -> Vec<Arc<str>> {
        let hostname = service.child("hostname").map(|at| self.text(at).text);
        let own = match service.child("container_name") {
            Some(name) => vec![self.text(name).text],
            None => names::made(self.root, &self.environment.folder, service),
        };
        own.into_iter().chain(hostname).collect()
    }

    fn placed(&self, document: usize, service: At<'_>, spec: ContainerSpec) -> Placed {
        let mode = service.scalar("network_mode").unwrap_or_default();
        let mut networks: Vec<Arc<str>> = Vec::new();
        let mut fixed_networks: Vec<Arc<str>> = Vec::new();
        let mut addresses: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        let mut aliases = self.own_names(service);
        for network in service.child("networks").map(At::entries).unwrap_or_default() {
            let name = if network.name().is_empty() {
                network.text().unwrap_or_default()
            } else {
                network.name()
            };
            networks.push(name.into());
            let fixed = ["ipv4_address", "ipv6_address"];
            let fixed: Vec<At<'_>> = fixed.iter().filter_map(|key| network.child(key)).collect();
            if !fixed.is_empty() {
                fixed_networks.push(name.into());
            }
            addresses.extend(fixed.into_iter().map(|at| (name.into(), self.text(at).text)));
            aliases.extend(
                items(network, "aliases")
                    .into_iter()
                    .filter_map(At::text)
                    .map(Arc::from),
            );
        }
        if networks.is_empty() && matches!(mode, "" | "bridge") {
            // Docker's own bridge is no network of the project.
            networks.push(if mode.is_empty() { "default" } else { mode }.into());
        }
        let replicas = service.get("deploy.replicas").or_else(|| service.child("scale"));
        let labels = service.child("labels").map(At::entries).unwrap_or_default();
        let name: Arc<str> = service.name().into();
        Placed {
            document,
            workload: name,
            kind: "service".into(),
            namespace: "".into(),
            labels: labels
                .into_iter()
                .filter_map(|label| self.pair(label))
                .map(|(key, value)| (key, value.text))
                .collect(),
            unit: self.environment.documents[document].path.clone(),
            host_network: mode == "host",
            replicas: replicas.and_then(|count| Some((self.text(count).text.parse().ok()?, count.word_span_at(0)))),
            init: false,
            naming: Naming {
                fixed_networks,
                restarted_with: restarted_with(service),
                virtual_address: self.virtual_address(service, &networks),
                hosts: self.hosts(service),
                links: links(service),
                addresses,
                subnets: names::subnets(self.root, &networks),
                closed: names::closed(&self.environment.documents[document], self.root, service),
                without_names: match mode {
                    "host" => Some("the network of the host"),
                    "bridge" => Some("Docker's own bridge"),
                    _ => None,
                },
            },
            networks,
            network_of: mode.strip_prefix("service:").map(Arc::from),
            aliases,
            spec,
            item: service.id(),
            pod: service.id(),
        }
    }

    /// Why a service may be one of Docker Swarm, whose name leads to a virtual address that outlives its tasks
    /// (`endpoint_mode: vip`, the default): a network that only Swarm has, or what only Swarm reads.
    fn virtual_address(&self, service: At<'_>, networks: &[Arc<str>]) -> Option<Arc<str>> {
        let deploy = service.child("deploy");
        if deploy.is_some_and(|deploy| deploy.scalar("endpoint_mode") == Some("dnsrr")) {
            return None;
        }
        const SWARM: [&str; 4] = ["placement", "update_config", "rollback_config", "endpoint_mode"];
        let is_overlay = |name: &Arc<str>| {
            let declared = self.root.child("networks").and_then(|networks| networks.child(name));
            declared.is_some_and(|network| network.scalar("driver") == Some("overlay"))
        };
        let swarm = deploy.is_some_and(|deploy| SWARM.iter().any(|key| deploy.child(key).is_some()));
        (swarm || networks.iter().any(is_overlay)).then(|| {
            let name = service.name();
            Arc::from(format!(
                "{name} may be a Swarm service, whose name leads to a virtual address that does not change"
            ))
        })
    }

    fn container(&self, service: At<'_>) -> ContainerSpec {
        let build = service.child("build");
        let context = build.and_then(|build| {
            if build.is_map() {
                build.child("context")
            } else {
                Some(build)
            }
        });
        let built = build.map(|build| {
            let context = context.map(|context| (self.text(context).text, context.word_span_at(0)));
            let (context, span) = context.unwrap_or_else(|| (".".into(), build.head()));
            self.path(&context, span).unwrap_or_else(|| context.to_string())
        });
        let named = build
            .and_then(|build| build.child("dockerfile"))
            .map(|at| self.text(at).text);
        let whole = build.is_some_and(|build| build.child("dockerfile_inline").is_none());
        let dockerfile = built
            .as_ref()
            .filter(|_| whole)
            .and_then(|folder| join("", &format!("{folder}/{}", named.as_deref().unwrap_or("Dockerfile"))));
        let is_line = |key: &str| service.child(key).is_some_and(|at| !at.is_list());
        let words = |key: &str| {
            let at = service.child(key)?;
            let words: Vec<Text> = items(service, key).into_iter().map(|word| self.text(word)).collect();
            (at.is_list() || !words.is_empty()).then_some(words)
        };
        let (environment, more_environment) = self.variables(service);
        ContainerSpec {
            name: service.name().into(),
            image: service.child("image").map(|image| self.text(image)),
            built,
            dockerfile,
            building: build.map(|build| self.building(build)).unwrap_or_default(),
            entrypoint: words("entrypoint"),
            arguments: words("command"),
            shell: is_line("entrypoint") || is_line("command"),
            environment,
            more_environment,
            mounts: self.mounts(service),
            ports: self.ports(service),
            working_dir: service.child("working_dir").map(|at| self.text(at).text),
            span: service.name_span(),
        }
    }

    fn building(&self, build: At<'_>) -> Building {
        let entries = |key: &str| build.child(key).map(At::entries).unwrap_or_default();
        let context = |entry: At<'_>| {
            let (name, value) = self.pair(entry)?;
            Some((name, self.path(&value.text, value.span)?))
        };
        Building {
            target: build.child("target").map(|target| self.text(target).text),
            arguments: entries("args")
                .into_iter()
                .filter_map(|entry| self.pair(entry))
                .collect(),
            contexts: entries("additional_contexts").into_iter().filter_map(context).collect(),
        }
    }

    fn text(&self, at: At<'_>) -> Text {
        self.resolved(text::plain(at), matches!(text::holes(at), text::Holes::Template))
    }

    fn resolved(&self, text: Text, is_template: bool) -> Text {
        let values = self.of_included.get(&text.span.source).unwrap_or(&self.values);
        let (resolved, unknown) = text::interpolate(&text.text, values);
        Text {
            text: resolved.into(),
            span: text.span,
            unknown: unknown || is_template,
        }
    }

    /// A `KEY: value` or `KEY=value`; without a value it comes from whoever runs compose.
    fn pair(&self, at: At<'_>) -> Option<(Arc<str>, Text)> {
        if !at.name().is_empty() {
            let value = if at.words().is_empty() {
                text::unknown(at.head())
            } else {
                self.text(at)
            };
            return Some((at.name().into(), value));
        }
        let text = at.text()?;
        let Some((key, _)) = text.split_once('=') else {
            return Some((text.into(), text::unknown(at.head())));
        };
        let is_template = matches!(text::holes(at), text::Holes::Template);
        let value = self.resolved(text::part(at, key.len() + 1..text.len()), is_template);
        Some((key.into(), value))
    }

    fn variables(&self, service: At<'_>) -> (Vec<(Arc<str>, Text)>, bool) {
        let mut found = Vec::new();
        let mut more = false;
        for entry in items(service, "env_file") {
            let path = if entry.is_map() {
                entry.child("path")
            } else {
                Some(entry)
            };
            let path = path.and_then(|path| self.path(&self.text(path).text, path.word_span_at(0)));
            let Some(file) = path.and_then(|path| self.repository.get(&path)) else {
                more = true;
                continue;
            };
            for (name, value, at) in text::env_lines(&file.source.text) {
                let span = Span::new(file.source.id, at.start as u32, at.end as u32);
                found.push((
                    name.into(),
                    Text {
                        text: value.into(),
                        span,
                        unknown: text::is_filled_in(value),
                    },
                ));
            }
        }
        let own = service.child("environment").map(At::entries).unwrap_or_default();
        found.extend(own.into_iter().filter_map(|entry| self.pair(entry)));
        (found, more)
    }

    fn ports(&self, service: At<'_>) -> Vec<DeclaredPort> {
        let mut found: Vec<DeclaredPort> = Vec::new();
        for entry in items(service, "ports").into_iter().chain(items(service, "expose")) {
            let at = if entry.is_map() {
                entry.child("target")
            } else {
                Some(entry)
            };
            let Some(at) = at else { continue };
            let text = self.text(at).text;
            let inside = text.rsplit(':').next().unwrap_or_default();
            let inside = inside.split('/').next().unwrap_or_default();
            if let Ok(number) = inside.parse()
                && found.iter().all(|port| port.number != number)
            {
                found.push(DeclaredPort {
                    number,
                    name: entry.scalar("name").map(Arc::from),
                    span: at.word_span_at(0),
                });
            }
        }
        found
    }

    /// A path of a compose file as a path of the repository.
    fn path(&self, path: &str, span: Span) -> Option<String> {
        let folder = self.environment.folder_at(self.repository, span)?;
        let is_local = !path.starts_with(['/', '~', '$']) && !path.contains("://");
        is_local.then(|| join(folder, path)).flatten()
    }

    fn mounts(&self, service: At<'_>) -> Vec<Mount> {
        let mut found = Vec::new();
        for entry in items(service, "volumes") {
            found.extend(if entry.is_map() {
                self.long_volume(entry)
            } else {
                self.short_volume(entry)
            });
        }
        for (list, is_secret) in [("configs", false), ("secrets", true)] {
            for entry in items(service, list) {
                found.extend(self.config(entry, is_secret));
            }
        }
        found
    }

    fn short_volume(&self, entry: At<'_>) -> Option<Mount> {
        let text = self.text(entry);
        let span = entry.word_span_at(0);
        let parts: Vec<&str> = text.text.split(':').collect();
        // One part is a volume of its own that starts with what the image has there.
        let (Some(source), Some(target)) = (parts.first(), parts.get(1)) else {
            return None;
        };
        let source = if text.unknown {
            MountSource::Unknown("its path depends on a variable".into())
        } else if source.starts_with(['.', '/', '~']) {
            self.bind(source, span)
        } else {
            MountSource::Shared((*source).into())
        };
        Some(Mount {
            path: target.trim_end_matches('/').to_owned(),
            source,
            span,
        })
    }

    fn long_volume(&self, entry: At<'_>) -> Option<Mount> {
        let target = self.text(entry.child("target")?);
        let source = entry.child("source")?;
        let text = self.text(source);
        let span = source.word_span_at(0);
        let source = match entry.scalar("type") {
            _ if text.unknown => MountSource::Unknown("its path depends on a variable".into()),
            Some("bind") => self.bind(&text.text, span),
            _ => MountSource::Shared(text.text),
        };
        Some(Mount {
            path: target.text.trim_end_matches('/').to_owned(),
            source,
            span,
        })
    }

    fn bind(&self, path: &str, span: Span) -> MountSource {
        match self.path(path, span) {
            Some(path) => MountSource::Path(path),
            None if path.starts_with('.') => MountSource::Unknown("it lies outside the repository".into()),
            None => MountSource::Unknown("it comes from the host".into()),
        }
    }

    fn config(&self, entry: At<'_>, is_secret: bool) -> Option<Mount> {
        let name = if entry.is_map() {
            entry.scalar("source")?
        } else {
            entry.text()?
        };
        let folder = if is_secret { "/run/secrets/" } else { "/" };
        let path = match entry.scalar("target") {
            Some(path) if path.starts_with('/') => path.to_owned(),
            Some(path) => format!("{folder}{path}"),
            None => format!("{folder}{name}"),
        };
        let span = if entry.is_map() {
            entry.head()
        } else {
            entry.word_span_at(0)
        };
        if is_secret {
            return Some(Mount {
                path,
                source: MountSource::Unknown("it is a secret".into()),
                span,
            });
        }
        let declared = self.root.child("configs").and_then(|configs| configs.child(name));
        let file = declared.and_then(|config| config.child("file"));
        let source = match (declared.and_then(|config| config.child("content")), file) {
            (Some(content), _) => MountSource::Inline(self.tree.clone(), content.id()),
            (None, Some(file)) => self.bind(&self.text(file).text, file.word_span_at(0)),
            (None, None) => MountSource::Unknown(format!("the config {name} is not in the project").into()),
        };
        Some(Mount { path, source, span })
    }
}
