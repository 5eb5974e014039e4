//! Judging environments again with other texts, to prove fixes.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::part::names;
use super::{Prover, context, expand};
use crate::assess::assess;
use crate::environment::claim::Charts;
use crate::environment::{Environment, File, Repository, group};
use crate::estate::{Context, Estate, Settings};
use crate::expand::Expanded;
use crate::fix::outcome::{Outcome, stands_in};
use crate::fix::part::{Part, Reading, portrait};
use crate::fix::world::{Again, Answer, Question, World};
use crate::link::link;
use crate::lower::lower;
use crate::model::{EntityId, Model};
use crate::product;
use crate::repo::{Source, SourceId, Sources};
use crate::rule::{self, Violation};
use crate::speed;
use crate::syntax::parse;

impl World for Prover<'_> {
    fn sources(&self) -> &Sources {
        self.ground.sources
    }

    fn model(&self, environment: usize) -> &Model {
        &self.kept[environment].model
    }

    fn readings(&self, files: &BTreeSet<SourceId>) -> Vec<Reading> {
        let users = self.users(files).into_iter();
        users.map(|environment| self.reading(environment, files)).collect()
    }

    fn whole(&self, environment: usize) -> Reading {
        self.whole_of(environment)
    }

    fn users(&self, files: &BTreeSet<SourceId>) -> Vec<usize> {
        let users = self.users.get_or_init(|| {
            let mut users: FxHashMap<SourceId, Vec<usize>> = FxHashMap::default();
            for (at, kept) in self.kept.iter().enumerate() {
                for file in &kept.files {
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

    fn after(
        &self,
        readings: &[Reading],
        files: &[(SourceId, Vec<u8>)],
        question: &Question<'_>,
    ) -> Option<Vec<Option<Answer>>> {
        let repository = self.changed(files);
        let own = readings.iter().map(|reading| match &reading.part {
            None => Now::Whole(&self.environments[reading.environment]),
            Some(part) => {
                let renewed = self.renewed(&part.environment, &repository);
                renewed.map_or(Now::Unfair, |renewed| Now::Part(part, renewed))
            }
        });
        let own: Vec<Now<'_>> = own.collect();
        let regroups = files.iter().any(|(file, _)| self.regroups(*file, readings));
        if !regroups && !own.iter().any(|now| matches!(now, Now::Unfair)) {
            return Some(self.ask(&repository, readings, own, question));
        }
        let all = group(&repository);
        let mut by_name: FxHashMap<&str, &Environment> = FxHashMap::default();
        for environment in all.iter().rev() {
            by_name.insert(&environment.name, environment);
        }
        let own = readings.iter().zip(own).map(|(reading, now)| {
            let old = &self.environments[reading.environment];
            let new = *by_name.get(&*old.name)?;
            let same = || new.files == old.files && new.documents.len() == old.documents.len();
            Some(match now {
                Now::Whole(_) => Now::Whole(new),
                // What it is a part of must be what it was.
                Now::Part(part, renewed) if same() => Now::Part(part, renewed),
                _ => Now::Unfair,
            })
        });
        let own: Option<Vec<Now<'_>>> = own.collect();
        Some(self.ask(&repository, readings, own?, question))
    }
}

/// An environment that is read again, as it is now.
enum Now<'e> {
    Whole(&'e Environment),
    Part(&'e Part, Environment),
    /// A part that cannot stand for its environment.
    Unfair,
}

impl Now<'_> {
    fn environment(&self) -> Option<&Environment> {
        match self {
            Now::Whole(environment) => Some(environment),
            Now::Part(_, environment) => Some(environment),
            Now::Unfair => None,
        }
    }
}

impl Prover<'_> {
    /// Whether a change of a file may change what is deployed together. That is said by YAML alone; and what is read in
    /// part has the same documents as before, none of which says so.
    fn regroups(&self, file: SourceId, readings: &[Reading]) -> bool {
        if self.repository.of_source(file).is_some_and(|file| file.role.is_loose()) {
            return false;
        }
        let mut users = readings
            .iter()
            .filter(|reading| self.kept[reading.environment].files.contains(&file))
            .peekable();
        users.peek().is_none() || users.any(|reading| reading.part.is_none())
    }

    /// Lowers, links and checks environments again, and asks each.
    fn ask(
        &self,
        repository: &Repository,
        readings: &[Reading],
        own: Vec<Now<'_>>,
        question: &Question<'_>,
    ) -> Vec<Option<Answer>> {
        let all_expanded = own
            .par_iter()
            .with_max_len(speed::ENVIRONMENTS)
            .map(|now| Some(expand(self.ground, repository, now.environment()?)));
        let all_expanded: Vec<Option<Expanded>> = all_expanded.collect();
        let mut mounted = self.mounted.clone();
        let seen = all_expanded.iter().flatten();
        mounted.extend(seen.flat_map(|expanded| expanded.mounted.iter().copied()));
        let settings = Settings::by(product::is_settings);
        let context = context(self.ground, repository, &mounted, &settings);
        let before = |environment: usize| self.kept[environment].outcome(self.ground.sources, self.ground.rules);
        // Taking this down takes room of its own, which reading a large environment should not meet.
        let whole = readings.iter().filter(|reading| reading.part.is_none());
        let large = whole.filter(|reading| self.environments[reading.environment].is_large());
        for reading in large {
            before(reading.environment);
        }
        let answers = readings
            .par_iter()
            .zip(own)
            .zip(all_expanded)
            .with_max_len(speed::ENVIRONMENTS);
        let answers = answers.map(|((reading, now), expanded)| match (now, expanded) {
            (Now::Whole(environment), Some(expanded)) => {
                let mut estate = self.assessed(context, environment, expanded);
                // What only linking needs is not held any longer.
                let model = std::mem::take(&mut estate.model);
                drop(estate);
                Some(question(Again {
                    environment: reading.environment,
                    before: before(reading.environment),
                    after: &self.outcome(&model),
                    model: &model,
                }))
            }
            (Now::Part(part, environment), Some(expanded)) => {
                let (before, found_by) = self.stand_in(reading.environment, part)?;
                let estate = self.assessed(context, &environment, expanded);
                if names(&estate) != found_by {
                    return None;
                }
                let model = &estate.model;
                Some(question(Again {
                    environment: reading.environment,
                    before: &before,
                    after: &self.outcome(model).within(self.ground.sources, model, &part.files),
                    model,
                }))
            }
            _ => None,
        });
        answers.collect()
    }

    /// What a part says of its files without any change, and by what things in it are found; `None` where the whole
    /// environment knows or says anything else of them.
    fn stand_in(&self, environment: usize, part: &Part) -> Option<(Outcome, Vec<u64>)> {
        let sources = self.ground.sources;
        let whole = &self.kept[environment];
        let settings = Settings::by(product::is_settings);
        let context = context(self.ground, &self.repository, &self.mounted, &settings);
        let expanded = expand(self.ground, &self.repository, &part.environment);
        let estate = self.assessed(context, &part.environment, expanded);
        let model = &estate.model;
        let of_whole = &whole.model;
        if portrait(sources, model, &part.files) != portrait(sources, of_whole, &part.files) {
            return None;
        }
        let said = self.outcome(model).within(sources, model, &part.files);
        let mut is_in = stands_in(sources, of_whole, &part.files);
        let violations = whole.violations.iter();
        let violations: Vec<&Violation> = violations.filter(|violation| is_in(violation.root)).collect();
        let verdicts = violations.into_iter();
        let verdicts = verdicts.map(|violation| rule::verdict_of(of_whole, self.ground.rules, violation));
        let undecided = whole.undecided.iter().copied();
        let undecided: Vec<(usize, EntityId)> = undecided.filter(|(_, root)| is_in(*root)).collect();
        said.agrees(&Outcome::said(sources, of_whole, verdicts, &undecided))
            .then(|| (said, names(&estate)))
    }

    /// Lowers, links and assesses an environment, as [`super::analyse`] does.
    fn assessed(&self, context: Context<'_>, environment: &Environment, expanded: Expanded) -> Estate {
        let ground = self.ground;
        let mut estate = lower(context, environment, expanded).finish();
        let hops = link(&mut estate);
        assess(ground.sources, &mut estate, &hops, environment, &ground.traffic);
        estate
    }

    fn outcome(&self, model: &Model) -> Outcome {
        let judgement = rule::verdicts(model, self.ground.rules);
        Outcome::new(
            self.ground.sources,
            model,
            judgement.violations.into_iter(),
            &judgement.undecided,
        )
    }
}

impl Prover<'_> {
    /// The repository with new texts for some files.
    pub fn changed(&self, files: &[(SourceId, Vec<u8>)]) -> Repository {
        let old = files.iter();
        let old = old.filter_map(|(id, text)| Some((self.repository.of_source(*id)?.clone(), text)));
        let changed: Vec<(File, Arc<Source>)> = old
            .map(|(old, text)| {
                let source = self.ground.sources.add_file(&old.path, text.clone());
                (old, source)
            })
            .collect();
        let changed = changed.into_par_iter().with_min_len(speed::TEXTS);
        let changed = changed.map(|(old, source)| {
            let parsed = || parse(&source, old.language).map(Arc::new);
            let tree = old.tree.as_ref().and_then(|_| parsed());
            let claim = product::claimants().by_content(&Charts::default(), &old.path, &source.text);
            // What else it is for could change too, but fixes do not go that far.
            let fragment = match claim.role == old.role {
                true => claim.fragment,
                false => old.fragment,
            };
            File {
                source,
                fragment,
                tree,
                ..old
            }
        });
        self.repository.with(changed.collect())
    }
}
