//! Makes the rules part of the program. There is no list of rules to keep: a file in `rules/<category>/` is a rule. What
//! is wrong with one is said by the tests and by the program itself, with its place.

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=rules");

    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut generated =
        String::from("/// Path, text as written, and text without examples as JSON, in the order of their paths.\n");
    generated.push_str("pub(super) const EMBEDDED: &[(&str, &str, &str)] = &[\n");
    for entry in walkdir::WalkDir::new(root.join("rules")).sort_by_file_name() {
        let entry = entry?;
        println!("cargo::rerun-if-changed={}", entry.path().display());
        if entry.file_type().is_dir() || entry.path().extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let path = entry.path().strip_prefix(&root)?.to_string_lossy().replace('\\', "/");
        let file = entry.path().display().to_string();
        let json = without_examples(&fs::read_to_string(entry.path())?);
        writeln!(generated, "    ({path:?}, include_str!({file:?}), {json:?}),")?;
    }
    generated.push_str("];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("rules.rs"), generated)?;
    Ok(())
}

/// A rule as JSON: reading YAML takes longer than all the rest of loading, and most runs never look at the examples.
/// What is no YAML is `null`, which no rule is.
fn without_examples(text: &str) -> String {
    let mut rule: serde_json::Value = serde_yaml::from_str(text).unwrap_or_default();
    if let Some(rule) = rule.as_object_mut() {
        rule.remove("examples");
    }
    rule.to_string()
}
