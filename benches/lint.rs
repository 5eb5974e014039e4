//! What `gatelint lint` costs, as ratios to `rg` on the same tree in the same run: `cargo bench --bench lint`.
//!
//! `GATELINT_BENCH_FULL=1` adds 100,000 files.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod generate;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use gatelint::environment::Role;
use gatelint::environment::claim::Charts;
use gatelint::product::claimants;
use gatelint::repo::walk::{WalkOptions, read, walk};
use nix::sys::resource::{UsageWho, getrusage};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const MEASURE: &str = "--measure";
const ROUNDS: usize = 7;
const MB: f64 = 1e6;
/// What is measured: what a person sees, which proves the fixes that are shown; a line for each finding, without fixes;
/// and everything, which proves the fix of every piece of advice as well, as JSON and as SARIF.
const FORMATS: [(&str, &[&str]); 4] = [
    ("gatelint lint", &[]),
    ("  concise", &["--format", "concise"]),
    ("  json", &["--format", "json"]),
    ("  sarif", &["--format", "sarif"]),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((first, command)) if first == MEASURE => measure_child(command),
        _ => report(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn report() -> Outcome<()> {
    let processors = std::thread::available_parallelism()?;
    println!("{processors} processors, median of {ROUNDS} rounds after one to warm up\n");
    let mut sizes = vec![1_000, 10_000];
    if std::env::var_os("GATELINT_BENCH_FULL").is_some_and(|value| value == "1") {
        sizes.push(100_000);
    } else {
        println!("100,000 files: skipped, set GATELINT_BENCH_FULL=1\n");
    }
    let mut per_file = Vec::new();
    for size in sizes {
        per_file.push((size, whole_tree(size)?));
    }
    let first = per_file[0].1;
    for (size, cost) in per_file {
        println!(
            "{size:>7} files: {:.1} µs a file, {:.2} of the smallest tree",
            micros(cost),
            ratio(cost, first)
        );
    }
    one_small_file()
}

/// Measures one generated tree; gives gatelint's time per file.
fn whole_tree(size: usize) -> Outcome<Duration> {
    let folder = tempfile::tempdir()?;
    let written = generate::tree(folder.path(), size)?;
    println!(
        "{} files, {:.1} MB ({:.1} MB configuration), {} defects",
        written.files,
        written.bytes as f64 / MB,
        written.config_bytes as f64 / MB,
        written.defects
    );
    stages(folder.path());

    let rg = || {
        let mut command = Command::new("rg");
        command.args(["-c", "proxy_read_timeout"]).arg(folder.path());
        command
    };
    let has_rg = Command::new("rg")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok();
    // Interleaved, so that a busy machine disturbs both alike.
    let mut ours = FORMATS.map(|_| Vec::new());
    let mut theirs = Vec::new();
    for round in 0..=ROUNDS {
        let mut usages = Vec::new();
        for (_, arguments) in FORMATS {
            usages.push(measure(lint(folder.path()).args(arguments))?);
        }
        let other = if has_rg { Some(measure(&rg())?) } else { None };
        if round > 0 {
            ours.iter_mut().zip(usages).for_each(|(all, usage)| all.push(usage));
            theirs.extend(other);
        }
    }
    let their = has_rg.then(|| median(&mut theirs));
    match &their {
        Some(their) => print_usage("rg -c", their, size),
        None => println!("  rg -c              skipped: rg is not installed"),
    }
    let bound = written.config_bytes as f64 * 20.0 + 40.0 * MB;
    let ours = ours.map(|mut all| median(&mut all));
    for ((name, _), our) in FORMATS.iter().zip(&ours) {
        print_usage(name, our, size);
        if let Some(their) = &their {
            println!(
                "    ratio to rg      {:8.2}   (bound 5)",
                ratio(our.elapsed, their.elapsed)
            );
        }
        println!(
            "    peak memory      {:8.1} MB (bound {:.1} MB)",
            our.peak as f64 / MB,
            bound / MB
        );
    }
    println!(
        "  sarif to json      {:8.2}   (bound 2)",
        ratio(ours[3].elapsed, ours[2].elapsed)
    );
    println!("  findings           {}\n", findings(folder.path())?);
    Ok(ours[0].elapsed / u32::try_from(size)?)
}

/// The first steps alone, in this process.
fn stages(root: &Path) {
    let best = |work: &dyn Fn() -> usize| {
        let time = |_| {
            let start = Instant::now();
            std::hint::black_box(work());
            start.elapsed()
        };
        (0..ROUNDS).map(time).min().unwrap_or_default()
    };
    let options = WalkOptions::default();
    let walked = walk(root, &options, &|path| claimants().by_name(path).is_some());
    let charts = Charts::among(walked.files.iter().map(|file| file.path.as_str()));
    let texts: Vec<(&str, String)> = walked
        .files
        .iter()
        .filter_map(|file| Some((file.path.as_str(), String::from_utf8(read(root, file).ok()?).ok()?)))
        .collect();
    let walking = best(&|| {
        walk(root, &options, &|path| claimants().by_name(path).is_some())
            .files
            .len()
    });
    let reading = best(&|| walked.files.iter().filter(|file| read(root, file).is_ok()).count());
    let claiming = best(&|| {
        texts
            .iter()
            .filter(|(path, text)| claimants().by_content(&charts, path, text).role != Role::Other)
            .count()
    });
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    println!(
        "  walk               {:8.1} ms ({} candidates)",
        millis(walking),
        walked.files.len()
    );
    println!("  read, one thread   {:8.1} ms", millis(reading));
    println!(
        "  claim, one thread  {:8.1} ms ({:.0} MB/s)",
        millis(claiming),
        bytes as f64 / MB / claiming.as_secs_f64()
    );
}

fn one_small_file() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(
        folder.path().join("nginx.conf"),
        "events {}\nhttp { server { location / { proxy_pass http://a:80; } } }\n",
    )?;
    let mut usages = (0..20)
        .map(|_| measure(&lint(folder.path())))
        .collect::<Outcome<Vec<_>>>()?;
    usages.sort_by_key(|usage| usage.cpu());
    let usage = usages[usages.len() / 2];
    println!(
        "\none small file: {:.2} ms of CPU, {:.2} ms elapsed, start included (bound 15 ms of CPU)",
        millis(usage.cpu()),
        millis(usage.elapsed)
    );
    Ok(())
}

fn lint(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatelint"));
    command.arg("lint").arg(folder);
    command
}

fn findings(folder: &Path) -> Outcome<String> {
    let output = lint(folder).args(["--format", "json"]).output()?;
    let report: Result<serde_json::Value, _> = serde_json::from_slice(&output.stdout);
    Ok(match report {
        Ok(report) => format!(
            "{}, summary {}",
            report["findings"].as_array().map_or(0, Vec::len),
            report["summary"]
        ),
        Err(_) => format!("no report ({}): the numbers above measure nothing", output.status),
    })
}

/// What one run of a command used.
#[derive(Clone, Copy)]
struct Usage {
    elapsed: Duration,
    user: Duration,
    system: Duration,
    /// Bytes.
    peak: u64,
}

impl Usage {
    fn cpu(&self) -> Duration {
        self.user + self.system
    }
}

/// Runs a command through a copy of this program that has no other child: the system adds up processor time and takes
/// the peak of memory over all children of a process.
fn measure(command: &Command) -> Outcome<Usage> {
    let output = Command::new(std::env::current_exe()?)
        .arg(MEASURE)
        .arg(command.get_program())
        .args(command.get_args())
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers = text
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<Vec<u64>, _>>()?;
    let [elapsed, user, system, peak] = numbers[..] else {
        return Err(format!("the measuring process said {text:?}").into());
    };
    Ok(Usage {
        elapsed: Duration::from_micros(elapsed),
        user: Duration::from_micros(user),
        system: Duration::from_micros(system),
        peak,
    })
}

fn measure_child(command: &[String]) -> Outcome<()> {
    let (program, arguments) = command.split_first().ok_or("nothing to measure")?;
    let start = Instant::now();
    // Findings are exit code 1; anything above is a failure that must not pass for speed.
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status()?;
    let elapsed = start.elapsed();
    if status.code().is_none_or(|code| code > 1) {
        return Err(format!("{program} ended with {status}").into());
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    // Linux counts KiB, macOS bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    println!(
        "{} {} {} {}",
        elapsed.as_micros(),
        micros(usage.user_time()),
        micros(usage.system_time()),
        usage.max_rss() * unit
    );
    Ok(())
}

fn median(usages: &mut [Usage]) -> Usage {
    usages.sort_by_key(|usage| usage.elapsed);
    let peak = usages.iter().map(|usage| usage.peak).max().unwrap_or_default();
    let middle = usages[usages.len() / 2];
    Usage { peak, ..middle }
}

fn print_usage(what: &str, usage: &Usage, files: usize) {
    println!(
        "  {what:<18} {:8.1} ms, {:.4} ms a file, CPU {:.1} ms user + {:.1} ms system",
        millis(usage.elapsed),
        millis(usage.elapsed) / files as f64,
        millis(usage.user),
        millis(usage.system)
    );
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}
