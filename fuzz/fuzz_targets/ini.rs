//! Any text as INI: no panic, no hang, and problems point into the text.
#![no_main]

use gatelint::repo::Sources;
use gatelint::syntax::ini;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let sources = Sources::default();
    let source = sources.add_file("fuzz.ini", bytes.to_vec());
    let tree = ini::parse_plain(source.id, source.text.clone());
    for problem in &tree.problems {
        assert!(problem.span.range().end <= source.text.len());
    }
});
