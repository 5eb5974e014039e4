//! Judging: every rule over every entity of its kind.

use rayon::prelude::*;

use super::definition::Rule;
use super::eval::Scene;
use super::grade::{self, Grade};
use super::hit::{Hit, NotEvaluated};
use super::load::RuleSet;
use super::severity::Severity;
use super::told::{hit, point, severity, subject};
use crate::model::{EntityId, Known, Lens, Model};
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
        Known::Is(true) => scene.satisfies(&rule.require),
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
