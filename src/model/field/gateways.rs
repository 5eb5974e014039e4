//! Gateways and what they are configured with: listeners, routes, upstreams, endpoints, and what failures look like.

use crate::model::key::fields;

fields! { gateway, Kind::Gateway;
    NAME: Arc<str> = "name", "What a person calls it: the file, the workload or the Ingress.";
    PRODUCT: Arc<str> = "product", "`nginx`, `ingress-nginx`, …";
    VERSION: Arc<str> = "version", "The product's version, from the image or the configuration.";
    NAMESPACE: Arc<str> = "namespace", "The Kubernetes namespace it runs in; absent where none is written.";
    PLATFORM: Arc<str> = "platform", "Where it runs: `compose` or `kubernetes`; absent for a machine or where that is not known.";
    BUFFER_SIZE: Size = "buffer_size", "HAProxy: the buffer that must hold a whole request or response header (`tune.bufsize`).";
    ENDS_IN_LINE_FEED: bool = "ends_in_line_feed", "HAProxy: whether the last line of each of its files is complete.";
    WORKER_CONNECTIONS: i64 = "worker_connections", "nginx: how many connections one worker process may have open, those to clients and to upstreams together.";
    => CONTAINER: Container = "container", "The container the gateway runs in.";
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
    SENDS_PROXY: bool = "sends_proxy", "nginx: whether connections begin with a PROXY protocol header, which only `stream` can send.";
    ASKED_VERSION: Arc<str> = "asked_version", "nginx: the HTTP version that is written for the upstream; absent where the default holds.";
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
    AUTH: Arc<str> = "auth", "The address or location that decides whether a request may pass (`auth-url`, `auth_request`).";
    AUTH_HEADERS: Arc<str> = "auth_headers", "What is taken from the answer of that: `auth-response-headers` of ingress-nginx; of nginx the values of `auth_request_set`, as a list.";
    ASKED_BY_GATEWAY: bool = "asked_by_gateway", "Whether the gateway itself asks, to decide whether a request may pass: the answer does not go to the client (nginx `auth_request`).";
    RETRY_NON_IDEMPOTENT: bool = "retry_non_idempotent", "ingress-nginx: whether the controller's ConfigMap adds `non_idempotent` to what is retried.";
    NEXT_UPSTREAM_TRIES: i64 = "next_upstream_tries", "How many servers a request may be sent to; 0 is as many as there are.";
    INTERCEPT_ERRORS: bool = "intercept_errors", "Whether error responses of the upstream are replaced by the gateway's error pages.";
    ERROR_PAGES: Arc<str> = "error_pages", "The status codes that have an error page here, as a list; absent when there is none.";
    LOSES_HOST: bool = "loses_host", "Whether an outer block sets the Host header for the upstream and this one drops it by setting other headers.";
    LOST_HEADERS: Arc<str> = "lost_headers", "Headers an outer block sets for the upstream and this one drops, as a list.";
    TARGET_TYPE: Arc<str> = "target_type", "Whether a load balancer sends to pods (`ip`) or to nodes (`instance`).";
    HEALTH_CHECK_PATH: Arc<str> = "health_check_path", "The path that the gateway's own health checks ask, to find out whether a target is healthy.";
    HEALTH_CHECK_PORT: Arc<str> = "health_check_port", "The port those checks ask, a number or `traffic-port`; absent where the product has no such setting.";
    DRAIN_TIMEOUT: Duration = "drain_timeout", "How long a load balancer lets requests go on at a target that it leaves out from now on.";
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
    => LISTENER: Listener = "listener", "The listener whose requests it takes, where one listener has them.";
}

fields! { upstream, Kind::Upstream;
    NAME: Arc<str> = "name", "The group's name, or the address of an implicit group.";
    NAMED: bool = "named", "Whether the group is declared, rather than made from a single address.";
    KEEPALIVE: i64 = "keepalive", "How many idle connections are kept; 0 keeps none.";
    KEEPALIVE_TIMEOUT: Duration = "keepalive_timeout", "How long an idle connection is kept.";
    ZONE: Arc<str> = "zone", "The shared memory zone of the group.";
    RESOLVER: Arc<str> = "resolver", "The name servers used to look names up again.";
    SERVERS: i64 = "servers", "How many servers the group lists.";
    LIVE_SERVERS: i64 = "live_servers", "How many of them may get requests: in nginx those not marked `down`, in HAProxy those that are neither `disabled` nor of weight 0.";
    PRIMARY_SERVERS: i64 = "primary_servers", "nginx: how many of them are not `backup`.";
    IDLE_BECAUSE: Arc<str> = "idle_because", "HAProxy: why those that get no requests get none, in words such as `disabled`; absent where all do.";
    REFUSED: Arc<str> = "refused", "Why the product refuses the group, in its own words; absent where it does not.";
    USED: bool = "used", "Whether any route leads to the group.";
    LOOKUP_EVERY: Duration = "lookup_every", "Envoy: how long it uses the addresses of a name before it looks it up again; unknown where the name server says it.";
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
    CHECK_REFUSED: Arc<str> = "check_refused", "HAProxy: why it would refuse `default-server check` in the group's own section, in words: a server has no port that could be checked, or follows another; absent where it would not.";
    SERVER_CHECK_REFUSED: Arc<str> = "server_check_refused", "HAProxy: why it would refuse `check` on one of the servers that have none, in words; absent where it would not.";
    SERVER_CHECK: Arc<str> = "server_check", "HAProxy: what is said of checks behind the address of each server that has none; only for fixes.";
    HTTP_CHECK: bool = "http_check", "HAProxy: whether the group's own section has `option httpchk`.";
    HOSTS: i64 = "hosts", "How many different hosts its servers have.";
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
    NAME_SERVERS: Arc<str> = "name_servers", "The name servers that look the host up while the gateway runs, as a list; absent where none does.";
    LOOKUP_EVERY: Duration = "lookup_every", "How long the address that they give is used before the name is looked up again; absent where the name server says it.";
    PUBLIC_NAME_SERVER: Arc<str> = "public_name_server", "The first of them that serves the public internet; absent where none does.";
    ONLY_PUBLIC: bool = "only_public", "Whether all of them do.";
    RESOLVERS: Arc<str> = "resolvers", "HAProxy: the `resolvers` section that looks the name up again.";
    INIT_ADDR: Arc<str> = "init_addr", "HAProxy: how the address is found at start (`init-addr`).";
    SHADOWED_BY: Arc<str> = "shadowed_by", "HAProxy: the server of the same group, above this one, that `resolvers` look up under the same name, where an address is given to one of them only.";
    SHADOWED_PORT: bool = "shadowed_port", "HAProxy: whether that server has another port.";
    UNSET_VARIABLE: Arc<str> = "unset_variable", "An environment variable in the address that the container does not set.";
    => UPSTREAM: Upstream = "upstream", "The group the endpoint belongs to (HAProxy).";
}

fields! { status, Kind::Status;
    REFUSED: Arc<str> = "refused", "What the client sees when nothing listens on the port.";
    NO_PORT: Arc<str> = "no_port", "What the client sees when the Service does not expose the port.";
    NO_ENDPOINTS: Arc<str> = "no_endpoints", "What the client sees when a Service leads to no pod port.";
    SOCKET_MISSING: Arc<str> = "socket_missing", "What the client sees when the unix socket does not exist.";
    READ_TIMEOUT: Arc<str> = "read_timeout", "What the client sees when the gateway stops waiting for the response.";
    DROPPED: Arc<str> = "dropped", "What the client sees when connections to the upstream are dropped, so that none is made in time.";
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
    PROBLEM: Arc<str> = "problem", "Why it has no effect: `unit` (a number is expected), `foreign` (it is for another controller), `repeated` (the product refuses it twice), `overridden` (another place wins), `module` (nothing in its reach is of its module), `misplaced` (the product refuses it in this block).";
    HOLDER: Arc<str> = "holder", "What it is written for, such as `Ingress shop`.";
    PRODUCT: Arc<str> = "product", "The product that reads, ignores or refuses it.";
    OWNER: Arc<str> = "owner", "For a foreign one: the controller it is for.";
    MEANT: Arc<str> = "meant", "The value that would have been meant, where that can be told; for a misplaced one: the blocks it may stand in.";
    INSTEAD: Arc<str> = "instead", "What holds instead.";
    WINNER: Arc<str> = "winner", "The place that wins or came first: its value as written there.";
    EFFECT: Arc<str> = "effect", "What it governs: `protocol`, `timeout`, `buffer`, `retries` or `other`.";
    TIME: Duration = "time", "The length of time it is set to.";
    OUTCOME: Arc<str> = "outcome", "What happens when a time limit is over, in words; in HAProxy in the mode in force.";
    SHORTER: bool = "shorter", "Whether the time limit that holds instead is shorter than this one.";
    BARE: bool = "bare", "Whether the number has no unit.";
}

fields! { buffers, Kind::Buffers;
    MODULE: Arc<str> = "module", "Whose they are: `proxy`, `fastcgi`, `uwsgi` or `scgi`.";
    HEADER_SIZE: Size = "header_size", "The buffer for the response header (`proxy_buffer_size`).";
    NUMBER: i64 = "number", "How many buffers there are for the body (`proxy_buffers`).";
    SIZE: Size = "size", "How large each of them is.";
    BUSY: Size = "busy", "How much of them may be busy (`proxy_busy_buffers_size`); twice the larger buffer where it is not written.";
}

fields! { fault, Kind::Fault;
    REASON: Arc<str> = "reason", "What is wrong there, as a sentence without a full stop.";
    EFFECT: Arc<str> = "effect", "What whoever reads the file makes of it, such as `nginx refuses the file`.";
    AGAIN: Arc<str> = "again", "For a key that stands twice: the second one.";
    REFUSED: bool = "refused", "Whether the whole file is refused, rather than a part of it passed over.";
}

fields! { reference, Kind::Reference;
    NAME: Arc<str> = "name", "The name as written.";
    SORT: Arc<str> = "sort", "What it names, in words, such as `resolvers section` or `ACL above it`.";
    ON_FAILURE: bool = "on_failure", "nginx: whether only requests that have failed are sent there.";
    FOUND: bool = "found", "Whether that is declared where the name can see it.";
    NEAREST: Arc<str> = "nearest", "The declared name of that sort most like it, where it is not declared.";
}
