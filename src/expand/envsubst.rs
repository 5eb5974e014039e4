//! Templates that a container fills from its environment when it starts: those that its image fills by itself, and
//! `envsubst < template > file` in a command.

use std::sync::Arc;

use super::cache::ExpandCache;
use super::pieces::piece;
use super::seen::ContainerFiles;
use super::startup::Startup;
use crate::environment::container::{ContainerSpec, Text};
use crate::model::Doubt;
use crate::repo::{Piece, Source, Sources, Span};
use crate::syntax::effects::List;

/// How deep texts may be made from each other; a longer chain is no configuration.
const DEEPEST: usize = 4;

/// A small template can ask for a large value many times; no configuration is as long as this.
const LONGEST: usize = 16 << 20;

/// What stands for a variable.
enum Fill<'e> {
    /// The text stays as it is.
    Keep,
    /// Nobody can know.
    Hole,
    /// Nothing.
    Empty,
    /// A value that is written out.
    Value(&'e Text),
}

/// Which variables one call of `envsubst` replaces.
enum Wanted {
    /// Those that are defined, if their name passes the filter.
    Defined { filter: String },
    /// Those in the list; `envsubst '$A $B'`. What is not defined becomes empty.
    Listed(Vec<String>),
    /// All; what is not defined becomes empty, also what only looks like a variable.
    All,
}

/// The templates of one container.
pub struct Templates<'a> {
    pub(super) sources: &'a Sources,
    pub(super) cache: &'a ExpandCache,
    /// The container.
    pub spec: &'a ContainerSpec,
    /// The folders in which images have their configuration.
    pub(super) folders: &'a [&'a str],
    /// Variables that its image brings along; `None` where the image is not known.
    brought: Option<&'static [&'static str]>,
}

impl<'a> Templates<'a> {
    pub(super) fn new(
        sources: &'a Sources,
        cache: &'a ExpandCache,
        spec: &'a ContainerSpec,
        startups: &[&'static Startup],
        folders: &'a [&'a str],
    ) -> Self {
        let own = startups.iter().find(|startup| (startup.is_known)(spec));
        Self {
            sources,
            cache,
            spec,
            folders,
            brought: own.map(|startup| startup.variables),
        }
    }

    /// Fills the files of a folder that end in a suffix into another, replacing the variables that are defined and pass
    /// the filter, and no others.
    pub fn fill_folder(&self, seen: &mut ContainerFiles, folder: &str, suffix: &str, output: &str, filter: String) {
        let (folder, output) = (folder.trim_end_matches('/'), output.trim_end_matches('/'));
        let unread: Vec<Doubt> = seen.doubt(folder).cloned().into_iter().collect();
        for doubt in unread {
            seen.unknown.push((output.to_owned(), doubt));
        }
        let found: Vec<(String, Arc<Source>)> = seen
            .under(folder)
            .filter_map(|file| {
                let rest = file.path.strip_prefix(folder)?.strip_suffix(suffix)?;
                Some((format!("{output}{rest}"), file.source.clone()))
            })
            .collect();
        let wanted = Wanted::Defined { filter };
        for (path, template) in found {
            if let Some(source) = filled(self, &template, &wanted) {
                seen.put(path, source);
            }
        }
    }
}

/// One call of `envsubst`: fills a template into a file. What the script around it sets is not known.
pub(super) fn substitute(
    seen: &mut ContainerFiles,
    templates: &Templates<'_>,
    list: Option<&List>,
    template: Option<Arc<Source>>,
    (input, output): (&str, &str),
    is_set: &dyn Fn(&str) -> bool,
    span: Span,
) {
    let wanted = match list {
        None => Wanted::All,
        Some(List::Made) => Wanted::Defined { filter: String::new() },
        Some(List::Written(text)) => Wanted::Listed(names(text)),
    };
    let sets = template.iter().flat_map(|template| variables(&template.text));
    let sets = sets.map(|(_, _, name)| name.to_owned()).filter(|name| is_set(name));
    let mut spec = templates.spec.clone();
    for name in sets.collect::<std::collections::BTreeSet<String>>() {
        let text = format!("${{{name}}}").into();
        spec.environment.push((
            name.into(),
            Text {
                text,
                span,
                unknown: true,
            },
        ));
    }
    let templates = Templates {
        spec: &spec,
        ..*templates
    };
    match template.and_then(|template| filled(&templates, &template, &wanted)) {
        Some(source) => seen.put(output.to_owned(), source),
        None => {
            seen.hide(output);
            let reason = format!("the template {input} is not in the repository");
            seen.unknown.push((output.to_owned(), Doubt::at(reason, span)));
        }
    }
}

/// The text of a template, filled; `None` where texts are made from each other too often, or grow too long.
fn filled(templates: &Templates<'_>, template: &Source, wanted: &Wanted) -> Option<Arc<Source>> {
    let (sources, cache) = (templates.sources, templates.cache);
    if depth(sources, template) + 1 >= DEEPEST {
        return None;
    }
    let mut text = String::with_capacity(template.text.len());
    let mut pieces: Vec<Piece> = Vec::new();
    let mut copied = 0;
    for (start, end, name) in variables(&template.text) {
        let value = match fill(templates, wanted, name) {
            Fill::Keep => continue,
            Fill::Hole if template.text[start..end].starts_with("${") && is_upper(name) => continue,
            // Written so that the search for holes finds it.
            Fill::Hole => (format!("${{{}}}", name.to_uppercase()), None),
            Fill::Empty => (String::new(), None),
            Fill::Value(value) => (value.text.to_string(), Some(value.span)),
        };
        run_of(&mut text, &mut pieces, template, copied, start);
        copied = end;
        if text.len() + value.0.len() > LONGEST {
            return None;
        }
        if !value.0.is_empty() {
            let own = Span::new(template.id, start as u32, end as u32);
            pieces.push(piece(sources, text.len(), &value.0, value.1.unwrap_or(own)));
            text.push_str(&value.0);
        }
    }
    let end = template.text.len();
    run_of(&mut text, &mut pieces, template, copied, end);
    Some(cache.derived(sources, &format!("{} filled", template.path), text, pieces))
}

/// Copies a run that stands verbatim in the template.
fn run_of(text: &mut String, pieces: &mut Vec<Piece>, template: &Source, start: usize, end: usize) {
    if start < end {
        pieces.push(Piece {
            at: text.len() as u32,
            len: (end - start) as u32,
            from: Span::new(template.id, start as u32, end as u32),
            indent: 0,
        });
        text.push_str(&template.text[start..end]);
    }
}

fn depth(sources: &Sources, source: &Source) -> usize {
    let first = |source: &Source| {
        source
            .pieces
            .as_ref()
            .and_then(|pieces| pieces.first())
            .map(|piece| piece.from)
    };
    let mut deep = 0;
    let mut next = first(source);
    while let Some(from) = next {
        deep += 1;
        next = first(sources.get(from.source));
    }
    deep
}

fn fill<'e>(templates: &Templates<'e>, wanted: &Wanted, name: &str) -> Fill<'e> {
    let spec = templates.spec;
    let passes = match wanted {
        Wanted::Defined { filter } => passes(filter, name),
        Wanted::Listed(names) => Some(names.iter().any(|own| own == name)),
        Wanted::All => Some(true),
    };
    if passes == Some(false) {
        return Fill::Keep;
    }
    match spec.variable(name) {
        Some(value) if !value.unknown && passes.is_some() => Fill::Value(value),
        Some(_) => Fill::Hole,
        None if may_be_defined(templates, name) => Fill::Hole,
        None if matches!(wanted, Wanted::Defined { .. }) => Fill::Keep,
        None => Fill::Empty,
    }
}

/// Whether a variable that is not written here may be defined all the same: by the image, by a file of variables, by
/// Kubernetes for each Service. What is in lower case is a variable of the configuration itself.
fn may_be_defined(templates: &Templates<'_>, name: &str) -> bool {
    // What Docker and the shell define.
    const USUAL: [&str; 5] = ["PATH", "HOSTNAME", "HOME", "PWD", "TERM"];
    let spec = templates.spec;
    let brings = |brought: &[&str]| USUAL.contains(&name) || brought.contains(&name);
    is_upper(name)
        && (templates.brought.is_none_or(brings)
            || spec.more_environment
            || name.contains("_SERVICE_HOST")
            || name.contains("_SERVICE_PORT"))
}

fn is_upper(name: &str) -> bool {
    !name.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// Whether a name matches the filter, a regular expression of awk; `None` for those we do not read.
fn passes(filter: &str, name: &str) -> Option<bool> {
    let body = filter.strip_prefix('^').unwrap_or(filter);
    let whole = body.strip_suffix('$').unwrap_or(body);
    if !whole.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    Some(match (filter.starts_with('^'), body.ends_with('$')) {
        (true, true) => name == whole,
        (true, false) => name.starts_with(whole),
        (false, true) => name.ends_with(whole),
        (false, false) => name.contains(whole),
    })
}

/// The names in `envsubst`'s list.
fn names(list: &str) -> Vec<String> {
    variables(list).map(|(_, _, name)| name.to_owned()).collect()
}

/// All `$NAME` and `${NAME}`, as `envsubst` finds them.
fn variables(text: &str) -> impl Iterator<Item = (usize, usize, &str)> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'$', bytes).filter_map(move |start| {
        let braced = bytes.get(start + 1) == Some(&b'{');
        let from = start + 1 + usize::from(braced);
        let rest = text.get(from..)?;
        let len = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            .count();
        let name = rest.get(..len).filter(|name| !name.is_empty())?;
        if name.as_bytes()[0].is_ascii_digit() || (braced && bytes.get(from + len) != Some(&b'}')) {
            return None;
        }
        Some((start, from + len + usize::from(braced), name))
    })
}
