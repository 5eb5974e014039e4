//! Any bytes as a command line and as a shell script.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gatelint_fuzz::argv(bytes));
