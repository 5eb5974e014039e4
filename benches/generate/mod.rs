//! A made-up GitOps repository of any size: the same bytes for the same number, and nothing from outside.
//!
//! Every app is five files. Seven of ten run in Kubernetes (Deployment, Service, Ingress, nginx as a file or in a
//! ConfigMap), three in compose (nginx before gunicorn); the rest is prose and YAML that deploys nothing.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// One app in so many has a defect: its nginx asks for a port that the other end does not have.
pub const DEFECT_EVERY: usize = 200;

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written {
    /// Files.
    pub files: usize,
    /// All bytes.
    pub bytes: u64,
    /// Bytes of files that are configuration: not prose.
    pub config_bytes: u64,
    /// Apps with a defect.
    pub defects: usize,
}

/// Writes `files` files under `root`.
pub fn tree(root: &Path, files: usize) -> io::Result<Written> {
    let mut written = Written::default();
    for number in 0.. {
        let app = App::new(number);
        for (path, text) in app.files() {
            if written.files == files {
                return Ok(written);
            }
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap_or(root))?;
            fs::write(&path, &text)?;
            written.files += 1;
            written.bytes += text.len() as u64;
            let is_prose = path.extension().is_some_and(|ending| ending == "md");
            written.config_bytes += if is_prose { 0 } else { text.len() as u64 };
        }
        written.defects += usize::from(app.is_broken());
    }
    Ok(written)
}

struct App {
    number: usize,
    name: String,
    namespace: String,
    /// The port the process listens on.
    port: usize,
}

impl App {
    fn new(number: usize) -> Self {
        const WORDS: [&str; 12] = [
            "orders", "billing", "search", "catalog", "mail", "users", "stock", "reports", "media", "auth", "cart",
            "geo",
        ];
        Self {
            number,
            name: format!("{}-{number:05}", WORDS[number % WORDS.len()]),
            namespace: format!("team-{:02}", number % 37),
            port: 8000 + scatter(number) % 90,
        }
    }

    fn is_broken(&self) -> bool {
        // A little further in each round, so that every kind of app is hit.
        self.number % DEFECT_EVERY == DEFECT_EVERY / 2 + self.number / DEFECT_EVERY % 10
    }

    fn files(&self) -> [(String, String); 5] {
        let folder = format!("apps/{:02}/{}", self.number % 50, self.name);
        let file = |name: &str| format!("{folder}/{name}");
        if self.number % 10 >= 7 {
            return [
                (file("compose.yaml"), self.compose()),
                (file("nginx/nginx.conf"), self.nginx("app", self.wrong(self.port))),
                (file("app/gunicorn.conf.py"), self.gunicorn()),
                (file(".env"), self.environment()),
                (file("README.md"), self.prose()),
            ];
        }
        let host = format!("{}.{}.svc.cluster.local", self.name, self.namespace);
        let nginx = self.nginx(&host, self.wrong(80));
        let edge = if self.number.is_multiple_of(2) {
            (file("nginx.conf"), nginx)
        } else {
            (file("edge.yaml"), self.edge(&nginx))
        };
        let other = match self.number % 4 {
            0 | 1 => (file("README.md"), self.prose()),
            2 => (format!(".github/workflows/{}.yml", self.name), self.workflow()),
            _ => (file("values.yaml"), self.values()),
        };
        [
            (file("deployment.yaml"), self.deployment()),
            (file("service.yaml"), self.service()),
            (file("ingress.yaml"), self.ingress()),
            edge,
            other,
        ]
    }

    fn wrong(&self, port: usize) -> usize {
        if self.is_broken() { port + 1000 } else { port }
    }

    fn deployment(&self) -> String {
        let Self {
            name,
            namespace,
            port,
            number,
        } = self;
        let replicas = 2 + number % 4;
        let minor = scatter(*number) % 40;
        format!(
            r#"# Generated for {name}; the owning team keeps its runbook in the README beside it.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {namespace}
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: shop
    app.kubernetes.io/managed-by: kustomize
  annotations:
    prometheus.io/scrape: "true"
    prometheus.io/port: "9102"
    checksum/config: "{checksum:016x}"
spec:
  replicas: {replicas}
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
    rollingUpdate: {{ maxSurge: 1, maxUnavailable: 0 }}
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
        tier: backend
    spec:
      terminationGracePeriodSeconds: 45
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
      containers:
        - name: app
          image: registry.example.com/shop/{name}:1.{minor}.3
          imagePullPolicy: IfNotPresent
          command: ["gunicorn", "app.wsgi:application"]
          args:
            - --bind=0.0.0.0:{port}
            - --workers=4
            - --timeout=30
            - --access-logfile=-
          ports:
            - name: http
              containerPort: {port}
              protocol: TCP
            - name: metrics
              containerPort: 9102
          env:
            - name: LOG_LEVEL
              value: info
            - name: DATABASE_URL
              valueFrom:
                secretKeyRef: {{ name: {name}-db, key: url }}
          readinessProbe:
            httpGet: {{ path: /healthz, port: http }}
            periodSeconds: 5
            failureThreshold: 3
          resources:
            requests: {{ cpu: 100m, memory: 256Mi }}
            limits: {{ memory: 512Mi }}
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchLabels: {{ app: {name} }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {name}
  namespace: {namespace}
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: shop
spec:
  minReplicas: {replicas}
  maxReplicas: 12
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {name}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {{ type: Utilization, averageUtilization: 70 }}
    - type: Resource
      resource:
        name: memory
        target: {{ type: Utilization, averageUtilization: 80 }}
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300
"#,
            checksum = scatter(number + 1),
        )
    }

    fn service(&self) -> String {
        let Self { name, namespace, .. } = self;
        format!(
            r#"apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: {namespace}
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: shop
spec:
  type: ClusterIP
  selector:
    app: {name}
  ports:
    - name: http
      port: 80
      targetPort: http
      protocol: TCP
    - name: metrics
      port: 9102
      targetPort: metrics
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {name}
  namespace: {namespace}
spec:
  minAvailable: 1
  selector:
    matchLabels:
      app: {name}
"#
        )
    }

    fn ingress(&self) -> String {
        let Self { name, namespace, .. } = self;
        let mut text = format!(
            r#"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}
  namespace: {namespace}
  annotations:
    cert-manager.io/cluster-issuer: letsencrypt
    nginx.ingress.kubernetes.io/proxy-read-timeout: "60"
    nginx.ingress.kubernetes.io/proxy-body-size: 8m
    nginx.ingress.kubernetes.io/ssl-redirect: "true"
spec:
  ingressClassName: nginx
  tls:
    - hosts: [{name}.example.com]
      secretName: {name}-tls
  rules:
    - host: {name}.example.com
      http:
        paths:
"#
        );
        for path in ["/", "/api", "/static", "/internal"] {
            let _ = write!(
                text,
                "          - path: {path}\n            pathType: Prefix\n            backend:\n              service:\n                name: {name}\n                port:\n                  name: http\n"
            );
        }
        text
    }

    /// An nginx of its own in front of the app, with its configuration in a ConfigMap.
    fn edge(&self, nginx: &str) -> String {
        let Self { name, namespace, .. } = self;
        let mut text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}-edge\n  namespace: {namespace}\ndata:\n  nginx.conf: |\n"
        );
        for line in nginx.lines() {
            let _ = writeln!(text, "{}{line}", if line.is_empty() { "" } else { "    " });
        }
        let _ = write!(
            text,
            r#"---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}-edge
  namespace: {namespace}
spec:
  replicas: 2
  selector:
    matchLabels: {{ app: {name}-edge }}
  template:
    metadata:
      labels: {{ app: {name}-edge }}
    spec:
      containers:
        - name: nginx
          image: nginx:1.28-alpine
          ports: [{{ name: http, containerPort: 8080 }}]
          volumeMounts:
            - name: config
              mountPath: /etc/nginx/nginx.conf
              subPath: nginx.conf
      volumes:
        - name: config
          configMap:
            name: {name}-edge
"#
        );
        text
    }

    fn nginx(&self, host: &str, port: usize) -> String {
        let name = &self.name;
        let mut text = format!(
            r#"# {name}: the edge
worker_processes auto;
error_log /dev/stderr warn;
pid /tmp/nginx.pid;

events {{
    worker_connections 1024;
}}

http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    log_format main '$remote_addr - $remote_user [$time_local] "$request" '
                    '$status $body_bytes_sent "$http_referer"';
    sendfile on;
    keepalive_timeout 65s;

    upstream backend {{
        server {host}:{port} max_fails=3 fail_timeout=10s;
        keepalive 16;
    }}

    server {{
        listen 8080;
        server_name {name}.example.com;
        client_max_body_size 8m;
"#
        );
        for (path, timeout) in [("/", 60), ("/api/", 75), ("/reports/", 120)] {
            let _ = write!(
                text,
                r#"
        location {path} {{
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_read_timeout {timeout}s;
        }}
"#
            );
        }
        text.push_str("    }\n}\n");
        text
    }

    fn compose(&self) -> String {
        let Self { name, port, .. } = self;
        format!(
            r#"# Local and staging copy of {name}
x-logging: &logging
  driver: json-file
  options: {{ max-size: 10m, max-file: "3" }}

services:
  nginx:
    image: nginx:1.28
    logging: *logging
    ports:
      - "80:8080"
    volumes:
      - ./nginx/nginx.conf:/etc/nginx/nginx.conf:ro
    depends_on:
      - app
    networks: [web]
  app:
    build: ./app
    image: registry.example.com/shop/{name}:${{TAG:-latest}}
    logging: *logging
    command: gunicorn -c gunicorn.conf.py app.wsgi:application
    env_file: .env
    environment:
      PORT: "{port}"
      REDIS_URL: redis://redis:6379/0
    expose:
      - "{port}"
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:{port}/healthz"]
      interval: 10s
      retries: 3
    networks: [web, data]
  redis:
    image: redis:7-alpine
    logging: *logging
    networks: [data]

networks:
  web: {{}}
  data: {{ internal: true }}
"#
        )
    }

    fn gunicorn(&self) -> String {
        let port = self.port;
        format!(
            r#""""gunicorn's settings; see https://docs.gunicorn.org/en/stable/settings.html"""

import multiprocessing

bind = "0.0.0.0:{port}"
workers = multiprocessing.cpu_count() * 2 + 1
worker_class = "gthread"
threads = 4
timeout = 30
graceful_timeout = 20
keepalive = 75
accesslog = "-"


def on_starting(server):
    server.log.info("starting %s", server.cfg.bind)
"#
        )
    }

    fn environment(&self) -> String {
        let Self { name, number, .. } = self;
        format!(
            "# {name}\nTAG=1.{}.3\nLOG_LEVEL=info\nDATABASE_URL=postgres://db/{name}\nFEATURES=\"a,b,c\"\n",
            number % 40
        )
    }

    fn workflow(&self) -> String {
        let name = &self.name;
        let mut text = format!(
            "name: {name}\non:\n  push:\n    branches: [main]\n    paths: [\"apps/**/{name}/**\"]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    services:\n      postgres:\n        image: postgres:16\n        ports: [\"5432:5432\"]\n    steps:\n      - uses: actions/checkout@v4\n"
        );
        for step in ["lint", "unit", "integration", "build", "scan", "push"] {
            let _ = write!(
                text,
                "      - name: {step}\n        run: |\n          set -euo pipefail\n          make {step} APP={name}\n        env:\n          TOKEN: ${{{{ secrets.TOKEN }}}}\n"
            );
        }
        text
    }

    fn values(&self) -> String {
        let Self { name, port, .. } = self;
        format!(
            "# Values of the chart the platform team keeps elsewhere\nnameOverride: {name}\nimage:\n  repository: registry.example.com/shop/{name}\n  tag: 1.2.3\n  pullPolicy: IfNotPresent\nservice:\n  type: ClusterIP\n  port: 80\n  targetPort: {port}\ningress:\n  enabled: true\n  annotations:\n    nginx.ingress.kubernetes.io/proxy-read-timeout: \"60\"\n  hosts:\n    - host: {name}.example.com\n      paths: [/]\nresources:\n  limits: {{ memory: 512Mi }}\n  requests: {{ cpu: 100m, memory: 256Mi }}\nnodeSelector: {{}}\ntolerations: []\n"
        )
    }

    fn prose(&self) -> String {
        const SENTENCES: [&str; 6] = [
            "It answers requests of the shop and of two batch jobs that run at night.",
            "When the queue grows, look at the dashboard first and at the database second.",
            "The proxy_read_timeout of the edge was raised after the incident in March.",
            "Deployments go out by merging; nobody applies anything by hand.",
            "Ask in the channel before changing the number of workers: memory is the limit, not the processor.",
            "The old address is kept for clients that cannot be updated.",
        ];
        let mut text = format!("# {}\n", self.name);
        for paragraph in 0..5 {
            text.push('\n');
            for sentence in 0..4 {
                text.push_str(SENTENCES[scatter(self.number * 31 + paragraph * 7 + sentence) % SENTENCES.len()]);
                text.push('\n');
            }
        }
        text
    }
}

/// A number that looks random and is always the same.
fn scatter(number: usize) -> usize {
    let mixed = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)) as usize >> 8
}
