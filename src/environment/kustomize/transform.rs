//! Namespace, prefix and suffix, labels, images and replicas. Those that change fields become a patch that stands in the
//! kustomization, so that a changed value points there.

use std::sync::Arc;

use crate::environment::document::Document;
use crate::environment::pods::kubernetes::pod_spec_path;
use crate::environment::repository::Repository;
use crate::repo::Span;
use crate::syntax::{At, Problem, ProblemKind, Shape, Style, TreeBuilder, Word};

use super::built::Built;
use super::kustomization::{Kustomization, doubt_in, listed};
use super::patch::merge_into;

/// Kubernetes refuses longer names of objects, and far shorter values of labels.
const LONGEST_NAME: usize = 253;

/// Applies what a kustomization says about all its objects.
pub(super) fn apply(repository: &Repository, own: &Kustomization<'_>, built: &mut Built) {
    let fits = |key: &str| own.at.scalar(key).filter(|text| text.len() <= LONGEST_NAME);
    let namespace: Option<Arc<str>> = fits("namespace").map(Arc::from);
    let prefix = fits("namePrefix").unwrap_or_default();
    let suffix = fits("nameSuffix").unwrap_or_default();
    let changes = Changes::of(own.at);
    for document in &mut built.documents {
        if !changes.is_empty() {
            change(repository, own, &changes, document);
        }
        if let Some(namespace) = namespace.as_ref().filter(|_| is_namespaced(&document.kind)) {
            document.namespace = namespace.clone();
        }
        let is_named = !matches!(&*document.kind, "CustomResourceDefinition" | "APIService" | "Namespace");
        if !is_named || prefix.is_empty() && suffix.is_empty() {
            continue;
        }
        if prefix.len() + document.name.len() + suffix.len() > LONGEST_NAME {
            let doubt = doubt_in("a prefix or suffix that makes names too long", own, own.at.head());
            document.doubts.push((String::new(), doubt));
        } else {
            let (before, after) = &document.affixes;
            document.affixes = (format!("{prefix}{before}").into(), format!("{after}{suffix}").into());
            document.name = format!("{prefix}{}{suffix}", document.name).into();
        }
    }
}

/// Names and values in a kustomization that are longer than Kubernetes takes. They are not applied: each would be written into
/// every object.
pub(in crate::environment) fn overlong(root: At<'_>) -> Vec<Problem> {
    let own = ["namePrefix", "nameSuffix", "namespace"].map(|key| root.child(key));
    let pairs = listed(root, &["labels"]).filter_map(|entry| entry.child("pairs"));
    let labels = pairs.chain(root.child("commonLabels")).flat_map(At::entries);
    let all = own.into_iter().flatten().chain(labels).filter(|at| is_overlong(*at));
    let problem = |at: At<'_>| Problem {
        span: at.word_span_at(0),
        kind: ProblemKind::Skipped,
        other: None,
        message: format!(
            "{:.60} has {} bytes, and Kubernetes takes at most {LONGEST_NAME} for a name: it is not applied",
            at.name(),
            at.text().map_or(0, str::len).max(at.name().len())
        ),
    };
    all.map(problem).collect()
}

fn is_overlong(at: At<'_>) -> bool {
    at.name().len() > 2 * LONGEST_NAME || at.text().is_some_and(|text| text.len() > LONGEST_NAME)
}

/// What a deployer's own namespace does: to all objects, or to those that write none.
pub(super) fn default_namespace(documents: &mut [Document], namespace: &str, forced: bool) {
    let namespace: Arc<str> = namespace.into();
    for document in documents {
        if (forced || document.namespace.is_empty()) && is_namespaced(&document.kind) {
            document.namespace = namespace.clone();
        }
    }
}

fn is_namespaced(kind: &str) -> bool {
    !kind.starts_with("Cluster")
        && !kind.ends_with("WebhookConfiguration")
        && !matches!(
            kind,
            "Namespace"
                | "CustomResourceDefinition"
                | "APIService"
                | "PersistentVolume"
                | "StorageClass"
                | "IngressClass"
                | "GatewayClass"
                | "PriorityClass"
                | "RuntimeClass"
                | "Node"
                | "CSIDriver"
                | "PodSecurityPolicy"
        )
}

/// The entries of a kustomization that change fields.
struct Changes<'t> {
    /// Key, value, whether selectors get it, whether pods get it.
    labels: Vec<(At<'t>, bool, bool)>,
    images: Vec<At<'t>>,
    replicas: Vec<At<'t>>,
}

impl<'t> Changes<'t> {
    fn of(at: At<'t>) -> Self {
        let mut labels = Vec::new();
        for entry in listed(at, &["labels"]) {
            let is_set = |key: &str| entry.scalar(key) == Some("true");
            let (selectors, templates) = (is_set("includeSelectors"), is_set("includeTemplates"));
            for pair in entry.child("pairs").map(At::entries).unwrap_or_default() {
                labels.push((pair, selectors, selectors || templates));
            }
        }
        for pair in at.child("commonLabels").map(At::entries).unwrap_or_default() {
            labels.push((pair, true, true));
        }
        labels.retain(|(pair, ..)| !is_overlong(*pair));
        Self {
            labels,
            images: listed(at, &["images"]).collect(),
            replicas: listed(at, &["replicas"]).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.images.is_empty() && self.replicas.is_empty()
    }
}

fn change(repository: &Repository, own: &Kustomization<'_>, changes: &Changes<'_>, document: &mut Document) {
    let Some(file) = repository.files().get(own.file) else {
        return;
    };
    let mut edits = Vec::new();
    let pods = pod_spec_path(&document.kind);
    changes.labels(document, pods, &mut edits);
    changes.replicas(document, &mut edits);
    if let Some(pods) = pods {
        changes.images(document, pods, &mut edits);
    }
    if edits.is_empty() {
        return;
    }
    edits.sort_by(|one, other| one.path.cmp(&other.path));
    let holes = own.at.tree().holes().to_vec();
    let mut out = TreeBuilder::new(file.source.id, file.source.text.clone(), holes, Shape::List);
    out.open(None, Shape::Map, own.at.span().start);
    write(&mut out, &edits, 0);
    let tree = out.finish();
    if let Some(content) = tree.root().items().next() {
        let doubt = || doubt_in("the list of images, labels or replicas", own, own.at.head());
        merge_into(repository, document, content, doubt);
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    /// The item of a list that has this name.
    Item(String),
}

/// A field that gets a value, and what a person edits to change it.
struct Edit {
    path: Vec<Step>,
    text: String,
    at: Span,
}

impl Edit {
    fn new<'p>(path: impl Iterator<Item = &'p str>, text: &str, at: Span) -> Self {
        Self {
            path: path.map(|name| Step::Key(name.to_owned())).collect(),
            text: text.to_owned(),
            at,
        }
    }
}

/// Writes edits, sorted by path, as one patch.
fn write(out: &mut TreeBuilder, edits: &[Edit], depth: usize) {
    for group in edits.chunk_by(|one, other| one.path.get(depth) == other.path.get(depth)) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let at = last.at;
        let word = |text: &str| Word::decoded(at.start, at.end, Style::Plain, text);
        let shape = match first.path.get(depth + 1) {
            None => Shape::Leaf,
            Some(Step::Key(_)) => Shape::Map,
            Some(Step::Item(_)) => Shape::List,
        };
        match first.path.get(depth) {
            None => {}
            Some(Step::Key(name)) => {
                out.open(Some(word(name)), shape, at.start);
            }
            Some(Step::Item(name)) => {
                out.open(None, shape, at.start);
                out.open(Some(word("name")), Shape::Leaf, at.start);
                out.word(word(name));
                out.close(at.end);
            }
        }
        match shape {
            Shape::Leaf => out.word(word(&last.text)),
            _ => write(out, group, depth + 1),
        }
        out.close(at.end);
    }
}

impl Changes<'_> {
    fn labels(&self, document: &Document, pods: Option<&str>, edits: &mut Vec<Edit>) {
        let template = pods
            .and_then(|pods| pods.strip_suffix("spec"))
            .filter(|path| !path.is_empty());
        let template = template.map(|path| format!("{path}metadata.labels"));
        let selector = match &*document.kind {
            "Service" => Some("spec.selector"),
            // Jobs get their selector from the controller.
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => Some("spec.selector.matchLabels"),
            _ => None,
        };
        for (pair, selectors, templates) in &self.labels {
            let Some(value) = pair.text() else { continue };
            let places = [
                Some("metadata.labels"),
                selector.filter(|_| *selectors),
                template.as_deref().filter(|_| *templates),
            ];
            for path in places.into_iter().flatten() {
                edits.push(Edit::new(
                    path.split('.').chain([pair.name()]),
                    value,
                    pair.word_span_at(0),
                ));
            }
        }
    }

    fn replicas(&self, document: &Document, edits: &mut Vec<Edit>) {
        if !matches!(
            &*document.kind,
            "Deployment" | "ReplicaSet" | "ReplicationController" | "StatefulSet"
        ) {
            return;
        }
        let written = document.at().scalar("metadata.name");
        for entry in &self.replicas {
            let name = entry.scalar("name");
            let is_own = name.is_some() && (name == written || name == Some(&*document.name));
            if let Some(count) = entry.child("count").filter(|_| is_own)
                && let Some(text) = count.text()
            {
                edits.push(Edit::new(["spec", "replicas"].into_iter(), text, count.word_span_at(0)));
            }
        }
    }

    fn images(&self, document: &Document, pods: &str, edits: &mut Vec<Edit>) {
        let Some(spec) = document.at().get(pods) else { return };
        for list in ["containers", "initContainers"] {
            for container in spec.child(list).into_iter().flat_map(At::items) {
                let (Some(name), Some(image)) = (container.scalar("name"), container.scalar("image")) else {
                    continue;
                };
                let Some((text, at)) = replaced(image, &self.images) else {
                    continue;
                };
                let mut edit = Edit::new(pods.split('.').chain([list]), &text, at);
                edit.path
                    .extend([Step::Item(name.to_owned()), Step::Key("image".to_owned())]);
                edits.push(edit);
            }
        }
    }
}

/// An image after the list of images, and what a person edits to change it.
fn replaced(image: &str, images: &[At<'_>]) -> Option<(String, Span)> {
    let (mut name, mut tag, mut digest) = parts(image);
    let mut place = None;
    for entry in images {
        if entry.scalar("name") != Some(name) {
            continue;
        }
        let (new_name, new_tag, new_digest) = (entry.child("newName"), entry.child("newTag"), entry.child("digest"));
        if let Some(text) = new_name.and_then(At::text) {
            name = text;
        }
        if let Some(text) = new_tag.and_then(At::text) {
            (tag, digest) = (Some(text), None);
        }
        if let Some(text) = new_digest.and_then(At::text) {
            (tag, digest) = (None, Some(text));
        }
        place = new_digest
            .or(new_tag)
            .or(new_name)
            .map(|at| at.word_span_at(0))
            .or(place);
    }
    let mut text = name.to_owned();
    for (mark, part) in [(':', tag), ('@', digest)] {
        if let Some(part) = part {
            text.push(mark);
            text.push_str(part);
        }
    }
    place.map(|place| (text, place))
}

fn parts(image: &str) -> (&str, Option<&str>, Option<&str>) {
    let (rest, digest) = image
        .split_once('@')
        .map_or((image, None), |(rest, digest)| (rest, Some(digest)));
    match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag), digest),
        _ => (rest, None, digest),
    }
}
