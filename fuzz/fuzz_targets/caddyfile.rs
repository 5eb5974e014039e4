//! Any bytes as a Caddyfile.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gatelint_fuzz::caddyfile(bytes));
