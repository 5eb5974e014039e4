//! The HorizontalPodAutoscaler, alone or following a ScalingSchedule of Zalando's adapter.

use crate::capacity::floor::{Policy, Reactive, Select};
use crate::capacity::schedule::{HorizontalAutoscaler, NotEvaluated, WrittenCount};
use crate::environment::{ByKind, Document};
use crate::estate::scaled::schedule::Schedule;
use crate::estate::scaled::target::{Follows, Source};
use crate::model::Model;
use crate::scaling::kubernetes::read::{HORIZONTAL, Reading};
use crate::scaling::kubernetes::zalando;
use crate::syntax::At;

/// What a HorizontalPodAutoscaler says; `replicas` is what its target writes.
pub(super) fn source(
    model: &Model,
    document: &Document,
    documents: &ByKind<'_>,
    replicas: Option<WrittenCount>,
) -> Source {
    let mut reading = Reading::new(model, document);
    let object = reading.object("HorizontalPodAutoscaler", &HORIZONTAL);
    let mut entries = Vec::new();
    let found = autoscaler(&mut reading, replicas);
    let schedule = match found {
        Err(open) => Schedule::Open(open),
        Ok(autoscaler) => {
            match zalando::followed(model, document, documents, &autoscaler, &mut entries, &mut reading) {
                Some(Ok(schedule)) => Schedule::Zalando(schedule),
                Some(Err(open)) => Schedule::Open(open),
                None => Schedule::Horizontal(autoscaler),
            }
        }
    };
    let reactive = reactive(document.at().get("spec.behavior"));
    let frozen = matches!(&reactive, Some(reactive) if reactive.select == Select::Disabled);
    let follows = (!frozen && by_load(document)).then(|| Follows {
        by: format!("HorizontalPodAutoscaler {}", document.name).into(),
        // It is off while its target has no replicas.
        from_zero: false,
    });
    Source {
        object,
        schedule,
        entries,
        sites: reading.sites,
        reactive,
        follows,
    }
}

/// Whether it follows anything but a schedule; without metrics it is the utilization of CPU.
fn by_load(document: &Document) -> bool {
    let Some(metrics) = document.at().get("spec.metrics") else {
        return true;
    };
    metrics.items().any(|item| !zalando::is_schedule(item))
}

fn autoscaler(reading: &mut Reading<'_>, replicas: Option<WrittenCount>) -> Result<HorizontalAutoscaler, NotEvaluated> {
    let root = reading.document.at();
    let minimum = reading.count(root, "", "spec.minReplicas")?;
    let maximum = reading.count(root, "", "spec.maxReplicas")?;
    let Some(maximum) = maximum else {
        return Err(NotEvaluated {
            reason: "the autoscaler states no maxReplicas, which Kubernetes refuses".to_owned(),
            span: reading.head(),
        });
    };
    Ok(HorizontalAutoscaler {
        object: reading.head(),
        minimum,
        maximum,
        replicas,
    })
}

/// How fast it scales up; `None` where that cannot be read, which counts as not at all.
pub(super) fn reactive(behavior: Option<At<'_>>) -> Option<Reactive> {
    let Some(up) = behavior.and_then(|behavior| behavior.child("scaleUp")) else {
        return Some(Reactive::default());
    };
    if up.doubt().is_some() {
        return None;
    }
    let select = match up.scalar("selectPolicy") {
        None | Some("Max") => Select::Max,
        Some("Min") => Select::Min,
        _ => Select::Disabled,
    };
    let mut found = Reactive {
        select,
        ..Reactive::default()
    };
    if let Some(list) = up.child("policies") {
        let policy = |item: At<'_>| {
            let number = |name: &str| item.scalar(name)?.parse::<u32>().ok();
            let (value, period) = (number("value")?, number("periodSeconds")?);
            match item.scalar("type")? {
                "Percent" => Some(Policy::Percent(value, period)),
                "Pods" => Some(Policy::Pods(value, period)),
                _ => None,
            }
        };
        found.policies = list.items().map(policy).collect::<Option<Vec<Policy>>>()?;
    }
    // While it waits for the window to pass, nothing is added; a window as long as a startup is not modelled.
    let window: u32 = up
        .scalar("stabilizationWindowSeconds")
        .map_or(Some(0), |text| text.parse().ok())?;
    (window == 0).then_some(found)
}
