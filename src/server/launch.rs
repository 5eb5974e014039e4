//! A server that a container starts: which one, by what, and what lowering it may look at.

use std::sync::Arc;

use crate::environment::ContainerSpec;
use crate::expand::ContainerFiles;
use crate::model::{Doubt, EntityId, Held, Known, Model, ProductId, Version};
use crate::repo::Span;
use crate::server::command::Started;
use crate::server::context::ProcessContext;
use crate::server::descriptor::{Lowered, Reads, Server};
use crate::server::image::Image;
use crate::server::process::{ProcessJoin, entity, open};
use crate::server::settings::{self, Layer};
use crate::server::sockets::{self, Address};
use crate::syntax::{NodeId, Tree};

/// A server that a container starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Launch<'a> {
    pub product: ProductId,
    pub server: &'static Server,
    pub context: &'a ProcessContext<'a>,
    pub spec: &'a ContainerSpec,
    pub files: &'a ContainerFiles,
    /// The image, where it is known.
    pub image: Option<&'a Image>,
    /// The command that starts it; absent where that is the image's own.
    pub started: Option<&'a Started<'a>>,
    /// The program, or else the image.
    pub span: Span,
}

impl Launch<'_> {
    /// Lowers the server as its room does.
    pub(super) fn lower(&self, model: &mut Model) -> Lowered {
        match (&self.server.reads, self.started) {
            (Reads::Container(lower), _) => lower(model, self),
            (Reads::Command(lower), Some(started)) => lower(model, self, started),
            (Reads::Command(_), None) => Err("its command is inside the image"),
            (Reads::Nothing, _) => Ok(self.by_name(model)),
        }
    }

    /// A server that is known by name only: nothing else is claimed.
    fn by_name(&self, model: &mut Model) -> ProcessJoin {
        let id = self.entity(model);
        let reason = format!("gatelint does not read the settings of {}", self.product.name);
        self.unread(model, id, Doubt::at(reason, self.span))
    }

    /// Adds the entity of the process: name and version.
    pub fn entity(&self, model: &mut Model) -> EntityId {
        entity(model, self.spec, self.product.name, self.version(), self.span)
    }

    /// The version the configuration states, else the one in the tag of an image that tells it, also of the base that a
    /// Dockerfile names.
    fn version(&self) -> Option<Version> {
        let name = self.product.stated_as;
        if let Some(stated) = name.and_then(|name| self.context.versions.get(name)) {
            return Some(stated.clone());
        }
        let image = self.image?;
        self.server.images.tell_version(name, image).then(|| image.version())?
    }

    /// The options of the command line.
    pub fn command_line(&self, model: &mut Model, started: &Started<'_>) -> Layer {
        let sources = self.context.sources;
        Layer::of_command(model, sources, Some(started), &started.command, self.server.options)
    }

    /// What a configuration file says in one of its maps.
    pub fn file(&self, model: &mut Model, tree: &Arc<Tree>, map: NodeId) -> Layer {
        Layer::of_tree(model, tree, map, self.server.in_file)
    }

    /// The variables that are options, too.
    pub fn variables(&self, model: &mut Model, started: &Started<'_>) -> Layer {
        let given = self.server.variables.iter();
        let given: Vec<_> = given
            .filter_map(|(name, variable)| Some((*name, started.variable(variable)?)))
            .collect();
        Layer::of_values(model, self.context.sources, None, &given)
    }

    /// Gives a process its settings, read through the table, and its sockets, on all of which the same is spoken.
    pub fn serve(
        &self,
        model: &mut Model,
        id: EntityId,
        layers: &[Layer],
        addresses: impl Into<Held<Vec<Address>>>,
        speaks: Option<&'static str>,
    ) -> ProcessJoin {
        if let Some(table) = self.server.table {
            settings::attach(model, id, layers, table);
        }
        let sockets = sockets::add(model, id, addresses);
        sockets::speak(model, &sockets, speaks);
        ProcessJoin::of(self.product, id, sockets)
    }

    /// A process of which no more than this can be said: nothing of time, connections and sockets is known.
    pub fn unread(&self, model: &mut Model, id: EntityId, doubt: Doubt) -> ProcessJoin {
        open(model, id, &doubt);
        let sockets = sockets::add(model, id, Known::Unknown(doubt));
        ProcessJoin::of(self.product, id, sockets)
    }

    /// Whether the image is one of this name, of Docker's official ones or of an organisation.
    pub fn is_image(&self, name: &str) -> bool {
        self.image.is_some_and(|image| image.is_official(name))
    }

    /// Whether the image's own command is run and the repository adds nothing to the image.
    pub fn is_image_as_it_is(&self) -> bool {
        self.started.is_none() && self.image.is_some_and(|image| !image.changed)
    }
}
