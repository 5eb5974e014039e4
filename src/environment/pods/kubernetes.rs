//! Containers of pods and of everything that makes pods.

use std::sync::Arc;

use crate::environment::container::{Building, ContainerSpec, DeclaredPort, Text};
use crate::environment::document::Document;
use crate::syntax::At;

use super::config_maps::ConfigMaps;
use super::placed::{Naming, Placed};
use super::text::{self, Holes};
use super::volumes::Volumes;

/// The containers of one workload.
pub(super) fn pod(config_maps: &ConfigMaps<'_>, at: usize, document: &Document, path: &str, found: &mut Vec<Placed>) {
    let Some(spec) = document.at().get(path) else { return };
    let around = path.strip_suffix("spec").unwrap_or_default();
    let labels = document
        .at()
        .get(&format!("{around}metadata.labels"))
        .map(pairs)
        .unwrap_or_default();
    let replicas = document
        .at()
        .get("spec.replicas")
        .filter(|_| document.doubt("spec.replicas").is_none());
    let replicas = replicas.and_then(|count| Some((count.text()?.parse().ok()?, count.word_span_at(0))));
    let volumes = Volumes::new(config_maps, document, path);
    let hosts: Vec<_> = spec
        .child("hostAliases")
        .into_iter()
        .flat_map(At::items)
        .flat_map(host_alias)
        .collect();
    for list in ["initContainers", "containers"] {
        let is_doubted = document.doubt(&format!("{path}.{list}")).is_some();
        for item in spec
            .child(list)
            .into_iter()
            .flat_map(At::items)
            .filter(|item| item.is_map())
        {
            let mut own = container(config_maps, document, item);
            own.mounts = volumes.mounts(item);
            if is_doubted {
                doubt(&mut own);
            }
            found.push(Placed {
                document: at,
                workload: document.name.clone(),
                kind: document.kind.clone(),
                namespace: document.namespace.clone(),
                labels: labels.clone(),
                unit: document.path.clone(),
                host_network: spec.scalar("hostNetwork") == Some("true"),
                replicas,
                // One that is always restarted runs beside the others.
                init: list == "initContainers" && item.scalar("restartPolicy") != Some("Always"),
                networks: Vec::new(),
                network_of: None,
                naming: Naming {
                    hosts: hosts.clone(),
                    ..Naming::default()
                },
                aliases: Vec::new(),
                spec: own,
                item: item.id(),
                pod: spec.id(),
            });
        }
    }
}

/// The names of an entry of `hostAliases`, each with its address.
fn host_alias(at: At<'_>) -> Vec<(Arc<str>, Arc<str>)> {
    let address = at.scalar("ip").unwrap_or_default();
    let names = at
        .child("hostnames")
        .into_iter()
        .flat_map(At::items)
        .filter_map(At::text);
    names.map(|name| (name.into(), address.into())).collect()
}

fn pairs(at: At<'_>) -> Vec<(Arc<str>, Arc<str>)> {
    at.entries()
        .into_iter()
        .map(|entry| (entry.name().into(), entry.text().unwrap_or_default().into()))
        .collect()
}

/// Nothing that a container says can be relied on: a patch that is not applied may change it.
pub(super) fn doubt(own: &mut ContainerSpec) {
    let words = [&mut own.entrypoint, &mut own.arguments]
        .into_iter()
        .flatten()
        .flatten();
    let values = own.environment.iter_mut().map(|(_, value)| value);
    for text in words.chain(values).chain(&mut own.image) {
        text.unknown = true;
    }
    own.more_environment = true;
}

fn container(config_maps: &ConfigMaps<'_>, document: &Document, item: At<'_>) -> ContainerSpec {
    let (environment, more_environment) = environment(config_maps, document, item);
    let is_shell = ["command", "args"]
        .into_iter()
        .filter_map(|key| item.child(key)?.items().next()?.text())
        .any(|word| matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash" | "zsh")));
    let words = |key: &str| {
        let list = item.child(key)?;
        let word = |word| {
            let mut own = text::plain(word);
            // `${VAR}` in a script is the shell's to resolve; elsewhere only a template leaves it there.
            own.unknown &= !(is_shell && matches!(text::holes(word), Holes::Variables));
            text::with_references(own, &environment)
        };
        list.is_list().then(|| list.items().map(word).collect::<Vec<_>>())
    };
    let port = |port: At<'_>| {
        let number = port.child("containerPort")?;
        Some(DeclaredPort {
            number: number.text()?.parse().ok()?,
            name: port.scalar("name").map(Arc::from),
            span: number.word_span_at(0),
        })
    };
    let name = item.child("name");
    ContainerSpec {
        name: name.and_then(At::text).unwrap_or_default().into(),
        image: item.child("image").map(text::plain),
        built: None,
        dockerfile: None,
        building: Building::default(),
        entrypoint: words("command"),
        arguments: words("args"),
        shell: false,
        mounts: Vec::new(),
        ports: item
            .child("ports")
            .into_iter()
            .flat_map(At::items)
            .filter_map(port)
            .collect(),
        working_dir: item.scalar("workingDir").map(Arc::from),
        span: name.map_or_else(|| item.head(), |name| name.word_span_at(0)),
        environment,
        more_environment,
    }
}

/// The variables that are written out, those of ConfigMaps first, and whether there are more.
fn environment(config_maps: &ConfigMaps<'_>, document: &Document, item: At<'_>) -> (Vec<(Arc<str>, Text)>, bool) {
    let mut found: Vec<(Arc<str>, Text)> = Vec::new();
    let mut more = false;
    for from in item.child("envFrom").into_iter().flat_map(At::items) {
        let prefix = from.scalar("prefix").unwrap_or_default();
        let map = from
            .scalar("configMapRef.name")
            .and_then(|name| config_maps.referenced(document, name));
        let Some(map) = map else {
            more = true;
            continue;
        };
        more |= map.doubt("data").is_some();
        for entry in map.at().child("data").map(At::entries).unwrap_or_default() {
            found.push((format!("{prefix}{}", entry.name()).into(), value(map, entry)));
        }
    }
    for variable in item.child("env").into_iter().flat_map(At::items) {
        let Some(name) = variable.scalar("name") else { continue };
        let own = match (variable.child("value"), variable.get("valueFrom.configMapKeyRef")) {
            (Some(value), _) => text::with_references(text::plain(value), &found),
            (None, Some(reference)) => {
                let map = reference
                    .scalar("name")
                    .and_then(|name| config_maps.referenced(document, name));
                let entry = map.and_then(|map| {
                    let entry = map.at().child("data")?.child(reference.scalar("key")?)?;
                    Some(value(map, entry))
                });
                entry.unwrap_or_else(|| text::unknown(reference.head()))
            }
            (None, None) if variable.child("valueFrom").is_some() => text::unknown(variable.head()),
            // No value at all is the empty string.
            (None, None) => Text {
                text: "".into(),
                span: variable.head(),
                unknown: false,
            },
        };
        found.push((name.into(), own));
    }
    (found, more)
}

fn value(map: &Document, entry: At<'_>) -> Text {
    let mut text = text::plain(entry);
    let is_file = map.generated.iter().any(|(key, _)| key == entry.name());
    text.unknown |= is_file || map.doubt(&format!("data.{}", entry.name())).is_some();
    text
}

/// Where the pod's specification stands in a kind of workload.
pub(in crate::environment) fn pod_spec_path(kind: &str) -> Option<&'static str> {
    match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" | "Rollout" => {
            Some("spec.template.spec")
        }
        "Pod" => Some("spec"),
        "CronJob" => Some("spec.jobTemplate.spec.template.spec"),
        _ => None,
    }
}
