//! What a Service of type LoadBalancer makes on AWS: a Classic Load Balancer, which speaks HTTP where annotations say so,
//! or a Network Load Balancer, which passes connections on and speaks no HTTP.
//!
//! A Classic Load Balancer keeps connections to instances open for its idle timeout, which also limits how long it waits
//! for a response: 60 s unless it is set, 1 to 4000 s. Annotations: cloud-provider-aws (docs/service_controller.md, aws.go)
//! and the AWS Load Balancer Controller (Service annotations).

use std::sync::{Arc, LazyLock};

use crate::environment::{Document, folder_of};
use crate::estate::{Endpoint, Gateway, Route, Takes};
use crate::kubernetes::ingress::annotations;
use crate::model::field::{endpoint, gateway, route, upstream};
use crate::model::{Doubt, Entity, Kind, Known, Model, ProductId, Row, ScopeId, Table, Unit, scalar};
use crate::product::load_balancer::product::{AWS_CLB, AWS_NLB};
use crate::product::load_balancer::table::of_annotations;
use crate::syntax::At;

const PREFIX: &str = "service.beta.kubernetes.io/aws-load-balancer-";
const IDLE: &str = "AWS, Classic Load Balancers: idle connection timeout";

/// Of an HTTP health check: what counts only where the check is one.
fn checks() -> Vec<Row> {
    vec![
        Row::new(
            format!("{PREFIX}healthcheck-path"),
            route::HEALTH_CHECK_PATH,
            Unit::Text,
        ),
        Row::new(
            format!("{PREFIX}healthcheck-port"),
            route::HEALTH_CHECK_PORT,
            Unit::Text,
        ),
    ]
}

pub(super) static CLASSIC: LazyLock<Table> = LazyLock::new(|| {
    let idle = || format!("{PREFIX}connection-idle-timeout");
    let mut rows = vec![
        Row::new(idle(), upstream::KEEPALIVE_TIMEOUT, Unit::Seconds).default("60", IDLE),
        Row::new(idle(), route::READ_TIMEOUT, Unit::Seconds).default("60", IDLE),
        Row::new(
            format!("{PREFIX}connection-draining-timeout"),
            route::DRAIN_TIMEOUT,
            Unit::Seconds,
        ),
    ];
    rows.extend(checks());
    Table::new("AWS CLB", rows)
});

pub(super) static NETWORK: LazyLock<Table> = LazyLock::new(|| Table::new("AWS NLB", checks()));

/// What the annotations of a Service make of it.
struct Balanced<'d> {
    document: &'d Document,
    balancer: ProductId,
    /// Whether it sends to pods rather than to nodes.
    to_pods: bool,
}

impl<'d> Balanced<'d> {
    /// `None` for a Service without an AWS load balancer, and for a Classic Load Balancer that passes connections on:
    /// there every client's connection has its own, as in front of no load balancer.
    fn of(document: &'d Document) -> Option<Self> {
        let at = document.at();
        if at.scalar("spec.type") != Some("LoadBalancer") || document.doubt("metadata.annotations").is_some() {
            return None;
        }
        let made = |balancer: ProductId, to_pods: bool| {
            Some(Balanced {
                document,
                balancer,
                to_pods,
            })
        };
        let nlb = |to_pods: bool| made(AWS_NLB.id(), to_pods);
        let by_ip = || text(document, "nlb-target-type") == Some("ip");
        if let Some(class) = at.get("spec.loadBalancerClass") {
            let is_own = matches!(class.text(), Some("service.k8s.aws/nlb" | "eks.amazonaws.com/nlb"));
            return is_own.then(|| nlb(by_ip())).flatten();
        }
        match text(document, "type") {
            Some("nlb-ip") => nlb(true),
            Some("external") => nlb(by_ip()),
            Some("nlb") => nlb(false),
            Some(_) => None,
            None if annotation(document, "type").is_some() => None,
            None => {
                let is_http = matches!(protocol(document)?.as_str(), "http" | "https");
                is_http.then(|| made(AWS_CLB.id(), false)).flatten()
            }
        }
    }

    fn target_type(&self) -> Known<&'static str> {
        // EKS Auto Mode has a default of its own.
        let class = self.document.at().get("spec.loadBalancerClass");
        if let Some(class) = class.filter(|class| class.text() == Some("eks.amazonaws.com/nlb"))
            && text(self.document, "nlb-target-type").is_none()
        {
            let reason = "what EKS Auto Mode takes for the targets is not known";
            return Known::Unknown(Doubt::at(reason, class.word_span_at(0)));
        }
        Known::Is(if self.to_pods { "ip" } else { "instance" })
    }

    fn table(&self) -> &'static Table {
        if self.is_classic() { &CLASSIC } else { &NETWORK }
    }

    fn is_classic(&self) -> bool {
        self.balancer == AWS_CLB.id()
    }

    /// Whether it begins connections with a PROXY protocol header. Only of a controller that is known to set it.
    fn sends_proxy(&self) -> Known<bool> {
        if self.is_classic() {
            return Known::Absent;
        }
        let together = annotation(self.document, "target-group-attributes");
        let written = annotation(self.document, "proxy-protocol");
        if let Some(entry) = written {
            // What the cloud provider of Kubernetes makes of it for its own NLBs differs between versions.
            if text(self.document, "type") == Some("nlb") {
                let reason = "whether a load balancer of type nlb reads the annotation depends on its controller";
                return Known::Unknown(Doubt::at(reason, entry.word_span_at(0)));
            }
            return scalar(entry).map(|value| &*value == "*");
        }
        let newer = annotation(self.document, "proxy-protocol-per-target-group");
        if let Some(entry) = newer {
            let reason = "which ports the load balancer sends a PROXY protocol header to is not read";
            return Known::Unknown(Doubt::at(reason, entry.word_span_at(0)));
        }
        let Some(entry) = together else { return Known::Is(false) };
        scalar(entry).map(|text| {
            let mut pairs = text.split(',').filter_map(|pair| pair.split_once('='));
            pairs.any(|(name, value)| name.trim() == "proxy_protocol_v2.enabled" && value.trim() == "true")
        })
    }
}

fn annotation<'d>(document: &'d Document, name: &str) -> Option<At<'d>> {
    let wanted = format!("{PREFIX}{name}");
    annotations(document).into_iter().find(|entry| entry.name() == wanted)
}

fn text<'d>(document: &'d Document, name: &str) -> Option<&'d str> {
    annotation(document, name).and_then(At::text)
}

fn protocol(document: &Document) -> Option<String> {
    text(document, "backend-protocol").map(str::to_ascii_lowercase)
}

/// The load balancer that a Service makes, where gatelint knows its kind.
pub(super) fn of_service(model: &mut Model, document: &Document) -> Option<Gateway> {
    let balanced = Balanced::of(document)?;
    let at = document.at();
    let span = at
        .get("metadata.name")
        .map_or_else(|| at.head(), |name| name.word_span_at(0));
    let label: Arc<str> = format!("load balancer of Service {}", document.name).into();
    let mut entity = Entity::new(Kind::Gateway, label.clone(), span);
    entity.set(gateway::NAME, label, span);
    entity.set(gateway::PLATFORM, "kubernetes".into(), span);
    entity.set(gateway::PRODUCT, balanced.balancer.name.into(), span);
    let id = model.add(entity);
    let settings = settings(model, &balanced);
    let ports = at.get("spec.ports").into_iter().flat_map(At::items);
    let routes = ports
        .filter_map(|port| port.child("port"))
        .map(|port| route(model, &balanced, settings, port))
        .collect();
    Some(Gateway {
        id,
        product: balanced.balancer,
        container: None,
        to_endpoints: balanced.to_pods,
        unplaced: false,
        unloaded: None,
        namespace: document.namespace.clone(),
        folder: Arc::from(folder_of(&document.path)),
        routes,
        listens: Vec::new(),
    })
}

/// What the annotations say. A path is asked for only by an HTTP check, and where traffic stays on the node it is
/// kube-proxy that answers; a time for draining counts only where draining is switched on.
fn settings(model: &mut Model, balanced: &Balanced<'_>) -> ScopeId {
    let document = balanced.document;
    let checks_http = check_protocol(document).is_some();
    let drains = text(document, "connection-draining-enabled") == Some("true");
    let without_effect = |name: &str| match name.strip_prefix(PREFIX) {
        Some("healthcheck-path" | "healthcheck-port") => !checks_http,
        Some("connection-draining-timeout") => !drains,
        _ => false,
    };
    let table = balanced.table();
    of_annotations(model, document, None, table, |entry, _, _| without_effect(entry.name()))
}

/// The annotation by which the load balancer checks with HTTP what is behind the Service.
fn check_protocol(document: &Document) -> Option<At<'_>> {
    let at = annotation(document, "healthcheck-protocol")?;
    let is_http = at
        .text()
        .is_some_and(|text| matches!(text.to_ascii_lowercase().as_str(), "http" | "https"));
    let is_local = document.at().scalar("spec.externalTrafficPolicy") == Some("Local");
    (is_http && !is_local).then_some(at)
}

/// The way from one of its listeners to the Service's port of the same number.
fn route(model: &mut Model, balanced: &Balanced<'_>, settings: ScopeId, port: At<'_>) -> Route {
    let document = balanced.document;
    let span = port.word_span_at(0);
    let number = scalar(port).then(|text| text.parse::<u16>().map_or(Known::Absent, Known::Is));
    let name = format!("{}:{}", document.name, port.text().unwrap_or("?"));
    let label = format!("{name} of the load balancer");
    let mut made = Entity::new(Kind::Route, label.clone(), span);
    made.set(route::NAME, name.as_str().into(), span);
    made.set_known(route::TARGET_TYPE, balanced.target_type().map(Arc::from), span);
    let classic = protocol(document).filter(|_| balanced.is_classic());
    made.set(
        route::PASS,
        if classic.is_some() { "proxy" } else { "stream" }.into(),
        span,
    );
    if let Some(scheme) = classic {
        made.set(route::SCHEME, scheme.into(), span);
        if let Some(enabled) = annotation(document, "connection-draining-enabled")
            && enabled.text() == Some("true")
            && annotation(document, "connection-draining-timeout").is_none()
        {
            // The default of draining that is switched on without a time (cloud-provider-aws).
            let time = crate::model::Duration::from_secs(300);
            made.set(route::DRAIN_TIMEOUT, time, enabled.word_span_at(0));
        }
    }
    if let Some(check) = check_protocol(document)
        && annotation(document, "healthcheck-path").is_none()
    {
        made.set(route::HEALTH_CHECK_PATH, "/".into(), check.word_span_at(0));
    }
    made.table = Some(balanced.table());
    made.scope = Some(settings);
    let mut group = Entity::new(Kind::Upstream, label, span);
    group.set(upstream::NAMED, false, span);
    group.table = Some(balanced.table());
    group.scope = Some(settings);
    let end = Endpoint::of_service(model, name.clone(), name.into(), &document.name, number, span);
    model
        .entity_mut(end.id)
        .set_known(endpoint::SEND_PROXY, balanced.sends_proxy(), span);
    Route {
        id: model.add(made),
        upstream: Known::Is(model.add(group)),
        endpoints: vec![end],
        doubt: None,
        reuses_connections: Known::Is(balanced.is_classic()),
        takes: Takes::default(),
    }
}
