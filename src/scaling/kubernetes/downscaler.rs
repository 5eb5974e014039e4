//! Annotations of kube-downscaler and py-kube-downscaler on a workload, its autoscaler or its namespace.

use crate::capacity::schedule::{Downscaled, Given, NotEvaluated};
use crate::environment::{ByKind, Document};
use crate::estate::scaled::schedule::Schedule;
use crate::estate::scaled::target::{Entry, Source};
use crate::model::Model;
use crate::scaling::kubernetes::read::{Reading, TABLE};
use crate::syntax::At;

const PREFIX: &str = "downscaler/";

/// What the annotations that count for an object do to `count`, what is guaranteed without them. The object's own
/// annotation wins over the namespace's.
pub(super) fn source(model: &Model, object: &Document, documents: &ByKind<'_>, count: &Given<u32>) -> Option<Source> {
    let mut namespaces = documents.of_kind("Namespace").iter().copied();
    let namespace = namespaces.find(|other| !object.namespace.is_empty() && other.name == object.namespace);
    let annotated = [Some(object), namespace];
    let annotated: Vec<&Document> = annotated
        .into_iter()
        .flatten()
        .filter(|document| annotations(document).next().is_some())
        .collect();
    let first = *annotated.first()?;
    let mut readings: Vec<Reading<'_>> = annotated.iter().map(|document| Reading::new(model, document)).collect();
    let span = readings.first()?.head();
    let schedule = match downscaled(&mut readings, span, count) {
        Ok(None) => return None,
        Ok(Some(found)) => Schedule::Downscaled(found),
        Err(open) => Schedule::Open(open),
    };
    let mut sites: Vec<_> = readings.into_iter().flat_map(|reading| reading.sites).collect();
    sites.dedup_by_key(|(span, _)| *span);
    let object = Entry {
        what: "downscaler",
        name: first.name.clone(),
        span,
        home: None,
    };
    Some(Source {
        entries: vec![object.clone()],
        object,
        schedule,
        sites,
        reactive: None,
        follows: None,
    })
}

fn annotations(document: &Document) -> impl Iterator<Item = At<'_>> {
    let all = document.at().get("metadata.annotations").map(At::entries);
    all.unwrap_or_default()
        .into_iter()
        .filter(|entry| entry.name().starts_with(PREFIX))
}

fn downscaled(
    readings: &mut [Reading<'_>],
    object: crate::repo::Span,
    count: &Given<u32>,
) -> Result<Option<Downscaled>, NotEvaluated> {
    let mut given = |name: &str| -> Result<Option<Given<String>>, NotEvaluated> {
        for reading in readings.iter_mut() {
            let name = format!("{PREFIX}{name}");
            let Some(at) = annotations(reading.document).find(|entry| entry.name() == name) else {
                continue;
            };
            let span = at.word_span_at(0);
            if let Some(hole) = at.doubt_at(0) {
                let reason = format!("the annotation {name} is filled in later");
                return Err(NotEvaluated { reason, span: hole });
            }
            let row = TABLE.named("window").next();
            reading.sites.extend(row.map(|row| {
                let node = Some((reading.tree, at.id()));
                (span, crate::model::Site { row, node })
            }));
            return Ok(at.text().map(|text| Given::new(text.to_owned(), span)));
        }
        Ok(None)
    };
    if let Some(until) = given("exclude-until")? {
        let reason = "the downscaler leaves the object alone until a date, and not after it".to_owned();
        return Err(NotEvaluated {
            reason,
            span: until.span,
        });
    }
    let excluded = given("exclude")?.is_some_and(|given| given.value.eq_ignore_ascii_case("true"));
    let found = Downscaled {
        object,
        count: count.clone(),
        uptime: given("uptime")?,
        downtime: given("downtime")?,
        upscale_period: given("upscale-period")?,
        downscale_period: given("downscale-period")?,
        force_uptime: given("force-uptime")?,
        force_downtime: given("force-downtime")?,
        downtime_replicas: given("downtime-replicas")?,
        excluded,
        zone: None,
    };
    let windows = [
        &found.uptime,
        &found.downtime,
        &found.upscale_period,
        &found.downscale_period,
        &found.force_uptime,
        &found.force_downtime,
    ];
    // Without a window of its own the object follows the downscaler's defaults, which are always up.
    let any = windows.iter().any(|window| window.is_some());
    Ok(any.then_some(found))
}
