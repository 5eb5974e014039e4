//! Autoscalers, the entries of their schedules and what is wrong with them, as entities.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::capacity::schedule::{Context, Evaluation, Given, Note, NoteKind};
use crate::estate::scaled::{Entry, EntryParts, Identity, Schedule, Source, Target};
use crate::model::field::{autoscaler, note, schedule, workload};
use crate::model::{Doubt, Entity, EntityId, Fact, Field, Kind, Known, Model, Scope, Site, Stored, value::FieldType};
use crate::repo::{Sources, Span};

use super::{hints, shape};

/// The entities of one target, source by source.
pub(super) struct Made {
    pub sources: Vec<OfSource>,
}

/// The entities of one source.
pub(super) struct OfSource {
    pub autoscaler: EntityId,
    /// Each entry with the places of its values.
    pub entries: Vec<(EntityId, Vec<Span>)>,
}

impl OfSource {
    /// The entry that a place belongs to.
    pub fn entry_at(&self, place: Span) -> Option<EntityId> {
        let has = |spans: &[Span]| {
            spans
                .iter()
                .any(|span| span.source == place.source && span.overlaps(place))
        };
        self.entries.iter().find(|(_, spans)| has(spans)).map(|(id, _)| *id)
    }
}

/// Autoscalers by the place of their object: finding one must not cost the size of the model.
pub(super) struct Autoscalers(FxHashMap<Span, EntityId>);

impl Autoscalers {
    /// Those that lowering has made.
    pub fn in_model(model: &Model) -> Self {
        let mut by_place = FxHashMap::default();
        for id in model.all(Kind::Autoscaler) {
            by_place.entry(model.entity(id).span).or_insert(id);
        }
        Self(by_place)
    }
}

/// A fact that a fix can write, where its site is known.
pub(super) fn fact<T: FieldType>(field: Field<T>, value: T, span: Span, site: Option<Site>) -> Fact {
    Fact {
        field: field.id(),
        value: Stored::Is(value.wrap()),
        span,
        site,
    }
}

fn put(entity: &mut Entity, fact: Fact) {
    entity.facts.retain(|own| own.field != fact.field);
    entity.facts.push(fact);
}

fn put_count(entity: &mut Entity, field: Field<i64>, given: Option<&Given<u32>>, source: &Source) {
    if let Some(given) = given {
        put(
            entity,
            fact(field, i64::from(given.value), given.span, source.site(given.span)),
        );
    }
}

fn put_text(entity: &mut Entity, field: Field<Arc<str>>, given: Option<&Given<String>>, source: &Source) {
    if let Some(given) = given.filter(|given| !given.value.is_empty()) {
        put(
            entity,
            fact(
                field,
                Arc::from(given.value.as_str()),
                given.span,
                source.site(given.span),
            ),
        );
    }
}

/// Adds what a target's sources are and say.
pub(super) fn add(
    sources: &Sources,
    model: &mut Model,
    autoscalers: &mut Autoscalers,
    target: &Target,
    evaluated: &[Evaluation],
    context: &Context,
) -> Made {
    let mut made = Made { sources: Vec::new() };
    for at in 0..target.sources.len() {
        let of = of_source(model, autoscalers, target, at);
        made.sources.push(of);
    }
    for ((source, evaluation), of) in target.sources.iter().zip(evaluated).zip(&made.sources) {
        shape(model, source, of, evaluation, context);
        for found in &evaluation.notes {
            add_note(sources, model, target, source, of, found);
        }
    }
    made
}

fn of_source(model: &mut Model, autoscalers: &mut Autoscalers, target: &Target, at: usize) -> OfSource {
    let source = &target.sources[at];
    let parts = source.schedule.parts();
    let id = autoscaler_of(model, autoscalers, target, source);
    let words = target.identity.to_string();
    let entity = model.entity_mut(id);
    put_count(entity, autoscaler::LEAST, parts.least, source);
    put_count(entity, autoscaler::MOST, parts.most, source);
    entity.set(autoscaler::TARGET, Arc::from(words), source.object.span);
    entity.link(autoscaler::WORKLOAD, target.workload.map_or(Known::Absent, Known::Is));
    if let Schedule::Open(open) = &source.schedule {
        let doubt = Doubt::at(open.reason.clone(), open.span);
        for field in [autoscaler::LEAST, autoscaler::MOST] {
            let known = entity.facts.iter().any(|fact| fact.field == field.id());
            if !known {
                entity.set_known(field, Known::Unknown(doubt.clone()), source.object.span);
            }
        }
    }
    if let Some(others) = others(target, at) {
        entity.set(autoscaler::OTHERS, Arc::from(others), source.object.span);
    }
    attach(model, id, &source.object);
    // A fix may take the count away where the workload writes it.
    if let (Some(workload), Some((span, site))) = (target.workload, replicas_of(source)) {
        let facts = &mut model.entity_mut(workload).facts;
        let own = facts
            .iter_mut()
            .find(|fact| fact.field == workload::REPLICAS.id() && fact.span == span);
        if let Some(own) = own {
            own.site = Some(site);
        }
    }
    let entries = source.entries.iter().zip(&parts.entries);
    let entries = entries.map(|(entry, parts)| of_entry(model, source, id, entry, parts));
    OfSource {
        autoscaler: id,
        entries: entries.collect(),
    }
}

/// The autoscaler that lowering made of the object, or a new one.
fn autoscaler_of(model: &mut Model, autoscalers: &mut Autoscalers, target: &Target, source: &Source) -> EntityId {
    let object = &source.object;
    if let Some(known) = autoscalers.0.get(&object.span) {
        return *known;
    }
    let name = match &target.identity {
        Identity::Kubernetes { namespace, .. } => format!("{namespace} {}", object.name),
        _ => object.name.to_string(),
    };
    let mut entity = Entity::new(Kind::Autoscaler, name, object.span);
    entity.set(autoscaler::NAME, object.name.clone(), object.span);
    entity.set(autoscaler::KIND, Arc::from(object.what), object.span);
    let id = model.add(entity);
    autoscalers.0.insert(object.span, id);
    id
}

/// How many others are named.
const NAMED: usize = 3;

/// What else moves the same number and knows nothing of this source. A downscaler works with any of them.
fn others(target: &Target, own: usize) -> Option<String> {
    let alone = |source: &Source| {
        matches!(
            source.object.what,
            "HorizontalPodAutoscaler" | "ScaledObject" | "CronHorizontalPodAutoscaler"
        )
    };
    if !alone(&target.sources[own]) {
        return None;
    }
    let others = target.sources.iter().enumerate();
    let mut others = others.filter(|(at, source)| *at != own && alone(source));
    let named = others.by_ref().take(NAMED);
    let words: Vec<String> = named
        .map(|(_, source)| format!("{} {}", source.object.what, source.object.name))
        .collect();
    // Nobody reads more, and each of many would name all of them.
    let more = if others.next().is_some() { " and others" } else { "" };
    (!words.is_empty()).then(|| words.join(", ") + more)
}

/// Where new values of an object or entry are written.
fn attach(model: &mut Model, id: EntityId, entry: &Entry) {
    let Some((place, table)) = entry.home else { return };
    let scope = model.add_scope(Scope {
        home: Some(place),
        ..Scope::default()
    });
    let entity = model.entity_mut(id);
    entity.scope = Some(scope);
    entity.table = Some(table);
}

fn of_entry(
    model: &mut Model,
    source: &Source,
    autoscaler: EntityId,
    entry: &Entry,
    parts: &EntryParts<'_>,
) -> (EntityId, Vec<Span>) {
    let name = format!("{} {} {}", source.object.name, entry.what, entry.name);
    let mut entity = Entity::new(Kind::Schedule, name, entry.span);
    entity.set(schedule::NAME, entry.name.clone(), entry.span);
    entity.set(schedule::KIND, Arc::from(entry.what), entry.span);
    put_text(&mut entity, schedule::START, parts.start, source);
    put_text(&mut entity, schedule::END, parts.end, source);
    put_text(&mut entity, schedule::TIMEZONE, parts.zone, source);
    put_count(&mut entity, schedule::COUNT, parts.count.as_ref(), source);
    put_count(&mut entity, schedule::MINIMUM, parts.minimum, source);
    put_count(&mut entity, schedule::MAXIMUM, parts.maximum, source);
    entity.link(schedule::AUTOSCALER, Known::Is(autoscaler));
    let texts = [parts.start, parts.end, parts.zone].into_iter().flatten();
    let counts = [parts.count.as_ref(), parts.minimum, parts.maximum]
        .into_iter()
        .flatten();
    let spans = texts.map(|given| given.span).chain(counts.map(|given| given.span));
    let mut spans: Vec<Span> = spans.collect();
    spans.extend(parts.length.map(|given| given.span));
    spans.push(entry.span);
    let id = model.add(entity);
    attach(model, id, entry);
    (id, spans)
}

/// Where the target's own count is written.
fn replicas_of(source: &Source) -> Option<(Span, Site)> {
    source
        .sites
        .iter()
        .find(|(_, site)| site.row.name == "replicas")
        .copied()
}

/// What its windows really are.
fn shape(model: &mut Model, source: &Source, of: &OfSource, evaluation: &Evaluation, context: &Context) {
    let shapes = shape::shapes(&source.schedule, context);
    for (shape, (entry, _)) in shapes.into_iter().zip(&of.entries) {
        let entity = model.entity_mut(*entry);
        let span = entity.span;
        if let Some((active, meant)) = shape.hours {
            entity.set(schedule::ACTIVE_HOURS, active, span);
            entity.set(schedule::MEANT_HOURS, meant, span);
        }
        if let Some(surprise) = shape.surprise {
            entity.set(schedule::SURPRISE, Arc::from(surprise), span);
        }
        if let Some((daylight, edge)) = shape.daylight {
            entity.set(schedule::DAYLIGHT, Arc::from(daylight), edge);
        }
    }
    if let Ok(bounds) = &evaluation.bounds
        && let Some((gap, edge)) = shape::gap(&source.schedule, bounds, context.spoken)
    {
        let entity = model.entity_mut(of.autoscaler);
        entity.set(autoscaler::GAP, Arc::from(gap), edge);
    }
}

/// The rule that a note belongs to.
fn about(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::CronInvalid | NoteKind::CronUnsupported(_) => "cron-invalid",
        NoteKind::CronNeverFires => "cron-never-fires",
        NoteKind::TimezoneInvalid => "timezone-invalid",
        NoteKind::TimezoneMissing => "timezone-missing",
        NoteKind::StartEqualsEnd => "cron-window-shape",
        NoteKind::ValueInvalid | NoteKind::ValueUnsupported(_) => "schedule-value-invalid",
        NoteKind::BoundsInverted => "bounds-inverted",
        NoteKind::ReplicasFight => "replicas-fight-autoscaler",
        NoteKind::DesiredWithoutMinimum => "desired-without-minimum",
        NoteKind::StackUpdateResets => "stack-update-resets-capacity",
        NoteKind::WindowNeverMatches => "downtime-window-never-matches",
        NoteKind::ScaleForbidden => "scale-forbidden",
        NoteKind::ScaleOverruled => "scale-overruled",
    }
}

fn add_note(sources: &Sources, model: &mut Model, target: &Target, source: &Source, of: &OfSource, found: &Note) {
    let text = sources.text(found.span);
    let name = format!("{} {} {}", target.identity, source.object.name, about(found.kind));
    let entry = of.entry_at(found.span);
    let entry_name = entry.map(|entry| model.entity(entry).name.clone());
    let name = entry_name.map_or(name.clone(), |entry| format!("{name} {entry}"));
    let mut entity = Entity::new(Kind::Note, name, found.span);
    entity.set(note::NAME, Arc::from(target.identity.to_string()), found.span);
    entity.set(note::ABOUT, Arc::from(about(found.kind)), found.span);
    entity.set(note::SAYS, Arc::from(found.message.as_str()), found.span);
    if let NoteKind::CronUnsupported(version) | NoteKind::ValueUnsupported(version) = found.kind {
        entity.set(note::SINCE, Arc::from(version), found.span);
    }
    if let Some(help) = &found.help {
        entity.set(note::REMEDY, Arc::from(help.as_str()), found.span);
    }
    let around = source.sites.iter().find(|(span, _)| {
        span.source == found.span.source && span.start <= found.span.start && found.span.end <= span.end
    });
    let site = around.map(|(_, site)| *site);
    put(
        &mut entity,
        fact(note::TEXT, Arc::from(text.as_str()), found.span, site),
    );
    if let Some(better) = hints::better(found, &text) {
        entity.set(note::BETTER, Arc::from(better), found.span);
    }
    if found.kind == NoteKind::TimezoneMissing {
        let zones = target.sources.iter().flat_map(|source| source.schedule.zones());
        let mut zones: Vec<&str> = zones.collect();
        zones.sort_unstable();
        zones.dedup();
        if let [one] = zones.as_slice() {
            entity.set(note::OTHER_ZONE, Arc::from(*one), found.span);
        }
        let name = entry.map_or("", |_| &*source.object.name);
        if let Some(hint) = hints::zone(sources, found.span, name, &zones) {
            entity.set(note::HINT, Arc::from(hint), found.span);
        }
    }
    entity.link(note::AUTOSCALER, Known::Is(of.autoscaler));
    entity.link(note::SCHEDULE, entry.map_or(Known::Absent, Known::Is));
    entity.link(note::WORKLOAD, target.workload.map_or(Known::Absent, Known::Is));
    model.add(entity);
}
