//! Where Envoys are: in containers, by the file their command names, and in files that no container mounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::lower;
use super::resources::{Files, Resources, is_bootstrap};
use crate::dialect::estate::Context;
use crate::dialect::join::{Estate, Gateway, Listen, Socket};
use crate::environment::pods::Placed;
use crate::environment::{ContainerSpec, Role, folder_of, join};
use crate::expand::cache::Language;
use crate::expand::{ContainerFiles, SeenFile};
use crate::model::field::{gateway, process, socket};
use crate::model::{Doubt, Entity, Kind, Known, Version};
use crate::repo::{Source, SourceId, Span, claim};
use crate::syntax::Tree;

/// What a container runs when nothing else is said (the image's own command).
const DEFAULT_PATH: &str = "/etc/envoy/envoy.yaml";

/// Lowers the Envoy of a container, if it runs one whose bootstrap is in the repository.
pub fn container(
    estate: &mut Estate,
    context: &Context<'_>,
    placed: &Placed,
    files: &ContainerFiles,
    at: usize,
) -> bool {
    let spec = &placed.spec;
    if !runs(spec) {
        return false;
    }
    let words = words(spec);
    let own_files = files.files.iter().filter(|file| claim::is_envoy(&file.source.text));
    let mut candidates = own_files.filter(|file| is_whole(&tree(context, &file.source)));
    let mounted = candidates.next().filter(|_| candidates.next().is_none());
    let named = option(&words);
    let path = named.as_deref().unwrap_or(DEFAULT_PATH);
    let file = files.get(path).or(mounted.filter(|_| files.doubt(path).is_none()));
    let Some(file) = file.filter(|file| claim::is_envoy(&file.source.text)) else {
        return false;
    };
    let bootstrap = tree(context, &file.source);
    if !bootstrap.problems.is_empty() {
        return false;
    }
    let lookup = |path: &str| files.get(path).map(|file| tree(context, &file.source));
    let resources = Resources::of_bootstrap(&bootstrap, &lookup);
    let stated = context.versions.get("envoy").cloned();
    let version = stated.or_else(|| Version::of_image(&spec.image.as_ref().filter(|_| is_image(spec))?.text));
    let whole = resources.more_listeners.is_none();
    let place = Place {
        container: Some(at),
        label: estate.containers[at].name.clone(),
        namespace: placed.namespace.clone(),
        folder: estate.containers[at].folder.clone(),
    };
    let done = gateway(estate, &bootstrap, resources, &lookup, version.as_ref(), place);
    process_of(estate, at, spec.span, &done, whole, version.as_ref());
    true
}

fn is_image(spec: &ContainerSpec) -> bool {
    spec.built.is_none() && matches!(spec.image_name(), Some("envoy" | "envoy-alpine" | "envoy-distroless"))
}

/// Whether a container runs Envoy: by its image, a name that says so, or its command.
fn runs(spec: &ContainerSpec) -> bool {
    let named = |name: Option<&str>| name.is_some_and(|name| name.contains("envoy"));
    let is_program = |word: &String| word.rsplit('/').next() == Some("envoy");
    named(spec.image_name()) || (spec.image.is_none() && named(Some(&*spec.name))) || words(spec).iter().any(is_program)
}

/// Whether a file is Envoy's, but the container that sees it runs something else.
pub fn is_anothers(spec: &ContainerSpec, seen: &SeenFile) -> bool {
    let name = seen.path.trim_end_matches(".tmpl");
    [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending))
        && !runs(spec)
        && claim::is_envoy(&seen.source.text)
}

/// The words of a container's command.
fn words(spec: &ContainerSpec) -> Vec<String> {
    let texts = spec.entrypoint.iter().chain(&spec.arguments).flatten();
    texts
        .flat_map(|text| text.text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// The file `-c` or `--config-path` names; `sh -c` has the same letter.
fn option(words: &[String]) -> Option<String> {
    let mut before = "";
    for (at, word) in words.iter().enumerate() {
        if let Some(path) = word.strip_prefix("--config-path=") {
            return Some(path.to_owned());
        }
        let shell = before.ends_with("sh");
        if (word == "-c" && !shell) || word == "--config-path" {
            return words.get(at + 1).cloned();
        }
        before = word;
    }
    None
}

/// The tree of a source: the file's own where it was read as Envoy's, else made once.
fn tree(context: &Context<'_>, source: &Arc<Source>) -> Arc<Tree> {
    let file = context.repository.get(&source.path);
    let file = file.filter(|file| file.source.id == source.id && file.role == Role::Envoy);
    match file.and_then(|file| file.tree.clone()) {
        Some(tree) => tree,
        None => context.cache.tree(source, Language::Yaml),
    }
}

fn is_whole(tree: &Tree) -> bool {
    tree.root().items().any(is_bootstrap)
}

/// Lowers the files of an environment that no container mounts: bootstraps with what they name, and the rest by folder.
pub fn loose(estate: &mut Estate, context: &Context<'_>, files: &[usize]) {
    let own = files.iter().map(|at| &context.repository.files()[*at]);
    let own = own.filter(|file| file.role == Role::Envoy && !context.mounted.contains(&file.source.id));
    let read: Vec<_> = own
        .filter_map(|file| {
            let tree = file.tree.clone()?;
            tree.problems.is_empty().then_some((file, tree))
        })
        .collect();
    let version = context.versions.get("envoy");
    let mut named: Vec<SourceId> = Vec::new();
    for (file, bootstrap) in read.iter().filter(|(_, tree)| is_whole(tree)) {
        let folder = folder_of(&file.path);
        let seen = std::cell::RefCell::new(Vec::new());
        let lookup = |path: &str| {
            let found = nearby(context, folder, path)?;
            seen.borrow_mut().push(found.source());
            Some(found)
        };
        let resources = Resources::of_bootstrap(bootstrap, &lookup);
        let place = Place {
            container: None,
            label: file.path.clone(),
            namespace: Arc::from(""),
            folder: Arc::from(folder),
        };
        gateway(estate, bootstrap, resources, &lookup, version, place);
        named.extend(seen.into_inner());
    }
    let mut rest: BTreeMap<&str, Vec<&Arc<Tree>>> = BTreeMap::new();
    for (file, tree) in &read {
        if !is_whole(tree) && !named.contains(&tree.source()) {
            rest.entry(folder_of(&file.path)).or_default().push(tree);
        }
    }
    for (folder, trees) in rest {
        let trees: Vec<Arc<Tree>> = trees.into_iter().cloned().collect();
        let resources = Resources::of_files(&trees);
        if resources.listeners.is_empty() && resources.routes.is_empty() {
            continue;
        }
        let place = Place {
            container: None,
            label: context.sources.get(trees[0].source()).path.clone(),
            namespace: Arc::from(""),
            folder: Arc::from(folder),
        };
        gateway(estate, &trees[0], resources, &|_| None, version, place);
    }
}

/// A file as a bootstrap of the repository names it: under its folder or one around it, by as much of the path as fits;
/// else the only file of that name below.
fn nearby(context: &Context<'_>, folder: &str, path: &str) -> Option<Arc<Tree>> {
    let relative = path.trim_start_matches('/');
    let cuts = std::iter::once(0).chain(relative.match_indices('/').map(|(at, _)| at + 1));
    let tails: Vec<&str> = cuts.map(|cut| &relative[cut..]).collect();
    let mut around = folder;
    for _ in 0..3 {
        for tail in &tails {
            let file = join(around, tail).and_then(|path| context.repository.get(&path));
            if let Some(file) = file.filter(|file| file.role == Role::Envoy) {
                return file.tree.clone();
            }
        }
        if around.is_empty() {
            break;
        }
        around = folder_of(around);
    }
    let name = tails.last()?;
    let below = context.repository.under(folder).iter();
    let mut below = below.filter(|file| file.role == Role::Envoy && file.path.rsplit('/').next() == Some(name));
    let found = below.next()?;
    below.next().is_none().then(|| found.tree.clone())?
}

/// Where a gateway runs.
struct Place {
    container: Option<usize>,
    label: Arc<str>,
    namespace: Arc<str>,
    folder: Arc<str>,
}

fn gateway(
    estate: &mut Estate,
    tree: &Arc<Tree>,
    resources: Resources,
    files: Files<'_>,
    version: Option<&Version>,
    place: Place,
) -> lower::Lowered {
    let span = tree.root().head();
    let label = format!("envoy {}", place.label);
    let mut entity = Entity::new(Kind::Gateway, label.clone(), span);
    entity.set(gateway::NAME, place.label, span);
    entity.set(gateway::PRODUCT, Arc::from("envoy"), span);
    if let Some(version) = version {
        entity.set(gateway::VERSION, Arc::from(version.to_string()), span);
    }
    entity.link(
        "container",
        match place.container {
            Some(at) => Known::Is(estate.containers[at].id),
            None => Known::Unknown(Doubt::at("no container mounts the file", span)),
        },
    );
    let id = estate.model.add(entity);
    let mut done = lower::lower(&mut estate.model, resources, files, version, &label);
    estate.gateways.push(Gateway {
        id,
        product: "envoy",
        container: place.container,
        to_endpoints: false,
        unplaced: place.container.is_none(),
        namespace: place.namespace,
        folder: place.folder,
        routes: std::mem::take(&mut done.routes),
        listens: done.listens.iter().map(|(listen, _)| listen.clone()).collect(),
    });
    done
}

/// The process of the container, which listens where its listeners say.
fn process_of(
    estate: &mut Estate,
    at: usize,
    span: Span,
    done: &lower::Lowered,
    whole: bool,
    version: Option<&Version>,
) {
    let mut entity = Entity::new(Kind::Process, estate.containers[at].name.clone(), span);
    entity.set(process::NAME, Arc::from("envoy"), span);
    if let Some(version) = version {
        entity.set(process::VERSION, Arc::from(version.to_string()), span);
    }
    entity.set(process::KEEPS_CONNECTIONS, true, span);
    if let Some((time, at)) = done.keepalive {
        entity.set(process::KEEPALIVE_TIMEOUT, time, at);
    }
    let mut sockets: Vec<Socket> = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for (listen, tls) in &done.listens {
        if !words.contains(&&*listen.text) {
            words.push(&listen.text);
            sockets.push(socket_of(estate, listen, *tls));
        }
    }
    let first = done.listens.first().map_or(span, |(listen, _)| listen.span);
    if whole {
        entity.set(process::SOCKETS, Arc::from(words.join(", ")), first);
        entity.set(
            process::LISTENS_TCP,
            sockets.iter().any(|socket| socket.path.is_none()),
            first,
        );
        entity.set(
            process::LISTENS_UNIX,
            sockets.iter().any(|socket| socket.path.is_some()),
            first,
        );
    }
    let id = estate.model.add(entity);
    let container = &mut estate.containers[at];
    container.process = Known::Is(id);
    container.sockets = if whole {
        Known::Is(sockets)
    } else {
        Known::Unknown(Doubt::at("listeners also come from elsewhere", span))
    };
}

fn socket_of(estate: &mut Estate, listen: &Listen, tls: bool) -> Socket {
    let mut entity = Entity::new(Kind::Socket, format!("envoy {}", listen.text), listen.span);
    entity.set(socket::ADDRESS, listen.text.clone(), listen.span);
    if let Some(port) = listen.port {
        entity.set(socket::PORT, i64::from(port), listen.span);
    }
    if let Some(path) = &listen.socket {
        entity.set(socket::PATH, path.clone(), listen.span);
    }
    entity.set(socket::LOOPBACK, listen.loopback, listen.span);
    let speaks = if tls { "https" } else { "h2c" };
    entity.set(socket::SPEAKS, Arc::from(speaks), listen.span);
    Socket {
        id: estate.model.add(entity),
        port: listen.port.map_or(Known::Absent, Known::Is),
        path: listen.socket.clone(),
        loopback: listen.loopback,
    }
}
