//! Kinds, their fields and their links: the vocabulary of rules. A new field is one line in a file of `field/`, a new
//! kind one line here and a block there.

use std::marker::PhantomData;

use super::value::{FieldType, Type};

/// Declares the kinds; each has a block of fields of the same name.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident => $module:ident;)*) => {
        /// What an entity is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Kind { $($(#[$doc])* $kind),* }

        impl Kind {
            /// All kinds.
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];

            /// The name rules use.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$kind => stringify!($module)),* }
            }

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

kinds! {
    /// One route to one endpoint, with everything known at both ends.
    Hop => hop;
    /// A proxy: a product in a version.
    Gateway => gateway;
    /// Where a gateway decides to pass requests on: a location, an Ingress path.
    Route => route;
    /// Where a gateway accepts requests and chooses where they go: an Envoy listener, HAProxy's `frontend` and `listen`.
    Listener => listener;
    /// A value whose writing itself can be wrong: without a unit, ignored, repeated, or overridden elsewhere.
    Setting => setting;
    /// A name that stands for something declared elsewhere in the same configuration (HAProxy).
    Reference => reference;
    /// A named group of endpoints, or the implicit group of a single address.
    Upstream => upstream;
    /// One address of an upstream.
    Endpoint => endpoint;
    /// A Kubernetes Service.
    Service => service;
    /// One entry of a Service's ports.
    ServicePort => service_port;
    /// A Deployment, StatefulSet, DaemonSet, Pod, or compose service.
    Workload => workload;
    /// One container of a workload.
    Container => container;
    /// What a container runs.
    Process => process;
    /// One thing a process listens on.
    Socket => socket;
    /// What a failure looks like at a gateway's client: status code and cause, per product and version.
    Status => status;
    /// A readiness, liveness or startup probe of a container.
    Probe => probe;
    /// What changes the number of a workload's replicas.
    Autoscaler => autoscaler;
    /// One entry of a schedule: a cron trigger, a scheduled action, a job that scales.
    Schedule => schedule;
    /// The traffic that a target is configured to serve.
    Profile => profile;
    /// All windows of time in which one field makes a target guarantee less than is needed.
    Shortfall => shortfall;
    /// Something that is wrong with a schedule by itself, whatever the traffic.
    Note => note;
    /// A PodDisruptionBudget.
    DisruptionBudget => disruption_budget;
    /// A NetworkPolicy.
    Policy => policy;
    /// One port that a NetworkPolicy lets in.
    PolicyPort => policy_port;
    /// Two hops in a row: a request that one gateway sends to the next.
    Chain => chain;
}

impl Kind {
    /// The kind with this name.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The field with this name.
    pub fn field(self, name: &str) -> Option<FieldId> {
        let at = self.fields().iter().position(|field| field.name == name)?;
        Some(FieldId {
            kind: self,
            at: at as u8,
        })
    }

    /// The link with this name.
    pub fn link(self, name: &str) -> Option<Link> {
        let at = self.links().iter().position(|link| link.name == name)?;
        Some(Link {
            from: self,
            at: at as u8,
        })
    }
}

/// A link of a kind to another entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// The kind that has the link.
    pub from: Kind,
    at: u8,
}

impl Link {
    const fn new(from: Kind, at: u8) -> Self {
        Self { from, at }
    }

    /// Its place among the kind's links.
    pub(super) const fn place(self) -> usize {
        self.at as usize
    }

    /// Name, target and meaning.
    pub fn info(self) -> &'static LinkInfo {
        &self.from.links()[self.place()]
    }
}

/// A field of a kind, untyped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId {
    /// The kind that has the field.
    pub kind: Kind,
    at: u8,
}

impl FieldId {
    /// Name, type and meaning.
    pub fn info(self) -> &'static FieldInfo {
        &self.kind.fields()[self.at as usize]
    }
}

/// A field of a kind, with its type.
#[derive(Debug)]
pub struct Field<T> {
    id: FieldId,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Field<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Field<T> {}

impl<T: FieldType> Field<T> {
    const fn new(kind: Kind, at: u8) -> Self {
        Self {
            id: FieldId { kind, at },
            of: PhantomData,
        }
    }

    /// The untyped field.
    pub const fn id(self) -> FieldId {
        self.id
    }
}

/// What rules and documentation know of a field.
#[derive(Debug)]
pub struct FieldInfo {
    /// The name after the dot.
    pub name: &'static str,
    /// Its type.
    pub kind: Type,
    /// Its meaning, with units.
    pub doc: &'static str,
}

/// What rules and documentation know of a link.
#[derive(Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// The name after the dot.
    pub name: &'static str,
    /// What it leads to.
    pub to: Kind,
    /// Its meaning.
    pub doc: &'static str,
}

/// Declares the fields of a kind, and its links; each constant knows its place in the list.
macro_rules! fields {
    ($module:ident, $kind:expr;
     $($id:ident : $ty:ty = $name:literal, $doc:literal;)*
     $(=> $link:ident : $to:ident = $called:literal, $meaning:literal;)*) => {
        #[doc = concat!("Fields of kind `", stringify!($module), "`.")]
        pub mod $module {
            use super::*;
            #[allow(unused_imports)]
            use crate::model::value::{Duration, Size};
            #[allow(unused_imports)]
            use std::sync::Arc;
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            enum Place { $($id),* }
            #[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
            enum LinkPlace { $($link),* }
            $(#[doc = $doc] pub const $id: Field<$ty> = Field::new($kind, Place::$id as u8);)*
            $(#[doc = $meaning] pub const $link: Link = Link::new($kind, LinkPlace::$link as u8);)*
            /// All of them, in order.
            pub const FIELDS: &[FieldInfo] = &[$(FieldInfo { name: $name, kind: <$ty as FieldType>::TYPE, doc: $doc }),*];
            /// Its links, in order.
            pub const LINKS: &[LinkInfo] = &[$(LinkInfo { name: $called, to: Kind::$to, doc: $meaning }),*];
        }
    };
}

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
