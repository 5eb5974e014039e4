//! Any bytes as YAML: no panic, no hang, and every span can be located.
#![no_main]

use gatelint::repo::Sources;
use gatelint::syntax::yaml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let sources = Sources::default();
    let source = sources.add_file("fuzz.yaml", bytes.to_vec());
    let tree = yaml::parse(&source);
    for problem in &tree.problems {
        assert!(problem.span.range().end <= source.text.len());
        sources.locate(problem.span);
    }
});
