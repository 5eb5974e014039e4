//! What a container's start does to its files before its process runs: the commands it is given, the scripts of the
//! repository that they run, and what its image runs by itself.

use std::ops::Range;
use std::sync::Arc;

use super::envsubst::{self, Templates};
use super::image::{Built, remove, target};
use super::pieces::{assembled, verbatim};
use super::seen::ContainerFiles;
use super::startup::Startup;
use crate::environment::container::Text;
use crate::model::Doubt;
use crate::repo::{Source, Span};
use crate::syntax::dockerfile::inside;
use crate::syntax::effects::{Effect, Part, Parts, effects};

/// Scripts are short.
const LONGEST: usize = 64 * 1024;

/// One container that starts.
struct Start<'a> {
    templates: &'a Templates<'a>,
    built: Option<&'a Built<'a>>,
}

/// Adds what the start of a container makes: first by itself, as its image does, then by its command.
pub(super) fn apply(
    seen: &mut ContainerFiles,
    templates: &Templates<'_>,
    built: Option<&Built<'_>>,
    startups: &[&'static Startup],
) {
    let start = Start { templates, built };
    for startup in startups {
        (startup.fill)(seen, templates);
    }
    let hooks = startups.iter().filter(|startup| (startup.runs_hooks)(templates.spec));
    for folder in hooks.map(|startup| startup.hooks).collect::<Vec<_>>() {
        let mut scripts: Vec<Arc<Source>> = seen.under(folder).map(|file| file.source.clone()).collect();
        if let Some(built) = built {
            scripts.extend(built.files(folder).files.into_iter().map(|file| file.source));
        }
        for script in scripts {
            start.script(seen, &script);
        }
    }
    let (entrypoint, arguments) = (&templates.spec.entrypoint, &templates.spec.arguments);
    for text in entrypoint.iter().chain(arguments).flatten() {
        start.command(seen, text);
    }
}

impl Start<'_> {
    fn command(&self, seen: &mut ContainerFiles, text: &Text) {
        let own = verbatim(self.templates.sources, &text.text, text.span);
        let place = |range: &Range<usize>| match own {
            Some(own) => Span::new(own.source, own.start + range.start as u32, own.start + range.end as u32),
            None => text.span,
        };
        self.run(seen, &text.text, &place);
        for word in text.text.split_whitespace() {
            let word = word.trim_matches(['"', '\'', ';']);
            if let Some(script) = self.named(seen, word) {
                seen.start_is_read = true;
                self.script(seen, &script);
            }
        }
    }

    /// The script that a word of a command names.
    fn named(&self, seen: &ContainerFiles, word: &str) -> Option<Arc<Source>> {
        let is_script = word.ends_with(".sh") || word.contains('/');
        let path = is_script.then(|| inside(self.templates.spec.working_dir.as_deref().unwrap_or_default(), word))?;
        let mounted = seen.get(&path).map(|file| file.source.clone());
        let source = mounted.or_else(|| {
            let files = self.built?.files(&path);
            files.get(&path).map(|file| file.source.clone())
        })?;
        (source.text.len() <= LONGEST && (word.ends_with(".sh") || source.text.starts_with("#!"))).then_some(source)
    }

    fn script(&self, seen: &mut ContainerFiles, script: &Source) {
        let place = |range: &Range<usize>| Span::new(script.id, range.start as u32, range.end as u32);
        self.run(seen, &script.text, &place);
    }

    fn run(&self, seen: &mut ContainerFiles, text: &str, place: &dyn Fn(&Range<usize>) -> Span) {
        let all = effects(text, 0..text.len());
        let sets = |name: &str| {
            text.match_indices(name).any(|(at, _)| {
                let starts = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$');
                starts && text[at + name.len()..].starts_with(['=', ':'])
            })
        };
        let lookup = |name: &str| {
            let value = self.templates.spec.variable(name).filter(|value| !value.unknown)?;
            (!sets(name)).then(|| (value.text.to_string(), value.span))
        };
        let path = |parts: &Parts| {
            let texts = parts.iter().map(|part| match part {
                Part::Text(text, _) => Some(text.clone()),
                Part::Variable(name, default, _) => lookup(name).map(|(text, _)| text).or_else(|| default.clone()),
            });
            let folder = self.templates.spec.working_dir.as_deref().unwrap_or_default();
            Some(inside(folder, &texts.collect::<Option<String>>()?))
        };
        for effect in &all {
            match effect {
                Effect::Written {
                    path: to,
                    text: own,
                    appends,
                } => {
                    let Some(to) = path(to).filter(|to| !to.starts_with("/dev/") && !to.starts_with("/proc/")) else {
                        continue;
                    };
                    let before = seen.get(&to).map(|file| file.source.clone()).filter(|_| *appends);
                    if *appends && before.is_none() {
                        seen.hide(&to);
                        let reason = format!("the start of the container adds to {to}");
                        seen.unknown.push((to, Doubt::at(reason, place(&(0..text.len())))));
                        continue;
                    }
                    let sources = self.templates.sources;
                    let (made, pieces) = assembled(sources, before.as_deref(), own, place, &lookup);
                    let source = self
                        .templates
                        .cache
                        .derived(sources, &format!("{to} as written"), made, pieces);
                    seen.put(to, source);
                }
                Effect::Substituted { list, input, output } => {
                    let (Some(input), Some(output)) = (path(input), path(output)) else {
                        continue;
                    };
                    let template = self.file(seen, &input);
                    let span = place(&(0..text.len()));
                    envsubst::substitute(
                        seen,
                        self.templates,
                        list.as_ref(),
                        template,
                        (&input, &output),
                        &sets,
                        span,
                    );
                }
                Effect::Removed(paths) => paths.iter().filter_map(path).for_each(|path| remove(seen, &path)),
                Effect::Moved { from, to } => {
                    let (Some(from), Some(to)) = (path(from), path(to)) else {
                        continue;
                    };
                    if let Some(source) = self.file(seen, &from) {
                        seen.put(target(&from, &to, 1, self.templates.folders), source);
                    }
                }
                Effect::Other(range) => seen.start_others.push(text[range.clone()].to_owned()),
            }
        }
    }

    fn file(&self, seen: &ContainerFiles, path: &str) -> Option<Arc<Source>> {
        let own = seen.get(path).map(|file| file.source.clone());
        own.or_else(|| {
            let files = self.built?.files(path);
            files.get(path).map(|file| file.source.clone())
        })
    }
}
