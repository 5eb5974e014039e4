//! A small repository in a temporary folder, and the binary run in it.
#![allow(clippy::unwrap_used, dead_code, missing_docs)]

pub mod fixes;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

pub struct Place {
    folder: tempfile::TempDir,
}

/// What a run said.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
    pub took: Duration,
}

impl Place {
    /// The files of a git repository.
    pub fn new(files: &[(&str, &str)]) -> Place {
        let place = Place::without_git(files);
        place.write(".git/HEAD", "ref: refs/heads/main\n");
        place
    }

    pub fn without_git(files: &[(&str, &str)]) -> Place {
        let place = Place {
            folder: tempfile::tempdir().unwrap(),
        };
        for (path, text) in files {
            place.write(path, text);
        }
        place
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// The binary with none of the caller's environment that it would heed.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatelint"));
        command.args(arguments).current_dir(self.folder.path());
        command.stdin(Stdio::null());
        for name in [
            "NO_COLOR",
            "CLICOLOR_FORCE",
            "FORCE_COLOR",
            "NO_GRAPHICS",
            "RUST_BACKTRACE",
            "GITHUB_SERVER_URL",
        ] {
            command.env_remove(name);
        }
        command.env("TERM", "xterm");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }

    pub fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
        said(self.command(arguments).envs(variables.iter().copied()))
    }

    pub fn run_in(&self, folder: &str, arguments: &[&str]) -> Said {
        said(self.command(arguments).current_dir(self.path(folder)))
    }

    /// The JSON report of `lint` with further arguments.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["lint", "--format", "json"];
        all.extend(arguments);
        self.run(&all).json()
    }
}

pub fn said(command: &mut Command) -> Said {
    let start = Instant::now();
    let Output { status, stdout, stderr } = command.output().unwrap();
    Said {
        code: status.code(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
        took: start.elapsed(),
    }
}

impl Said {
    pub fn json(&self) -> Value {
        assert!(!self.err.contains("panicked"), "{}", self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    /// The lines of concise output without their messages.
    pub fn places(&self) -> Vec<String> {
        self.out
            .lines()
            .map(|line| line.splitn(4, ' ').take(3).collect::<Vec<_>>().join(" "))
            .collect()
    }
}

/// `file:line rule` of each finding of a report.
pub fn found(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    let line = |finding: &Value| {
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        format!("{}:{} {}", text("file"), finding["line"], text("rule"))
    };
    findings.iter().map(line).collect()
}

/// `file:line kind message` of each problem of a report.
pub fn problems(report: &Value) -> Vec<String> {
    let problems = report["problems"].as_array().unwrap();
    let line = |problem: &Value| {
        let text = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
        format!(
            "{}:{} {}: {}",
            text("file"),
            problem["line"],
            text("kind"),
            text("message")
        )
    };
    problems.iter().map(line).collect()
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.file_name() == Some(OsStr::new(".git")) {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Says past the capturing of output that something was not tested, and why.
pub fn skipped(why: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}
