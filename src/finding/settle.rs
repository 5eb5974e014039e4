//! From hits to findings: one finding is one place a person edits, over all hops and environments.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{EnvironmentIndex, Finding, Place, Repair, RuleInfo, Unevaluated, ValueNote};
use crate::model::{FactView, Origin};
use crate::repo::{SourceId, Sources, Span};
use crate::rule::{Grade, Hit, NotEvaluated, Precision, Severity, Violation};
use crate::speed;

/// What the rules said of one environment.
pub struct EnvironmentHits<'a> {
    /// The environment's name.
    pub name: &'a str,
    /// What is violated, without words.
    pub violations: Cow<'a, [Violation]>,
    /// Puts the nth of them into words, with the path of a request that meets it.
    pub tell: Box<Tell<'a>>,
    /// What could not be decided.
    pub not_evaluated: Cow<'a, [NotEvaluated]>,
    /// The files (not derived sources) the environment is made of; decides whether a finding names environments.
    pub files: Cow<'a, FxHashSet<SourceId>>,
}

/// The words of a violation, by its place in the list.
pub type Tell<'a> = dyn Fn(usize) -> (Cow<'a, Hit>, Option<Cow<'a, str>>) + Sync + 'a;

/// How much of what the rules say is put into words.
#[derive(Clone, Copy)]
pub struct Telling<'a> {
    /// What is milder is only counted.
    pub least: Severity,
    /// Whether what was not evaluated at a place of this file is told.
    pub reports: &'a (dyn Fn(&str) -> bool + Sync),
}

impl Telling<'_> {
    /// Everything.
    pub const ALL: Telling<'static> = Telling {
        least: Severity::Info,
        reports: &|_| true,
    };
}

/// What settling gives: findings, and in numbers what became of others.
#[derive(Debug, Default)]
pub struct Settled {
    /// Findings by path, line, column and rule.
    pub findings: Vec<Finding>,
    /// Those that only count.
    pub milder: Vec<Milder>,
    /// Undecided rules, most frequent first.
    pub unevaluated: Vec<Unevaluated>,
    /// How many an ignore has silenced.
    pub silenced: usize,
    /// How many the baseline knows.
    pub known: usize,
    /// How many were there before the change and are gone, where one is compared.
    pub mended: Option<usize>,
    /// How many lie in examples and the like, and were not asked for.
    pub left_out: usize,
}

/// A finding that is milder than what is shown. It counts, but no one reads its words, so it has none.
#[derive(Clone, Debug)]
pub struct Milder {
    /// The rule's id.
    pub rule: Arc<str>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub precision: Precision,
    /// Where, in a file a person edits.
    pub at: Span,
}

/// A violation of a rule at a place, by its environment and its number there.
type Pointed = ((usize, Span), (EnvironmentIndex, usize));

/// A hit with everything located, so that hits of different environments compare.
struct Located<'h> {
    environment: EnvironmentIndex,
    hit: Cow<'h, Hit>,
    path: Option<Cow<'h, str>>,
    related: Vec<(Span, String)>,
}

impl Located<'_> {
    /// What is said first: of the worst, and of that which is sure.
    fn words(&self) -> (Reverse<Severity>, Grade, &str, &str, Option<&str>) {
        let hit = &self.hit;
        let path = self.path.as_deref();
        (Reverse(hit.severity), hit.grade, &hit.message, &hit.help, path)
    }
}

/// Settles the hits of all environments. The result does not depend on the order of hops within an environment.
pub fn settle(
    sources: &Sources,
    rules: &[RuleInfo],
    environments: &[EnvironmentHits<'_>],
    telling: &Telling<'_>,
) -> Settled {
    let mut all: Vec<Pointed> = Vec::with_capacity(environments.iter().map(|of| of.violations.len()).sum());
    for (environment, of) in environments.iter().enumerate() {
        let violations = of.violations.iter().enumerate();
        all.extend(violations.map(|(nth, of)| ((of.rule, sources.locate(of.at)), (environment, nth))));
    }
    all.par_sort_unstable();
    let severity = |(_, (environment, nth)): &Pointed| environments[*environment].violations[*nth].severity;
    let worst = |place: &[Pointed]| place.iter().map(severity).max().unwrap_or(telling.least);
    let grade = |(_, (environment, nth)): &Pointed| {
        let violation = environments[*environment].violations[*nth];
        (Reverse(violation.severity), violation.grade)
    };
    let best = |place: &[Pointed]| place.iter().map(grade).min().map_or(Grade::Full, |(_, grade)| grade);
    let places = all.chunk_by(|(place, _), (next, _)| place == next);
    let (places, counted): (Vec<&[Pointed]>, Vec<_>) = places.partition(|place| worst(place) >= telling.least);
    let milder = counted.into_iter().filter_map(|place| {
        let (rule, at) = place[0].0;
        let rule = rules.get(rule)?;
        Some(Milder {
            rule: rule.id.clone(),
            severity: worst(place),
            precision: best(place).precision(rule.precision),
            at,
        })
    });
    let milder: Vec<Milder> = milder.collect();
    let users = users(places.iter().map(|place| place[0].0.1.source), environments);
    let paths = Paths::new(sources);
    let mut findings: Vec<Finding> = places
        .into_par_iter()
        .with_max_len(speed::PLACES)
        .filter_map(|violations| {
            let (rule, at) = violations[0].0;
            let users = users.get(&at.source)?;
            let located = |(_, (environment, nth)): &Pointed| located(sources, environments, *environment, *nth);
            let hits = violations.iter().map(located).collect();
            Some(merge(&paths, rules.get(rule)?, at, hits, users, environments))
        })
        .collect();
    sort(sources, &mut findings);
    number(&mut findings);
    Settled {
        findings,
        milder,
        unevaluated: unevaluated(sources, rules, environments, telling),
        ..Settled::default()
    }
}

fn located<'h>(
    sources: &Sources,
    environments: &'h [EnvironmentHits<'_>],
    environment: EnvironmentIndex,
    nth: usize,
) -> Located<'h> {
    let (hit, path) = (environments[environment].tell)(nth);
    let related = hit.related.iter();
    let related = related.map(|(span, text)| (sources.locate(*span), text.clone()));
    Located {
        environment,
        related: related.collect(),
        hit,
        path,
    }
}

/// The environments that have a part of each of these sources.
fn users(
    sources: impl Iterator<Item = SourceId>,
    environments: &[EnvironmentHits<'_>],
) -> FxHashMap<SourceId, BTreeSet<EnvironmentIndex>> {
    let mut users: FxHashMap<SourceId, BTreeSet<EnvironmentIndex>> =
        sources.map(|source| (source, BTreeSet::new())).collect();
    for (index, of) in environments.iter().enumerate() {
        for source in &*of.files {
            if let Some(users) = users.get_mut(source) {
                users.insert(index);
            }
        }
    }
    users
}

fn merge(
    paths: &Paths<'_>,
    rule: &RuleInfo,
    at: Span,
    mut hits: Vec<Located<'_>>,
    users: &BTreeSet<EnvironmentIndex>,
    environments: &[EnvironmentHits<'_>],
) -> Finding {
    // The one that speaks for all is chosen by what it says, never by which hop came first.
    hits.sort_by(|a, b| {
        a.words()
            .cmp(&b.words())
            .then_with(|| paths.keys(&a.related).cmp(paths.keys(&b.related)))
            .then_with(|| (a.environment, a.hit.root).cmp(&(b.environment, b.hit.root)))
    });
    let lead = &hits[0];
    let mut related = lead.related.clone();
    let mut seen: HashSet<(Span, String)> = related.iter().cloned().collect();
    related.retain({
        let mut first = HashSet::new();
        move |place| first.insert(place.clone())
    });
    let mut more: Vec<(Span, String)> = hits[1..]
        .iter()
        .flat_map(|of| of.related.iter())
        .filter(|place| seen.insert((*place).clone()))
        .cloned()
        .collect();
    more.sort_by(|a, b| (paths.key(a.0), &a.1).cmp(&(paths.key(b.0), &b.1)));
    related.append(&mut more);

    let holds: BTreeSet<EnvironmentIndex> = hits.iter().map(|of| of.environment).collect();
    let names: BTreeSet<&str> = if users.is_subset(&holds) {
        BTreeSet::new()
    } else {
        holds.iter().map(|index| environments[*index].name).collect()
    };
    let identity = hits.iter().map(|of| (&of.hit.subject, &of.hit.values)).min();
    let (subject, values) = identity.unwrap_or((&lead.hit.subject, &lead.hit.values));
    Finding {
        rule: rule.id.clone(),
        category: rule.category.clone(),
        severity: lead.hit.severity,
        precision: lead.hit.grade.precision(rule.precision),
        at,
        message: lead.hit.message.clone(),
        help: lead.hit.help.clone(),
        path: lead
            .path
            .as_deref()
            .or_else(|| hits.iter().filter_map(|of| of.path.as_deref()).min())
            .map(str::to_owned),
        environments: names.into_iter().map(str::to_owned).collect(),
        value: lead
            .hit
            .field
            .is_some()
            .then(|| shown(paths.sources, at, &lead.hit.point)),
        related,
        fingerprint: fingerprint(subject, values),
        subject: subject.clone(),
        repair: repair(&hits),
        places: hits.iter().map(place).collect(),
    }
}

/// What is known of mending a finding before a fix is tried.
fn repair(hits: &[Located<'_>]) -> Repair {
    if hits.iter().any(|of| of.hit.remedy.proposal().is_some()) {
        return Repair::Untried;
    }
    let refusals = hits.iter().filter_map(|of| of.hit.remedy.refusal());
    refusals
        .min()
        .map_or(Repair::None, |reason| Repair::Refused(reason.to_owned()))
}

fn place(of: &Located<'_>) -> Place {
    Place {
        environment: of.environment,
        root: of.hit.root,
        subject: of.hit.subject.clone(),
        remedy: of.hit.remedy.clone(),
        path: of.path.as_deref().map(str::to_owned),
    }
}

/// The value a finding points at. What was worked out and stands there letter for letter was written.
fn shown(sources: &Sources, at: Span, fact: &FactView) -> ValueNote {
    let mut note = note(fact);
    if note.origin == "computed" && sources.text(at).trim_matches(['"', '\'']) == note.text {
        note.origin = "written";
    }
    note
}

/// Where a fact comes from, in words for the report.
pub fn note(fact: &FactView) -> ValueNote {
    let mut note = ValueNote {
        text: fact.value.to_string(),
        origin: "written",
        product: None,
        version: None,
        source: None,
    };
    match &fact.origin {
        Origin::Written => {}
        Origin::Inherited => note.origin = "inherited",
        Origin::Computed => note.origin = "computed",
        Origin::Default {
            product,
            version,
            source,
        } => {
            note.origin = "default";
            note.product = Some((*product).to_owned());
            note.version = version.as_ref().map(ToString::to_string);
            note.source = Some((*source).to_owned());
        }
    }
    if fact.unless.is_some() {
        note.origin = "assumed";
    }
    note
}

fn unevaluated(
    sources: &Sources,
    rules: &[RuleInfo],
    environments: &[EnvironmentHits<'_>],
    telling: &Telling<'_>,
) -> Vec<Unevaluated> {
    let paths = Paths::new(sources);
    let mut groups: BTreeMap<(usize, &Arc<str>), Vec<Option<Span>>> = BTreeMap::new();
    for entry in environments.iter().flat_map(|of| &*of.not_evaluated) {
        let at = entry.span.map(|span| sources.locate(span));
        if at.is_some_and(|at| !(telling.reports)(&sources.get(at.source).path)) {
            continue;
        }
        groups.entry((entry.rule, &entry.reason)).or_default().push(at);
    }
    let mut all: Vec<Unevaluated> = groups
        .into_iter()
        .filter_map(|((rule, reason), spans)| {
            Some(Unevaluated {
                rule: rules.get(rule)?.id.clone(),
                reason: reason.clone(),
                count: spans.len(),
                at: spans.iter().flatten().min_by_key(|span| paths.key(**span)).copied(),
            })
        })
        .collect();
    all.sort_by(|a, b| (Reverse(a.count), &a.rule, &a.reason).cmp(&(Reverse(b.count), &b.rule, &b.reason)));
    all
}

/// Sorts findings by path, line, column and rule.
pub fn sort(sources: &Sources, findings: &mut Vec<Finding>) {
    let paths = Paths::new(sources);
    let compare = |a: &Finding, b: &Finding| {
        let words = || (&a.rule, &a.message, &a.fingerprint).cmp(&(&b.rule, &b.message, &b.fingerprint));
        paths.key(a.at).cmp(&paths.key(b.at)).then_with(words)
    };
    if findings.is_sorted_by(|a, b| compare(a, b) != Ordering::Greater) {
        return;
    }
    // Findings are large: each is moved twice here, and a dozen times by sorting them in place.
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.par_sort_by(|a, b| compare(&findings[*a], &findings[*b]));
    let mut all: Vec<Option<Finding>> = std::mem::take(findings).into_iter().map(Some).collect();
    findings.extend(order.into_iter().filter_map(|at| all[at].take()));
}

/// Order of places as a person sees it: the ids of derived texts depend on which thread made them first.
struct Paths<'s> {
    sources: &'s Sources,
}

impl<'s> Paths<'s> {
    fn new(sources: &'s Sources) -> Self {
        Self { sources }
    }

    fn key(&self, span: Span) -> (&'s str, u32, u32) {
        (&self.sources.get(span.source).path, span.start, span.end)
    }

    /// The same for places with words.
    fn keys<'p>(&self, places: &'p [(Span, String)]) -> impl Iterator<Item = ((&'s str, u32, u32), &'p str)> {
        places.iter().map(|(span, text)| (self.key(*span), text.as_str()))
    }
}

/// Subject and values as a short stable text: 128 bits of FNV-1a, fixed here so that a baseline outlives toolchains.
pub fn fingerprint(subject: &str, values: &[String]) -> String {
    let mut hash = Fnv::new();
    hash.part(subject);
    for value in values {
        hash.part(&value.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    hash.hex()
}

/// Gives findings that would share a fingerprint an ordinal, in the order they stand in.
pub fn number(findings: &mut [Finding]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let ordinal = seen.entry(finding.fingerprint.clone()).or_default();
        if *ordinal > 0 {
            let mut hash = Fnv::new();
            hash.part(&finding.fingerprint);
            hash.part(&ordinal.to_string());
            finding.fingerprint = hash.hex();
        }
        *ordinal += 1;
    }
}

struct Fnv(u128);

impl Fnv {
    fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    /// Adds one part and an end mark, so that ("ab", "c") is not ("a", "bc").
    fn part(&mut self, text: &str) {
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    fn hex(&self) -> String {
        format!("{:032x}", self.0)
    }
}
