//! Files of gateways in a compose project that no container loads.

use std::sync::Arc;

use crate::environment::{File, Role};
use crate::estate::Builder;
use crate::model::field::container;
use crate::speed;

/// Of a project with more such files than this nothing is claimed.
const MOST: usize = 50;

impl Builder<'_> {
    /// Notes which files are loaded by nobody: the project has a gateway in a container, which has its configuration from
    /// elsewhere, and nothing that was read names the file. Its names would mean nothing outside the project.
    pub(super) fn unloaded(&mut self) {
        let gateways = &self.estate.gateways;
        let has_own = gateways.iter().any(|gateway| gateway.container.is_some());
        let is_gateway = |id| self.estate.model.get(id, container::IS_GATEWAY).is() == Some(true);
        let has_own = has_own || self.estate.containers.iter().any(|container| is_gateway(container.id));
        let loose = gateways.iter().enumerate().filter(|(_, gateway)| gateway.unplaced);
        let loose: Vec<usize> = loose.map(|(at, _)| at).collect();
        let too_many = loose.len() > MOST || self.context.repository.files().len() > speed::SPEAKERS;
        if !self.estate.compose || !has_own || too_many {
            return;
        }
        for at in loose {
            let span = self.estate.model.entity(self.estate.gateways[at].id).span;
            let source = self.context.sources.locate(span).source;
            let file = self.context.repository.of_source(source);
            let product = self.estate.gateways[at].product.name;
            if let Some(file) = file.filter(|file| !self.is_named(file, product)) {
                let reason = format!("no container of {} loads {}", self.environment.name, file.path);
                self.estate.gateways[at].unloaded = Some(Arc::from(reason));
            }
        }
    }

    /// Whether something that may put the file anywhere names it, the folder it lies in, or everything.
    fn is_named(&self, file: &File, product: &str) -> bool {
        let (folders, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let folder = folders.rsplit('/').next().unwrap_or_default();
        let mut others = self.context.repository.files().iter();
        others.any(|other| {
            let text = &other.source.text;
            match other.role {
                // A mount of another path of that name is no mount of this file; one that a variable leads to may be.
                Role::Compose => {
                    names_folder(text, folder) || text.lines().any(|line| line.contains('$') && line.contains(name))
                }
                Role::Other | Role::OtherYaml | Role::Systemd | Role::Helm => {
                    let takes_all = ["COPY . ", "COPY ./ ", "ADD . ", "ADD ./ "]
                        .iter()
                        .any(|all| text.contains(all));
                    text.contains(name) || names_folder(text, folder) || takes_all && text.contains(product)
                }
                _ => false,
            }
        })
    }
}

/// Whether a text names a folder itself, not only files in it.
fn names_folder(text: &str, folder: &str) -> bool {
    // `edge:` at the end of a line is the name of a service.
    let is_key = |rest: &str| {
        rest.strip_prefix(':')
            .is_some_and(|rest| rest.trim_start_matches([' ', '\r']).starts_with('\n'))
    };
    let ends = |rest: &str| {
        !is_key(rest) && (rest.is_empty() || rest.starts_with([':', '"', '\'', ' ', '\n', '\r', '*', ',', ']']))
    };
    !folder.is_empty()
        && text.match_indices(folder).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let begins = before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.'));
            let rest = &text[at + folder.len()..];
            begins && (ends(rest) || rest.strip_prefix('/').is_some_and(ends))
        })
}
