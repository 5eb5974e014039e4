//! From the repository to hits: group, lower, link and check each environment; and the same again for proving fixes.

mod again;
mod part;
mod web;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::assess::traffic::{self, Traffic};
use crate::assess::{self, Assessed, Mistake};
use crate::environment::{Environment, Repository, group};
use crate::estate::Estate;
use crate::expand::ExpandCache;
use crate::finding::EnvironmentHits;
use crate::fix::prove::Outcome;
use crate::link::{self, Hop};
use crate::lower::{self, Lowering, Placement};
use crate::model::field::{chain, hop};
use crate::model::{EntityId, Kind, Known, Model, Version};
use crate::repo::{SourceId, Sources, Span};
use crate::rule::{self, Judgement, RuleSet};
use crate::syntax::Tree;
use web::Web;

/// What does not change between runs over the same repository.
pub struct Ground<'a> {
    /// Where sources live.
    pub sources: &'a Sources,
    /// The rules to check.
    pub rules: &'a RuleSet,
    /// Versions of products that the configuration names.
    pub versions: HashMap<String, Version>,
    /// What the configuration says lives in another repository.
    pub facts: crate::lower::facts::Facts,
    /// The traffic that targets must serve.
    pub traffic: Traffic,
    /// Texts derived from others, made once.
    pub cache: ExpandCache,
}

/// One environment, judged.
pub struct Judged {
    /// Everything lowered.
    pub estate: Estate,
    /// Its hops.
    pub hops: Vec<Hop>,
    /// What is guaranteed of each target against what its traffic needs.
    pub assessed: Assessed,
    /// What the rules said.
    pub judgement: Judgement,
    /// The files that have a part in it.
    pub files: FxHashSet<SourceId>,
    /// Made when a fix of one of its files is to be proved.
    outcome: OnceLock<Outcome>,
    /// Made when a fix of few of its files is to be proved, and it is large.
    web: OnceLock<Web>,
}

/// How far an environment has come.
enum Stage<'a> {
    Begun(Box<Lowering<'a>>, FxHashSet<SourceId>),
    Judged(Box<Judged>),
}

/// So many environments are handed to a core at a time: one may be much larger than those beside it.
const FEW: usize = 4;

/// All environments of a repository, judged.
pub struct Analysis<'a> {
    ground: &'a Ground<'a>,
    /// What was read.
    pub repository: Repository,
    /// What is deployed together.
    pub environments: Vec<Environment>,
    /// What the rules said of each.
    pub judged: Vec<Judged>,
    /// Files that some container sees.
    mounted: FxHashSet<SourceId>,
    /// The environments that use each file, in order; made when a fix is to be proved.
    users: OnceLock<FxHashMap<SourceId, Vec<usize>>>,
}

impl<'a> Analysis<'a> {
    /// Judges a repository.
    pub fn new(ground: &'a Ground<'a>, repository: Repository) -> Analysis<'a> {
        let environments = group(&repository);
        let mut placements: Vec<Placement> = environments
            .par_iter()
            .rev()
            .with_max_len(FEW)
            .map(|environment| place(ground, &repository, environment))
            .collect();
        placements.reverse();
        let mounted: FxHashSet<SourceId> = placements
            .iter()
            .flat_map(|placement| placement.mounted.iter().copied())
            .collect();
        let context = context(ground, &repository, &mounted);
        let rest = |environment: &Environment, lowering: Lowering<'_>, seen| {
            judge(ground, &repository, environment, lowering.finish(), seen)
        };
        // What one core has to do alone for the last environment, which is the largest, comes first each time, while the
        // others are left the small ones: a third of them while it is begun, and the rest while it is finished.
        let all = environments.par_iter().zip(placements).enumerate().rev();
        let stages = all.with_max_len(FEW).map(|(nth, (environment, mut placement))| {
            let seen = std::mem::take(&mut placement.mounted);
            let lowering = Lowering::begin(context, environment, placement);
            match lowering.is_begun() || nth % 3 != 0 {
                true => Stage::Begun(Box::new(lowering), seen),
                false => Stage::Judged(Box::new(rest(environment, lowering, seen))),
            }
        });
        let stages: Vec<Stage<'_>> = stages.collect();
        let finish = |(environment, stage)| match stage {
            Stage::Begun(lowering, seen) => rest(environment, *lowering, seen),
            Stage::Judged(judged) => *judged,
        };
        let stages = environments.par_iter().rev().zip(stages).with_max_len(FEW);
        let mut judged: Vec<Judged> = stages.map(finish).collect();
        judged.reverse();
        Analysis {
            ground,
            repository,
            environments,
            judged,
            mounted,
            users: OnceLock::new(),
        }
    }

    /// What settling needs of every environment.
    pub fn hits(&self) -> Vec<EnvironmentHits<'_>> {
        self.environments
            .iter()
            .zip(&self.judged)
            .map(|(environment, judged)| {
                let ways: OnceLock<Ways<'_>> = OnceLock::new();
                let (model, violations) = (&judged.estate.model, &judged.judgement.violations);
                let tell = move |nth: usize| {
                    let violation = &violations[nth];
                    let hit = rule::tell(model, self.ground.rules, violation);
                    let ways = ways.get_or_init(|| Ways::new(judged));
                    (Cow::Owned(hit), ways.path(model, violation.root))
                };
                EnvironmentHits {
                    name: &environment.name,
                    violations: Cow::Borrowed(violations),
                    tell: Box::new(tell),
                    not_evaluated: judged.judgement.not_evaluated.clone(),
                    files: Cow::Borrowed(&judged.files),
                }
            })
            .collect()
    }

    /// Mistakes in `traffic` that only show once everything is read: targets and environments that do not exist, and
    /// zones that no one names.
    pub fn traffic_mistakes(&self) -> Vec<Mistake> {
        let mut found: Vec<Mistake> = Vec::new();
        for (at, demand) in self.ground.traffic.demands.iter().enumerate() {
            let answered = self.judged.iter().any(|judged| judged.assessed.answered.contains(&at));
            if !answered {
                let targets = self.judged.iter().flat_map(|judged| &judged.assessed.targets);
                let names: Vec<&str> = targets.map(|target| target.identity.name()).collect();
                let near =
                    crate::model::nearest::nearest(demand.target.value.rsplit('/').next().unwrap_or_default(), names);
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "write namespace/name, the workload's bare name, or an address of Terraform".to_owned(),
                };
                found.push(Mistake {
                    span: demand.target.span,
                    message: format!("no workload or group is called `{}`", demand.target.value),
                    help,
                });
            }
            for name in &demand.environments {
                let exists = |environment: &Environment| traffic::names(&name.value, &environment.name);
                if !self.environments.iter().any(exists) {
                    let names = self.environments.iter().map(|environment| environment.name.to_string());
                    let names: Vec<String> = names.take(8).collect();
                    found.push(Mistake {
                        span: name.span,
                        message: format!("no environment is called `{}`", name.value),
                        help: format!(
                            "environments are {}; `.` is what no kustomization deploys",
                            names.join(", ")
                        ),
                    });
                }
            }
        }
        found.extend(
            self.judged
                .iter()
                .flat_map(|judged| judged.assessed.mistakes.iter().cloned()),
        );
        let mut seen = HashSet::new();
        found.retain(|mistake| seen.insert(mistake.span));
        found
    }

    /// Whether any schedule was compared with traffic.
    pub fn compares_traffic(&self) -> bool {
        let mut targets = self.judged.iter().flat_map(|judged| &judged.assessed.targets);
        targets.any(|target| target.demand.is_some())
    }

    /// Names in the configuration's `facts` that nothing in any environment answers to.
    pub fn unanswered(&self) -> Vec<(Arc<str>, Span)> {
        let answered: HashSet<Span> = self
            .judged
            .iter()
            .flat_map(|judged| judged.estate.answered.iter().copied())
            .collect();
        let names = self.ground.facts.names();
        names.filter(|(_, span)| !answered.contains(span)).cloned().collect()
    }

    /// How many hops start in the files that are wanted, and how many of them are linked to a container.
    pub fn linked(&self, wanted: impl Fn(&str) -> bool + Sync) -> (usize, usize) {
        let sources = self.ground.sources;
        let count = |(judged, hops): (&Judged, &[Hop])| {
            let (mut all, mut linked) = (0, 0);
            let mut known: FxHashMap<SourceId, bool> = FxHashMap::default();
            for hop in hops {
                let of = sources.locate(judged.estate.model.entity(hop.route).span).source;
                if *known.entry(of).or_insert_with(|| wanted(&sources.get(of).path)) {
                    all += 1;
                    linked += usize::from(matches!(hop.container, Known::Is(_)));
                }
            }
            (all, linked)
        };
        // A few are counted before a second thread has woken up.
        const CHUNK: usize = 512;
        let chunks = self.judged.par_iter().with_min_len(CHUNK);
        let chunks = chunks.flat_map(|judged| judged.hops.par_chunks(CHUNK).map(move |hops| (judged, hops)));
        chunks.map(count).reduce(
            || (0, 0),
            |(all, linked), (more, of_them)| (all + more, linked + of_them),
        )
    }
}

/// The path of a request for each entity that a rule may look at.
struct Ways<'j> {
    hops: &'j [Hop],
    /// For each entity its hop, counted from 1.
    of: Vec<u32>,
}

impl<'j> Ways<'j> {
    fn new(judged: &'j Judged) -> Self {
        let model = &judged.estate.model;
        let mut of = vec![0; model.entities().len()];
        for (hop, at) in judged.hops.iter().zip(1..) {
            of[hop.id.0 as usize] = at;
            let ends = [Known::Is(hop.route), model.linked(hop.id, hop::SERVICE_PORT)];
            for end in ends.into_iter().filter_map(Known::is) {
                let first = &mut of[end.0 as usize];
                *first = if *first == 0 { at } else { *first };
            }
        }
        Self { hops: &judged.hops, of }
    }

    fn path(&self, model: &Model, root: EntityId) -> Option<Cow<'j, str>> {
        debug_assert!(model.entity(root).kind != Kind::Status);
        // A chain goes the way of its last hop.
        let last = match model.entity(root).kind {
            Kind::Chain => model.linked(root, chain::INNER).is().unwrap_or(root),
            _ => root,
        };
        let hop = self.of.get(last.0 as usize)?.checked_sub(1)?;
        let path = self.hops[hop as usize].path.as_str();
        (!path.is_empty()).then_some(Cow::Borrowed(path))
    }
}

fn place(ground: &Ground<'_>, repository: &Repository, environment: &Environment) -> Placement {
    Placement::new(ground.sources, repository, environment, &ground.cache)
}

/// What is `mounted` somewhere is that container's, not a file that may run anywhere.
fn context<'a>(
    ground: &'a Ground<'a>,
    repository: &'a Repository,
    mounted: &'a FxHashSet<SourceId>,
) -> lower::Context<'a> {
    lower::Context {
        sources: ground.sources,
        repository,
        cache: &ground.cache,
        versions: &ground.versions,
        mounted,
        facts: &ground.facts,
    }
}

fn link(ground: &Ground<'_>, environment: &Environment, estate: &mut Estate) -> (Vec<Hop>, Assessed) {
    let hops = link::link(estate);
    let assessed = assess::assess(ground.sources, estate, &hops, environment, &ground.traffic);
    (hops, assessed)
}

/// Links and checks one environment, whose containers see the files `seen`.
fn judge(
    ground: &Ground<'_>,
    repository: &Repository,
    environment: &Environment,
    mut estate: Estate,
    seen: FxHashSet<SourceId>,
) -> Judged {
    let (hops, assessed) = link(ground, environment, &mut estate);
    let files = || {
        let own = environment.files.iter().chain(&environment.loose);
        let own = own.map(|file| repository.files()[*file].source.id);
        // A server's own files may lie elsewhere in the repository.
        let sources = estate.model.sources();
        let others = sources.filter(|source| repository.of_source(*source).is_some());
        own.chain(seen).chain(others).collect()
    };
    let (judgement, files) = rayon::join(|| rule::judge(&estate.model, ground.rules), files);
    Judged {
        estate,
        hops,
        assessed,
        judgement,
        files,
        outcome: OnceLock::new(),
        web: OnceLock::new(),
    }
}

impl Judged {
    fn outcome(&self, sources: &Sources, rules: &RuleSet) -> &Outcome {
        self.outcome.get_or_init(|| {
            let model = &self.estate.model;
            let violations = self.judgement.violations.iter();
            let verdicts = violations.map(|violation| rule::verdict_of(model, rules, violation));
            Outcome::of(sources, model, verdicts, &self.judgement.undecided)
        })
    }

    /// Keeps the model, the hops, and what was said without words.
    fn release(&mut self) {
        self.judgement.not_evaluated = Vec::new();
        let estate = &mut self.estate;
        estate.gateways = Vec::new();
        estate.services = Vec::new();
        estate.containers = Vec::new();
        estate.policies = Vec::new();
        estate.targets = Vec::new();
    }
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
