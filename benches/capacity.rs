//! 53 weeks of 1,000 schedules against 1,000 profiles, and loading the World Cup profile: `cargo bench --bench capacity`.
//! Both have a budget, and the bench fails when it is exceeded.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use gatelint::capacity::floor::{Need, Question, requirement};
use gatelint::capacity::import::{Bins, Log, count};
use gatelint::capacity::profile::{Columns, Profile, Source, Unit, read_profile, week};
use gatelint::capacity::ratio::{NANO, Ratio};
use gatelint::capacity::schedule::{Context, Given, KedaCron, KedaScaledObject, keda};
use gatelint::capacity::{Moment, Zone};
use gatelint::repo::{SourceId, Span};
use nix::sys::resource::{UsageWho, getrusage};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// 300 MB of a combined log a second; the log is made as it is read.
fn combined() -> Outcome<bool> {
    const BUDGET: f64 = 300.0;
    let mut block = String::new();
    for n in 0..4000 {
        let (minute, second) = (n / 600, n / 10 % 60);
        block.push_str(&format!(
            "10.1.{}.{} - - [10/Oct/2026:13:{minute:02}:{second:02} +0200] \"GET /api/v1/orders/{n}?page=2 HTTP/1.1\" 200 {} \"https://shop.example/\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\"\n",
            n % 250, n % 240, 300 + n % 5000
        ));
    }
    let log = block.repeat(400);
    let mut bins = Bins::of_minutes(1);
    let before = processor()?;
    let counted = count(log.as_bytes(), &Log::Common, &mut bins, &mut |_| {})?;
    let cost = (processor()? - before).as_secs_f64();
    let rate = counted.bytes as f64 / 1e6 / cost;
    println!(
        "combined log: {rate:.0} MB/s of CPU (budget {BUDGET:.0}), {} requests",
        counted.requests
    );
    Ok(rate > BUDGET)
}

const ZONES: [&str; 4] = ["America/New_York", "Europe/Prague", "UTC", "Australia/Sydney"];

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<bool> {
    let year = year()?;
    let load = world_cup()?;
    let import = combined()?;
    Ok(year && load && import)
}

/// User and system time of this process.
fn processor() -> Outcome<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let of = |time: nix::sys::time::TimeVal| Duration::from_micros((time.tv_sec() * 1_000_000 + time.tv_usec()) as u64);
    Ok(of(usage.user_time()) + of(usage.system_time()))
}

fn year() -> Outcome<bool> {
    const PAIRS: usize = 1000;
    const BUDGET: Duration = Duration::from_secs(1);
    let from = Moment::from_unix(1_780_272_000);
    let context = Context::year_from(from);
    let mut pairs = Vec::new();
    for n in 0..PAIRS {
        let zone = Zone::named(ZONES[n % ZONES.len()])?;
        pairs.push((schedule(n, zone.name()), week(&profile(n), &zone)));
    }
    let need = Need::per_replica(Ratio::parse("40").ok_or("a ratio")?);
    let before = processor()?;
    let mut found = 0;
    let mut edges = 0;
    for (schedule, week) in &pairs {
        let bounds = keda(schedule, &context).bounds.map_err(|reason| reason.reason)?;
        let required = requirement(week, &need).ok_or("a requirement")?.over(context.period);
        edges += bounds.minimum.steps().len() + required.floor.len();
        let question = Question {
            required: &required,
            spoken: context.spoken,
            reactive: None,
            startup: 300,
        };
        found += question.shortfalls(&bounds).len();
    }
    let cost = processor()? - before;
    println!(
        "53 weeks x {PAIRS} schedules x {PAIRS} profiles: {cost:.0?} of CPU (budget {BUDGET:.0?}); {edges} edges, {found} shortfalls"
    );
    Ok(cost < BUDGET)
}

fn schedule(n: usize, zone: &str) -> KedaScaledObject {
    let span = Span::new(SourceId(0), 0, 0);
    let text = |value: String| Given::new(value, span);
    KedaScaledObject {
        object: span,
        minimum: Some(Given::new(2, span)),
        idle: None,
        maximum: Some(Given::new(60, span)),
        triggers: (0..2)
            .map(|trigger| KedaCron {
                zone: Some(text(zone.to_owned())),
                start: text(format!("{} {} * * 1-5", n % 60, 6 + trigger * 4)),
                end: text(format!("{} {} * * 1-5", n % 60, 19 + trigger)),
                desired: text((8 + n % 8).to_string()),
            })
            .collect(),
        formula: None,
        paused: None,
        replicas: None,
    }
}

/// Eight weeks of five-minute samples with a daily shape that changes in every bucket.
fn profile(n: usize) -> Profile {
    const STEP: i64 = 300;
    let count = 8 * 7 * 288;
    let first = Moment::from_unix(1_775_000_000 / 300 * 300);
    let mut random = 88_172_645_463_325_252_u64 + n as u64;
    let mut values = Vec::with_capacity(count);
    for at in 0..count {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let hour = (at % 288) as f64 / 12.0;
        let shape = 1.2 - ((hour - 14.0) / 24.0 * std::f64::consts::TAU).cos().abs() + (random % 100) as f64 / 300.0;
        values.push((shape.max(0.05) * 400.0 * NANO as f64) as u64);
    }
    Profile {
        times: (0..count as i64).map(|at| first.plus(at * STEP)).collect(),
        values,
        step: STEP,
        divisor: 1,
        gaps: Vec::new(),
    }
}

fn world_cup() -> Outcome<bool> {
    const BUDGET: Duration = Duration::from_millis(50);
    let path = "../shared/traffic/worldcup98_per_minute.csv";
    let Ok(bytes) = std::fs::read(path) else {
        println!("World Cup: skipped, there is no {path}");
        return Ok(true);
    };
    let source = Source {
        columns: Columns {
            time: "period".to_owned(),
            value: "count".to_owned(),
            unit: Unit::PerSample,
        },
        zone: Some(Zone::utc()),
        now: None,
    };
    let mut costs = Vec::new();
    let mut rows = 0;
    let mut onto_week = Duration::ZERO;
    for _ in 0..7 {
        let begin = Instant::now();
        let profile = read_profile(&bytes, &source).map_err(|problems| problems[0].message.clone())?;
        costs.push(begin.elapsed());
        rows = profile.times.len();
        let begin = Instant::now();
        week(&profile, &Zone::utc());
        onto_week = begin.elapsed();
    }
    costs.sort_unstable();
    let median = costs[costs.len() / 2];
    println!("World Cup, {rows} rows: loaded in {median:.1?} (budget {BUDGET:.0?}), onto the week in {onto_week:.1?}");
    Ok(median < BUDGET)
}
