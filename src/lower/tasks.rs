//! What an environment is lowered in: tasks that need nothing of what others lower, so that threads may share them.

use rayon::prelude::*;

use crate::environment::Document;
use crate::expand::Deployed;
use crate::kubernetes::scaler::Scalers;
use crate::lower::Lower;
use crate::model::EntityId;
use crate::product::nginx::place::LooseConfig;
use crate::speed;

/// One task.
pub(super) enum Task<'t> {
    Services(&'t [&'t Document]),
    /// What binds Services to load balancers.
    Bindings,
    Containers(Vec<Deployed>),
    /// Processes of machines without containers.
    Machines,
    /// nginx files that no container mounts.
    Nginx(&'t [LooseConfig]),
    /// Envoy's files that no container mounts.
    Envoy,
    /// HAProxy's files that no container mounts.
    Haproxy,
}

/// All tasks of an environment.
pub(super) fn tasks<'t>(
    compose: bool,
    services: &'t [&'t Document],
    containers: Vec<Deployed>,
    nginx: &'t [LooseConfig],
) -> Vec<Task<'t>> {
    let mut tasks: Vec<Task<'t>> = services.chunks(speed::TASK).map(Task::Services).collect();
    tasks.push(Task::Bindings);
    tasks.extend(apart(compose, containers).into_iter().map(Task::Containers));
    tasks.push(Task::Machines);
    tasks.extend(nginx.chunks(speed::TASK).map(Task::Nginx));
    tasks.extend([Task::Envoy, Task::Haproxy]);
    tasks
}

/// Containers that may be lowered apart: those of a document stay together, and so does a compose project, whose
/// services may use each other's network.
fn apart(compose: bool, containers: Vec<Deployed>) -> Vec<Vec<Deployed>> {
    if compose {
        return vec![containers];
    }
    let mut parts: Vec<Vec<Deployed>> = Vec::new();
    for container in containers {
        let document = container.0.document;
        let is_open = |part: &Vec<Deployed>| {
            part.len() < speed::TASK || part.last().map(|last| last.0.document) == Some(document)
        };
        match parts.last_mut().filter(|part| is_open(part)) {
            Some(part) => part.push(container),
            None => parts.push(vec![container]),
        }
    }
    parts
}

impl Lower<'_> {
    /// Does all tasks, and the Ingresses, which share their controller's settings and so are one piece. A large
    /// environment is lowered in parts, which are joined in the order of the tasks, so that the outcome is the same.
    pub(super) fn all(&mut self, tasks: Vec<Task<'_>>, scalers: &Scalers<'_>) {
        if !self.environment.is_large() {
            tasks.into_iter().for_each(|task| self.one(task, scalers));
            return self.ingresses();
        }
        let mut ingresses = self.part(self.environment.documents.len());
        rayon::join(|| ingresses.ingresses(), || self.in_parts(tasks, scalers));
        self.join(vec![ingresses]);
    }

    fn in_parts(&mut self, tasks: Vec<Task<'_>>, scalers: &Scalers<'_>) {
        let empty = self.part(0);
        let lowered = |task| {
            let mut part = empty.part(speed::TASK);
            part.one(task, scalers);
            part
        };
        let mut tasks = tasks.into_iter();
        let mut done: Vec<Lower<'_>> = Vec::new();
        // Those that are done are joined while the next are lowered.
        while tasks.len() > 0 || !done.is_empty() {
            let some: Vec<Task<'_>> = tasks.by_ref().take(speed::TASKS).collect();
            let parts = some.into_par_iter().with_max_len(1);
            let before = std::mem::take(&mut done);
            ((), done) = rayon::join(|| self.join(before), || parts.map(lowered).collect());
        }
    }

    fn join(&mut self, parts: Vec<Self>) {
        let (estates, scaled): (Vec<_>, Vec<_>) = parts.into_iter().map(|part| (part.estate, part.scaled)).unzip();
        for (moved, scaled) in self.estate.join(estates).into_iter().zip(scaled) {
            let here = |(workload, scaler): (EntityId, EntityId)| (moved.id(workload), scaler);
            self.scaled.extend(scaled.into_iter().map(here));
        }
    }

    /// Begins a part of about so many documents, apart from everything else.
    fn part(&self, documents: usize) -> Self {
        let mut part = Lower {
            context: self.context,
            environment: self.environment,
            estate: self.estate.part(),
            scaled: Vec::new(),
        };
        part.estate.model.expect(documents);
        part
    }

    fn one(&mut self, task: Task<'_>, scalers: &Scalers<'_>) {
        match task {
            Task::Services(documents) => self.services(documents),
            Task::Bindings => self.bindings(),
            Task::Containers(containers) => self.containers(&containers, scalers),
            Task::Machines => self.machines(),
            Task::Nginx(configurations) => self.nginx_files(configurations),
            Task::Envoy => self.loose_envoy(),
            Task::Haproxy => self.loose_haproxy(),
        }
    }
}
