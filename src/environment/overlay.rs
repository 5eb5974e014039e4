//! Merging compose files, as `docker compose -f base -f overlay` does. Every node of the result keeps the file it came
//! from.

use std::collections::{HashMap, HashSet};

use crate::repo::Source;
use crate::syntax::{At, Shape, Tree, TreeBuilder};

use super::merge::{DEEPEST, MOST_NODES, builder, is_null};
use super::written::colon_parts;

/// `base` with `overlay` laid over it, as the only document of a new tree. `first` is the file that `base` starts from.
/// `None` when the result would be larger or deeper than any project is.
///
/// Where one side writes a map and the other a list (`environment`), the result has the shape of the base and holds
/// entries of both forms.
pub fn compose(first: &Source, base: At<'_>, overlay: At<'_>) -> Option<Tree> {
    let mut merge = Merge {
        out: builder(first, base),
        left: MOST_NODES,
    };
    merge.map(base, base, overlay, &mut Vec::new())?;
    Some(merge.out.finish())
}

/// The service `own` on top of the service `base` it extends, as the only document of a new tree.
pub(super) fn extend(first: &Source, base: At<'_>, own: At<'_>) -> Option<Tree> {
    let mut merge = Merge {
        out: builder(first, own),
        left: MOST_NODES,
    };
    merge.map(own, base, own, &mut vec!["services", own.name()])?;
    Some(merge.out.finish())
}

/// `root` with some services replaced by others, as the only document of a new tree.
pub(super) fn with_services(first: &Source, root: At<'_>, services: &HashMap<&str, At<'_>>) -> Option<Tree> {
    let mut out = builder(first, root);
    let mut left = MOST_NODES;
    out.open_like(root);
    for entry in root.entries() {
        if entry.name() != "services" {
            out.copy(entry, &mut left);
            continue;
        }
        out.open_like(entry);
        for service in entry.entries() {
            out.copy(services.get(service.name()).copied().unwrap_or(service), &mut left);
        }
        out.close(entry.span().end);
    }
    out.close(root.span().end);
    (left > 0).then(|| out.finish())
}

/// How two values of one key come together.
enum Rule {
    /// Maps entry by entry, lists one after the other, scalars by the overlay's.
    Deep,
    /// By the overlay's.
    Replace,
    /// A scalar counts as a list of one; lists one after the other.
    Append,
    /// Item by item, matched by what this gives for it.
    By(fn(At<'_>) -> &str),
}

fn rule(path: &[&str]) -> Rule {
    match path {
        ["services", _, "command" | "entrypoint"] | ["services", _, "healthcheck", "test"] => Rule::Replace,
        ["services", _, "environment" | "labels" | "annotations" | "sysctls"]
        | ["services", _, "build", "args" | "labels" | "additional_contexts"]
        | ["services", _, "deploy", "labels"] => Rule::By(variable),
        ["services", _, "extra_hosts"] | ["services", _, "build", "extra_hosts"] => Rule::By(host),
        ["services", _, "volumes" | "devices"] => Rule::By(container_path),
        ["services", _, "configs" | "secrets"] => Rule::By(target),
        ["services", _, "networks" | "depends_on"] => Rule::By(named),
        [
            "services",
            _,
            "dns" | "dns_opt" | "dns_search" | "env_file" | "tmpfs" | "ports" | "expose",
        ]
        | ["services", _, "external_links" | "links"] => Rule::Append,
        _ => Rule::Deep,
    }
}

fn variable(item: At<'_>) -> &str {
    match item.name() {
        "" => item.text().map_or("", |text| text.split('=').next().unwrap_or(text)),
        name => name,
    }
}

fn host(item: At<'_>) -> &str {
    match item.name() {
        "" => item
            .text()
            .map_or("", |text| text.split(['=', ':']).next().unwrap_or(text)),
        name => name,
    }
}

fn named(item: At<'_>) -> &str {
    match item.name() {
        "" => item.text().unwrap_or_default(),
        name => name,
    }
}

fn target(item: At<'_>) -> &str {
    match item.is_map() {
        true => item
            .scalar("target")
            .or_else(|| item.scalar("source"))
            .unwrap_or_default(),
        false => item.text().unwrap_or_default(),
    }
}

fn container_path(item: At<'_>) -> &str {
    if item.is_map() {
        return item.scalar("target").unwrap_or_default();
    }
    let text = item.text().unwrap_or_default();
    let parts = colon_parts(text);
    let part = parts.get(1).or(parts.first()).cloned();
    part.and_then(|part| text.get(part)).unwrap_or_default()
}

struct Merge {
    out: TreeBuilder,
    left: usize,
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

    fn map<'t>(&mut self, like: At<'_>, base: At<'t>, overlay: At<'t>, path: &mut Vec<&'t str>) -> Option<()> {
        if path.len() > DEEPEST {
            return None;
        }
        self.open(like)?;
        let additions = overlay.entries();
        let by_name: HashMap<&str, At<'_>> = additions.iter().map(|entry| (entry.name(), *entry)).collect();
        let mut seen = HashSet::new();
        for entry in base.entries() {
            seen.insert(entry.name());
            match by_name.get(entry.name()) {
                Some(over) => {
                    path.push(entry.name());
                    self.entry(entry, *over, path)?;
                    path.pop();
                }
                None => self.copy(entry)?,
            }
        }
        for over in additions {
            if !seen.contains(over.name()) && over.tag() != Some("!reset") {
                self.copy(over)?;
            }
        }
        self.out.close(like.span().end);
        Some(())
    }

    fn entry<'t>(&mut self, base: At<'t>, overlay: At<'t>, path: &mut Vec<&'t str>) -> Option<()> {
        match overlay.tag() {
            Some("!reset") => return Some(()),
            Some("!override") => return self.copy(overlay),
            _ => {}
        }
        if is_null(overlay) {
            return self.copy(base);
        }
        if is_null(base) {
            return self.copy(overlay);
        }
        match rule(path) {
            Rule::Replace => self.copy(overlay),
            Rule::By(key) => self.keyed(base, overlay, key, path),
            Rule::Append => self.append(base, overlay),
            Rule::Deep if base.is_map() && overlay.is_map() => self.map(base, base, overlay, path),
            Rule::Deep if base.is_list() && overlay.is_list() => self.append(base, overlay),
            Rule::Deep => self.copy(overlay),
        }
    }

    fn keyed<'t>(
        &mut self,
        base: At<'t>,
        overlay: At<'t>,
        key: fn(At<'_>) -> &str,
        path: &mut Vec<&'t str>,
    ) -> Option<()> {
        self.open(base)?;
        let additions = overlay.entries();
        let by_key: HashMap<&str, At<'_>> = additions.iter().map(|item| (key(*item), *item)).collect();
        let mut seen = HashSet::new();
        for item in base.entries() {
            let name = key(item);
            seen.insert(name);
            match by_key.get(name) {
                // `depends_on` and `networks` have maps inside; everything else is one value.
                Some(over) if item.is_map() && over.is_map() && !item.name().is_empty() => {
                    path.push(item.name());
                    self.entry(item, *over, path)?;
                    path.pop();
                }
                Some(over) if over.tag() == Some("!reset") => {}
                Some(over) if !(is_null(*over) && item.is_map()) => self.copy(*over)?,
                _ => self.copy(item)?,
            }
        }
        for over in additions {
            if seen.insert(key(over)) && over.tag() != Some("!reset") {
                self.copy(over)?;
            }
        }
        self.out.close(base.span().end);
        Some(())
    }

    fn append(&mut self, base: At<'_>, overlay: At<'_>) -> Option<()> {
        // A scalar counts as a list of one.
        self.open(if base.is_list() { base } else { overlay })?;
        self.out.shape(Shape::List);
        let mut seen = HashSet::new();
        for side in [base, overlay] {
            if !side.is_list() {
                self.item(side, &mut seen)?;
            }
            for item in side.items() {
                self.item(item, &mut seen)?;
            }
        }
        self.out.close(base.span().end);
        Some(())
    }

    fn item<'t>(&mut self, item: At<'t>, seen: &mut HashSet<&'t str>) -> Option<()> {
        let is_new = item.is_map() || item.text().is_none_or(|text| seen.insert(text));
        if is_new { self.copy(item) } else { Some(()) }
    }
}
