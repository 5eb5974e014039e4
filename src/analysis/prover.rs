//! What proofs of fixes need of an analysis, without what linking and settling alone needed.

use std::sync::OnceLock;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Analysis, Ground, Judged};
use crate::assess::Assessed;
use crate::environment::{Environment, Repository};
use crate::estate::Estate;
use crate::finding::{Finding, Place};
use crate::fix::outcome::Outcome;
use crate::fix::prove::prove;
use crate::link::Hop;
use crate::model::{EntityId, Known, Model};
use crate::repo::{SourceId, Sources};
use crate::rule::{self, NotEvaluated, RuleSet, Violation};
use crate::speed;

/// Proves fixes: every file and environment, with its model and what was said of it, to be read again with other texts.
pub struct Prover<'a> {
    pub(super) ground: &'a Ground<'a>,
    /// What was read.
    pub repository: Repository,
    pub(super) environments: Vec<Environment>,
    /// What is kept of each environment, in the same order.
    pub(super) kept: Vec<Kept>,
    /// Files that some container sees.
    pub(super) mounted: FxHashSet<SourceId>,
    /// The environments that use each file, in order; made when a fix is to be proved.
    pub(super) users: OnceLock<FxHashMap<SourceId, Vec<usize>>>,
    /// Whether any schedule was compared with traffic.
    pub compares_traffic: bool,
    /// What is not needed any more, where nothing is gained by taking it apart.
    _rest: Vec<Rest>,
}

/// What is kept of an environment.
pub(super) struct Kept {
    pub model: Model,
    pub hops: Vec<Hop>,
    /// What is violated, without words.
    pub violations: Vec<Violation>,
    /// Rules and entities that could not be decided.
    pub undecided: Vec<(usize, EntityId)>,
    /// The files that have a part in it.
    pub files: FxHashSet<SourceId>,
    /// Made when a fix of one of its files is to be proved.
    outcome: OnceLock<Outcome>,
}

/// What linking and settling alone needed.
type Rest = (Estate, Assessed, Vec<NotEvaluated>);

impl Judged {
    fn apart(mut self) -> (Kept, Rest) {
        let kept = Kept {
            model: std::mem::take(&mut self.estate.model),
            hops: self.hops,
            violations: self.judgement.violations,
            undecided: self.judgement.undecided,
            files: self.files,
            outcome: OnceLock::new(),
        };
        (kept, (self.estate, self.assessed, self.judgement.not_evaluated))
    }
}

impl Kept {
    pub fn outcome(&self, sources: &Sources, rules: &RuleSet) -> &Outcome {
        self.outcome.get_or_init(|| {
            let violations = self.violations.iter();
            let verdicts = violations.map(|violation| rule::verdict_of(&self.model, rules, violation));
            Outcome::new(sources, &self.model, verdicts, &self.undecided)
        })
    }
}

impl<'a> Analysis<'a> {
    /// Keeps what proofs of these findings need, once all are settled. What else there is takes the room of a large
    /// environment that is read again, and is let go of where that may be; elsewhere it would only take time.
    pub fn make_room<'f>(self, findings: impl IntoIterator<Item = &'f Finding>) -> Prover<'a> {
        let is_large = |place: &Place| self.environments[place.environment].is_large();
        let mut places = findings.into_iter().flat_map(|finding| &finding.places);
        let reads_large = places.any(|place| place.remedy.proposal().is_some() && is_large(place));
        let mut targets = self.judged.iter().flat_map(|judged| &judged.assessed.targets);
        let compares_traffic = targets.any(|target| target.demand.is_some());
        let (kept, mut rest): (_, Vec<Rest>) = self.judged.into_iter().map(Judged::apart).unzip();
        if reads_large {
            rest.par_drain(..).for_each(drop);
        }
        Prover {
            ground: self.ground,
            repository: self.repository,
            environments: self.environments,
            kept,
            mounted: self.mounted,
            users: OnceLock::new(),
            compares_traffic,
            _rest: rest,
        }
    }
}

impl<'a> Prover<'a> {
    /// What everything was judged on.
    pub fn ground(&self) -> &'a Ground<'a> {
        self.ground
    }

    /// Offers findings their proved fixes.
    pub fn prove<'f>(&self, findings: impl IntoIterator<Item = &'f mut Finding>) {
        prove(self, findings, self.repository.files().len());
    }

    /// How many hops start in the files that are wanted, and how many of them are linked to a container.
    pub fn linked(&self, wanted: impl Fn(&str) -> bool + Sync) -> (usize, usize) {
        let sources = self.ground.sources;
        let count = |(kept, hops): (&Kept, &[Hop])| {
            let (mut all, mut linked) = (0, 0);
            let mut known: FxHashMap<SourceId, bool> = FxHashMap::default();
            for hop in hops {
                let of = sources.locate(kept.model.entity(hop.route).span).source;
                if *known.entry(of).or_insert_with(|| wanted(&sources.get(of).path)) {
                    all += 1;
                    linked += usize::from(matches!(hop.container.parts(), (Known::Is(_), _)));
                }
            }
            (all, linked)
        };
        let chunks = self.kept.par_iter().with_min_len(speed::HOPS);
        let chunks = chunks.flat_map(|kept| kept.hops.par_chunks(speed::HOPS).map(move |hops| (kept, hops)));
        chunks.map(count).reduce(
            || (0, 0),
            |(all, linked), (more, of_them)| (all + more, linked + of_them),
        )
    }
}
