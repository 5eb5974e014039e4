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
    let rows: [&'static Row; 2] = [&nginx::table::RESOLVE, &haproxy::table::CHECK];
    rows.into_iter().find(|row| row.field == field)
}
