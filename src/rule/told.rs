//! A violation in words: where it points, what it says, what would mend it.

use std::sync::Arc;

use super::definition::{Rule, Step};
use super::eval::Scene;
use super::expr::{End, Expr, Path};
use super::grade::{self, Grade};
use super::hit::Hit;
use super::remedy::{Action, Change, Proposal, Remedy};
use super::severity::Severity;
use crate::model::field::hop;
use crate::model::{EntityId, FactView, FieldId, Kind, Known, Lens, Origin};
use crate::repo::Span;

pub(super) fn hit(scene: &Scene, rule: &Rule, at: usize, grade: Grade) -> Hit {
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

pub(super) fn severity(scene: &Scene, rule: &Rule, grade: Grade) -> Severity {
    if let Some(severity) = rule.severity_override {
        return grade.severity(severity);
    }
    let lens = Lens::trusting();
    let scene = scene.through(&lens);
    let applies = |(when, _): &&(Option<Expr>, Severity)| match when {
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

pub(super) fn point(scene: &Scene, rule: &Rule) -> (FactView, Option<(EntityId, FieldId)>) {
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
pub(super) fn subject(scene: &Scene, rule: &Rule, field: Option<(EntityId, FieldId)>, point: &FactView) -> String {
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
