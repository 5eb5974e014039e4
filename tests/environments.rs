//! What is deployed together, and with which values: small repositories in, environments and containers out.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod environments {
    pub mod compose;
    pub mod corpus;
    pub mod kustomize;
    pub mod support;
}
