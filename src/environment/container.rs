//! A container as written, in Kubernetes or compose, before anyone asks what runs in it.

use std::sync::Arc;

use crate::repo::Span;
use crate::syntax::NodeId;
use crate::syntax::Tree;

/// Text with the place it stands and whether it can be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: Arc<str>,
    /// Where it stands.
    pub span: Span,
    /// Whether part of it is a hole or a reference that cannot be resolved here.
    pub unknown: bool,
}

/// A port that a container declares. A declaration opens nothing: only its name has an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredPort {
    /// The number.
    pub number: u16,
    /// The name, where it has one.
    pub name: Option<Arc<str>>,
    /// Where it stands.
    pub span: Span,
}

/// Where a mounted file or folder comes from.
#[derive(Clone, Debug)]
pub enum MountSource {
    /// Text inside a document (a ConfigMap's data entry, a compose config's content): the entry's node.
    Inline(Arc<Tree>, NodeId),
    /// A file or folder of the repository.
    Path(String),
    /// A volume that other containers may mount too (a named volume, an emptyDir), by name.
    Shared(Arc<str>),
    /// Something that cannot be read here, and why.
    Unknown(Arc<str>),
}

/// One mount: the container sees `source` at `path`.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Absolute path in the container, without a trailing slash.
    pub path: String,
    /// What is there.
    pub source: MountSource,
    /// Where the mount is written.
    pub span: Span,
}

/// What a build is given beside its folder.
#[derive(Clone, Debug, Default)]
pub struct Building {
    /// The stage that is built; the last one where it is not written.
    pub target: Option<Arc<str>>,
    /// Build arguments.
    pub arguments: Vec<(Arc<str>, Text)>,
    /// Further folders of the repository, by the names that the Dockerfile has for them.
    pub contexts: Vec<(Arc<str>, String)>,
}

/// A container as written.
#[derive(Clone, Debug)]
pub struct ContainerSpec {
    /// Its name; in compose the service's.
    pub name: Arc<str>,
    /// The image as written.
    pub image: Option<Text>,
    /// Whether the image is built from the repository (compose `build`), so that what it holds is not known from its name.
    pub built: Option<String>,
    /// The Dockerfile it is built from, as a path of the repository.
    pub dockerfile: Option<String>,
    /// What else its build is given.
    pub building: Building,
    /// The entrypoint (Kubernetes `command`, compose `entrypoint`); a single word is a shell command in compose.
    pub entrypoint: Option<Vec<Text>>,
    /// Its arguments (Kubernetes `args`, compose `command`).
    pub arguments: Option<Vec<Text>>,
    /// Whether `arguments` or `entrypoint` is one line for a shell.
    pub shell: bool,
    /// Environment variables that are written out.
    pub environment: Vec<(Arc<str>, Text)>,
    /// Whether further variables come from somewhere that cannot be read here (`envFrom`, `env_file`).
    pub more_environment: bool,
    /// Mounted files.
    pub mounts: Vec<Mount>,
    /// Declared container ports.
    pub ports: Vec<DeclaredPort>,
    /// The working directory, where written.
    pub working_dir: Option<Arc<str>>,
    /// Where the container is declared (its name, or the head of its block).
    pub span: Span,
}

impl ContainerSpec {
    /// An environment variable that is written out.
    pub fn variable(&self, name: &str) -> Option<&Text> {
        self.environment
            .iter()
            .rev()
            .find(|(own, _)| &**own == name)
            .map(|(_, value)| value)
    }

    /// The image's name without registry, folder, tag and digest: `nginx` of `docker.io/library/nginx:1.28@sha256:…`.
    pub fn image_name(&self) -> Option<&str> {
        let image = self.image.as_ref()?;
        let name = image.text.split('@').next()?;
        let name = name.rsplit('/').next()?;
        let name = name.split(':').next()?;
        (!name.is_empty()).then_some(name)
    }

    /// Whether the image is an official one (`nginx`, `library/nginx`, `docker.io/library/nginx`) of this name, in
    /// whatever version: the tag may be filled in later.
    pub fn is_official(&self, name: &str) -> bool {
        let Some(image) = &self.image else { return false };
        let folder_end = image
            .text
            .split("${")
            .next()
            .and_then(|known| known.rfind('/'))
            .map_or(0, |at| at + 1);
        let end = image.text[folder_end..]
            .find([':', '@'])
            .map_or(image.text.len(), |at| folder_end + at);
        let repository = &image.text[..end];
        let bare = repository.strip_prefix("docker.io/").unwrap_or(repository);
        bare.strip_prefix("library/").unwrap_or(bare) == name
    }
}
