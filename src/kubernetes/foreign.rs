//! Annotations of an Ingress that are for another controller than the one that serves it, and so have no effect.

use std::sync::Arc;

use crate::kubernetes::class::Class;
use crate::kubernetes::ingress::Ingress;
use crate::model::field::setting;
use crate::model::{Entity, Kind, Known, Model, scalar};
use crate::syntax::At;

/// A controller that reads annotations of Ingresses.
#[derive(Debug)]
pub struct Reader {
    /// Its name in messages.
    pub name: &'static str,
    /// How the names of its annotations begin.
    pub prefixes: &'static [&'static str],
    /// What an IngressClass names in `spec.controller`.
    pub controllers: &'static [&'static str],
    /// What its class is called by default.
    pub classes: &'static [&'static str],
    /// Annotations by which it serves several Ingresses as one.
    pub groups: &'static [&'static str],
}

/// The readers that may serve an Ingress; none where that is not known.
fn serving(class: &Class<'_>, readers: &[&'static Reader]) -> Vec<&'static str> {
    let is_it = |reader: &&&'static Reader| match &class.controller {
        Some(controller) => reader.controllers.contains(&controller.as_str()),
        None => class.known().is_some_and(|class| reader.classes.contains(&class)),
    };
    readers.iter().filter(is_it).map(|reader| reader.name).collect()
}

/// Adds the annotations of an Ingress that whoever serves it does not read.
pub fn settings(model: &mut Model, ingress: &Ingress<'_>, readers: &[&'static Reader]) {
    let serving = serving(&ingress.class, readers);
    if serving.is_empty() || ingress.document.doubt("metadata.annotations").is_some() {
        return;
    }
    for entry in ingress.annotations() {
        let Known::Is(value) = scalar(entry) else { continue };
        let prefix = |reader: &&'static Reader| {
            let mut prefixes = reader.prefixes.iter();
            Some((prefixes.find(|prefix| entry.name().starts_with(**prefix))?, reader.name))
        };
        let Some((prefix, owner)) = readers.iter().find_map(prefix) else {
            continue;
        };
        if serving.contains(&owner) {
            continue;
        }
        let mut entity = setting(ingress, entry, &value, "foreign");
        let name = entry.name_span();
        entity.set(setting::PRODUCT, Arc::from(serving.join(" or ")), name);
        entity.set(setting::OWNER, Arc::from(owner), name);
        entity.set(setting::EFFECT, Arc::from(effect(&entry.name()[prefix.len()..])), name);
        model.add(entity);
    }
}

/// What an annotation governs, from its name after the prefix.
pub fn effect(name: &str) -> &'static str {
    const PARTS: [(&str, &str); 10] = [
        ("protocol", "protocol"),
        ("ssl-services", "protocol"),
        ("grpc-services", "protocol"),
        ("server-ssl", "protocol"),
        ("serversscheme", "protocol"),
        ("timeout", "timeout"),
        ("buffer", "buffer"),
        ("retries", "retries"),
        ("retry", "retries"),
        ("next-upstream", "retries"),
    ];
    let found = PARTS.iter().find(|(part, _)| name.contains(part));
    found.map_or("other", |(_, effect)| effect)
}

/// An annotation that has no effect, and why.
pub fn setting(ingress: &Ingress<'_>, entry: At<'_>, value: &Arc<str>, problem: &str) -> Entity {
    let holder: Arc<str> = Arc::from(format!("Ingress {}", ingress.document.name));
    let mut entity = Entity::new(Kind::Setting, format!("{holder} {}", entry.name()), entry.head());
    entity.set(setting::NAME, Arc::from(entry.name()), entry.name_span());
    entity.set(setting::VALUE, value.clone(), entry.word_span_at(0));
    entity.set(setting::PROBLEM, Arc::from(problem), entry.word_span_at(0));
    entity.set(setting::HOLDER, holder, entry.head());
    entity
}
