//! EventBridge Scheduler: `aws_scheduler_schedule` that calls an API itself, with what it calls it with.

use std::sync::Arc;

use crate::capacity::schedule::{Given, NotEvaluated};
use crate::environment::terraform::value::Content;
use crate::environment::terraform::{Attributes, Resource, Value};
use crate::estate::scaled::target::Entry;
use crate::model::Known;
use crate::repo::Span;
use crate::scaling::terraform::reader::{Found, Reader};
use crate::scaling::terraform::table::{SCHEDULER, row};

pub(super) const KIND: &str = "aws_scheduler_schedule";

/// One schedule that calls an operation.
pub(super) struct Call {
    /// `schedule_expression`: `cron(…)`, `at(…)` or `rate(…)`, read like those of Application Auto Scaling.
    pub schedule: Given<String>,
    /// `schedule_expression_timezone`; UTC where it is absent.
    pub zone: Option<Given<String>>,
    pub start: Option<Given<String>>,
    pub end: Option<Given<String>>,
    /// What the operation is called with, or why that cannot be told.
    pub input: Result<Input, NotEvaluated>,
    /// The schedule as an entry of the target's.
    pub entry: Entry,
    /// Where its values are written.
    pub found: Found,
}

/// The parameters of a call.
pub(super) struct Input(Vec<(Arc<str>, Value)>);

impl Input {
    /// A parameter's text or symbol.
    pub fn handle(&self, name: &str) -> Option<Arc<str>> {
        self.value(name)?.handle()
    }

    /// A parameter that is a count.
    pub fn count(&self, name: &str) -> Option<Given<u32>> {
        let value = self.value(name)?;
        match value.number() {
            Known::Is(number) if number >= 0.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX) => {
                Some(Given::new(number as u32, value.span))
            }
            _ => None,
        }
    }

    /// Why a parameter is not known, if one of these is not.
    pub fn doubt(&self, names: &[&str]) -> Option<NotEvaluated> {
        let mut values = names.iter().filter_map(|name| self.value(name));
        values.find_map(|value| {
            let doubt = value.doubt()?;
            Some(NotEvaluated {
                reason: doubt.reason.to_string(),
                span: doubt.span.unwrap_or(value.span),
            })
        })
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| **key == *name).map(|(_, value)| value)
    }
}

/// The schedules that call an operation, such as `applicationautoscaling:registerScalableTarget` (EventBridge Scheduler User
/// Guide, "Universal targets").
pub(super) fn calls<'e>(reader: &mut Reader<'_, 'e>, resources: &[Resource<'e>], operation: &str) -> Vec<Call> {
    let schedules = resources.iter().filter(|resource| resource.kind == KIND);
    schedules
        .filter_map(|schedule| call(reader, schedule, operation))
        .collect()
}

fn call<'e>(reader: &mut Reader<'_, 'e>, resource: &Resource<'e>, operation: &str) -> Option<Call> {
    let target = resource
        .blocks(reader.configuration, "target")
        .ok()?
        .into_iter()
        .next()?;
    let called = reader.handle(&target, "arn")?;
    (called.rsplit_once("aws-sdk:")?.1 == operation).then_some(())?;
    if reader.handle(resource, "state").as_deref() == Some("DISABLED") {
        return None;
    }
    let span = resource.block.head();
    let mut found = Found::default();
    if let Some(doubt) = &resource.doubt {
        found.fail(doubt.clone(), span);
    }
    let mut text = |name: &str| reader.text(&mut found, resource, name, row(&SCHEDULER, name));
    let schedule = text("schedule_expression")?;
    let zone = text("schedule_expression_timezone");
    let (start, end) = (text("start_date"), text("end_date"));
    let entry = Entry {
        what: "EventBridge schedule",
        name: reader
            .handle(resource, "name")
            .unwrap_or_else(|| resource.address.as_str().into()),
        span,
        home: reader.home(resource.block, &SCHEDULER),
    };
    let input = match target.value(reader.configuration, "input") {
        Some(value) => input(&value),
        None => Err(NotEvaluated {
            reason: "it says nothing of what it calls with".to_owned(),
            span,
        }),
    };
    Some(Call {
        schedule,
        zone,
        start,
        end,
        input,
        entry,
        found,
    })
}

/// An object, as `jsonencode` is given it, or the text of one.
fn input(value: &Value) -> Result<Input, NotEvaluated> {
    let unread = |span: Span| NotEvaluated {
        reason: "what it calls with cannot be read".to_owned(),
        span,
    };
    match &value.content {
        Content::Map(entries) => Ok(Input(entries.clone())),
        Content::Text(text) => match serde_json::from_str(text) {
            Ok(serde_json::Value::Object(map)) => {
                let entries = map.iter().filter_map(|(key, of)| {
                    let content = match of {
                        serde_json::Value::Number(number) => Content::Number(number.as_f64()?),
                        serde_json::Value::String(text) => Content::Text(Arc::from(text.as_str())),
                        _ => return None,
                    };
                    Some((Arc::from(key.as_str()), Value::computed(content, value.span)))
                });
                Ok(Input(entries.collect()))
            }
            _ => Err(unread(value.span)),
        },
        _ => {
            let doubt = value.doubt();
            Err(doubt.map_or_else(
                || unread(value.span),
                |doubt| NotEvaluated {
                    reason: doubt.reason.to_string(),
                    span: doubt.span.unwrap_or(value.span),
                },
            ))
        }
    }
}
