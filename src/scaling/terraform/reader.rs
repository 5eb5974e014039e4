//! Reading values of resources with their places; what is not known is a reason that says so.

use std::sync::Arc;

use crate::capacity::schedule::{Given, NotEvaluated};
use crate::environment::Environment;
use crate::environment::terraform::evaluate::Configuration;
use crate::environment::terraform::{Attributes, Resource, Value};
use crate::estate::scaled::schedule::Schedule;
use crate::estate::scaled::target::Entry;
use crate::model::{Doubt, Known, Model, NodePlace, Row, Site, Table};
use crate::repo::Span;
use crate::syntax::{At, Tree};

/// Reads values of resources and remembers where they are written.
pub(super) struct Reader<'m, 'e> {
    pub model: &'m mut Model,
    pub environment: &'e Environment,
    pub configuration: &'m Configuration<'e>,
}

/// What was read of one source so far.
#[derive(Default)]
pub(super) struct Found {
    pub sites: Vec<(Span, Site)>,
    /// The first reason for which nothing can be said.
    pub failure: Option<NotEvaluated>,
}

impl Found {
    /// The beginning: what keeps a resource, or an action that may be meant for it, from being read.
    pub fn begin(resource: &Resource<'_>, stray: Option<&NotEvaluated>) -> Self {
        let mut found = Found {
            failure: stray.cloned(),
            ..Found::default()
        };
        if let Some(doubt) = &resource.doubt {
            found.fail(doubt.clone(), resource.block.head());
        }
        found
    }

    pub fn fail(&mut self, doubt: Doubt, span: Span) {
        self.failure.get_or_insert(not_evaluated(&doubt, span));
    }

    /// The schedule, or why there is none.
    pub fn or_open(&mut self, schedule: Option<Schedule>, span: Span) -> Schedule {
        match (self.failure.take(), schedule) {
            (Some(failure), _) => Schedule::Open(failure),
            (None, Some(schedule)) => schedule,
            (None, None) => Schedule::Open(NotEvaluated {
                reason: "its least or greatest number is not written".to_owned(),
                span,
            }),
        }
    }
}

/// A doubt as the reason for which nothing is said.
pub(super) fn not_evaluated(doubt: &Doubt, span: Span) -> NotEvaluated {
    NotEvaluated {
        reason: doubt.reason.to_string(),
        span: doubt.span.unwrap_or(span),
    }
}

impl<'e> Reader<'_, 'e> {
    /// Scheduled actions, each by the name it is given in an attribute, else by its address.
    pub fn actions(&mut self, actions: &[&Resource<'e>], name: &str, table: &'static Table) -> Vec<Entry> {
        let entry = |action: &&Resource<'e>| Entry {
            what: "scheduled action",
            name: self
                .handle(*action, name)
                .unwrap_or_else(|| action.address.as_str().into()),
            span: action.block.head(),
            home: self.home(action.block, table),
        };
        actions.iter().map(entry).collect()
    }

    /// A number of instances; `None` where none is written, or where it is negative (Terraform's "leave it").
    pub fn count(
        &mut self,
        found: &mut Found,
        of: &impl Attributes<'e>,
        name: &str,
        row: Option<&'static Row>,
    ) -> Option<Given<u32>> {
        let value = of.value(self.configuration, name)?;
        let number = match value.number() {
            Known::Is(number) => number,
            Known::Absent => return None,
            Known::Unknown(doubt) => {
                found.fail(doubt, value.span);
                return None;
            }
        };
        if number < 0.0 {
            return None;
        }
        if number.fract() != 0.0 || number > f64::from(u32::MAX) {
            found.fail(Doubt::at("this is not a number of instances", value.span), value.span);
            return None;
        }
        self.site(found, &value, row);
        Some(Given::new(number as u32, value.span))
    }

    /// A text; `None` where none is written.
    pub fn text(
        &mut self,
        found: &mut Found,
        of: &impl Attributes<'e>,
        name: &str,
        row: Option<&'static Row>,
    ) -> Option<Given<String>> {
        let value = of.value(self.configuration, name)?;
        match value.text() {
            Known::Is(text) => {
                self.site(found, &value, row);
                Some(Given::new(text.to_string(), value.span))
            }
            Known::Absent => None,
            Known::Unknown(doubt) => {
                found.fail(doubt, value.span);
                None
            }
        }
    }

    /// Remembers where a value is written, so that another can be written in its place.
    fn site(&mut self, found: &mut Found, value: &Value, row: Option<&'static Row>) {
        if let Some(row) = row.filter(|_| value.literal) {
            found.sites.push((value.span, Site { row, node: None }));
        }
    }

    /// A block that a new attribute may be written in. One that stands for several is none.
    pub fn home(&mut self, block: At<'e>, table: &'static Table) -> Option<(NodePlace, &'static Table)> {
        let repeated = std::iter::once(block)
            .chain(block.up())
            .any(|at| at.name() == "dynamic" || at.child("for_each").is_some() || at.child("count").is_some());
        let tree = self.tree(block).filter(|_| !repeated)?;
        Some(((self.model.add_tree(&tree), block.id()), table))
    }

    fn tree(&self, block: At<'e>) -> Option<Arc<Tree>> {
        let mut documents = self.environment.documents.iter();
        let found = documents.find(|document| std::ptr::eq(Arc::as_ptr(&document.tree), block.tree()));
        found.map(|document| document.tree.clone())
    }

    /// What a value is called when two are compared.
    pub fn handle(&self, of: &impl Attributes<'e>, name: &str) -> Option<Arc<str>> {
        of.value(self.configuration, name)?.handle()
    }
}
