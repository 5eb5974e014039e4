//! The fields and links of each kind: the vocabulary of rules. A new one is one line in a file of `field/`.

use super::key::{FieldId, FieldInfo, Link, LinkInfo};
use super::kind::{Kind, kinds};

mod capacity;
mod containers;
mod gateways;
mod joined;
mod workloads;

pub use capacity::*;
pub use containers::*;
pub use gateways::*;
pub use joined::*;
pub use workloads::*;

macro_rules! look_up {
    ($($(#[$doc:meta])* $kind:ident => $module:ident;)*) => {
        impl Kind {
            /// The kind's fields.
            pub fn fields(self) -> &'static [FieldInfo] {
                match self { $(Kind::$kind => $module::FIELDS),* }
            }

            /// The kind's links to other entities.
            pub fn links(self) -> &'static [LinkInfo] {
                match self { $(Kind::$kind => $module::LINKS),* }
            }
        }
    };
}

kinds!(look_up);

impl Kind {
    /// The field with this name.
    pub fn field(self, name: &str) -> Option<FieldId> {
        let at = self.fields().iter().position(|field| field.name == name)?;
        Some(FieldId::new(self, at as u8))
    }

    /// The link with this name.
    pub fn link(self, name: &str) -> Option<Link> {
        let at = self.links().iter().position(|link| link.name == name)?;
        Some(Link::new(self, at as u8))
    }
}

impl FieldId {
    /// Name, type and meaning.
    pub fn info(self) -> &'static FieldInfo {
        &self.kind.fields()[self.place()]
    }
}

impl Link {
    /// Name, target and meaning.
    pub fn info(self) -> &'static LinkInfo {
        &self.from.links()[self.place()]
    }
}
