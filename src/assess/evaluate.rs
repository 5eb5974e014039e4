//! What the writers of one target's number guarantee, each by itself and together.

use crate::capacity::schedule::{Bounds, Context, Evaluation, NotEvaluated};
use crate::estate::scaled::Target;
use crate::repo::{SourceId, Span};

/// Each writer by itself.
pub(super) fn evaluations(target: &Target, context: &Context) -> Vec<Evaluation> {
    let sources = target.sources.iter();
    sources.map(|source| source.schedule.evaluate(context)).collect()
}

/// What all writers of a target guarantee together; one that cannot be told leaves everything open.
pub(super) fn together(evaluated: &[Evaluation]) -> Result<Bounds, NotEvaluated> {
    let mut all: Option<Bounds> = None;
    for evaluation in evaluated {
        let own = evaluation.bounds.clone()?;
        all = Some(match all {
            None => own,
            Some(bounds) => bounds.with_other_writer(own),
        });
    }
    all.ok_or(NotEvaluated {
        reason: "nothing says how many replicas there are".to_owned(),
        span: Span::new(SourceId(0), 0, 0),
    })
}
