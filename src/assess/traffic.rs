//! What the configuration says of traffic: which profile a target must serve, and what one replica can do.

use std::sync::{Arc, Mutex, PoisonError};

use crate::capacity::floor::{Need, Required, Requirement, requirement};
use crate::capacity::profile::{Profile, Week, week};
use crate::capacity::schedule::Given;
use crate::capacity::{Moment, Period, Zone};

/// Everything under `traffic`, with the instant from which it is walked.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// One for each entry.
    pub demands: Vec<Arc<Demand>>,
    /// The beginning of the 53 weeks that are evaluated.
    pub as_of: Moment,
}

impl Traffic {
    /// No profiles, from an instant on.
    pub fn none(as_of: Moment) -> Self {
        Self {
            demands: Vec::new(),
            as_of,
        }
    }

    /// The weeks that are evaluated.
    pub fn period(&self) -> Period {
        Period::year_from(self.as_of)
    }
}

/// One entry of `traffic`.
#[derive(Debug)]
pub struct Demand {
    /// `target`
    pub target: Given<String>,
    /// `profile`: the file, relative to the repository's root.
    pub profile: Given<String>,
    /// Its samples.
    pub samples: Profile,
    /// What one replica can do, and how much more must be there.
    pub need: Need,
    /// `timezone`
    pub zone: Option<Zone>,
    /// `environments`; where it is empty, all but those for development.
    pub environments: Vec<Given<String>>,
    /// What was worked out, by zone and period: every environment and every proof of a fix asks for the same.
    known: Mutex<Vec<(Period, Arc<Measured>)>>,
}

/// A profile on the week of one zone, and the replicas it needs over the evaluated weeks.
#[derive(Debug)]
pub struct Measured {
    /// Demand by part of the week.
    pub week: Week,
    /// Replicas by part of the week.
    pub requirement: Requirement,
    /// Replicas at each instant.
    pub required: Required,
}

impl Measured {
    /// When the one week was that made a stretch of time need so much: the greatest sample of the bucket that demands most.
    pub fn single(&self, period: Period) -> Option<Moment> {
        let week = &self.week;
        let to = period.to.plus(week.width);
        let mut at = period.from;
        let mut greatest: Option<(u64, Moment)> = None;
        while at < to {
            let bucket = usize::try_from(week.zone.wall(at).second_of_week() / week.width).ok()?;
            if let (Some(demand), Some(Some(when))) = (week.demand.get(bucket), week.single.get(bucket))
                && greatest.is_none_or(|(most, _)| *demand > most)
            {
                greatest = Some((*demand, *when));
            }
            at = at.plus(week.width);
        }
        greatest.map(|(_, when)| when)
    }
}

impl Demand {
    /// An entry, read.
    pub fn new(
        target: Given<String>,
        profile: Given<String>,
        samples: Profile,
        need: Need,
        zone: Option<Zone>,
        environments: Vec<Given<String>>,
    ) -> Self {
        Self {
            target,
            profile,
            samples,
            need,
            zone,
            environments,
            known: Mutex::default(),
        }
    }

    /// What it needs over a period, its week repeating in a zone. `None` where the numbers are beyond all sense.
    pub fn measured(&self, zone: &Zone, period: Period) -> Option<Arc<Measured>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |(of, measured): &&(Period, Arc<Measured>)| *of == period && measured.week.zone == *zone;
        if let Some((_, measured)) = known.iter().find(same) {
            return Some(measured.clone());
        }
        let week = week(&self.samples, zone);
        let requirement = requirement(&week, &self.need)?;
        let required = requirement.over(period);
        let measured = Arc::new(Measured {
            week,
            requirement,
            required,
        });
        known.push((period, measured.clone()));
        Some(measured)
    }

    /// Whether it is meant for an environment: one that it names by its name or a folder of it; else any that is not
    /// plainly for development.
    pub fn is_for(&self, environment: &str, development: bool) -> bool {
        if self.environments.is_empty() {
            return !development;
        }
        self.environments.iter().any(|name| names(&name.value, environment))
    }
}

/// Whether a name in the configuration means an environment: `prod` means `deploy/overlays/prod` and `infra/prod.tfvars`.
pub fn names(name: &str, environment: &str) -> bool {
    let is_it = |part: &str| part == name || part.strip_suffix(".tfvars") == Some(name);
    name == environment || environment.split('/').any(is_it)
}
