//! The joined kinds: what both ends of a request know of each other.

use crate::model::key::fields;

fields! { hop, Kind::Hop;
    NAME: Arc<str> = "name", "Both ends in words, such as `web:80 to api:8000`.";
    DIRECT: bool = "direct", "Whether the gateway reaches the container itself (compose, a headless Service, ingress-nginx) rather than a Service's virtual address.";
    LOOPBACK: bool = "loopback", "Whether the address is the gateway's own loopback interface.";
    SHARED_NETWORK: bool = "shared_network", "Whether gateway and process share a network namespace: one container, one pod, or one machine.";
    REUSES_CONNECTIONS: bool = "reuses_connections", "Whether the gateway keeps idle connections to this endpoint open and uses them again.";
    ELSEWHERE: Arc<str> = "elsewhere", "The name of another container of the same environment that listens on or declares the port; absent when there is none.";
    RESOLVED_ONCE: bool = "resolved_once", "Whether the name is looked up only when the gateway starts or reloads.";
    PLATFORM_RESOLVER: Arc<str> = "platform_resolver", "The name server every container of this platform can reach: `127.0.0.11` in compose; absent where there is no such fixed address.";
    DOCKER_HOST: bool = "docker_host", "Compose: whether the host is a name that only Docker Desktop has for the machine it runs on, and the gateway's `extra_hosts` does not have it.";
    ADDRESS_MAY_CHANGE: bool = "address_may_change", "Whether the name's address changes when the target is recreated (false for a ClusterIP, which is stable).";
    UNREACHABLE_BECAUSE: Arc<str> = "unreachable_because", "Why the target cannot be reached although it exists, in words: another network, another namespace; absent when nothing is known to stand in the way.";
    NEARLY: Arc<str> = "nearly", "What was probably meant when nothing has the name: the one Service or compose service beside the gateway whose name is nearly the same and that nothing else sends to.";
    MISSING: Arc<str> = "missing", "Compose: why surely nothing has the name or the address, in words; absent where something has it, or may have it.";
    NOBODY: Arc<str> = "nobody", "Where nothing serves the loopback port or unix socket, in words: the gateway's own container, pod or machine; absent where something does, or may.";
    NO_OTHER: bool = "no_other", "Whether no other endpoint of the route may answer: it is the only one, or it is known of all others that nobody answers there.";
    POD_PORT: i64 = "pod_port", "The port of the pod that the request arrives at.";
    SENDS_PROXY: bool = "sends_proxy", "Whether connections to the endpoint begin with a PROXY protocol header.";
    PROXY_AGREES: bool = "proxy_agrees", "Whether what listens there expects such a header exactly where one is sent; absent where none is sent and what listens is not known.";
    HOSTS_FILE: bool = "hosts_file", "Whether only the gateway's own /etc/hosts has the name: `extra_hosts` of compose, `hostAliases` of a pod.";
    POLICY_ALLOWS: bool = "policy_allows", "Whether the network policies that select the pod let the gateway in at that port; absent where none selects it.";
    POLICY_LETS_OUT: bool = "policy_lets_out", "Whether the network policies that select the gateway's own pod let it reach the target; absent where none selects it.";
    POLICY_LETS_ASK: bool = "policy_lets_ask", "Whether those policies let the gateway ask a name server, where it looks the target up by itself; absent where none selects it.";
    POLICY_BLOCKS_DNS: bool = "policy_blocks_dns", "Whether those policies keep it from a name server and not, as far as is known, from the target.";
    => GATEWAY: Gateway = "gateway", "The gateway that sends the request.";
    => ROUTE: Route = "route", "The route the request takes.";
    => UPSTREAM: Upstream = "upstream", "The group of endpoints it is sent to.";
    => ENDPOINT: Endpoint = "endpoint", "The endpoint it is sent to.";
    => FIRST_STALE: Endpoint = "first_stale", "Where the gateway's configuration first names the host, of one that is looked up only when the gateway starts although its address may change; of a group of several hosts the first such one.";
    => SERVICE: Service = "service", "The Kubernetes Service behind the address; absent when the address is none.";
    => SERVICE_PORT: ServicePort = "service_port", "The Service's port behind the address; absent when the Service does not expose it.";
    => WORKLOAD: Workload = "workload", "The workload that answers.";
    => CONTAINER: Container = "container", "The container that answers.";
    => MEANT: Container = "meant", "Who was probably meant by an address of the gateway's own that nobody serves: the only one there that speaks its protocol and that no route leads to.";
    => SOCKET: Socket = "socket", "What the process listens on where the request arrives; absent when it listens elsewhere.";
    => STATUS: Status = "status", "What failures of this hop look like at the gateway's client.";
    => POLICY: Policy = "policy", "The first network policy that selects the pod.";
    => OUT_POLICY: Policy = "out_policy", "The first network policy that selects the gateway's own pod and is for what goes out.";
}

fields! { chain, Kind::Chain;
    NAME: Arc<str> = "name", "Both routes in words.";
    TRIES: i64 = "tries", "How often one request may reach the last target: the tries of every layer whose condition covers the final failure of the next, multiplied; absent where fewer than two layers count.";
    ARITHMETIC: Arc<str> = "arithmetic", "How `tries` comes about: `nginx 3 × envoy 4 = 12`.";
    INNER_WAIT: Duration = "inner_wait", "How long the inner gateway may wait for its response: its own limit, or the application's where that is known and shorter.";
    INNER_BUDGET: Duration = "inner_budget", "How long the inner gateway may take over all its tries, when each of them times out; absent where it does not repeat timeouts.";
    => OUTER: Hop = "outer", "The hop nearer to the client, which ends in the inner gateway.";
    => INNER: Hop = "inner", "The hop the inner gateway sends the request on.";
}
