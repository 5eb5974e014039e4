//! Repositories made to attack whoever looks at them: nothing is read that should not be, nothing is waited for, and what
//! decides about the run is not lost in silence.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Duration;

use common::{Place, Said, problems};
use gatelint::terminal::is_unsafe;

/// Generous for a debug build on a busy machine; what waits for a pipe never ends.
const SOON: Duration = Duration::from_secs(20);

/// What makes a place hostile, and a part of what is said about it.
type Case<'c> = (&'c str, &'c dyn Fn(&Place));

const NGINX: (&str, &str) = (
    "nginx.conf",
    "events {}\nhttp { server { location / { proxy_pass http://127.0.0.1:1; } } }\n",
);

fn pipe(place: &Place, path: &str) {
    assert!(Command::new("mkfifo").arg(place.path(path)).status().unwrap().success());
}

/// The binary with 4 GB of memory and some seconds: what takes more is killed, and has no exit code.
fn run(place: &Place, arguments: &[&str]) -> Said {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg("ulimit -v 4000000; exec timeout -s KILL 60 \"$@\"");
    command.arg("sh").arg(env!("CARGO_BIN_EXE_gatelint")).args(arguments);
    common::said(command.current_dir(place.path("")).env("NO_COLOR", "1"))
}

fn refused(place: &Place, arguments: &[&str]) -> String {
    let said = run(place, arguments);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{}", said.err);
    assert!(said.took < SOON, "{:?}", said.took);
    said.err
}

/// What a list of ignored files is, where it is not a file of the repository.
#[test]
fn lists_of_ignored_files_are_not_followed() {
    let outside = Place::without_git(&[("list", "nginx.conf\n")]);
    for name in [".gitignore", ".ignore"] {
        for target in ["/dev/zero", outside.path("list").to_str().unwrap(), "pipe"] {
            let place = Place::new(&[NGINX]);
            if target == "pipe" {
                pipe(&place, name);
            } else {
                symlink(target, place.path(name)).unwrap();
            }
            let said = run(&place, &["lint", "--format", "json"]);
            assert!(said.took < SOON, "{:?}", said.took);
            let report = said.json();
            let said = problems(&report);
            assert_eq!(report["summary"]["files"], 1, "{name} {target} {said:?}");
            assert!(said[0].contains(name) && said.len() == 1, "{name} {target} {said:?}");
        }
    }
}

/// A configuration is a policy: what is there and cannot be read ends the run, and none of it is shown.
#[test]
fn a_configuration_that_cannot_be_read_ends_the_run() {
    const SECRET: &str = "root:x:0:0";
    let outside = Place::without_git(&[("secret", SECRET)]);
    let with = |make: &dyn Fn(&Place)| {
        let place = Place::new(&[NGINX]);
        make(&place);
        let err = refused(&place, &["lint"]);
        assert!(err.contains(".gatelint.y") && !err.contains(SECRET), "{err}");
        // Who does not want it can say so.
        assert_ne!(run(&place, &["lint", "--no-config"]).code, Some(2));
        err
    };
    let link = |to: &str| {
        let to = to.to_owned();
        move |place: &Place| symlink(&to, place.path(".gatelint.yaml")).unwrap()
    };
    let cases: [Case<'_>; 8] = [
        ("leaves the repository", &link(outside.path("secret").to_str().unwrap())),
        ("leaves the repository", &link("/dev/zero")),
        ("does not exist", &link("nowhere.yaml")),
        ("a named pipe", &|place| pipe(place, ".gatelint.yaml")),
        ("a folder", &|place| place.write(".gatelint.yaml/a", "")),
        ("UTF-16", &|place| {
            place.write(".gatelint.yaml", b"\xff\xfes\0".as_slice())
        }),
        ("more than the limit", &|place| {
            place.write(".gatelint.yaml", vec![b'#'; 2 << 20])
        }),
        ("two configurations", &|place| {
            place.write(".gatelint.yaml", "");
            symlink("nowhere", place.path(".gatelint.yml")).unwrap();
        }),
    ];
    for (reason, make) in cases {
        let err = with(make);
        assert!(err.contains(reason), "{reason}: {err}");
    }
    // A link that stays inside is followed.
    let place = Place::new(&[NGINX, ("ops/policy.yaml", "select: [nonsense]\n")]);
    symlink("ops/policy.yaml", place.path(".gatelint.yaml")).unwrap();
    assert!(refused(&place, &["lint"]).contains("nonsense"));
}

/// Profiles are read in the same way.
#[test]
fn a_profile_is_a_file_of_the_repository() {
    let config = "traffic:\n  - target: web\n    profile: t.csv\n    rps_per_replica: 4\n";
    let outside = Place::without_git(&[("t.csv", "secret\n")]);
    for (reason, make) in [
        (
            "a named pipe",
            &(|place: &Place| pipe(place, "t.csv")) as &dyn Fn(&Place),
        ),
        ("leaves the repository", &|place| {
            symlink(outside.path("t.csv"), place.path("t.csv")).unwrap()
        }),
        ("leaves the repository", &|place| {
            symlink("/dev/zero", place.path("t.csv")).unwrap()
        }),
        ("a folder", &|place| place.write("t.csv/a", "")),
    ] {
        let place = Place::new(&[NGINX, (".gatelint.yaml", config)]);
        make(&place);
        let err = refused(&place, &["lint"]);
        assert!(
            err.contains("t.csv") && err.contains(reason) && !err.contains("secret"),
            "{err}"
        );
    }
}

/// So are rules.
#[test]
fn a_rule_is_a_file_of_the_repository() {
    let outside = Place::without_git(&[("a.yaml", "secret\n")]);
    for make in [
        &(|place: &Place| pipe(place, "rules/a.yaml")) as &dyn Fn(&Place),
        &|place| symlink(outside.path("a.yaml"), place.path("rules/a.yaml")).unwrap(),
        &|place| symlink("/dev/zero", place.path("rules/a.yaml")).unwrap(),
    ] {
        let place = Place::new(&[NGINX, (".gatelint.yaml", "rules: [rules]\n"), ("rules/.keep", "")]);
        make(&place);
        let err = refused(&place, &["lint"]);
        assert!(err.contains("rules/a.yaml") && !err.contains("secret"), "{err}");
    }
}

/// What a rule of the user's says reaches neither the terminal nor a page as it is.
#[test]
fn a_rule_is_shown_without_its_escapes() {
    let rule = "id: my-rule\ncategory: timeouts\nseverity: warning\nprecision: high\nsince: 0.1.0\n\
        title: \"T\\e]0;pwned\\aT\\u202E\"\nwhy: \"\\e[31mW\\e]8;;http://evil\\aclick\"\neach: route\n\
        require: route.read_timeout <= duration(\"5s\")\npoint: route.read_timeout\nmessage: m\nhelp: \"h\\e[2J\"\n\
        references: [\"https://x.y\"]\nexamples:\n  - name: \"n\\e[31m\"\n    bad:\n      nginx.conf: |\n        \
        server { location / {\n         proxy_pass http://a:80;\n         proxy_read_timeout 60s; # <--\n        } }\n  \
        - name: g\n    good:\n      nginx.conf: \"server { location / {\\n proxy_pass http://a:80;\\n \
        proxy_read_timeout 4s; # \\e[31mred\\u2066\\n} }\\n\"\n";
    let place = Place::new(&[(".gatelint.yaml", "rules: [r]\n"), ("r/a.yaml", rule), NGINX]);
    for arguments in [
        &["rules"][..],
        &["rules", "--format", "json"],
        &["rules", "--test"],
        &["explain", "my-rule"],
        &["explain", "my-rule", "--format", "markdown"],
        &["lint"],
        &["lint", "--format", "json"],
    ] {
        let said = run(&place, arguments);
        assert_ne!(said.code, Some(2), "{arguments:?} {}", said.err);
        for text in [&said.out, &said.err] {
            let raw = text.chars().find(|c| is_unsafe(*c) && !matches!(c, '\n' | '\t'));
            assert_eq!(raw, None, "{arguments:?} {text}");
        }
    }
    let page = run(&place, &["explain", "my-rule"]).out;
    assert!(page.contains("T\\x1b]0;pwned\\x07T\\u{202e}"), "{page}");
}

fn packed(bytes: &[u8], as_object: bool) -> Vec<u8> {
    let level = flate2::Compression::fast();
    if as_object {
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), level);
        out.write_all(bytes).unwrap();
        return out.finish().unwrap();
    }
    let mut out = flate2::write::GzEncoder::new(Vec::new(), level);
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

const TRAFFIC: &str =
    "traffic:\n  - target: shop/web\n    profile: t.csv\n    rps_per_replica: 40\n    timezone: UTC\n";
const SCALED: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web, namespace: shop }\nspec:\n  replicas: 3\n  \
    selector: { matchLabels: { app: web } }\n  template:\n    metadata: { labels: { app: web } }\n    \
    spec: { containers: [ { name: web, image: x } ] }\n";

fn week() -> String {
    let hours = (1..8).flat_map(|day| (0..24).map(move |hour| format!("2026-06-{day:02}T{hour:02}:00:00Z,100\n")));
    format!("timestamp,rps\n{}", hours.collect::<String>())
}

/// What is unpacked counts.
#[test]
fn a_packed_profile_is_as_large_as_what_it_holds() {
    let place = Place::new(&[(".gatelint.yaml", TRAFFIC), ("d.yaml", SCALED)]);
    place.write("t.csv", packed(week().as_bytes(), false));
    assert_ne!(run(&place, &["lint"]).code, Some(2));
    place.write(
        "t.csv",
        packed("2026-06-01T00:00:00Z,100\n".repeat(4 << 20).as_bytes(), false),
    );
    let err = refused(&place, &["lint"]);
    assert!(err.contains("t.csv") && err.contains("more than 64 MB"), "{err}");
}

/// A date that no commit has does not make gatelint walk until then.
#[test]
fn a_commit_from_beyond_time_is_refused() {
    let place = Place::new(&[(".gatelint.yaml", TRAFFIC), ("d.yaml", SCALED), ("t.csv", &week())]);
    let id = "a".repeat(40);
    place.write(".git/refs/heads/main", format!("{id}\n"));
    let object = format!(".git/objects/aa/{}", &id[2..]);
    let commit = |seconds: &str| {
        let text = format!("tree {id}\nauthor a <a@b> 0 +0000\ncommitter a <a@b> {seconds} +0000\n\nx\n");
        place.write(
            &object,
            packed(format!("commit {}\0{text}", text.len()).as_bytes(), true),
        );
    };
    commit("1780617600");
    let said = run(&place, &["lint"]);
    assert!(
        said.out.contains("from 2026-06-05, the day of the newest commit"),
        "{}{}",
        said.out,
        said.err
    );
    for seconds in [
        "9223372036854775807",
        "9999999999999999999999",
        "253402300799",
        "-1",
        "",
    ] {
        commit(seconds);
        let err = refused(&place, &["lint"]);
        assert!(
            err.contains("date of the newest commit") && err.contains("--as-of"),
            "{err}"
        );
        assert_ne!(run(&place, &["lint", "--as-of", "2026-06-05"]).code, Some(2));
    }
    // Neither is waited for what git keeps.
    std::fs::remove_file(place.path(&object)).unwrap();
    pipe(&place, &object);
    assert!(refused(&place, &["lint"]).contains("a named pipe"));
    let err = refused(&place, &["lint", "--as-of", "9999-01-01"]);
    assert!(err.contains("2100"), "{err}");
}

/// The day of a commit does not depend on who owns the files, how much was cloned, and how git packs.
#[test]
fn the_newest_commit_is_found_however_git_keeps_it() {
    let place = Place::without_git(&[(".gatelint.yaml", TRAFFIC), ("d.yaml", SCALED), ("t.csv", &week())]);
    let git = |arguments: &str| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "safe.directory=*"]);
        command
            .args(arguments.split(' '))
            .current_dir(place.path(""))
            .env("GIT_COMMITTER_DATE", "1780617600 +0000");
        command.output().is_ok_and(|output| output.status.success())
    };
    if !git("init -q -b main") {
        common::skipped("git is not installed");
        return;
    }
    let lint = |folder: &str| place.run_in(folder, &["lint"]);
    assert!(lint(".").out.contains("because there is no commit"));
    assert!(git("add -A") && git("commit -qm x") && git("commit -qm y --allow-empty"));
    let is_found = |folder: &str| {
        let said = lint(folder);
        assert!(
            said.out.contains("from 2026-06-05, the day of the newest commit"),
            "{folder} {}{}",
            said.out,
            said.err
        );
    };
    is_found(".");
    assert!(git("gc -q") && git("pack-refs --all"));
    is_found(".");
    let url = format!("file://{}", place.path("").display());
    assert!(git(&format!("clone -q --depth 1 {url} shallow")) && git("worktree add -q --detach tree"));
    is_found("shallow");
    is_found("tree");
    // As in a container of CI, where another user has cloned; who may not change owners cannot try.
    if Command::new("chown")
        .args(["-R", "12345"])
        .arg(place.path("shallow"))
        .status()
        .is_ok_and(|status| status.success())
    {
        is_found("shallow");
    }
    for (kind, reason) in [
        ("--object-format=sha256", "SHA-256"),
        ("--ref-format=reftable", "reftable"),
    ] {
        if !git(&format!("init -q -b main {kind} {reason}")) {
            common::skipped(&format!("this git knows no {reason}"));
            continue;
        }
        for file in [".gatelint.yaml", "d.yaml", "t.csv"] {
            place.write(&format!("{reason}/{file}"), place.text(file));
        }
        assert!(git(&format!("-C {reason} add -A")) && git(&format!("-C {reason} commit -qm x")));
        assert!(git(&format!("-C {reason} gc -q")));
        let err = place.run_in(reason, &["lint"]).err;
        assert!(
            err.contains("date of the newest commit is not known") && err.contains(reason),
            "{err}"
        );
        assert!(err.contains("--as-of"), "{err}");
    }
}

/// What costs more than its size is bounded before it is read.
#[test]
fn xml_is_bounded_before_it_is_parsed() {
    let many = |make: &dyn Fn(usize) -> String, count: usize| (0..count).map(make).collect::<String>();
    let namespaces = many(&|at| format!("<a xmlns:b{at}=\"c{at}\">"), 5000) + &"</a>".repeat(5000);
    let attributes = format!(
        "<Connector port=\"8000\" {}/>",
        many(&|at| format!("a{at}=\"\" "), 100_000)
    );
    for inner in [namespaces, attributes] {
        let place = Place::new(&[
            (
                "default.conf",
                "server { listen 80; location / { proxy_pass http://app:8000; } }\n",
            ),
            (
                "compose.yaml",
                "services:\n  web:\n    image: nginx:1.28\n    volumes: [\"./default.conf:/etc/nginx/conf.d/default.conf:ro\"]\n  \
                 app:\n    build: .\n",
            ),
            (
                "Dockerfile",
                "FROM tomcat:10\nCOPY server.xml /usr/local/tomcat/conf/server.xml\n",
            ),
            ("server.xml", &format!("<Server><Service>{inner}</Service></Server>")),
        ]);
        let said = run(&place, &["lint", "-v"]);
        assert!(
            said.took < SOON && said.code.is_some_and(|code| code < 2),
            "{:?} {}",
            said.took,
            said.err
        );
    }
}

/// A long name is not written into every object.
#[test]
fn a_prefix_is_no_longer_than_a_name() {
    let objects: Vec<String> = (0..2000)
        .map(|at| {
            format!("apiVersion: v1\nkind: Service\nmetadata: {{name: a{at}}}\nspec: {{ports: [{{port: 80}}]}}\n")
        })
        .collect();
    let long = "a".repeat(4 << 20);
    for entry in ["namePrefix: ", "nameSuffix: ", "namespace: ", "commonLabels:\n  a: "] {
        let place = Place::new(&[
            ("kustomization.yaml", &format!("{entry}{long}\nresources: [a.yaml]\n")),
            ("a.yaml", &objects.join("---\n")),
        ]);
        let said = run(&place, &["lint", "--format", "json"]);
        let said = problems(&said.json());
        assert!(
            said.len() == 1 && said[0].contains("kustomization.yaml") && said[0].contains("at most 253"),
            "{entry} {said:?}"
        );
    }
}
