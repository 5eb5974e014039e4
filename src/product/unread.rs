//! Gateways, routes and deployments of kinds that nothing here reads, and how each is told. What has a row is counted, so
//! that a silent report is not taken for a clean one.

use std::collections::BTreeMap;

use crate::environment::{Repository, Role};
use crate::syntax::At;

/// What is told of a kind.
#[derive(Debug)]
struct Row {
    /// What people call one of it; several of it with an `s`.
    name: &'static str,
    mark: Mark,
}

/// How one of a kind is told.
#[derive(Debug)]
enum Mark {
    /// An object of this kind in one of these API groups.
    Object(&'static [&'static str], &'static str),
    /// The same where it has this key somewhere in its `spec`.
    With(&'static [&'static str], &'static str, &'static str),
    /// A file whose name ends so.
    Ending(&'static str),
    /// A file that is called so.
    Called(&'static [&'static str]),
    /// One of these words in a file of these roles: one for each file.
    Any(fn(Role) -> bool, &'static [&'static str]),
    /// The same where it holds all of these words.
    All(fn(Role) -> bool, &'static [&'static str]),
}

const fn row(name: &'static str, mark: Mark) -> Row {
    Row { name, mark }
}

const ISTIO: &[&str] = &["networking.istio.io"];
const GATEWAY_API: &[&str] = &["gateway.networking.k8s.io"];
const TRAEFIK: &[&str] = &["traefik.io", "traefik.containo.us"];

/// All kinds.
static ROWS: [Row; 44] = [
    row("VirtualService", Mark::Object(ISTIO, "VirtualService")),
    row("Istio Gateway", Mark::Object(ISTIO, "Gateway")),
    row("HTTPRoute", Mark::Object(GATEWAY_API, "HTTPRoute")),
    row("GRPCRoute", Mark::Object(GATEWAY_API, "GRPCRoute")),
    row("TCPRoute", Mark::Object(GATEWAY_API, "TCPRoute")),
    row("TLSRoute", Mark::Object(GATEWAY_API, "TLSRoute")),
    row("IngressRoute", Mark::Object(TRAEFIK, "IngressRoute")),
    row("IngressRouteTCP", Mark::Object(TRAEFIK, "IngressRouteTCP")),
    row("HTTPProxy object", Mark::Object(&["projectcontour.io"], "HTTPProxy")),
    row("OpenShift Route", Mark::Object(&["route.openshift.io"], "Route")),
    row("VirtualServer", Mark::Object(&["k8s.nginx.org"], "VirtualServer")),
    row(
        "VirtualServerRoute",
        Mark::Object(&["k8s.nginx.org"], "VirtualServerRoute"),
    ),
    row("TransportServer", Mark::Object(&["k8s.nginx.org"], "TransportServer")),
    row("Ambassador Mapping", Mark::Object(&["getambassador.io"], "Mapping")),
    row("ApisixRoute", Mark::Object(&["apisix.apache.org"], "ApisixRoute")),
    row("RouteGroup", Mark::Object(&["zalando.org"], "RouteGroup")),
    row("Knative Service", Mark::Object(&["serving.knative.dev"], "Service")),
    row(
        "HelmRelease",
        Mark::Object(&["helm.toolkit.fluxcd.io", "helm.fluxcd.io"], "HelmRelease"),
    ),
    row("HelmChart", Mark::Object(&["helm.cattle.io"], "HelmChart")),
    row(
        "Argo Application of a chart",
        Mark::With(&["argoproj.io"], "Application", "chart"),
    ),
    row(
        "Argo ApplicationSet of a chart",
        Mark::With(&["argoproj.io"], "ApplicationSet", "chart"),
    ),
    row("Helm chart", Mark::Called(&["Chart.yaml"])),
    row(
        "Terraform file with helm_release",
        Mark::Any(is_terraform, &["resource \"helm_release\""]),
    ),
    row(
        "Terraform file with ALB listener",
        Mark::Any(
            is_terraform,
            &[
                "resource \"aws_lb_listener",
                "resource \"aws_alb_listener",
                "terraform-aws-modules/alb/",
            ],
        ),
    ),
    row(
        "Terraform file with classic load balancer",
        Mark::Any(is_terraform, &["resource \"aws_elb\""]),
    ),
    row(
        "Terraform file with CloudFront distribution",
        Mark::Any(is_terraform, &["resource \"aws_cloudfront_distribution\""]),
    ),
    row(
        "Terraform file with API gateway",
        Mark::Any(
            is_terraform,
            &["resource \"aws_apigatewayv2_", "resource \"aws_api_gateway_"],
        ),
    ),
    row(
        "Terraform file with Google load balancer",
        Mark::Any(
            is_terraform,
            &[
                "resource \"google_compute_backend_service\"",
                "resource \"google_compute_region_backend_service\"",
                "resource \"google_compute_url_map\"",
                "resource \"google_compute_region_url_map\"",
            ],
        ),
    ),
    row(
        "Terraform file with Azure gateway",
        Mark::Any(
            is_terraform,
            &[
                "resource \"azurerm_application_gateway\"",
                "resource \"azurerm_lb_rule\"",
                "resource \"azurerm_frontdoor",
                "resource \"azurerm_cdn_frontdoor_",
            ],
        ),
    ),
    row(
        "Terraform file with Cloudflare load balancer",
        Mark::Any(is_terraform, &["resource \"cloudflare_load_balancer"]),
    ),
    row(
        "Terraform file with Kubernetes object",
        Mark::Any(
            is_terraform,
            &["resource \"kubernetes_", "resource \"kubectl_manifest\""],
        ),
    ),
    row(
        "CloudFormation template with ALB listener",
        Mark::Any(is_any, &["AWS::ElasticLoadBalancingV2::Listener"]),
    ),
    row(
        "CloudFormation template with CloudFront distribution",
        Mark::Any(is_any, &["AWS::CloudFront::Distribution"]),
    ),
    row(
        "CloudFormation template with API gateway",
        Mark::Any(
            is_any,
            &[
                "AWS::ApiGateway::",
                "AWS::ApiGatewayV2::",
                "AWS::Serverless::Api",
                "AWS::Serverless::HttpApi",
            ],
        ),
    ),
    row(
        "compose file with Traefik label",
        Mark::Any(
            is_compose,
            &["traefik.enable", "traefik.http.", "traefik.tcp.", "traefik.frontend."],
        ),
    ),
    row(
        "compose file with Caddy label",
        Mark::Any(is_compose, &["caddy.reverse_proxy"]),
    ),
    row(
        "compose file with VIRTUAL_HOST",
        Mark::Any(is_compose, &["VIRTUAL_HOST"]),
    ),
    row(
        "Traefik file with route",
        Mark::All(is_any, &["http:", "loadBalancer:", "servers:", "url:"]),
    ),
    row(
        "Apache configuration that passes requests on",
        Mark::Any(is_any, &["\nProxyPass"]),
    ),
    row("Apache virtual host", Mark::Any(is_any, &["<VirtualHost "])),
    row("jsonnet file", Mark::Ending(".jsonnet")),
    row("CUE file", Mark::Ending(".cue")),
    row("Pulumi project", Mark::Called(&["Pulumi.yaml", "Pulumi.yml"])),
    row("cdk8s project", Mark::Called(&["cdk8s.yaml", "cdk8s.yml"])),
];

fn is_terraform(role: Role) -> bool {
    role == Role::Terraform
}

fn is_compose(role: Role) -> bool {
    role == Role::Compose
}

fn is_any(role: Role) -> bool {
    matches!(
        role,
        Role::Other | Role::OtherYaml | Role::CloudFormation | Role::Product(_)
    )
}

/// How many of a kind there are, and where the first one is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Unread {
    /// What people call it, as many as there are.
    pub kind: String,
    /// How many.
    pub count: usize,
    /// The file of the first.
    pub file: String,
}

/// Counts what is not read: among the files that were looked into, and the names of those that were not. Only what
/// `reports` takes counts.
pub fn unread(repository: &Repository, reports: &dyn Fn(&str) -> bool) -> Vec<Unread> {
    let mut found: BTreeMap<&'static str, (usize, String)> = BTreeMap::new();
    let mut add = |name: &'static str, path: &str| {
        let (count, first) = found.entry(name).or_insert_with(|| (0, path.to_owned()));
        *count += 1;
        if path < first.as_str() {
            *first = path.to_owned();
        }
    };
    for file in repository.files().iter().filter(|file| reports(&file.path)) {
        if let (Role::Kubernetes, Some(tree)) = (file.role, &file.tree) {
            for document in tree.root().items() {
                objects(document, 3, &mut |row| add(row.name, &file.path));
            }
        }
        by_name(&file.path, &mut |row| add(row.name, &file.path));
        let has = |word: &&str| memchr::memmem::find(file.source.text.as_bytes(), word.as_bytes()).is_some();
        for row in &ROWS {
            let is_so = match row.mark {
                Mark::Any(is_of, words) => is_of(file.role) && words.iter().any(has),
                Mark::All(is_of, words) => is_of(file.role) && words.iter().all(has),
                _ => false,
            };
            if is_so {
                add(row.name, &file.path);
            }
        }
    }
    for path in repository.unread().filter(|path| reports(path)) {
        by_name(path, &mut |row| add(row.name, path));
    }
    let mut counted: Vec<Unread> = found
        .into_iter()
        .map(|(name, (count, file))| Unread {
            kind: if count == 1 { name.to_owned() } else { plural(name) },
            count,
            file,
        })
        .collect();
    counted.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.kind.cmp(&b.kind)));
    counted
}

/// Several: the noun is the last word, or the one before `of`, `with` or `that`.
fn plural(name: &str) -> String {
    let cut = [" of ", " with ", " that "]
        .iter()
        .filter_map(|word| name.find(word))
        .min();
    let (noun, rest) = name.split_at(cut.unwrap_or(name.len()));
    match noun {
        "Apache configuration" => format!("Apache configurations{}", rest.replace("passes", "pass")),
        _ if noun.ends_with("xy") => format!("{}ies{rest}", &noun[..noun.len() - 1]),
        _ => format!("{noun}s{rest}"),
    }
}

fn by_name(path: &str, add: &mut dyn FnMut(&'static Row)) {
    let file = path.rsplit('/').next().unwrap_or(path);
    for row in &ROWS {
        let is_so = match row.mark {
            Mark::Ending(ending) => file.ends_with(ending),
            Mark::Called(names) => names.contains(&file),
            _ => false,
        };
        if is_so {
            add(row);
        }
    }
}

/// The rows that an object, or one of a list of objects, meets.
fn objects(at: At<'_>, depth: usize, add: &mut dyn FnMut(&'static Row)) {
    let kind = at.scalar("kind").unwrap_or_default();
    if kind.ends_with("List") && depth > 0 {
        let items = at.child("items").into_iter().flat_map(At::items);
        return items.for_each(|item| objects(item, depth - 1, add));
    }
    let group = at
        .scalar("apiVersion")
        .unwrap_or_default()
        .split('/')
        .next()
        .unwrap_or_default();
    for row in &ROWS {
        let (groups, own, with) = match row.mark {
            Mark::Object(groups, own) => (groups, own, None),
            Mark::With(groups, own, key) => (groups, own, Some(key)),
            _ => continue,
        };
        if own == kind && groups.contains(&group) && with.is_none_or(|key| has(at, key, 8)) {
            add(row);
        }
    }
}

fn has(at: At<'_>, key: &str, depth: usize) -> bool {
    depth > 0
        && at
            .children()
            .any(|child| child.name() == key || has(child, key, depth - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_several_are_words() {
        let all: Vec<String> = ROWS.iter().map(|row| plural(row.name)).collect();
        assert!(all.contains(&"Argo Applications of a chart".to_owned()));
        assert!(all.contains(&"Terraform files with helm_release".to_owned()));
        assert!(all.contains(&"Apache configurations that pass requests on".to_owned()));
        assert!(all.contains(&"VirtualServices".to_owned()));
    }
}
