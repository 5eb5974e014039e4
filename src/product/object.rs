//! Kubernetes objects that make a gateway by themselves.

use crate::environment::Document;
use crate::estate::Gateway;
use crate::model::Model;

/// A kind of such objects.
#[derive(Debug)]
pub struct Object {
    /// The kind.
    pub kind: &'static str,
    /// The gateway that one makes; `None` where it makes none.
    pub gateway: fn(&mut Model, &Document) -> Option<Gateway>,
}
