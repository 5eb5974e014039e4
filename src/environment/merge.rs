//! Strategic merge of a Kubernetes object and a patch, as kustomize and the API server do it. Every node of the result
//! keeps the file it came from.

use std::collections::{HashMap, HashSet};

use crate::repo::Source;
use crate::syntax::{At, NodeId, Shape, Tree, TreeBuilder};

/// How many nodes a merged document may have: aliases can stand for far more than is written.
pub(super) const MOST_NODES: usize = 200_000;
/// How deep a merge follows maps and lists.
pub(super) const DEEPEST: usize = 256;

/// The one document of a merged tree.
pub fn merged_document(tree: &Tree) -> NodeId {
    tree.root().children().next().map_or(NodeId::ROOT, At::id)
}

/// A tree to merge into, whose first text is that of `first`, the file a person thinks of first.
pub(super) fn builder(first: &Source, like: At<'_>) -> TreeBuilder {
    let holes = like.tree().holes().iter().copied();
    let holes = holes.filter(|hole| hole.source == first.id).collect();
    TreeBuilder::new(first.id, first.text.clone(), holes, Shape::List)
}

/// Whether a node is YAML's null.
pub(super) fn is_null(at: At<'_>) -> bool {
    at.shape() == Shape::Leaf && at.words().is_empty()
}

/// `base` with `patch` merged into it, as the only document of a new tree. `first` is the file that `base` starts from.
/// `None` when the result would be larger or deeper than any object is.
///
/// Patched entries stay where they are and new ones follow, where kustomize puts new list items first: nothing here
/// depends on the order.
pub fn strategic(first: &Source, base: At<'_>, patch: At<'_>) -> Option<Tree> {
    let mut merge = Merge {
        out: builder(first, base),
        left: MOST_NODES,
        keyed: is_built_in(base.scalar("apiVersion").unwrap_or_default()),
        service: base.scalar("kind") == Some("Service"),
    };
    merge.map(base, patch, "", None, DEEPEST)?;
    Some(merge.out.finish())
}

/// Lists have merge keys only in types that the API server itself knows; those of custom resources are replaced.
fn is_built_in(api_version: &str) -> bool {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    !group.contains('.') || (group.ends_with(".k8s.io") && !group.starts_with("gateway."))
}

enum Directive {
    Merge,
    Replace,
    Delete,
}

fn directive(patch: At<'_>) -> Directive {
    if !patch.is_map() {
        return Directive::Merge;
    }
    match patch.scalar("$patch") {
        Some("replace") => Directive::Replace,
        Some("delete") => Directive::Delete,
        _ => Directive::Merge,
    }
}

/// Entries that speak to the merge and are not part of the result.
fn is_instruction(name: &str) -> bool {
    name.starts_with('$')
        && (matches!(name, "$patch" | "$retainKeys")
            || name.starts_with("$setElementOrder/")
            || name.starts_with("$deleteFromPrimitiveList/"))
}

struct Merge {
    out: TreeBuilder,
    left: usize,
    /// Whether lists of maps have merge keys.
    keyed: bool,
    service: bool,
}

impl Merge {
    fn open(&mut self, like: At<'_>) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        self.out.open_like(like);
        Some(())
    }

    fn copy(&mut self, at: At<'_>) -> Option<()> {
        self.out.copy(at, &mut self.left);
        (self.left > 0).then_some(())
    }

    /// Merges two maps; `kept` is the entry by which both were matched, which stays the base's.
    fn map(&mut self, base: At<'_>, patch: At<'_>, within: &str, kept: Option<&str>, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        self.open(base)?;
        let additions = patch.entries();
        let by_name: HashMap<&str, At<'_>> = additions.iter().map(|entry| (entry.name(), *entry)).collect();
        let mut seen = HashSet::new();
        for entry in base.entries() {
            let name = entry.name();
            seen.insert(name);
            match by_name.get(name) {
                Some(over) if kept != Some(name) => self.entry(entry, *over, within, depth)?,
                _ => self.copy(entry)?,
            }
        }
        for over in additions {
            if !seen.contains(over.name()) {
                self.added(over, depth)?;
            }
        }
        self.out.close(base.span().end);
        Some(())
    }

    fn entry(&mut self, base: At<'_>, patch: At<'_>, within: &str, depth: usize) -> Option<()> {
        if is_null(patch) {
            return Some(());
        }
        match directive(patch) {
            Directive::Delete => return Some(()),
            Directive::Replace => return self.added(patch, depth),
            Directive::Merge => {}
        }
        if base.is_map() && patch.is_map() {
            return self.map(base, patch, base.name(), None, depth);
        }
        if base.is_list()
            && patch.is_list()
            && let Some(key) = self.merge_key(base.name(), within)
        {
            return self.list(base, patch, key, depth);
        }
        self.added(patch, depth)
    }

    /// What a patch adds or puts in place of something: without its instructions and without nulls.
    fn added(&mut self, patch: At<'_>, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        if matches!(directive(patch), Directive::Delete) {
            return Some(());
        }
        self.open(patch)?;
        let in_map = patch.is_map();
        for child in patch.entries() {
            let is_gone = in_map && (is_instruction(child.name()) || is_null(child));
            let only_instructs = !in_map
                && child.children().next().is_some()
                && child.children().all(|entry| is_instruction(entry.name()));
            if !(is_gone || only_instructs) {
                self.added(child, depth)?;
            }
        }
        self.out.close(patch.span().end);
        Some(())
    }

    fn list(&mut self, base: At<'_>, patch: At<'_>, key: &[&str], depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let changes: Vec<At<'_>> = patch.items().collect();
        if changes
            .iter()
            .any(|item| matches!(directive(*item), Directive::Replace) && item.child(key[0]).is_none())
        {
            return self.added(patch, depth);
        }
        let mut by_key: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, item) in changes.iter().enumerate() {
            if let Some(value) = item.scalar(key[0]) {
                by_key.entry(value).or_default().push(at);
            }
        }
        let change_of = |item: At<'_>| {
            let candidates = by_key.get(item.scalar(key[0])?)?;
            candidates
                .iter()
                .copied()
                .find(|at| same_rest(item, changes[*at], &key[1..]))
        };
        let stays = |item| change_of(item).is_none_or(|at| matches!(directive(changes[at]), Directive::Merge));
        if !base.items().any(stays) {
            // Nothing of the base is left: the list stands in the patch.
            return self.added(patch, depth);
        }
        let mut used = HashSet::new();
        self.open(base)?;
        for item in base.items() {
            let Some(change) = change_of(item) else {
                self.copy(item)?;
                continue;
            };
            used.insert(change);
            match directive(changes[change]) {
                Directive::Delete => {}
                Directive::Replace => self.added(changes[change], depth)?,
                Directive::Merge => self.map(item, changes[change], base.name(), Some(key[0]), depth)?,
            }
        }
        for (at, item) in changes.iter().enumerate() {
            if !used.contains(&at) {
                self.added(*item, depth)?;
            }
        }
        self.out.close(base.span().end);
        Some(())
    }

    /// The entry by which items of a list are matched; entries after the first count only where both sides write them.
    fn merge_key(&self, list: &str, within: &str) -> Option<&'static [&'static str]> {
        if !self.keyed {
            return None;
        }
        match list {
            "containers"
            | "initContainers"
            | "ephemeralContainers"
            | "volumes"
            | "env"
            | "imagePullSecrets"
            | "secrets" => Some(&["name"]),
            "volumeMounts" => Some(&["mountPath"]),
            "volumeDevices" => Some(&["devicePath"]),
            "hostAliases" => Some(&["ip"]),
            "topologySpreadConstraints" => Some(&["topologyKey"]),
            "ports" if within.ends_with("ontainers") => Some(&["containerPort", "protocol"]),
            "ports" if within == "spec" && self.service => Some(&["port", "protocol"]),
            _ => None,
        }
    }
}

fn same_rest(base: At<'_>, patch: At<'_>, keys: &[&str]) -> bool {
    keys.iter().all(|key| match (base.scalar(key), patch.scalar(key)) {
        (Some(base), Some(patch)) => base == patch,
        _ => true,
    })
}
