//! Autoscalers and the workloads they name.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::environment::pods::Placed;
use crate::environment::{Document, Environment};
use crate::model::field::autoscaler;
use crate::model::{Entity, EntityId, Kind, Known, Model, scalar};

/// An autoscaler and the workload it names.
#[derive(Clone, Debug)]
pub struct Scaler {
    /// The entity.
    pub id: EntityId,
    /// Its document, by its place in the environment.
    pub document: usize,
    /// The namespace of both.
    pub namespace: Arc<str>,
    /// The kind of the workload.
    pub kind: Arc<str>,
    /// The workload's name as deployed.
    pub name: Arc<str>,
    /// The least number of replicas.
    pub(super) least: Known<i64>,
}

/// Objects that count the pods of what they name, where its own number is often written as 0: a Rollout starts the pods of
/// its `workloadRef` itself (Argo Rollouts, "Migrating"), and KEDA's add-on for HTTP makes the ScaledObject (`http.keda.sh`).
const COUNTING: [(&str, &str); 2] = [
    ("Rollout", "spec.workloadRef"),
    ("HTTPScaledObject", "spec.scaleTargetRef"),
];

type Key<'s> = (&'s str, &'s str, &'s str);

/// The autoscalers of an environment by the namespace, kind and name of what they scale.
#[derive(Debug, Default)]
pub struct Scalers<'s> {
    by_target: FxHashMap<Key<'s>, &'s Scaler>,
    /// What another object counts the pods of.
    counted: FxHashSet<(Arc<str>, Arc<str>, Arc<str>)>,
}

impl<'s> Scalers<'s> {
    /// Indexes them; of several for one workload the first counts.
    pub fn by_target(scalers: &'s [Scaler], environment: &Environment) -> Self {
        let mut found = FxHashMap::default();
        for scaler in scalers {
            let key = (&*scaler.namespace, &*scaler.kind, &*scaler.name);
            found.entry(key).or_insert(scaler);
        }
        Self {
            by_target: found,
            counted: environment.documents.iter().filter_map(counted).collect(),
        }
    }

    /// Whether another object than an autoscaler says how many pods the workload of a container has.
    pub(super) fn counted_elsewhere(&self, placed: &Placed) -> bool {
        let key = || (placed.namespace.clone(), placed.kind.clone(), placed.workload.clone());
        !self.counted.is_empty() && self.counted.contains(&key())
    }

    /// What scales the workload of a container.
    pub(super) fn for_workload_of(&self, placed: &Placed) -> Option<&'s Scaler> {
        let key = (&*placed.namespace, &*placed.kind, &*placed.workload);
        self.by_target.get(&key).copied()
    }
}

/// The namespace, kind and name of the workload whose pods an object counts.
fn counted(document: &Document) -> Option<(Arc<str>, Arc<str>, Arc<str>)> {
    let (_, path) = COUNTING.iter().find(|(kind, _)| *kind == &*document.kind)?;
    let target = document.at().get(path)?;
    Some((
        document.namespace.clone(),
        target.scalar("kind").unwrap_or("Deployment").into(),
        document.reference(target.scalar("name")?).into(),
    ))
}

/// The autoscalers of an environment.
pub fn scalers(model: &mut Model, environment: &Environment) -> Vec<Scaler> {
    let mut found = Vec::new();
    for (place, document) in environment.documents.iter().enumerate() {
        let (least, most, default) = match &*document.kind {
            "HorizontalPodAutoscaler" => ("spec.minReplicas", "spec.maxReplicas", 1),
            "ScaledObject" => ("spec.minReplicaCount", "spec.maxReplicaCount", 0),
            _ => continue,
        };
        let at = document.at();
        let Some(target) = at.get("spec.scaleTargetRef") else {
            continue;
        };
        let number = |path: &str| match document.doubt(path) {
            Some(doubt) => Known::Unknown(doubt.clone()),
            None => at.get(path).map_or(Known::Absent, |at| {
                scalar(at).then(|text| text.parse::<i64>().map_or(Known::Absent, Known::Is))
            }),
        };
        let least_known = match number(least) {
            Known::Absent => Known::Is(default),
            known => known,
        };
        let span = at
            .get("metadata.name")
            .map_or_else(|| at.head(), |name| name.word_span_at(0));
        let mut entity = Entity::new(
            Kind::Autoscaler,
            format!("{} {}", document.namespace, document.name),
            span,
        );
        entity.set(autoscaler::NAME, document.name.clone(), span);
        entity.set(autoscaler::KIND, document.kind.clone(), span);
        let least_at = at.get(least).map_or(span, |at| at.word_span_at(0));
        entity.set_known(autoscaler::LEAST, least_known.clone(), least_at);
        let most_at = at.get(most).map_or(span, |at| at.word_span_at(0));
        entity.set_known(autoscaler::MOST, number(most), most_at);
        let name = target.scalar("name").unwrap_or_default();
        found.push(Scaler {
            id: model.add(entity),
            document: place,
            namespace: document.namespace.clone(),
            kind: target.scalar("kind").unwrap_or("Deployment").into(),
            name: document.reference(name).into(),
            least: least_known,
        });
    }
    found
}
