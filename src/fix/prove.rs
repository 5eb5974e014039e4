//! A fix is offered only when it is proved: applied in memory, everything that uses the file is read again; the
//! finding is gone, no new one appears, nothing became unknown, and no written fact changed but those that were meant.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};

use super::places::Places;
use super::spell::{self, Where};
use super::title::title;
use crate::finding::{Finding, Fix};
use crate::model::field::setting;
use crate::model::{EntityId, FactView, FieldId, Kind, Known, Model, Stored};
use crate::repo::{Edit, Refusal, SourceId, Sources, edit::splice};
use crate::rule::{Proposal, Severity, Verdict};

/// What one environment says, for comparing before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Subjects of all hits.
    pub subjects: BTreeSet<String>,
    /// Subjects of hits that are more than advice: a fix that makes a route work lets advice about what is behind it
    /// appear, which is no harm.
    pub loud: BTreeSet<String>,
    /// Rules, by their place, that could not be decided, and for which entity.
    pub undecided: BTreeSet<(usize, Kind, Arc<str>)>,
    facts: Written,
}

/// Every written fact: a digest of its place, its field, and a digest of its value; sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Written(Vec<(u64, FieldId, u64)>);

impl Written {
    fn add(&mut self, place: impl Hash, field: FieldId, stored: &Stored) {
        let value = match stored {
            Stored::Is(value) => digest(value),
            Stored::Unknown(doubt) => digest(&doubt.reason),
        };
        self.0.push((digest(&place), field, value));
    }

    /// Of two facts of one place the last holds.
    fn sort(&mut self) {
        self.0.reverse();
        self.0.sort_by_key(|(place, field, _)| (*place, *field));
        self.0.dedup_by_key(|(place, field, _)| (*place, *field));
        self.0.shrink_to_fit();
    }

    /// The fields of facts that are on one side alone, or not the same on both.
    fn differing<'w>(&'w self, other: &'w Written) -> impl Iterator<Item = FieldId> + 'w {
        let (mut own, mut others) = (self.0.iter().peekable(), other.0.iter().peekable());
        std::iter::from_fn(move || {
            loop {
                let order = match (own.peek(), others.peek()) {
                    (None, None) => return None,
                    (Some(_), None) => Ordering::Less,
                    (None, Some(_)) => Ordering::Greater,
                    (Some(a), Some(b)) => (a.0, a.1).cmp(&(b.0, b.1)),
                };
                match order {
                    Ordering::Less => return own.next().map(|fact| fact.1),
                    Ordering::Greater => return others.next().map(|fact| fact.1),
                    Ordering::Equal => {
                        let (a, b) = (own.next()?, others.next()?);
                        if a.2 != b.2 {
                            return Some(a.1);
                        }
                    }
                }
            }
        })
    }
}

impl Outcome {
    /// Takes down what a model says, and what the rules say of it.
    pub fn of(model: &Model, verdicts: Vec<Verdict>, undecided: &[(usize, EntityId)]) -> Outcome {
        let loud = verdicts.iter().filter(|verdict| verdict.severity > Severity::Info);
        let mut outcome = Outcome {
            loud: loud.map(|verdict| verdict.subject.clone()).collect(),
            undecided: undecided
                .iter()
                .map(|(rule, root)| (*rule, model.entity(*root).kind, model.entity(*root).name.clone()))
                .collect(),
            ..Outcome::default()
        };
        outcome.subjects = verdicts.into_iter().map(|verdict| verdict.subject).collect();
        for (at, scope) in model.scopes().iter().enumerate() {
            for fact in &scope.facts {
                let name = fact.site.map_or("", |site| site.row.name.as_str());
                outcome.facts.add((0_u8, at, name), fact.field, &fact.value);
            }
        }
        for &kind in Kind::ALL {
            if matches!(
                kind,
                Kind::Hop | Kind::Chain | Kind::Status | Kind::Shortfall | Kind::Note
            ) {
                continue;
            }
            for (at, id) in model.all(kind).enumerate() {
                let entity = model.entity(id);
                // Settings are a second reading of what scopes hold; a new line would move the numbers of all behind it.
                let place = match kind {
                    Kind::Setting => (1_u8, 0, &*entity.name),
                    _ => (2, at, ""),
                };
                for fact in entity.facts.iter().filter(|fact| fact.site.is_some()) {
                    outcome.facts.add(place, fact.field, &fact.value);
                }
            }
        }
        outcome.facts.sort();
        outcome
    }
}

fn digest(of: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = FxHasher::default();
    of.hash(&mut hasher);
    hasher.finish()
}

/// What proving needs of the run.
pub trait World {
    /// The sources that spans lie in.
    fn sources(&self) -> &Sources;
    /// The model of an environment.
    fn model(&self, environment: usize) -> &Model;
    /// The environments that use any of these files.
    fn users(&self, files: &BTreeSet<SourceId>) -> Vec<usize>;
    /// Whether a rule was decided before for the entity of this kind and name.
    fn decided(&self, environment: usize, rule: usize, kind: Kind, name: &str) -> bool;
    /// What an environment said before.
    fn before(&self, environment: usize) -> &Outcome;
    /// What these environments say when the files have these texts; `None` when one of them is gone.
    fn after(&self, environments: &[usize], files: &[(SourceId, String)]) -> Option<Vec<Outcome>>;
}

/// Up to this many file readings each fix is proved by itself; above, fixes that do not touch each other are proved
/// together, and by themselves only where that fails.
const ALONE: usize = 20_000;

/// Offers every finding that is `wanted` its proved fix, or says why there is none. `files` is the size of the
/// repository.
pub fn prove(world: &dyn World, findings: &mut [Finding], wanted: &dyn Fn(&Finding) -> bool, files: usize) {
    let mut open: Vec<Open> = Vec::new();
    let mut places = Places::of(world);
    for (at, finding) in findings.iter().enumerate() {
        if wanted(finding) && finding.places.iter().any(|place| place.proposal.is_some()) {
            open.push(Open {
                finding: at,
                attempts: attempts(&mut places, finding),
            });
        }
    }
    drop(places);
    if open.len() * files > ALONE {
        together(world, findings, &mut open);
    }
    for open in open {
        let finding = &mut findings[open.finding];
        match alone(world, finding, open.attempts) {
            Ok(fix) => finding.fix = Some(fix),
            Err(reason) => finding.no_fix_reason = Some(reason.0),
        }
    }
}

/// A finding that wants a fix, with every way its places propose.
struct Open {
    finding: usize,
    attempts: Vec<Result<Attempt, Refusal>>,
}

/// One way to mend a finding.
struct Attempt {
    fix: Fix,
    /// Fields whose written facts it means to change.
    meant: BTreeSet<&'static str>,
}

fn attempts(places: &mut Places<'_>, finding: &Finding) -> Vec<Result<Attempt, Refusal>> {
    let world = places.world;
    let mut found: Vec<Result<Attempt, Refusal>> = all_places(places, finding).map(Ok).into_iter().collect();
    for place in [Where::Written, Where::OwnBlock] {
        for at in &finding.places {
            let proposal = match &at.proposal {
                Some(Ok(proposal)) => proposal,
                Some(Err(reason)) => {
                    found.push(Err(Refusal::new(reason.clone())));
                    continue;
                }
                None => continue,
            };
            let model = world.model(at.environment);
            match spell::edits(world.sources(), model, &proposal.changes, place) {
                Ok(edits) if edits.is_empty() => {}
                Ok(edits) if found.iter().flatten().any(|known| known.fix.edits == edits) => {}
                Ok(edits) => {
                    let because = proposal.because.as_deref().map(str::to_owned);
                    let fix = Fix {
                        title: title(model, proposal, place),
                        because,
                        edits,
                    };
                    found.push(Ok(Attempt {
                        fix,
                        meant: meant(places, finding, proposal),
                    }));
                }
                Err(reason) => found.push(Err(reason)),
            }
        }
    }
    found
}

/// The changes of all places as one attempt, where each place needs its own: the servers of one group.
fn all_places(places: &mut Places<'_>, finding: &Finding) -> Option<Attempt> {
    let world = places.world;
    let first = finding.places.first()?;
    let mut all = Proposal::default();
    for place in &finding.places {
        let Some(Ok(proposal)) = &place.proposal else {
            return None;
        };
        if place.environment != first.environment {
            continue;
        }
        for change in &proposal.changes {
            if !all.changes.contains(change) {
                all.changes.push(change.clone());
            }
        }
        all.because = all.because.or_else(|| proposal.because.clone());
    }
    let model = world.model(first.environment);
    let mut edits = spell::edits(world.sources(), model, &all.changes, Where::Written).ok()?;
    edits.sort_by_key(|edit| (edit.span.source, edit.span.start));
    edits.dedup();
    let apart = edits.windows(2).all(|pair| !touch(&pair[0], &pair[1]));
    (apart && edits.len() > 1).then(|| Attempt {
        fix: Fix {
            title: title(model, &all, Where::Written),
            because: all.because.as_deref().map(str::to_owned),
            edits,
        },
        meant: meant(places, finding, &all),
    })
}

/// The first attempt that holds.
fn alone(world: &dyn World, finding: &Finding, attempts: Vec<Result<Attempt, Refusal>>) -> Result<Fix, Refusal> {
    let mut last = Refusal::new("the rule proposes none here");
    for attempt in attempts {
        match attempt.and_then(|attempt| holds(world, &[(finding, &attempt)]).map(|()| attempt.fix)) {
            Ok(fix) => return Ok(fix),
            Err(reason) => last = reason,
        }
    }
    Err(last)
}

/// Proves first attempts in batches that do not touch each other; what is proved leaves the list.
fn together(world: &dyn World, findings: &mut [Finding], open: &mut Vec<Open>) {
    let mut waiting: Vec<usize> = (0..open.len())
        .filter(|at| matches!(open[*at].attempts.first(), Some(Ok(_))))
        .collect();
    let mut proved = Vec::new();
    while !waiting.is_empty() {
        let mut batch: Vec<(&Finding, &Attempt)> = Vec::new();
        let mut members = Vec::new();
        let mut taken: FxHashMap<SourceId, Vec<&Edit>> = FxHashMap::default();
        waiting.retain(|at| {
            let Some(Ok(attempt)) = open[*at].attempts.first() else {
                return false;
            };
            let touches = attempt.fix.edits.iter().any(|edit| {
                let others = taken.get(&edit.span.source).into_iter().flatten();
                others.into_iter().any(|other| touch(other, edit))
            });
            if !touches {
                for edit in &attempt.fix.edits {
                    taken.entry(edit.span.source).or_default().push(edit);
                }
                batch.push((&findings[open[*at].finding], attempt));
                members.push(*at);
            }
            touches
        });
        held(world, &batch, &members, &mut proved);
    }
    proved.sort_unstable();
    for at in proved.into_iter().rev() {
        let Open { finding, attempts } = open.remove(at);
        if let Some(Ok(attempt)) = attempts.into_iter().next() {
            findings[finding].fix = Some(attempt.fix);
        }
    }
}

/// The members of a batch that hold; one that does not is found by halving.
fn held(world: &dyn World, batch: &[(&Finding, &Attempt)], members: &[usize], proved: &mut Vec<usize>) {
    // A single one is tried by itself later, with its other attempts.
    if batch.len() < 2 {
        return;
    }
    if holds(world, batch).is_ok() {
        proved.extend(members);
        return;
    }
    let (left, right) = batch.split_at(batch.len() / 2);
    let (left_members, right_members) = members.split_at(batch.len() / 2);
    held(world, left, left_members, proved);
    held(world, right, right_members, proved);
}

fn touch(a: &Edit, b: &Edit) -> bool {
    a.span.source == b.span.source && a.span.start <= b.span.end && b.span.start <= a.span.end
}

/// The fields a proposal changes, with those that share a directive: `proxy_buffers` is written with both its words,
/// the one that is not changed with the value in force.
fn meant(places: &mut Places<'_>, finding: &Finding, proposal: &Proposal) -> BTreeSet<&'static str> {
    let mut names: BTreeSet<&str> = proposal.changes.iter().map(|change| change.field.info().name).collect();
    let Some(place) = finding.places.first() else {
        return names;
    };
    let model = places.world.model(place.environment);
    names.insert(setting::TIME.id().info().name);
    for change in &proposal.changes {
        names.extend(super::envoy::named_along(change.field));
        if let Known::Is(FactView {
            span, site: Some(_), ..
        }) = model.fact(change.entity, change.field)
        {
            names.extend(places.at(place.environment, span).map(|field| field.info().name));
        }
        let rows = model
            .entity(change.entity)
            .table
            .zip(model.row_for(change.entity, change.field));
        if let Some((table, row)) = rows {
            names.extend(table.named(&row.name).map(|row| row.field.info().name));
        }
        // Where the value stands, the same words may give another field.
        let site = model.fact(change.entity, change.field).is().and_then(|fact| fact.row);
        if let (Some(row), Some((table, _))) = (site, rows) {
            names.extend(table.named(&row.name).map(|row| row.field.info().name));
        }
    }
    names
}

/// Whether these fixes, made together, mend their findings and change nothing else.
fn holds(world: &dyn World, fixes: &[(&Finding, &Attempt)]) -> Result<(), Refusal> {
    let mut by_file: BTreeMap<SourceId, Vec<Edit>> = BTreeMap::new();
    for edit in fixes.iter().flat_map(|(_, attempt)| &attempt.fix.edits) {
        by_file.entry(edit.span.source).or_default().push(edit.clone());
    }
    let mut texts = Vec::new();
    for (file, edits) in &by_file {
        match splice(&world.sources().get(*file).text, edits) {
            Some(text) => texts.push((*file, text)),
            None => return Err(Refusal::new("its changes overlap")),
        }
    }
    let users = world.users(&by_file.into_keys().collect());
    let Some(after) = world.after(&users, &texts) else {
        return Err(Refusal::new("with it the environments would no longer be the same"));
    };
    let meant: BTreeSet<&str> = fixes
        .iter()
        .flat_map(|(_, attempt)| attempt.meant.iter().copied())
        .collect();
    let mut changed = false;
    for (environment, after) in users.iter().zip(&after) {
        let before = world.before(*environment);
        let mut places = fixes.iter().flat_map(|(finding, _)| &finding.places);
        if places.any(|place| place.environment == *environment && after.subjects.contains(&place.subject)) {
            return Err(Refusal::new(
                "it would not mend every place that this finding holds for",
            ));
        }
        if let Some(new) = after.loud.difference(&before.subjects).next() {
            let rule = new.split(' ').next().unwrap_or(new);
            return Err(Refusal::new(format!("it would bring about another finding ({rule})")));
        }
        // What is mended, and every hop through it (a Service's port, a policy), may lead on to something that cannot be
        // known; what was decided elsewhere must stay so.
        let model = world.model(*environment);
        let roots: BTreeSet<EntityId> = fixes
            .iter()
            .flat_map(|(finding, _)| &finding.places)
            .filter(|place| place.environment == *environment)
            .map(|place| place.root)
            .collect();
        let through = model.all(Kind::Hop).filter(|hop| {
            let mut links = model.entity(*hop).links.iter();
            links.any(|link| matches!(link, Known::Is(to) if roots.contains(to)))
        });
        let mended: BTreeSet<&str> = roots
            .iter()
            .copied()
            .chain(through)
            .map(|root| &*model.entity(root).name)
            .collect();
        let mut lost = after.undecided.difference(&before.undecided);
        if lost.any(|(rule, kind, name)| !mended.contains(&**name) && world.decided(*environment, *rule, *kind, name)) {
            return Err(Refusal::new("with it less could be evaluated"));
        }
        for field in before.facts.differing(&after.facts) {
            changed = true;
            if !meant.contains(field.info().name) {
                let name = field.info().name.replace('_', " ");
                return Err(Refusal::new(format!("it would also change the {name}")));
            }
        }
    }
    if changed {
        Ok(())
    } else {
        Err(Refusal::new("it would change nothing that was read"))
    }
}

/// Fixes that can be made together: those that overlap an earlier one wait for the next round.
pub fn apart<'f>(fixes: impl Iterator<Item = &'f Fix>) -> Vec<&'f Fix> {
    let mut taken: Vec<&Fix> = Vec::new();
    for fix in fixes {
        let overlaps = |edit: &Edit| {
            taken.iter().flat_map(|fix| &fix.edits).any(|other| {
                other.span.source == edit.span.source
                    && edit.span.start <= other.span.end
                    && other.span.start <= edit.span.end
                    && other != edit
            })
        };
        if !fix.edits.iter().any(overlaps) {
            taken.push(fix);
        }
    }
    taken
}
