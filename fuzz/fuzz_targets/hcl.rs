//! Any bytes as Terraform.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gatelint_fuzz::hcl(bytes));
