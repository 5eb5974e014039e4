//! What one Envoy is told: the static resources of its bootstrap, and those in files the bootstrap names.

use std::sync::Arc;

use crate::model::Doubt;
use crate::product::envoy::tree::{Place, child, get, items, open_list, plain, type_of};
use crate::syntax::{At, Tree};

/// Gives the tree of a file by the path a configuration names it with.
pub(crate) type Files<'a> = &'a dyn Fn(&str) -> Option<Arc<Tree>>;

/// Whether a file holds a bootstrap, rather than resources that one names.
pub(crate) fn is_whole(tree: &Tree) -> bool {
    tree.root().items().any(is_bootstrap)
}

/// The resources of one Envoy.
#[derive(Debug, Default)]
pub(crate) struct Resources {
    pub listeners: Vec<Place>,
    pub clusters: Vec<Place>,
    /// Route configurations that files hold.
    pub routes: Vec<Place>,
    /// Endpoints that files hold.
    pub assignments: Vec<Place>,
    /// The address of the admin interface.
    pub admin: Option<Place>,
    /// Why there may be more listeners.
    pub more_listeners: Option<Doubt>,
    /// Why there may be more clusters.
    pub more_clusters: Option<Doubt>,
    /// How many of the listeners are static: those are checked before any cluster comes from elsewhere.
    pub static_listeners: usize,
    /// Why there may be more static clusters.
    pub more_static: Option<Doubt>,
    /// Paths of files that were looked for.
    pub named: Vec<String>,
}

impl Resources {
    /// Reads a bootstrap and the files it names.
    pub fn of_bootstrap(tree: &Arc<Tree>, files: Files<'_>) -> Resources {
        let mut found = Resources::default();
        let Some(root) = tree.root().items().find(|document| is_bootstrap(*document)) else {
            return found;
        };
        if let Some(resources) = child(root, "static_resources") {
            for (name, list) in [("listeners", &mut found.listeners), ("clusters", &mut found.clusters)] {
                list.extend(items(resources, name).map(|item| Place::new(tree, item)));
            }
            found.more_listeners = more(resources, "listeners");
            found.more_clusters = more(resources, "clusters");
        }
        found.static_listeners = found.listeners.len();
        found.more_static = found.more_clusters.clone();
        found.admin = get(root, "admin.address").map(|at| Place::new(tree, at));
        if let Some(dynamic) = child(root, "dynamic_resources") {
            for name in ["lds_config", "cds_config"] {
                let Some(config) = child(dynamic, name) else { continue };
                let missing = found.read_files(config, files);
                let more = match name {
                    "lds_config" => &mut found.more_listeners,
                    _ => &mut found.more_clusters,
                };
                *more = more.take().or(missing);
            }
            // Clusters may also be named by locators, or handed out on demand.
            if let Some(ads) = child(dynamic, "ads_config") {
                let doubt = Doubt::at("resources also come from a management server", ads.head());
                found.more_clusters.get_or_insert(doubt.clone());
                found.more_listeners.get_or_insert(doubt);
            }
        }
        found
    }

    /// Reads files of resources whose bootstrap is not known.
    pub fn of_files(trees: &[Arc<Tree>]) -> Resources {
        let mut found = Resources::default();
        for tree in trees {
            found.take(tree);
        }
        let first = trees.first().map(|tree| tree.root().head());
        let doubt = first.map(|span| Doubt::at("the bootstrap of these resources is not in the repository", span));
        found.more_clusters = doubt.clone();
        found.more_listeners = doubt;
        found
    }

    /// Takes in the file a config source names. Returns why what it holds is not known here.
    pub fn read_files(&mut self, config: At<'_>, files: Files<'_>) -> Option<Doubt> {
        let path = plain(config, "path_config_source.path").or_else(|| plain(config, "path"));
        let Some(path) = path else {
            return Some(Doubt::at("resources come from a management server", config.head()));
        };
        if self.named.iter().any(|named| named == path) {
            return None;
        }
        self.named.push(path.to_owned());
        match files(path) {
            Some(tree) if tree.problems.is_empty() => self.take(&tree),
            _ => Some(Doubt::at(format!("{path} is not in the repository"), config.head())),
        }
    }

    /// Sorts the resources of one file by type. Returns why there may be more.
    fn take(&mut self, tree: &Arc<Tree>) -> Option<Doubt> {
        let mut open = None;
        for document in tree.root().items() {
            for resource in items(document, "resources") {
                // As a file, a resource may also stand in a wrapper with its name and version.
                let resource = child(resource, "resource").filter(|at| at.is_map()).unwrap_or(resource);
                let list = match type_of(resource) {
                    Some("Listener") => &mut self.listeners,
                    Some("Cluster") => &mut self.clusters,
                    Some("RouteConfiguration") => &mut self.routes,
                    Some("ClusterLoadAssignment") => &mut self.assignments,
                    _ => continue,
                };
                list.push(Place::new(tree, resource));
            }
            open = open.or_else(|| more(document, "resources"));
        }
        open
    }
}

fn more(at: At<'_>, list: &str) -> Option<Doubt> {
    let list_at = child(at, list)?;
    if let (false, Some(hole)) = (list_at.is_list(), list_at.doubt()) {
        return Some(Doubt::at(format!("the {list} are filled in later"), hole));
    }
    open_list(list_at, list)
}

/// Whether a document is a bootstrap.
pub(super) fn is_bootstrap(document: At<'_>) -> bool {
    child(document, "static_resources").is_some() || child(document, "dynamic_resources").is_some()
}
