//! Kinds, their fields and their links: the vocabulary of rules. A new field is one line here.

use std::marker::PhantomData;

use super::value::{FieldType, Type};

/// What an entity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// One route to one endpoint, with everything known at both ends.
    Hop,
    /// A proxy: a product in a version.
    Gateway,
    /// Where a gateway decides to pass requests on: a location, an Ingress path.
    Route,
    /// A frontend: what takes requests from clients and chooses where they go (HAProxy's `frontend` and `listen`).
    Listener,
    /// A value whose spelling itself can be wrong, wherever it is in force.
    Setting,
    /// A named group of endpoints, or the implicit group of a single address.
    Upstream,
    /// One address of an upstream.
    Endpoint,
    /// A Kubernetes Service.
    Service,
    /// One entry of a Service's ports.
    ServicePort,
    /// A Deployment, StatefulSet, DaemonSet, Pod, or compose service.
    Workload,
    /// One container of a workload.
    Container,
    /// What a container runs.
    Process,
    /// One thing a process listens on.
    Socket,
    /// What a failure looks like at a gateway's client: status code and cause, per product and version.
    Status,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 14] = [
        Kind::Hop,
        Kind::Gateway,
        Kind::Route,
        Kind::Listener,
        Kind::Setting,
        Kind::Upstream,
        Kind::Endpoint,
        Kind::Service,
        Kind::ServicePort,
        Kind::Workload,
        Kind::Container,
        Kind::Process,
        Kind::Socket,
        Kind::Status,
    ];

    /// The name rules use.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Hop => "hop",
            Kind::Gateway => "gateway",
            Kind::Route => "route",
            Kind::Listener => "listener",
            Kind::Setting => "setting",
            Kind::Upstream => "upstream",
            Kind::Endpoint => "endpoint",
            Kind::Service => "service",
            Kind::ServicePort => "service_port",
            Kind::Workload => "workload",
            Kind::Container => "container",
            Kind::Process => "process",
            Kind::Socket => "socket",
            Kind::Status => "status",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind's fields.
    pub fn fields(self) -> &'static [FieldInfo] {
        match self {
            Kind::Hop => hop::FIELDS,
            Kind::Gateway => gateway::FIELDS,
            Kind::Route => route::FIELDS,
            Kind::Listener => listener::FIELDS,
            Kind::Setting => setting::FIELDS,
            Kind::Upstream => upstream::FIELDS,
            Kind::Endpoint => endpoint::FIELDS,
            Kind::Service => service::FIELDS,
            Kind::ServicePort => service_port::FIELDS,
            Kind::Workload => workload::FIELDS,
            Kind::Container => container::FIELDS,
            Kind::Process => process::FIELDS,
            Kind::Socket => socket::FIELDS,
            Kind::Status => status::FIELDS,
        }
    }

    /// The kind's links to other entities.
    pub fn links(self) -> &'static [LinkInfo] {
        match self {
            Kind::Hop => HOP_LINKS,
            Kind::Gateway => GATEWAY_LINKS,
            Kind::Endpoint => ENDPOINT_LINKS,
            Kind::Container => CONTAINER_LINKS,
            Kind::ServicePort => SERVICE_PORT_LINKS,
            _ => &[],
        }
    }

    /// The field with this name.
    pub fn field(self, name: &str) -> Option<FieldId> {
        let at = self.fields().iter().position(|field| field.name == name)?;
        Some(FieldId {
            kind: self,
            at: at as u8,
        })
    }
}

/// A field of a kind, untyped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId {
    /// The kind that has the field.
    pub kind: Kind,
    at: u8,
}

impl FieldId {
    /// Name, type and meaning.
    pub fn info(self) -> &'static FieldInfo {
        &self.kind.fields()[self.at as usize]
    }
}

/// A field of a kind, with its type.
#[derive(Debug)]
pub struct Field<T> {
    id: FieldId,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Field<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Field<T> {}

impl<T: FieldType> Field<T> {
    const fn new(kind: Kind, at: u8) -> Self {
        Self {
            id: FieldId { kind, at },
            of: PhantomData,
        }
    }

    /// The untyped field.
    pub const fn id(self) -> FieldId {
        self.id
    }
}

/// What rules and documentation know of a field.
#[derive(Debug)]
pub struct FieldInfo {
    /// The name after the dot.
    pub name: &'static str,
    /// Its type.
    pub kind: Type,
    /// Its meaning, with units.
    pub doc: &'static str,
}

/// What rules and documentation know of a link.
#[derive(Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// The name after the dot.
    pub name: &'static str,
    /// What it leads to.
    pub to: Kind,
    /// Its meaning.
    pub doc: &'static str,
}

/// Declares the fields of a kind; each constant knows its place in the list.
macro_rules! fields {
    ($module:ident, $kind:expr; $($id:ident : $ty:ty = $name:literal, $doc:literal;)*) => {
        #[doc = concat!("Fields of kind `", stringify!($module), "`.")]
        pub mod $module {
            use super::*;
            #[allow(unused_imports)]
            use crate::model::value::{Duration, Size};
            #[allow(unused_imports)]
            use std::sync::Arc;
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            enum Place { $($id),* }
            $(#[doc = $doc] pub const $id: Field<$ty> = Field::new($kind, Place::$id as u8);)*
            /// All of them, in order.
            pub const FIELDS: &[FieldInfo] = &[$(FieldInfo { name: $name, kind: <$ty as FieldType>::TYPE, doc: $doc }),*];
        }
    };
}

fields! { hop, Kind::Hop;
    NAME: Arc<str> = "name", "Both ends in words, such as `web:80 to api:8000`.";
    DIRECT: bool = "direct", "Whether the gateway reaches the container itself (compose, a headless Service, ingress-nginx) rather than a Service's virtual address.";
    LOOPBACK: bool = "loopback", "Whether the address is the gateway's own loopback interface.";
    SHARED_NETWORK: bool = "shared_network", "Whether gateway and process share a network namespace: one container, one pod, or one machine.";
    REUSES_CONNECTIONS: bool = "reuses_connections", "Whether the gateway keeps idle connections to this endpoint open and uses them again.";
    ELSEWHERE: Arc<str> = "elsewhere", "The name of another container of the same environment that listens on or declares the port; absent when there is none.";
    RESOLVED_ONCE: bool = "resolved_once", "Whether the name is looked up only when the gateway starts or reloads.";
    PLATFORM_RESOLVER: Arc<str> = "platform_resolver", "The name server every container of this platform can reach: `127.0.0.11` in compose; absent where there is no such fixed address.";
    INNER_BUFFER_SIZE: Size = "inner_buffer_size", "The largest response header that the next gateway passes on, when this hop leads to one.";
    ADDRESS_MAY_CHANGE: bool = "address_may_change", "Whether the name's address changes when the target is recreated (false for a ClusterIP, which is stable).";
}

fields! { gateway, Kind::Gateway;
    NAME: Arc<str> = "name", "What a person calls it: the file, the workload or the Ingress.";
    PRODUCT: Arc<str> = "product", "`nginx`, `ingress-nginx`, …";
    VERSION: Arc<str> = "version", "The product's version, from the image or the configuration.";
    BUFFER_SIZE: Size = "buffer_size", "HAProxy: the buffer that must hold a whole request or response header (`tune.bufsize`).";
    ENDS_IN_LINE_FEED: bool = "ends_in_line_feed", "HAProxy: whether the last line of each of its files is complete.";
}

fields! { route, Kind::Route;
    NAME: Arc<str> = "name", "What a person calls it: the location's path, the Ingress host and path.";
    PASS: Arc<str> = "pass", "The protocol module: `proxy`, `fastcgi`, `uwsgi`, `scgi`, `grpc` or `stream`.";
    SCHEME: Arc<str> = "scheme", "The scheme of the target, such as `http` or `https`.";
    CONNECT_TIMEOUT: Duration = "connect_timeout", "How long the gateway waits for a connection to the upstream.";
    READ_TIMEOUT: Duration = "read_timeout", "How long the gateway waits between two reads of the response; not a total.";
    SEND_TIMEOUT: Duration = "send_timeout", "How long the gateway waits between two writes of the request.";
    BUFFER_SIZE: Size = "buffer_size", "The buffer that must hold the whole response header.";
    BUFFERS_NUMBER: i64 = "buffers_number", "How many buffers a response body may use.";
    BUFFERS_SIZE: Size = "buffers_size", "The size of each of those buffers.";
    BUSY_BUFFERS_SIZE: Size = "busy_buffers_size", "How much of the buffers may be busy sending to the client while the response is not yet read.";
    HTTP_VERSION: Arc<str> = "http_version", "The HTTP version spoken to the upstream.";
    TARGET: Arc<str> = "target", "HAProxy: the backend as named where it is chosen.";
    TARGET_FOUND: bool = "target_found", "HAProxy: whether a backend of that name exists.";
    TARGET_NEAREST: Arc<str> = "target_nearest", "HAProxy: the existing name most like a name that does not exist.";
    MAP: Arc<str> = "map", "HAProxy: the map file that gives the backend's name; absent where the name is written out.";
    FALLBACK: bool = "fallback", "HAProxy: whether the frontend has a default_backend for what nothing else takes.";
    CONNECTION_HEADER: Arc<str> = "connection_header", "The Connection header sent to the upstream; empty allows connections to be kept.";
}

fields! { listener, Kind::Listener;
    NAME: Arc<str> = "name", "Its name.";
    MODE: Arc<str> = "mode", "`http` or `tcp`.";
    CLIENT_TIMEOUT: Duration = "client_timeout", "How long a client may be silent.";
    TAKES_ALL: bool = "takes_all", "Whether every request is sent somewhere or answered on purpose; absent where that cannot be told.";
    CONDITIONS: Arc<str> = "conditions", "The first condition under which a request is sent on.";
    DEFAULT_BACKEND: Arc<str> = "default_backend", "Where requests go that nothing else takes.";
}

fields! { setting, Kind::Setting;
    NAME: Arc<str> = "name", "What is set, such as `timeout server`.";
    TIME: Duration = "time", "The length of time it is set to.";
    BARE: bool = "bare", "Whether the number has no unit.";
}

fields! { upstream, Kind::Upstream;
    NAME: Arc<str> = "name", "The group's name, or the address of an implicit group.";
    NAMED: bool = "named", "Whether the group is declared, rather than made from a single address.";
    KEEPALIVE: i64 = "keepalive", "How many idle connections are kept; 0 keeps none.";
    KEEPALIVE_TIMEOUT: Duration = "keepalive_timeout", "How long an idle connection is kept.";
    ZONE: Arc<str> = "zone", "The shared memory zone of the group.";
    RESOLVER: Arc<str> = "resolver", "The name servers used to look names up again.";
    MODE: Arc<str> = "mode", "HAProxy: `http` or `tcp`.";
    CONNECT_TIMEOUT: Duration = "connect_timeout", "HAProxy: how long a connection to a server may take.";
    SERVER_TIMEOUT: Duration = "server_timeout", "HAProxy: how long a server may be silent.";
    QUEUE_TIMEOUT: Duration = "queue_timeout", "HAProxy: how long a request waits for a free server; the connect timeout where it is not set.";
    MISSING_TIMEOUTS: Arc<str> = "missing_timeouts", "HAProxy: the timeouts that are nowhere set, in words; absent where all are.";
    RETRIES: i64 = "retries", "How many times a failed connection is tried again.";
    RETRY_ON: Arc<str> = "retry_on", "HAProxy: the failures after which a request is tried again.";
    REDISPATCH: bool = "redispatch", "HAProxy: whether a request may be tried again on another server.";
    HTTP_REUSE: Arc<str> = "http_reuse", "HAProxy: when idle connections are used again: `never`, `safe`, `aggressive` or `always`.";
    SERVERS: i64 = "servers", "How many servers take requests.";
    UNCHECKED: i64 = "unchecked", "HAProxy: how many of the servers have no health check.";
    FIRST_UNCHECKED: Arc<str> = "first_unchecked", "HAProxy: the first server without a health check.";
    DEFAULT_CHECK: Arc<str> = "default_check", "HAProxy: what `default-server` says of checks in the group's own section.";
    HTTP_CHECK: bool = "http_check", "HAProxy: whether the group's own section has `option httpchk`.";
    CHECK_PATH: Arc<str> = "check_path", "The path that HTTP health checks ask for.";
    LIMITED: bool = "limited", "HAProxy: whether a server has a `maxconn`, so that requests may have to wait.";
}

fields! { endpoint, Kind::Endpoint;
    ADDRESS: Arc<str> = "address", "The address as written.";
    HOST: Arc<str> = "host", "The host name or IP address.";
    PORT: i64 = "port", "The TCP port.";
    SOCKET: Arc<str> = "socket", "The path of the unix socket.";
    RESOLVE: bool = "resolve", "Whether the name is looked up again while the gateway runs.";
    NAME: Arc<str> = "name", "HAProxy: the server's name.";
    HAS_PORT: bool = "has_port", "HAProxy: whether a port is written; without one the port that the client came to is used.";
    SELF_LOOP: bool = "self_loop", "HAProxy: whether the server, for want of a port, is the listener that the request came through.";
    IS_NAME: bool = "is_name", "Whether the host is a name that has to be looked up, rather than an IP address.";
    CHECK: bool = "check", "HAProxy: whether the server's health is checked.";
    SEND_PROXY: bool = "send_proxy", "Whether connections begin with a PROXY protocol header.";
    RESOLVERS: Arc<str> = "resolvers", "HAProxy: the `resolvers` section that looks the name up again.";
    INIT_ADDR: Arc<str> = "init_addr", "HAProxy: how the address is found at start (`init-addr`).";
    UNSET_VARIABLE: Arc<str> = "unset_variable", "An environment variable in the address that the container does not set.";
}

fields! { service, Kind::Service;
    NAME: Arc<str> = "name", "Its name.";
    NAMESPACE: Arc<str> = "namespace", "Its namespace.";
    TYPE: Arc<str> = "type", "`ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.";
    HEADLESS: bool = "headless", "Whether it has no virtual address (`clusterIP: None`): the name leads to the pods themselves.";
    PORTS: Arc<str> = "ports", "The ports it exposes, as a list in words.";
    ONLY_PORT: i64 = "only_port", "The port it exposes; absent when there are several.";
}

fields! { service_port, Kind::ServicePort;
    NAME: Arc<str> = "name", "Its name.";
    PORT: i64 = "port", "The port the Service exposes.";
    TARGET_PORT: Arc<str> = "target_port", "The container port it leads to, a number or a name; the port itself where none is written.";
    SERVICE: Arc<str> = "service", "The Service's name.";
    LISTENING: Arc<str> = "listening", "What the selected process is known to listen on instead, in words; absent where that is not known.";
    TARGET_FOUND: bool = "target_found", "Whether the target port exists: a named one among the declared container ports, a numeric one among what the process is known to listen on.";
}

fields! { workload, Kind::Workload;
    NAME: Arc<str> = "name", "Its name.";
    KIND: Arc<str> = "kind", "`Deployment`, `StatefulSet`, `DaemonSet`, `Pod`, `compose service`, …";
    REPLICAS: i64 = "replicas", "How many replicas are asked for.";
    PORTS: Arc<str> = "ports", "The container ports it declares, names included, as a list in words.";
}

fields! { container, Kind::Container;
    NAME: Arc<str> = "name", "Its name.";
    IMAGE: Arc<str> = "image", "Its image.";
    READINESS_PATH: Arc<str> = "readiness_path", "The path its readiness probe asks for, where it does so by HTTP.";
}

fields! { process, Kind::Process;
    NAME: Arc<str> = "name", "What runs: `gunicorn`, `uvicorn`, `php-fpm`, `node`, `nginx`.";
    VERSION: Arc<str> = "version", "Its version.";
    REQUEST_TIMEOUT: Duration = "request_timeout", "How long the application is configured to work on one request.";
    KILLS_AT_TIMEOUT: bool = "kills_at_timeout", "Whether a request that exceeds `request_timeout` is ended by the application's server.";
    KEEPALIVE_TIMEOUT: Duration = "keepalive_timeout", "How long it keeps an idle connection open.";
    KEEPS_CONNECTIONS: bool = "keeps_connections", "Whether it answers more than one request on a connection at all.";
    WORKER_CLASS: Arc<str> = "worker_class", "gunicorn's worker class.";
    SOCKETS: Arc<str> = "sockets", "What it listens on, as a list in words.";
    LISTENS_TCP: bool = "listens_tcp", "Whether it listens on a TCP port.";
    LISTENS_UNIX: bool = "listens_unix", "Whether it listens on a unix socket.";
    ONLY_PORT: i64 = "only_port", "The TCP port it listens on; absent when there are several or none.";
}

fields! { socket, Kind::Socket;
    ADDRESS: Arc<str> = "address", "The address as written, or as the default has it.";
    PORT: i64 = "port", "The TCP port.";
    PATH: Arc<str> = "path", "The path of the unix socket.";
    PROXY_PROTOCOL: bool = "proxy_protocol", "Whether every connection must begin with a PROXY protocol header.";
    LOOPBACK: bool = "loopback", "Whether only the same network namespace reaches it: 127.0.0.1, ::1, localhost.";
}

fields! { status, Kind::Status;
    REFUSED: Arc<str> = "refused", "What the client sees when nothing listens on the port.";
    NO_PORT: Arc<str> = "no_port", "What the client sees when the Service does not expose the port.";
    NO_ENDPOINTS: Arc<str> = "no_endpoints", "What the client sees when a Service leads to no pod port.";
    SOCKET_MISSING: Arc<str> = "socket_missing", "What the client sees when the unix socket does not exist.";
    READ_TIMEOUT: Arc<str> = "read_timeout", "What the client sees when the gateway stops waiting for the response.";
    CLOSED: Arc<str> = "closed", "What the client sees when the upstream closes the connection before it answers.";
    STALE_ADDRESS: Arc<str> = "stale_address", "What the client sees when the address no longer belongs to the target.";
}

const HOP_LINKS: &[LinkInfo] = &[
    LinkInfo {
        name: "gateway",
        to: Kind::Gateway,
        doc: "The gateway that sends the request.",
    },
    LinkInfo {
        name: "route",
        to: Kind::Route,
        doc: "The route the request takes.",
    },
    LinkInfo {
        name: "upstream",
        to: Kind::Upstream,
        doc: "The group of endpoints it is sent to.",
    },
    LinkInfo {
        name: "endpoint",
        to: Kind::Endpoint,
        doc: "The endpoint it is sent to.",
    },
    LinkInfo {
        name: "service",
        to: Kind::Service,
        doc: "The Kubernetes Service behind the address; absent when the address is none.",
    },
    LinkInfo {
        name: "service_port",
        to: Kind::ServicePort,
        doc: "The Service's port behind the address; absent when the Service does not expose it.",
    },
    LinkInfo {
        name: "workload",
        to: Kind::Workload,
        doc: "The workload that answers.",
    },
    LinkInfo {
        name: "container",
        to: Kind::Container,
        doc: "The container that answers.",
    },
    LinkInfo {
        name: "socket",
        to: Kind::Socket,
        doc: "What the process listens on where the request arrives; absent when it listens elsewhere.",
    },
    LinkInfo {
        name: "status",
        to: Kind::Status,
        doc: "What failures of this hop look like at the gateway's client.",
    },
];

const GATEWAY_LINKS: &[LinkInfo] = &[LinkInfo {
    name: "container",
    to: Kind::Container,
    doc: "The container the gateway runs in.",
}];

const ENDPOINT_LINKS: &[LinkInfo] = &[LinkInfo {
    name: "upstream",
    to: Kind::Upstream,
    doc: "The group the endpoint belongs to (HAProxy).",
}];

const CONTAINER_LINKS: &[LinkInfo] = &[LinkInfo {
    name: "process",
    to: Kind::Process,
    doc: "What the container runs.",
}];

const SERVICE_PORT_LINKS: &[LinkInfo] = &[LinkInfo {
    name: "workload",
    to: Kind::Workload,
    doc: "The workload the Service selects (the first of several).",
}];
