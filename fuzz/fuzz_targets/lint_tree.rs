//! Arbitrary small repositories: no panic, no hang, nothing read outside.
#![no_main]

use std::fs;

use arbitrary::Arbitrary;
use gatelint::repo::Sources;
use gatelint::repo::claim::{Charts, by_content};
use gatelint::repo::walk::{WalkOptions, read, walk};
use libfuzzer_sys::fuzz_target;

/// Names are chosen from those that are read, so that the fuzzer spends its time on content.
const NAMES: [&str; 12] = [
    "nginx.conf",
    "conf.d/a.conf",
    "edge.yaml",
    "app/deployment.yaml",
    "kustomization.yaml",
    "overlay/kustomization.yaml",
    "compose.yaml",
    "compose.override.yaml",
    "www.conf",
    "gunicorn.conf.py",
    ".env",
    ".gatelint.yaml",
];

#[derive(Arbitrary, Debug)]
struct File {
    name: u8,
    content: Vec<u8>,
}

fuzz_target!(|files: Vec<File>| {
    let Ok(folder) = tempfile::tempdir() else { return };
    let root = folder.path();
    for file in files.iter().take(NAMES.len()) {
        let path = root.join(NAMES[file.name as usize % NAMES.len()]);
        if let Some(parent) = path.parent() {
            let _ = fs::create_dir_all(parent);
        }
        let _ = fs::write(path, &file.content);
    }
    // The steps that exist; `run` takes their place.
    let walked = walk(root, &WalkOptions::default());
    let charts = Charts::among(walked.files.iter().map(|file| file.path.as_str()));
    let sources = Sources::default();
    for file in &walked.files {
        if let Ok(bytes) = read(root, file) {
            let source = sources.add_file(&file.path, bytes);
            by_content(&charts, &file.path, &source.text);
        }
    }
});
