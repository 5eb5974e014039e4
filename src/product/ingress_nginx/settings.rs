//! The controller's settings, in its ConfigMap or as values of its chart, and those of one Ingress.

use crate::environment::Document;
use crate::model::{Doubt, Fact, Known, Model, Scope, ScopeId, Site, Stored, Unit, scalar};
use crate::product::ingress_nginx::table::TABLE;
use crate::syntax::At;

/// Whether a ConfigMap is that of an ingress-nginx controller.
pub fn is_controller(document: &Document) -> bool {
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

/// The controller's settings as the outermost scope of every Ingress.
pub fn controller(model: &mut Model, document: &Document) -> ScopeId {
    let entries = document.at().child("data").map(At::entries).unwrap_or_default();
    let scope = scope(model, document, &entries, "controller", "data");
    model.add_scope(scope)
}

/// The same settings as values of the controller's Helm chart: a map at a path of a document.
pub fn chart_controller(model: &mut Model, document: &Document, path: &str) -> Option<ScopeId> {
    let config = document.at().get(path).filter(|at| at.is_map())?;
    let scope = scope(model, document, &config.entries(), "controller", path);
    Some(model.add_scope(scope))
}

pub(super) fn scope(model: &mut Model, document: &Document, entries: &[At<'_>], within: &str, path: &str) -> Scope {
    let mut scope = Scope {
        doubt: document.doubt(path).cloned(),
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
                node: Some((model.add_tree(&document.tree), entry.id())),
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
