//! Load balancers of clouds: what annotations and other objects say of them, and the behaviour that no file says.

mod aws;
mod google;

use std::sync::LazyLock;

use super::class::Class;
use crate::environment::Document;
use crate::model::{Doubt, Fact, Known, NodePlace, Row, Site, Stored, Table};
use crate::repo::Span;
use crate::syntax::At;

pub(super) use aws::{classic, ingress as aws_ingress, to_pods};
pub(super) use google::backend as google_backend;

static OTHER_TABLE: LazyLock<Table> = LazyLock::new(|| Table::new("load balancer", Vec::new()));

/// A kind of load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balancer {
    /// The product, as rules and messages call it.
    pub product: &'static str,
    cloud: Cloud,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cloud {
    Aws,
    AwsClassic,
    Google,
    Other,
}

impl Balancer {
    /// AWS' Application Load Balancer.
    pub const AWS_ALB: Balancer = Balancer {
        product: "AWS ALB",
        cloud: Cloud::Aws,
    };
    /// AWS' Classic Load Balancer with HTTP listeners.
    pub const AWS_CLB: Balancer = Balancer {
        product: "AWS CLB",
        cloud: Cloud::AwsClassic,
    };
    /// Google Cloud's Application Load Balancer.
    pub const GOOGLE: Balancer = Balancer {
        product: "Google Cloud load balancer",
        cloud: Cloud::Google,
    };
    /// One that gatelint knows nothing of by itself.
    pub const OTHER: Balancer = Balancer {
        product: "load balancer",
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
            Cloud::Aws => &aws::TABLE,
            Cloud::AwsClassic => &aws::CLASSIC,
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
pub(super) fn of_ingress(document: &Document, class: &Class<'_>) -> Option<Balancer> {
    if let Some(controller) = class.controller.as_deref() {
        // EKS Auto Mode has a controller of its own with the same annotations.
        return matches!(controller, "ingress.k8s.aws/alb" | "eks.amazonaws.com/alb").then_some(Balancer::AWS_ALB);
    }
    let speaks = || {
        annotations(document)
            .iter()
            .any(|entry| entry.name().starts_with(aws::PREFIX))
    };
    match &class.name {
        Known::Is(name) if name == "alb" => Some(Balancer::AWS_ALB),
        Known::Is(name) if matches!(name.as_str(), "gce" | "gce-internal") => Some(Balancer::GOOGLE),
        Known::Absent if speaks() => Some(Balancer::AWS_ALB),
        _ => None,
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
