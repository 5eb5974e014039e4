//! Any bytes as settings in Python and JavaScript.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gatelint_fuzz::settings(bytes));
