//! An environment while it is lowered: what the rooms read, and the estate they write into.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::environment::claim::Claimants;
use crate::environment::{Document, Environment, Platform, Repository, Role, objects};
use crate::estate::Estate;
use crate::estate::facts::Facts;
use crate::expand::ExpandCache;
use crate::model::{EntityId, Known, ProductId, Version};
use crate::repo::{Source, SourceId, Sources};
use crate::speed;
use crate::syntax::{Language, Tree};

/// What lowering needs beside the environment.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// All texts.
    pub sources: &'a Sources,
    /// All files.
    pub repository: &'a Repository,
    /// Derived texts and trees.
    pub cache: &'a ExpandCache,
    /// Versions the configuration states, by product.
    pub versions: &'a HashMap<String, Version>,
    /// Files that a container of some environment sees: those do not run anywhere else.
    pub mounted: &'a FxHashSet<SourceId>,
    /// What the configuration says lives elsewhere.
    pub facts: &'a Facts,
    /// Who says what a file is.
    pub claimants: &'a Claimants,
    /// The settings of what serves Ingresses.
    pub settings: &'a Settings,
}

/// What is looked for once in the whole repository: objects that hold settings of what serves Ingresses, and the names that
/// compose files define.
pub struct Settings {
    /// Whether an object holds such.
    pub holds: fn(&Document) -> bool,
    found: OnceLock<Vec<Document>>,
    pub(crate) composed: OnceLock<FxHashSet<Box<str>>>,
}

impl Settings {
    /// None looked for yet.
    pub fn by(holds: fn(&Document) -> bool) -> Settings {
        Settings {
            holds,
            found: OnceLock::new(),
            composed: OnceLock::new(),
        }
    }
}

impl<'a> Context<'a> {
    /// The objects anywhere in the repository that hold settings of what serves Ingresses, as they are written.
    pub fn settings(&self) -> &'a [Document] {
        self.settings.found.get_or_init(|| {
            let files = self.repository.files().par_iter().with_min_len(speed::DOCUMENTS);
            files.flat_map_iter(objects).filter(self.settings.holds).collect()
        })
    }

    /// The tree of a text, parsed once.
    pub fn tree(&self, source: &Source, language: Language) -> Arc<Tree> {
        self.cache.tree_of(self.repository, source, language)
    }

    /// The files in a role, of some of the repository, that no container sees: of a machine, or of an image built
    /// elsewhere.
    pub fn loose(&self, files: &[usize], role: Role) -> Vec<usize> {
        let of = |at: &usize| &self.repository.files()[*at];
        let is_loose = |at: &usize| of(at).role == role && !self.mounted.contains(&of(at).source.id);
        files.iter().copied().filter(is_loose).collect()
    }

    /// The version that the configuration states of a product.
    pub fn stated(&self, product: ProductId) -> Option<&Version> {
        self.versions.get(product.stated_as?)
    }
}

/// An environment that is being lowered.
pub struct Builder<'a> {
    /// What is needed beside the environment.
    pub context: Context<'a>,
    /// The environment.
    pub environment: &'a Environment,
    /// What it has become so far.
    pub estate: Estate,
    /// Workloads, each with its autoscaler.
    pub scaled: Vec<(EntityId, EntityId)>,
}

impl<'a> Builder<'a> {
    /// Begins to lower an environment. `mounted` are the files that some container of it sees.
    pub fn new(context: Context<'a>, environment: &'a Environment, mounted: FxHashSet<SourceId>) -> Self {
        Builder {
            context,
            environment,
            estate: Estate {
                compose: environment.platform == Platform::Compose,
                together: environment.platform != Platform::Directory || &*environment.name != ".",
                incomplete: environment.incomplete.clone(),
                kustomized: environment.platform == Platform::Kustomize,
                mounted,
                ..Estate::default()
            },
            scaled: Vec::new(),
        }
    }

    /// Begins a part of about so many documents, apart from everything else.
    pub fn part(&self, documents: usize) -> Self {
        let mut part = Builder {
            context: self.context,
            environment: self.environment,
            estate: self.estate.part(),
            scaled: Vec::new(),
        };
        part.estate.model.expect(documents);
        part
    }

    /// Puts parts behind what is here.
    pub fn join(&mut self, parts: Vec<Self>) {
        let (estates, scaled): (Vec<_>, Vec<_>) = parts.into_iter().map(|part| (part.estate, part.scaled)).unzip();
        for (moved, scaled) in self.estate.join(estates).into_iter().zip(scaled) {
            let here = |(workload, scaler): (EntityId, EntityId)| (moved.id(workload), scaler);
            self.scaled.extend(scaled.into_iter().map(here));
        }
    }

    /// The version of a process, or what the configuration of this run states of its product.
    pub fn version_of(&self, process: &Known<EntityId>, product: ProductId) -> Option<Version> {
        let own = match process {
            Known::Is(id) => self.estate.model.entity(*id).version.clone(),
            _ => None,
        };
        own.or_else(|| self.context.stated(product).cloned())
    }
}
