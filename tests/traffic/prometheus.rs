//! A real Prometheus on loopback: what is imported from it is what was put into it. Skipped, with a line that says so,
//! where Prometheus is not installed.
#![allow(clippy::print_stderr)]

use std::fmt::Write as _;
use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gatelint::capacity::profile::{Columns, Profile, Source, Unit, read_profile, week};
use gatelint::capacity::{Moment, Zone};

use crate::common::{Place, said};

const STEP: i64 = 300;
const SAMPLES: i64 = 14 * 288;

/// Requests per five minutes: a real load balancer's where its record lies beside the repository, else made up.
fn requests() -> Vec<u64> {
    let path = format!(
        "{}/../shared/traffic/nab_elb_request_count_8c0756.csv",
        env!("CARGO_MANIFEST_DIR")
    );
    let made_up = |n: i64| 50 + (n % 288) * 3 + (n * 7919) % 31 + if n / 288 % 7 < 5 { 200 } else { 0 };
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("there is no {path}: the samples are made up");
        return (0..SAMPLES).map(|n| made_up(n) as u64).collect();
    };
    let source = Source {
        columns: Columns {
            time: "timestamp".to_owned(),
            value: "value".to_owned(),
            unit: Unit::PerSample,
        },
        zone: Some(Zone::utc()),
        now: None,
    };
    let profile = read_profile(&bytes, &source).unwrap();
    let values = profile.values.iter().map(|value| value / 1_000_000_000);
    values.cycle().take(SAMPLES as usize).collect()
}

/// Ends the server whatever becomes of the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn is_installed(program: &str) -> bool {
    let mut asked = Command::new(program);
    asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

/// A counter in two series that grows evenly within each five minutes, read once a minute, in OpenMetrics.
fn exposition(requests: &[u64], from: i64) -> String {
    let mut text = "# TYPE hits counter\n".to_owned();
    for (series, share) in [("a", 0.25), ("b", 0.75)] {
        let mut total = 0.0;
        let _ = writeln!(text, "hits_total{{pod=\"{series}\"}} 0 {from}");
        for (n, count) in requests.iter().enumerate() {
            let begin = from + n as i64 * STEP;
            for minute in 1..=5 {
                let value = total + *count as f64 * share * f64::from(minute) / 5.0;
                let _ = writeln!(
                    text,
                    "hits_total{{pod=\"{series}\"}} {value} {}",
                    begin + i64::from(minute) * 60
                );
            }
            total += *count as f64 * share;
        }
    }
    text.push_str("# EOF\n");
    text
}

fn start(place: &Place) -> (Server, String) {
    place.write("prometheus.yml", "global: {}\n");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let log = File::create(place.path("prometheus.log")).unwrap();
    let child = Command::new("prometheus")
        .current_dir(place.path(""))
        .args([
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            "--storage.tsdb.retention.time=60d",
        ])
        .arg(format!("--web.listen-address={address}"))
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let server = Server(child);
    let begin = Instant::now();
    while !is_ready(&address) {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "{}",
            place.text("prometheus.log")
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    (server, format!("http://{address}"))
}

fn is_ready(address: &str) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = TcpStream::connect(address) else {
        return false;
    };
    let mut answer = String::new();
    let _ = write!(stream, "GET /-/ready HTTP/1.0\r\n\r\n");
    let _ = stream.read_to_string(&mut answer);
    answer.starts_with("HTTP/1.0 200")
}

fn load(place: &Place, file: &str) -> Profile {
    read_profile(&std::fs::read(place.path(file)).unwrap(), &Source::default()).unwrap()
}

/// Two weeks of the same samples must make the same week.
fn assert_same(found: &Profile, expected: &Profile) {
    assert_eq!((found.step, found.times.len()), (expected.step, expected.times.len()));
    assert_eq!(found.times, expected.times);
    let zone = Zone::named("America/New_York").unwrap();
    let (found, expected) = (week(found, &zone), week(expected, &zone));
    assert_eq!((found.weeks, found.growth), (expected.weeks, expected.growth));
    for (found, expected) in found.demand.iter().zip(&expected.demand) {
        // Prometheus divides in floating point, and both are written to the sixth place.
        assert!(found.abs_diff(*expected) <= 1000, "{found} {expected}");
    }
}

fn import(place: &Place, arguments: &[&str]) {
    let mut command = place.command(&[&["traffic", "import", "--weeks", "2"], arguments].concat());
    for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    let said = said(&mut command);
    assert_eq!(said.code, Some(0), "{}", said.err);
}

#[test]
fn a_real_prometheus_gives_the_profile_the_csv_gives() {
    if !is_installed("prometheus") || !is_installed("promtool") {
        eprintln!("skipped: prometheus and promtool are not installed");
        return;
    }
    let place = Place::without_git(&[]);
    // The two weeks before the last full step, so that the import asks for exactly these samples.
    let now = jiff::Timestamp::now().as_second();
    let from = now / STEP * STEP - SAMPLES * STEP;
    let requests = requests();
    place.write("samples.txt", exposition(&requests, from));
    let mut csv = "timestamp,rps\n".to_owned();
    for (n, count) in requests.iter().enumerate() {
        let at = jiff::Timestamp::from_second(from + n as i64 * STEP).unwrap();
        let _ = writeln!(csv, "{at},{:.6}", *count as f64 / STEP as f64);
    }
    place.write("expected.csv", csv);
    blocks(&place);
    let (_server, url) = start(&place);

    import(
        &place,
        &[
            "--prometheus",
            &url,
            "--query",
            "sum(rate(hits_total[5m]))",
            "-o",
            "query.csv",
        ],
    );
    let mut expected = load(&place, "expected.csv");
    let found = load(&place, "query.csv");
    // A step may have ended since: then the last two weeks begin one step later.
    let since = usize::try_from((found.times[0].since(Moment::from_unix(from))) / STEP).unwrap();
    assert!(since <= 1);
    expected.times.drain(..since);
    expected.values.drain(..since);
    assert_same(&found, &expected);

    // What gatelint asks by itself looks at each minute, so it never says less.
    import(
        &place,
        &["--prometheus", &url, "--metric", "hits_total", "-o", "metric.csv"],
    );
    let metric = load(&place, "metric.csv");
    let first = metric.times.iter().position(|at| found.times.contains(at)).unwrap();
    for (at, value) in metric.times.iter().zip(&metric.values).skip(first) {
        let Ok(n) = found.times.binary_search(at) else { continue };
        assert!(*value + 1000 >= found.values[n], "{at}: {value} {}", found.values[n]);
    }
}

fn blocks(place: &Place) {
    let made = Command::new("promtool")
        .current_dir(place.path(""))
        // Longer blocks than usual: fewer files, a twentieth of the time.
        .args([
            "tsdb",
            "create-blocks-from",
            "--max-block-duration=162h",
            "openmetrics",
            "samples.txt",
            "data",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(Path::new(&place.path("data")).is_dir());
}
