//! ScalingSchedule and ClusterScalingSchedule of Zalando's kube-metrics-adapter, and the HPA that follows one.

use crate::capacity::schedule::{
    Given, HorizontalAutoscaler, NotEvaluated, ZalandoEntry, ZalandoSchedule, ZalandoWhen,
};
use crate::environment::{ByKind, Document};
use crate::estate::scaled::target::Entry;
use crate::model::Model;
use crate::scaling::kubernetes::read::Reading;
use crate::syntax::At;

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// Whether a metric is that of a schedule.
pub(super) fn is_schedule(metric: At<'_>) -> bool {
    let kind = metric.scalar("object.describedObject.kind");
    matches!(kind, Some("ScalingSchedule" | "ClusterScalingSchedule"))
}

/// The schedule that an HPA follows, if it follows one.
pub(super) fn followed<'d>(
    model: &Model,
    document: &'d Document,
    documents: &ByKind<'_>,
    autoscaler: &HorizontalAutoscaler,
    entries: &mut Vec<Entry>,
    own: &mut Reading<'d>,
) -> Option<Result<ZalandoSchedule, NotEvaluated>> {
    let metrics = document.at().get("spec.metrics")?;
    let named = |item: At<'_>| {
        let object = item.get("object.describedObject")?;
        let kind = object.scalar("kind")?;
        matches!(kind, "ScalingSchedule" | "ClusterScalingSchedule").then_some(())?;
        Some((kind.to_owned(), object.scalar("name")?.to_owned()))
    };
    let following: Vec<_> = metrics.items().filter(|item| named(*item).is_some()).collect();
    let (item, more) = following.split_first()?;
    let (kind, name) = named(*item)?;
    let open = |reason: String| NotEvaluated {
        reason,
        span: item.head(),
    };
    if !more.is_empty() {
        return Some(Err(open("the autoscaler follows several scaling schedules".to_owned())));
    }
    let schedule = documents.of_kind(&kind).iter().copied().find(|other| {
        let near = kind == "ClusterScalingSchedule" || other.namespace == document.namespace;
        near && (*other.name == *name || *other.name == *document.reference(&name))
    });
    let Some(schedule) = schedule else {
        return Some(Err(open(format!("the {kind} {name} is not in the repository"))));
    };
    let per_replica = match own.count(*item, "spec.metrics", "object.target.averageValue") {
        Ok(Some(per_replica)) => per_replica,
        Ok(None) => {
            let reason = "the metric aims at no averageValue, so replicas cannot be counted";
            return Some(Err(open(reason.to_owned())));
        }
        Err(open) => return Some(Err(open)),
    };
    let mut reading = Reading::new(model, schedule);
    let read = read(&mut reading, autoscaler, per_replica, entries);
    own.sites.append(&mut reading.sites);
    Some(read)
}

fn read(
    reading: &mut Reading<'_>,
    autoscaler: &HorizontalAutoscaler,
    per_replica: Given<u32>,
    entries: &mut Vec<Entry>,
) -> Result<ZalandoSchedule, NotEvaluated> {
    let root = reading.document.at();
    let fade_minutes = reading.count(root, "", "spec.scalingWindowDurationMinutes")?;
    let mut found = Vec::new();
    for item in root.get("spec.schedules").into_iter().flat_map(At::items) {
        found.push(entry(reading, item)?);
        entries.push(Entry {
            what: "scaling schedule",
            name: found.len().to_string().into(),
            span: item.head(),
            home: None,
        });
    }
    Ok(ZalandoSchedule {
        object: autoscaler.object,
        minimum: autoscaler.minimum.clone(),
        maximum: autoscaler.maximum.clone(),
        per_replica,
        fade_minutes,
        entries: found,
    })
}

fn entry<'d>(reading: &mut Reading<'d>, item: At<'d>) -> Result<ZalandoEntry, NotEvaluated> {
    const BASE: &str = "spec.schedules";
    let unread = |what: &str| NotEvaluated {
        reason: format!("the schedule's {what} cannot be read"),
        span: item.head(),
    };
    let value = reading.count(item, BASE, "value")?.ok_or_else(|| unread("value"))?;
    reading.remember(item, value.span, "count");
    let duration = reading.count(item, BASE, "durationMinutes")?;
    let when = if item.scalar("type") == Some("OneTime") {
        let start = reading.text(item, BASE, "date")?.ok_or_else(|| unread("date"))?;
        let end = reading.text(item, BASE, "endDate")?;
        ZalandoWhen::OneTime { start, end }
    } else {
        let list = item.get("period.days").ok_or_else(|| unread("days"))?;
        if list.doubt().is_some() {
            return Err(unread("days"));
        }
        let mut days = [false; 7];
        for name in list.items().filter_map(At::text) {
            let day = DAYS.iter().position(|day| *day == name).ok_or_else(|| unread("days"))?;
            days[day] = true;
        }
        let start = reading.text(item, BASE, "period.startTime")?;
        ZalandoWhen::Repeating {
            days,
            start: start.ok_or_else(|| unread("start time"))?,
            end: reading.text(item, BASE, "period.endTime")?,
            zone: reading.text(item, BASE, "period.timezone")?,
        }
    };
    Ok(ZalandoEntry {
        value,
        duration_minutes: duration.map_or(0, |duration| duration.value),
        when,
    })
}
