//! What an environment is lowered in: tasks that need nothing of what others lower, so that threads may share them.

use rayon::prelude::*;

use crate::environment::Document;
use crate::estate::Builder;
use crate::expand::Deployed;
use crate::kubernetes::scaler::Scalers;
use crate::product;
use crate::product::proxy::Piece;
use crate::speed;

/// One task.
pub(super) enum Task<'t, 'a> {
    Services(&'t [&'t Document]),
    /// Other objects that make gateways.
    Objects,
    Containers(Vec<Deployed>),
    /// Processes of machines without containers.
    Machines,
    /// A gateway's files that no container mounts.
    Loose(Piece<'a>),
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

impl<'a> Builder<'a> {
    /// All tasks of the environment.
    pub(super) fn tasks<'t>(&self, services: &'t [&'t Document], containers: Vec<Deployed>) -> Vec<Task<'t, 'a>> {
        let mut tasks: Vec<Task<'t, 'a>> = services.chunks(speed::TASK).map(Task::Services).collect();
        tasks.push(Task::Objects);
        tasks.extend(apart(self.estate.compose, containers).into_iter().map(Task::Containers));
        tasks.push(Task::Machines);
        let loose = product::proxies().iter().flat_map(|(_, proxy)| (proxy.loose)(self));
        tasks.extend(loose.map(Task::Loose));
        tasks
    }

    /// Does all tasks, and the Ingresses, which share their controller's settings and so are one piece. A large
    /// environment is lowered in parts, which are joined in the order of the tasks, so that the outcome is the same.
    pub(super) fn lower_all(&mut self, tasks: Vec<Task<'_, 'a>>, scalers: &Scalers<'_>) {
        if !self.environment.is_large() {
            tasks.into_iter().for_each(|task| self.one(task, scalers));
            return self.ingresses();
        }
        let mut ingresses = self.part(self.environment.documents.len());
        rayon::join(|| ingresses.ingresses(), || self.in_parts(tasks, scalers));
        self.join(vec![ingresses]);
    }

    fn in_parts(&mut self, tasks: Vec<Task<'_, 'a>>, scalers: &Scalers<'_>) {
        let empty = self.part(0);
        let lowered = |task| {
            let mut part = empty.part(speed::TASK);
            part.one(task, scalers);
            part
        };
        let mut tasks = tasks.into_iter();
        let mut done: Vec<Builder<'a>> = Vec::new();
        // Those that are done are joined while the next are lowered.
        while tasks.len() > 0 || !done.is_empty() {
            let some: Vec<Task<'_, 'a>> = tasks.by_ref().take(speed::TASKS).collect();
            let parts = some.into_par_iter().with_max_len(1);
            let before = std::mem::take(&mut done);
            ((), done) = rayon::join(|| self.join(before), || parts.map(lowered).collect());
        }
    }

    fn one(&mut self, task: Task<'_, 'a>, scalers: &Scalers<'_>) {
        match task {
            Task::Services(documents) => self.services(documents),
            Task::Objects => self.other_objects(),
            Task::Containers(containers) => self.containers(&containers, scalers),
            Task::Machines => self.machines(),
            Task::Loose(piece) => piece(self),
        }
    }
}
