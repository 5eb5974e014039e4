//! A TargetGroupBinding: the AWS Load Balancer Controller registers what is behind a Service with a target group that is
//! made elsewhere, often by Terraform. Which load balancer uses the group, and how it is set, is not known here.

use std::sync::Arc;

use crate::environment::{Document, folder_of};
use crate::estate::{Endpoint, Gateway, Route, Takes};
use crate::model::field::{gateway, route, upstream};
use crate::model::{Doubt, Entity, Kind, Known, Model, scalar};
use crate::product::load_balancer::product::AWS_TARGET_GROUP;
use crate::product::load_balancer::table::OTHER_TABLE;

/// The target group of a binding as a gateway; `None` where it names no Service.
pub(super) fn of_binding(model: &mut Model, document: &Document) -> Option<Gateway> {
    let at = document.at();
    let service = at.get("spec.serviceRef.name")?;
    let port = at.get("spec.serviceRef.port")?;
    let product = AWS_TARGET_GROUP.id();
    let span = at
        .get("metadata.name")
        .map_or_else(|| at.head(), |name| name.word_span_at(0));
    let label: Arc<str> = format!("TargetGroupBinding {}", document.name).into();
    let mut entity = Entity::new(Kind::Gateway, label.clone(), span);
    entity.set(gateway::NAME, label.clone(), span);
    entity.set(gateway::PLATFORM, "kubernetes".into(), span);
    entity.set(gateway::PRODUCT, product.name.into(), span);
    let id = model.add(entity);

    let written = scalar(port);
    let number = written
        .clone()
        .then(|text| text.parse::<u16>().map_or(Known::Absent, Known::Is));
    let port_at = port.word_span_at(0);
    let (prefix, suffix) = &document.affixes;
    let name = match scalar(service) {
        // Kustomize does not know that this is a reference, unless it is told.
        Known::Is(_) if !prefix.is_empty() || !suffix.is_empty() => {
            let reason = "whether kustomize changes the name of the Service here depends on its configuration";
            Known::Unknown(Doubt::at(reason, service.word_span_at(0)))
        }
        name => name,
    };
    let address = format!("{}:{}", service.text().unwrap_or("?"), port.text().unwrap_or("?"));
    let mut made = Entity::new(Kind::Route, format!("{label} {address}"), port_at);
    made.set(route::NAME, address.as_str().into(), port_at);
    let kind = at.get("spec.targetType");
    match kind.map(scalar) {
        Some(Known::Is(kind)) => made.set(route::TARGET_TYPE, kind, port_at),
        _ => {
            let doubt = Doubt::at("the target group itself says whether its targets are pods", span);
            made.set_known(route::TARGET_TYPE, Known::Unknown(doubt), span);
        }
    }
    made.table = Some(&OTHER_TABLE);
    let mut group = Entity::new(Kind::Upstream, format!("{label} {address}"), port_at);
    group.set(upstream::NAMED, false, port_at);
    group.table = Some(&OTHER_TABLE);
    let mut end = Endpoint::of_service(
        model,
        format!("{label} {address}"),
        address.into(),
        service.text()?,
        number,
        port_at,
    );
    end.port_name = match (&end.port, written) {
        (Known::Absent, Known::Is(name)) => Some(name),
        _ => None,
    };
    end.host = name;
    let routes = vec![Route {
        id: model.add(made),
        upstream: Known::Is(model.add(group)),
        endpoints: vec![end],
        doubt: None,
        reuses_connections: Known::Unknown(Doubt::at(
            "which load balancer uses the target group is not known",
            span,
        )),
        takes: Takes::default(),
    }];
    Some(Gateway {
        id,
        product,
        container: None,
        to_endpoints: kind.and_then(|kind| kind.text()) == Some("ip"),
        unplaced: false,
        unloaded: None,
        namespace: document.namespace.clone(),
        folder: Arc::from(folder_of(&document.path)),
        routes,
        listens: Vec::new(),
    })
}
