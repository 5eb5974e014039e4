//! Who serves an Ingress: the class it names, or the default one, and the controller that the class's object names.

use crate::environment::{ByKind, Document};
use crate::kubernetes::service::text;
use crate::model::Known;
use crate::syntax::At;

/// The annotation from before there were classes.
pub const ANNOTATION: &str = "kubernetes.io/ingress.class";
/// What makes a class the one of every Ingress that names none.
const DEFAULT: &str = "ingressclass.kubernetes.io/is-default-class";

/// The class of an Ingress and its controller.
#[derive(Clone, Debug)]
pub struct Class<'d> {
    /// The name: of the class it names, or the default class of the environment; absent where neither is written.
    pub name: Known<String>,
    /// What the IngressClass of this name says in `spec.controller`; absent where no such object is in the environment.
    pub controller: Option<String>,
    /// That object.
    pub object: Option<&'d Document>,
}

impl<'d> Class<'d> {
    /// The class of an Ingress, looked up among the documents it is deployed with.
    pub fn of_ingress(document: &Document, documents: &ByKind<'d>) -> Class<'d> {
        let name = match text(document, "spec.ingressClassName") {
            Known::Absent => by_annotation(document),
            known => known.map(|name| name.to_string()),
        };
        let mut classes = documents.of_kind("IngressClass").iter().copied();
        let object = match &name {
            Known::Is(name) => classes.find(|other| *other.name == **name),
            Known::Absent => classes.find(|other| is_default(other)),
            Known::Unknown(_) => None,
        };
        let controller = object.and_then(|object| match text(object, "spec.controller") {
            Known::Is(controller) => Some(controller.to_string()),
            _ => None,
        });
        let name = match (name, object) {
            (Known::Absent, Some(object)) => Known::Is(object.name.to_string()),
            (name, _) => name,
        };
        Class {
            name,
            controller,
            object,
        }
    }

    /// The name, where it is known.
    pub fn known(&self) -> Option<&str> {
        match &self.name {
            Known::Is(name) => Some(name),
            _ => None,
        }
    }
}

fn annotation<'d>(document: &'d Document, name: &str) -> Option<At<'d>> {
    let annotations = document.at().get("metadata.annotations")?;
    annotations.entries().into_iter().find(|entry| entry.name() == name)
}

fn by_annotation(document: &Document) -> Known<String> {
    match annotation(document, ANNOTATION).map(crate::model::scalar) {
        Some(known) => known.map(|name| name.to_string()),
        None => Known::Absent,
    }
}

fn is_default(class: &Document) -> bool {
    annotation(class, DEFAULT).and_then(At::text) == Some("true")
}
