//! `gatelint traffic`: from logs, and over HTTP from a small server of ours and from a real Prometheus.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../common/mod.rs"]
mod common;

mod files;
mod prometheus;
mod server;
mod show;
