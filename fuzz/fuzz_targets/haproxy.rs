//! Any bytes as HAProxy's configuration.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gatelint_fuzz::haproxy(bytes));
