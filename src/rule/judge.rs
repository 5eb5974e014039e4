//! Judging: every rule over every entity of its kind.

use rayon::prelude::*;
use std::sync::Arc;

use super::definition::{Rule, Step};
use super::eval::Scene;
use super::expr::{End, Path};
use super::grade::{self, Grade};
use super::hit::{Hit, NotEvaluated};
use super::load::RuleSet;
use super::remedy::{Action, Change, Proposal, Remedy};
use super::severity::Severity;
use crate::model::field::hop;
use crate::model::{EntityId, FactView, FieldId, Kind, Known, Lens, Model, Origin};
use crate::repo::Span;
use crate::speed;

/// What the rules say of one model.
#[derive(Debug)]
pub struct Judgement<H = Violation> {
    /// What is violated.
    pub violations: Vec<H>,
    /// What could not be decided, one for each rule and entity.
    pub not_evaluated: Vec<NotEvaluated>,
    /// The rule and entity of each of `not_evaluated`.
    pub undecided: Vec<(usize, EntityId)>,
    /// How often a rule was decided for an entity, either way.
    pub evaluated: usize,
}

impl<H> Default for Judgement<H> {
    fn default() -> Self {
        Self {
            violations: Vec::new(),
            not_evaluated: Vec::new(),
            undecided: Vec::new(),
            evaluated: 0,
        }
    }
}

/// A violation that was not put into words yet: there are many, and most are of one place and say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule, as in [`Hit::rule`].
    pub rule: usize,
    /// The entity the rule looked at.
    pub root: EntityId,
    /// What it points at; not yet located.
    pub at: Span,
    /// How bad.
    pub severity: Severity,
    /// What it rests on.
    pub grade: Grade,
}

/// A violation without words, for comparing two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Which rule, as in [`Hit::rule`].
    pub rule: usize,
    /// The entity it is about.
    pub root: EntityId,
    /// What it is about, as in [`Hit::subject`].
    pub subject: String,
    /// How bad.
    pub severity: Severity,
}

/// Runs every enabled rule over the entities of its kind.
pub fn judge(model: &Model, rules: &RuleSet) -> Judgement {
    over(model, rules, &|scene, rule, at, grade| Violation {
        rule: at,
        root: scene.root,
        at: point(scene, rule).0.span,
        severity: severity(scene, rule, grade),
        grade,
    })
}

/// Puts a violation of this model into words.
pub fn tell(model: &Model, rules: &RuleSet, violation: &Violation) -> Hit {
    let rule = rules.rule(violation.rule);
    let lens = Lens::trusting();
    hit(
        &scene(model, rule, violation.root, &lens),
        rule,
        violation.rule,
        violation.grade,
    )
}

/// The same for a model that no one will read of.
pub fn verdicts(model: &Model, rules: &RuleSet) -> Judgement<Verdict> {
    over(model, rules, &verdict)
}

/// What a violation of this model is compared by.
pub fn verdict_of(model: &Model, rules: &RuleSet, violation: &Violation) -> Verdict {
    let rule = rules.rule(violation.rule);
    let lens = Lens::trusting();
    verdict(
        &scene(model, rule, violation.root, &lens),
        rule,
        violation.rule,
        violation.grade,
    )
}

fn verdict(scene: &Scene, rule: &Rule, at: usize, grade: Grade) -> Verdict {
    let (point, field) = point(scene, rule);
    Verdict {
        rule: at,
        root: scene.root,
        subject: subject(scene, rule, field, &point),
        severity: severity(scene, rule, grade),
    }
}

fn scene<'m>(model: &'m Model, rule: &'m Rule, root: EntityId, lens: &'m Lens) -> Scene<'m> {
    Scene {
        model,
        root,
        options: &rule.values,
        lens,
    }
}

/// A few entities at a time are asked everything, while they and what they link to are still in the processor's cache.
fn over<H: Send>(
    model: &Model,
    rules: &RuleSet,
    tell: &(impl Fn(&Scene, &Rule, usize, Grade) -> H + Sync),
) -> Judgement<H> {
    let by_kind = rules.by_kind();
    let mut asked: Vec<Vec<EntityId>> = vec![Vec::new(); by_kind.len()];
    for (id, entity) in model.entities() {
        let kind = entity.kind as usize;
        if !by_kind[kind].is_empty() {
            asked[kind].push(id);
        }
    }
    let ask = |kind: usize, roots: &[EntityId], judgement: &mut Judgement<H>| {
        let mut deciding = vec![0; by_kind[kind].len()];
        for root in roots {
            for (at, deciding) in by_kind[kind].iter().zip(&mut deciding) {
                decide(model, (*at, rules.rule(*at)), *root, deciding, judgement, tell);
            }
        }
    };
    if asked.iter().map(Vec::len).sum::<usize>() < speed::JUDGED {
        let mut judgement = Judgement::default();
        for (kind, roots) in asked.iter().enumerate().filter(|(_, roots)| !roots.is_empty()) {
            ask(kind, roots, &mut judgement);
        }
        return judgement;
    }
    let chunks = asked.iter().enumerate();
    let chunks: Vec<(usize, &[EntityId])> = chunks
        .flat_map(|(kind, roots)| roots.chunks(speed::ASKED).map(move |chunk| (kind, chunk)))
        .collect();
    let of_chunk = |(kind, roots): (usize, &[EntityId])| {
        let mut judgement = Judgement::default();
        ask(kind, roots, &mut judgement);
        judgement
    };
    let all: Vec<Judgement<H>> = chunks.into_par_iter().with_max_len(1).map(of_chunk).collect();
    let mut judgement = Judgement::default();
    // Doubling a long list of hits would take their memory twice.
    judgement
        .violations
        .reserve_exact(all.iter().map(|of_chunk| of_chunk.violations.len()).sum());
    for of_chunk in all {
        judgement.violations.extend(of_chunk.violations);
        judgement.not_evaluated.extend(of_chunk.not_evaluated);
        judgement.undecided.extend(of_chunk.undecided);
        judgement.evaluated += of_chunk.evaluated;
    }
    judgement
}

fn decide<H>(
    model: &Model,
    (at, rule): (usize, &Rule),
    root: EntityId,
    deciding: &mut usize,
    judgement: &mut Judgement<H>,
    tell: &impl Fn(&Scene, &Rule, usize, Grade) -> H,
) {
    let lens = Lens::trusting();
    let scene = scene(model, rule, root, &lens);
    let holds = match scene.applies(&rule.when, deciding) {
        Known::Is(true) => satisfied(&scene, rule),
        Known::Is(false) | Known::Absent => return,
        Known::Unknown(doubt) => Known::Unknown(doubt),
    };
    let assumes = grade::is_shown_any(&scene);
    let doubt = match holds {
        Known::Absent => return,
        Known::Unknown(doubt) => Some(doubt),
        Known::Is(true) if assumes => grade::doubt(&scene, rule),
        Known::Is(true) => None,
        Known::Is(false) => {
            let grade = match assumes && grade::without_assumptions(&scene, rule) != Known::Is(false) {
                true => Grade::Assumed,
                false => Grade::Full,
            };
            judgement.evaluated += usize::from(grade == Grade::Full);
            return judgement.violations.push(tell(&scene, rule, at, grade));
        }
    };
    let Some(doubt) = doubt else {
        judgement.evaluated += 1;
        return;
    };
    judgement.undecided.push((at, root));
    judgement.not_evaluated.push(NotEvaluated {
        rule: at,
        reason: doubt.reason.clone(),
        span: doubt.span.or(Some(model.entity(root).span)),
    });
}

/// Whether a rule can be decided for an entity, either way, without any assumption.
pub fn decided(model: &Model, rules: &RuleSet, at: usize, root: EntityId) -> bool {
    let mut judgement = Judgement::default();
    let judged = (at, rules.rule(at));
    decide(model, judged, root, &mut 0, &mut judgement, &|_, _, _, _| ());
    judgement.evaluated > 0
}

/// Whether every part of the requirement holds; the same as evaluating it whole.
pub(super) fn satisfied(scene: &Scene, rule: &Rule) -> Known<bool> {
    let mut doubt = None;
    let mut absent = false;
    for conjunct in &rule.require {
        match scene.truth(conjunct) {
            Known::Is(true) => {}
            Known::Is(false) => return Known::Is(false),
            Known::Absent => absent = true,
            Known::Unknown(found) => doubt = doubt.or(Some(found)),
        }
    }
    match (doubt, absent) {
        (Some(doubt), _) => Known::Unknown(doubt),
        (None, true) => Known::Absent,
        (None, false) => Known::Is(true),
    }
}

fn hit(scene: &Scene, rule: &Rule, at: usize, grade: Grade) -> Hit {
    let (point, field) = point(scene, rule);
    let related = related(scene, rule, point.span);
    let mut message = rule.message.render(scene);
    let assumption = match grade {
        Grade::Full => None,
        Grade::Assumed => grade::rests_on(scene, rule),
    };
    if let Some(assumption) = &assumption {
        message.push_str(&format!(", unless {assumption}"));
    }
    // What a fix writes may rest on an assumption although the finding does not.
    let lens = Lens::trusting();
    let mut remedy = remedy(&scene.through(&lens), rule);
    let assumption = assumption.or_else(|| lens.assumption());
    if let (Remedy::Proposed(proposal), Some(assumption)) = (&mut remedy, &assumption) {
        grade::make_unsafe(proposal, assumption);
    }
    Hit {
        rule: at,
        root: scene.root,
        severity: severity(scene, rule, grade),
        grade,
        subject: subject(scene, rule, field, &point),
        values: values(scene, rule),
        message,
        help: rule.help.render(scene),
        remedy,
        related,
        point,
        field,
    }
}

fn severity(scene: &Scene, rule: &Rule, grade: Grade) -> Severity {
    if let Some(severity) = rule.severity_override {
        return grade.severity(severity);
    }
    let lens = Lens::trusting();
    let scene = scene.through(&lens);
    let applies = |(when, _): &&(Option<super::expr::Expr>, Severity)| match when {
        Some(when) => scene.truth(when) == Known::Is(true),
        None => true,
    };
    // Where no case applies, the mildest is left.
    let found = rule.severity.iter().find(applies).or(rule.severity.last());
    let severity = found.map_or(Severity::Warning, |(_, severity)| *severity);
    // A violation may be sure, and how bad it is not.
    match lens.is_shown() {
        true => Grade::Assumed.severity(severity),
        false => grade.severity(severity),
    }
}

fn point(scene: &Scene, rule: &Rule) -> (FactView, Option<(EntityId, FieldId)>) {
    for (path, when) in &rule.point {
        if when.as_ref().is_some_and(|when| scene.truth(when) != Known::Is(true)) {
            continue;
        }
        if let (Known::Is(view), Known::Is(entity)) = (path.view(scene), path.entity(scene)) {
            return match path.end() {
                End::Field(field) => (view, Some((entity, field))),
                End::Entity(_) => (view, None),
            };
        }
    }
    (FactView::of_entity(scene.model.entity(scene.root)), None)
}

fn related(scene: &Scene, rule: &Rule, point: Span) -> Vec<(Span, String)> {
    let mut places: Vec<(Span, String)> = Vec::new();
    for (path, text) in &rule.related {
        let Known::Is(view) = path.view(scene) else {
            continue;
        };
        if !view.span.overlaps(point) && view.span != point && places.iter().all(|(span, _)| *span != view.span) {
            places.push((view.span, text.render(scene)));
        }
    }
    places
}

/// What stays the same when values change: the rule, what it looked at, and the field it points at.
///
/// A hop is called by its gateway and route, not by its own name, which has the port that a fix may change.
fn subject(scene: &Scene, rule: &Rule, field: Option<(EntityId, FieldId)>, point: &FactView) -> String {
    let model = scene.model;
    let named = |id: EntityId| {
        let entity = model.entity(id);
        format!("{}:{}", entity.kind.name(), entity.name)
    };
    let mut parts = vec![rule.id.to_string()];
    if model.entity(scene.root).kind == Kind::Hop {
        let ends = [hop::GATEWAY, hop::ROUTE]
            .into_iter()
            .filter_map(|link| scene.lens.see(model.entity(scene.root).linked(link)).is().copied());
        parts.extend(ends.map(named));
    } else {
        parts.push(named(scene.root));
    }
    match field {
        Some((entity, field)) => parts.push(format!("{}.{}", named(entity), field.info().name)),
        None => parts.push(point.value.to_string()),
    }
    parts.dedup();
    parts.join(" ")
}

/// The values that took part, without defaults: those change with the product, not with the file.
fn values(scene: &Scene, rule: &Rule) -> Vec<String> {
    let mut paths: Vec<&Path> = Vec::new();
    rule.require.iter().for_each(|conjunct| conjunct.paths(&mut paths));
    let shown = |path: &&Path| match path.view(scene) {
        Known::Is(view) if !matches!(view.origin, Origin::Default { .. }) => Some(view.value.to_string()),
        _ => None,
    };
    paths.iter().filter_map(shown).collect()
}

/// What the rule proposes here.
fn remedy(scene: &Scene, rule: &Rule) -> Remedy {
    let mut changes = Vec::new();
    let mut reasons: Vec<Arc<str>> = Vec::new();
    for step in &rule.fix {
        let (field, to, when, because) = match step {
            Step::Only { condition, otherwise } => match scene.truth(condition) {
                Known::Is(true) => continue,
                _ => return Remedy::Refused(otherwise.render(scene)),
            },
            Step::Change {
                field,
                to,
                when,
                because,
            } => (field, to, when, because),
        };
        if when.as_ref().is_some_and(|when| scene.truth(when) != Known::Is(true)) {
            continue;
        }
        let End::Field(id) = field.end() else { continue };
        let entity = match field.entity(scene) {
            Known::Is(entity) => entity,
            Known::Absent => return Remedy::Refused(format!("there is no {} here", field.text)),
            Known::Unknown(doubt) => return Remedy::Refused(doubt.reason.to_string()),
        };
        let action = match to.as_ref().map(|to| scene.value(to)) {
            None => Action::Remove,
            Some(Known::Is(value)) => {
                if scene.model.fact(entity, id).map(|view| view.value == *value) == Known::Is(true) {
                    continue;
                }
                Action::Set(value.into_owned())
            }
            Some(Known::Absent) => return Remedy::Refused(format!("what {} should be is not there", field.text)),
            Some(Known::Unknown(doubt)) => return Remedy::Refused(doubt.reason.to_string()),
        };
        changes.push(Change {
            entity,
            field: id,
            action,
        });
        if let Some(because) = because
            && !reasons.contains(because)
        {
            reasons.push(because.clone());
        }
    }
    let because = (!reasons.is_empty()).then(|| Arc::from(reasons.join("; ")));
    match changes.is_empty() {
        true => Remedy::None,
        false => Remedy::Proposed(Proposal { changes, because }),
    }
}
