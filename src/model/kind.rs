//! The kinds of entities. A new one is a line here and a block of fields of the same name in a file of `field/`.

/// All kinds, handed to another macro: what each of them is, and where its fields are declared, is said in two files.
macro_rules! kinds {
    ($with:ident) => {
        $with! {
            /// One route to one endpoint, with everything known at both ends.
            Hop => hop;
            /// A proxy: a product in a version.
            Gateway => gateway;
            /// Where a gateway decides to pass requests on: a location, an Ingress path.
            Route => route;
            /// Where a gateway accepts requests and chooses where they go: an Envoy listener, HAProxy's `frontend` and `listen`.
            Listener => listener;
            /// A value whose writing itself can be wrong: without a unit, ignored, repeated, or overridden elsewhere.
            Setting => setting;
            /// What one block of nginx holds for the response buffers of one module, whether something is passed on there or not.
            Buffers => buffers;
            /// A place of a file that whoever reads the file refuses or passes over.
            Fault => fault;
            /// A name that stands for something declared elsewhere in the same configuration (HAProxy).
            Reference => reference;
            /// A named group of endpoints, or the implicit group of a single address.
            Upstream => upstream;
            /// One address of an upstream.
            Endpoint => endpoint;
            /// A Kubernetes Service.
            Service => service;
            /// One entry of a Service's ports.
            ServicePort => service_port;
            /// A Deployment, StatefulSet, DaemonSet, Pod, or compose service.
            Workload => workload;
            /// One container of a workload.
            Container => container;
            /// What a container runs.
            Process => process;
            /// One thing a process listens on.
            Socket => socket;
            /// What a failure looks like at a gateway's client: status code and cause, per product and version.
            Status => status;
            /// A readiness, liveness or startup probe of a container.
            Probe => probe;
            /// What changes the number of a workload's replicas.
            Autoscaler => autoscaler;
            /// One entry of a schedule: a cron trigger, a scheduled action, a job that scales.
            Schedule => schedule;
            /// The traffic that a target is configured to serve.
            Profile => profile;
            /// All windows of time in which one field makes a target guarantee less than is needed.
            Shortfall => shortfall;
            /// A schedule that lowers what is guaranteed, for a target whose traffic is not known.
            Cut => cut;
            /// Something that is wrong with a schedule by itself, whatever the traffic.
            Note => note;
            /// A PodDisruptionBudget.
            DisruptionBudget => disruption_budget;
            /// A NetworkPolicy.
            Policy => policy;
            /// One port that a NetworkPolicy lets in.
            PolicyPort => policy_port;
            /// Two hops in a row: a request that one gateway sends to the next.
            Chain => chain;
        }
    };
}
pub(super) use kinds;

macro_rules! declare {
    ($($(#[$doc:meta])* $kind:ident => $module:ident;)*) => {
        /// What an entity is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Kind { $($(#[$doc])* $kind),* }

        impl Kind {
            /// All kinds.
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];

            /// The name rules use.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$kind => stringify!($module)),* }
            }
        }
    };
}

kinds!(declare);

impl Kind {
    /// The kind with this name.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}
