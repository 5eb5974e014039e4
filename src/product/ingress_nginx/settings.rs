//! The controller's settings, which all its Ingresses inherit, and those of one Ingress.

use std::sync::Arc;

use crate::environment::Document;
use crate::estate::{Builder, Context};
use crate::model::{Assumption, Doubt, Fact, Known, Model, Scope, ScopeId, Site, Stored, Unit, scalar};
use crate::product::ingress_nginx::chart::{self, Values};
use crate::product::ingress_nginx::table::TABLE;
use crate::syntax::{At, Language, Tree};

/// Whether a document holds settings of a controller.
pub(super) fn holds(document: &Document) -> bool {
    is_map(document) || chart::values(document).is_some()
}

/// Whether a ConfigMap is that of an ingress-nginx controller.
pub(super) fn is_map(document: &Document) -> bool {
    if &*document.kind != "ConfigMap" {
        return false;
    }
    let labels = document.at().get("metadata.labels");
    let label = |name: &str| labels.and_then(|labels| labels.child(name)).and_then(At::text);
    document.name.ends_with("ingress-nginx-controller")
        || &*document.name == "nginx-configuration"
        || (label("app.kubernetes.io/name") == Some("ingress-nginx")
            && label("app.kubernetes.io/component").is_none_or(|component| component == "controller")
            && !document.name.contains("services"))
}

/// What all Ingresses inherit: the settings that are deployed with them; else those found anywhere in the repository,
/// which are most likely those of their controller; else, most likely, the defaults.
pub(super) fn shared(builder: &mut Builder<'_>) -> ScopeId {
    let context = builder.context;
    let model = &mut builder.estate.model;
    let own = builder.environment.documents.iter().filter(|document| holds(document));
    let own: Vec<Scope> = own.map(|document| controller(model, context, document)).collect();
    if let Some(scope) = merged(own) {
        return model.add_scope(scope);
    }
    let elsewhere = context.settings().iter().filter(|document| holds(document));
    let mut found: Vec<Scope> = elsewhere.map(|document| controller(model, context, document)).collect();
    for tree in chart::files(context) {
        let values = tree.root().items().next();
        found.extend(values.map(|values| values_of(model, None, &tree, values)));
    }
    let (mut scope, assumption) = match merged(found) {
        Some(scope) => (
            scope,
            "the Ingress is served by another controller than the one configured in this repository",
        ),
        None => (
            Scope::default(),
            "the controller's ConfigMap, which is not in this repository, says otherwise",
        ),
    };
    let assumption = Assumption::unless(assumption);
    for fact in &mut scope.facts {
        fact.value = fact.value.clone().unless(assumption.clone());
    }
    scope.unless = Some(assumption);
    model.add_scope(scope)
}

/// The settings that a document holds.
fn controller(model: &mut Model, context: Context<'_>, document: &Document) -> Scope {
    let doubtful = |reason: &str| Scope {
        doubt: Some(Doubt::new(reason)),
        ..Scope::default()
    };
    match chart::values(document) {
        None => {
            let entries = document.at().child("data").map(At::entries).unwrap_or_default();
            scope(model, document.doubt("data"), &document.tree, &entries, "controller")
        }
        Some(Values::None) => Scope::default(),
        Some(Values::Elsewhere) => doubtful("the controller's values come from elsewhere"),
        Some(Values::Here(values)) if values.is_map() => {
            values_of(model, document.doubt("spec"), &document.tree, values)
        }
        Some(Values::Here(text)) => {
            let Some(source) = context.cache.embedded(context.sources, text, "values") else {
                return doubtful("the controller's values cannot be read");
            };
            let tree = context.cache.tree(&source, Language::Yaml);
            let values = tree.root().items().next();
            values.map_or_else(Scope::default, |values| {
                values_of(model, document.doubt("spec"), &tree, values)
            })
        }
    }
}

/// The settings among values of the controller's chart.
fn values_of(model: &mut Model, doubt: Option<&Doubt>, tree: &Arc<Tree>, values: At<'_>) -> Scope {
    let entries = chart::config(values).map(At::entries).unwrap_or_default();
    scope(model, doubt, tree, &entries, "controller")
}

/// What all of several have in common: which of them an Ingress inherits is not known.
fn merged(found: Vec<Scope>) -> Option<Scope> {
    let mut found = found.into_iter();
    let mut all = found.next()?;
    let several = || Doubt::new("several configurations may be the controller's");
    for more in found {
        if all.doubt.is_none() {
            all.doubt = more.doubt;
        }
        for fact in &mut all.facts {
            let same = |other: &&Fact| other.field == fact.field && other.value == fact.value;
            if more.facts.iter().find(same).is_none() {
                fact.value = Stored::Unknown(several());
            }
        }
        for fact in more.facts {
            if !all.facts.iter().any(|known| known.field == fact.field) {
                let value = Stored::Unknown(several());
                all.facts.push(Fact { value, ..fact });
            }
        }
    }
    Some(all)
}

/// The settings among entries: those of the controller, or annotations.
pub(super) fn scope(
    model: &mut Model,
    doubt: Option<&Doubt>,
    tree: &Arc<Tree>,
    entries: &[At<'_>],
    within: &str,
) -> Scope {
    let mut scope = Scope {
        doubt: doubt.cloned(),
        ..Scope::default()
    };
    for entry in entries {
        for row in TABLE.named(entry.name()).filter(|row| row.within.contains(&within)) {
            let span = entry.word_span_at(0);
            let value = match scalar(*entry) {
                // The controller ignores what is not a number, and what it inherits holds.
                Known::Is(text) if matches!(row.unit, Unit::Seconds | Unit::Number) && text.parse::<i64>().is_err() => {
                    continue;
                }
                Known::Is(text) => row.value_of(&text).map(Stored::Is).unwrap_or_else(|| {
                    Stored::Unknown(Doubt::at(format!("the value of {} cannot be read", row.name), span))
                }),
                Known::Unknown(doubt) => Stored::Unknown(doubt),
                Known::Absent => continue,
            };
            let site = Some(Site {
                row,
                node: Some((model.add_tree(tree), entry.id())),
            });
            scope.facts.push(Fact {
                field: row.field,
                value,
                span,
                site,
            });
        }
    }
    scope
}
