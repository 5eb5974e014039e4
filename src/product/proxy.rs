//! A gateway that runs as a process with configuration files of its own: nginx, HAProxy, Envoy.

use crate::environment::ContainerSpec;
use crate::environment::pods::Placed;
use crate::estate::Builder;
use crate::expand::{ContainerFiles, SeenFile};
use crate::model::{EntityId, Known, ProductId};

/// How such a gateway is found and lowered.
#[derive(Debug)]
pub struct Proxy {
    /// Whether a container is taken to run it of which nothing else tells what it runs.
    pub may_run: fn(&ContainerSpec, &ContainerFiles) -> bool,
    /// Lowers the one that runs in a container.
    pub in_container: fn(&mut Builder<'_>, &Running<'_>),
    /// What lowers its files that no container mounts, in pieces that threads may share.
    pub loose: for<'a> fn(&Builder<'a>) -> Vec<Piece<'a>>,
    /// Whether a file that a container sees is this gateway's, although the container runs something else: then it may
    /// still run somewhere by itself. Only where such files can be told from others.
    pub is_anothers: Option<fn(&ContainerSpec, &SeenFile) -> bool>,
}

/// A piece of lowering that needs nothing of what other pieces lower.
pub type Piece<'a> = Box<dyn FnOnce(&mut Builder<'a>) + Send + 'a>;

/// A container in which a gateway runs.
#[derive(Clone, Copy)]
pub struct Running<'a> {
    /// The container as written.
    pub placed: &'a Placed,
    /// The files it sees.
    pub files: &'a ContainerFiles,
    /// Its place among the estate's containers.
    pub at: usize,
    /// Its process.
    pub process: &'a Known<EntityId>,
    /// What the process is, where that is known.
    pub product: Option<ProductId>,
}
