//! The Helm charts of a repository.

use std::collections::HashSet;

/// The Helm charts of a repository. What lies under `templates/` beside a `Chart.yaml` is a template whatever it
/// looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Charts(HashSet<String>);

impl Charts {
    /// Collects the folders that hold a `Chart.yaml`.
    pub fn among<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        Self(
            paths
                .into_iter()
                .filter_map(|path| path.strip_suffix("Chart.yaml"))
                .filter(|folder| folder.is_empty() || folder.ends_with('/'))
                .map(str::to_owned)
                .collect(),
        )
    }

    /// Whether the file is a template of one of the charts.
    pub fn has_template(&self, path: &str) -> bool {
        !self.0.is_empty()
            && path
                .match_indices("templates/")
                .any(|(at, _)| self.0.contains(&path[..at]))
    }

    /// Whether the file is part of one of the charts and not deployed as it stands: what is neither a template nor a value
    /// is only what templates may read (`.Files.Get`). Helm applies `crds/` alone as it is (Helm, "Custom Resource
    /// Definitions"). A chart at the root owns its own folders there, not the whole repository.
    pub fn hold(&self, path: &str) -> bool {
        const OWN: [&str; 4] = ["charts/", "files/", "templates/", "ci/"];
        if self.0.is_empty() {
            return false;
        }
        let folders = path.match_indices('/').map(|(at, _)| &path[..=at]);
        let mut charts = std::iter::once("")
            .chain(folders)
            .filter(|folder| self.0.contains(*folder));
        charts.next_back().is_some_and(|chart| {
            let inside = &path[chart.len()..];
            let owns =
                !chart.is_empty() || !inside.contains('/') || OWN.iter().any(|folder| inside.starts_with(folder));
            owns && !inside.starts_with("crds/")
        })
    }

    /// Whether the file lies directly in the folder of one of the charts.
    pub fn has_beside(&self, path: &str) -> bool {
        let folder = path.rfind('/').map_or(0, |slash| slash + 1);
        self.0.contains(&path[..folder])
    }
}
