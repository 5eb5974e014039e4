//! Any bytes as INI.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gatelint_fuzz::ini(bytes));
