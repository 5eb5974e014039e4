//! Arbitrary small repositories.
#![no_main]

libfuzzer_sys::fuzz_target!(|files: Vec<gatelint_fuzz::File>| gatelint_fuzz::lint_tree(&files));
