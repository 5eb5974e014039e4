//! What an autoscaler that follows metrics can add in time. It lowers a finding's severity by one step, never to a pass.

/// An autoscaler's way of scaling up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reactive {
    /// Its policies; none is frozen.
    pub policies: Vec<Policy>,
    /// Which of several policies counts.
    pub select: Select,
}

/// One scale-up policy: at most so much within a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// A part of the present count, in percent, within so many seconds.
    Percent(u32, u32),
    /// A number of replicas within so many seconds.
    Pods(u32, u32),
}

/// `selectPolicy`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Select {
    /// The policy that adds most.
    #[default]
    Max,
    /// The policy that adds least.
    Min,
    /// No scaling up.
    Disabled,
}

impl Default for Reactive {
    /// The HPA's own behaviour: doubling or four pods in 15 seconds, whichever is more.
    fn default() -> Self {
        Self {
            policies: vec![Policy::Percent(100, 15), Policy::Pods(4, 15)],
            select: Select::Max,
        }
    }
}

impl Reactive {
    /// Whether a count can be raised to another within so many seconds. An autoscaler that stands at 0 has no metrics.
    pub fn reaches(&self, from: u32, to: u32, seconds: i64) -> bool {
        if from >= to {
            return true;
        }
        if from == 0 || self.select == Select::Disabled {
            return false;
        }
        let mut reached = self.policies.iter().map(|policy| policy.reach(from, to, seconds));
        match self.select {
            Select::Min => reached
                .next()
                .is_some_and(|first| first && reached.all(|reached| reached)),
            _ => reached.any(|reached| reached),
        }
    }
}

impl Policy {
    fn reach(self, from: u32, to: u32, seconds: i64) -> bool {
        let (Policy::Percent(_, period) | Policy::Pods(_, period)) = self;
        let rounds = u64::try_from(seconds).unwrap_or(0) / u64::from(period.max(1));
        let mut count = u64::from(from);
        match self {
            Policy::Pods(pods, _) => count = count.saturating_add(rounds.saturating_mul(u64::from(pods))),
            Policy::Percent(percent, _) => {
                // Doubling passes any count within few rounds; slower growth within few hundred.
                for _ in 0..rounds.min(10_000) {
                    if count >= u64::from(to) {
                        break;
                    }
                    count += (count * u64::from(percent)).div_ceil(100);
                }
            }
        }
        count >= u64::from(to)
    }
}
