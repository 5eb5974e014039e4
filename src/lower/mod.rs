//! One environment lowered: every document, container, process and gateway, ready to be linked.

mod containers;
mod facts;
mod faults;
mod ingresses;
mod loose;
mod machine;
mod mounts;
mod names;
mod spoken_of;
mod tasks;
mod units;

use crate::environment::{ByKind, ContainerSpec, Document, Environment, Platform};
use crate::estate::{Builder, Context, Estate};
use crate::expand::{Deployed, Expanded, SeenFile};
use crate::kubernetes::scaler::{self, Scaler, Scalers};
use crate::kubernetes::{policy, service};
use crate::model::Known;
use crate::model::field::workload;
use crate::product;
use crate::scaling;

/// Whether a container may read a file it sees. A build or a test may mount the whole repository: that runs nothing of it.
pub fn reads(spec: &ContainerSpec, seen: &SeenFile) -> bool {
    let mut others = product::proxies().iter().filter_map(|(_, proxy)| proxy.is_anothers);
    !others.any(|is_anothers| is_anothers(spec, seen))
}

/// The kind of object that names lead to.
const SERVICE: &str = "Service";

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
        lower.faults();
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
        let services = services.of_kind(SERVICE);
        let tasks = self.tasks(services, containers);
        self.lower_all(tasks, &Scalers::by_target(&scalers, environment));
        for (workload, scaler) in std::mem::take(&mut self.scaled) {
            let workload = self.estate.model.entity_mut(workload);
            workload.link(workload::AUTOSCALER, Known::Is(scaler));
        }
        scalers
    }

    /// What needs to know everything that is deployed.
    fn rest(&mut self, scalers: &[Scaler]) {
        let (context, environment) = (self.context, self.environment);
        self.names_elsewhere();
        self.spoken_of();
        self.policies();
        self.unloaded();
        crate::kubernetes::disruption::lower(&mut self.estate, &environment.documents);
        self.estate.targets = scaling::targets(&mut self.estate.model, environment, scalers);
        facts::load_balancers(&mut self.estate, context.facts);
        facts::cdns(&mut self.estate, context.facts, &environment.documents);
    }

    fn services(&mut self, documents: &[&Document]) {
        for document in documents {
            let service = service::service(&mut self.estate.model, document);
            self.estate.services.push(service);
            for object in product::objects().filter(|object| object.kind == SERVICE) {
                let gateway = (object.gateway)(&mut self.estate.model, document);
                self.estate.gateways.extend(gateway);
            }
        }
    }

    /// The gateways that other objects than Services make by themselves.
    fn other_objects(&mut self) {
        let environment = self.environment;
        for object in product::objects().filter(|object| object.kind != SERVICE) {
            for document in environment
                .documents
                .iter()
                .filter(|document| &*document.kind == object.kind)
            {
                let gateway = (object.gateway)(&mut self.estate.model, document);
                self.estate.gateways.extend(gateway);
            }
        }
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
        let stated = self.context.facts.gateway_namespace.clone();
        let found = || product::controllers().find_map(|(_, controller)| (controller.namespace)(self));
        self.estate.controller_namespace = stated.or_else(found);
    }
}
