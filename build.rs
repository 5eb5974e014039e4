//! Validates the embedded rules against their schema and makes them part of the program. There is no list of rules to
//! keep: a file in `rules/<category>/` is a rule.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=schemas/rule.json");

    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let schema: serde_json::Value = serde_json::from_str(&fs::read_to_string(root.join("schemas/rule.json"))?)?;
    let validator = jsonschema::validator_for(&schema).map_err(|error| format!("schemas/rule.json: {error}"))?;

    let mut generated =
        String::from("/// Path, text as written, and text without examples as JSON, in the order of their paths.\n");
    generated.push_str("pub(super) const EMBEDDED: &[(&str, &str, &str)] = &[\n");
    let mut mistakes = Vec::new();
    for entry in walkdir::WalkDir::new(root.join("rules")).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_dir() {
            println!("cargo::rerun-if-changed={}", entry.path().display());
            continue;
        }
        if entry.path().extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        println!("cargo::rerun-if-changed={}", entry.path().display());
        let path = entry.path().strip_prefix(&root)?.to_string_lossy().replace('\\', "/");
        match rule(entry.path(), &path, &validator) {
            // Reading YAML takes longer than all the rest of loading, and most runs never look at the examples.
            Ok(json) => writeln!(
                generated,
                "    ({path:?}, include_str!({:?}), {json:?}),",
                entry.path().display().to_string()
            )?,
            Err(found) => mistakes.extend(found),
        }
    }
    generated.push_str("];\n");
    for mistake in &mistakes {
        println!("cargo::error={}", mistake.replace('\n', " "));
    }
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("rules.rs"), generated)?;
    Ok(())
}

/// A rule as JSON without its examples, or what is wrong with it.
fn rule(file: &Path, path: &str, validator: &jsonschema::Validator) -> Result<String, Vec<String>> {
    let one = |message: String| vec![format!("{path}: {message}")];
    let text = fs::read_to_string(file).map_err(|error| one(error.to_string()))?;
    let mut rule: serde_json::Value = serde_yaml::from_str(&text).map_err(|error| one(error.to_string()))?;
    let mistakes: Vec<String> = validator
        .iter_errors(&rule)
        .map(|error| format!("{path}: at {}: {error}", error.instance_path()))
        .collect();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let expected = format!(
        "rules/{}/{}.yaml",
        rule["category"].as_str().unwrap_or_default(),
        rule["id"].as_str().unwrap_or_default()
    );
    if path != expected {
        return Err(one(format!("category and id say that this file should be {expected}")));
    }
    if let Some(rule) = rule.as_object_mut() {
        rule.remove("examples");
    }
    Ok(rule.to_string())
}
