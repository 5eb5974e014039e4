//! Load balancers of clouds: what annotations and other objects say of them, and the behaviour that no file says.

mod application;
mod descriptor;
mod failure;
mod google;
mod service;
mod target_group;

use std::sync::{Arc, LazyLock};

use crate::environment::Document;
use crate::estate::Endpoint;
use crate::kubernetes::class::Class;
use crate::model::field::endpoint;
use crate::model::{
    Doubt, Entity, Fact, Kind, Known, Model, NodePlace, ProductId, Row, Scope, ScopeId, Site, Stored, Table, scalar,
};
use crate::repo::Span;
use crate::syntax::At;

pub(crate) use application::{has_annotations as has_alb_annotations, ingress as aws_ingress, to_pods};
pub use descriptor::{AWS_ALB, AWS_CLB, AWS_NLB, AWS_TARGET_GROUP, GOOGLE, OTHER};
pub(crate) use google::backend as google_backend;
pub(crate) use service::of_service;
pub(crate) use target_group::of_binding;

static OTHER_TABLE: LazyLock<Table> = LazyLock::new(|| Table::new("load balancer", Vec::new()));

/// A kind of load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balancer {
    /// The product, as rules and messages call it.
    pub product: ProductId,
    cloud: Cloud,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cloud {
    Aws,
    AwsClassic,
    AwsNetwork,
    Google,
    Other,
}

impl Balancer {
    /// AWS' Application Load Balancer.
    pub const AWS_ALB: Balancer = Balancer {
        product: AWS_ALB.id(),
        cloud: Cloud::Aws,
    };
    /// AWS' Classic Load Balancer with HTTP listeners.
    pub const AWS_CLB: Balancer = Balancer {
        product: AWS_CLB.id(),
        cloud: Cloud::AwsClassic,
    };
    /// AWS' Network Load Balancer: it passes connections on and speaks no HTTP.
    pub const AWS_NLB: Balancer = Balancer {
        product: AWS_NLB.id(),
        cloud: Cloud::AwsNetwork,
    };
    /// A target group of AWS whose load balancer is made elsewhere.
    pub const AWS_TARGET_GROUP: Balancer = Balancer {
        product: AWS_TARGET_GROUP.id(),
        cloud: Cloud::Other,
    };
    /// Google Cloud's Application Load Balancer.
    pub const GOOGLE: Balancer = Balancer {
        product: GOOGLE.id(),
        cloud: Cloud::Google,
    };
    /// One that gatelint knows nothing of by itself.
    pub const OTHER: Balancer = Balancer {
        product: OTHER.id(),
        cloud: Cloud::Other,
    };

    /// The product with this name in `facts`.
    pub fn named(name: &str) -> Option<Balancer> {
        match name {
            "aws-alb" => Some(Balancer::AWS_ALB),
            "aws-clb" => Some(Balancer::AWS_CLB),
            "google" => Some(Balancer::GOOGLE),
            "other" => Some(Balancer::OTHER),
            _ => None,
        }
    }

    /// Its defaults.
    pub fn table(self) -> &'static Table {
        match self.cloud {
            Cloud::Aws => &application::TABLE,
            Cloud::AwsClassic => &service::CLASSIC,
            Cloud::AwsNetwork => &service::NETWORK,
            Cloud::Google => &google::TABLE,
            Cloud::Other => &OTHER_TABLE,
        }
    }

    /// Whether the time for idle connections also limits how long it waits for a response.
    pub fn idle_limits_response(self) -> bool {
        matches!(self.cloud, Cloud::Aws | Cloud::AwsClassic)
    }
}

fn annotations(document: &Document) -> Vec<At<'_>> {
    let at = document.at().get("metadata.annotations");
    at.map(At::entries).unwrap_or_default()
}

/// The load balancer that an Ingress makes, where its class or annotations tell.
pub(crate) fn of_ingress(document: &Document, class: &Class<'_>) -> Option<Balancer> {
    if let Some(controller) = class.controller.as_deref() {
        // EKS Auto Mode has a controller of its own with the same annotations.
        return matches!(controller, "ingress.k8s.aws/alb" | "eks.amazonaws.com/alb").then_some(Balancer::AWS_ALB);
    }
    let speaks = || {
        annotations(document)
            .iter()
            .any(|entry| entry.name().starts_with(application::PREFIX))
    };
    match &class.name {
        Known::Is(name) if name == "alb" => Some(Balancer::AWS_ALB),
        Known::Is(name) if matches!(name.as_str(), "gce" | "gce-internal") => Some(Balancer::GOOGLE),
        Known::Absent if speaks() => Some(Balancer::AWS_ALB),
        _ => None,
    }
}

/// What annotations say of a load balancer, in the rows of its table. `own` takes those that are no plain values.
fn of_annotations(
    model: &mut Model,
    document: &Document,
    parent: Option<ScopeId>,
    table: &'static Table,
    own: impl Fn(At<'_>, Option<NodePlace>, &mut Scope) -> bool,
) -> ScopeId {
    let tree = model.add_tree(&document.tree);
    let mut scope = Scope {
        parent,
        doubt: document.doubt("metadata.annotations").cloned(),
        ..Scope::default()
    };
    for entry in annotations(document) {
        let place = Some((tree, entry.id()));
        if own(entry, place, &mut scope) {
            continue;
        }
        for row in table.named(entry.name()) {
            let value = scalar(entry);
            scope.facts.push(fact(
                row,
                value.as_ref().map(|text| &**text),
                entry.word_span_at(0),
                place,
            ));
        }
    }
    let at = document.at().get("metadata.annotations").filter(|at| at.is_map());
    scope.home = at.map(|at| (tree, at.id()));
    model.add_scope(scope)
}

/// `idle_timeout.timeout_seconds=600,routing.http2.enabled=true`: rows are named like the attributes.
fn attributes(entry: At<'_>, place: Option<NodePlace>, table: &'static Table, scope: &mut Scope) {
    let word = entry.word_span_at(0);
    if let Some(hole) = entry.doubt_at(0) {
        scope.doubt = Some(Doubt::at("the load balancer's attributes are filled in later", hole));
        return;
    }
    let text = entry.text().unwrap_or_default();
    // Quotes stand around the text, or it is not there word for word.
    let start = match (word.len() as usize).checked_sub(text.len()) {
        Some(0) => Some(word.start),
        Some(2) => Some(word.start + 1),
        _ => None,
    };
    let mut at = 0;
    for part in text.split(',') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let offset = (at + name.len() + 1) as u32;
        let lead = (value.len() - value.trim_start().len()) as u32;
        at += part.len() + 1;
        for row in table.named(name.trim()) {
            let span = start.map(|start| {
                let from = start + offset + lead;
                Span::new(word.source, from, from + value.trim().len() as u32)
            });
            let mut found = fact(row, Known::Is(value.trim()), span.unwrap_or(word), place);
            if span.is_none() {
                // The scope holds only what has a site; one without a node is never written to.
                found.site = Some(Site { row, node: None });
            }
            scope.facts.push(found);
        }
    }
}

/// A Service as what a load balancer sends to, under the name that people gave it.
pub(crate) fn target(
    model: &mut Model,
    name: String,
    address: Arc<str>,
    host: &str,
    port: Known<u16>,
    span: Span,
) -> Endpoint {
    let mut end = Entity::new(Kind::Endpoint, name, span);
    end.set(endpoint::ADDRESS, address, span);
    end.set(endpoint::HOST, host.into(), span);
    end.set_known(endpoint::PORT, port.clone().map(i64::from), span);
    Endpoint {
        id: model.add(end),
        host: Known::Is(host.into()),
        port,
        port_name: None,
        socket: None,
        looked_up_again: Known::Is(true),
        span,
    }
}

fn fact(row: &'static Row, value: Known<&str>, span: Span, node: Option<NodePlace>) -> Fact {
    let unread = || Stored::Unknown(Doubt::at(format!("the value of {} cannot be read", row.name), span));
    let value = match value {
        Known::Is(text) => row.read(text).map_or_else(unread, Stored::Is),
        Known::Unknown(doubt) => Stored::Unknown(doubt),
        Known::Absent => unread(),
    };
    Fact {
        field: row.field,
        value,
        span,
        site: Some(Site { row, node }),
    }
}
