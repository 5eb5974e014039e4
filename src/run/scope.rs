//! What is reported on: the paths that were asked for, without what nobody deploys.

use std::io::{self, Read as _};
use std::path::Path;

use super::Failure;
use super::setup::Setup;
use crate::cli::Lint;
use crate::environment::read::StandIn;
use crate::finding::Finding;
use crate::repo::root::Root;
use crate::rule::{Precision, Severity};
use crate::terminal;

/// The paths that are reported on, relative to the root, and the text that stands in for a file.
pub(super) fn scope(root: &Root, options: &Lint) -> Result<(Vec<String>, Option<StandIn>), Failure> {
    let relative = |path: &Path| {
        let full = std::fs::canonicalize(path)
            .or_else(|_| std::path::absolute(path))
            .unwrap_or_else(|_| path.to_path_buf());
        full.strip_prefix(&root.folder)
            .map(|path| path.to_string_lossy().replace('\\', "/"))
    };
    let mut scope = Vec::new();
    let mut stand_in = None;
    for path in &options.paths {
        if path.as_os_str() == "-" {
            let Some(name) = &options.stdin_filename else {
                return Err(Failure::new(
                    "the name of the text on standard input is not known",
                    "Say where it belongs: gatelint lint - --stdin-filename edge/nginx.conf",
                ));
            };
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes)?;
            let outside = |_| Failure::new("--stdin-filename lies outside the repository", "Give a path inside it.");
            // The file need not exist yet, but its folder tells where it lies.
            let folder = name
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
                .unwrap_or(Path::new("."));
            let folder = relative(folder).map_err(outside)?;
            let file = name
                .file_name()
                .map(|file| file.to_string_lossy().into_owned())
                .unwrap_or_default();
            let path = if folder.is_empty() {
                file
            } else {
                format!("{folder}/{file}")
            };
            scope.push(path.clone());
            stand_in = Some(StandIn { path, bytes });
            continue;
        }
        if !path.exists() {
            return Err(Failure::new(
                format!("{} does not exist", terminal::escape(&path.display().to_string())),
                "Give files and folders of the repository, or nothing for the current folder.",
            ));
        }
        match relative(path) {
            Ok(path) => scope.push(path),
            Err(_) => {
                return Err(Failure::new(
                    format!(
                        "{} lies outside the repository {}",
                        path.display(),
                        root.folder.display()
                    ),
                    "One run reads one repository: lint the other one by itself.",
                ));
            }
        }
    }
    Ok((scope, stand_in))
}

/// Leaves out what was not asked for. Gives how many findings lie in examples and the like.
pub(super) fn narrow(setup: &Setup, findings: &mut Vec<Finding>, scope: &[String], options: &Lint) -> usize {
    let least = options.min_severity.unwrap_or(Severity::Info);
    let surest: Precision = options.min_precision;
    let mut left_out = 0;
    findings.retain(|finding| {
        let path = setup.sources.get(finding.at.source).path.clone();
        let inside = |scope: &String| {
            scope.is_empty()
                || *path == **scope
                || path
                    .strip_prefix(scope.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let related = || {
            finding.related.iter().any(|(span, _)| {
                let path = setup.sources.get(span.source).path.clone();
                scope.iter().any(|scope| *path == **scope)
            })
        };
        // A file that was named is reported also where the other end is what a person would edit.
        if !scope.iter().any(inside) && !related() {
            return false;
        }
        if finding.severity < least || finding.precision < surest {
            return false;
        }
        // Examples are left out unless one of them is what was asked for.
        let asked = scope.iter().any(|scope| is_example(scope) && inside(scope));
        if is_example(&path) && !asked && !options.include_examples {
            left_out += 1;
            return false;
        }
        true
    });
    left_out
}

/// Folders whose files are not deployed, or are somebody else's.
pub(super) fn is_example(path: &str) -> bool {
    const NAMES: [&str; 12] = [
        "testdata",
        "examples",
        "example",
        "fixtures",
        "fixture",
        "test-fixtures",
        "samples",
        "__tests__",
        "vendor",
        "third_party",
        "test",
        "tests",
    ];
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        if NAMES.contains(&part) || (part == "charts" && parts.clone().count() > 2 && path.contains("/charts/")) {
            return true;
        }
    }
    false
}
