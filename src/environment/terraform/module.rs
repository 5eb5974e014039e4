//! The blocks of one module: every `.tf` file of a folder, read together.

use std::collections::BTreeMap;

use crate::environment::repository::{folder_of, join};
use crate::syntax::{At, Tree};

/// The blocks of a module, by what they declare.
#[derive(Debug, Default)]
pub struct Module<'t> {
    /// Where it lies.
    pub folder: String,
    /// `variable "name"`
    pub variables: BTreeMap<&'t str, At<'t>>,
    /// The attributes of all `locals`.
    pub locals: BTreeMap<&'t str, At<'t>>,
    /// `resource "type" "name"`, in the order of files and lines.
    pub resources: Vec<At<'t>>,
    /// `module "name"`
    pub modules: BTreeMap<&'t str, At<'t>>,
    /// `output "name"`
    pub outputs: BTreeMap<&'t str, At<'t>>,
    /// Whether it names a provider or a backend, as what is applied by itself does.
    pub is_applied: bool,
    /// Whether a file of it overrides blocks of another.
    pub overridden: bool,
}

impl<'t> Module<'t> {
    /// The module of a folder, of which nothing was read yet.
    pub fn new(folder: &str) -> Self {
        Module {
            folder: folder.to_owned(),
            ..Module::default()
        }
    }

    /// Adds the blocks of one of its files.
    pub fn add_file(&mut self, path: &str, tree: &'t Tree) {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.overridden |= name == "override.tf" || name.ends_with("_override.tf");
        for block in tree.root().children().filter(|block| block.is_map()) {
            self.add(block);
        }
    }

    fn add(&mut self, block: At<'t>) {
        match (block.name(), block.word(0)) {
            ("variable", Some(name)) => {
                self.variables.insert(name, block);
            }
            ("locals", _) => self
                .locals
                .extend(block.children().map(|attribute| (attribute.name(), attribute))),
            ("resource", Some(_)) => self.resources.push(block),
            ("module", Some(name)) => {
                self.modules.insert(name, block);
            }
            ("output", Some(name)) => {
                self.outputs.insert(name, block);
            }
            ("provider", _) => self.is_applied = true,
            ("terraform", _) => {
                let applied = |at: At<'_>| matches!(at.name(), "backend" | "cloud");
                self.is_applied |= block.children().any(applied);
            }
            _ => {}
        }
    }

    /// A resource by its type and name.
    pub fn resource(&self, kind: &str, name: &str) -> Option<At<'t>> {
        let mut found = self
            .resources
            .iter()
            .filter(|block| block.word(0) == Some(kind) && block.word(1) == Some(name));
        found.next().copied()
    }

    /// The folder of a module that a block calls, where it lies in the repository.
    pub fn callee(&self, call: At<'_>) -> Option<String> {
        let source = call.child("source")?.text()?.trim_matches('"');
        let local = source.starts_with("./") || source.starts_with("../");
        local.then(|| join(&self.folder, source)).flatten()
    }
}

/// Whether a path is that of a module's own file.
pub fn is_module_file(path: &str) -> bool {
    path.ends_with(".tf")
}

/// Whether a path is that of a file of values for variables.
pub fn is_values_file(path: &str) -> bool {
    path.ends_with(".tfvars")
}

/// Whether Terraform reads a file of values without being told to.
pub fn is_automatic(path: &str) -> bool {
    let file = path.strip_prefix(folder_of(path)).unwrap_or(path);
    file.trim_start_matches('/') == "terraform.tfvars" || path.ends_with(".auto.tfvars")
}
