//! What blocks hand down that is no single value: the headers set for the upstream and the error pages. Both lists are
//! inherited whole, or not at all where a block has one of its own.

use std::rc::Rc;
use std::sync::Arc;

use crate::model::{Doubt, Known};
use crate::product::nginx::context::Context;
use crate::product::nginx::includes::Directive;
use crate::repo::Span;

/// The lists in force in a block.
#[derive(Clone, Debug)]
pub(super) struct Handed {
    /// The Connection header sent to the upstream; absent while only the default holds.
    pub connection: Known<Arc<str>>,
    /// Names of the headers set for the upstream.
    headers: Known<Rc<Vec<Arc<str>>>>,
    /// Names that an outer block sets and a nearer one drops, and where it does.
    pub lost: Known<(Rc<Vec<Arc<str>>>, Span)>,
    /// The status codes that have an error page, as a list.
    pub error_pages: Known<Arc<str>>,
}

impl Default for Handed {
    fn default() -> Self {
        Self {
            connection: Known::Absent,
            headers: Known::Absent,
            lost: Known::Absent,
            error_pages: Known::Absent,
        }
    }
}

impl Handed {
    /// Starts in a place around which more may stand.
    pub(super) fn around(doubt: Option<&Doubt>) -> Self {
        let Some(doubt) = doubt else { return Self::default() };
        Self {
            connection: Known::Unknown(doubt.clone()),
            headers: Known::Unknown(doubt.clone()),
            lost: Known::Unknown(doubt.clone()),
            error_pages: Known::Unknown(doubt.clone()),
        }
    }

    /// Takes in the directives of a block.
    pub(super) fn take(&mut self, children: &[Directive], context: Context, doubt: Option<&Doubt>) {
        // What stands unread at the top of a whole configuration cannot be in `http`.
        let doubt = doubt.filter(|_| context != Context::Main);
        self.headers(children, doubt);
        self.pages(children, doubt);
    }

    fn headers(&mut self, children: &[Directive], doubt: Option<&Doubt>) {
        let mut own: Vec<Arc<str>> = Vec::new();
        let mut first = None;
        let mut connection = None;
        for (tree, node) in children {
            let at = tree.at(*node);
            let ("proxy_set_header", Some(name)) = (at.name(), at.text()) else {
                continue;
            };
            first = first.or(Some(at.head()));
            own.push(Arc::from(name));
            if name.eq_ignore_ascii_case("connection") {
                connection = at.word(1);
            }
        }
        self.connection = match (connection, doubt) {
            (Some(value), _) if value.contains('$') => {
                Known::Unknown(Doubt::new("the Connection header is a variable"))
            }
            (Some(value), _) => Known::Is(Arc::from(value)),
            (None, Some(doubt)) => Known::Unknown(doubt.clone()),
            (None, None) if first.is_some() => Known::Absent,
            (None, None) => self.connection.clone(),
        };
        if let Some(doubt) = doubt {
            self.lost = Known::Unknown(doubt.clone());
            self.headers = Known::Unknown(doubt.clone());
            return;
        }
        let Some(first) = first else { return };
        self.lost = self.headers.clone().then(|outer| {
            let has = |name: &Arc<str>| own.iter().any(|own| own.eq_ignore_ascii_case(name));
            let lost: Vec<Arc<str>> = outer.iter().filter(|name| !has(name)).cloned().collect();
            if lost.is_empty() {
                Known::Absent
            } else {
                Known::Is((Rc::new(lost), first))
            }
        });
        self.headers = Known::Is(Rc::new(own));
    }

    fn pages(&mut self, children: &[Directive], doubt: Option<&Doubt>) {
        let mut codes: Vec<&str> = Vec::new();
        let mut any = false;
        for (tree, node) in children {
            let at = tree.at(*node);
            if at.name() == "error_page" {
                any = true;
                codes.extend(at.texts().filter(|word| word.bytes().all(|byte| byte.is_ascii_digit())));
            }
        }
        self.error_pages = match (any, doubt) {
            (true, _) => Known::Is(Arc::from(codes.join(", "))),
            (false, Some(doubt)) => Known::Unknown(doubt.clone()),
            (false, None) => self.error_pages.clone(),
        };
    }
}
