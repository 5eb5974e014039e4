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
    /// Where a gateway accepts requests and chooses where they go: an Envoy listener, HAProxy's `frontend` and `listen`.
    Listener,
    /// A value whose writing itself can be wrong: without a unit, ignored, repeated, or overridden elsewhere.
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
    /// A readiness, liveness or startup probe of a container.
    Probe,
    /// What changes the number of a workload's replicas.
    Autoscaler,
    /// A NetworkPolicy.
    Policy,
    /// One port that a NetworkPolicy lets in.
    PolicyPort,
    /// Two hops in a row: a request that one gateway sends to the next.
    Chain,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 19] = [
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
        Kind::Probe,
        Kind::Autoscaler,
        Kind::Policy,
        Kind::PolicyPort,
        Kind::Chain,
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
            Kind::Probe => "probe",
            Kind::Autoscaler => "autoscaler",
            Kind::Policy => "policy",
            Kind::PolicyPort => "policy_port",
            Kind::Chain => "chain",
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
            Kind::Probe => probe::FIELDS,
            Kind::Autoscaler => autoscaler::FIELDS,
            Kind::Policy => policy::FIELDS,
            Kind::PolicyPort => policy_port::FIELDS,
            Kind::Chain => chain::FIELDS,
        }
    }

    /// The kind's links to other entities.
    pub fn links(self) -> &'static [LinkInfo] {
        match self {
            Kind::Hop => HOP_LINKS,
            Kind::Gateway => GATEWAY_LINKS,
            Kind::Route => ROUTE_LINKS,
            Kind::Chain => CHAIN_LINKS,
            Kind::Endpoint => ENDPOINT_LINKS,
            Kind::Container => CONTAINER_LINKS,
            Kind::ServicePort => SERVICE_PORT_LINKS,
            Kind::Service => SERVICE_LINKS,
            Kind::Workload => WORKLOAD_LINKS,
            Kind::PolicyPort => POLICY_PORT_LINKS,
            Kind::Process => PROCESS_LINKS,
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
    ADDRESS_MAY_CHANGE: bool = "address_may_change", "Whether the name's address changes when the target is recreated (false for a ClusterIP, which is stable).";
    UNREACHABLE_BECAUSE: Arc<str> = "unreachable_because", "Why the target cannot be reached although it exists, in words: another network, another namespace; absent when nothing is known to stand in the way.";
    NEARLY: Arc<str> = "nearly", "What was probably meant when nothing has the name: the one Service or compose service beside the gateway whose name is nearly the same and that nothing else sends to.";
    POD_PORT: i64 = "pod_port", "The port of the pod that the request arrives at.";
    POLICY_ALLOWS: bool = "policy_allows", "Whether the network policies that select the pod let the gateway in at that port; absent where none selects it.";
}

fields! { gateway, Kind::Gateway;
    NAME: Arc<str> = "name", "What a person calls it: the file, the workload or the Ingress.";
    PRODUCT: Arc<str> = "product", "`nginx`, `ingress-nginx`, …";
    VERSION: Arc<str> = "version", "The product's version, from the image or the configuration.";
    PLATFORM: Arc<str> = "platform", "Where it runs: `compose` or `kubernetes`; absent for a machine or where that is not known.";
    BUFFER_SIZE: Size = "buffer_size", "HAProxy: the buffer that must hold a whole request or response header (`tune.bufsize`).";
    ENDS_IN_LINE_FEED: bool = "ends_in_line_feed", "HAProxy: whether the last line of each of its files is complete.";
}

fields! { route, Kind::Route;
    NAME: Arc<str> = "name", "What a person calls it: the location's path, the Ingress host and path.";
    PASS: Arc<str> = "pass", "The protocol module: `proxy`, `fastcgi`, `uwsgi`, `scgi`, `grpc` or `stream`.";
    SCHEME: Arc<str> = "scheme", "The scheme of the target, such as `http` or `https`.";
    CONNECT_TIMEOUT: Duration = "connect_timeout", "How long the gateway waits for a connection to the upstream.";
    READ_TIMEOUT: Duration = "read_timeout", "How long the gateway waits for the response: between two reads in nginx, for all of it in Envoy.";
    SEND_TIMEOUT: Duration = "send_timeout", "How long the gateway waits between two writes of the request.";
    BUFFER_SIZE: Size = "buffer_size", "The buffer that must hold the whole response header.";
    BUFFERS_NUMBER: i64 = "buffers_number", "How many buffers a response body may use.";
    BUFFERS_SIZE: Size = "buffers_size", "The size of each of those buffers.";
    BUSY_BUFFERS_SIZE: Size = "busy_buffers_size", "How much of the buffers may be busy sending to the client while the response is not yet read.";
    HTTP_VERSION: Arc<str> = "http_version", "The HTTP version spoken to the upstream.";
    TARGET_FOUND: bool = "target_found", "HAProxy: whether a backend of that name exists.";
    TARGET_NEAREST: Arc<str> = "target_nearest", "The declared group whose name is most like an undeclared target.";
    MAP: Arc<str> = "map", "HAProxy: the map file that gives the backend's name; absent where the name is written out.";
    FALLBACK: bool = "fallback", "HAProxy: whether the frontend has a default_backend for what nothing else takes.";
    CONNECTION_HEADER: Arc<str> = "connection_header", "The Connection header sent to the upstream; empty allows connections to be kept.";
    KEEP_CONN: bool = "keep_conn", "Whether a FastCGI server is asked to keep the connection open.";
    BY_VARIABLE: bool = "by_variable", "Whether the target has a variable, so that its host name is looked up while the gateway runs, unless the configuration also writes the same address out.";
    RESOLVER: Arc<str> = "resolver", "The first name server that looks up names while the gateway runs.";
    GROUP_PORT: Arc<str> = "group_port", "A port written behind the name of a declared group, with its colon; nginx refuses it.";
    SSL_SERVER_NAME: bool = "ssl_server_name", "Whether the TLS handshake with the upstream names the server (SNI).";
    SSL_NAME: Arc<str> = "ssl_name", "The name used for SNI and for verifying the upstream's certificate, where one is written.";
    SSL_VERIFY: bool = "ssl_verify", "Whether the upstream's certificate is verified.";
    BACKEND_PROTOCOL: Arc<str> = "backend_protocol", "ingress-nginx: the protocol spoken to the backend, such as `HTTP`, `HTTPS` or `GRPC`.";
    AUTH: Arc<str> = "auth", "ingress-nginx: the address that decides whether a request may pass (`auth-url`).";
    AUTH_HEADERS: Arc<str> = "auth_headers", "ingress-nginx: response headers of the authentication that are passed on (`auth-response-headers`).";
    RETRY_NON_IDEMPOTENT: bool = "retry_non_idempotent", "ingress-nginx: whether the controller's ConfigMap adds `non_idempotent` to what is retried.";
    NEXT_UPSTREAM_TRIES: i64 = "next_upstream_tries", "How many servers a request may be sent to; 0 is as many as there are.";
    INTERCEPT_ERRORS: bool = "intercept_errors", "Whether error responses of the upstream are replaced by the gateway's error pages.";
    ERROR_PAGES: Arc<str> = "error_pages", "The status codes that have an error page here, as a list; absent when there is none.";
    LOSES_HOST: bool = "loses_host", "Whether an outer block sets the Host header for the upstream and this one drops it by setting other headers.";
    LOST_HEADERS: Arc<str> = "lost_headers", "Headers an outer block sets for the upstream and this one drops, as a list.";
    TARGET_TYPE: Arc<str> = "target_type", "Whether a load balancer sends to pods (`ip`) or to nodes (`instance`).";
    HEALTH_CHECK_PATH: Arc<str> = "health_check_path", "The path a load balancer asks to find out whether a target is healthy.";
    CDN: Arc<str> = "cdn", "The CDN in front of the gateway, from the configuration's `facts` or an external-dns annotation.";
    CDN_LIMIT: Duration = "cdn_limit", "How long that CDN waits for a response.";
    PATH: Arc<str> = "path", "The path prefix it takes and passes on unchanged; absent where it matches otherwise or rewrites.";
    IDLE_TIMEOUT: Duration = "idle_timeout", "How long a request may be silent in both directions.";
    TRIES: i64 = "tries", "How often one request is sent upstream at most, the first time included.";
    RETRY_ON: Arc<str> = "retry_on", "The conditions on which a request is sent again, as written.";
    RETRY_TIMEOUT: Duration = "retry_timeout", "The time after which no try begins any more (nginx), or within which all must end (Envoy).";
    PER_TRY_TIMEOUT: Duration = "per_try_timeout", "How long one try may take.";
    RETRIES_CLOSED: bool = "retries_closed", "Whether a request is sent again, whatever its method, when the upstream closes the connection it was sent on.";
    TARGET: Arc<str> = "target", "The name of the group the route leads to, as written.";
    TARGET_CHECKED: bool = "target_checked", "Whether the product refuses to start when the target is not declared.";
    GRPC: bool = "grpc", "Whether the route takes gRPC requests only.";
}

fields! { upstream, Kind::Upstream;
    NAME: Arc<str> = "name", "The group's name, or the address of an implicit group.";
    NAMED: bool = "named", "Whether the group is declared, rather than made from a single address.";
    KEEPALIVE: i64 = "keepalive", "How many idle connections are kept; 0 keeps none.";
    KEEPALIVE_TIMEOUT: Duration = "keepalive_timeout", "How long an idle connection is kept.";
    ZONE: Arc<str> = "zone", "The shared memory zone of the group.";
    RESOLVER: Arc<str> = "resolver", "The name servers used to look names up again.";
    SERVERS: i64 = "servers", "How many servers the group lists.";
    LIVE_SERVERS: i64 = "live_servers", "How many of them are not marked `down`.";
    PRIMARY_SERVERS: i64 = "primary_servers", "How many of them are not `backup`.";
    USED: bool = "used", "Whether any route leads to the group.";
    DISCOVERY: Arc<str> = "discovery", "How Envoy finds its endpoints: `STATIC`, `STRICT_DNS`, `LOGICAL_DNS`, `EDS`, `ORIGINAL_DST`.";
    MAX_CONNECTIONS: i64 = "max_connections", "How many connections to it may be open at once.";
    MAX_PENDING: i64 = "max_pending", "How many requests may wait for a connection at once.";
    MAX_REQUESTS: i64 = "max_requests", "How many requests may be under way at once.";
    MAX_EJECTION_PERCENT: i64 = "max_ejection_percent", "How much of it outlier detection may take out.";
    PANIC_THRESHOLD: i64 = "panic_threshold", "Below this share of healthy endpoints, in percent, health is ignored; 0 never ignores it.";
    HEALTH_CHECKED: bool = "health_checked", "Whether endpoints are checked actively, or taken out when they fail.";
    PRIORITIES: i64 = "priorities", "How many priorities its endpoints have: with more than one there is something to fall back to.";
    MODE: Arc<str> = "mode", "HAProxy: `http` or `tcp`.";
    CONNECT_TIMEOUT: Duration = "connect_timeout", "HAProxy: how long a connection to a server may take.";
    SERVER_TIMEOUT: Duration = "server_timeout", "HAProxy: how long a server may be silent.";
    QUEUE_TIMEOUT: Duration = "queue_timeout", "HAProxy: how long a request waits for a free server; the connect timeout where it is not set.";
    MISSING_TIMEOUTS: Arc<str> = "missing_timeouts", "HAProxy: the timeouts that are nowhere set, in words; absent where all are.";
    RETRIES: i64 = "retries", "How many times a failed connection is tried again.";
    RETRY_ON: Arc<str> = "retry_on", "HAProxy: the failures after which a request is tried again.";
    REDISPATCH: bool = "redispatch", "HAProxy: whether a request may be tried again on another server.";
    HTTP_REUSE: Arc<str> = "http_reuse", "HAProxy: when idle connections are used again: `never`, `safe`, `aggressive` or `always`.";
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
    IS_NAME: bool = "is_name", "Whether the host is a name rather than an IP address; absent for a unix socket.";
    PUBLIC: bool = "public", "Whether the host is a name of the public internet: with a dot, and no ending that is reserved for private use.";
    RESOLVE: bool = "resolve", "Whether the name is looked up again while the gateway runs.";
    NAME: Arc<str> = "name", "HAProxy: the server's name.";
    HAS_PORT: bool = "has_port", "HAProxy: whether a port is written; without one the port that the client came to is used.";
    SELF_LOOP: bool = "self_loop", "HAProxy: whether the server, for want of a port, is the listener that the request came through.";
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
    SELECTOR: Arc<str> = "selector", "The labels a pod must have, in words.";
    SELECTS: bool = "selects", "Whether any workload of the environment has these labels; unknown where not everything was read.";
    ASKED_PODS: i64 = "asked_pods", "How many replicas the workloads it selects are asked to have together.";
    NEAR_MISS_LABEL: Arc<str> = "near_miss_label", "The one label that keeps the workload that was probably meant from being selected, in words; absent where no workload comes near.";
}

fields! { service_port, Kind::ServicePort;
    NAME: Arc<str> = "name", "Its name.";
    PORT: i64 = "port", "The port the Service exposes.";
    TARGET_PORT: Arc<str> = "target_port", "The container port it leads to, a number or a name; the port itself where none is written.";
    SPEAKS: Arc<str> = "speaks", "What is said to be spoken there: `http`, `https`, `grpc` or `grpcs`, from `appProtocol`, else from the name's first word; absent where neither says.";
    SPEAKS_BECAUSE: Arc<str> = "speaks_because", "What says so, in words.";
    SERVICE: Arc<str> = "service", "The Service's name.";
    LISTENING: Arc<str> = "listening", "What the selected process is known to listen on instead, in words; absent where that is not known.";
    TARGET_FOUND: bool = "target_found", "Whether the target port exists: a named one among the declared container ports, a numeric one among what the process is known to listen on.";
}

fields! { workload, Kind::Workload;
    NAME: Arc<str> = "name", "Its name.";
    KIND: Arc<str> = "kind", "`Deployment`, `StatefulSet`, `DaemonSet`, `Pod`, `compose service`, …";
    REPLICAS: i64 = "replicas", "How many replicas are asked for.";
    PORTS: Arc<str> = "ports", "The container ports it declares, names included, as a list in words.";
    LEAST_REPLICAS: i64 = "least_replicas", "How many replicas there are at least: the autoscaler's least number, else those that are asked for, else 1.";
    GRACE_PERIOD: Duration = "grace_period", "How long a pod may take to end before it is killed, its preStop hook included.";
    RECREATES: bool = "recreates", "Whether a rollout ends all old pods before it starts a new one (strategy Recreate).";
    CHECKED: bool = "checked", "Whether any container of its pods has a readiness or startup probe, before which the pod gets no requests.";
    SERVED: bool = "served", "Whether a Service of the environment selects its pods.";
    ONLY_PORT_NAME: Arc<str> = "only_port_name", "The name of the one port it declares; absent when there are several or it has none.";
}

fields! { container, Kind::Container;
    NAME: Arc<str> = "name", "Its name.";
    IMAGE: Arc<str> = "image", "Its image.";
    MEMORY_LIMIT: Size = "memory_limit", "How much memory it may use before it is killed.";
    PRE_STOP: Duration = "pre_stop", "How long its preStop hook waits before it is told to end; absent where it has none, unknown where the hook is no plain sleep.";
    IS_GATEWAY: bool = "is_gateway", "Whether it is known to be a gateway itself.";
    POOL_FITS: i64 = "pool_fits", "How many workers fit into its memory, each at its own limit.";
}

fields! { process, Kind::Process;
    NAME: Arc<str> = "name", "What runs: `gunicorn`, `uvicorn`, `php-fpm`, `node`, `nginx`.";
    VERSION: Arc<str> = "version", "Its version.";
    REQUEST_TIMEOUT: Duration = "request_timeout", "How long the application is configured to work on one request.";
    KILLS_AT_TIMEOUT: bool = "kills_at_timeout", "Whether a request that exceeds `request_timeout` is ended by the application's server.";
    KEEPALIVE_TIMEOUT: Duration = "keepalive_timeout", "How long it keeps an idle connection open.";
    KEEPS_CONNECTIONS: bool = "keeps_connections", "Whether it answers more than one request on a connection at all.";
    WORKER_CLASS: Arc<str> = "worker_class", "gunicorn's worker class.";
    HEADERS_TIMEOUT: Duration = "headers_timeout", "Node: how long the headers of a request may take.";
    SOCKETS: Arc<str> = "sockets", "What it listens on, as a list in words.";
    LISTENS_TCP: bool = "listens_tcp", "Whether it listens on a TCP port.";
    LISTENS_UNIX: bool = "listens_unix", "Whether it listens on a unix socket.";
    ONLY_PORT: i64 = "only_port", "The TCP port it listens on; absent when there are several or none.";
    WORKERS: i64 = "workers", "How many requests it works on at the same time: the largest number of its workers.";
    WORKERS_FIXED: bool = "workers_fixed", "Whether all of them are always there (`pm = static`).";
    WORKER_MEMORY: Size = "worker_memory", "How much memory one worker may use (PHP's memory_limit).";
}

fields! { socket, Kind::Socket;
    ADDRESS: Arc<str> = "address", "The address as written, or as the default has it.";
    PORT: i64 = "port", "The TCP port.";
    PATH: Arc<str> = "path", "The path of the unix socket.";
    PROXY_PROTOCOL: bool = "proxy_protocol", "Whether every connection must begin with a PROXY protocol header.";
    LOOPBACK: bool = "loopback", "Whether only the same network namespace reaches it: 127.0.0.1, ::1, localhost.";
    SPEAKS: Arc<str> = "speaks", "What is spoken there: `http` (1.x, plain), `h2c` (plain HTTP of any version), `https`, `fastcgi` or `uwsgi`; absent where that is not known.";
}

fields! { status, Kind::Status;
    REFUSED: Arc<str> = "refused", "What the client sees when nothing listens on the port.";
    NO_PORT: Arc<str> = "no_port", "What the client sees when the Service does not expose the port.";
    NO_ENDPOINTS: Arc<str> = "no_endpoints", "What the client sees when a Service leads to no pod port.";
    SOCKET_MISSING: Arc<str> = "socket_missing", "What the client sees when the unix socket does not exist.";
    READ_TIMEOUT: Arc<str> = "read_timeout", "What the client sees when the gateway stops waiting for the response.";
    CLOSED: Arc<str> = "closed", "What the client sees when the upstream closes the connection before it answers.";
    STALE_ADDRESS: Arc<str> = "stale_address", "What the client sees when the address no longer belongs to the target.";
    NOT_RESOLVED: Arc<str> = "not_resolved", "What the client sees when the name cannot be looked up while the gateway runs.";
    NO_LIVE: Arc<str> = "no_live", "What the client sees when a group has no usable server: none is listed, or every one is marked down or ejected.";
    TLS_TO_PLAIN: Arc<str> = "tls_to_plain", "What the client sees when the gateway begins TLS with an upstream that speaks none.";
    PLAIN_TO_TLS: Arc<str> = "plain_to_tls", "What the client sees when the gateway speaks plain HTTP to an upstream that expects TLS.";
    HANDSHAKE: Arc<str> = "handshake", "What the client sees when the upstream refuses the TLS handshake for want of a name.";
    WRONG_NAME: Arc<str> = "wrong_name", "What the client sees when the upstream's certificate is verified against another name.";
    FASTCGI_TO_OTHER: Arc<str> = "fastcgi_to_other", "What the client sees when FastCGI is sent to something else.";
    HTTP_TO_FASTCGI: Arc<str> = "http_to_fastcgi", "What the client sees when HTTP is sent to a FastCGI server.";
    GRPC_TO_HTTP1: Arc<str> = "grpc_to_http1", "What the client sees when gRPC (HTTP/2) is sent to an HTTP/1 server.";
    OTHER_MISMATCH: Arc<str> = "other_mismatch", "What the client sees when gateway and upstream otherwise do not speak the same protocol.";
    BIG_HEADER: Arc<str> = "big_header", "What the client sees when the upstream's response header does not fit the buffer.";
    WRONG_HTTP: Arc<str> = "wrong_http", "What the client sees when the gateway speaks HTTP/2 to an upstream that speaks HTTP/1.1 only.";
    OVERFLOW: Arc<str> = "overflow", "What the client sees when a limit on connections or requests is reached.";
    NO_GROUP: Arc<str> = "no_group", "What the client sees when the route's group does not exist while the gateway runs.";
}

fields! { setting, Kind::Setting;
    NAME: Arc<str> = "name", "Its name as written.";
    VALUE: Arc<str> = "value", "Its value as written.";
    PROBLEM: Arc<str> = "problem", "Why it has no effect: `unit` (a number is expected), `foreign` (it is for another controller), `repeated` (the product refuses it twice), `overridden` (another place wins).";
    HOLDER: Arc<str> = "holder", "What it is written for, such as `Ingress shop`.";
    PRODUCT: Arc<str> = "product", "The product that reads, ignores or refuses it.";
    OWNER: Arc<str> = "owner", "For a foreign one: the controller it is for.";
    MEANT: Arc<str> = "meant", "The value that would have been meant, where that can be told.";
    INSTEAD: Arc<str> = "instead", "What holds instead.";
    WINNER: Arc<str> = "winner", "The place that wins or came first: its value as written there.";
    EFFECT: Arc<str> = "effect", "What it governs: `protocol`, `timeout`, `buffer`, `retries` or `other`.";
    TIME: Duration = "time", "The length of time it is set to.";
    BARE: bool = "bare", "Whether the number has no unit.";
}

fields! { probe, Kind::Probe;
    NAME: Arc<str> = "name", "`readiness`, `liveness` or `startup`.";
    TARGET: Arc<str> = "target", "What is asked, in words, such as `GET /healthz on 8080`.";
    PATH: Arc<str> = "path", "The path of an HTTP probe.";
    PORT: Arc<str> = "port", "The port, a number or a name.";
    PORT_NUMBER: i64 = "port_number", "The number of that port; absent where the container declares no port of the name.";
    TIMEOUT: Duration = "timeout", "How long one check may take.";
    PERIOD: Duration = "period", "How much time lies between two checks.";
    FAILURE_THRESHOLD: i64 = "failure_threshold", "How many checks must fail in a row.";
}

fields! { autoscaler, Kind::Autoscaler;
    NAME: Arc<str> = "name", "Its name.";
    KIND: Arc<str> = "kind", "`HorizontalPodAutoscaler` or `ScaledObject`.";
    LEAST: i64 = "least", "The least number of replicas.";
    MOST: i64 = "most", "The largest number of replicas.";
}

fields! { policy, Kind::Policy;
    NAME: Arc<str> = "name", "Its name.";
    NAMESPACE: Arc<str> = "namespace", "Its namespace.";
}

fields! { policy_port, Kind::PolicyPort;
    POLICY: Arc<str> = "policy", "The policy's name.";
    PORT: i64 = "port", "The port as written.";
    SERVICE: Arc<str> = "service", "The Service that exposes this number and leads to another port of the same pods; absent where there is none.";
    POD_PORT: i64 = "pod_port", "The port of the pods that this Service leads to.";
    POD_PORT_ALLOWED: bool = "pod_port_allowed", "Whether some policy of these pods lets that port in.";
}

fields! { listener, Kind::Listener;
    NAME: Arc<str> = "name", "Its name, or its address.";
    PORT: i64 = "port", "The port it listens on.";
    HTTP_FILTERS: i64 = "http_filters", "How many HTTP filters a request passes.";
    HAS_ROUTER: bool = "has_router", "Whether the last of the HTTP filters is the router, which sends requests upstream.";
    MODE: Arc<str> = "mode", "`http` or `tcp`.";
    CLIENT_TIMEOUT: Duration = "client_timeout", "How long a client may be silent.";
    TAKES_ALL: bool = "takes_all", "Whether every request is sent somewhere or answered on purpose; absent where that cannot be told.";
    CONDITIONS: Arc<str> = "conditions", "The first condition under which a request is sent on.";
    DEFAULT_BACKEND: Arc<str> = "default_backend", "Where requests go that nothing else takes.";
}

fields! { chain, Kind::Chain;
    NAME: Arc<str> = "name", "Both routes in words.";
    TRIES: i64 = "tries", "How often one request may reach the last target: the tries of every layer whose condition covers the final failure of the next, multiplied; absent where fewer than two layers count.";
    ARITHMETIC: Arc<str> = "arithmetic", "How `tries` comes about: `nginx 3 × envoy 4 = 12`.";
    INNER_WAIT: Duration = "inner_wait", "How long the inner gateway may wait for its response: its own limit, or the application's where that is known and shorter.";
    INNER_BUDGET: Duration = "inner_budget", "How long the inner gateway may take over all its tries, when each of them times out; absent where it does not repeat timeouts.";
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
    LinkInfo {
        name: "policy",
        to: Kind::Policy,
        doc: "The first network policy that selects the pod.",
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

const ROUTE_LINKS: &[LinkInfo] = &[LinkInfo {
    name: "listener",
    to: Kind::Listener,
    doc: "The listener whose requests it takes, where one listener has them.",
}];

const CHAIN_LINKS: &[LinkInfo] = &[
    LinkInfo {
        name: "outer",
        to: Kind::Hop,
        doc: "The hop nearer to the client, which ends in the inner gateway.",
    },
    LinkInfo {
        name: "inner",
        to: Kind::Hop,
        doc: "The hop the inner gateway sends the request on.",
    },
];

const CONTAINER_LINKS: &[LinkInfo] = &[
    LinkInfo {
        name: "process",
        to: Kind::Process,
        doc: "What the container runs.",
    },
    LinkInfo {
        name: "readiness",
        to: Kind::Probe,
        doc: "The probe that decides whether requests are sent to it.",
    },
    LinkInfo {
        name: "liveness",
        to: Kind::Probe,
        doc: "The probe that restarts it.",
    },
    LinkInfo {
        name: "startup",
        to: Kind::Probe,
        doc: "The probe before which the others do not count.",
    },
    LinkInfo {
        name: "workload",
        to: Kind::Workload,
        doc: "The workload it belongs to.",
    },
];

const SERVICE_PORT_LINKS: &[LinkInfo] = &[LinkInfo {
    name: "workload",
    to: Kind::Workload,
    doc: "The workload the Service selects (the first of several).",
}];

const SERVICE_LINKS: &[LinkInfo] = &[LinkInfo {
    name: "near_miss",
    to: Kind::Workload,
    doc: "The workload that was probably meant, where the selector matches none.",
}];

const WORKLOAD_LINKS: &[LinkInfo] = &[LinkInfo {
    name: "autoscaler",
    to: Kind::Autoscaler,
    doc: "What changes the number of its replicas.",
}];

const POLICY_PORT_LINKS: &[LinkInfo] = &[LinkInfo {
    name: "service_port",
    to: Kind::ServicePort,
    doc: "The Service's port of this number.",
}];

const PROCESS_LINKS: &[LinkInfo] = &[LinkInfo {
    name: "container",
    to: Kind::Container,
    doc: "The container it runs in.",
}];
