//! Containers and what runs in them.

use crate::model::key::fields;

fields! { container, Kind::Container;
    NAME: Arc<str> = "name", "Its name.";
    IMAGE: Arc<str> = "image", "Its image.";
    MEMORY_LIMIT: Size = "memory_limit", "How much memory it may use before it is killed.";
    PRE_STOP: Duration = "pre_stop", "How long its preStop hook waits before it is told to end; absent where it has none, unknown where the hook is no plain sleep.";
    PRE_STOP_ACTION: Arc<str> = "pre_stop_action", "What its preStop hook is: `sleep`, which Kubernetes does itself, or `exec`, `httpGet`; absent where it has none.";
    IS_GATEWAY: bool = "is_gateway", "Whether it is known to be a gateway itself.";
    EXPOSED: Arc<str> = "exposed", "The ports its Dockerfile names with EXPOSE, as a list in words, where nothing else says what it listens on: what the image means to listen on, which opens no port.";
    ONLY_EXPOSED: i64 = "only_exposed", "The one port of `exposed`; absent when there are several.";
    NUMBERS: Arc<str> = "numbers", "The numbers in its variables and commands, in words, where `exposed` is known: one of them may be the port it listens on.";
    MISSING_MOUNT: Arc<str> = "missing_mount", "A source of configuration that the gateway in it mounts, which neither the repository has nor anything in it makes.";
    MISSING_MOUNT_AT: Arc<str> = "missing_mount_at", "Where the container would see it.";
    MISSING_MOUNT_NEAR: Arc<str> = "missing_mount_near", "The one file of the repository that has its name and lies elsewhere.";
    POOL_FITS: i64 = "pool_fits", "How many workers fit into its memory, each at its own limit.";
    => PROCESS: Process = "process", "What the container runs.";
    => READINESS: Probe = "readiness", "The probe that decides whether requests are sent to it.";
    => LIVENESS: Probe = "liveness", "The probe that restarts it.";
    => STARTUP: Probe = "startup", "The probe before which the others do not count.";
    => WORKLOAD: Workload = "workload", "The workload it belongs to.";
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
    => CONTAINER: Container = "container", "The container it runs in.";
}

fields! { socket, Kind::Socket;
    ADDRESS: Arc<str> = "address", "The address as written, or as the default has it.";
    PORT: i64 = "port", "The TCP port.";
    PATH: Arc<str> = "path", "The path of the unix socket.";
    PROXY_PROTOCOL: bool = "proxy_protocol", "Whether every connection must begin with a PROXY protocol header.";
    LOOPBACK: bool = "loopback", "Whether only the same network namespace reaches it: 127.0.0.1, ::1, localhost.";
    SPEAKS: Arc<str> = "speaks", "What is spoken there: `http` (1.x, plain), `h2c` (plain HTTP of any version), `https`, `fastcgi` or `uwsgi`; absent where that is not known.";
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
