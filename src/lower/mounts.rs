//! Mounts of a gateway's configuration whose source nobody has: not the repository, and nothing in it makes them.

use std::sync::Arc;

use ignore::gitignore::GitignoreBuilder;

use crate::environment::claim::{Name, NameClaim};
use crate::environment::{ContainerSpec, File, Mount, MountSource, Repository, Role, folder_of, join};
use crate::estate::Builder;
use crate::expand::Deployed;
use crate::model::field::container;
use crate::model::{EntityId, ProductId};
use crate::product;
use crate::speed;

/// Folders that hold a gateway's own files. What else is mounted, such as pages and certificates, is often made later.
const FOLDERS: [&str; 4] = ["conf.d", "sites-enabled", "templates", "http.d"];

/// Words in names of files from which others are made.
const MODELS: [&str; 9] = [
    "example", "sample", "template", "tmpl", "tpl", "dist", "default", "j2", "erb",
];

impl Builder<'_> {
    /// Notes the first such mount of a gateway's container in a compose project.
    pub(super) fn missing_mount(&mut self, id: EntityId, product: ProductId, spec: &ContainerSpec, all: &[Deployed]) {
        if !self.estate.compose || self.context.repository.files().len() > speed::SPEAKERS {
            return;
        }
        let folders = product::folders_of(product);
        let missing = spec.mounts.iter().find_map(|mount| {
            let MountSource::Path(source) = &mount.source else {
                return None;
            };
            let is_own = folders
                .iter()
                .any(|folder| format!("{}/", mount.path).starts_with(folder));
            (is_own && self.configures(folders, &mount.path) && self.nobody_has(spec, mount, source, all))
                .then_some((mount, source))
        });
        let Some((mount, source)) = missing else { return };
        let name = source.rsplit('/').next().unwrap_or_default();
        let mut alike = self.context.repository.files().iter().filter(|file| {
            let is_loose = matches!(file.role, Role::Product(own) if own == product);
            is_loose && (file.path.ends_with(&format!("/{name}")) || *file.path == *name)
        });
        let near = alike
            .next()
            .filter(|_| alike.next().is_none())
            .map(|file| file.path.clone());
        let entity = self.estate.model.entity_mut(id);
        entity.set(container::MISSING_MOUNT, Arc::from(source.as_str()), mount.span);
        entity.set(container::MISSING_MOUNT_AT, Arc::from(mount.path.as_str()), mount.span);
        if let Some(near) = near {
            entity.set(container::MISSING_MOUNT_NEAR, near, mount.span);
        }
    }

    /// Whether a path of the container is configuration of its gateway.
    fn configures(&self, folders: &[&str], path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        if FOLDERS.contains(&name) || folders.iter().any(|folder| folder.trim_end_matches('/') == path) {
            return true;
        }
        let claim = self.context.claimants.by_name(path);
        name.contains('.') && matches!(claim, Some(NameClaim::Conf | NameClaim::Yaml | NameClaim::Own(_)))
            || matches!(claim, Some(NameClaim::Own(_)))
    }

    fn nobody_has(&self, spec: &ContainerSpec, mount: &Mount, source: &str, all: &[Deployed]) -> bool {
        let repository = self.context.repository;
        // Compose may be run for a folder around that of its file.
        let own = &*self.environment.folder;
        let rest = source.strip_prefix(own).unwrap_or(source).trim_start_matches('/');
        let mut folder = own;
        let mut is_elsewhere = false;
        while !folder.is_empty() {
            folder = folder_of(folder);
            is_elsewhere |= join(folder, rest).is_some_and(|path| repository.exists(&path));
        }
        !repository.exists(source)
            && !is_elsewhere
            && !is_shared(spec, mount, source, all)
            && !is_ignored(repository, source)
            && !is_made(repository, source)
    }
}

/// Whether another container sees the place too, and may write it.
fn is_shared(spec: &ContainerSpec, own: &Mount, source: &str, all: &[Deployed]) -> bool {
    let meets = |mount: &Mount| match &mount.source {
        MountSource::Path(other) => {
            let is_in = |one: &str, other: &str| one.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'));
            other == source || other.is_empty() || is_in(source, other) || is_in(other, source)
        }
        _ => false,
    };
    let others = all.iter().filter(|(placed, _)| placed.spec.span != spec.span);
    let mut others = others.flat_map(|(placed, _)| &placed.spec.mounts);
    others.any(meets) || spec.mounts.iter().any(|mount| mount.span != own.span && meets(mount))
}

/// Whether git ignores the path, so that everybody has one of their own; or a submodule may hold it.
fn is_ignored(repository: &Repository, path: &str) -> bool {
    let lists = repository.files().iter();
    lists
        .filter(|file| file.path.ends_with(".gitignore") || &*file.path == ".gitmodules")
        .any(|file| {
            if &*file.path == ".gitmodules" {
                let mut paths = file.source.text.lines().filter_map(|line| line.split_once('='));
                return paths.any(|(key, value)| key.trim() == "path" && path.starts_with(value.trim()));
            }
            let folder = folder_of(&file.path);
            let Some(inside) = path.strip_prefix(folder) else {
                return false;
            };
            let mut list = GitignoreBuilder::new("");
            for line in file.source.text.lines() {
                // A line that is none ignores nothing.
                let _ = list.add_line(None, line);
            }
            let inside = inside.trim_start_matches('/');
            let ignores = |list: ignore::gitignore::Gitignore| {
                list.matched_path_or_any_parents(inside, false).is_ignore()
                    || list.matched_path_or_any_parents(inside, true).is_ignore()
            };
            list.build().is_ok_and(ignores)
        })
}

/// Whether something in the repository may make the file: a model of it beside it or of its name, or a script, a recipe or
/// a text for people that names it.
fn is_made(repository: &Repository, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let is_model = |other: &str| {
        let own = other.rsplit('/').next().unwrap_or_default();
        let mut words = own.split(['.', '-', '_']);
        let has_word = words.any(|word| MODELS.contains(&word)) || Name::from_path(other).bare != own;
        own.starts_with(stem) && has_word || own != name && own.starts_with(name)
    };
    let folder = folder_of(path);
    let mut beside = repository
        .paths()
        .filter(|other| folder_of(other) == folder || is_wrapped(other, name));
    if beside.any(is_model) {
        return true;
    }
    let tells = |file: &&File| match file.role {
        Role::Other | Role::OtherYaml | Role::Helm | Role::Terraform => {
            let own = file.path.rsplit('/').next().unwrap_or_default();
            let is_dockerfile = own.to_ascii_lowercase().contains("dockerfile");
            !is_dockerfile && !own.starts_with(".git") && own != ".dockerignore"
        }
        _ => false,
    };
    let mut telling = repository.files().iter().filter(tells);
    telling.any(|file| file.source.text.contains(name))
}

/// Whether a path is a template for files of this name: `nginx.conf.j2`.
fn is_wrapped(path: &str, name: &str) -> bool {
    let own = path.rsplit('/').next().unwrap_or_default();
    own != name && own.starts_with(name)
}
