//! The vocabulary of rules as data: `schemas/model.json`, generated from the kinds.

use serde_json::{Map, Value, json};

use super::function::FUNCTIONS;
use crate::model::Kind;

/// Kinds with their links and fields, and the functions of the rule language.
pub fn model_schema() -> String {
    let mut kinds = Map::new();
    for kind in Kind::ALL {
        let mut links = Map::new();
        for link in kind.links() {
            links.insert(link.name.to_owned(), json!({ "to": link.to.name(), "doc": link.doc }));
        }
        let mut fields = Map::new();
        for field in kind.fields() {
            fields.insert(
                field.name.to_owned(),
                json!({ "type": field.kind.name(), "doc": field.doc }),
            );
        }
        kinds.insert(kind.name().to_owned(), json!({ "links": links, "fields": fields }));
    }
    let functions: Map<String, Value> = FUNCTIONS
        .iter()
        .map(|(name, doc)| ((*name).to_owned(), json!(doc)))
        .collect();
    let document = json!({
        "$id": "urn:gatelint:schema:model",
        "title": "What gatelint's rules may name: kinds, their links and fields, and functions",
        "kinds": kinds,
        "functions": functions,
    });
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
