//! Fields that a deployer leaves to somebody else: `ignoreDifferences` of Argo CD, for an Application or for all of them in
//! `argocd-cm`, and Flux's annotations on the object itself.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::deployed::{Environment, Platform};
use super::document::Document;
use super::repository::{folder_of, join};
use crate::syntax::At;

/// A field that is not compared with the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its path, such as `spec.replicas`.
    pub field: Arc<str>,
    /// Whether it is written all the same whenever something else is synchronised: Argo CD without
    /// `RespectIgnoreDifferences=true` (Argo CD, "Sync Options").
    pub on_sync: bool,
}

/// What deploys an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deployer {
    /// What it is called.
    pub name: &'static str,
    /// Whether it puts back at once what differs from the repository.
    pub heals: bool,
}

/// Which objects, and which of their fields.
struct Rule {
    group: String,
    kind: String,
    name: Option<String>,
    namespace: Option<String>,
    fields: Vec<Arc<str>>,
}

/// An Application, or what an ApplicationSet makes.
struct Application {
    path: String,
    recurses: bool,
    rules: Vec<Rule>,
    respects: bool,
    deployer: Deployer,
}

/// Kinds of which it matters: what is scaled, and what scales it.
const SCALING: [&str; 6] = [
    "Deployment",
    "StatefulSet",
    "ReplicaSet",
    "Rollout",
    "HorizontalPodAutoscaler",
    "ScaledObject",
];

/// Tells the objects of all environments that scale or are scaled which of their fields are left alone, and what puts them back. Where several deploy
/// one, each must leave a field alone.
pub(super) fn mark(environments: &mut [Environment]) {
    let all = || environments.iter().flat_map(|environment| &environment.documents);
    let of_all: Vec<Rule> = all()
        .filter(|document| &*document.kind == "ConfigMap" && &*document.name == "argocd-cm")
        .flat_map(everywhere)
        .collect();
    let applications: Vec<Application> = all().flat_map(applications).collect();
    // Many objects lie in one folder.
    let mut by_folder: FxHashMap<(bool, Arc<str>), Vec<&Application>> = FxHashMap::default();
    for environment in environments {
        let whole = environment.platform == Platform::Kustomize;
        let documents = environment.documents.iter_mut();
        for document in documents.filter(|document| SCALING.contains(&&*document.kind)) {
            let found = flux(document);
            if !found.is_empty() {
                document.ignored = found;
                continue;
            }
            if applications.is_empty() {
                continue;
            }
            let folder = match whole {
                true => environment.folder.clone(),
                false => Arc::from(folder_of(&document.path)),
            };
            let deploying = by_folder.entry((whole, folder.clone())).or_insert_with(|| {
                let all = applications.iter();
                all.filter(|application| application.deploys(&folder, whole)).collect()
            });
            let mut deploying = deploying.iter();
            let Some(first) = deploying.next() else { continue };
            let mut ignored = first.ignored(&of_all, document);
            let mut deployer = first.deployer;
            for other in deploying {
                if other.deployer.heals {
                    deployer = other.deployer;
                }
                let also = other.ignored(&of_all, document);
                ignored.retain_mut(|own| {
                    let same = also.iter().find(|other| other.field == own.field);
                    own.on_sync |= same.is_some_and(|same| same.on_sync);
                    same.is_some()
                });
            }
            document.ignored = ignored;
            document.deployer = Some(deployer);
        }
    }
}

impl Application {
    /// Whether it deploys the kustomization of a folder, or the manifests in it.
    fn deploys(&self, folder: &str, kustomized: bool) -> bool {
        let everything = self.recurses && !kustomized && self.path.is_empty();
        if everything || is_path(&self.path, folder) {
            return true;
        }
        let mut outer = folder.rsplit_once('/').map(|(outer, _)| outer);
        while let Some(folder) = outer.filter(|_| self.recurses && !kustomized) {
            if is_path(&self.path, folder) {
                return true;
            }
            outer = folder.rsplit_once('/').map(|(outer, _)| outer);
        }
        false
    }

    fn ignored(&self, of_all: &[Rule], document: &Document) -> Vec<Ignored> {
        let rules = self.rules.iter().chain(of_all).filter(|rule| rule.means(document));
        let fields = rules.flat_map(|rule| rule.fields.iter().cloned());
        fields
            .map(|field| Ignored {
                field,
                on_sync: !self.respects,
            })
            .collect()
    }
}

/// Whether a path, parts of which an ApplicationSet may fill in, is a folder.
fn is_path(path: &str, folder: &str) -> bool {
    let (mut own, mut other) = (path.split('/'), folder.split('/'));
    loop {
        match (own.next(), other.next()) {
            (None, None) => return true,
            (Some(part), Some(_)) if part.contains("{{") => {
                // `{{.path.path}}` stands for a whole path.
                if part.contains("path}}") || part.contains("path }}") {
                    return true;
                }
            }
            (Some(part), Some(folder)) if part == folder => {}
            _ => return false,
        }
    }
}

impl Rule {
    fn means(&self, document: &Document) -> bool {
        let group = document.at().scalar("apiVersion").and_then(|api| api.split_once('/'));
        let group = group.map_or("", |(group, _)| group);
        let is = |pattern: &str, text: &str| pattern == "*" || pattern == text;
        let named = |wanted: &Option<String>, own: &str| wanted.as_deref().is_none_or(|wanted| wanted == own);
        is(&self.group, group)
            && is(&self.kind, &document.kind)
            && named(&self.name, &document.name)
            // What names no namespace is deployed into that of the Application.
            && (document.namespace.is_empty() || named(&self.namespace, &document.namespace))
    }
}

fn applications(document: &Document) -> Vec<Application> {
    if !matches!(&*document.kind, "Application" | "ApplicationSet" | "Kustomization") {
        return Vec::new();
    }
    let at = document.at();
    let is_flux = at
        .scalar("apiVersion")
        .is_some_and(|api| api.starts_with("kustomize.toolkit.fluxcd.io/"));
    if &*document.kind == "Kustomization" && is_flux {
        let path = at.scalar("spec.path").and_then(|path| join("", path));
        let suspended = at.scalar("spec.suspend") == Some("true");
        return path
            .into_iter()
            .map(|path| Application {
                path,
                recurses: true,
                rules: Vec::new(),
                respects: false,
                // It corrects drift at every interval (kustomize-controller, "Drift detection and correction").
                deployer: Deployer {
                    name: "Flux",
                    heals: !suspended,
                },
            })
            .collect();
    }
    let is_argo = at
        .scalar("apiVersion")
        .is_some_and(|api| api.starts_with("argoproj.io/"));
    let spec = match &*document.kind {
        "Application" if is_argo => at.child("spec"),
        "ApplicationSet" if is_argo => at.get("spec.template.spec"),
        _ => None,
    };
    let Some(spec) = spec else { return Vec::new() };
    let options = spec.get("syncPolicy.syncOptions");
    let options = options.into_iter().flat_map(At::items).filter_map(At::text);
    let respects = options
        .into_iter()
        .any(|option| option.replace(' ', "") == "RespectIgnoreDifferences=true");
    let automated = spec.get("syncPolicy.automated");
    let heals = automated.is_some_and(|automated| {
        automated.scalar("selfHeal") == Some("true") && automated.scalar("enabled") != Some("false")
    });
    let one = spec.child("source").into_iter();
    let sources = one.chain(spec.child("sources").into_iter().flat_map(At::items));
    sources
        .filter_map(|source| {
            let path = source.scalar("path")?;
            Some(Application {
                path: join("", path)?,
                recurses: source.scalar("directory.recurse") == Some("true"),
                rules: spec.child("ignoreDifferences").map_or_else(Vec::new, rules),
                respects,
                deployer: Deployer { name: "Argo CD", heals },
            })
        })
        .collect()
}

fn rules(list: At<'_>) -> Vec<Rule> {
    let text = |item: At<'_>, name: &str| item.scalar(name).map(str::to_owned);
    list.items()
        .map(|item| Rule {
            group: text(item, "group").unwrap_or_default(),
            kind: text(item, "kind").unwrap_or_default(),
            name: text(item, "name"),
            namespace: text(item, "namespace"),
            fields: fields(item),
        })
        .collect()
}

/// The fields that an entry names. What the controller manager owns of a scaled object is its count.
fn fields(item: At<'_>) -> Vec<Arc<str>> {
    let list = |name: &str| item.child(name).into_iter().flat_map(At::items).filter_map(At::text);
    let pointers = list("jsonPointers").map(|pointer| pointer.trim_start_matches('/').replace('/', "."));
    let expressions = list("jqPathExpressions").map(|path| path.trim_start_matches('.').to_owned());
    let owned = list("managedFieldsManagers")
        .filter(|manager| matches!(*manager, "kube-controller-manager" | "keda-operator"))
        .map(|_| "spec.replicas".to_owned());
    pointers.chain(expressions).chain(owned).map(Arc::from).collect()
}

/// `resource.customizations.ignoreDifferences.apps_Deployment` and `….all` of `argocd-cm`.
fn everywhere(document: &Document) -> Vec<Rule> {
    const PREFIX: &str = "resource.customizations.ignoreDifferences.";
    let Some(data) = document.at().child("data") else {
        return Vec::new();
    };
    data.children()
        .filter_map(|entry| {
            let of = entry.name().strip_prefix(PREFIX)?;
            let (group, kind) = match of {
                "all" => ("*", "*"),
                of => of.rsplit_once('_').unwrap_or(("", of)),
            };
            Some(Rule {
                group: group.to_owned(),
                kind: kind.to_owned(),
                name: None,
                namespace: None,
                fields: named_in(entry.text()?),
            })
        })
        .collect()
}

/// The fields in the text of such an entry: a map like that of `ignoreDifferences`, in YAML.
fn named_in(text: &str) -> Vec<Arc<str>> {
    let Ok(value) = serde_yaml::from_str::<serde_yaml::Value>(text) else {
        return Vec::new();
    };
    let list = |name: &str| {
        let items = value.get(name).and_then(serde_yaml::Value::as_sequence);
        items.into_iter().flatten().filter_map(serde_yaml::Value::as_str)
    };
    let pointers = list("jsonPointers").map(|pointer| pointer.trim_start_matches('/').replace('/', "."));
    let expressions = list("jqPathExpressions").map(|path| path.trim_start_matches('.').to_owned());
    let owned = list("managedFieldsManagers")
        .filter(|manager| matches!(*manager, "kube-controller-manager" | "keda-operator"))
        .map(|_| "spec.replicas".to_owned());
    pointers.chain(expressions).chain(owned).map(Arc::from).collect()
}

/// Flux writes an object once, or not at all, where its annotation or label says so (kustomize-controller, "Controlling the
/// apply behavior of resources").
fn flux(document: &Document) -> Vec<Ignored> {
    const KEY: &str = "kustomize.toolkit.fluxcd.io/";
    let at = document.at();
    let said = |name: &str| {
        let key = format!("{KEY}{name}");
        ["metadata.annotations", "metadata.labels"]
            .into_iter()
            .filter_map(|path| at.get(path)?.children().find(|entry| entry.name() == key)?.text())
            .next()
    };
    let once = matches!(said("ssa"), Some("IfNotPresent" | "Ignore")) || said("reconcile") == Some("disabled");
    let field = once.then(|| Ignored {
        field: Arc::from("spec.replicas"),
        on_sync: false,
    });
    field.into_iter().collect()
}
