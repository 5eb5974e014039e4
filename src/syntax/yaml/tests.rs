//! The reader of usual YAML against granit-parser, which reads all of it.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::Path;

use proptest::prelude::*;

use super::builder::Documents;
use super::{Shape, Tree, TreeBuilder, holes, usual};
use crate::repo::Sources;
use crate::syntax::holes::Templates;

/// What both make of a text: `None` for a text that is not usual.
fn both(text: &str) -> (Option<Tree>, Tree) {
    let source = Sources::default().add_file("test.yaml", text.as_bytes().to_vec());
    let kinds = holes::detect(&source.text);
    let masked = holes::holes(source.id, &source.text, kinds.without(Templates::ENV));
    let readable = holes::mask_indented(&source.text, &masked);
    let tree = || TreeBuilder::new(source.id, source.text.clone(), masked.clone(), Shape::List);
    let documents = || Documents::new(&source.text, &readable, &masked, tree());
    let (mut first, mut second) = (documents(), documents());
    let first = usual::read_documents(&readable, &mut first).map(|()| first.finish());
    super::read(&readable, &mut second);
    (first, second.finish())
}

/// Whether the text is usual; if it is, both must agree.
fn is_usual(text: &str) -> bool {
    let (usual, all) = both(text);
    let Some(usual) = usual else { return false };
    let (usual, all) = (format!("{usual:#?}"), format!("{all:#?}"));
    if usual != all {
        let diff = similar::TextDiff::from_lines(&all, &usual);
        panic!("{text:?}\n{}", diff.unified_diff());
    }
    true
}

#[test]
fn agree_on_the_corpus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["../shared/corpus", "testdata", "rules", ".github"].map(|folder| root.join(folder));
    let (mut files, mut usual) = (0, 0);
    for entry in folders
        .iter()
        .flat_map(|folder| walkdir::WalkDir::new(folder).into_iter().flatten())
    {
        let endings = ["yaml", "yml", "json"];
        let is_wanted = entry
            .path()
            .extension()
            .is_some_and(|name| endings.iter().any(|ending| name == *ending));
        let Some(text) = std::fs::read_to_string(entry.path()).ok().filter(|_| is_wanted) else {
            continue;
        };
        files += 1;
        let is = is_usual(&text);
        usual += usize::from(is);
        if !is && std::env::var_os("SHOW_UNUSUAL").is_some() {
            eprintln!("unusual: {}", entry.path().display());
        }
    }
    eprintln!("{usual} of {files} files are usual");
    assert!(usual * 10 > files * 6, "{usual} of {files}");
}

/// Pieces that YAML is made of, right or wrong.
const PIECES: [&str; 48] = [
    "a", "b", "key", "1", "é", "~", " ", "  ", "    ", "\n", "\n", "\n", "\n  ", "\n    ", "\n- ", "\n  - ", "\nk: ",
    "\n  k: ", "\n    v", ": ", ":", "- ", "-", "#", " # c", "'", "\"", "'q'", "\"q\"", "{", "}", "[", "]", ",", ", ",
    "|", ">", "|-\n", "|\n", ">+\n", "&x", "*x", " &x ", "\n---\n", "\t", "\\n", "!t ", "<<",
];

proptest! {
    #[test]
    fn agree_on_anything(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24)) {
        is_usual(&pieces.concat());
    }

    #[test]
    fn agree_on_mended_yaml(
        at in prop::collection::vec((0..USUAL.len(), prop::sample::select(&PIECES[..]), 0usize..4), 1..4),
    ) {
        let mut text = USUAL.to_owned();
        for (at, piece, cut) in at {
            let at = at.min(text.len());
            let end = (at + cut).min(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(end) {
                text.replace_range(at..end, piece);
            }
        }
        is_usual(&text);
    }
}

/// Something of everything.
const USUAL: &str = "\
# A file.
apiVersion: v1
kind: 'Con''fig'
base: &base
  a: \"x\\ny\"
list:
- one
- two: 2
  three:
- - nested
  - 4
-
  far: true
merged:
  <<: *base
  flow: {a: 1, \"b\":[x, y z], c: {}}
text: |
  line
    more

  last
folded: >-
  to
  one

  two
---
# Empty but for this.
---
- a: é
  ports: [
    80, 443,
  ]
";

#[test]
fn the_example_is_usual() {
    assert!(is_usual(USUAL));
}
