//! Whether a job's service account may change a count: what the roles that are bound to it here allow (Kubernetes, "Using
//! RBAC authorization"). Nothing is said where the account, a binding or a role is not here, or not known.

use crate::capacity::schedule::{KubectlWrite, Refusal, Verb};
use crate::environment::{ByKind, Document};
use crate::syntax::At;

/// What a write needs.
struct Needed {
    group: &'static str,
    /// The resource, and the one whose right is easily taken for it.
    resource: String,
    alike: &'static str,
    verbs: &'static [&'static str],
}

/// Why the API server refuses a write of a job, if it surely does.
pub(super) fn refusal(documents: &ByKind<'_>, job: &Document, write: &KubectlWrite) -> Option<Refusal> {
    let needed = needed(write)?;
    let pod = job.at().get("spec.jobTemplate.spec.template.spec")?;
    let account = pod
        .scalar("serviceAccountName")
        .or_else(|| pod.scalar("serviceAccount"))?;
    let namespace = write.namespace.as_deref().unwrap_or(&job.namespace);
    // An account that is declared elsewhere is given its rights elsewhere.
    let accounts = documents.of_kind("ServiceAccount").iter();
    let mut own = accounts.filter(|other| *other.name == *account && other.namespace == job.namespace);
    own.next()?;
    let mut roles: Vec<&Document> = Vec::new();
    for kind in ["RoleBinding", "ClusterRoleBinding"] {
        let bindings = documents.of_kind(kind).iter();
        let applies = |binding: &&&Document| kind == "ClusterRoleBinding" || *binding.namespace == *namespace;
        for binding in bindings.filter(applies) {
            if !binding.doubts.is_empty() || binding.at().doubt().is_some() {
                return None;
            }
            if binds(binding, account, &job.namespace) {
                roles.push(role(documents, binding)?);
            }
        }
    }
    if roles.iter().any(|role| role.at().child("aggregationRule").is_some()) {
        return None;
    }
    for role in &roles {
        if !role.doubts.is_empty() || role.at().doubt().is_some() {
            return None;
        }
        if rules(role).any(|rule| needed.allowed_by(rule, write)) {
            return None;
        }
    }
    // The evidence: a role that is bound and gives less.
    let first = *roles.first()?;
    let near = roles.iter().copied().find_map(|role| {
        let rule = rules(role).find(|rule| names(*rule, "resources", needed.alike))?;
        Some((role, rule))
    });
    let span = near.and_then(|(_, rule)| rule.child("resources")).map_or_else(
        || {
            first
                .at()
                .get("metadata.name")
                .map_or_else(|| first.at().head(), At::head)
        },
        At::head,
    );
    let role = near.map_or(first, |(role, _)| role);
    Some(Refusal {
        span,
        says: format!(
            "{} {} does not allow to {} {}",
            role.kind, role.name, needed.verbs[0], needed.resource
        ),
    })
}

fn needed(write: &KubectlWrite) -> Option<Needed> {
    let short = write.kind.split('.').next().unwrap_or(&write.kind);
    let (group, alike) = match short {
        "deployment" | "deployments" | "deploy" => ("apps", "deployments"),
        "statefulset" | "statefulsets" | "sts" => ("apps", "statefulsets"),
        "replicaset" | "replicasets" | "rs" => ("apps", "replicasets"),
        "hpa" | "horizontalpodautoscaler" | "horizontalpodautoscalers" => ("autoscaling", "horizontalpodautoscalers"),
        _ => return None,
    };
    Some(match write.verb {
        // By a patch of the subresource, or by reading and writing it, in older versions (kubectl, `scale.ScaleSimple`).
        Verb::Scale => Needed {
            group,
            resource: format!("{alike}/scale"),
            alike,
            verbs: &["patch", "update"],
        },
        Verb::Patch => Needed {
            group,
            resource: alike.to_owned(),
            alike,
            verbs: &["patch"],
        },
        Verb::Autoscale => Needed {
            group: "autoscaling",
            resource: "horizontalpodautoscalers".to_owned(),
            alike: "horizontalpodautoscalers",
            verbs: &["create"],
        },
    })
}

impl Needed {
    fn allowed_by(&self, rule: At<'_>, write: &KubectlWrite) -> bool {
        let resource = names(rule, "resources", &self.resource)
            || self
                .resource
                .split_once('/')
                .is_some_and(|(_, sub)| names(rule, "resources", &format!("*/{sub}")));
        let named = match (&write.name, rule.child("resourceNames")) {
            (_, None) => true,
            (crate::capacity::schedule::Named::One(name), Some(_)) => names(rule, "resourceNames", name),
            _ => true,
        };
        let verb = self.verbs.iter().any(|verb| names(rule, "verbs", verb));
        names(rule, "apiGroups", self.group) && resource && verb && named
    }
}

/// Whether a list of a rule holds a word, or everything.
fn names(rule: At<'_>, list: &str, word: &str) -> bool {
    let items = rule.child(list).into_iter().flat_map(At::items);
    items.filter_map(At::text).any(|item| item == "*" || item == word)
}

fn rules(role: &Document) -> impl Iterator<Item = At<'_>> {
    role.at().child("rules").into_iter().flat_map(At::items)
}

fn binds(binding: &Document, account: &str, namespace: &str) -> bool {
    let subjects = binding.at().child("subjects").into_iter().flat_map(At::items);
    subjects.into_iter().any(|subject| {
        let name = subject.scalar("name").unwrap_or_default();
        match subject.scalar("kind") {
            Some("ServiceAccount") => {
                let own = subject.scalar("namespace");
                name == account && own.is_none_or(|own| own == namespace || namespace.is_empty())
            }
            Some("Group") => {
                name == "system:serviceaccounts"
                    || name == "system:authenticated"
                    || name.strip_prefix("system:serviceaccounts:") == Some(namespace)
            }
            Some("User") => name.ends_with(&format!(":{account}")),
            _ => false,
        }
    })
}

/// The role that a binding names; `None` where it is not here. Those that come with Kubernetes are none of these.
fn role<'d>(documents: &ByKind<'d>, binding: &Document) -> Option<&'d Document> {
    let at = binding.at();
    let (kind, name) = (at.scalar("roleRef.kind")?, at.scalar("roleRef.name")?);
    let mut all = documents.of_kind(kind).iter().copied();
    all.find(|role| {
        let near = kind == "ClusterRole" || role.namespace == binding.namespace;
        near && (*role.name == *name || *role.name == *binding.reference(name))
    })
}
