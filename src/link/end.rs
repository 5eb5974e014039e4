//! Where a request ends.

use std::sync::Arc;

use crate::model::{Doubt, EntityId, Known};

/// Where a request ends, as far as the address tells. All parts are three-valued.
#[derive(Clone, Debug)]
pub(crate) struct End {
    /// The Service, as an index.
    pub service: Known<usize>,
    /// The Service's port, as an index into the Service's ports.
    pub service_port: Known<usize>,
    /// The container, as an index.
    pub container: Known<usize>,
    /// What the process listens on there.
    pub socket: Known<EntityId>,
    /// Whether the gateway reaches the container itself.
    pub direct: Known<bool>,
    /// Whether the address is the gateway's own loopback interface.
    pub loopback: bool,
    /// Whether gateway and process share a network namespace.
    pub shared_network: Known<bool>,
    /// Whether the address changes when the target is recreated.
    pub may_change: Known<bool>,
    /// Who else listens on or declares the port.
    pub elsewhere: Option<Arc<str>>,
    /// Why the target cannot be reached although it exists.
    pub unreachable: Option<Arc<str>>,
    /// What was probably meant by a name that nothing has.
    pub nearly: Option<Arc<str>>,
    /// Why surely nothing has the name or address, in words.
    pub missing: Option<Arc<str>>,
    /// Where surely nothing serves the address, in words: the gateway's own container, pod or machine.
    pub nobody: Option<Arc<str>>,
    /// Who was probably meant by it, as an index.
    pub meant: Option<usize>,
    /// The port of the pod; in compose the container's.
    pub pod_port: Known<u16>,
    /// Why nothing answers, where that is known.
    pub why: Option<Arc<str>>,
}

impl End {
    /// Whether it is known that nobody answers there.
    pub(crate) fn is_dead(&self) -> bool {
        let unheard = self.socket == Known::Absent && !matches!(self.container, Known::Unknown(_));
        let closed = matches!(self.service, Known::Is(_)) && self.service_port == Known::Absent;
        unheard
            || closed
            || self.missing.is_some()
            || self.nobody.is_some()
            || self.unreachable.is_some()
            || self.nearly.is_some()
    }

    /// An end of which nothing is known, for this reason.
    pub(crate) fn unknown(doubt: Doubt) -> End {
        End {
            service: Known::Unknown(doubt.clone()),
            service_port: Known::Unknown(doubt.clone()),
            container: Known::Unknown(doubt.clone()),
            socket: Known::Unknown(doubt.clone()),
            direct: Known::Unknown(doubt.clone()),
            loopback: false,
            shared_network: Known::Unknown(doubt.clone()),
            pod_port: Known::Unknown(doubt.clone()),
            may_change: Known::Unknown(doubt),
            elsewhere: None,
            unreachable: None,
            nearly: None,
            missing: None,
            nobody: None,
            meant: None,
            why: None,
        }
    }
}
