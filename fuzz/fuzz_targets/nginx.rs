//! Any bytes as nginx.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gatelint_fuzz::nginx(bytes));
