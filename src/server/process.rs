//! A process as an entity, and what linking needs of it.

use super::sockets::SocketJoin;
use crate::environment::ContainerSpec;
use crate::model::field::process;
use crate::model::{Assumption, Doubt, Entity, EntityId, Held, Kind, Known, Model, ProductId, Version};
use crate::repo::Span;

/// What linking needs of a process.
#[derive(Clone, Debug)]
pub struct ProcessJoin {
    /// The entity; unknown when it cannot be told what runs.
    pub id: Known<EntityId>,
    /// The product, when it is one we know by name.
    pub product: Option<ProductId>,
    /// What it listens on.
    pub sockets: Held<Vec<SocketJoin>>,
    /// Whether the image holds this one product and its command is not changed, so that nothing else listens.
    pub official_only: bool,
}

impl ProcessJoin {
    /// The process of a product.
    pub(crate) fn of(product: ProductId, id: EntityId, sockets: impl Into<Held<Vec<SocketJoin>>>) -> Self {
        Self {
            id: Known::Is(id),
            product: Some(product),
            sockets: sockets.into(),
            official_only: false,
        }
    }

    /// The same where what runs is only assumed: what an image starts that is not known well.
    #[must_use]
    pub fn unless(mut self, model: &mut Model, assumption: &Assumption) -> Self {
        let sockets = self.sockets.parts().0.is().map_or(&[][..], Vec::as_slice);
        let all = sockets.iter().map(|socket| socket.id).chain(self.id.clone().is());
        for id in all {
            let unless = &mut model.entity_mut(id).unless;
            *unless = Assumption::both(unless.take(), Some(assumption));
        }
        self.sockets = self.sockets.unless(assumption.clone());
        self
    }

    pub(crate) fn unknown(doubt: Doubt) -> Self {
        Self {
            id: Known::Unknown(doubt.clone()),
            product: None,
            sockets: Known::Unknown(doubt).into(),
            official_only: false,
        }
    }
}

/// Adds the entity of a process.
pub(super) fn entity(
    model: &mut Model,
    spec: &ContainerSpec,
    name: &str,
    version: Option<Version>,
    span: Span,
) -> EntityId {
    let mut entity = Entity::new(Kind::Process, spec.name.clone(), span);
    entity.set(process::NAME, name.into(), span);
    if let Some(version) = &version {
        let at = spec.image.as_ref().map_or(span, |image| image.span);
        entity.set(process::VERSION, version.to_string().into(), at);
    }
    entity.version = version;
    model.add(entity)
}

/// Makes every fact about time and connections unknown.
pub(crate) fn open(model: &mut Model, id: EntityId, doubt: &Doubt) {
    let entity = model.entity_mut(id);
    let span = entity.span;
    entity.set_known(process::REQUEST_TIMEOUT, Known::Unknown(doubt.clone()), span);
    entity.set_known(process::KILLS_AT_TIMEOUT, Known::Unknown(doubt.clone()), span);
    entity.set_known(process::KEEPALIVE_TIMEOUT, Known::Unknown(doubt.clone()), span);
    entity.set_known(process::KEEPS_CONNECTIONS, Known::Unknown(doubt.clone()), span);
}

/// Says whether a process keeps connections, and whether it ends a request that takes too long.
pub(crate) fn behave(model: &mut Model, id: EntityId, keeps: Known<bool>, kills: Known<bool>, span: Span) {
    let entity = model.entity_mut(id);
    entity.set_known(process::KEEPS_CONNECTIONS, keeps, span);
    entity.set_known(process::KILLS_AT_TIMEOUT, kills, span);
}
