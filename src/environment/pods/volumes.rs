//! The volumes of a pod and what each container sees of them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::environment::container::{Mount, MountSource};
use crate::environment::document::Document;
use crate::repo::Span;
use crate::syntax::At;

use super::config_maps::ConfigMaps;

/// The volumes of one pod by name.
pub(super) struct Volumes<'e> {
    config_maps: &'e ConfigMaps<'e>,
    document: &'e Document,
    by_name: HashMap<&'e str, At<'e>>,
    /// Why none of them can be known.
    doubt: Option<Arc<str>>,
}

impl<'e> Volumes<'e> {
    pub fn new(config_maps: &'e ConfigMaps<'e>, document: &'e Document, path: &str) -> Self {
        let volumes = document.at().get(path).and_then(|spec| spec.child("volumes"));
        let by_name = volumes
            .into_iter()
            .flat_map(At::items)
            .filter_map(|volume| Some((volume.scalar("name")?, volume)));
        let doubt = document
            .doubt(&format!("{path}.volumes"))
            .map(|doubt| doubt.reason.clone());
        Self {
            config_maps,
            document,
            by_name: by_name.collect(),
            doubt,
        }
    }

    /// What a container mounts.
    pub fn mounts(&self, container: At<'_>) -> Vec<Mount> {
        let mut found = Vec::new();
        for mount in container.child("volumeMounts").into_iter().flat_map(At::items) {
            let (Some(name), Some(path)) = (mount.scalar("name"), mount.scalar("mountPath")) else {
                continue;
            };
            let target = Target {
                path: path.trim_end_matches('/').to_owned(),
                part: mount.scalar("subPath").map(|part| part.trim_matches('/')),
                span: mount
                    .child("mountPath")
                    .map_or_else(|| mount.head(), |path| path.word_span_at(0)),
            };
            let doubted = self.doubt.clone();
            let by_expression = mount
                .child("subPathExpr")
                .map(|_| "its sub-path depends on a variable".into());
            match doubted.or(by_expression) {
                Some(reason) => found.push(target.whole(MountSource::Unknown(reason))),
                None => self.volume(name, &target, &mut found),
            }
        }
        found
    }

    fn volume(&self, name: &str, target: &Target<'_>, found: &mut Vec<Mount>) {
        let shared = |name: &str| {
            let part = target.part.map(|part| format!("/{part}")).unwrap_or_default();
            target.whole(MountSource::Shared(format!("{name}{part}").into()))
        };
        let Some(volume) = self.by_name.get(name) else {
            // A StatefulSet makes its claims itself.
            let mut claims = self
                .document
                .at()
                .get("spec.volumeClaimTemplates")
                .into_iter()
                .flat_map(At::items);
            found.push(match claims.any(|claim| claim.scalar("metadata.name") == Some(name)) {
                true => shared(name),
                false => target.unknown("its volume is not written"),
            });
            return;
        };
        for source in volume.children() {
            match source.name() {
                "configMap" => self.config_map(source, target, found),
                "projected" => {
                    for part in source
                        .child("sources")
                        .into_iter()
                        .flat_map(At::items)
                        .flat_map(At::children)
                    {
                        match part.name() {
                            "configMap" => self.config_map(part, target, found),
                            "secret" => found.push(target.unknown("it comes from a Secret")),
                            _ => {}
                        }
                    }
                }
                "emptyDir" | "persistentVolumeClaim" | "ephemeral" => found.push(shared(name)),
                "secret" => found.push(target.unknown("it comes from a Secret")),
                "hostPath" => found.push(target.unknown("it comes from the host")),
                "name" => {}
                other => found.push(target.unknown(&format!("it comes from a volume of type {other}"))),
            }
        }
    }

    fn config_map(&self, source: At<'_>, target: &Target<'_>, found: &mut Vec<Mount>) {
        let name = source.scalar("name").unwrap_or_default();
        let Some(map) = self.config_maps.referenced(self.document, name) else {
            found.push(target.unknown(&format!(
                "the ConfigMap {name} is not in the environment, or not only once"
            )));
            return;
        };
        if let Some(doubt) = map.doubts.iter().find(|(path, _)| path.is_empty() || path == "data") {
            found.push(target.whole(MountSource::Unknown(doubt.1.reason.clone())));
            return;
        }
        let entries = map.at().child("data").map(At::entries).unwrap_or_default();
        let by_key: HashMap<&str, At<'_>> = entries.iter().map(|entry| (entry.name(), *entry)).collect();
        let items = source.child("items").filter(|items| items.is_list());
        let wanted: Vec<(&str, &str)> = match items {
            Some(items) => items
                .items()
                .filter_map(|item| Some((item.scalar("key")?, item.scalar("path")?)))
                .collect(),
            None => entries.iter().map(|entry| (entry.name(), entry.name())).collect(),
        };
        for (key, file) in wanted {
            let Some(path) = target.path_of(file) else { continue };
            let doubt = map
                .doubts
                .iter()
                .find(|(path, _)| path.strip_prefix("data.") == Some(key));
            let generated = map.generated.iter().find(|(own, _)| own == key);
            let source = match (doubt, generated, by_key.get(key)) {
                (Some((_, doubt)), _, _) => MountSource::Unknown(doubt.reason.clone()),
                (None, Some((_, path)), _) => MountSource::Path(path.clone()),
                (None, None, Some(entry)) => MountSource::Inline(map.tree.clone(), entry.id()),
                (None, None, None) => MountSource::Unknown(format!("the ConfigMap {name} has no {key}").into()),
            };
            found.push(Mount {
                path,
                source,
                span: target.span,
            });
        }
    }
}

/// One entry of `volumeMounts`.
struct Target<'t> {
    path: String,
    /// The only file or folder of the volume that is mounted.
    part: Option<&'t str>,
    span: Span,
}

impl Target<'_> {
    fn whole(&self, source: MountSource) -> Mount {
        Mount {
            path: self.path.clone(),
            source,
            span: self.span,
        }
    }

    fn unknown(&self, reason: &str) -> Mount {
        self.whole(MountSource::Unknown(reason.into()))
    }

    /// Where a file of the volume is seen.
    fn path_of(&self, file: &str) -> Option<String> {
        match self.part {
            None => Some(format!("{}/{file}", self.path)),
            Some(part) if part == file => Some(self.path.clone()),
            Some(part) => {
                let inside = file.strip_prefix(part)?.strip_prefix('/')?;
                Some(format!("{}/{inside}", self.path))
            }
        }
    }
}
