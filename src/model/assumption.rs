//! What is held to be so unless something that cannot be seen here says otherwise, and the two ways to look at it.
//!
//! The type is what keeps an assumption from getting lost. There is no way out of [`Held`] that forgets it: what is
//! derived with `map` and `then` rests on it as well, [`Held::known`] takes it for unknown, and a [`Lens`] notes it.
//! [`weigh`] makes a choice in both ways and so finds out whether it rests on what was looked at.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

use super::known::{Doubt, Known};
use crate::repo::Span;

/// What would make something wrong that is held to be so. A model holds few, and many places share one: it is one pointer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Assumption(Arc<Premise>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Premise {
    /// Each a clause that can stand behind "unless"; usually one.
    unless: SmallVec<[Arc<str>; 1]>,
    /// The same for whoever does not build on it.
    doubt: Doubt,
}

impl Assumption {
    /// An assumption that comes from no single place, by the clause behind "unless": "PORT is set elsewhere".
    pub fn unless(clause: impl Into<Arc<str>>) -> Self {
        Self::perhaps_at(clause, None)
    }

    /// The same for one that a place gives reason for.
    pub fn unless_at(clause: impl Into<Arc<str>>, span: Span) -> Self {
        Self::perhaps_at(clause, Some(span))
    }

    /// The same for one that a place may give reason for.
    pub fn perhaps_at(clause: impl Into<Arc<str>>, span: Option<Span>) -> Self {
        let clause = clause.into();
        let doubt = Doubt::perhaps_at(format!("assumed to hold, unless {clause}"), span);
        let unless = SmallVec::from_elem(clause, 1);
        Self(Arc::new(Premise { unless, doubt }))
    }

    /// What rests on both.
    pub fn and(self, other: &Assumption) -> Self {
        let has = |of: &Assumption, clause: &Arc<str>| of.0.unless.contains(clause);
        if other.0.unless.iter().all(|clause| has(&self, clause)) {
            return self;
        }
        let more = other.0.unless.iter().filter(|clause| !has(&self, clause));
        let unless = self.0.unless.iter().chain(more).cloned().collect();
        let doubt = self.0.doubt.clone();
        Self(Arc::new(Premise { unless, doubt }))
    }

    /// What rests on one or both of two.
    pub fn both(one: Option<Assumption>, other: Option<&Assumption>) -> Option<Assumption> {
        match (one, other) {
            (Some(one), Some(other)) => Some(one.and(other)),
            (one, other) => one.or_else(|| other.cloned()),
        }
    }

    /// The reason for whoever takes what rests on this for unknown.
    pub fn doubt(&self) -> Doubt {
        self.0.doubt.clone()
    }
}

/// The clause behind "unless".
impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.unless.join(" or "))
    }
}

/// A fact or a link as far as it can be seen here: known, absent or unknown as [`Known`] is, or known or absent on an
/// assumption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held<T>(Basis<T>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Basis<T> {
    Is(T),
    Absent,
    Unknown(Doubt),
    /// `None` for what is assumed not to be there.
    Assumed(Option<T>, Assumption),
}

impl<T> From<Known<T>> for Held<T> {
    fn from(known: Known<T>) -> Self {
        Held(match known {
            Known::Is(value) => Basis::Is(value),
            Known::Absent => Basis::Absent,
            Known::Unknown(doubt) => Basis::Unknown(doubt),
        })
    }
}

impl<T> Known<T> {
    /// The same on an assumption; what is unknown stays so.
    pub fn unless(self, assumption: Assumption) -> Held<T> {
        Held::from(self).unless(assumption)
    }

    /// The same on what something else rests on, if that does on anything.
    pub fn on(self, assumption: Option<&Assumption>) -> Held<T> {
        Held::from(self).on(assumption)
    }
}

impl<T> Held<T> {
    /// It is surely not there.
    pub const ABSENT: Held<T> = Held(Basis::Absent);

    /// The same on a further assumption; what is unknown stays so.
    #[must_use]
    pub fn unless(self, assumption: Assumption) -> Held<T> {
        Held(match self.0 {
            Basis::Is(value) => Basis::Assumed(Some(value), assumption),
            Basis::Absent => Basis::Assumed(None, assumption),
            Basis::Unknown(doubt) => Basis::Unknown(doubt),
            Basis::Assumed(value, own) => Basis::Assumed(value, own.and(&assumption)),
        })
    }

    /// The same on what something else rests on, if that does on anything.
    #[must_use]
    pub fn on(self, assumption: Option<&Assumption>) -> Held<T> {
        match assumption {
            Some(assumption) => self.unless(assumption.clone()),
            None => self,
        }
    }

    /// The same, or what comes next where it is not there: that rests on its not being there.
    pub fn or<N: Into<Held<T>>>(self, next: impl FnOnce() -> N) -> Held<T> {
        match self.0 {
            Basis::Absent => next().into(),
            Basis::Assumed(None, assumption) => next().into().unless(assumption),
            _ => self,
        }
    }

    /// What is known without any assumption: what rests on one is unknown.
    pub fn known(self) -> Known<T> {
        match self.0 {
            Basis::Is(value) => Known::Is(value),
            Basis::Absent => Known::Absent,
            Basis::Unknown(doubt) => Known::Unknown(doubt),
            Basis::Assumed(_, assumption) => Known::Unknown(assumption.doubt()),
        }
    }

    /// What holds, and what it rests on where that is an assumption: for telling both.
    pub fn parts(&self) -> (Known<&T>, Option<&Assumption>) {
        match &self.0 {
            Basis::Is(value) => (Known::Is(value), None),
            Basis::Absent => (Known::Absent, None),
            Basis::Unknown(doubt) => (Known::Unknown(doubt.clone()), None),
            Basis::Assumed(Some(value), assumption) => (Known::Is(value), Some(assumption)),
            Basis::Assumed(None, assumption) => (Known::Absent, Some(assumption)),
        }
    }

    /// The same, taken apart.
    pub fn into_parts(self) -> (Known<T>, Option<Assumption>) {
        match self.0 {
            Basis::Is(value) => (Known::Is(value), None),
            Basis::Absent => (Known::Absent, None),
            Basis::Unknown(doubt) => (Known::Unknown(doubt), None),
            Basis::Assumed(value, assumption) => (value.map_or(Known::Absent, Known::Is), Some(assumption)),
        }
    }

    /// The value on whatever it rests: for words that claim nothing.
    pub fn likely(self) -> Option<T> {
        self.into_parts().0.is()
    }

    /// The value in its place, on whatever it rests.
    pub fn value_mut(&mut self) -> Option<&mut T> {
        match &mut self.0 {
            Basis::Is(value) | Basis::Assumed(Some(value), _) => Some(value),
            _ => None,
        }
    }

    /// The value by reference.
    pub fn as_ref(&self) -> Held<&T> {
        Held(match &self.0 {
            Basis::Is(value) => Basis::Is(value),
            Basis::Absent => Basis::Absent,
            Basis::Unknown(doubt) => Basis::Unknown(doubt.clone()),
            Basis::Assumed(value, assumption) => Basis::Assumed(value.as_ref(), assumption.clone()),
        })
    }

    /// Applies a function to a value, on whatever it rests.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Held<U> {
        Held(match self.0 {
            Basis::Is(value) => Basis::Is(f(value)),
            Basis::Absent => Basis::Absent,
            Basis::Unknown(doubt) => Basis::Unknown(doubt),
            Basis::Assumed(value, assumption) => Basis::Assumed(value.map(f), assumption),
        })
    }

    /// Follows a value to the next, which rests on the same and on what it rests on by itself.
    pub fn then<U, N: Into<Held<U>>>(self, f: impl FnOnce(T) -> N) -> Held<U> {
        match self.0 {
            Basis::Is(value) => f(value).into(),
            Basis::Absent => Held(Basis::Absent),
            Basis::Unknown(doubt) => Held(Basis::Unknown(doubt)),
            Basis::Assumed(None, assumption) => Held(Basis::Assumed(None, assumption)),
            Basis::Assumed(Some(value), assumption) => f(value).into().unless(assumption),
        }
    }
}

/// A way to look at what is assumed: as if it were known, or as unknown. It notes what it was shown.
#[derive(Debug)]
pub struct Lens {
    trust: Trust,
    shown: RefCell<SmallVec<[Assumption; 1]>>,
}

#[derive(Debug)]
enum Trust {
    All,
    None,
    /// All but one.
    Without(Assumption),
}

impl Lens {
    fn new(trust: Trust) -> Self {
        Self {
            trust,
            shown: RefCell::default(),
        }
    }

    /// Assumptions are as good as known.
    pub fn trusting() -> Self {
        Self::new(Trust::All)
    }

    /// What rests on an assumption is unknown.
    pub fn doubting() -> Self {
        Self::new(Trust::None)
    }

    /// What rests on this assumption is unknown; others are as good as known.
    pub fn doubting_one(assumption: Assumption) -> Self {
        Self::new(Trust::Without(assumption))
    }

    /// What there is to see.
    #[inline]
    pub fn see<'h, T>(&self, held: &'h Held<T>) -> Known<&'h T> {
        match &held.0 {
            Basis::Is(value) => Known::Is(value),
            Basis::Absent => Known::Absent,
            Basis::Unknown(doubt) => Known::Unknown(doubt.clone()),
            Basis::Assumed(value, assumption) => match self.allows(assumption) {
                Ok(()) => value.as_ref().map_or(Known::Absent, Known::Is),
                Err(doubt) => Known::Unknown(doubt),
            },
        }
    }

    /// Whether what rests on an assumption may be seen; else why not.
    #[cold]
    pub fn allows(&self, assumption: &Assumption) -> Result<(), Doubt> {
        let mut shown = self.shown.borrow_mut();
        if !shown.contains(assumption) {
            shown.push(assumption.clone());
        }
        match &self.trust {
            Trust::All => Ok(()),
            Trust::Without(other) if other != assumption => Ok(()),
            Trust::None | Trust::Without(_) => Err(assumption.doubt()),
        }
    }

    /// Whether it was shown anything that rests on an assumption.
    pub fn is_shown(&self) -> bool {
        !self.shown.borrow().is_empty()
    }

    /// The assumptions it was shown, in order.
    pub fn shown(&self) -> SmallVec<[Assumption; 1]> {
        self.shown.borrow().clone()
    }

    /// The same as one; `None` where it was shown none.
    pub fn assumption(&self) -> Option<Assumption> {
        let shown = self.shown.borrow();
        let (first, more) = shown.split_first()?;
        Some(more.iter().fold(first.clone(), Assumption::and))
    }
}

/// What comes of a choice: it is made as if all assumptions were known and, where one was looked at, once more as if they
/// were not. Where that gives something else, the choice rests on them.
pub fn weigh<T: PartialEq>(choose: impl Fn(&Lens) -> Known<T>) -> Held<T> {
    let trusting = Lens::trusting();
    let chosen = choose(&trusting);
    match trusting.assumption() {
        Some(assumption) if choose(&Lens::doubting()) != chosen => chosen.unless(assumption),
        _ => chosen.into(),
    }
}
