//! What each target guarantees against what its traffic needs. Every target is evaluated once; the outcome becomes
//! entities that rules speak of, and is kept for `gatelint capacity`.

mod cut;
mod entities;
mod evaluate;
mod hints;
mod misread;
mod routed;
mod shape;
mod shortfall;
pub mod traffic;
mod words;

use std::sync::Arc;

use rayon::prelude::*;

use crate::capacity::Zone;
use crate::capacity::floor::{Bound, Cause, Misreading, Question, Reactive, Severity, Shortfall, misread};
use crate::capacity::schedule::{Bounds, Context, Evaluation, NotEvaluated, Note, NoteKind};
use crate::environment::{Environment, is_development};
use crate::estate::Estate;
use crate::estate::scaled::{Identity, Schedule, Target};
use crate::link::Hop;
use crate::model::{Doubt, Model};
use crate::repo::{Sources, Span};
use crate::scaling;
use crate::speed;

use evaluate::{evaluations, together};

pub use traffic::{Demand, Measured, Traffic};

/// One target, evaluated.
#[derive(Debug)]
pub struct Capacity {
    /// What it is called.
    pub identity: Identity,
    /// Where it is declared.
    pub span: Span,
    /// What is guaranteed and allowed, by all its writers together, or why that cannot be told.
    pub bounds: Result<Bounds, NotEvaluated>,
    /// What is wrong with its schedules besides.
    pub notes: Vec<Note>,
    /// The traffic it must serve, where the configuration names it: the entry's place in `Traffic::demands`, and what
    /// that needs.
    pub demand: Option<(usize, Arc<Measured>)>,
    /// When too little is guaranteed.
    pub shortfalls: Vec<Shortfall>,
}

/// All targets of an environment, evaluated.
#[derive(Debug, Default)]
pub struct Assessed {
    /// In the order of the estate's targets.
    pub targets: Vec<Capacity>,
    /// Entries of `traffic` that some target here answers to, by their place.
    pub answered: Vec<usize>,
    /// Mistakes in `traffic` that only show here.
    pub mistakes: Vec<Mistake>,
}

/// A mistake in the configuration, in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Evaluates the targets of an environment and adds what rules speak of.
pub fn assess(
    sources: &Sources,
    estate: &mut Estate,
    hops: &[Hop],
    environment: &Environment,
    traffic: &Traffic,
) -> Assessed {
    let mut assessed = Assessed::default();
    if estate.targets.is_empty() && traffic.demands.is_empty() {
        return assessed;
    }
    let mut targets = std::mem::take(&mut estate.targets);
    for demand in &traffic.demands {
        // A workload whose count nothing changes guarantees what it asks for.
        let name = &demand.target.value;
        if !targets.iter().any(|target| target.identity.answers(name)) {
            targets.extend(scaling::constant(&mut estate.model, &environment.documents, name));
        }
    }
    let autoscalers = &mut entities::Autoscalers::in_model(&estate.model);
    let context = &Context::year_from(traffic.as_of);
    let world = World {
        sources,
        environment,
        traffic,
        context,
    };
    let evaluated = targets.par_iter().with_min_len(speed::OBJECTS);
    let evaluated: Vec<Vec<Evaluation>> = evaluated.map(|target| evaluations(target, context)).collect();
    for (target, evaluated) in targets.iter().zip(evaluated) {
        let model = &mut estate.model;
        let capacity = assess_target(&world, model, autoscalers, target, evaluated, &mut assessed);
        assessed.targets.push(capacity);
    }
    routed::settle(estate, &targets, hops);
    assessed.answered.sort_unstable();
    assessed.answered.dedup();
    estate.targets = targets;
    assessed
}

/// What all targets are evaluated against.
struct World<'w> {
    sources: &'w Sources,
    environment: &'w Environment,
    traffic: &'w Traffic,
    context: &'w Context,
}

fn assess_target(
    world: &World<'_>,
    model: &mut Model,
    autoscalers: &mut entities::Autoscalers,
    target: &Target,
    mut evaluated: Vec<Evaluation>,
    assessed: &mut Assessed,
) -> Capacity {
    let World {
        sources,
        environment,
        traffic,
        context,
    } = *world;
    let bounds = together(&evaluated);
    let demand = demand(sources, target, environment, traffic, assessed);
    let mut short = Vec::new();
    let mut measured = None;
    if let (Some((at, zone)), Ok(bounds)) = (&demand, &bounds) {
        let demand = &traffic.demands[*at];
        measured = demand.measured(zone, context.period).map(|measured| (*at, measured));
        if let Some((_, measured)) = &measured {
            let question = Question {
                required: &measured.required,
                spoken: context.spoken,
                reactive: reactive(target),
                startup: demand.need.startup,
            };
            short = shortfalls(target, &evaluated, context, zone, &question, bounds);
        }
    }
    // What a shortfall says already.
    let said = short.iter().find_map(|one| match one.cause {
        Cause::Misread(Misreading::DesiredAlone) => Some(NoteKind::DesiredWithoutMinimum),
        Cause::Misread(Misreading::Forbidden) => Some(NoteKind::ScaleForbidden),
        Cause::Misread(Misreading::Overruled) => Some(NoteKind::ScaleOverruled),
        Cause::Misread(Misreading::Healed) => Some(NoteKind::StackUpdateResets),
        _ => None,
    });
    for evaluation in &mut evaluated {
        evaluation.notes.retain(|note| Some(note.kind) != said);
    }
    let made = entities::add(sources, model, autoscalers, target, &evaluated, context);
    cut::route(model, target, &made);
    if let Ok(bounds) = &bounds
        && !cut::is_told(traffic, target)
    {
        cut::add(sources, model, environment, target, &made, bounds, context);
    }
    match (&demand, &bounds, &measured) {
        (Some((at, _)), Ok(bounds), Some((_, measured))) => {
            let demand = &traffic.demands[*at];
            shortfall::add(sources, model, target, &made, (demand, measured), bounds, &short);
        }
        (Some((at, _)), Err(open), _) => {
            let doubt = Doubt::at(open.reason.clone(), open.span);
            shortfall::add_open(model, target, &made, &traffic.demands[*at], doubt);
        }
        _ => {}
    }
    Capacity {
        identity: target.identity.clone(),
        span: target.span,
        bounds,
        notes: evaluated.into_iter().flat_map(|evaluation| evaluation.notes).collect(),
        demand: measured,
        shortfalls: short,
    }
}

/// When too little is guaranteed; where another reading of the schedule would do, that is the one cause.
fn shortfalls(
    target: &Target,
    evaluated: &[Evaluation],
    context: &Context,
    zone: &Zone,
    question: &Question<'_>,
    bounds: &Bounds,
) -> Vec<Shortfall> {
    let found = question.shortfalls(bounds);
    if !found.iter().any(|one| !one.single && one.bound != Bound::AfterUpdate) {
        return found;
    }
    let Some(misreading) = misread::misreading(target, evaluated, context, zone, question) else {
        return found;
    };
    let mut found = misread(found, misreading);
    // Without a scaling policy nothing lowers a desired capacity, and whether there is one elsewhere is not known.
    if misreading == Misreading::DesiredAlone && !target.sources.iter().any(|source| source.schedule.has_policy()) {
        for one in found.iter_mut().filter(|one| !one.single) {
            one.severity = Severity::Information;
        }
    }
    found
}

fn reactive(target: &Target) -> Option<&Reactive> {
    target.sources.iter().find_map(|source| source.reactive.as_ref())
}

/// The entry of `traffic` that a target answers to, and the zone in which its week repeats.
fn demand(
    sources: &Sources,
    target: &Target,
    environment: &Environment,
    traffic: &Traffic,
    assessed: &mut Assessed,
) -> Option<(usize, Zone)> {
    let answers = |demand: &Arc<Demand>| target.identity.answers(&demand.target.value);
    let all = (0..traffic.demands.len()).filter(|at| answers(&traffic.demands[*at]));
    let all: Vec<usize> = all.collect();
    if all.is_empty() {
        return None;
    }
    assessed.answered.extend(&all);
    let path = sources.get(sources.locate(target.span).source).path.clone();
    let development = environment.development || is_development(&path);
    let is_for = |at: &usize| traffic.demands[*at].is_for(&environment.name, development);
    let at = all.into_iter().find(is_for)?;
    let demand = &traffic.demands[at];
    if let Some(zone) = &demand.zone {
        return Some((at, zone.clone()));
    }
    if target
        .sources
        .iter()
        .any(|source| matches!(source.schedule, Schedule::Open(_)))
    {
        // Nothing is compared, so no zone is missed.
        return Some((at, Zone::utc()));
    }
    let mut named: Vec<&str> = target
        .sources
        .iter()
        .flat_map(|source| source.schedule.zones())
        .collect();
    named.sort_unstable();
    named.dedup();
    let reason = match named.as_slice() {
        [one] => match Zone::named(one) {
            Ok(zone) => return Some((at, zone)),
            Err(_) => format!("`{one}`, which its schedule names, is not a time zone"),
        },
        [] => "its schedule names no time zone".to_owned(),
        several => format!("its schedules name several time zones ({})", several.join(", ")),
    };
    assessed.mistakes.push(Mistake {
        span: demand.target.span,
        message: format!(
            "in which time zone the week of {} repeats is not known: {reason}",
            target.identity.name()
        ),
        help: "add `timezone`, such as `timezone: Europe/Prague`".to_owned(),
    });
    None
}
