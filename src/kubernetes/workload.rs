//! What a container and its pod say of health checks, of ending and of memory, and what changes their number.

use std::sync::{Arc, LazyLock};

use crate::environment::Document;
use crate::environment::pods::Placed;
use crate::kubernetes::fact::{between, fact};
use crate::kubernetes::pre_stop::pre_stop;
use crate::kubernetes::scaler::Scalers;
use crate::model::field::{container, probe, process, workload};
use crate::model::{Doubt, Entity, EntityId, Kind, Known, Model, Row, Scope, ScopeId, Table, Unit, scalar};
use crate::syntax::At;

const API: &str = "Kubernetes API, core/v1";

/// A probe's own settings.
static PROBE: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new("timeoutSeconds", probe::TIMEOUT, Unit::Seconds)
            .bare()
            .default("1", API),
        Row::new("periodSeconds", probe::PERIOD, Unit::Seconds)
            .bare()
            .default("10", API),
        Row::new("failureThreshold", probe::FAILURE_THRESHOLD, Unit::Number)
            .bare()
            .default("3", API),
    ];
    Table::new("Kubernetes", rows)
});

/// What stands in a container. `lifecycle` is the row a fix writes; an existing hook is read by hand.
static CONTAINER: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![Row::new("lifecycle", container::PRE_STOP, Unit::PreStopSleep).bare()];
    Table::new("Kubernetes", rows)
});

/// What stands in a pod's specification.
static POD: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new("terminationGracePeriodSeconds", workload::GRACE_PERIOD, Unit::Seconds)
            .bare()
            .default("30", API),
    ];
    Table::new("Kubernetes", rows)
});

static MEMORY: LazyLock<Row> = LazyLock::new(|| Row::new("memory", container::MEMORY_LIMIT, Unit::Quantity));
static COMPOSE_MEMORY: LazyLock<Row> = LazyLock::new(|| Row::new("mem_limit", container::MEMORY_LIMIT, Unit::PhpSize));

/// Completes a workload: how many replicas there are at least, and how long a pod may take to end. Gives its autoscaler,
/// which is for the caller to link.
pub fn workload(
    model: &mut Model,
    document: &Document,
    placed: &Placed,
    scalers: &Scalers<'_>,
    id: EntityId,
) -> Option<EntityId> {
    let span = model.entity(id).span;
    if &*document.kind == "compose" {
        return None;
    }
    let scaler = scalers.for_workload_of(placed);
    let spec = document.at().child("spec");
    // `{{ if … }}` around a line: the line may not be there.
    let conditional = spec.and_then(|spec| between(document, spec));
    let elsewhere = || {
        let left_alone = document
            .ignored("spec.replicas")
            .is_some_and(|ignored| !ignored.on_sync);
        let is_counted = left_alone || scalers.counted_elsewhere(placed);
        is_counted.then(|| Doubt::at("something else sets how many pods there are", span))
    };
    let doubt = document
        .doubt("spec.replicas")
        .cloned()
        .or(conditional)
        .or_else(elsewhere);
    let written = match (doubt, document.at().get("spec.replicas")) {
        (Some(doubt), _) => Known::Unknown(doubt),
        (None, None) => Known::Is(1),
        (None, Some(at)) => scalar(at).then(|text| text.parse::<i64>().map_or(Known::Absent, Known::Is)),
    };
    let counted = matches!(&*placed.kind, "Deployment" | "StatefulSet" | "ReplicaSet" | "Rollout");
    let recreates = document.at().scalar("spec.strategy.type") == Some("Recreate");
    let entity = model.entity_mut(id);
    entity.set(workload::RECREATES, recreates, span);
    entity.set(workload::CHECKED, false, span);
    if let Known::Unknown(doubt) = &written {
        entity.set_known(workload::REPLICAS, Known::Unknown(doubt.clone()), span);
    }
    if let Some(scaler) = scaler {
        entity.set_known(workload::LEAST_REPLICAS, scaler.least.clone(), span);
    } else if counted {
        entity.set_known(
            workload::LEAST_REPLICAS,
            written,
            placed.replicas.map_or(span, |(_, at)| at),
        );
    }
    let pod = document.tree.at(placed.pod);
    let mut scope = scope(model, document, pod, &POD);
    scope.doubt = scope
        .doubt
        .or_else(|| around(document, "containers", "terminationGracePeriodSeconds"));
    let scope = model.add_scope(scope);
    attach(model, id, scope, &POD);
    scaler.map(|scaler| scaler.id)
}

/// Completes a container: probes, what happens before it ends, memory.
pub fn container(model: &mut Model, document: &Document, placed: &Placed, id: EntityId) {
    let item = document.tree.at(placed.item);
    if &*document.kind == "compose" {
        let memory = item
            .child("mem_limit")
            .or_else(|| item.get("deploy.resources.limits.memory"));
        if let Some(at) = memory {
            let tree = model.add_tree(&document.tree);
            let fact = fact(at, &COMPOSE_MEMORY, Some((tree, at.id())));
            model.entity_mut(id).facts.push(fact);
        }
        return;
    }
    let doubt = around(document, "containers", "").or_else(|| hole(document, item));
    let probes = [
        ("readiness", container::READINESS),
        ("liveness", container::LIVENESS),
        ("startup", container::STARTUP),
    ];
    for (name, link) in probes {
        let made = match item.child(&format!("{name}Probe")).filter(|at| at.is_map()) {
            Some(at) => Known::Is(check(model, document, placed, name, at)),
            None => doubt.clone().map_or(Known::Absent, Known::Unknown),
        };
        model.entity_mut(id).link(link, made.clone());
        if name != "liveness" {
            checked(model, id, &made);
        }
    }
    let tree = model.add_tree(&document.tree);
    match (item.get("resources.limits.memory"), &doubt) {
        (Some(at), _) => {
            let fact = fact(at, &MEMORY, Some((tree, at.id())));
            model.entity_mut(id).facts.push(fact);
        }
        (None, Some(doubt)) => {
            let span = model.entity(id).span;
            let doubt = Known::Unknown(doubt.clone());
            model.entity_mut(id).set_known(container::MEMORY_LIMIT, doubt, span);
        }
        (None, None) => {}
    }
    let mut scope = Scope {
        doubt,
        ..Scope::default()
    };
    match item.child("lifecycle") {
        None => scope.home = Some((tree, placed.item)),
        Some(lifecycle) => {
            if let Some(hook) = lifecycle.child("preStop") {
                let found = pre_stop(model, document, hook);
                let entity = model.entity_mut(id);
                entity.facts.push(found);
                let action = ["sleep", "exec", "httpGet"]
                    .into_iter()
                    .find(|name| hook.child(name).is_some());
                if let Some(action) = action {
                    entity.set(container::PRE_STOP_ACTION, action.into(), hook.name_span());
                }
            }
        }
    }
    let scope = model.add_scope(scope);
    attach(model, id, scope, &CONTAINER);
}

/// A probe of one container keeps requests from the whole pod.
fn checked(model: &mut Model, container: EntityId, probe: &Known<EntityId>) {
    let Known::Is(owner) = model.linked(container, container::WORKLOAD) else {
        return;
    };
    let known = match probe {
        Known::Is(_) => Known::Is(true),
        Known::Unknown(doubt) if model.get(owner, workload::CHECKED) == Known::Is(false) => {
            Known::Unknown(doubt.clone())
        }
        _ => return,
    };
    let span = model.entity(owner).span;
    model.entity_mut(owner).set_known(workload::CHECKED, known, span);
}

/// How many workers fit into a container's memory, each at its own limit.
pub fn pool(model: &mut Model, container: EntityId, process: EntityId) {
    let limit = model.get(container, container::MEMORY_LIMIT);
    let each = model.get(process, process::WORKER_MEMORY);
    if let (Known::Is(limit), Known::Is(each)) = (limit, each)
        && each.0 > 0
    {
        let span = model.entity(container).span;
        let fits = i64::try_from(limit.0 / each.0).unwrap_or(i64::MAX).max(1);
        model.entity_mut(container).set(container::POOL_FITS, fits, span);
    }
}

fn attach(model: &mut Model, id: EntityId, scope: ScopeId, table: &'static Table) {
    let entity = model.entity_mut(id);
    entity.scope = Some(scope);
    entity.table = Some(table);
}

/// A patch that is not applied and may change something of the pods.
fn around(document: &Document, list: &str, field: &str) -> Option<Doubt> {
    let path = match &*document.kind {
        "Pod" => "spec",
        "CronJob" => "spec.jobTemplate.spec.template.spec",
        _ => "spec.template.spec",
    };
    let name = if field.is_empty() { list } else { field };
    document.doubt(&format!("{path}.{name}")).cloned()
}

/// Template text in a container that is no part of any value: it may add whole entries.
fn hole(document: &Document, item: At<'_>) -> Option<Doubt> {
    let start = item.span().start;
    let source = item.span().source;
    let next = item.parent().and_then(|list| {
        let later = list.children().map(|other| other.span());
        later
            .filter(|span| span.source == source && span.start > start)
            .map(|span| span.start)
            .min()
    });
    let end = next.unwrap_or(document.at().span().end);
    let holes = document.tree.holes().iter();
    let loose = holes.filter(|hole| hole.source == source && hole.start >= start && hole.start <= end);
    let mut loose = loose.filter(|hole| !item.children().any(|child| child.span().overlaps(**hole)));
    loose
        .next()
        .map(|hole| Doubt::at("template text stands in the container", *hole))
}

/// The entries of a map that a table has rows for.
fn scope(model: &mut Model, document: &Document, map: At<'_>, table: &'static Table) -> Scope {
    let tree = model.add_tree(&document.tree);
    let mut scope = Scope {
        home: Some((tree, map.id())),
        ..Scope::default()
    };
    for entry in map.entries() {
        for row in table.named(entry.name()) {
            scope.facts.push(fact(entry, row, Some((tree, entry.id()))));
        }
    }
    scope
}

/// One probe.
fn check(model: &mut Model, document: &Document, placed: &Placed, name: &str, at: At<'_>) -> EntityId {
    let span = at.name_span();
    let own = format!("{} {} {name}", placed.workload, placed.spec.name);
    let mut entity = Entity::new(Kind::Probe, own, span);
    entity.set(probe::NAME, name.into(), span);
    let port_of = |form: At<'_>| form.child("port").map(|port| (scalar(port), port.word_span_at(0)));
    let mut words = "a command".to_owned();
    for (form, label) in [("httpGet", "GET"), ("tcpSocket", "TCP"), ("grpc", "gRPC")] {
        let Some(form) = at.child(form) else { continue };
        let mut path = String::new();
        if label == "GET" {
            let written = form.child("path");
            let value = written.map_or(Known::Is(Arc::from("/")), scalar);
            path = format!("{} on ", value.clone().is().unwrap_or_else(|| "?".into()));
            entity.set_known(probe::PATH, value, written.map_or(span, |at| at.word_span_at(0)));
        }
        let port = port_of(form);
        words = format!(
            "{label} {path}{}",
            port.as_ref()
                .and_then(|(port, _)| port.clone().is())
                .unwrap_or_else(|| "?".into())
        );
        if let Some((port, at)) = port {
            let number = port.clone().then(|text| {
                let named = || {
                    let mut ports = placed.spec.ports.iter();
                    ports
                        .find(|port| port.name.as_deref() == Some(&*text))
                        .map(|port| port.number)
                };
                let number = text.parse::<u16>().ok().or_else(named);
                number.map_or(Known::Absent, |number| Known::Is(i64::from(number)))
            });
            entity.set_known(probe::PORT_NUMBER, number, at);
            entity.set_known(probe::PORT, port, at);
        }
    }
    if let Some(command) = at.get("exec.command") {
        words = command.items().filter_map(At::text).collect::<Vec<_>>().join(" ");
    }
    entity.set(probe::TARGET, words.into(), span);
    let id = model.add(entity);
    let scope = scope(model, document, at, &PROBE);
    let scope = model.add_scope(scope);
    attach(model, id, scope, &PROBE);
    id
}
