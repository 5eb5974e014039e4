//! Load balancers of clouds: what Ingress annotations say of them, and the behaviour that no file says.
//!
//! AWS: an Application Load Balancer keeps connections to targets open for its idle timeout, which also limits how long
//! it waits for a response (60 s, 1 to 4000). Google Cloud: connections to backends are kept 600 s, which cannot be
//! changed; a backend service waits 30 s for a response.

use std::sync::LazyLock;

use super::kubernetes::scalar;
use crate::environment::Document;
use crate::model::field::{route, upstream};
use crate::model::{Doubt, Fact, Known, Model, NodePlace, Row, Scope, ScopeId, Site, Stored, Table, Unit};
use crate::repo::Span;
use crate::syntax::At;

const ALB: &str = "alb.ingress.kubernetes.io/";
const AWS: &str = "AWS, Application Load Balancers: idle_timeout.timeout_seconds";
const CONTROLLER: &str = "AWS Load Balancer Controller, Ingress annotations";
const GOOGLE: &str = "Google Cloud, external Application Load Balancer: timeouts";

/// A row named like its attribute: attributes stand together in one annotation.
static AWS_TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new(
            "idle_timeout.timeout_seconds",
            upstream::KEEPALIVE_TIMEOUT,
            Unit::Seconds,
        )
        .default("60", AWS),
        Row::new("idle_timeout.timeout_seconds", route::READ_TIMEOUT, Unit::Seconds).default("60", AWS),
        Row::new(format!("{ALB}target-type"), route::TARGET_TYPE, Unit::Text).default("instance", CONTROLLER),
        Row::new(format!("{ALB}healthcheck-path"), route::HEALTH_CHECK_PATH, Unit::Text).default("/", CONTROLLER),
    ];
    Table::new("AWS ALB", rows)
});

static GOOGLE_TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new("keepalive", upstream::KEEPALIVE_TIMEOUT, Unit::Seconds).default("600", GOOGLE),
        Row::new("timeoutSec", route::READ_TIMEOUT, Unit::Seconds).default("30", GOOGLE),
    ];
    Table::new("Google Cloud load balancer", rows)
});

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
    Google,
    Other,
}

impl Balancer {
    /// AWS' Application Load Balancer.
    pub const AWS_ALB: Balancer = Balancer {
        product: "AWS ALB",
        cloud: Cloud::Aws,
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
            "google" => Some(Balancer::GOOGLE),
            "other" => Some(Balancer::OTHER),
            _ => None,
        }
    }

    /// Its defaults.
    pub fn table(self) -> &'static Table {
        match self.cloud {
            Cloud::Aws => &AWS_TABLE,
            Cloud::Google => &GOOGLE_TABLE,
            Cloud::Other => &OTHER_TABLE,
        }
    }

    /// Whether the time for idle connections also limits how long it waits for a response.
    pub fn idle_limits_response(self) -> bool {
        self.cloud == Cloud::Aws
    }
}

fn annotations(document: &Document) -> Vec<At<'_>> {
    let at = document.at().get("metadata.annotations");
    at.map(At::entries).unwrap_or_default()
}

/// The load balancer that an Ingress makes, where its class or annotations tell.
pub fn of_ingress(document: &Document) -> Option<Balancer> {
    let annotations = annotations(document);
    let by_annotation = || {
        let mut class = annotations
            .iter()
            .filter(|entry| entry.name() == "kubernetes.io/ingress.class");
        class.next()?.text()
    };
    let speaks = |prefix: &str| annotations.iter().any(|entry| entry.name().starts_with(prefix));
    match document.at().scalar("spec.ingressClassName").or_else(by_annotation) {
        Some("alb") => Some(Balancer::AWS_ALB),
        Some("gce" | "gce-internal") => Some(Balancer::GOOGLE),
        None if speaks(ALB) => Some(Balancer::AWS_ALB),
        _ => None,
    }
}

/// Whether the load balancer sends to pods rather than to nodes.
pub fn to_pods(document: &Document) -> bool {
    let name = format!("{ALB}target-type");
    let mut written = annotations(document).into_iter().filter(|entry| entry.name() == name);
    written.next().and_then(At::text) == Some("ip")
}

/// What the annotations of an Ingress say of its load balancer.
pub fn settings(model: &mut Model, document: &Document) -> ScopeId {
    let tree = model.add_tree(&document.tree);
    let mut scope = Scope {
        doubt: document.doubt("metadata.annotations").cloned(),
        ..Scope::default()
    };
    for entry in annotations(document) {
        let place = Some((tree, entry.id()));
        if entry.name() == format!("{ALB}load-balancer-attributes") {
            attributes(entry, place, &mut scope);
            continue;
        }
        for row in AWS_TABLE.named(entry.name()) {
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

/// `idle_timeout.timeout_seconds=600,routing.http2.enabled=true`
fn attributes(entry: At<'_>, place: Option<NodePlace>, scope: &mut Scope) {
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
        for row in AWS_TABLE.named(name.trim()) {
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
