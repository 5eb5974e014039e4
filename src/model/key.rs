//! Fields and links as typed keys: what stands for one in code, and how a kind's are declared.

use std::marker::PhantomData;

use super::kind::Kind;
use super::value::{FieldType, Type};

/// A link of a kind to another entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// The kind that has the link.
    pub from: Kind,
    at: u8,
}

impl Link {
    pub(super) const fn new(from: Kind, at: u8) -> Self {
        Self { from, at }
    }

    /// Its place among the kind's links.
    pub(super) const fn place(self) -> usize {
        self.at as usize
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
    pub(super) const fn new(kind: Kind, at: u8) -> Self {
        Self { kind, at }
    }

    /// Its place among the kind's fields.
    pub(super) const fn place(self) -> usize {
        self.at as usize
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
    pub(super) const fn new(kind: Kind, at: u8) -> Self {
        Self {
            id: FieldId::new(kind, at),
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
            #[allow(unused_imports)]
            use crate::model::key::{Field, FieldInfo, Link, LinkInfo};
            use crate::model::kind::Kind;
            #[allow(unused_imports)]
            use crate::model::value::{Duration, FieldType, Size};
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
pub(super) use fields;
