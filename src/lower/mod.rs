//! One environment lowered: every document, container, process and gateway, ready to be linked.

mod containers;
pub mod facts;
mod machine;
mod tasks;

use std::sync::Arc;

use crate::environment::{ByKind, ContainerSpec, Document, Environment, Platform};
use crate::estate::{Builder, Estate};
use crate::expand::{Deployed, Expanded, SeenFile};
use crate::kubernetes::scaler::{self, Scaler, Scalers};
use crate::kubernetes::{policy, service};
use crate::model::Known;
use crate::model::field::workload;
use crate::product::ingress_nginx::{self, annotations, chart};
use crate::product::{self, load_balancer};
use crate::scaling;

pub use crate::estate::Context;

/// Whether a container may read a file it sees. A build or a test may mount the whole repository: that runs nothing of it.
pub fn reads(spec: &ContainerSpec, seen: &SeenFile) -> bool {
    let mut others = product::proxies().iter().filter_map(|(_, proxy)| proxy.is_anothers);
    !others.any(|is_anothers| is_anothers(spec, seen))
}

/// An environment that is being lowered. Of a large one the most is done when it begins, by all cores; what is left, and
/// a small one, is done by the core that finishes it.
pub struct Lowering<'a> {
    lower: Builder<'a>,
    state: State,
}

enum State {
    /// Nothing is lowered yet.
    Waits(Vec<Deployed>),
    /// What remains needs everything that was lowered before.
    Begun(Vec<Scaler>),
}

/// Lowers an environment, as far as it is worth it now.
pub fn lower<'a>(context: Context<'a>, environment: &'a Environment, expanded: Expanded) -> Lowering<'a> {
    let Expanded { containers, mounted } = expanded;
    let mut lower = Builder::new(context, environment, mounted);
    let state = match environment.is_large() {
        true => State::Begun(lower.documents(containers)),
        false => State::Waits(containers),
    };
    Lowering { lower, state }
}

impl<'a> Lowering<'a> {
    /// What is lowered.
    pub fn environment(&self) -> &'a Environment {
        self.lower.environment
    }

    /// Whether the most is done: it is a large one.
    pub fn is_begun(&self) -> bool {
        matches!(self.state, State::Begun(_))
    }

    /// Lowers what is left.
    pub fn finish(self) -> Estate {
        let Lowering { mut lower, state } = self;
        let environment = lower.environment;
        let model = &mut lower.estate.model;
        match (environment.platform, state) {
            (Platform::Terraform, _) => lower.estate.targets = scaling::terraform::targets(model, environment),
            (Platform::CloudFormation, _) => {
                lower.estate.targets = scaling::cloudformation::targets(model, environment)
            }
            (_, State::Waits(containers)) => {
                let scalers = lower.documents(containers);
                lower.rest(&scalers);
            }
            (_, State::Begun(scalers)) => lower.rest(&scalers),
        }
        lower.estate
    }
}

impl Builder<'_> {
    /// What documents and loose files deploy, each by itself. Gives what scales workloads.
    fn documents(&mut self, containers: Vec<Deployed>) -> Vec<Scaler> {
        let environment = self.environment;
        self.estate.model.expect(environment.documents.len());
        let scalers = scaler::scalers(&mut self.estate.model, environment);
        let services = ByKind::new(&environment.documents);
        let services = services.of_kind("Service");
        let tasks = self.tasks(services, containers);
        self.lower_all(tasks, &Scalers::by_target(&scalers));
        for (workload, scaler) in std::mem::take(&mut self.scaled) {
            let workload = self.estate.model.entity_mut(workload);
            workload.link(workload::AUTOSCALER, Known::Is(scaler));
        }
        scalers
    }

    /// What needs to know everything that is deployed.
    fn rest(&mut self, scalers: &[Scaler]) {
        let (context, environment) = (self.context, self.environment);
        self.policies();
        crate::kubernetes::disruption::lower(&mut self.estate, &environment.documents);
        self.estate.targets = scaling::targets(&mut self.estate.model, environment, scalers);
        facts::load_balancers(&mut self.estate, context.facts);
        facts::cdns(&mut self.estate, context.facts, &environment.documents);
    }

    fn services(&mut self, documents: &[&Document]) {
        for document in documents {
            let service = service::service(&mut self.estate.model, document);
            self.estate.services.push(service);
            let balancer = load_balancer::of_service(&mut self.estate.model, document);
            self.estate.gateways.extend(balancer);
        }
    }

    fn bindings(&mut self) {
        let documents = self.environment.documents.iter();
        let bindings = documents.filter(|document| &*document.kind == "TargetGroupBinding");
        let bindings = bindings.filter_map(|document| load_balancer::of_binding(&mut self.estate.model, document));
        self.estate.gateways.extend(bindings);
    }

    /// Network policies, namespaces, and where the ingress controller runs.
    fn policies(&mut self) {
        for document in &self.environment.documents {
            match &*document.kind {
                "NetworkPolicy" => {
                    let policy = policy::lower(&mut self.estate.model, document);
                    self.estate.policies.extend(policy);
                }
                "Namespace" => self.estate.namespaces.push(policy::namespace(document)),
                _ => {}
            }
            self.estate.other_policies.extend(policy::other(document));
        }
        let is = |labels: &[(Arc<str>, Arc<str>)]| {
            labels
                .iter()
                .any(|(key, value)| &**key == "app.kubernetes.io/name" && &**value == "ingress-nginx")
        };
        let pods = self.estate.containers.iter().filter(|pod| is(&pod.labels));
        let maps = self.environment.documents.iter();
        let maps = maps.filter(|document| ingress_nginx::is_controller(document));
        let mut here = pods.map(|pod| &pod.namespace).chain(maps.map(|map| &map.namespace));
        let released = chart::namespace(self.environment);
        let here = here.find(|namespace| !namespace.is_empty()).cloned().or(released);
        self.estate.controller_namespace = self.context.facts.gateway_namespace.clone().or(here);
    }

    fn ingresses(&mut self) {
        let documents = &self.environment.documents;
        if !documents.iter().any(|document| &*document.kind == "Ingress") {
            return;
        }
        let settings = documents.iter().find(|document| ingress_nginx::is_controller(document));
        let settings = match settings {
            Some(document) => Some(ingress_nginx::controller(&mut self.estate.model, document)),
            None => chart::controller(&mut self.estate.model, self.environment, self.context.repository),
        };
        let by_kind = ByKind::new(documents);
        for document in by_kind.of_kind("Ingress") {
            let gateway = ingress_nginx::lower(&mut self.estate.model, document, &by_kind, settings);
            annotations::settings(&mut self.estate.model, document, &by_kind);
            self.estate.gateways.push(gateway);
        }
    }
}
