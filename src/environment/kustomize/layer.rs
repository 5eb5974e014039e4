//! Building one kustomization on top of what it includes, in the order kustomize does: resources, components,
//! generators, patches, and then everything else.

use std::collections::HashSet;

use crate::model::Doubt;

use super::built::Built;
use super::kustomization::{Kustomization, Kustomizations, Named, doubt_in, listed};
use super::{generate, patch, replacement, transform};
use crate::environment::directory::Objects;

/// How many objects one kustomization may have: includes that fork at every level can stand for far more than is
/// written.
const MOST_DOCUMENTS: usize = 50_000;
/// How many kustomizations one may be made of, counted each time.
const MOST_LAYERS: usize = 10_000;
const DEEPEST: usize = 64;

/// Builds kustomizations; what several include is built once.
pub(super) struct Layers<'k, 'r> {
    kustomizations: &'k Kustomizations<'r>,
    objects: &'k Objects,
    built: Vec<Option<Built>>,
    open: Vec<usize>,
    left: usize,
}

impl<'k, 'r> Layers<'k, 'r> {
    pub fn new(kustomizations: &'k Kustomizations<'r>, objects: &'k Objects) -> Self {
        let built = vec![None; kustomizations.all.len()];
        Self {
            kustomizations,
            objects,
            built,
            open: Vec::new(),
            left: 0,
        }
    }

    /// What is deployed is rarely included too: its result is given away rather than kept.
    pub fn root(&mut self, at: usize) -> Built {
        self.left = MOST_LAYERS;
        match &self.built[at] {
            Some(built) => built.clone(),
            None => self.layer(at, Built::default()),
        }
    }

    fn build(&mut self, at: usize) -> Built {
        if let Some(built) = &self.built[at] {
            return built.clone();
        }
        let built = self.layer(at, Built::default());
        // Inside a circle the result depends on where it was entered.
        if self.open.is_empty() || built.incomplete.is_none() {
            self.built[at] = Some(built.clone());
        }
        built
    }

    /// The kustomization on top of `built`, which is empty for all but components.
    fn layer(&mut self, at: usize, mut built: Built) -> Built {
        let own = &self.kustomizations.all[at];
        if self.open.contains(&at) {
            built.incomplete(Doubt::at(format!("{} includes itself", own.path), own.at.head()));
            return built;
        }
        if self.left == 0 || self.open.len() >= DEEPEST {
            built.incomplete(Doubt::new("it is made of more kustomizations than can be read"));
            return built;
        }
        self.left -= 1;
        self.open.push(at);
        built.files.insert(own.file);
        let mut seen = HashSet::new();
        for entry in listed(own.at, &["resources", "bases", "components"]) {
            match self.kustomizations.resolve(own, entry) {
                Named::Kustomization(other) if !seen.insert((true, other)) => {}
                Named::Kustomization(other) if self.kustomizations.all[other].is_component => {
                    built = self.layer(other, built);
                }
                Named::Kustomization(other) => {
                    let other = match self.open.contains(&other) {
                        true => self.layer(other, Built::default()),
                        false => self.build(other),
                    };
                    built.documents.extend(other.documents);
                    built.files.extend(other.files);
                    built.incomplete = built.incomplete.or(other.incomplete);
                }
                Named::File(file) if seen.insert((false, file)) => {
                    built.files.insert(file);
                    built.documents.extend(
                        self.objects
                            .in_file(self.kustomizations.repository, file)
                            .iter()
                            .cloned(),
                    );
                }
                Named::File(_) => {}
                Named::Unread(doubt) => built.incomplete(doubt),
            }
            if built.documents.len() > MOST_DOCUMENTS {
                built.documents.truncate(MOST_DOCUMENTS);
                built.incomplete(Doubt::new("it is made of more objects than can be read"));
                break;
            }
        }
        self.change(own, &mut built);
        self.open.pop();
        built
    }

    fn change(&self, own: &Kustomization<'_>, built: &mut Built) {
        let repository = self.kustomizations.repository;
        generate::config_maps(repository, own, built);
        for key in ["helmCharts", "helmChartInflationGenerator", "generators"] {
            if let Some(entry) = own.at.child(key).filter(|entry| entry.items().next().is_some()) {
                built.incomplete(Doubt::at(
                    "it includes objects that are generated when it is built",
                    entry.head(),
                ));
            }
        }
        patch::apply(repository, own, built);
        transform::apply(repository, own, built);
        if let Some(entry) = own
            .at
            .child("transformers")
            .filter(|entry| entry.items().next().is_some())
        {
            built.doubt_all(&doubt_in("a transformer", own, entry.head()));
        }
        replacement::apply(self.kustomizations, own, built);
    }
}
