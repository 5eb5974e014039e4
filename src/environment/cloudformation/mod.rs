//! CloudFormation templates that scale something: each is deployed by itself, with the defaults of its parameters.

pub mod value;

use memchr::memmem;

use super::deployed::{Environment, Platform};
use super::development::is_development;
use super::document::Document;
use super::repository::{Repository, Role, folder_of};
use crate::syntax::At;

/// The kind of the documents that are templates.
pub const TEMPLATE: &str = "cloudformation template";

/// Whether a template may scale something, so that it is worth reading.
pub fn scales(text: &str) -> bool {
    memmem::find(text.as_bytes(), b"AutoScaling::").is_some()
}

/// Whether a resource is one whose size changes over time.
pub fn is_scaled(resource: At<'_>) -> bool {
    resource
        .scalar("Type")
        .is_some_and(|kind| kind.starts_with("AWS::AutoScaling::") || kind.starts_with("AWS::ApplicationAutoScaling::"))
}

/// An environment for each template.
pub(super) fn environments(repository: &Repository) -> Vec<Environment> {
    let mut found = Vec::new();
    for (at, file) in repository.files().iter().enumerate() {
        let Some(tree) = file.tree.as_ref().filter(|_| file.role == Role::CloudFormation) else {
            continue;
        };
        let Some(template) = tree.root().items().find(|template| {
            let resources = template.child("Resources");
            resources.is_some_and(|resources| resources.children().any(is_scaled))
        }) else {
            continue;
        };
        let document = Document {
            tree: tree.clone(),
            node: template.id(),
            kind: TEMPLATE.into(),
            name: file.path.clone(),
            namespace: "".into(),
            path: file.path.clone(),
            affixes: ("".into(), "".into()),
            doubts: Vec::new(),
            ignored: Vec::new(),
            deployer: None,
            generated: Vec::new(),
        };
        found.push(Environment {
            name: file.path.clone(),
            platform: Platform::CloudFormation,
            folder: folder_of(&file.path).into(),
            documents: vec![document],
            loose: Vec::new(),
            files: vec![at],
            development: is_development(&file.path),
            incomplete: None,
            inclusions: Vec::new(),
        });
    }
    found
}
