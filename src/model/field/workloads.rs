//! What a cluster or a compose project deploys around containers.

use crate::model::key::fields;

fields! { service, Kind::Service;
    NAME: Arc<str> = "name", "Its name.";
    NAMESPACE: Arc<str> = "namespace", "Its namespace.";
    TYPE: Arc<str> = "type", "`ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.";
    EXTERNAL_NAME: Arc<str> = "external_name", "The name an ExternalName leads to; absent for other types.";
    EXTERNAL_PUBLIC: bool = "external_public", "Whether that is a name of the public internet.";
    HEADLESS: bool = "headless", "Whether it has no virtual address (`clusterIP: None`): the name leads to the pods themselves.";
    PORTS: Arc<str> = "ports", "The ports it exposes, as a list in words.";
    ONLY_PORT: i64 = "only_port", "The port it exposes; absent when there are several.";
    SELECTOR: Arc<str> = "selector", "The labels a pod must have, in words.";
    SELECTS: bool = "selects", "Whether any workload of the environment has these labels; unknown where not everything was read.";
    ASKED_PODS: i64 = "asked_pods", "How many replicas the workloads it selects are asked to have together.";
    NEAR_MISS_LABEL: Arc<str> = "near_miss_label", "The one label that keeps the workload that was probably meant from being selected, in words; absent where no workload comes near.";
    => NEAR_MISS: Workload = "near_miss", "The workload that was probably meant, where the selector matches none.";
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
    => WORKLOAD: Workload = "workload", "The workload the Service selects (the first of several).";
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
    => AUTOSCALER: Autoscaler = "autoscaler", "What changes the number of its replicas.";
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
    => SERVICE_PORT: ServicePort = "service_port", "The Service's port of this number.";
}
