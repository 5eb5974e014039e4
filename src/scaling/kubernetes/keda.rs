//! KEDA's ScaledObject.

use crate::capacity::schedule::{Given, KedaCron, KedaScaledObject, NotEvaluated, Paused, WrittenCount};
use crate::environment::Document;
use crate::estate::scaled::schedule::Schedule;
use crate::estate::scaled::target::{Entry, Follows, Source};
use crate::model::Model;
use crate::scaling::kubernetes::horizontal::reactive;
use crate::scaling::kubernetes::read::{Reading, SCALED_OBJECT, TRIGGER};
use crate::syntax::At;

/// What a ScaledObject says.
pub(super) fn source(model: &Model, document: &Document, replicas: Option<WrittenCount>) -> Source {
    let mut reading = Reading::new(model, document);
    let object = reading.object("ScaledObject", &SCALED_OBJECT);
    let mut entries = Vec::new();
    let schedule = match scaled_object(&mut reading, &mut entries) {
        Ok(object) => Schedule::Keda(KedaScaledObject { replicas, ..object }),
        Err(open) => Schedule::Open(open),
    };
    let triggers = document.at().get("spec.triggers");
    let by_metrics = triggers.is_some_and(|list| list.items().any(|item| item.scalar("type") != Some("cron")));
    let behavior = document
        .at()
        .get("spec.advanced.horizontalPodAutoscalerConfig.behavior");
    Source {
        object,
        schedule,
        entries,
        sites: reading.sites,
        follows: follows(document),
        reactive: by_metrics.then(|| reactive(behavior)).flatten(),
    }
}

/// The first trigger that is no clock. KEDA sees queues and requests while nothing runs, and utilization only of what does.
fn follows(document: &Document) -> Option<Follows> {
    let triggers = document.at().get("spec.triggers")?;
    let kinds = triggers.items().filter_map(|item| item.scalar("type"));
    let mut kinds = kinds.filter(|kind| *kind != "cron").peekable();
    let first = *kinds.peek()?;
    Some(Follows {
        by: format!("the trigger {first}").into(),
        from_zero: kinds.any(|kind| !matches!(kind, "cpu" | "memory")),
    })
}

fn scaled_object(reading: &mut Reading<'_>, entries: &mut Vec<Entry>) -> Result<KedaScaledObject, NotEvaluated> {
    let root = reading.document.at();
    let minimum = reading.count(root, "", "spec.minReplicaCount")?;
    let idle = reading.count(root, "", "spec.idleReplicaCount")?;
    let maximum = reading.count(root, "", "spec.maxReplicaCount")?;
    let paused = paused(reading)?;
    let mut triggers = Vec::new();
    let list = root.get("spec.triggers");
    let open = |reason: &str, span| NotEvaluated {
        reason: reason.to_owned(),
        span,
    };
    if let Some(doubt) = reading.document.doubt("spec.triggers") {
        return Err(open(&doubt.reason, doubt.span.unwrap_or_else(|| reading.head())));
    }
    if let Some(list) = list {
        let loose = list.doubt();
        let loose = loose.filter(|hole| !list.items().any(|item| item.span().overlaps(*hole)));
        if let Some(hole) = loose {
            return Err(open("template text stands between the triggers", hole));
        }
        for item in list.items() {
            if let Some(hole) = item.child("type").and_then(|at| at.doubt_at(0)) {
                return Err(open("the type of a trigger is filled in later", hole));
            }
            if item.scalar("type") != Some("cron") {
                continue;
            }
            let (trigger, entry) = trigger(reading, item, triggers.len() + 1)?;
            triggers.push(trigger);
            entries.push(entry);
        }
    }
    let formula = root.get("spec.advanced.scalingModifiers.formula");
    Ok(KedaScaledObject {
        object: reading.head(),
        minimum,
        idle,
        maximum,
        triggers,
        formula: formula.map(|at| at.word_span_at(0)),
        paused,
        replicas: None,
    })
}

fn trigger<'d>(reading: &mut Reading<'d>, item: At<'d>, number: usize) -> Result<(KedaCron, Entry), NotEvaluated> {
    let metadata = item.child("metadata").unwrap_or(item);
    let mut text = |name: &str| reading.text(metadata, "spec.triggers.metadata", name);
    let missing = Given::new(String::new(), item.head());
    let trigger = KedaCron {
        zone: text("timezone")?,
        start: text("start")?.unwrap_or_else(|| missing.clone()),
        end: text("end")?.unwrap_or_else(|| missing.clone()),
        desired: text("desiredReplicas")?.unwrap_or(missing),
    };
    let name = item.scalar("name").map_or_else(|| number.to_string(), str::to_owned);
    let entry = Entry {
        what: "cron trigger",
        name: name.into(),
        span: item.head(),
        home: metadata.is_map().then(|| (reading.place(metadata), &*TRIGGER)),
    };
    Ok((trigger, entry))
}

/// `paused-replicas` wins over `paused`; either holds whatever its value, except `paused: "false"`.
fn paused(reading: &mut Reading<'_>) -> Result<Option<Paused>, NotEvaluated> {
    let Some(annotations) = reading.document.at().get("metadata.annotations") else {
        return Ok(None);
    };
    let of = |name: &str| annotations.child(&format!("autoscaling.keda.sh/{name}"));
    if let Some(at) = of("paused-replicas") {
        let span = at.word_span_at(0);
        let count = at.text().filter(|_| at.doubt_at(0).is_none());
        let Some(count) = count.and_then(|count| count.parse().ok()) else {
            return Err(NotEvaluated {
                reason: "the count at which the ScaledObject is paused cannot be read".to_owned(),
                span,
            });
        };
        reading.remember(at, span, "window");
        return Ok(Some(Paused::At(Given::new(count, span))));
    }
    let paused = of("paused").filter(|at| at.text() != Some("false"));
    Ok(paused.map(|at| Paused::AsItIs(at.word_span_at(0))))
}
