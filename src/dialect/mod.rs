//! Tables and lowering, one folder per language.

mod annotations;
pub mod chart;
mod class;
mod disruption;
pub mod envoy;
pub mod estate;
pub mod facts;
pub mod haproxy;
pub mod ingress;
pub mod join;
pub mod kubernetes;
pub mod load_balancer;
pub mod nearest;
pub mod nginx;
pub mod policy;
mod pre_stop;
pub mod process;
pub mod scaling;
pub mod workload;

use crate::model::{FieldId, Row};

/// The row of a field that is a word behind an address, there or not.
pub fn flag(field: FieldId) -> Option<&'static Row> {
    let row: &'static Row = &nginx::table::RESOLVE;
    (row.field == field).then_some(row)
}
