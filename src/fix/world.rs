//! What proving asks of the run: which environments use a file, and what they say when it has another text.

use std::collections::BTreeSet;

use super::outcome::Outcome;
use crate::model::{EntityId, Model};
use crate::repo::{Refusal, SourceId, Sources};

/// An environment that was read again with fixes made.
pub struct Again<'a> {
    /// The environment.
    pub environment: usize,
    /// What it said before.
    pub before: &'a Outcome,
    /// What it says now.
    pub after: &'a Outcome,
    /// Everything known of it now.
    pub model: &'a Model,
}

/// What is asked of an environment that was read again.
pub type Question<'q> = dyn Fn(Again<'_>) -> Answer + Sync + 'q;

/// What proving needs of the run.
pub trait World: Sync {
    /// The sources that spans lie in.
    fn sources(&self) -> &Sources;
    /// The model of an environment.
    fn model(&self, environment: usize) -> &Model;
    /// How many documents and files reading an environment again takes.
    fn cost(&self, environment: usize) -> usize;
    /// The environments that use any of these files.
    fn users(&self, files: &BTreeSet<SourceId>) -> Vec<usize>;
    /// The id of a rule.
    fn rule(&self, at: usize) -> &str;
    /// Whether a rule was decided before for an entity.
    fn decided(&self, environment: usize, rule: usize, root: EntityId) -> bool;
    /// The answers of environments that are read again when the files have these texts; `None` when one of them is gone.
    fn after(
        &self,
        environments: &[usize],
        files: &[(SourceId, Vec<u8>)],
        question: &Question<'_>,
    ) -> Option<Vec<Answer>>;
}

/// One fault of fixes that were made together.
#[derive(Clone, Debug)]
pub struct Complaint {
    /// What is wrong.
    pub(super) reason: Refusal,
    /// Whose fault it may be, by place among the fixes; never empty.
    pub(super) suspects: BTreeSet<usize>,
    /// The one it most likely is, where another explanation would be strange.
    pub(super) prime: Option<usize>,
}

impl Complaint {
    /// One that may be anybody's fault.
    pub(super) fn of_all(reason: &str, members: usize) -> Self {
        Self {
            reason: Refusal::new(reason),
            suspects: (0..members).collect(),
            prime: None,
        }
    }
}

/// What an environment says to fixes that were made.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What speaks against them.
    pub(super) complaints: Vec<Complaint>,
    /// The fixes that changed any written fact.
    pub(super) changed: BTreeSet<usize>,
}

impl Answer {
    /// Whether nothing speaks against the fixes.
    pub fn consents(&self) -> bool {
        self.complaints.is_empty()
    }
}
