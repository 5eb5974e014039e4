//! One room per product: a gateway, or a server that runs behind one.

pub mod envoy;
pub mod gunicorn;
pub mod haproxy;
pub mod ingress_nginx;
pub mod load_balancer;
pub mod nginx;
pub mod node;
pub mod php_fpm;
pub mod puma;
pub mod rails;
pub mod spring;
pub mod tomcat;
pub mod uvicorn;
pub mod uwsgi;

use crate::model::{FieldId, Row};

/// The row of a field that is a word behind an address, there or not.
pub fn flag(field: FieldId) -> Option<&'static Row> {
    let row: &'static Row = &nginx::table::RESOLVE;
    (row.field == field).then_some(row)
}
