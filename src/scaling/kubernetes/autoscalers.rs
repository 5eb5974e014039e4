//! What an autoscaler of Kubernetes says beside its bounds: whether its target exists, what it aims at, how fast it takes
//! replicas away.

use std::sync::Arc;

use crate::environment::{ByKind, Document, Environment, Platform, folder_of};
use crate::kubernetes::scaler::Scaler;
use crate::model::field::autoscaler;
use crate::model::nearest::nearest;
use crate::model::{Doubt, Duration, Entity, Known, Model};
use crate::repo::Span;
use crate::scaling::kubernetes::found::{Found, SCALABLE};
use crate::syntax::At;

/// Completes the entity of one autoscaler.
pub(super) fn complete(
    model: &mut Model,
    environment: &Environment,
    documents: &ByKind<'_>,
    scaler: &Scaler,
    found: &Found<'_>,
) {
    let document = &environment.documents[scaler.document];
    let keda = &*document.kind == "ScaledObject";
    let target = target_found(environment, document, scaler, found);
    let entity = model.entity_mut(scaler.id);
    let at = document.at();
    let span = at
        .get("spec.scaleTargetRef.name")
        .map_or(entity.span, |name| name.word_span_at(0));
    if target == Known::Is(false) {
        let names = environment
            .documents
            .iter()
            .filter(|other| SCALABLE.contains(&&*other.kind));
        if let Some(near) = nearest(&scaler.name, names.map(|other| &*other.name)) {
            entity.set(autoscaler::TARGET_NEAREST, Arc::from(near), span);
        }
    }
    entity.set_known(autoscaler::TARGET_FOUND, target, span);
    if keda {
        entity.set_known(autoscaler::SCALES_TO_ZERO, to_zero(document), entity.span);
    }
    utilization(entity, documents, document, found, keda);
    scale_down(entity, document, keda);
}

/// Found, or surely missing: only what is known to be read whole can miss something.
fn target_found(environment: &Environment, document: &Document, scaler: &Scaler, found: &Found<'_>) -> Known<bool> {
    if found.document.is_some() {
        return Known::Is(true);
    }
    let reference = document.at().get("spec.scaleTargetRef");
    let hole = reference.and_then(At::doubt);
    let patched = document.doubt("spec.scaleTargetRef").cloned();
    if let Some(doubt) = patched.or_else(|| hole.map(|hole| Doubt::at("the target is filled in later", hole))) {
        return Known::Unknown(doubt);
    }
    if !SCALABLE.contains(&&*scaler.kind) {
        return Known::Unknown(Doubt::new(format!("{} is a kind that is not read", scaler.kind)));
    }
    // A kustomization may add what a namespace, a prefix or another kind changes; a name that stands elsewhere is found.
    let elsewhere = environment.documents.iter().any(|other| {
        SCALABLE.contains(&&*other.kind) && (*other.name == *scaler.name || scaler.name.ends_with(&*other.name))
    });
    if elsewhere {
        return Known::Unknown(Doubt::new(format!(
            "{} stands in another namespace or is of another kind",
            scaler.name
        )));
    }
    if let Some(doubt) = &environment.incomplete {
        return Known::Unknown(doubt.clone());
    }
    // Beside loose manifests the target may come from anywhere, unless its name is nearly that of a neighbour.
    let whole = document.at().doubt().is_none();
    let near = environment.documents.iter().any(|other| {
        SCALABLE.contains(&&*other.kind)
            && folder_of(&other.path) == folder_of(&document.path)
            && strsim::levenshtein(&other.name, &scaler.name) <= 2
    });
    match environment.platform {
        Platform::Kustomize if whole => Known::Is(false),
        _ if near && whole => Known::Is(false),
        _ => Known::Unknown(Doubt::new(format!("{} may be deployed from elsewhere", scaler.name))),
    }
}

/// Whether a ScaledObject may take its target down to 0.
fn to_zero(document: &Document) -> Known<bool> {
    let at = document.at();
    for path in ["spec.idleReplicaCount", "spec.minReplicaCount"] {
        if let Some(doubt) = document.doubt(path) {
            return Known::Unknown(doubt.clone());
        }
        let Some(count) = at.get(path) else { continue };
        return match (count.doubt_at(0), count.text().map(str::parse::<u32>)) {
            (None, Some(Ok(count))) => Known::Is(count == 0),
            _ => Known::Unknown(Doubt::at("the least count is filled in later", count.word_span_at(0))),
        };
    }
    Known::Is(true)
}

/// The resource whose utilization it aims at, and the first container that requests none of it.
fn utilization(entity: &mut Entity, documents: &ByKind<'_>, document: &Document, found: &Found<'_>, keda: bool) {
    let wanted = if keda {
        of_triggers(document)
    } else {
        of_metrics(document)
    };
    let Some((resource, span)) = wanted else { return };
    entity.set(autoscaler::UTILIZATION, Arc::from(resource), span);
    let Some(workload) = found.document else { return };
    let mut limits = documents.of_kind("LimitRange").iter();
    if limits.any(|other| other.namespace == workload.namespace) {
        let doubt = Doubt::new("a LimitRange may give containers their requests");
        return entity.set_known(autoscaler::UNREQUESTED, Known::Unknown(doubt), span);
    }
    let unrequested = unrequested(workload, resource);
    entity.set_known(autoscaler::UNREQUESTED, unrequested, span);
}

fn of_metrics(document: &Document) -> Option<(&str, Span)> {
    let metrics = document.at().get("spec.metrics")?;
    // `autoscaling/v1` has a field of its own.
    metrics.items().find_map(|item| {
        let resource = item.child("resource")?;
        (resource.scalar("target.type")? == "Utilization").then_some(())?;
        let name = resource.child("name")?;
        Some((name.text()?, name.word_span_at(0)))
    })
}

fn of_triggers(document: &Document) -> Option<(&str, Span)> {
    let triggers = document.at().get("spec.triggers")?;
    triggers.items().find_map(|item| {
        let name = item.child("type")?;
        let resource = name.text().filter(|name| matches!(*name, "cpu" | "memory"))?;
        let kind = item.scalar("metricType").or_else(|| item.scalar("metadata.type"));
        (kind.unwrap_or("Utilization") == "Utilization").then_some((resource, name.word_span_at(0)))
    })
}

fn unrequested(workload: &Document, resource: &str) -> Known<Arc<str>> {
    const PATH: &str = "spec.template.spec.containers";
    if let Some(doubt) = workload.doubt(PATH) {
        return Known::Unknown(doubt.clone());
    }
    let Some(containers) = workload.at().get(PATH) else {
        return Known::Absent;
    };
    for item in containers.items() {
        // What is limited and requests nothing requests its limit.
        let has = |of: &str| item.get(&format!("resources.{of}.{resource}")).is_some();
        if has("requests") || has("limits") {
            continue;
        }
        if let Some(hole) = item.doubt() {
            return Known::Unknown(Doubt::at("the container's resources may be filled in later", hole));
        }
        return Known::Is(Arc::from(item.scalar("name").unwrap_or("?")));
    }
    Known::Absent
}

/// How long the count must have been too high, and whether half of the replicas may then go within a minute.
fn scale_down(entity: &mut Entity, document: &Document, keda: bool) {
    let path = match keda {
        true => "spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown",
        false => "spec.behavior.scaleDown",
    };
    let Some(down) = document.at().get(path) else { return };
    if down.doubt().is_some() || document.doubt(path).is_some() || down.scalar("selectPolicy") == Some("Disabled") {
        return;
    }
    let Some(window) = down.child("stabilizationWindowSeconds") else {
        return;
    };
    let Some(seconds) = window.text().and_then(|text| text.parse().ok()) else {
        return;
    };
    let span = window.word_span_at(0);
    entity.set(autoscaler::SCALE_DOWN_WAIT, Duration::from_secs(seconds), span);
    let frees = |item: At<'_>| {
        let number = |name: &str| item.scalar(name)?.parse::<u32>().ok();
        let (Some(value), Some(period)) = (number("value"), number("periodSeconds")) else {
            return false;
        };
        item.scalar("type") == Some("Percent") && (value >= 50 && period <= 60 || value >= 100)
    };
    let all = match down.child("policies") {
        // Without policies everything that is too much may go at once.
        None => true,
        Some(list) if down.scalar("selectPolicy") == Some("Min") => list.items().all(frees),
        Some(list) => list.items().any(frees),
    };
    entity.set(autoscaler::SCALE_DOWN_FREES, all, span);
}
