//! Each folder imports only from the steps before it, and files do not import from each other in wide circles.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "common/imports.rs"]
mod imports;

use std::path::Path;

/// The steps, in the order data passes them.
///
/// `capacity` is pure: it computes with schedules and traffic and reads no files, so schedules are read into its types. What
/// joins the two, `assess`, comes after the links.
const ORDER: [&[&str]; 21] = [
    &["speed"],
    &["repo"],
    &["syntax"],
    &["model"],
    &["environment"],
    &["expand"],
    &["capacity"],
    &["estate"],
    &["kubernetes"],
    &["scaling"],
    &["server"],
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

/// How much a core is handed at a time is said in one file, with its reason.
#[test]
fn what_is_there_only_for_speed_is_in_one_file() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut elsewhere = Vec::new();
    for entry in walkdir::WalkDir::new(&source).into_iter().flatten() {
        let path = entry.path();
        if !entry.file_type().is_file() || path.ends_with("speed.rs") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        for word in ["with_min_len(", "with_max_len(", "par_chunks("] {
            let amounts = text.split(word).skip(1);
            // One at a time is no choice of an amount.
            let told = |rest: &str| rest.starts_with("speed::") || rest.starts_with("1)");
            elsewhere.extend(
                amounts
                    .filter(|rest| !told(rest))
                    .map(|_| format!("{}: {word}", path.display())),
            );
        }
    }
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}

/// What cannot be read without reading four other files is not understood by a newcomer, and nothing of it can be moved.
#[test]
fn no_circle_has_more_than_three_files() {
    let imports = imports::imports(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let of_table = &imports["model/table.rs"];
    assert!(of_table.contains("model/key.rs"), "imports are not read: {of_table:?}");
    let in_question = |circle: &&Vec<&str>| circle.len() > 3;
    let mut message = String::new();
    for circle in imports::circles(&imports).iter().filter(in_question) {
        message += &format!("\na circle of {} files:\n", circle.len());
        for file in circle {
            let inside = imports[*file].iter().filter(|other| circle.contains(&&***other));
            let inside: Vec<&str> = inside.map(String::as_str).collect();
            message += &format!("  {file} imports from {}\n", inside.join(", "));
        }
    }
    assert!(
        message.is_empty(),
        "Files that import from each other in a circle can only be read all at once.\n\
         Inside a room, import from the file that declares a thing, not from the `mod.rs` that hands it out to other\n\
         rooms; what two files need of each other belongs into a third.\n{message}"
    );
}
