//! The files that an image has which is built from the repository, as far as its Dockerfile says: what it copies, also
//! from other stages, and what its commands write, move and remove.

use globset::{Glob, GlobBuilder};

use super::cache::ExpandCache;
use super::pieces::assembled;
use super::seen::{ContainerFiles, within};
use crate::environment::{ContainerSpec, File, Repository, folder_of, join};
use crate::model::Doubt;
use crate::repo::{Source, Sources, Span};
use crate::syntax::dockerfile::{Stage, Step, inside, joined, stages};
use crate::syntax::effects::{Effect, Part, Parts, body, effects};

/// How deep stages may copy from each other.
const DEEPEST: usize = 8;

/// Names of folders in which images have configuration: what is copied to one of them lands inside.
const FOLDERS: [&str; 6] = [
    "conf",
    "etc",
    "templates",
    "snippets",
    "sites-enabled",
    "sites-available",
];

/// A container's image that is built from the repository.
pub struct Built<'a> {
    sources: &'a Sources,
    cache: &'a ExpandCache,
    repository: &'a Repository,
    spec: &'a ContainerSpec,
    /// The folders in which images have their configuration.
    folders: &'a [&'a str],
    folder: &'a str,
    source: &'a Source,
    text: String,
    stages: Vec<Stage>,
    own: usize,
}

/// The stages of the Dockerfile a container is built from, and which of them it is.
pub fn stage_of(text: &str, spec: &ContainerSpec) -> Option<(Vec<Stage>, usize)> {
    let all = stages(text);
    let last = all.len().checked_sub(1)?;
    let own = match &spec.building.target {
        None => last,
        Some(target) => named(&all, target)?,
    };
    Some((all, own))
}

/// The stage that is called so, or has this number.
fn named(stages: &[Stage], name: &str) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    let by_name = stages.iter().rposition(|stage| stage.alias == name && !name.is_empty());
    by_name.or_else(|| name.parse().ok().filter(|at| *at < stages.len()))
}

/// What a step of a stage does its work with.
#[derive(Clone, Copy)]
struct At<'p> {
    stage: usize,
    /// How many of its steps come before.
    step: usize,
    /// The folder or file that is asked for, without a `/` at its end.
    path: &'p str,
    depth: usize,
}

impl<'a> Built<'a> {
    /// The image of a container; `None` where it is not built from a Dockerfile of the repository.
    pub fn new(
        sources: &'a Sources,
        repository: &'a Repository,
        spec: &'a ContainerSpec,
        cache: &'a ExpandCache,
        folders: &'a [&'a str],
    ) -> Option<Self> {
        let source = &*repository.get(spec.dockerfile.as_ref()?)?.source;
        let folder = spec.built.as_deref()?;
        let text = joined(&source.text);
        let (stages, own) = stage_of(&text, spec)?;
        Some(Self {
            sources,
            cache,
            repository,
            spec,
            folders,
            folder,
            source,
            text,
            stages,
            own,
        })
    }

    /// The files at a path of the image, or in the folder there.
    pub fn files(&self, path: &str) -> ContainerFiles {
        self.contents(At {
            stage: self.own,
            step: usize::MAX,
            path: path.trim_end_matches('/'),
            depth: 0,
        })
    }

    fn contents(&self, at: At<'_>) -> ContainerFiles {
        let mut seen = ContainerFiles::default();
        let Some(stage) = self.stages.get(at.stage).filter(|_| at.depth < DEEPEST) else {
            return seen;
        };
        for (nth, step) in stage.steps.iter().enumerate().take(at.step) {
            let at = At { step: nth, ..at };
            match step {
                Step::Copy { from, sources, to } => {
                    for source in sources {
                        let to = target(source, to, sources.len(), self.folders);
                        self.copy(&mut seen, at, from.as_deref(), source, &to);
                    }
                }
                Step::Text {
                    path,
                    body: own,
                    expands,
                    known,
                } => {
                    let parts = body(&self.text, own.clone(), *expands);
                    self.write(&mut seen, at, stage, *known, path, &parts, false);
                }
                Step::Run {
                    commands,
                    folder,
                    known,
                } => {
                    for effect in effects(&self.text, commands.clone()) {
                        self.run(&mut seen, at, stage, (folder, *known), &effect);
                    }
                }
                Step::Other(_) => {}
            }
        }
        seen
    }

    /// A variable of a stage: what the project gives the build comes before the default.
    fn variable(&self, stage: &Stage, known: usize, name: &str) -> Option<(String, Span)> {
        let is_fixed = stage.environment.iter().any(|(own, _)| own == name);
        let mut given = self.spec.building.arguments.iter().filter(|_| !is_fixed);
        if let Some((_, value)) = given.find(|(own, _)| &**own == name) {
            return (!value.unknown).then(|| (value.text.to_string(), value.span));
        }
        let all = &stage.variables[..known.min(stage.variables.len())];
        let (_, at) = all.iter().rev().find(|(own, _)| own == name)?;
        let text = self.text[at.clone()].to_owned();
        let span = Span::new(self.source.id, at.start as u32, at.end as u32);
        (!text.contains('$')).then_some((text, span))
    }

    fn path(&self, stage: &Stage, (folder, known): (&str, usize), parts: &Parts) -> Option<String> {
        let texts = parts.iter().map(|part| match part {
            Part::Text(text, _) => Some(text.clone()),
            Part::Variable(name, default, _) => {
                let value = self.variable(stage, known, name).map(|(text, _)| text);
                value.or_else(|| default.clone())
            }
        });
        Some(inside(folder, &texts.collect::<Option<String>>()?))
    }

    #[expect(clippy::too_many_arguments, reason = "what a text is made from")]
    fn write(
        &self,
        seen: &mut ContainerFiles,
        at: At<'_>,
        stage: &Stage,
        known: usize,
        path: &str,
        parts: &Parts,
        appends: bool,
    ) {
        if !within(path, at.path) {
            return;
        }
        let place = |range: &std::ops::Range<usize>| Span::new(self.source.id, range.start as u32, range.end as u32);
        let lookup = |name: &str| self.variable(stage, known, name);
        let before = match (appends, seen.get(path)) {
            (false, _) => None,
            (true, Some(file)) => Some(file.source.clone()),
            (true, None) => {
                let doubt = Doubt::new(format!("{} adds to {path} of its base", self.source.path));
                seen.hide(path);
                return seen.unknown.push((path.to_owned(), doubt));
            }
        };
        let (text, pieces) = assembled(self.sources, before.as_deref(), parts, &place, &lookup);
        let name = format!("{} ({path})", self.source.path);
        seen.put(path.to_owned(), self.cache.derived(self.sources, &name, text, pieces));
    }

    fn run(&self, seen: &mut ContainerFiles, at: At<'_>, stage: &Stage, place: (&str, usize), effect: &Effect) {
        match effect {
            Effect::Written { path, text, appends } => {
                if let Some(path) = self.path(stage, place, path) {
                    self.write(seen, at, stage, place.1, &path, text, *appends);
                }
            }
            Effect::Removed(paths) => {
                for path in paths.iter().filter_map(|path| self.path(stage, place, path)) {
                    remove(seen, &path);
                }
            }
            Effect::Moved { from, to } => {
                let (Some(from), Some(to)) = (self.path(stage, place, from), self.path(stage, place, to)) else {
                    return;
                };
                let to = target(&from, &to, 1, self.folders);
                if let Some(file) = seen.get(&from).map(|file| file.source.clone()) {
                    if within(&to, at.path) {
                        seen.put(to, file);
                    }
                    return;
                }
                self.take(seen, at, at.stage, &from, &to);
            }
            Effect::Substituted { output, .. } => {
                if let Some(path) = self.path(stage, place, output).filter(|path| within(path, at.path)) {
                    let doubt = Doubt::new(format!("{} fills {path}", self.source.path));
                    seen.hide(&path);
                    seen.unknown.push((path, doubt));
                }
            }
            Effect::Other(range) => {
                let text = &self.text[range.clone()];
                const HARMLESS: [&str; 7] = ["chown", "chmod", "ls", "cat", "touch", "mkdir", "test"];
                let mut words = text.split_whitespace();
                let program = words.next().unwrap_or_default();
                // `-t` asks a program only whether it takes its files.
                if HARMLESS.contains(&program) || words.any(|word| word == "-t") {
                    return;
                }
                let changed = seen.files.iter().filter(|file| text.contains(&file.path));
                let changed: Vec<String> = changed.map(|file| file.path.clone()).collect();
                for path in changed {
                    let doubt = Doubt::new(format!("{} changes {path}", self.source.path));
                    seen.hide(&path);
                    seen.unknown.push((path, doubt));
                }
            }
        }
    }

    fn copy(&self, seen: &mut ContainerFiles, at: At<'_>, from: Option<&str>, source: &str, to: &str) {
        let Some(from) = from else {
            return self.copy_from(seen, at, self.folder, source, to);
        };
        let earlier = named(&self.stages[..at.stage], from);
        let mut contexts = self.spec.building.contexts.iter();
        match (earlier, contexts.find(|(name, _)| &**name == from)) {
            (Some(stage), _) => self.take(seen, At { step: usize::MAX, ..at }, stage, &inside("", source), to),
            (None, Some((_, folder))) => self.copy_from(seen, at, folder, source, to),
            (None, None) => unread(seen, at.path, to, || format!("{to} comes from the image {from}")),
        }
    }

    /// What is at a path of a stage, put at another.
    fn take(&self, seen: &mut ContainerFiles, at: At<'_>, stage: usize, from: &str, to: &str) {
        if !meets(to, at.path) {
            return;
        }
        let from = from.trim_end_matches('/');
        let found = self.contents(At {
            stage,
            step: at.step,
            path: from,
            depth: at.depth + 1,
        });
        let moved = |path: &str| match path == from {
            true => landing(path, to),
            false => format!("{}{}", to.trim_end_matches('/'), &path[from.len()..]),
        };
        if found.files.is_empty() && found.unknown.is_empty() {
            return unread(seen, at.path, to, || format!("{from} is not in the repository"));
        }
        for file in found.files {
            let path = moved(&file.path);
            if within(&path, at.path) {
                seen.put(path, file.source);
            }
        }
        for (path, doubt) in found.unknown {
            seen.unknown.push((moved(&path), doubt));
        }
    }

    /// Files of a folder of the repository.
    fn copy_from(&self, seen: &mut ContainerFiles, at: At<'_>, folder: &str, source: &str, to: &str) {
        if !meets(to, at.path) {
            return;
        }
        let Some(path) = join(folder, source.trim_start_matches('/')) else {
            return unread(seen, at.path, to, || format!("{source} lies outside the repository"));
        };
        let mut put = |to: String, file: &File| {
            if within(&to, at.path) && !leaves_out(self.repository, self.spec, folder, &file.path) {
                seen.put(to, file.source.clone());
            }
        };
        if path.contains(['*', '?', '[']) {
            let Ok(glob) = GlobBuilder::new(&path).literal_separator(true).build() else {
                return;
            };
            let base = path.split(['*', '?', '[']).next().map_or("", folder_of);
            for file in self.repository.matching(base, &glob.compile_matcher()) {
                let name = file.path.rsplit('/').next().unwrap_or_default();
                put(format!("{}/{name}", to.trim_end_matches('/')), file);
            }
            return;
        }
        if let Some(file) = self.repository.get(&path) {
            return put(landing(&path, to), file);
        }
        // Of a large folder only the part that is asked for.
        let folder_to = to.trim_end_matches('/');
        let inner = at.path.strip_prefix(folder_to).filter(|rest| rest.starts_with('/'));
        let wanted = inner.map_or_else(
            || path.clone(),
            |rest| format!("{path}{rest}").trim_start_matches('/').to_owned(),
        );
        let inside = self.repository.under(&wanted);
        for file in inside
            .iter()
            .chain(self.repository.get(&wanted).filter(|_| inner.is_some()))
        {
            let rest = file.path.get(path.len()..).unwrap_or_default().trim_start_matches('/');
            put(format!("{folder_to}/{rest}"), file);
        }
        if inside.is_empty() && inner.is_none() && !self.repository.exists(&path) {
            unread(seen, at.path, to, || format!("{path} is not in the repository"));
        }
    }
}

fn unread(seen: &mut ContainerFiles, path: &str, to: &str, reason: impl FnOnce() -> String) {
    if within(to.trim_end_matches('/'), path) {
        let to = to.trim_end_matches('/').to_owned();
        seen.unknown.push((to, Doubt::new(reason())));
    }
}

/// Whether one of two paths is the other or lies in it.
fn meets(one: &str, other: &str) -> bool {
    let one = one.trim_end_matches('/');
    within(one, other) || within(other, one)
}

/// Where a file or folder lands: in a folder under its own name.
pub(super) fn target(from: &str, to: &str, count: usize, folders: &[&str]) -> String {
    let name = from.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let last = to.rsplit('/').next().unwrap_or_default();
    let is_file = !from.ends_with('/') && name.contains('.') && !name.ends_with(".d") && !matches!(name, "." | "..");
    let mut known = folders.iter().map(|folder| folder.trim_end_matches('/'));
    let is_folder = to.ends_with('/') || last.ends_with(".d") || FOLDERS.contains(&last) || count > 1;
    let is_folder = is_folder || known.any(|folder| folder == to);
    let is_pattern = name.contains(['*', '?', '[']);
    match is_folder && is_file && !is_pattern {
        true => format!("{}/{name}", to.trim_end_matches('/')),
        false => to.to_owned(),
    }
}

/// Where a file is put.
fn landing(path: &str, to: &str) -> String {
    match to.ends_with('/') {
        true => format!("{to}{}", path.rsplit('/').next().unwrap_or_default()),
        false => to.to_owned(),
    }
}

pub(super) fn remove(seen: &mut ContainerFiles, path: &str) {
    if !path.contains(['*', '?', '[']) {
        return seen.hide(path);
    }
    let Ok(glob) = GlobBuilder::new(path).literal_separator(true).build() else {
        return;
    };
    let glob = glob.compile_matcher();
    let matching = seen.files.iter().filter(|file| glob.is_match(&file.path));
    let matching: Vec<String> = matching.map(|file| file.path.clone()).collect();
    matching.iter().for_each(|path| seen.hide(path));
}

/// Whether `.dockerignore` keeps a file of a build's folder out of the image.
pub fn leaves_out(repository: &Repository, spec: &ContainerSpec, folder: &str, path: &str) -> bool {
    let Some(folder) = join("", folder) else { return false };
    let own = spec.dockerfile.as_ref().map(|path| format!("{path}.dockerignore"));
    let own = own.and_then(|path| repository.get(&path));
    let list = own.or_else(|| join(&folder, ".dockerignore").and_then(|path| repository.get(&path)));
    let Some(list) = list else { return false };
    let own = path.strip_prefix(&*folder).unwrap_or(path).trim_start_matches('/');
    let mut left_out = false;
    for line in list.source.text.lines().map(str::trim) {
        let (pattern, keeps) = match line.strip_prefix('!') {
            Some(pattern) => (pattern, true),
            None => (line, false),
        };
        let pattern = pattern.trim_start_matches("./").trim_matches('/');
        if pattern.is_empty() || pattern.starts_with('#') {
            continue;
        }
        let fits = |pattern: &str| Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(own));
        if fits(pattern) || fits(&format!("{pattern}/**")) {
            left_out = !keeps;
        }
    }
    left_out
}
