//! Any text as nginx: no panic, no hang, and problems point into the text.
#![no_main]

use gatelint::repo::Sources;
use gatelint::syntax::nginx;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let sources = Sources::default();
    let source = sources.add_file("fuzz.conf", bytes.to_vec());
    let tree = nginx::parse_plain(source.id, source.text.clone());
    for problem in &tree.problems {
        assert!(problem.span.range().end <= source.text.len());
    }
});
