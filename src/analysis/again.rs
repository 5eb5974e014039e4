//! Judging environments again with other texts, to prove fixes.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{Analysis, Judged, context, link, place};
use crate::dialect::estate::{Lowering, Placement};
use crate::environment::{Environment, File, Repository, group, read};
use crate::finding::Finding;
use crate::fix::prove::{Answer, Outcome, Question, World};
use crate::model::{EntityId, Model};
use crate::repo::claim::Charts;
use crate::repo::{Source, SourceId, Sources};
use crate::rule;

impl World for Analysis<'_> {
    fn sources(&self) -> &Sources {
        self.ground.sources
    }

    fn model(&self, environment: usize) -> &Model {
        &self.judged[environment].estate.model
    }

    fn size(&self, environment: usize) -> usize {
        let environment = &self.environments[environment];
        environment.documents.len() + environment.loose.len()
    }

    fn users(&self, files: &BTreeSet<SourceId>) -> Vec<usize> {
        let users = self.users.get_or_init(|| {
            let mut users: FxHashMap<SourceId, Vec<usize>> = FxHashMap::default();
            for (at, judged) in self.judged.iter().enumerate() {
                for file in &judged.files {
                    users.entry(*file).or_default().push(at);
                }
            }
            users
        });
        let all = files.iter().filter_map(|file| users.get(file)).flatten();
        all.copied().collect::<BTreeSet<usize>>().into_iter().collect()
    }

    fn rule(&self, at: usize) -> &str {
        &self.ground.rules.rule(at).id
    }

    fn decided(&self, environment: usize, rule: usize, root: EntityId) -> bool {
        rule::decided(self.model(environment), self.ground.rules, rule, root)
    }

    fn before(&self, environment: usize) -> &Outcome {
        self.judged[environment].outcome(self.ground.sources, self.ground.rules)
    }

    fn after(
        &self,
        environments: &[usize],
        files: &[(SourceId, String)],
        question: &Question<'_>,
    ) -> Option<Vec<Answer>> {
        let repository = self.changed(files);
        // What is deployed together is said by YAML alone.
        let regroup = files.iter().any(|(file, _)| {
            let file = self.repository.of_source(*file);
            file.is_none_or(|file| !file.role.is_loose())
        });
        if !regroup {
            let again: Vec<_> = environments.iter().map(|at| (*at, &self.environments[*at])).collect();
            return Some(self.ask(&repository, &again, question));
        }
        let all = group(&repository);
        let mut by_name: FxHashMap<&str, &Environment> = FxHashMap::default();
        for environment in all.iter().rev() {
            by_name.insert(&environment.name, environment);
        }
        let again: Option<Vec<_>> = environments
            .iter()
            .map(|at| Some((*at, *by_name.get(&*self.environments[*at].name)?)))
            .collect();
        Some(self.ask(&repository, &again?, question))
    }
}

impl Analysis<'_> {
    /// Lowers, links and checks environments again, each beside its place in the list, and asks each.
    fn ask(
        &self,
        repository: &Repository,
        environments: &[(usize, &Environment)],
        question: &Question<'_>,
    ) -> Vec<Answer> {
        let placements: Vec<Placement> = environments
            .par_iter()
            .map(|(_, environment)| place(self.ground, repository, environment))
            .collect();
        let mut mounted = self.mounted.clone();
        mounted.extend(
            placements
                .iter()
                .flat_map(|placement| placement.mounted.iter().copied()),
        );
        let context = context(self.ground, repository, &mounted);
        let answers = environments.par_iter().zip(placements);
        let answers = answers.map(|((at, environment), placement)| {
            let mut estate = Lowering::begin(context, environment, placement).finish();
            link(self.ground, environment, &mut estate);
            // What only linking needs is not held any longer.
            let model = std::mem::take(&mut estate.model);
            drop(estate);
            let checked = rule::verdicts(&model, self.ground.rules);
            let verdicts = checked.hits.into_iter();
            let after = Outcome::of(self.ground.sources, &model, verdicts, &checked.undecided);
            question(*at, &model, &after)
        });
        answers.collect()
    }
}

impl Analysis<'_> {
    /// The repository with new texts for some files.
    pub fn changed(&self, files: &[(SourceId, String)]) -> Repository {
        let old = files.iter();
        let old = old.filter_map(|(id, text)| Some((self.repository.of_source(*id)?.clone(), text)));
        let changed: Vec<(File, Arc<Source>)> = old
            .map(|(old, text)| {
                let source = self.ground.sources.add_file(&old.path, text.clone().into_bytes());
                (old, source)
            })
            .collect();
        // A few are done before a second thread has woken up.
        let changed = changed.into_par_iter().with_min_len(16).map(|(old, source)| {
            let tree = read::tree(&source, old.role)
                .filter(|_| old.tree.is_some())
                .map(Arc::new);
            let claimed = |_| read::role_of(&Charts::default(), &old.path, &source.text).1;
            let context = old.context.and_then(claimed);
            File {
                source,
                context,
                tree,
                ..old
            }
        });
        self.repository.with(changed.collect())
    }

    /// Lets go of what linking and settling alone need, once all hits are settled: proofs read environments again, and
    /// that takes its room.
    pub fn release(&mut self) {
        self.judged.par_iter_mut().for_each(Judged::release);
    }

    /// Offers the findings that are wanted their proved fixes.
    pub fn prove(&self, findings: &mut [Finding], wanted: &dyn Fn(&Finding) -> bool) {
        crate::fix::prove::prove(self, findings, wanted, self.repository.files().len());
    }
}
