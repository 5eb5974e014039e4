//! Schedules that lower what is guaranteed, where no traffic says what is needed then: each descent as an entity.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entities::{Made, fact};
use super::misread::days;
use super::shortfall::causing;
use super::words::quoted;
use crate::capacity::cut::{Cut, cuts};
use crate::capacity::moment::{DAY, WEEK};
use crate::capacity::schedule::{Bounds, Context, Role};
use crate::capacity::{Moment, Period, Zone};
use crate::environment::{Environment, is_development, is_rehearsal};
use crate::estate::scaled::{Identity, Target};
use crate::model::field::{autoscaler, cut, schedule};
use crate::model::{Entity, EntityId, Kind, Known, Model};
use crate::repo::Sources;

/// Adds the descents of a target that has no traffic to serve.
pub(super) fn add(
    sources: &Sources,
    model: &mut Model,
    environment: &Environment,
    target: &Target,
    made: &Made,
    bounds: &Bounds,
    context: &Context,
) {
    for found in cuts(&bounds.minimum, context.spoken) {
        if let Some(entity) = entity(sources, model, environment, target, made, (bounds, &found), context) {
            model.add(entity);
        }
    }
}

fn entity(
    sources: &Sources,
    model: &Model,
    environment: &Environment,
    target: &Target,
    made: &Made,
    (bounds, found): (&Bounds, &Cut),
    context: &Context,
) -> Option<Entity> {
    let edge = causing(target, bounds, found.edge)?;
    let count = causing(target, bounds, found.count)?;
    let of = made.sources.get(edge.source)?;
    let entry = of.entry_at(edge.span);
    let text = &*quoted(&sources.text(edge.span));
    let name = format!("{} cut {text}", target.identity);
    let mut entity = Entity::new(Kind::Cut, name, edge.span);
    entity.set(cut::TARGET, Arc::from(target.identity.to_string()), edge.span);
    entity.set(cut::ASKED, Arc::from(target.identity.asked()), edge.span);
    entity
        .facts
        .push(fact(cut::EDGE, Arc::from(text), edge.span, edge.site));
    let after = i64::from(found.after);
    entity.facts.push(fact(cut::AFTER, after, count.span, count.site));
    entity.set(cut::BEFORE, i64::from(found.before), edge.span);
    entity.set(cut::PERCENT, i64::from(found.percent()), edge.span);
    let start = entry.and_then(|entry| model.get(entry, schedule::START).is());
    let by = match (edge.role, start) {
        (Role::Length, Some(start)) => format!("`{start}` for {text} seconds"),
        _ => format!("`{text}`"),
    };
    entity.set(cut::BY, Arc::from(by), edge.span);
    let zone = zone(model, target, entry);
    entity.set(cut::HOURS, Arc::from(hours(&found.windows, &zone, context)), edge.span);
    if let Some(first) = found.windows.first() {
        let words = format!("{} ({})", zone.local(first.from), first.from);
        entity.set(cut::FIRST, Arc::from(words), edge.span);
    }
    if let Some(stage) = stage(sources, environment, target) {
        entity.set(cut::STAGE, Arc::from(stage), edge.span);
    }
    // What is off sees no load.
    let follows = target.sources.iter().filter_map(|source| source.follows.as_ref());
    let mut follows = follows.filter(|follows| found.after > 0 || follows.from_zero);
    if let Some(follows) = follows.next() {
        entity.set(cut::FOLLOWS, follows.by.clone(), edge.span);
    }
    entity.link(cut::AUTOSCALER, Known::Is(of.autoscaler));
    entity.link(cut::SCHEDULE, entry.map_or(Known::Absent, Known::Is));
    entity.link(cut::WORKLOAD, target.workload.map_or(Known::Absent, Known::Is));
    Some(entity)
}

/// The zone in which people of the place read its hours: that of the entry, or the only one that the target's schedules name.
fn zone(model: &Model, target: &Target, entry: Option<EntityId>) -> Zone {
    let own = entry.and_then(|entry| model.get(entry, schedule::TIMEZONE).is());
    let named = |name: &str| Zone::named(name).ok();
    if let Some(zone) = own.and_then(|own| named(&own)) {
        return zone;
    }
    let mut all: Vec<&str> = target
        .sources
        .iter()
        .flat_map(|source| source.schedule.zones())
        .collect();
    all.sort_unstable();
    all.dedup();
    match all.as_slice() {
        [one] => named(one).unwrap_or(Zone::utc()),
        _ => Zone::utc(),
    }
}

/// What of the target's place says that it is not production.
fn stage(sources: &Sources, environment: &Environment, target: &Target) -> Option<&'static str> {
    let path = sources.get(sources.locate(target.span).source).path.clone();
    let namespace = match &target.identity {
        Identity::Kubernetes { namespace, .. } => namespace.clone(),
        _ => Arc::from(""),
    };
    let places = [&*path, &*environment.name, &*namespace];
    let any = |says: fn(&str) -> bool| places.iter().any(|place| says(place));
    match (environment.development || any(is_development), any(is_rehearsal)) {
        (true, _) => Some("development"),
        (false, true) => Some("staging"),
        (false, false) => None,
    }
}

/// When the lower count holds, in local time: `every day from 17:00 to 05:00 Europe/Prague`.
fn hours(windows: &[Period], zone: &Zone, context: &Context) -> String {
    let local = |at: Moment| {
        let wall = zone.wall(at);
        let (hour, minute, _) = wall.time();
        let day = usize::try_from(wall.second_of_week() / DAY).unwrap_or(0);
        // Sunday first.
        ((day + 1) % 7, format!("{hour:02}:{minute:02}"))
    };
    // One ordinary fortnight tells the week; clock changes and the ends of months do not.
    let ordinary = |window: &&Period| {
        let (from, to) = (window.from, window.from.plus(WEEK));
        zone.offset(from) == zone.offset(to)
    };
    let known: Vec<&Period> = windows.iter().filter(ordinary).take(14).collect();
    let one_off = windows.len() <= 2 || known.is_empty();
    let last = |window: &Period| window.to >= context.spoken.to;
    if let Some(window) = windows.first().filter(|_| one_off) {
        let from = zone.local(window.from);
        return match last(window) {
            true => format!("from {from} on"),
            false => format!("from {from} to {}", zone.local(window.to)),
        };
    }
    // Days with the same hours are told together.
    let mut same: BTreeMap<(String, String, i64), [bool; 7]> = BTreeMap::new();
    for window in known {
        let ((day, from), (_, to)) = (local(window.from), local(window.to));
        let nights = zone.wall(window.to).day() - zone.wall(window.from).day();
        same.entry((from, to, nights)).or_default()[day] = true;
    }
    if same.len() > 3 {
        let first = windows.first().map_or(String::new(), |window| {
            format!(", first from {} to {}", zone.local(window.from), zone.local(window.to))
        });
        return format!("{} times in 53 weeks{first}", windows.len());
    }
    let mut told: Vec<String> = Vec::new();
    for ((from, to, nights), on) in &same {
        let long = *nights > 1 || (*nights == 1 && to > from);
        let which = match on.iter().filter(|on| **on).count() {
            7 => "every day".to_owned(),
            _ => days(*on),
        };
        told.push(match long {
            false => format!("{which} from {from} to {to}"),
            true => format!("{which} from {from} to {to} {nights} days later"),
        });
    }
    format!("{} {}", told.join(", and "), zone.name())
}

impl Identity {
    /// How the configuration names it.
    fn asked(&self) -> String {
        match self {
            Identity::Kubernetes { namespace, name, .. } if !namespace.is_empty() => format!("{namespace}/{name}"),
            other => other.name().to_owned(),
        }
    }
}

/// Whether any traffic is named for a target, even if it is meant for other environments.
pub(super) fn is_told(traffic: &super::Traffic, target: &Target) -> bool {
    let mut demands = traffic.demands.iter();
    demands.any(|demand| target.identity.answers(&demand.target.value))
}

/// The link that a rule asks for what sends requests here.
pub(super) fn route(model: &mut Model, target: &Target, made: &Made) {
    let Some(routed) = &target.routed else { return };
    for of in &made.sources {
        model
            .entity_mut(of.autoscaler)
            .set(autoscaler::ROUTED_BY, routed.by.clone(), routed.span);
    }
}
