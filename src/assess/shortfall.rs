//! Profiles and shortfalls as entities: one shortfall for each field that causes one.

use std::sync::Arc;

use super::entities::{Made, fact};
use super::misread;
use super::traffic::{Demand, Measured};
use super::words::{self, Words};
use crate::capacity::floor::{Bound, Cause, Misreading, Severity, Shortfall};
use crate::capacity::schedule::{Bounds, Role};
use crate::capacity::timeline::Place;
use crate::estate::scaled::Target;
use crate::model::field::{autoscaler, profile, schedule, shortfall};
use crate::model::{Doubt, Entity, EntityId, Kind, Known, Model, Site};
use crate::repo::{Sources, Span};

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
    if found.single {
        return false;
    }
    let Some((span, role)) = of(found) else { return false };
    let leads = match (role, found.bound) {
        (Role::Maximum, Bound::Guaranteed) => Bound::Maximum,
        (Role::Count | Role::Minimum, Bound::Maximum) => Bound::Guaranteed,
        _ => return false,
    };
    short
        .iter()
        .any(|other| other.bound == leads && !other.single && of(other).is_some_and(|(other, _)| other == span))
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
pub(super) struct Causing {
    pub span: Span,
    pub site: Option<Site>,
    pub source: usize,
    pub role: Role,
    pub written: bool,
}

pub(super) fn causing(target: &Target, bounds: &Bounds, place: Place) -> Option<Causing> {
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
    let holds = |source: &crate::estate::scaled::Source| {
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
    let of = made.sources.get(cause.source)?;
    let misread = match found.cause {
        Cause::Misread(misreading) => {
            let texts = misread::texts(target, misreading);
            // A zone is named beside the edge that comes at the wrong time.
            let beside = |text: &&Span| {
                matches!(misreading, Misreading::MissingZone | Misreading::OtherZone)
                    && of
                        .entry_at(**text)
                        .is_some_and(|entry| of.entry_at(cause.span) == Some(entry))
            };
            texts.iter().find(beside).or(texts.first()).copied()
        }
        _ => None,
    };
    let is_edge = matches!(found.cause, Cause::Opens | Cause::TooLate);
    let at = misread.unwrap_or(if is_edge { cause.span } else { count.span });
    let entry = of.entry_at(at).or_else(|| of.entry_at(count.span));
    let field = field_name(model, target, made, &count);
    let says = Words {
        field: &field,
        text: words::quoted(&sources.text(at)),
        edge: entry.map_or(String::new(), |entry| edge(model, entry)),
        zone: measured.week.zone.name(),
        healer: misread::healer(target).unwrap_or_default(),
        refused: misread::refused(target, at).unwrap_or_default(),
        found,
    };
    let bound = match found.bound {
        Bound::Guaranteed => "guaranteed",
        Bound::Maximum => "maximum",
        Bound::AfterUpdate => "after_update",
    };
    let single = if found.single { " once" } else { "" };
    let edge_name = if is_edge || misread.is_some() { says.bare() } else { "" };
    let name = format!("{} {bound} {field} {edge_name}{single}", target.identity);
    let mut entity = Entity::new(Kind::Shortfall, name.trim_end(), at);
    entity.set(shortfall::TARGET, Arc::from(target.identity.to_string()), at);
    entity.set(shortfall::BOUND, Arc::from(bound), at);
    entity.set(shortfall::CAUSE, Arc::from(words::cause(found.cause)), at);
    let level = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "info",
    };
    entity.set(shortfall::LEVEL, Arc::from(level), at);
    let scheduled = entry.is_some() && (is_edge || misread.is_some() || of.entry_at(count.span).is_some());
    entity.set(shortfall::SCHEDULED, scheduled, at);
    entity.set(shortfall::BECAUSE, Arc::from(says.because()), at);
    entity.set(shortfall::FIELD, Arc::from(field.as_str()), at);
    let stated = i64::from(found.worst.guaranteed);
    entity
        .facts
        .push(fact(shortfall::COUNT, stated, count.span, count.site));
    if misread.is_some() {
        let site = target.sources.iter().find_map(|source| source.site(at));
        entity
            .facts
            .push(fact(shortfall::MISREAD, Arc::from(says.bare()), at, site));
        if let Some(remedy) = says.remedy() {
            entity.set(shortfall::REMEDY, Arc::from(remedy), at);
        }
    }
    if is_edge {
        entity
            .facts
            .push(fact(shortfall::EDGE, Arc::from(says.bare()), cause.span, cause.site));
        if found.cause == Cause::TooLate
            && let Some(moved) = words::earlier(says.bare(), found.longest)
        {
            entity.set(shortfall::EDGE_WOULD_DO, Arc::from(moved), at);
        }
    }
    entity.set(shortfall::WOULD_DO, i64::from(found.would_do), at);
    entity.set(shortfall::GUARANTEED, i64::from(found.worst.guaranteed), at);
    entity.set(shortfall::NEEDED, i64::from(found.worst.needed), at);
    entity.set(shortfall::CERTAIN, i64::from(found.worst.certain), at);
    times(&mut entity, measured, found, at);
    let owner = made.sources.get(count.source)?;
    entity.link(shortfall::AUTOSCALER, Known::Is(owner.autoscaler));
    entity.link(
        shortfall::SCHEDULE,
        entry.filter(|_| scheduled).map_or(Known::Absent, Known::Is),
    );
    Some(entity)
}

/// When it is too low.
fn times(entity: &mut Entity, measured: &Measured, found: &Shortfall, at: Span) {
    let zone = &measured.week.zone;
    entity.set(shortfall::WINDOWS, i64::try_from(found.windows).unwrap_or(i64::MAX), at);
    entity.set(shortfall::LONGEST, Arc::from(words::length(found.longest)), at);
    let first = found.first.first().unwrap_or(&found.worst);
    entity.set(shortfall::FIRST, Arc::from(words::window(first, zone)), at);
    let more: Vec<String> = found
        .first
        .iter()
        .skip(1)
        .map(|next| zone.local(next.period.from))
        .collect();
    if !more.is_empty() {
        entity.set(shortfall::MORE, Arc::from(more.join(" and ")), at);
    }
    if found.worst != *first {
        let worst = zone.local(found.worst.period.from);
        entity.set(shortfall::WORST, Arc::from(worst), at);
    }
    // The floor looks ahead by the time a replica takes to start; the traffic itself does not.
    if let Some(from) = found.worst.certain_from.filter(|from| *from > found.worst.period.from) {
        entity.set(shortfall::CERTAIN_FROM, Arc::from(zone.local(from)), at);
    }
    if found.single
        && let Some(when) = measured.single(found.worst.period)
    {
        entity.set(shortfall::SINGLE, Arc::from(zone.local(when)), at);
    }
    entity.set(
        shortfall::WEEKS,
        i64::try_from(measured.week.weeks).unwrap_or(i64::MAX),
        at,
    );
    entity.set(shortfall::ZONE, Arc::from(zone.name()), at);
}

/// The time expression of an entry, as written.
fn edge(model: &Model, entry: EntityId) -> String {
    let start = model.get(entry, schedule::START);
    start.is().map_or(String::new(), |start| start.to_string())
}

/// What the product calls the field that states a count.
fn field_name(model: &Model, target: &Target, made: &Made, count: &Causing) -> String {
    if let Some(site) = count.site {
        return match site.row.name.as_str() {
            "count" => "the count".to_owned(),
            name => name.to_owned(),
        };
    }
    let left_out = target.sources.get(count.source).and_then(|source| {
        let entry = source.entries.iter().find(|entry| entry.span == count.span)?;
        let wanted = match count.role {
            Role::Maximum => schedule::MAXIMUM.id(),
            _ => schedule::MINIMUM.id(),
        };
        entry.home?.1.giving(wanted, "").next()
    });
    if let Some(row) = left_out.filter(|_| !count.written) {
        return format!("{} (left out, so the provider sends 0; -1 leaves it alone)", row.name);
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
