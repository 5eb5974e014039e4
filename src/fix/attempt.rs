//! The ways to mend a finding: where each change could be written, and which fields that means to change.

use std::collections::BTreeSet;

use super::places::Places;
use super::spell::{self, Where};
use super::title::title;
use crate::finding::{Finding, Fix};
use crate::model::field::setting;
use crate::model::{FactView, Known};
use crate::repo::{Edit, Refusal};
use crate::rule::{Change, Proposal, Remedy};

/// One way to mend a finding.
pub(super) struct Attempt {
    pub fix: Fix,
    /// Fields whose written facts it means to change.
    pub meant: BTreeSet<&'static str>,
}

/// Every way that a finding's places propose, the best first; or why one cannot be written.
pub(super) fn attempts(places: &Places<'_>, finding: &Finding) -> Vec<Result<Attempt, Refusal>> {
    let world = places.world;
    let mut found: Vec<Result<Attempt, Refusal>> = all_places(places, finding).map(Ok).into_iter().collect();
    for place in [Where::Written, Where::OwnBlock] {
        // All hops of a route propose the same, and that is spelled once.
        let mut spelled: Vec<(usize, &[Change], Option<Refusal>)> = Vec::new();
        for at in &finding.places {
            let proposal = match &at.remedy {
                Remedy::Proposed(proposal) => proposal,
                Remedy::Refused(reason) => {
                    found.push(Err(Refusal::new(reason.clone())));
                    continue;
                }
                Remedy::None => continue,
            };
            let is_same = |(environment, changes, _): &&(usize, &[Change], Option<Refusal>)| {
                *environment == at.environment && *changes == proposal.changes.as_slice()
            };
            if let Some((.., refused)) = spelled.iter().find(is_same) {
                found.extend(refused.clone().map(Err));
                continue;
            }
            let model = world.model(at.environment);
            let edits = spell::edits(world.sources(), model, &proposal.changes, place);
            spelled.push((at.environment, &proposal.changes, edits.as_ref().err().cloned()));
            match edits {
                Ok(edits) if edits.is_empty() => {}
                Ok(edits) if found.iter().flatten().any(|known| known.fix.edits == edits) => {}
                Ok(edits) => {
                    let because = proposal.because.as_deref().map(str::to_owned);
                    let fix = Fix {
                        title: title(model, proposal, place),
                        because,
                        edits,
                    };
                    found.push(Ok(Attempt {
                        fix,
                        meant: meant(places, finding, proposal),
                    }));
                }
                Err(reason) => found.push(Err(reason)),
            }
        }
    }
    found
}

/// The changes of all places as one attempt, where each place needs its own: the servers of one group.
fn all_places(places: &Places<'_>, finding: &Finding) -> Option<Attempt> {
    let world = places.world;
    let first = finding.places.first()?;
    let mut all = Proposal::default();
    for place in &finding.places {
        let proposal = place.remedy.proposal()?;
        if place.environment != first.environment {
            continue;
        }
        for change in &proposal.changes {
            if !all.changes.contains(change) {
                all.changes.push(change.clone());
            }
        }
        all.because = all.because.or_else(|| proposal.because.clone());
    }
    let model = world.model(first.environment);
    let mut edits = spell::edits(world.sources(), model, &all.changes, Where::Written).ok()?;
    edits.sort_by_key(|edit| (edit.span.source, edit.span.start));
    edits.dedup();
    let apart = edits.windows(2).all(|pair| !touch(&pair[0], &pair[1]));
    (apart && edits.len() > 1).then(|| Attempt {
        fix: Fix {
            title: title(model, &all, Where::Written),
            because: all.because.as_deref().map(str::to_owned),
            edits,
        },
        meant: meant(places, finding, &all),
    })
}

/// Whether two edits change the same bytes, or bytes side by side.
pub(super) fn touch(a: &Edit, b: &Edit) -> bool {
    a.span.source == b.span.source && a.span.start <= b.span.end && b.span.start <= a.span.end
}

/// The fields a proposal changes, with those that share a directive: `proxy_buffers` is written with both its words,
/// the one that is not changed with the value in force.
fn meant(places: &Places<'_>, finding: &Finding, proposal: &Proposal) -> BTreeSet<&'static str> {
    let mut names: BTreeSet<&str> = proposal.changes.iter().map(|change| change.field.info().name).collect();
    let Some(place) = finding.places.first() else {
        return names;
    };
    let model = places.world.model(place.environment);
    names.insert(setting::TIME.id().info().name);
    for change in &proposal.changes {
        if let Known::Is(FactView {
            span, site: Some(_), ..
        }) = model.fact(change.entity, change.field)
        {
            let there = places.fields_at(place.environment, span).into_iter();
            names.extend(there.map(|field| field.info().name));
        }
        let rows = model
            .entity(change.entity)
            .table
            .zip(model.row_for(change.entity, change.field));
        if let Some((table, row)) = rows {
            names.extend(table.spelling.along(change.field).map(|field| field.info().name));
            names.extend(table.named(&row.name).map(|row| row.field.info().name));
        }
        // Where the value stands, the same words may give another field.
        let site = model.fact(change.entity, change.field).is().and_then(|fact| fact.row);
        if let (Some(row), Some((table, _))) = (site, rows) {
            names.extend(table.named(&row.name).map(|row| row.field.info().name));
        }
    }
    names
}
