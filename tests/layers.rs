//! Each folder imports only from the steps before it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

/// The steps, in the order data passes them.
///
/// `capacity` is pure: it computes with schedules and traffic and reads no files, so schedules are read into its types. What
/// joins the two, `assess`, comes after the links.
const ORDER: [&[&str]; 18] = [
    &["speed"],
    &["repo"],
    &["syntax"],
    &["model"],
    &["environment"],
    &["expand"],
    &["capacity"],
    &["kubernetes", "scaling", "estate", "server"],
    &["product"],
    &["lower"],
    &["link"],
    &["assess"],
    &["rule"],
    &["finding"],
    &["fix"],
    &["analysis"],
    &["config"],
    &["report"],
];

#[test]
fn a_step_imports_only_from_the_steps_before_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for entry in walkdir::WalkDir::new(&source).into_iter().flatten() {
        let path = entry.path().strip_prefix(&source).unwrap();
        if path.as_os_str().is_empty() {
            continue;
        }
        let step = path
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_string_lossy()
            .replace(".rs", "");
        let (Some(own), true) = (
            ORDER.iter().position(|names| names.contains(&step.as_str())),
            entry.file_type().is_file(),
        ) else {
            continue;
        };
        let text = std::fs::read_to_string(entry.path()).unwrap();
        for later in ORDER.iter().skip(own + 1).flat_map(|names| names.iter()) {
            let used = format!("crate::{later}");
            for (line, _) in text.match_indices(&used) {
                if text[line + used.len()..].starts_with([':', ';', ' ', ',', '}']) {
                    wrong.push(format!("{} uses {later}", path.display()));
                }
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
