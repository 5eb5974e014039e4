//! An environment: documents that are deployed together, and what deploys them.

use std::sync::Arc;

use super::document::Document;
use super::repository::{Repository, folder_of};
use crate::model::Doubt;
use crate::repo::Span;
use crate::speed;

/// What deploys an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// A compose project: names resolve on shared networks, through Docker's name server.
    Compose,
    /// A kustomization.
    Kustomize,
    /// A module of Terraform that is applied, with one set of values.
    Terraform,
    /// A CloudFormation template with the defaults of its parameters.
    CloudFormation,
    /// Whatever lies in the repository and belongs to no other environment: Kubernetes objects as they are, nginx
    /// files of a machine.
    Directory,
}

/// A set of documents deployed together.
#[derive(Clone, Debug)]
pub struct Environment {
    /// What a person calls it: the folder of the kustomization, the compose file, or `.`.
    pub name: Arc<str>,
    /// What deploys it.
    pub platform: Platform,
    /// The folder it belongs to.
    pub folder: Arc<str>,
    /// Its documents.
    pub documents: Vec<Document>,
    /// Files outside any document that may belong to it: nginx, php-fpm, gunicorn, JavaScript (indexes into
    /// `Repository::files`).
    pub loose: Vec<usize>,
    /// Every file that has a part in it (indexes into `Repository::files`), documents, patches and mounted files.
    pub files: Vec<usize>,
    /// Whether it is plainly for development.
    pub development: bool,
    /// Why it may hold more than its documents: what is not found in it is then unknown rather than absent.
    pub incomplete: Option<Doubt>,
    /// Files of a compose project that are included in their own way.
    pub inclusions: Vec<Inclusion>,
}

/// A compose file that another includes.
#[derive(Clone, Debug)]
pub struct Inclusion {
    /// The file's path.
    pub path: Arc<str>,
    /// What relative paths in it are relative to: `project_directory`, or its own folder.
    pub folder: String,
    /// The files of variables that fill it, where the project's own have no value; the later ones count.
    pub variables: Vec<String>,
}

impl Environment {
    /// How many documents and files outside documents it has: what reading it costs.
    pub fn size(&self) -> usize {
        self.documents.len() + self.loose.len()
    }

    /// The folder that relative paths at a place are relative to: that of the file the place stands in.
    pub(super) fn folder_at<'r>(&'r self, repository: &'r Repository, span: Span) -> Option<&'r str> {
        let mut files = self.files.iter().filter_map(|file| repository.files().get(*file));
        files.find(|file| file.source.id == span.source).map(|file| {
            self.inclusion(&file.path)
                .map_or_else(|| folder_of(&file.path), |own| &own.folder)
        })
    }

    fn inclusion(&self, path: &str) -> Option<&Inclusion> {
        self.inclusions.iter().find(|own| *own.path == *path)
    }

    /// Whether it is worth cutting in parts.
    pub fn is_large(&self) -> bool {
        self.size() >= speed::LARGE
    }
}
