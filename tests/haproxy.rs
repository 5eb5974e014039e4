//! HAProxy against the real one: what it accepts is read whole, what it cannot find is found here too, and what a fix
//! leaves behind it accepts. Without HAProxy on the machine these tests say so and check nothing.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::fixes::{Awkward, Files, Judged};
use common::{Place, skipped};
use gatelint::environment::Role;
use gatelint::environment::claim::Charts;
use gatelint::product::{self, haproxy};
use gatelint::repo::Sources;
use gatelint::rule::RuleSet;
use gatelint::syntax::{Language, ProblemKind, parse};
use rayon::prelude::*;

/// The real one, if it is installed.
fn real() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join("haproxy"))
        .find(|path| path.exists());
    if found.is_none() {
        skipped("haproxy is not installed");
    }
    found
}

/// Whether the real one accepts a file, and what it says. `-dr` lets it go on where a host cannot be resolved.
fn check(real: &Path, file: &Path) -> (bool, String) {
    let folder = file.parent().unwrap();
    let mut command = Command::new(real);
    command.args(["-c", "-dr", "-f"]).arg(file).current_dir(folder);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    // A part of a configuration has no listener; that is all that is wrong with it.
    let valid = output.status.success() || said.contains("has no error but will not start (no listener)");
    (valid, said)
}

/// Real configurations: those of HAProxy's own repository and of others. They are not part of this repository.
fn corpus() -> Vec<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let mut found: Vec<PathBuf> = ["corpus/haproxy", "lab/haproxy"]
        .iter()
        .flat_map(|folder| walkdir::WalkDir::new(shared.join(folder)).sort_by_file_name())
        .flatten()
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|ending| ending == "cfg"))
        .collect();
    found.sort();
    if found.is_empty() {
        skipped("../shared/corpus/haproxy is not here");
    }
    found
}

#[test]
fn what_haproxy_accepts_is_read_whole() {
    let Some(real) = real() else { return };
    let mut accepted = 0;
    for file in corpus() {
        if !check(&real, &file).0 {
            continue;
        }
        accepted += 1;
        let text = std::fs::read(&file).unwrap();
        let sources = Sources::default();
        let source = sources.add_file("haproxy.cfg", text);
        assert_eq!(
            product::claimants()
                .by_content(&Charts::default(), "haproxy.cfg", &source.text)
                .role,
            Role::Product(haproxy::DESCRIPTOR.id()),
            "{}",
            file.display()
        );
        let tree = parse(&source, Language::Haproxy).unwrap();
        let unread = tree
            .problems
            .iter()
            .find(|problem| problem.kind == ProblemKind::Unreadable);
        assert!(
            unread.is_none() && tree.problems.is_empty(),
            "{}: {:?}",
            file.display(),
            tree.problems
        );
    }
    eprintln!("{accepted} files that HAProxy accepts were read");
}

/// Every name of a backend in every real configuration, mistyped: what HAProxy cannot find must be found here, on the
/// same line.
#[test]
fn what_haproxy_cannot_find_is_found_here() {
    let Some(real) = real() else { return };
    let mut compared = 0;
    for file in corpus() {
        let Ok(text) = std::fs::read_to_string(&file) else {
            continue;
        };
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for (at, line) in lines.iter().enumerate() {
            let mut words = line.split_whitespace();
            let (Some(keyword @ ("use_backend" | "default_backend")), Some(name)) = (words.next(), words.next()) else {
                continue;
            };
            if name.contains('%') || name.starts_with(['"', '\'']) {
                continue;
            }
            let (before, behind) = line.split_once(keyword).unwrap();
            let wrong = format!("{before}{keyword}{}", behind.replacen(name, &format!("{name}-gone"), 1));
            let mut mistyped: Vec<&str> = lines.clone();
            mistyped[at] = &wrong;
            let place = Place::new(&[("haproxy.cfg", &mistyped.concat())]);
            let (_, said) = check(&real, &place.path("haproxy.cfg"));
            if !said.contains(&format!("_backend: '{name}-gone'")) {
                continue;
            }
            compared += 1;
            let found = place.run(&[
                "lint",
                "--format",
                "concise",
                "--exit-zero",
                "--select",
                "backend-undefined",
            ]);
            let expected = format!("haproxy.cfg:{}:", at + 1);
            assert!(
                found.out.lines().any(|line| line.starts_with(&expected)),
                "{}:{} with {name}-gone\n{}",
                file.display(),
                at + 1,
                found.out
            );
        }
    }
    eprintln!("{compared} names that HAProxy cannot find were found");
}

/// A configuration in which everything that a name can stand for is declared.
const DECLARED: &str = "\
userlist people
    user root insecure-password secret
peers mates
    peer one 127.0.0.1:1024
    table seen type ip size 1k store http_req_rate(10s)
mailers post
    mailer smtp 127.0.0.1:25
cache pages
    total-max-size 4
http-errors site
fcgi-app php
    docroot /srv
resolvers dns
    nameserver one 127.0.0.1:53
defaults common
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend web from common
    bind 127.0.0.1:8080
    acl inside src 10.0.0.0/8
#FRONTEND
    default_backend app
backend app from common
#BACKEND
    server a 127.0.0.1:8000#SERVER
backend limits from common
    stick-table type ip size 1k store http_req_rate(10s)
#END
";

/// Where a line goes, the line, and what its `?` stands for.
#[rustfmt::skip]
const USES: &[(&str, &str, &str)] = &[
    ("SERVER", " resolvers ?", "dns"),
    ("SERVER", " track ?", "limits/b"),
    ("SERVER", " track ?", "b"),
    ("BACKEND", "    default-server resolvers ?", "dns"),
    ("BACKEND", "    use-server ? if TRUE", "a"),
    ("BACKEND", "    use-server a if ?", "TRUE"),
    ("BACKEND", "    stick on src table ?", "limits"),
    ("BACKEND", "    stick match src table limits if ?", "TRUE"),
    ("BACKEND", "    stick-table type ip size 1k peers ?", "mates"),
    ("BACKEND", "    email-alert from a@b.c\n    email-alert to d@e.f\n    email-alert mailers ?", "post"),
    ("BACKEND", "    http-request cache-use ?", "pages"),
    ("BACKEND", "    http-response cache-store ?", "pages"),
    ("BACKEND", "    filter cache ?", "pages"),
    ("BACKEND", "    errorfiles ?", "site"),
    ("BACKEND", "    use-fcgi-app ?\n    server f 127.0.0.1:9000 proto fcgi", "php"),
    ("BACKEND", "    acl up srv_is_up(?)", "a"),
    ("FRONTEND", "    use_backend app if ?", "inside"),
    ("FRONTEND", "    use_backend app unless !? or TRUE", "inside"),
    ("FRONTEND", "    http-request set-header if if if ?", "inside"),
    ("FRONTEND", "    http-request deny if { path -m beg \"/a if b\" } ?", "inside"),
    ("FRONTEND", "    http-response set-header a b if METH_GET HTTP_1.1 ?", "inside"),
    ("FRONTEND", "    http-after-response set-header a b if ?", "inside"),
    ("FRONTEND", "    tcp-request connection reject if ?", "inside"),
    ("FRONTEND", "    redirect location / if ?", "inside"),
    ("FRONTEND", "    monitor-uri /up\n    monitor fail if ?", "inside"),
    ("FRONTEND", "    http-request deny errorfiles ?", "site"),
    ("FRONTEND", "    http-request return status 503 errorfiles ?", "site"),
    ("FRONTEND", "    http-request auth unless { http_auth(?) }", "people"),
    ("FRONTEND", "    http-request do-resolve(txn.ip,?,ipv4) hdr(host)", "dns"),
    ("FRONTEND", "    http-request track-sc0 src table ?", "limits"),
    ("FRONTEND", "    tcp-request connection track-sc0 src table ?", "mates/seen"),
    ("FRONTEND", "    http-request deny if { src_http_req_rate(?) gt 3 }", "limits"),
    ("FRONTEND", "    http-request deny if { sc_http_req_rate(0,?) gt 3 }", "limits"),
    ("FRONTEND", "    http-request deny if { src,table_http_req_rate(?) gt 3 }", "limits"),
    ("FRONTEND", "    http-request set-header X-Up %[nbsrv(?)]", "app"),
    ("FRONTEND", "    acl busy fe_conn(?) gt 100", "web"),
    ("FRONTEND", "    acl up srv_is_up(?)", "app/a"),
    ("END", "frontend more from ?\n    bind 127.0.0.1:8081", "common"),
];

/// Names that HAProxy cannot find are found here, on their line; those that it finds are not.
#[test]
fn every_sort_of_name_is_looked_up_as_haproxy_does() {
    let Some(real) = real() else { return };
    let lint = |place: &Place| {
        let options = ["--format", "concise", "--exit-zero", "--select", "name-undefined"];
        place.run(&[&["lint"], &options[..]].concat()).out
    };
    for (spot, line, declared) in USES {
        let with = |name: &str| {
            let line = line.replace('?', name);
            let line = if *spot == "SERVER" { line } else { format!("{line}\n") };
            // What is tracked needs a check.
            let other = "    server b 127.0.0.1:8001 check\n";
            let text = DECLARED.replace("#END\n", &format!("{other}#END\n"));
            let text = text.replace("#BACKEND\n", &format!("#BACKEND\n{other}"));
            let mark = if *spot == "SERVER" {
                "#SERVER"
            } else {
                &format!("#{spot}\n")
            };
            let text = text.replacen(mark, &line, 1);
            text.lines()
                .map(|line| if line.starts_with('#') { "" } else { line })
                .map(|line| line.strip_suffix("#SERVER").unwrap_or(line).to_owned() + "\n")
                .collect::<String>()
        };
        let text = with("gone");
        let place = Place::new(&[("haproxy.cfg", &text)]);
        let (valid, said) = check(&real, &place.path("haproxy.cfg"));
        assert!(!valid && said.contains("gone"), "{line}\n{said}");
        let number = 1 + text.lines().position(|line| line.contains("gone")).unwrap();
        let found = lint(&place);
        let expected = format!("haproxy.cfg:{number}:");
        let places: Vec<&str> = found.lines().filter(|line| line.contains("haproxy.cfg:")).collect();
        assert!(
            matches!(places.as_slice(), [one] if one.starts_with(&expected)),
            "{line}: {found}"
        );
        let place = Place::new(&[("haproxy.cfg", &with(declared))]);
        let (valid, said) = check(&real, &place.path("haproxy.cfg"));
        assert!(valid, "{line} with {declared}\n{said}");
        let found = lint(&place);
        assert!(!found.contains("haproxy.cfg:"), "{line} with {declared}: {found}");
    }
    eprintln!("{} sorts of names were looked up as HAProxy does", USES.len());
}

/// Fixed and good examples of rules are configurations that HAProxy accepts.
#[test]
fn haproxy_accepts_what_examples_show_as_good() {
    let Some(real) = real() else { return };
    let rules = RuleSet::embedded().unwrap();
    let mut accepted = 0;
    for rule in rules.rules() {
        for example in rule.examples() {
            let files = if example.bad { &example.fixed } else { &example.files };
            let Some(text) = files.get("haproxy.cfg") else { continue };
            // Their maps would have to lie on this machine.
            if text.contains("map(") {
                continue;
            }
            let place = Place::new(&[("haproxy.cfg", text)]);
            let (valid, said) = check(&real, &place.path("haproxy.cfg"));
            assert!(valid, "{}: {:?}\n{said}", rule.id, example.name);
            accepted += 1;
        }
    }
    eprintln!("HAProxy accepts {accepted} examples");
    assert!(accepted > 20);
}

/// HAProxy and its examples agree on what is refused.
#[test]
fn haproxy_refuses_a_last_line_without_its_end() {
    let Some(real) = real() else { return };
    let place = Place::new(&[("haproxy.cfg", "defaults\n    mode http")]);
    let (valid, said) = check(&real, &place.path("haproxy.cfg"));
    assert!(!valid && said.contains("Missing LF"), "{said}");
}

/// Where a person may have written what an example writes plainly.
const AWKWARD: [Awkward; 7] = [
    ("as it is", |text| Some(text.to_owned())),
    ("settings in `defaults`", |text| {
        let is_setting = |line: &str| {
            let line = line.trim();
            ["timeout ", "retries ", "option redispatch", "retry-on "]
                .iter()
                .any(|word| line.starts_with(word))
        };
        let (settings, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| is_setting(line));
        let at = rest.iter().position(|line| line.starts_with("defaults"))?;
        let lines = rest[..=at].iter().chain(&settings).chain(&rest[at + 1..]);
        Some(lines.map(|line| format!("{line}\n")).collect())
    }),
    ("a server without a port", |text| {
        beside_servers(text, "    server odd 10.9.9.9\n")
    }),
    ("a server that follows another", |text| {
        let text = beside_servers(text, "    server odd 10.9.9.9:1 track zz/lead\n")?;
        Some(text + "backend zz\n    server lead 10.9.9.8:1 check\n")
    }),
    ("a server at a relative port", |text| {
        beside_servers(text, "    server odd 10.9.9.9:+1\n")
    }),
    ("servers with defaults of their own", |text| {
        let at = text.find("    server ")?;
        Some(format!("{}    default-server inter 2s\n{}", &text[..at], &text[at..]))
    }),
    ("no blank at the start of lines", |text| {
        Some(text.lines().map(|line| format!("{}\n", line.trim_start())).collect())
    }),
];

fn beside_servers(text: &str, line: &str) -> Option<String> {
    let last = text.rfind("    server ")?;
    let end = last + text[last..].find('\n')? + 1;
    Some(format!("{}{line}{}", &text[..end], &text[end..]))
}

/// What loads, loads after every fix, wherever the settings stand; also every real configuration that loads.
#[test]
fn fixes_in_awkward_places_are_accepted() {
    let Some(real) = real() else { return };
    let loads = |files: &Files| {
        let place = Place::new(&[("haproxy.cfg", files.get("haproxy.cfg")?)]);
        let (valid, said) = check(&real, &place.path("haproxy.cfg"));
        Some(if valid { Ok(()) } else { Err(said) })
    };
    let judged = Judged::default();
    judged.judge_examples(&AWKWARD, |path| path == "haproxy.cfg", &loads);
    corpus().par_iter().for_each(|path| {
        let Ok(text) = std::fs::read_to_string(path) else {
            return;
        };
        let files = Files::from([("haproxy.cfg".to_owned(), text)]);
        judged.judge(&path.display().to_string(), &files, &loads);
    });
    judged.end("HAProxy", 50);
}
