//! Named locations (`@app`): `try_files` and `error_page` look theirs up in their own server, and only when a request
//! gets there; `nginx -t` does not look (ngx_http_named_location).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::field::reference;
use crate::model::nearest::nearest;
use crate::model::{Entity, Kind, Known, Model};
use crate::product::nginx::includes::{Directive, Includes, flatten};
use crate::syntax::At;

/// Blocks inside blocks that are looked into.
const DEPTH: usize = 8;

/// Adds every named location that a server refers to, with whether the server has it. `children` are those of the
/// server, all of them read.
pub(super) fn add(model: &mut Model, includes: &dyn Includes, children: &[Directive]) {
    let names = children.iter().map(|(tree, node)| tree.at(*node));
    let names = names
        .filter(|at| at.name() == "location")
        .filter_map(|at| at.texts().last());
    let names: BTreeSet<&str> = names.filter(|name| name.starts_with('@')).collect();
    uses(model, includes, children, &names, 0);
}

fn uses(model: &mut Model, includes: &dyn Includes, children: &[Directive], names: &BTreeSet<&str>, depth: usize) {
    for (tree, node) in children {
        let at = tree.at(*node);
        match at.name() {
            "try_files" | "error_page" => one(model, at, names),
            "location" | "if" if depth < DEPTH => {
                let (inner, _) = flatten(includes, tree, *node);
                uses(model, includes, &inner, names, depth + 1);
            }
            _ => {}
        }
    }
}

fn one(model: &mut Model, at: At<'_>, names: &BTreeSet<&str>) {
    let n = at.words().len().saturating_sub(1);
    let Some(name) = at.word(n).filter(|name| name.starts_with('@') && !name.contains('$')) else {
        return;
    };
    if names.contains(name) || at.doubt_at(n).is_some() {
        return;
    }
    let span = at.word_span_at(n);
    let mut entity = Entity::new(Kind::Reference, format!("{} {name}", at.name()), span);
    entity.set(reference::NAME, Arc::from(name), span);
    entity.set(reference::SORT, Arc::from("named location"), span);
    entity.set(reference::ON_FAILURE, at.name() == "error_page", span);
    entity.set_known(reference::FOUND, Known::Is(false), span);
    if let Some(near) = nearest(name, names.iter().copied()) {
        entity.set(reference::NEAREST, Arc::from(near), span);
    }
    model.add(entity);
}
