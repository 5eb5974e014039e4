//! What is reported on: the paths that were asked for, without what nobody deploys.

use std::io::{self, Read as _};
use std::path::Path;

use super::end::Failure;
use crate::cli::Lint;
use crate::environment::Role;
use crate::environment::claim::Charts;
use crate::environment::read::StandIn;
use crate::product::claimants;
use crate::repo::open;
use crate::repo::root::Root;

/// What is reported on.
#[derive(Debug)]
pub(super) struct Scope {
    /// Files and folders relative to the root; the empty one is the root.
    paths: Vec<String>,
    /// Whether examples are reported too.
    examples: bool,
}

impl Scope {
    /// Whether a file was asked for.
    pub(super) fn asks(&self, path: &str) -> bool {
        self.paths.iter().any(|scope| within(path, scope))
    }

    /// Whether a file is left out although it was asked for: nobody deploys it. Asking for the example itself counts.
    pub(super) fn leaves_out(&self, path: &str) -> bool {
        let named = self.paths.iter().any(|scope| is_example(scope) && within(path, scope));
        is_example(path) && !named && !self.examples
    }

    /// Whether a path was named as it is.
    pub(super) fn names(&self, path: &str) -> bool {
        self.paths.iter().any(|scope| path == scope)
    }

    /// Whether the whole repository was asked for.
    pub(super) fn is_all(&self) -> bool {
        self.paths.iter().any(String::is_empty)
    }

    /// Whether what is said of a file belongs in the report.
    pub(super) fn reports(&self, path: &str) -> bool {
        self.asks(path) && !self.leaves_out(path)
    }
}

fn within(path: &str, scope: &str) -> bool {
    scope.is_empty() || path == scope || path.strip_prefix(scope).is_some_and(|rest| rest.starts_with('/'))
}

/// The paths that are reported on, and the text that stands in for a file.
pub(super) fn scope(root: &Root, options: &Lint) -> Result<(Scope, Option<StandIn>), Failure> {
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
            let mut bytes = Vec::new();
            let longest = open::CONFIGURATION;
            io::stdin().lock().take(longest + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > longest {
                let message = format!("the text on standard input has more than {} MB", longest >> 20);
                return Err(Failure::new(
                    message,
                    "No configuration that a person wrote is that long.",
                ));
            }
            let Some(name) = &options.stdin_filename else {
                let path = stream_name(&bytes).to_owned();
                scope.push(path.clone());
                let alone = true;
                stand_in = Some(StandIn { path, bytes, alone });
                continue;
            };
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
            let alone = false;
            stand_in = Some(StandIn { path, bytes, alone });
            continue;
        }
        if !path.exists() {
            return Err(Failure::new(
                format!("{} does not exist", path.display()),
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
    Ok((
        Scope {
            paths: scope,
            examples: options.include_examples,
        },
        stand_in,
    ))
}

/// What a text on standard input is called that nobody has named: what a tool has rendered is YAML, and what a server has
/// dumped is said to be what it is by its content.
fn stream_name(bytes: &[u8]) -> &'static str {
    let name = "standard-input.yaml";
    let claim = claimants().by_content(&Charts::default(), name, &String::from_utf8_lossy(bytes));
    match claim.role {
        Role::OtherYaml | Role::Other | Role::Helm => "standard-input.conf",
        _ => name,
    }
}

/// Folders whose files are not deployed, or are somebody else's.
fn is_example(path: &str) -> bool {
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
    // A chart inside a chart is vendored.
    let mut charts = 0;
    path.split('/').rev().enumerate().any(|(at, part)| {
        charts += usize::from(at > 0 && part.ends_with("charts"));
        charts > 1 || NAMES.contains(&part.trim_start_matches('.'))
    })
}
