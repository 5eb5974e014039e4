//! A fix of one file of a large environment is refused for what only the others say against it.
#![allow(clippy::unwrap_used, missing_docs)]

use gatelint::analysis::{Ground, analyse};
use gatelint::environment::read;
use gatelint::finding::{Finding, Settled, Telling};
use gatelint::repo::Sources;
use gatelint::rule::RuleSet;

/// Teams with an application and, in a folder of its own, an nginx before it.
const TEAMS: usize = 140;
/// The team whose nginx gives up before its application does, once the Service leads there.
const IMPATIENT: usize = 70;

fn name_of(team: usize) -> String {
    format!("team-{team:03}")
}

/// One team: a Service whose target port no container has, which a fix renames, and its client.
fn team(at: usize) -> Vec<(String, String)> {
    let name = name_of(at);
    let timeout = if at == IMPATIENT { 120 } else { 20 };
    let app = format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{ name: api, namespace: {name} }}
spec:
  replicas: 2
  selector: {{ matchLabels: {{ app: api }} }}
  template:
    metadata: {{ labels: {{ app: api }} }}
    spec:
      containers:
        - name: api
          image: registry.example.com/api:1.4.0
          command: [gunicorn, 'app:app', '--bind=0.0.0.0:8000', '--timeout={timeout}']
          ports: [{{ name: web, containerPort: 8000 }}]
          readinessProbe: {{ httpGet: {{ path: /healthz, port: web }} }}
---
apiVersion: v1
kind: Service
metadata: {{ name: api, namespace: {name} }}
spec:
  selector: {{ app: api }}
  ports: [{{ name: http, port: 80, targetPort: http }}]
"
    );
    let edge = format!(
        "apiVersion: v1
kind: ConfigMap
metadata: {{ name: edge, namespace: {name} }}
data:
  nginx.conf: |
    events {{}}
    http {{
        server {{
            listen 8080;
            location / {{
                proxy_pass http://api.{name}.svc.cluster.local:80;
                proxy_read_timeout 30s;
            }}
        }}
    }}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{ name: edge, namespace: {name} }}
spec:
  selector: {{ matchLabels: {{ app: edge }} }}
  template:
    metadata: {{ labels: {{ app: edge }} }}
    spec:
      containers:
        - name: nginx
          image: nginx:1.28
          volumeMounts: [{{ name: conf, mountPath: /etc/nginx/nginx.conf, subPath: nginx.conf }}]
      volumes: [{{ name: conf, configMap: {{ name: edge }} }}]
"
    );
    vec![
        (format!("apps/{name}/app/api.yaml"), app),
        (format!("apps/{name}/edge/nginx.yaml"), edge),
    ]
}

/// The rules whose fixes are proved.
const RULES: [&str; 2] = ["target-port-unknown", "replicas-fight-autoscaler"];

/// What becomes of the fixes of some teams' Services.
fn proved(files: &[(String, String)], teams: &[usize]) -> Vec<String> {
    let sources = Sources::default();
    let bytes = files
        .iter()
        .map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    let read = read::in_memory(&sources, gatelint::product::claimants(), bytes);
    let rules = RuleSet::embedded().unwrap();
    let ground = Ground::new(&sources, &rules);
    let (analysis, Settled { mut findings, .. }) = analyse(&ground, read.repository, &Telling::ALL);
    let path = |finding: &Finding| sources.get(finding.at.source).path.to_string();
    let wanted = |finding: &Finding| {
        let of_team = |team: &usize| path(finding).contains(&name_of(*team));
        RULES.contains(&&*finding.rule) && teams.iter().any(of_team)
    };
    findings.retain(wanted);
    assert_eq!(findings.len(), teams.len(), "each team has its finding");
    let prover = analysis.make_room(&findings);
    prover.prove(&mut findings);
    let said = findings
        .iter()
        .map(|finding| format!("{} {:?}", path(finding), finding.repair));
    said.collect()
}

fn teams() -> Vec<(String, String)> {
    (0..TEAMS).flat_map(team).collect()
}

/// Its nginx lies in another folder and is not edited.
#[test]
fn what_a_client_says_against_a_fix_is_heard() {
    let said = proved(&teams(), &[3, 12, IMPATIENT]);
    assert!(said[..2].iter().all(|said| said.contains("Proved(Fix")), "{said:#?}");
    assert!(
        said[2].contains("it would bring about another finding (read-timeout-below-app)"),
        "{said:#?}"
    );
}

/// No link leads to a policy before the Service leads to a pod.
#[test]
fn what_a_far_policy_says_against_a_fix_is_heard() {
    let mut files = teams();
    let policy = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: closed, namespace: team-012 }
spec:
  podSelector: { matchLabels: { app: api } }
  ingress: [{ from: [{ podSelector: { matchLabels: { app: other } } }] }]
";
    files.push(("apps/policies/closed.yaml".to_owned(), policy.to_owned()));
    let said = proved(&files, &[3, 12]);
    assert!(said[0].contains("Proved(Fix"), "{said:#?}");
    assert!(
        said[1].contains("it would bring about another finding (policy-blocks-gateway)"),
        "{said:#?}"
    );
}
