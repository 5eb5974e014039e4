//! Profiles and shortfalls as entities: one shortfall for each field that causes one.

use std::sync::Arc;

use super::entities::{Made, fact};
use super::traffic::{Demand, Measured};
use crate::capacity::floor::{Bound, Cause, Severity, Shortfall, Window};
use crate::capacity::schedule::{Bounds, Role};
use crate::capacity::timeline::Place;
use crate::model::field::{autoscaler, profile, shortfall};
use crate::model::{Doubt, Entity, EntityId, Kind, Known, Model, Site};
use crate::repo::{Sources, Span};
use crate::scaling::Target;

/// Adds the profile of a target and its shortfalls.
pub(super) fn add(
    sources: &Sources,
    model: &mut Model,
    target: &Target,
    made: &Made,
    (demand, measured): (&Demand, &Measured),
    bounds: &Bounds,
    short: &[Shortfall],
) {
    let profile = profile(model, target, demand, Some(measured));
    for of in &made.sources {
        model
            .entity_mut(of.autoscaler)
            .link(autoscaler::PROFILE, Known::Is(profile));
    }
    for found in short.iter().filter(|found| !is_repeated(bounds, short, found)) {
        let entity = entity(sources, model, target, made, measured, bounds, found);
        let Some(mut entity) = entity else { continue };
        entity.link(shortfall::PROFILE, Known::Is(profile));
        entity.link(shortfall::WORKLOAD, target.workload.map_or(Known::Absent, Known::Is));
        model.add(entity);
    }
}

/// Whether one value states both bounds, and is spoken of already: a constant count, or a maximum below its minimum.
fn is_repeated(bounds: &Bounds, short: &[Shortfall], found: &Shortfall) -> bool {
    let of = |found: &Shortfall| bounds.field(found.count).map(|field| (field.span, field.role));
    let Some((span, role)) = of(found) else { return false };
    let leads = match (role, found.bound) {
        (Role::Maximum, Bound::Guaranteed) => Bound::Maximum,
        (Role::Count | Role::Minimum, Bound::Maximum) => Bound::Guaranteed,
        _ => return false,
    };
    short
        .iter()
        .any(|other| other.bound == leads && of(other).is_some_and(|(other, _)| other == span))
}

/// Adds what says that nothing can be said, so that no rule passes it over.
pub(super) fn add_open(model: &mut Model, target: &Target, made: &Made, demand: &Demand, doubt: Doubt) {
    let profile = profile(model, target, demand, None);
    let span = target.span;
    let mut entity = Entity::new(Kind::Shortfall, format!("{} is open", target.identity), span);
    entity.set(shortfall::TARGET, Arc::from(target.identity.to_string()), span);
    entity.set_known(shortfall::BOUND, Known::Unknown(doubt.clone()), span);
    entity.set_known(shortfall::CAUSE, Known::Unknown(doubt.clone()), span);
    entity.set_known(shortfall::SCHEDULED, Known::Unknown(doubt.clone()), span);
    entity.set_known(shortfall::LEVEL, Known::Unknown(doubt), span);
    entity.link(shortfall::PROFILE, Known::Is(profile));
    if let Some(of) = made.sources.first() {
        entity.link(shortfall::AUTOSCALER, Known::Is(of.autoscaler));
    }
    model.add(entity);
}

fn profile(model: &mut Model, target: &Target, demand: &Demand, measured: Option<&Measured>) -> EntityId {
    let span = demand.profile.span;
    let name = format!("{} for {}", demand.profile.value, target.identity);
    let mut entity = Entity::new(Kind::Profile, name, span);
    entity.set(profile::NAME, Arc::from(demand.profile.value.as_str()), span);
    entity.set(profile::TARGET, Arc::from(target.identity.to_string()), span);
    entity.set(profile::IS_HISTORY, demand.samples.is_history(), span);
    let each = demand.need.rps_per_replica.to_string();
    entity.set(profile::RPS_PER_REPLICA, Arc::from(each), span);
    if let Some(measured) = measured {
        let most = |counts: &[u32]| i64::from(counts.iter().copied().max().unwrap_or(0));
        entity.set(profile::NEEDED, most(&measured.requirement.floor), span);
        entity.set(profile::CERTAIN, most(&measured.requirement.certain), span);
        let peak = measured.week.demand.iter().copied().max().unwrap_or(0);
        let peak = format!("{:.0} requests per second", demand.samples.rate(peak));
        entity.set(profile::PEAK, Arc::from(peak), span);
    }
    model.add(entity)
}

/// Which source a field of the bounds comes from: the one that its place is written in.
struct Causing {
    span: Span,
    site: Option<Site>,
    source: usize,
    role: Role,
    written: bool,
}

fn causing(target: &Target, bounds: &Bounds, place: Place) -> Option<Causing> {
    let field = bounds.field(place)?;
    let written = target.sources.iter().enumerate();
    let mut written = written.filter_map(|(at, source)| Some((at, source.site(field.span)?)));
    let (source, site) = match written.next().filter(|_| field.written) {
        Some((at, site)) => (at, Some(site)),
        None => (owner(target, field.span), None),
    };
    Some(Causing {
        span: field.span,
        site,
        source,
        role: field.role,
        written: field.written,
    })
}

/// The source that an unwritten field belongs to: the object it would be written in.
fn owner(target: &Target, span: Span) -> usize {
    let holds = |source: &crate::scaling::Source| {
        source.object.span == span || source.entries.iter().any(|entry| entry.span == span)
    };
    target.sources.iter().position(holds).unwrap_or(0)
}

fn entity(
    sources: &Sources,
    model: &Model,
    target: &Target,
    made: &Made,
    measured: &Measured,
    bounds: &Bounds,
    found: &Shortfall,
) -> Option<Entity> {
    let count = causing(target, bounds, found.count)?;
    let cause = causing(target, bounds, found.place)?;
    let is_edge = matches!(found.cause, Cause::Opens | Cause::TooLate | Cause::MissingZone);
    let of = made.sources.get(cause.source)?;
    let entry = of.entry_at(cause.span).or_else(|| of.entry_at(count.span));
    let entry = entry.filter(|_| is_edge || of.entry_at(count.span).is_some());
    let zone = &measured.week.zone;
    let field = field_name(model, made, &count);
    let bound = match found.bound {
        Bound::Guaranteed => "guaranteed",
        Bound::Maximum => "maximum",
        Bound::AfterUpdate => "after_update",
    };
    let edge_name = if is_edge {
        sources.text(cause.span)
    } else {
        String::new()
    };
    let name = format!(
        "{} {bound} {field} {}",
        target.identity,
        edge_name.trim_matches(['"', '\''])
    );
    let at = if is_edge { cause.span } else { count.span };
    let mut entity = Entity::new(Kind::Shortfall, name.trim_end(), at);
    entity.set(shortfall::TARGET, Arc::from(target.identity.to_string()), at);
    entity.set(shortfall::BOUND, Arc::from(bound), at);
    let cause_name = match found.cause {
        Cause::Opens => "opens",
        Cause::TooLate => "too_late",
        Cause::Count => "count",
        Cause::MissingZone => "missing_zone",
    };
    entity.set(shortfall::CAUSE, Arc::from(cause_name), at);
    let level = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "info",
    };
    entity.set(shortfall::LEVEL, Arc::from(level), at);
    entity.set(shortfall::SCHEDULED, entry.is_some(), at);
    let stated = i64::from(found.worst.guaranteed);
    let edge = edge_name.trim_matches(['"', '\'']);
    let because = match found.cause {
        Cause::Count if found.bound == Bound::Maximum => format!("{field} allows {stated} replicas"),
        Cause::Count => format!("{field} guarantees {stated} replicas"),
        Cause::Opens if found.bound == Bound::Maximum => format!("`{edge}` allows {stated} replicas"),
        Cause::Opens => format!("`{edge}` leaves {stated} replicas"),
        Cause::TooLate => format!("`{edge}` comes too late, and until then there are {stated} replicas"),
        Cause::MissingZone => format!(
            "`{edge}` names no time zone and is read in UTC, which leaves {stated} replicas; in {} it would do",
            zone.name()
        ),
    };
    entity.set(shortfall::BECAUSE, Arc::from(because), at);
    entity.set(shortfall::FIELD, Arc::from(field), at);
    entity
        .facts
        .push(fact(shortfall::COUNT, stated, count.span, count.site));
    if is_edge {
        entity
            .facts
            .push(fact(shortfall::EDGE, Arc::from(edge), cause.span, cause.site));
        if found.cause == Cause::TooLate
            && let Some(moved) = earlier(edge, found.longest)
        {
            entity.set(shortfall::EDGE_WOULD_DO, Arc::from(moved), at);
        }
    }
    entity.set(shortfall::WOULD_DO, i64::from(found.would_do), at);
    entity.set(shortfall::GUARANTEED, i64::from(found.worst.guaranteed), at);
    entity.set(shortfall::NEEDED, i64::from(found.worst.needed), at);
    entity.set(shortfall::CERTAIN, i64::from(found.worst.certain), at);
    entity.set(shortfall::WINDOWS, i64::try_from(found.windows).unwrap_or(i64::MAX), at);
    entity.set(shortfall::LONGEST, Arc::from(length(found.longest)), at);
    let window = |window: &Window| {
        let from = zone.local(window.period.from);
        let to = zone.local(window.period.to);
        let same_day = from.get(..14) == to.get(..14);
        let to = if same_day {
            to.get(15..20).unwrap_or(&to).to_owned()
        } else {
            to
        };
        (from, to, window.period.from)
    };
    let first = found.first.first().unwrap_or(&found.worst);
    let (from, to, utc) = window(first);
    entity.set(shortfall::FIRST, Arc::from(format!("{from} ({utc}) until {to}")), at);
    let more: Vec<String> = found.first.iter().skip(1).map(|next| window(next).0).collect();
    if !more.is_empty() {
        entity.set(shortfall::MORE, Arc::from(more.join(" and ")), at);
    }
    entity.set(shortfall::ZONE, Arc::from(zone.name()), at);
    let owner = made.sources.get(count.source)?;
    entity.link(shortfall::AUTOSCALER, Known::Is(owner.autoscaler));
    entity.link(shortfall::SCHEDULE, entry.map_or(Known::Absent, Known::Is));
    Some(entity)
}

/// What the product calls the field that states a count.
fn field_name(model: &Model, made: &Made, count: &Causing) -> String {
    if let Some(site) = count.site {
        return match site.row.name.as_str() {
            "count" => "the count".to_owned(),
            name => name.to_owned(),
        };
    }
    let entity = made.sources.get(count.source).map(|of| model.entity(of.autoscaler));
    let wanted = match count.role {
        Role::Maximum => autoscaler::MOST.id(),
        _ => autoscaler::LEAST.id(),
    };
    let row = entity.and_then(|entity| entity.table?.giving(wanted, "").next());
    match (row, count.written) {
        (Some(row), false) => format!("{} (not written)", row.name),
        (_, true) => "the count".to_owned(),
        (None, false) => "replicas (1 where it is not written)".to_owned(),
    }
}

/// A plain expression such as `30 7 * * 1-5`, moved so many seconds earlier; `None` where that leaves the day.
fn earlier(expression: &str, seconds: i64) -> Option<String> {
    let (minute, rest) = expression.split_once(' ')?;
    let (hour, days) = rest.trim_start().split_once(' ')?;
    let (minute, hour): (i64, i64) = (minute.parse().ok()?, hour.parse().ok()?);
    let at = hour * 60 + minute - (seconds + 59) / 60;
    (at >= 0).then(|| format!("{} {} {}", at % 60, at / 60, days.trim_start()))
}

fn length(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, (seconds + 59) / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::{earlier, length};

    #[test]
    fn edges_move_within_their_day() {
        assert_eq!(earlier("30 7 * * 1-5", 45 * 60).as_deref(), Some("45 6 * * 1-5"));
        assert_eq!(earlier("10 0 * * *", 15 * 60), None);
        assert_eq!(earlier("*/5 7 * * *", 60), None);
        assert_eq!(earlier("0 8 * * 1", 61).as_deref(), Some("58 7 * * 1"));
    }

    #[test]
    fn lengths_in_words() {
        let cases = [
            (900, "15 min"),
            (7200, "2 h"),
            (9000, "2 h 30 min"),
            (90_000, "1 d 1 h"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(length(seconds), expected);
        }
    }
}
