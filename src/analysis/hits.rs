//! What settling asks of an analysis: what the rules say of each environment, and the words for it.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::{Analysis, Judged};
use crate::finding::EnvironmentHits;
use crate::link::Hop;
use crate::model::field::{chain, hop};
use crate::model::{EntityId, Kind, Known, Model};
use crate::rule;

impl Analysis<'_> {
    /// What settling needs of every environment.
    pub(super) fn hits(&self) -> Vec<EnvironmentHits<'_>> {
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
                    not_evaluated: Cow::Borrowed(&judged.judgement.not_evaluated),
                    files: Cow::Borrowed(&judged.files),
                }
            })
            .collect()
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
