//! Ignores: comments in the files and entries of the configuration that silence findings, and findings about them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;
use memchr::memmem;
use rayon::prelude::*;

use super::directive::{self, Directive};
use super::{Finding, Milder, Repair, settle};
use crate::repo::{SourceId, Sources, Span};
use crate::rule::{Precision, Severity};
use crate::speed;
use crate::syntax::{At, Tree};

/// Rules that are not files: id and title. But for `link-lost` they are of the category `config` and warn.
pub const BUILT_IN: [(&str, &str); 6] = [
    ("ignore-invalid", "An ignore that cannot be understood silences nothing"),
    ("ignore-unused", "An ignore silences nothing and can be removed"),
    ("ignore-expired", "An ignore has passed its date and no longer silences"),
    (
        "fact-unused",
        "A fact names something that nothing in the repository answers to",
    ),
    (
        "baseline-stale",
        "The baseline lists a finding that is not there and can be removed",
    ),
    (
        "link-lost",
        "With --since or --staged: a route led somewhere before the change and leads nowhere after it",
    ),
];

/// The place of `link-lost` among these.
pub const LINK_LOST: usize = 5;

/// The place of `baseline-stale` among these.
pub(super) const BASELINE_STALE: usize = 4;

/// What an ignore of the configuration applies to.
#[derive(Clone, Debug)]
pub enum Target {
    /// Files, by a glob over paths relative to the repository's root.
    File(globset::GlobMatcher),
    /// An object: `Deployment/web`, or `web` for an object or compose service of any kind. It holds where the finding
    /// points into the object, or where it shows it as the other end.
    Object(String),
}

/// An entry of the configuration's `ignores`.
#[derive(Clone, Debug)]
pub struct ConfigIgnore {
    /// The rule to silence.
    pub rule: String,
    /// Where.
    pub target: Target,
    /// Why.
    pub reason: String,
    /// The last day it holds.
    pub until: Option<Date>,
    /// The entry, in the configuration.
    pub span: Span,
}

impl ConfigIgnore {
    /// Whether it means an object, which may be the other end of a finding.
    pub fn names_object(&self) -> bool {
        matches!(self.target, Target::Object(_))
    }
}

/// What is known of the rules of a run.
#[derive(Clone, Copy, Debug)]
pub struct RuleIds<'a> {
    /// All rules there are.
    pub known: &'a [&'a str],
    /// Those that are switched on: an ignore of any other is not stale.
    pub active: &'a HashSet<&'a str>,
}

/// One rule silenced by one comment or entry.
#[derive(Debug)]
struct Entry {
    rule: String,
    scope: Scope,
    /// The comment or entry itself.
    at: Span,
    used: bool,
}

#[derive(Debug)]
enum Scope {
    /// Everything that starts in one of these. A file that several environments derive text from may give several.
    Spans(Vec<Span>),
    Target(Target),
}

/// All ignores of a run.
#[derive(Debug, Default)]
pub struct Ignores {
    entries: Vec<Entry>,
    /// Findings about ignores that are malformed or expired.
    found: Vec<Finding>,
}

/// What is left when ignores have been applied.
#[derive(Debug)]
pub struct Ignored {
    /// Findings that were not silenced, and those about ignores.
    pub findings: Vec<Finding>,
    /// Those that only count and were not silenced.
    pub milder: Vec<Milder>,
    /// How many were silenced.
    pub silenced: usize,
}

impl Ignores {
    /// Reads the ignores of all trees and of the configuration.
    pub fn collected(
        sources: &Sources,
        trees: &[Arc<Tree>],
        config: &[ConfigIgnore],
        rules: RuleIds<'_>,
        today: Date,
    ) -> Ignores {
        // One comment is one ignore, also when several derived texts contain it.
        let mut comments: BTreeMap<Span, (String, Vec<Span>)> = BTreeMap::new();
        let finder = memmem::Finder::new("gatelint:");
        let all = trees.par_iter().with_min_len(speed::DOCUMENTS);
        let all: Vec<_> = all.flat_map_iter(|tree| comments_of(sources, tree, &finder)).collect();
        for (comment, text, scope) in all {
            let known = comments.entry(comment).or_insert_with(|| (text, Vec::new()));
            if !known.1.contains(&scope) {
                known.1.push(scope);
            }
        }
        let mut ignores = Ignores::default();
        for (at, (text, scopes)) in comments {
            match directive::parse(&text) {
                None => {}
                Some(Err(mistake)) => ignores.invalid(sources, at, mistake),
                Some(Ok(directive)) => ignores.add_comment(sources, at, &directive, &scopes, rules, today),
            }
        }
        for entry in config {
            if entry.until.is_some_and(|until| until < today) {
                ignores.expired(sources, entry.span, entry.until, &entry.rule);
                continue;
            }
            ignores.entries.push(Entry {
                rule: entry.rule.clone(),
                scope: Scope::Target(entry.target.clone()),
                at: entry.span,
                used: false,
            });
        }
        ignores
    }

    fn add_comment(
        &mut self,
        sources: &Sources,
        at: Span,
        directive: &Directive,
        scopes: &[Span],
        rules: RuleIds<'_>,
        today: Date,
    ) {
        for rule in &directive.rules {
            if !rules.known.contains(&rule.as_str()) {
                let hint = directive::did_you_mean(rule, rules.known.iter().copied());
                let hint = hint.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
                self.invalid(sources, at, format!("there is no rule `{rule}`{hint}"));
            } else if directive.until.is_some_and(|until| until < today) {
                self.expired(sources, at, directive.until, rule);
            } else {
                self.entries.push(Entry {
                    rule: rule.clone(),
                    scope: Scope::Spans(scopes.to_vec()),
                    at,
                    used: false,
                });
            }
        }
    }

    fn invalid(&mut self, sources: &Sources, at: Span, message: String) {
        let help = "Name existing rules in brackets and say why: `gatelint: ignore[rule-id] reason`.";
        self.found.push(about(sources, 0, at, message, help));
    }

    fn expired(&mut self, sources: &Sources, at: Span, until: Option<Date>, rule: &str) {
        let day = until.map_or_else(String::new, |day| format!(" on {day}"));
        let message = format!("this ignore of {rule} ended{day} and no longer silences anything");
        let help = "Mend what it silenced, or give it a new date and say why.";
        self.found.push(about(sources, 2, at, message, help));
    }

    /// Takes out what is silenced, and adds what is to be said of the ignores themselves. Findings that only count have
    /// no other end: where an ignore names an object, all must be told.
    pub fn apply(
        mut self,
        sources: &Sources,
        trees: &[Arc<Tree>],
        (findings, mut milder): (Vec<Finding>, Vec<Milder>),
        rules: RuleIds<'_>,
    ) -> Ignored {
        if self.entries.is_empty() && self.found.is_empty() {
            return Ignored {
                findings,
                milder,
                silenced: 0,
            };
        }
        let mut by_place: HashMap<(SourceId, &str), Vec<usize>> = HashMap::new();
        let mut by_target: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, entry) in self.entries.iter().enumerate() {
            match &entry.scope {
                Scope::Spans(spans) => {
                    for source in spans.iter().map(|span| span.source).collect::<HashSet<_>>() {
                        by_place.entry((source, &entry.rule)).or_default().push(index);
                    }
                }
                Scope::Target(_) => by_target.entry(&entry.rule).or_default().push(index),
            }
        }
        let files: HashMap<SourceId, &Tree> = trees.iter().map(|tree| (tree.source(), tree.as_ref())).collect();
        let before = findings.len() + milder.len();
        let mut used: HashSet<usize> = HashSet::new();
        let mut is_left = |rule: &str, at: Span, related: &[(Span, String)]| {
            let near = by_place.get(&(at.source, rule)).into_iter().flatten();
            let silencing: Vec<usize> = near
                .chain(by_target.get(rule).into_iter().flatten())
                .copied()
                .filter(|index| match &self.entries[*index].scope {
                    Scope::Spans(spans) => spans.iter().any(|span| starts_in(at, *span)),
                    Scope::Target(target) => target.holds(sources, &files, at, related),
                })
                .collect();
            let is_left = silencing.is_empty();
            used.extend(silencing);
            is_left
        };
        let mut left = findings;
        left.retain(|finding| is_left(&finding.rule, finding.at, &finding.related));
        milder.retain(|finding| is_left(&finding.rule, finding.at, &[]));
        let silenced = before - left.len() - milder.len();
        for index in used {
            self.entries[index].used = true;
        }
        for entry in self
            .entries
            .iter()
            .filter(|entry| !entry.used && rules.active.contains(entry.rule.as_str()))
        {
            let message = format!("this ignore of {} silences nothing", entry.rule);
            self.found.push(about(sources, 1, entry.at, message, "Remove it."));
        }
        settle::sort(sources, &mut self.found);
        settle::number(&mut self.found);
        left.append(&mut self.found);
        settle::sort(sources, &mut left);
        Ignored {
            findings: left,
            milder,
            silenced,
        }
    }
}

impl Target {
    fn holds(&self, sources: &Sources, files: &HashMap<SourceId, &Tree>, at: Span, related: &[(Span, String)]) -> bool {
        let name = match self {
            Target::File(glob) => return glob.is_match(&*sources.get(at.source).path),
            Target::Object(name) => name,
        };
        let named = |(kind, object): &(String, String)| match name.split_once('/') {
            Some((wanted, name)) => wanted.eq_ignore_ascii_case(kind) && name == object,
            None => name == object,
        };
        let ends = std::iter::once(at).chain(related.iter().map(|(at, _)| *at));
        ends.filter_map(|at| Some((files.get(&at.source)?, at)))
            .any(|(tree, at)| objects_at(tree.root(), at).iter().any(named))
    }
}

/// The objects a place belongs to: a Kubernetes object, and an entry of compose's `services`.
fn objects_at(root: At<'_>, at: Span) -> Vec<(String, String)> {
    let around = |node: &At<'_>| node.span().source == at.source && starts_in(at, node.span());
    let mut found = Vec::new();
    for document in root.items().filter(around) {
        let listed = document.child("items").into_iter().flat_map(At::items).filter(around);
        for object in listed.chain([document]) {
            if let (Some(kind), Some(name)) = (object.scalar("kind"), object.scalar("metadata.name")) {
                found.push((kind.to_owned(), name.to_owned()));
            }
        }
        let services = document.child("services").into_iter().flat_map(At::children);
        found.extend(
            services
                .filter(around)
                .map(|service| ("service".to_owned(), service.name().to_owned())),
        );
    }
    found
}

fn starts_in(at: Span, scope: Span) -> bool {
    at.source == scope.source
        && scope.start <= at.start
        && (at.start < scope.end || at.start == at.end && at.end == scope.end)
}

/// Comments of a tree that speak to gatelint: located place, text, and located scope.
fn comments_of(sources: &Sources, tree: &Tree, finder: &memmem::Finder<'_>) -> Vec<(Span, String, Span)> {
    let source = sources.get(tree.source());
    if tree.comments.is_empty() || finder.find(source.text.as_bytes()).is_none() {
        return Vec::new();
    }
    let lines = source.lines();
    let line_of = |line: usize| lines.text(&source.text, line);
    let line_span = |line: usize| {
        let start = lines.start(line);
        Span::new(source.id, start, start + line_of(line).len() as u32)
    };
    let mut wanted: Vec<(Span, usize)> = Vec::new();
    let mut next: HashMap<usize, usize> = HashMap::new();
    // From the last to the first: where comments stand in a heap, the line below them is looked for once.
    for comment in tree.comments.iter().rev().filter(|comment| comment.source == source.id) {
        let Some(text) = source.text.get(comment.range()) else {
            continue;
        };
        if finder.find(text.as_bytes()).is_none() {
            continue;
        }
        let line = lines.line(comment.start);
        let before = source
            .text
            .get(lines.start(line) as usize..comment.start as usize)
            .unwrap_or_default();
        if !before.trim().is_empty() {
            wanted.push((*comment, line));
            continue;
        }
        let mut below = line + 1;
        while below < lines.count() {
            if let Some(known) = next.get(&below) {
                below = *known;
                break;
            }
            let text = line_of(below).trim();
            if !(text.is_empty() || text.starts_with(['#', ';']) || text == "---") {
                break;
            }
            below += 1;
        }
        next.insert(line, below);
        wanted.push((*comment, below));
    }
    let trailing = |comment: &Span, line: usize| lines.line(comment.start) == line;
    let mut blocks: HashMap<usize, Span> = HashMap::new();
    let targets: HashSet<usize> = wanted
        .iter()
        .filter(|(of, line)| !trailing(of, *line))
        .map(|(_, line)| *line)
        .collect();
    if !targets.is_empty() {
        // Parents come before children, so the first node that starts on a line is the outermost.
        for node in tree.all().skip(1).filter(|node| node.span().source == source.id) {
            let line = lines.line(node.head().start);
            if targets.contains(&line) {
                blocks.entry(line).or_insert_with(|| node.span());
            }
        }
    }
    let scope = |comment: &Span, line: usize| {
        let block = blocks.get(&line).filter(|_| !trailing(comment, line));
        block.copied().unwrap_or_else(|| line_span(line))
    };
    let found = wanted
        .iter()
        .filter(|(_, line)| *line < lines.count())
        .map(|(comment, line)| {
            let text = source.text.get(comment.range()).unwrap_or_default().to_owned();
            (sources.locate(*comment), text, sources.locate(scope(comment, *line)))
        });
    found.collect()
}

/// Findings about names in the configuration's `facts` that nothing answers to: what is said of them is not used.
pub fn unused_facts(sources: &Sources, names: &[(Arc<str>, Span)]) -> Vec<Finding> {
    let one = |(name, at): &(Arc<str>, Span)| {
        let message =
            format!("nothing in the repository is called {name}: what is said to stand in front of it is not used");
        let help = "Name a Service as namespace/service, service or service:port, a compose service by its name, an \
                    Ingress, or for a CDN a host.";
        about(sources, 3, *at, message, help)
    };
    let mut found: Vec<Finding> = names.iter().map(one).collect();
    settle::sort(sources, &mut found);
    settle::number(&mut found);
    found
}

/// A finding of a built-in rule.
pub fn about(sources: &Sources, rule: usize, at: Span, message: String, help: &str) -> Finding {
    let (id, _) = BUILT_IN[rule];
    let subject = format!("{id} {} {}", sources.get(at.source).path, sources.text(at).trim());
    Finding {
        rule: id.into(),
        category: "config".into(),
        severity: Severity::Warning,
        precision: Precision::High,
        at,
        message,
        help: help.to_owned(),
        path: None,
        environments: Vec::new(),
        value: None,
        related: Vec::new(),
        places: Vec::new(),
        fingerprint: settle::fingerprint(&subject, &[]),
        subject,
        repair: Repair::None,
    }
}
