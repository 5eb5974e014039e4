//! Ingresses, each with who serves it.

use crate::environment::ByKind;
use crate::estate::Builder;
use crate::kubernetes::foreign;
use crate::kubernetes::ingress::{self, Ingress};
use crate::model::{ProductId, ScopeId};
use crate::product;
use crate::product::controller::Controller;

impl Builder<'_> {
    /// All Ingresses of the environment.
    pub(super) fn ingresses(&mut self) {
        let documents = &self.environment.documents;
        if !documents.iter().any(|document| &*document.kind == "Ingress") {
            return;
        }
        let known: Vec<(ProductId, &Controller, Option<ScopeId>)> = product::controllers()
            .map(|(product, controller)| (product, controller, (controller.shared)(self)))
            .collect();
        let readers = product::readers();
        let by_kind = ByKind::new(documents);
        let model = &mut self.estate.model;
        let first = self.estate.gateways.len();
        let mut classes: Vec<String> = Vec::new();
        for document in by_kind.of_kind("Ingress") {
            let ingress = Ingress::among(document, &by_kind);
            let mut known = known.iter();
            let served = known.find(|(_, controller, _)| (controller.serves)(&ingress));
            let gateway = match served {
                Some((product, controller, shared)) => {
                    let mut serving = (controller.serve)(model, &ingress, *shared);
                    ingress::lower(model, &ingress, Some((*product, &mut *serving)))
                }
                None => ingress::lower(model, &ingress, None),
            };
            foreign::settings(model, &ingress, readers);
            if let Some((_, controller, _)) = served {
                (controller.notes)(model, &ingress);
            }
            classes.push(format!(
                "{} {}",
                gateway.product.name,
                ingress.class.known().unwrap_or_default()
            ));
            self.estate.gateways.push(gateway);
        }
        let gateways = self.estate.gateways[first..].iter_mut();
        ingress::longest_wins(classes.iter().map(String::as_str).zip(gateways));
    }
}
