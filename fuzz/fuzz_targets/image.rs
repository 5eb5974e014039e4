//! Any bytes as a Dockerfile and as XML.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gatelint_fuzz::image(bytes));
