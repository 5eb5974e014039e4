//! What a kustomization builds.

use std::collections::BTreeSet;

use crate::environment::document::Document;
use crate::model::Doubt;

/// What a kustomization builds.
#[derive(Clone, Debug, Default)]
pub(super) struct Built {
    pub documents: Vec<Document>,
    pub files: BTreeSet<usize>,
    pub incomplete: Option<Doubt>,
}

impl Built {
    /// Notes why there may be more; the first reason is as good as any other.
    pub fn incomplete(&mut self, doubt: Doubt) {
        self.incomplete.get_or_insert(doubt);
    }

    /// Nothing that its objects say can be relied on.
    pub fn doubt_all(&mut self, doubt: &Doubt) {
        for document in &mut self.documents {
            document.doubts.push((String::new(), doubt.clone()));
        }
    }
}
