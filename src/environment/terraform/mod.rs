//! Terraform: which folders are applied, with which files of values, and what their expressions come to.
//!
//! A folder of `.tf` files is a module. One that another calls is read there, with its inputs; one that no one calls is
//! applied by itself, once for each file of values that lies with it. Only what scales something is of interest here, so
//! folders that lead to no such resource make no environment.

pub mod evaluate;
pub mod instance;
pub mod value;

mod conform;
mod function;
mod module;
mod reference;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use memchr::memmem;

use super::deployed::{Environment, Platform};
use super::development::is_development;
use super::document::Document;
use super::repository::{File, Repository, Role, folder_of};
use crate::syntax::{At, NodeId};
use evaluate::{Configuration, Given};
use module::{Module, is_automatic, is_module_file, is_values_file};

pub use instance::{Attributes, Nested, Resource, resources};
pub use value::{Content, Value};

/// What a text must hold for its module to be of interest.
const WANTED: [&str; 4] = [
    "aws_autoscaling_",
    "aws_appautoscaling_",
    "_autoscaler\"",
    "azurerm_monitor_autoscale_setting",
];

/// The kind of the documents that are files of modules.
pub const MODULE: &str = "terraform module";
/// The kind of the documents that are files of values, the strongest last.
pub const VALUES: &str = "terraform values";
/// The kind of the documents that are files of values which may or may not be used too.
pub const SHARED_VALUES: &str = "terraform shared values";
/// The kind of a document that stands for whatever else may set variables; its name says what.
pub const ELSEWHERE: &str = "terraform elsewhere";

/// A folder with `.tf` files.
struct Folder<'r> {
    /// Places in `Repository::files`.
    files: Vec<usize>,
    module: Module<'r>,
    wanted: bool,
    /// Folders of the modules it calls.
    calls: BTreeSet<String>,
}

/// The environments of all modules that are applied and scale something.
pub(super) fn environments(repository: &Repository) -> Vec<Environment> {
    let folders = folders(repository);
    if !folders.values().any(|folder| folder.wanted) {
        return Vec::new();
    }
    let callers = callers(&folders);
    let mut found = Vec::new();
    for (path, folder) in &folders {
        let own = callers.get(path.as_str()).map_or(&[][..], Vec::as_slice);
        if !is_applied(path, folder, own) {
            continue;
        }
        let reached = reached(&folders, path);
        if !reached.iter().any(|path| folders[*path].wanted) {
            continue;
        }
        let files: Vec<usize> = reached.iter().flat_map(|path| folders[*path].files.clone()).collect();
        found.extend(of_module(repository, path, folder, &folders, !own.is_empty(), &files));
    }
    found
}

fn folders(repository: &Repository) -> BTreeMap<String, Folder<'_>> {
    let mut by_folder: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, file) in repository.files().iter().enumerate() {
        if file.role == Role::Terraform && is_module_file(&file.path) {
            by_folder.entry(folder_of(&file.path)).or_default().push(at);
        }
    }
    let folder = |(path, files): (&str, Vec<usize>)| {
        let read = files.iter().map(|at| &repository.files()[*at]);
        let mut module = Module::new(path);
        for file in read.clone() {
            if let Some(tree) = &file.tree {
                module.add_file(&file.path, tree);
            }
        }
        let calls = module.modules.values().filter_map(|call| module.callee(*call));
        let text = |file: &File| {
            let text = file.source.text.as_bytes();
            WANTED.iter().any(|word| memmem::find(text, word.as_bytes()).is_some())
        };
        let wanted = read.clone().any(text);
        let calls = calls.collect();
        (
            path.to_owned(),
            Folder {
                files,
                module,
                wanted,
                calls,
            },
        )
    };
    by_folder.into_iter().map(folder).collect()
}

/// A folder and all whose modules it calls, directly or not.
fn reached<'f>(folders: &'f BTreeMap<String, Folder<'_>>, from: &'f str) -> BTreeSet<&'f str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(path) = open.pop() {
        let Some((path, folder)) = folders.get_key_value(path) else {
            continue;
        };
        if reached.insert(path.as_str()) {
            open.extend(folder.calls.iter().map(String::as_str));
        }
    }
    reached
}

/// Who calls the module of a folder.
fn callers<'f>(folders: &'f BTreeMap<String, Folder<'_>>) -> BTreeMap<&'f str, Vec<&'f str>> {
    let mut callers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (caller, folder) in folders {
        for called in folder.calls.iter().filter(|called| *called != caller) {
            callers.entry(called).or_default().push(caller);
        }
    }
    callers
}

/// Whether a module is applied by itself: it says so, or nothing but an example calls it.
fn is_applied(path: &str, folder: &Folder<'_>, callers: &[&str]) -> bool {
    let is_called = callers.iter().any(|caller| !is_example(caller) || is_example(path));
    folder.module.is_applied || !is_called
}

fn is_example(path: &str) -> bool {
    path.split('/').any(|part| {
        matches!(
            part,
            "example" | "examples" | "test" | "tests" | "fixtures" | "wrappers"
        )
    })
}

/// The environments of one module: one for each file of values, or one.
fn of_module(
    repository: &Repository,
    path: &str,
    folder: &Folder<'_>,
    folders: &BTreeMap<String, Folder<'_>>,
    is_called: bool,
    files: &[usize],
) -> Vec<Environment> {
    let values = values_of(repository, path, folder, folders);
    let (automatic, named): (Vec<usize>, Vec<usize>) = values
        .into_iter()
        .partition(|at| is_automatic(&repository.files()[*at].path) && is_in(repository, *at, path));
    let (shared, named): (Vec<usize>, Vec<usize>) = named
        .into_iter()
        .partition(|at| is_shared(&repository.files()[*at].path));
    // Alone, a file for all is the file that is meant.
    let (shared, named) = if named.is_empty() {
        (Vec::new(), shared)
    } else {
        (shared, named)
    };
    let has_values = !automatic.is_empty() || !named.is_empty();
    let elsewhere = elsewhere(repository, path, is_called, folder.module.is_applied || has_values);
    let environment = |named: Option<usize>| {
        let mut documents: Vec<Document> = Vec::new();
        let mut add = |kind: &str, at: usize| {
            let file = &repository.files()[at];
            if let Some(tree) = &file.tree {
                documents.push(Document {
                    tree: tree.clone(),
                    node: NodeId::ROOT,
                    kind: kind.into(),
                    name: file.path.clone(),
                    namespace: "".into(),
                    path: file.path.clone(),
                    affixes: ("".into(), "".into()),
                    doubts: Vec::new(),
                    ignored: Vec::new(),
                    deployer: None,
                    generated: Vec::new(),
                });
            }
        };
        files.iter().for_each(|at| add(MODULE, *at));
        automatic.iter().chain(&named).for_each(|at| add(VALUES, *at));
        shared.iter().for_each(|at| add(SHARED_VALUES, *at));
        if let Some(reason) = elsewhere
            && let Some(first) = documents.first().cloned()
        {
            let kind = ELSEWHERE.into();
            let name = reason.into();
            documents.push(Document { kind, name, ..first });
        }
        let own = files.iter().chain(&automatic).chain(&named).chain(&shared);
        let mut own: Vec<usize> = own.copied().collect();
        own.sort_unstable();
        own.dedup();
        let name: Arc<str> = match named {
            Some(at) => repository.files()[at].path.clone(),
            None if path.is_empty() => "*.tf".into(),
            None => format!("{path}/*.tf").into(),
        };
        Environment {
            development: is_development(named.map_or(path, |_| &name)),
            name,
            platform: Platform::Terraform,
            folder: path.into(),
            documents,
            loose: Vec::new(),
            files: own,
            incomplete: None,
            inclusions: Vec::new(),
        }
    };
    if named.is_empty() {
        return vec![environment(None)];
    }
    named.iter().map(|at| environment(Some(*at))).collect()
}

fn is_in(repository: &Repository, file: usize, folder: &str) -> bool {
    folder_of(&repository.files()[file].path) == folder
}

/// The files of values of a module: beside it, or in folders below it that hold no module themselves. One that sets none
/// of its variables is another's.
fn values_of(
    repository: &Repository,
    path: &str,
    folder: &Folder<'_>,
    folders: &BTreeMap<String, Folder<'_>>,
) -> Vec<usize> {
    let mut found = Vec::new();
    for file in repository.under(path) {
        if file.role != Role::Terraform || !is_values_file(&file.path) {
            continue;
        }
        let mut own = folder_of(&file.path);
        while own != path && !folders.contains_key(own) {
            own = folder_of(own);
        }
        let sets = |tree: &crate::syntax::Tree| {
            let mut set = tree.root().children();
            set.any(|at| folder.module.variables.contains_key(at.name()))
        };
        let index = repository.index(&file.path);
        if let (true, Some(tree), Some(index)) = (own == path, &file.tree, index)
            && sets(tree)
        {
            found.push(index);
        }
    }
    found
}

/// Whether a file of values is one that others are used along with.
fn is_shared(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.trim_end_matches(".tfvars");
    matches!(
        stem,
        "common" | "shared" | "global" | "globals" | "base" | "default" | "defaults" | "all"
    )
}

/// What may set variables that no file of values sets, where something plainly may.
fn elsewhere(repository: &Repository, path: &str, is_called: bool, is_deployed: bool) -> Option<&'static str> {
    let mut around = path;
    loop {
        let file = |name: &str| match around {
            "" => name.to_owned(),
            around => format!("{around}/{name}"),
        };
        if repository.index(&file("terragrunt.hcl")).is_some() {
            return Some("Terragrunt");
        }
        if around.is_empty() {
            break;
        }
        around = folder_of(around);
    }
    let is_library = is_called || path.split('/').any(|part| part == "modules");
    (is_library && !is_deployed).then_some("a caller outside the repository")
}

/// The resources of an environment whose type is asked for, with what works their values out.
pub fn evaluated<'e>(
    environment: &'e Environment,
    wanted: &dyn Fn(&str) -> bool,
) -> (Configuration<'e>, Vec<Resource<'e>>) {
    let of = |kind: &'static str| {
        let documents = environment.documents.iter();
        documents.filter(move |document| &*document.kind == kind)
    };
    let roots = |kind: &'static str| -> Vec<At<'e>> { of(kind).map(Document::at).collect() };
    let configuration = Configuration::new(of(MODULE).map(|document| (&document.path, &document.tree)));
    let given = Given {
        files: roots(VALUES),
        doubtful: roots(SHARED_VALUES),
        elsewhere: of(ELSEWHERE).next().map(|document| &*document.name),
    };
    let found = match configuration.root(&environment.folder, given) {
        Some(root) => resources(&configuration, &root, wanted),
        None => Vec::new(),
    };
    (configuration, found)
}
