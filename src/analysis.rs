//! The line that every run follows, from the files of a repository to findings, and what comes of it.

mod again;
mod answered;
mod hits;
mod prover;

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::assess::{Assessed, Traffic, assess};
use crate::capacity::Moment;
use crate::environment::{Environment, Repository, group};
use crate::estate::facts::Facts;
use crate::estate::{Context, Estate, Settings};
use crate::expand::{ExpandCache, Expanded};
use crate::finding::refused::without_what_follows;
use crate::finding::{RuleInfo, Settled, Telling, settle};
use crate::link::{Hop, link};
use crate::lower::{self, Lowering, lower};
use crate::model::Version;
use crate::product::{claimants, folders, is_settings, startups};
use crate::repo::{SourceId, Sources};
use crate::rule::{Judgement, RuleSet, judge};
use crate::speed;
use crate::syntax::Tree;

pub use prover::Prover;

/// What does not change between runs over the same repository.
pub struct Ground<'a> {
    /// Where sources live.
    pub sources: &'a Sources,
    /// The rules to judge by; where nothing asks for findings, none is enabled.
    pub rules: &'a RuleSet,
    /// Versions of products that the configuration names.
    pub versions: HashMap<String, Version>,
    /// What the configuration says lives in another repository.
    pub facts: Facts,
    /// The traffic that targets must serve.
    pub traffic: Traffic,
    /// Texts derived from others, made once.
    pub cache: ExpandCache,
}

impl<'a> Ground<'a> {
    /// When the weeks begin in which schedules are walked where nothing says it: midnight of the first of June 2026 in
    /// UTC.
    pub const AS_OF: Moment = Moment::from_unix(1_780_272_000);

    /// Without a configuration.
    pub fn new(sources: &'a Sources, rules: &'a RuleSet) -> Ground<'a> {
        Ground {
            sources,
            rules,
            versions: HashMap::new(),
            facts: Facts::default(),
            traffic: Traffic::none(Self::AS_OF),
            cache: ExpandCache::default(),
        }
    }
}

/// One environment at the end of the line, before its findings are settled with those of others.
pub struct Judged {
    /// Everything lowered.
    pub estate: Estate,
    /// Its hops.
    pub hops: Vec<Hop>,
    /// What is guaranteed of each target against what its traffic needs.
    pub assessed: Assessed,
    /// What the rules say.
    pub judgement: Judgement,
    /// The files that have a part in it.
    pub files: FxHashSet<SourceId>,
}

/// Everything that is known of a repository.
pub struct Analysis<'a> {
    ground: &'a Ground<'a>,
    /// What was read.
    pub repository: Repository,
    /// What is deployed together.
    pub environments: Vec<Environment>,
    /// What came of each, in the same order.
    pub judged: Vec<Judged>,
    /// Files that some container sees.
    mounted: FxHashSet<SourceId>,
}

/// The line. Linting, hops, capacity, the examples of rules, fuzzers and tests all walk it here.
pub fn analyse<'a>(ground: &'a Ground<'a>, repository: Repository, telling: &Telling<'_>) -> (Analysis<'a>, Settled) {
    let environments = group(&repository);
    let expanded = speed::each(&environments, |environment| expand(ground, &repository, environment));
    let seen = expanded.iter().flat_map(|expanded| expanded.mounted.iter().copied());
    let mounted: FxHashSet<SourceId> = seen.collect();
    let settings = Settings::by(is_settings);
    let context = context(ground, &repository, &mounted, &settings);
    let judged = speed::in_two_turns(
        environments.par_iter().zip(expanded),
        |(environment, expanded)| lower(context, environment, expanded),
        Lowering::is_begun,
        |lowering| {
            let environment = lowering.environment();
            let mut estate = lowering.finish();
            let hops = link(&mut estate);
            let assessed = assess(ground.sources, &mut estate, &hops, environment, &ground.traffic);
            let judgement = || judge(&estate.model, ground.rules);
            let (judgement, files) = rayon::join(judgement, || files(&repository, environment, &estate));
            Judged {
                estate,
                hops,
                assessed,
                judgement,
                files,
            }
        },
    );
    let analysis = Analysis {
        ground,
        repository,
        environments,
        judged,
        mounted,
    };
    let settled = settle(ground.sources, &RuleInfo::all(ground.rules), &analysis.hits(), telling);
    let settled = without_what_follows(ground.sources, settled);
    (analysis, settled)
}

fn expand(ground: &Ground<'_>, repository: &Repository, environment: &Environment) -> Expanded {
    crate::expand::expand(
        ground.sources,
        repository,
        environment,
        &ground.cache,
        folders(),
        startups(),
        &lower::reads,
    )
}

/// What is `mounted` somewhere is that container's, not a file that may run anywhere.
fn context<'a>(
    ground: &'a Ground<'a>,
    repository: &'a Repository,
    mounted: &'a FxHashSet<SourceId>,
    settings: &'a Settings,
) -> Context<'a> {
    Context {
        sources: ground.sources,
        repository,
        cache: &ground.cache,
        versions: &ground.versions,
        mounted,
        facts: &ground.facts,
        claimants: claimants(),
        settings,
    }
}

/// The files that have a part in an environment: its own, those that its containers see, and what servers find elsewhere
/// in the repository by themselves.
fn files(repository: &Repository, environment: &Environment, estate: &Estate) -> FxHashSet<SourceId> {
    let own = environment.files.iter().chain(&environment.loose);
    let own = own.map(|file| repository.files()[*file].source.id);
    let sources = estate.model.sources();
    let others = sources.filter(|source| repository.of_source(*source).is_some());
    own.chain(estate.mounted.iter().copied()).chain(others).collect()
}

impl<'a> Analysis<'a> {
    /// What this was judged on.
    pub fn ground(&self) -> &'a Ground<'a> {
        self.ground
    }

    /// Every tree that may hold comments: those of files, and those of texts derived from them.
    pub fn trees(&self) -> Vec<Arc<Tree>> {
        let files = self.repository.files().iter().filter_map(|file| file.tree.clone());
        files.chain(self.ground.cache.trees()).collect()
    }
}
