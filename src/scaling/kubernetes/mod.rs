//! What scales Kubernetes workloads: HorizontalPodAutoscalers, ScaledObjects, CronJobs that run `kubectl`, annotations of
//! kube-downscaler. One file per product.

mod autoscalers;
mod downscaler;
mod found;
mod horizontal;
mod jobs;
mod keda;
mod open;
mod read;
mod rights;
mod unit;
mod zalando;

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::capacity::schedule::{Given, JobTarget, NotEvaluated, Upkeep, WrittenCount, alibaba, knative};
use crate::environment::{ByKind, Document, Environment};
use crate::estate::scaled::schedule::Schedule;
use crate::estate::scaled::target::{Entry, Identity, Source, Target};
use crate::kubernetes::scaler::Scaler;
use crate::model::{EntityId, Kind, Model};
use crate::repo::Span;
use crate::speed;
use found::{Found, Key, SCALABLE};
use jobs::{Object, Writer};
use open::OpenServices;
use read::Reading;
use unit::Units;

/// The targets of an environment.
pub(crate) fn targets(model: &mut Model, environment: &Environment, scalers: &[Scaler]) -> Vec<Target> {
    let documents = &environment.documents;
    add_trees(model, documents);
    let by_kind = ByKind::new(documents);
    let writers = jobs::writers(model, documents);
    let downscales = |document: &Document| {
        let annotations = document.at().get("metadata.annotations");
        annotations.is_some_and(|all| all.children().any(|entry| entry.name().starts_with("downscaler/")))
    };
    let units = Units::new(environment);
    let open = recognised(model, documents, &units);
    if scalers.is_empty() && writers.is_empty() && open.is_empty() && !documents.iter().any(downscales) {
        return Vec::new();
    }
    let mut found: FxHashMap<Key, Found<'_>> = FxHashMap::default();
    for document in documents.iter().filter(|document| SCALABLE.contains(&&*document.kind)) {
        let key = key_of(document, units.of_workload(document));
        found.entry(key).or_default().document.get_or_insert(document);
    }
    let meant: Vec<Key> = scalers
        .iter()
        .map(|scaler| {
            let from = &documents[scaler.document];
            let (namespace, kind, name) = (scaler.namespace.clone(), scaler.kind.clone(), scaler.name.clone());
            let unit = units.meant(from, &namespace, &kind, &name);
            (namespace, kind, name, unit)
        })
        .collect();
    for (scaler, key) in scalers.iter().zip(&meant) {
        let document = &documents[scaler.document];
        let of = found.entry(key.clone()).or_default();
        match &*document.kind {
            "ScaledObject" => of.scaled_objects.push(document),
            _ => of.horizontal.push(document),
        }
    }
    for (key, entry, why) in open {
        found.entry(key).or_default().open.push((entry, why));
    }
    for (scaler, key) in scalers.iter().zip(&meant) {
        if let Some(of) = found.get(key) {
            autoscalers::complete(model, environment, &by_kind, scaler, of);
        }
    }
    let (model, workloads) = (&*model, workloads(model));
    let open_services = OpenServices::new(&by_kind);
    let mut found: Vec<(Key, Found<'_>)> = found.into_iter().collect();
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let each = found.into_par_iter().with_min_len(speed::OBJECTS);
    let targets = each.filter_map(|(key, of)| {
        let sources = sources(model, &by_kind, &key, &of, &writers, &units);
        let mut target = target(&workloads, key, &of, sources)?;
        target.routed = of.document.and_then(|document| open_services.to(document));
        Some(target)
    });
    targets.collect()
}

/// Makes the trees known that the sites of values lie in.
fn add_trees(model: &mut Model, documents: &[Document]) {
    for document in documents {
        model.add_tree(&document.tree);
    }
}

/// A workload whose replicas nothing changes, for a traffic profile that names it.
pub(crate) fn constant(model: &mut Model, documents: &[Document], name: &str) -> Option<Target> {
    let of_name = |document: &&Document| {
        let identity = Identity::Kubernetes {
            kind: document.kind.clone(),
            namespace: document.namespace.clone(),
            name: document.name.clone(),
        };
        SCALABLE.contains(&&*document.kind) && identity.answers(name)
    };
    let document = documents.iter().find(of_name)?;
    add_trees(model, std::slice::from_ref(document));
    let mut reading = Reading::new(model, document);
    let root = document.at();
    let schedule = match reading.count(root, "", "spec.replicas") {
        Ok(replicas) => Schedule::CronJobs(JobTarget {
            object: reading.head(),
            replicas,
            count_upkeep: Upkeep::LeftAlone,
            bounds_upkeep: Upkeep::LeftAlone,
            autoscaler: None,
            jobs: Vec::new(),
        }),
        Err(open) => Schedule::Open(open),
    };
    let source = Source {
        object: Entry {
            home: None,
            ..reading.object("replicas", &read::HORIZONTAL)
        },
        schedule,
        entries: Vec::new(),
        sites: reading.sites,
        reactive: None,
        follows: None,
    };
    let of = Found {
        document: Some(document),
        ..Found::default()
    };
    let key = key_of(document, Arc::from(""));
    target(&workloads(model), key, &of, vec![source])
}

fn target(workloads: &FxHashMap<Span, EntityId>, key: Key, of: &Found<'_>, sources: Vec<Source>) -> Option<Target> {
    let first = sources.first()?.object.span;
    let span = of.document.map_or(first, |document| {
        let at = document.at();
        at.get("metadata.name")
            .map_or_else(|| at.head(), |name| name.word_span_at(0))
    });
    let (namespace, kind, name, _) = key;
    Some(Target {
        workload: workloads.get(&span).copied().filter(|_| of.document.is_some()),
        identity: Identity::Kubernetes { kind, namespace, name },
        span,
        routed: None,
        sources,
    })
}

fn key_of(document: &Document, unit: Arc<str>) -> Key {
    (
        document.namespace.clone(),
        document.kind.clone(),
        document.name.clone(),
        unit,
    )
}

/// The entities of workloads by where they are declared.
fn workloads(model: &Model) -> FxHashMap<Span, EntityId> {
    let all = model.all(Kind::Workload);
    all.map(|id| (model.entity(id).span, id)).collect()
}

fn sources(
    model: &Model,
    documents: &ByKind<'_>,
    key: &Key,
    of: &Found<'_>,
    writers: &[Writer<'_>],
    units: &Units<'_>,
) -> Vec<Source> {
    let mut sources = Vec::new();
    let written = of.document.map(|document| replicas(model, document));
    let (replicas, site) = match &written {
        Some((Ok(replicas), sites)) => (replicas.clone(), sites.clone()),
        _ => (None, Vec::new()),
    };
    let ignored = of.document.and_then(|document| document.ignored("spec.replicas"));
    let fought = replicas.clone().map(|count| WrittenCount {
        count,
        on_sync: ignored.is_some(),
    });
    // What the deployer leaves alone fights nothing.
    let fought = fought.filter(|_| ignored.is_none_or(|ignored| ignored.on_sync));
    for document in &of.scaled_objects {
        let mut source = keda::source(model, document, fought.clone());
        source.sites.extend(site.iter().copied());
        sources.push(source);
    }
    for document in &of.horizontal {
        let mut source = horizontal::source(model, document, documents, fought.clone());
        source.sites.extend(site.iter().copied());
        sources.push(source);
    }
    let jobs = scheduled(key, of, writers, (documents, units), &mut sources);
    if let Some(mut source) = jobs {
        // What is scaled by jobs alone starts from its own count, which must be known.
        let source_is_open = match (&written, sources.is_empty()) {
            (Some((Err(open), _)), true) => Some(open.clone()),
            _ => None,
        };
        if let Schedule::CronJobs(target) = &mut source.schedule {
            target.replicas = replicas.clone();
            target.count_upkeep = of
                .document
                .map_or(Upkeep::LeftAlone, |document| upkeep(document, "spec.replicas"));
        }
        if let Some(open) = source_is_open {
            source.schedule = Schedule::Open(open);
        }
        source.sites.extend(site.iter().copied());
        sources.push(source);
    }
    sources.extend(of.open.iter().map(|(entry, why)| Source {
        object: entry.clone(),
        schedule: Schedule::Open(why.clone()),
        entries: Vec::new(),
        sites: Vec::new(),
        reactive: None,
        follows: None,
    }));
    if let Some(count) = undisturbed(of, &sources, replicas) {
        let annotated = of
            .document
            .into_iter()
            .chain(of.horizontal.iter().copied())
            .chain(of.scaled_objects.iter().copied());
        let mut found = annotated.filter_map(|document| downscaler::source(model, document, documents, &count));
        if let Some(mut source) = found.next() {
            source.sites.extend(site);
            sources.push(source);
        }
    }
    sources
}

/// `replicas` as a workload writes it.
type Replicas = (
    Result<Option<Given<u32>>, NotEvaluated>,
    Vec<(Span, crate::model::Site)>,
);

fn replicas(model: &Model, document: &Document) -> Replicas {
    let mut reading = Reading::new(model, document);
    let count = reading.count(document.at(), "", "spec.replicas");
    (count, reading.sites)
}

/// The most that a target guarantees at any time while a downscaler leaves it alone.
fn undisturbed(of: &Found<'_>, sources: &[Source], replicas: Option<Given<u32>>) -> Option<Given<u32>> {
    let span = of.document.map(|document| document.at().head());
    let default = |count: u32| span.map(|span| Given::new(count, span));
    match sources.first().map(|source| &source.schedule) {
        Some(Schedule::Horizontal(autoscaler)) => autoscaler.minimum.clone().or(default(1)),
        // Its windows raise the count up to the maximum.
        Some(Schedule::Keda(object)) => object.maximum.clone().or(default(100)),
        Some(_) => None,
        None => replicas.or(default(1)),
    }
}

/// The jobs that scale a target, as one source; those that cannot be read are sources of their own.
fn scheduled(
    key: &Key,
    of: &Found<'_>,
    writers: &[Writer<'_>],
    (documents, units): (&ByKind<'_>, &Units<'_>),
    sources: &mut Vec<Source>,
) -> Option<Source> {
    let (namespace, kind, name, unit) = key;
    let mut objects = vec![Object { kind, namespace, name }];
    for document in of.horizontal.iter().chain(&of.scaled_objects) {
        objects.push(Object {
            kind: &document.kind,
            namespace: &document.namespace,
            name: &document.name,
        });
    }
    let mut found: Option<Source> = None;
    for writer in writers {
        let written = writer.writes_to(&objects);
        match written.filter(|_| units.meant(writer.document, namespace, kind, name) == *unit) {
            None => {}
            Some(Err(open)) => sources.push(Source {
                object: writer.entry.clone(),
                schedule: Schedule::Open(open),
                entries: Vec::new(),
                sites: Vec::new(),
                reactive: None,
                follows: None,
            }),
            Some(Ok(mut job)) => {
                for write in &mut job.writes {
                    write.refused = rights::refusal(documents, writer.document, write);
                }
                let source = found.get_or_insert_with(|| Source {
                    object: writer.entry.clone(),
                    schedule: Schedule::CronJobs(JobTarget {
                        object: of.document.map_or(writer.entry.span, |document| document.at().head()),
                        replicas: None,
                        count_upkeep: Upkeep::default(),
                        bounds_upkeep: Upkeep::default(),
                        autoscaler: None,
                        jobs: Vec::new(),
                    }),
                    entries: Vec::new(),
                    sites: Vec::new(),
                    reactive: None,
                    follows: None,
                });
                if let Schedule::CronJobs(target) = &mut source.schedule {
                    target.jobs.push(job);
                }
                source.entries.push(writer.entry.clone());
                source.sites.extend(writer.sites.iter().copied());
            }
        }
    }
    let mut found = found?;
    // Jobs move the bounds of an HPA, which then are what it starts from rather than a second guarantee.
    let horizontal = sources
        .iter()
        .position(|source| matches!(source.schedule, Schedule::Horizontal(_)));
    if let Some(at) = horizontal {
        let source = sources.remove(at);
        if let (Schedule::Horizontal(own), Schedule::CronJobs(target)) = (&source.schedule, &mut found.schedule) {
            target.autoscaler = Some((own.minimum.clone(), own.maximum.clone()));
            target.bounds_upkeep = of
                .horizontal
                .first()
                .map_or(Upkeep::LeftAlone, |document| upkeep(document, "spec.minReplicas"));
        }
        found.sites.extend(source.sites);
        found.reactive = source.reactive;
        found.follows = source.follows;
    }
    Some(found)
}

/// What becomes of a field that a job changes: what a manifest writes its deployer writes again.
fn upkeep(document: &Document, field: &str) -> Upkeep {
    let written = document.at().get(field);
    match written.and_then(|_| document.kept_by(field)) {
        None => Upkeep::LeftAlone,
        Some(deployer) if deployer.heals => Upkeep::Healed(deployer.name),
        Some(deployer) => Upkeep::Synced(deployer.name),
    }
}

type Recognised = (Key, Entry, NotEvaluated);

/// Objects whose semantics are not modelled.
fn recognised(model: &Model, documents: &[Document], units: &Units<'_>) -> Vec<Recognised> {
    let mut found = Vec::new();
    for document in documents {
        let at = document.at();
        let is_knative = || {
            at.scalar("apiVersion")
                .is_some_and(|version| version.starts_with("serving.knative.dev/"))
        };
        let (what, key) = match &*document.kind {
            "CronHorizontalPodAutoscaler" => {
                let target = at.get("spec.scaleTargetRef");
                let kind = target.and_then(|target| target.scalar("kind")).unwrap_or("Deployment");
                let name = target.and_then(|target| target.scalar("name")).unwrap_or_default();
                let name = document.reference(name);
                let unit = units.meant(document, &document.namespace, kind, &name);
                let key = (document.namespace.clone(), Arc::from(kind), Arc::from(name), unit);
                ("CronHorizontalPodAutoscaler", key)
            }
            "Service" if is_knative() => {
                let (namespace, name) = (document.namespace.clone(), document.name.clone());
                let unit = units.of_workload(document);
                ("Knative Service", (namespace, Arc::from("Knative Service"), name, unit))
            }
            _ => continue,
        };
        let reading = Reading::new(model, document);
        let span = reading.head();
        let evaluation = if what == "CronHorizontalPodAutoscaler" {
            alibaba(span)
        } else {
            knative(span)
        };
        if let Err(why) = evaluation.bounds {
            let entry = Entry {
                home: None,
                ..reading.object(what, &read::HORIZONTAL)
            };
            found.push((key, entry, why));
        }
    }
    found
}
