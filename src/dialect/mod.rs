//! Tables and lowering, one folder per language.

pub mod estate;
pub mod haproxy;
pub mod ingress;
pub mod join;
pub mod kubernetes;
pub mod nginx;
pub mod process;

use crate::model::{FieldId, Row};

/// The row of a field that is a word behind an address, there or not.
pub fn flag(field: FieldId) -> Option<&'static Row> {
    let row: &'static Row = &nginx::table::RESOLVE;
    (row.field == field).then_some(row)
}
