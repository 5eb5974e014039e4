//! What is lowered and what rules speak of: kinds, fields, facts, units, and how products behave.

mod assumption;
pub mod behaviour;
pub mod entity;
pub mod field;
mod find;
mod found;
pub mod host;
mod key;
mod kind;
pub mod known;
pub mod nearest;
pub mod part;
pub mod product;
mod scalar;
pub mod spelling;
pub mod table;
pub mod unit;
pub mod value;
pub mod version;

pub use assumption::{Assumption, Held, Lens, weigh};
pub use entity::{Entity, EntityId, Fact, Model, NodePlace, Scope, ScopeId, Site, Stored, Supposed, TreeId};
pub use found::{FactView, Found, Origin};
pub use key::{Field, FieldId, FieldInfo, Link, LinkInfo};
pub use kind::Kind;
pub use known::{Doubt, Known};
pub use part::{Moved, Moves};
pub use product::{Product, ProductId};
pub use scalar::scalar;
pub use spelling::{NewEntry, NewValue, Spelling};
pub use table::{Row, Table};
pub use unit::{Notation, Unit};
pub use value::{Duration, Size, Type, Value};
pub use version::Version;
