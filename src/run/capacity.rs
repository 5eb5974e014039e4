//! `gatelint capacity`: the week of every target, as it is guaranteed and as it is needed.

use std::io::{self, IsTerminal};
use std::path::Path;

use super::end::{Failure, print};
use super::setup::{self, Setup};
use crate::analysis::{Analysis, analyse};
use crate::assess::{self, Demand, Measured};
use crate::capacity::floor::Shortfall;
use crate::capacity::moment::{DAY, WEEK};
use crate::capacity::ratio::Ratio;
use crate::capacity::schedule::Bounds;
use crate::capacity::{Moment, Period, Zone};
use crate::cli::Cli;
use crate::cli::capacity::{Capacity, Drawing};
use crate::estate::scaled::Target;
use crate::finding::{AsOfOrigin, Telling};
use crate::model::nearest::nearest;
use crate::repo::{Sources, Span};
use crate::report::capacity::{self, Outcome, Place, Short, Shown, named};
use crate::report::chart::{Chart, Style, svg};
use crate::report::progress::Progress;
use crate::terminal::Look;

pub(super) fn capacity(cli: &Cli, options: &Capacity) -> Result<u8, Failure> {
    let look = Look::stderr(cli.color);
    let as_of = options.as_of.as_deref().map(setup::as_of).transpose()?;
    let week = options.week.as_deref().map(day).transpose()?;
    let setup = Setup::new(Path::new("."), options.config.as_deref(), false, look)?.without_rules();
    let setup = setup.with_traffic(as_of.map(|day| (day, AsOfOrigin::Asked)), look)?;
    let walked = Period::year_from(setup.as_of.moment);
    if let Some(week) = week.filter(|week| !walked.contains(*week)) {
        return Err(Failure::new(
            format!(
                "{week} is not within the 53 weeks that are walked, {} to {}",
                walked.from, walked.to
            ),
            "Give the day from which they are walked with --as-of.",
        ));
    }
    let mut progress = Progress::start(io::stderr().is_terminal());
    let read = setup.repository(None, &progress);
    progress.step("evaluating schedules", 0, 0);
    let ground = setup.ground();
    let (analysis, _) = analyse(&ground, read.repository, &Telling::ALL);
    setup.check_traffic(&analysis, look)?;
    progress.finish();
    let gathered = Gathered::new(&analysis, options.target.as_deref())?;
    let asked = options.target.is_some();
    let shown = gathered.shown(&setup, week, asked);
    let text = match options.format {
        Drawing::Text => {
            let look = Look::stdout(cli.color);
            let style = Style {
                width: look.width,
                color: look.color,
                ascii: options.ascii || !look.unicode,
            };
            let hint = !asked && !shown.is_empty() && setup.traffic.demands.is_empty();
            let hint = if hint { capacity::NO_TRAFFIC } else { "" };
            capacity::text(&shown, style, asked) + hint
        }
        Drawing::Json => capacity::json(&shown, walked),
        Drawing::Csv => capacity::csv(&shown, asked),
        Drawing::Markdown => capacity::markdown(&shown, asked),
        Drawing::Svg => picture(&shown)?,
    };
    print(text.as_bytes())
}

/// The weeks of all targets that have traffic.
pub(super) fn weeks(analysis: &Analysis<'_>, setup: &Setup) -> Result<Vec<Shown>, Failure> {
    Ok(Gathered::new(analysis, None)?.shown(setup, None, false))
}

/// Noon of a day in UTC, which is the same day in almost every zone.
fn day(text: &str) -> Result<Moment, Failure> {
    let begin = setup::as_of(text).ok().filter(|_| text.len() == "2026-11-20".len());
    begin
        .map(|begin| begin.plus(DAY / 2))
        .ok_or_else(|| Failure::new(format!("--week {text} is not a day"), "Write it like 2026-11-20."))
}

/// The only picture there is to draw: of those with traffic, if any has.
fn picture(shown: &[Shown]) -> Result<String, Failure> {
    let has_traffic = shown.iter().any(|shown| shown.traffic.is_some());
    let mut charts = Vec::new();
    for shown in shown.iter().filter(|shown| shown.traffic.is_some() || !has_traffic) {
        if let Outcome::Week { chart, .. } = &shown.outcome {
            charts.push((&shown.target, chart));
        }
    }
    match charts.as_slice() {
        [(_, chart)] => Ok(svg(chart)),
        [] => Err(Failure::new(
            "there is no week to draw",
            "`gatelint capacity` says why.",
        )),
        several => {
            // Without the kind, as the command line takes it.
            let names = several.iter().filter_map(|(target, _)| target.rsplit(' ').next());
            let names: Vec<&str> = names.take(8).collect();
            Err(Failure::new(
                "a picture shows one target, and there are several",
                &format!("Name one: {}.", names.join(", ")),
            ))
        }
    }
}

/// A target, with the environments in which it comes to the same.
struct One<'a> {
    target: &'a Target,
    found: &'a assess::Capacity,
    environments: Vec<String>,
}

struct Gathered<'a> {
    all: Vec<One<'a>>,
}

impl<'a> Gathered<'a> {
    /// Every target of every environment, those of one name where a name is given.
    fn new(analysis: &'a Analysis<'_>, name: Option<&str>) -> Result<Gathered<'a>, Failure> {
        let mut all: Vec<One<'a>> = Vec::new();
        let mut names = Vec::new();
        for (environment, judged) in analysis.environments.iter().zip(&analysis.judged) {
            for (target, found) in judged.estate.targets.iter().zip(&judged.assessed.targets) {
                names.push(found.identity.name().to_owned());
                if name.is_some_and(|name| !found.identity.answers(name)) {
                    continue;
                }
                match all.iter_mut().find(|one| is_same(one.found, found)) {
                    Some(one) => one.environments.push(environment.name.to_string()),
                    None => all.push(One {
                        target,
                        found,
                        environments: vec![environment.name.to_string()],
                    }),
                }
            }
        }
        if let (true, Some(name)) = (all.is_empty(), name) {
            let near = nearest(name, names.iter().map(String::as_str));
            let near = near.map_or(String::new(), |near| format!(" Did you mean {near}?"));
            return Err(Failure::new(
                format!("nothing that is scaled is called {name}"),
                &format!("`gatelint capacity` shows what is.{near}"),
            ));
        }
        Ok(Gathered { all })
    }

    fn shown(&self, setup: &Setup, week: Option<Moment>, asked: bool) -> Vec<Shown> {
        let same_name = |one: &One<'_>| {
            self.all
                .iter()
                .filter(|other| other.found.identity == one.found.identity)
                .count()
        };
        // Elsewhere it has traffic to serve, and here it is exempt: nobody asked to see that.
        let is_exempt = |one: &&One<'_>| {
            let identity = &one.found.identity;
            let served = |other: &One<'_>| other.found.identity == *identity && other.found.demand.is_some();
            !asked && one.found.demand.is_none() && self.all.iter().any(served)
        };
        let wanted = self.all.iter().filter(|one| !is_exempt(one));
        let mut shown: Vec<Shown> = wanted
            .map(|one| {
                let target = one.found.identity.to_string();
                let title = match same_name(one) {
                    0 | 1 => target.clone(),
                    _ => named(&target, &one.environments),
                };
                one.shown(setup, week, target, title)
            })
            .collect();
        shown.sort_by(|a, b| (&a.target, &a.place, &a.environments).cmp(&(&b.target, &b.place, &b.environments)));
        shown
    }
}

/// Whether two environments say the same of one target.
fn is_same(one: &assess::Capacity, other: &assess::Capacity) -> bool {
    let demand = |capacity: &assess::Capacity| capacity.demand.as_ref().map(|(at, _)| *at);
    one.identity == other.identity
        && one.bounds == other.bounds
        && one.shortfalls == other.shortfalls
        && demand(one) == demand(other)
}

impl One<'_> {
    fn shown(&self, setup: &Setup, week: Option<Moment>, target: String, title: String) -> Shown {
        let sources = &setup.sources;
        let demand = self.found.demand.as_ref();
        let demand = demand.and_then(|(at, measured)| Some((setup.traffic.demands.get(*at)?, measured)));
        let outcome = match &self.found.bounds {
            Ok(bounds) => {
                let measured = demand.map(|(_, measured)| &**measured);
                self.week(sources, bounds, measured, setup.traffic.period(), week, &title)
            }
            Err(open) => Outcome::NotEvaluated {
                reason: open.reason.clone(),
                place: place(sources, open.span),
            },
        };
        Shown {
            target,
            title,
            environments: self.environments.clone(),
            place: place(sources, self.found.span),
            traffic: demand.map(|(demand, measured)| traffic(demand, measured)),
            outcome,
        }
    }

    fn week(
        &self,
        sources: &Sources,
        bounds: &Bounds,
        measured: Option<&Measured>,
        walked: Period,
        week: Option<Moment>,
        title: &str,
    ) -> Outcome {
        let required = measured.map(|measured| &measured.required);
        let zone = measured.map_or_else(|| self.zone(), |measured| measured.week.zone.clone());
        let around = week.unwrap_or_else(|| first(&self.found.shortfalls, walked));
        Outcome::Week {
            chart: Box::new(Chart::around(title, bounds, required, &zone, walked, around)),
            short: self
                .found
                .shortfalls
                .iter()
                .map(|found| short(sources, bounds, found))
                .collect(),
            walked,
        }
    }

    /// The one zone that its schedules name.
    fn zone(&self) -> Zone {
        let mut named: Vec<&str> = self
            .target
            .sources
            .iter()
            .flat_map(|source| source.schedule.zones())
            .collect();
        named.sort_unstable();
        named.dedup();
        match named.as_slice() {
            [one] => Zone::named(one).unwrap_or(Zone::utc()),
            _ => Zone::utc(),
        }
    }
}

/// When the worst shortfall begins, in a whole week if there is one.
fn first(shortfalls: &[Shortfall], walked: Period) -> Moment {
    let worst = shortfalls.iter().max_by_key(|found| (found.severity, found.seconds));
    let Some(worst) = worst else { return walked.from };
    let whole = walked.from.plus(WEEK);
    let windows = worst.first.iter().map(|window| window.period.from);
    windows
        .clone()
        .find(|from| *from >= whole)
        .or(windows.min())
        .unwrap_or(walked.from)
}

fn short(sources: &Sources, bounds: &Bounds, found: &Shortfall) -> Short {
    let field = bounds.field(found.place).or_else(|| bounds.field(found.count));
    Short {
        severity: found.severity,
        bound: found.bound,
        single: found.single,
        place: field.map_or_else(
            || Place {
                file: String::new(),
                line: 0,
            },
            |field| place(sources, field.span),
        ),
        windows: found.windows,
        seconds: found.seconds,
        first: found.first.clone(),
        would_do: found.would_do,
    }
}

fn place(sources: &Sources, span: Span) -> Place {
    let at = sources.locate(span);
    let source = sources.get(at.source);
    Place {
        file: source.path.to_string(),
        line: source.lines().line(at.start) + 1,
    }
}

/// The traffic of a target in words.
fn traffic(demand: &Demand, measured: &Measured) -> String {
    let week = &measured.week;
    let kind = match week.weeks {
        0 => "a declared week".to_owned(),
        weeks => format!("{weeks} weeks"),
    };
    let need = &demand.need;
    let mut text = format!(
        "{}: {kind}, {} requests/s a replica, {} % more for bursts",
        demand.profile.value,
        need.rps_per_replica,
        (need.burst_headroom.to_f64() * 1000.0).round() / 10.0,
    );
    let further = [
        (week.growth != Ratio::ONE, format!("growth {}", week.growth)),
        (need.zones > 1, format!("{} zones", need.zones)),
        (need.spare_replicas > 0, format!("{} spare", need.spare_replicas)),
        (need.min_replicas > 1, format!("at least {}", need.min_replicas)),
    ];
    for (_, words) in further.iter().filter(|(holds, _)| *holds) {
        text.push_str(", ");
        text.push_str(words);
    }
    text
}
