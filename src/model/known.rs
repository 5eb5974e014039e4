//! Three answers: known, absent, and unknown with a reason.

use std::sync::Arc;

use crate::repo::Span;

/// Why something cannot be known here. A model holds many links and few doubts, so a doubt is one pointer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Doubt(Arc<Reason>);

/// What a doubt says.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Reason {
    /// The reason, as a clause without a full stop: "the include conf.d/*.conf is not in the repository".
    pub reason: Arc<str>,
    /// What stands in the way, where that is a place.
    pub span: Option<Span>,
}

impl std::ops::Deref for Doubt {
    type Target = Reason;

    fn deref(&self) -> &Reason {
        &self.0
    }
}

impl Doubt {
    /// A doubt that comes from a place.
    pub fn at(reason: impl Into<Arc<str>>, span: Span) -> Self {
        Self::perhaps_at(reason, Some(span))
    }

    /// A doubt that comes from no single place.
    pub fn new(reason: impl Into<Arc<str>>) -> Self {
        Self::perhaps_at(reason, None)
    }

    /// A doubt that may come from a place.
    pub fn perhaps_at(reason: impl Into<Arc<str>>, span: Option<Span>) -> Self {
        let reason = reason.into();
        Self(Arc::new(Reason { reason, span }))
    }
}

/// A fact or a link: known, absent (it was looked for and is not there), or unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// It is this.
    Is(T),
    /// It is surely not there.
    Absent,
    /// It cannot be known here.
    Unknown(Doubt),
}

impl<T> Known<T> {
    /// The value, where it is known.
    pub fn is(self) -> Option<T> {
        match self {
            Known::Is(value) => Some(value),
            _ => None,
        }
    }

    /// The value by reference, where it is known.
    pub fn as_ref(&self) -> Known<&T> {
        match self {
            Known::Is(value) => Known::Is(value),
            Known::Absent => Known::Absent,
            Known::Unknown(doubt) => Known::Unknown(doubt.clone()),
        }
    }

    /// Applies a function to a known value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Known::Is(value) => Known::Is(f(value)),
            Known::Absent => Known::Absent,
            Known::Unknown(doubt) => Known::Unknown(doubt),
        }
    }

    /// Follows a known value to the next.
    pub fn then<U>(self, f: impl FnOnce(T) -> Known<U>) -> Known<U> {
        match self {
            Known::Is(value) => f(value),
            Known::Absent => Known::Absent,
            Known::Unknown(doubt) => Known::Unknown(doubt),
        }
    }
}
