//! What Terraform scales: Auto Scaling groups and scalable targets of AWS with their schedules, autoscalers of Google Cloud,
//! and the settings of Azure, which are recognised and not evaluated.

mod amazon;
mod application;
mod google;
mod spell;
pub mod table;

use std::sync::Arc;

use crate::capacity::schedule::{Given, NotEvaluated, azure};
use crate::environment::Environment;
use crate::environment::terraform::evaluate::Configuration;
use crate::environment::terraform::{Attributes, Resource, Value, read};
use crate::model::{Doubt, Known, Model, NodePlace, Row, Site, Table};
use crate::repo::Span;
use crate::scaling::{Entry, Identity, Schedule, Source, Target};
use crate::syntax::{At, Tree};

const AZURE: &str = "azurerm_monitor_autoscale_setting";

/// Everything an environment of Terraform scales.
pub fn targets(model: &mut Model, environment: &Environment) -> Vec<Target> {
    let wanted = |kind: &str| kind == AZURE || amazon::wants(kind) || application::wants(kind) || google::wants(kind);
    let (configuration, resources) = read(environment, &wanted);
    let mut reader = Reader {
        model,
        environment,
        configuration: &configuration,
    };
    let mut targets = amazon::targets(&mut reader, &resources);
    targets.extend(application::targets(&mut reader, &resources));
    targets.extend(google::targets(&mut reader, &resources));
    targets.extend(
        resources
            .iter()
            .filter(|resource| resource.kind == AZURE)
            .map(|setting| {
                let span = setting.block.head();
                let reason = match azure(span).bounds {
                    Err(reason) => reason,
                    Ok(_) => NotEvaluated {
                        reason: "autoscale settings of Azure are not evaluated".to_owned(),
                        span,
                    },
                };
                open(setting, "autoscale setting", reason)
            }),
    );
    targets
}

/// Reads values of resources and remembers where they are written.
struct Reader<'m, 'e> {
    model: &'m mut Model,
    environment: &'e Environment,
    configuration: &'m Configuration<'e>,
}

/// What was read of one source so far.
#[derive(Default)]
struct Found {
    sites: Vec<(Span, Site)>,
    /// The first reason for which nothing can be said.
    failure: Option<NotEvaluated>,
}

impl Found {
    /// The beginning: what keeps a resource, or an action that may be meant for it, from being read.
    fn of(resource: &Resource<'_>, stray: Option<&NotEvaluated>) -> Self {
        let mut found = Found {
            failure: stray.cloned(),
            ..Found::default()
        };
        if let Some(doubt) = &resource.doubt {
            found.fail(doubt.clone(), resource.block.head());
        }
        found
    }

    fn fail(&mut self, doubt: Doubt, span: Span) {
        self.failure.get_or_insert(not_evaluated(&doubt, span));
    }

    /// The schedule, or why there is none.
    fn or_open(&mut self, schedule: Option<Schedule>, span: Span) -> Schedule {
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

fn not_evaluated(doubt: &Doubt, span: Span) -> NotEvaluated {
    NotEvaluated {
        reason: doubt.reason.to_string(),
        span: doubt.span.unwrap_or(span),
    }
}

impl<'e> Reader<'_, 'e> {
    /// Scheduled actions, each by the name it is given in an attribute, else by its address.
    fn actions(&mut self, actions: &[&Resource<'e>], name: &str, table: &'static Table) -> Vec<Entry> {
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
    fn count(
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
    fn text(
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
    fn home(&mut self, block: At<'e>, table: &'static Table) -> Option<(NodePlace, &'static Table)> {
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
    fn handle(&self, of: &impl Attributes<'e>, name: &str) -> Option<Arc<str>> {
        of.value(self.configuration, name)?.handle()
    }
}

/// A scheduled action whose target cannot be told: any may be meant.
struct Stray {
    reason: NotEvaluated,
    /// The module whose resources it chooses among, where it says so.
    prefix: Option<String>,
}

impl Stray {
    /// An action that names its target in `attribute`; `kind` is what it may name.
    fn new(action: &Resource<'_>, attribute: &str, kind: &str, reason: NotEvaluated) -> Self {
        let own = action.block.scalar(attribute).unwrap_or_default();
        let prefix = module_of(action);
        Self {
            reason,
            prefix: own.contains(kind).then(|| prefix.to_owned()),
        }
    }

    /// The first that may be for a target.
    fn of<'s>(all: &'s [Stray], target: &Resource<'_>) -> Option<&'s NotEvaluated> {
        let is_for = |stray: &&Stray| stray.prefix.as_deref().is_none_or(|prefix| prefix == module_of(target));
        all.iter().find(is_for).map(|stray| &stray.reason)
    }
}

/// The part of a resource's address that names its module.
fn module_of<'r>(resource: &'r Resource<'_>) -> &'r str {
    let own = resource.address.rfind(resource.kind).unwrap_or(0);
    &resource.address[..own]
}

/// The names that a resource's attributes give when others refer to them.
fn names(resource: &Resource<'_>, attributes: &[&str], own: Option<Arc<str>>) -> Vec<Arc<str>> {
    let symbols = attributes
        .iter()
        .map(|attribute| Arc::from(format!("{{{}.{attribute}}}", resource.address)));
    symbols.chain(own).collect()
}

/// A target of which nothing can be said.
fn open(resource: &Resource<'_>, what: &'static str, reason: NotEvaluated) -> Target {
    let span = resource.block.head();
    let object = Entry {
        what,
        name: resource.address.as_str().into(),
        span,
        home: None,
    };
    Target {
        identity: identity(resource, Vec::new()),
        span,
        workload: None,
        sources: vec![Source {
            object,
            schedule: Schedule::Open(reason),
            entries: Vec::new(),
            sites: Vec::new(),
            reactive: None,
        }],
    }
}

fn identity(resource: &Resource<'_>, others: Vec<Arc<str>>) -> Identity {
    Identity::Terraform {
        address: resource.address.as_str().into(),
        others,
    }
}

/// Whether Terraform leaves an attribute as it finds it.
fn ignores_changes(resource: &Resource<'_>, attribute: &str) -> bool {
    let lifecycles = resource.block.all("lifecycle");
    lifecycles
        .filter_map(|lifecycle| lifecycle.scalar("ignore_changes"))
        .flat_map(|list| list.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
        .any(|name| name == attribute || name == "all")
}
