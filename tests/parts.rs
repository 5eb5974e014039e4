//! A fix of a few files of a large environment is proved on the part that may have to do with them: it must hold or fail
//! for the same reason as on the whole, and the part must be one.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use gatelint::analysis::{Ground, analyse};
use gatelint::environment::read;
use gatelint::finding::{Finding, Settled, Telling};
use gatelint::fix::part::Reading;
use gatelint::fix::prove::prove;
use gatelint::fix::world::{Answer, Question, World};
use gatelint::model::{EntityId, Model};
use gatelint::repo::{SourceId, Sources};
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

/// Proves with parts where that is allowed, and counts how they did.
struct Watched<'w> {
    world: &'w dyn World,
    parts: bool,
    consented: AtomicUsize,
    complained: AtomicUsize,
}

impl World for Watched<'_> {
    fn sources(&self) -> &Sources {
        self.world.sources()
    }

    fn model(&self, environment: usize) -> &Model {
        self.world.model(environment)
    }

    fn readings(&self, files: &BTreeSet<SourceId>) -> Vec<Reading> {
        match self.parts {
            true => self.world.readings(files),
            false => self.users(files).into_iter().map(|at| self.whole(at)).collect(),
        }
    }

    fn whole(&self, environment: usize) -> Reading {
        self.world.whole(environment)
    }

    fn users(&self, files: &BTreeSet<SourceId>) -> Vec<usize> {
        self.world.users(files)
    }

    fn rule(&self, at: usize) -> &str {
        self.world.rule(at)
    }

    fn decided(&self, environment: usize, rule: usize, root: EntityId) -> bool {
        self.world.decided(environment, rule, root)
    }

    fn after(
        &self,
        readings: &[Reading],
        files: &[(SourceId, Vec<u8>)],
        question: &Question<'_>,
    ) -> Option<Vec<Option<Answer>>> {
        let answers = self.world.after(readings, files, question)?;
        for (reading, answer) in readings
            .iter()
            .zip(&answers)
            .filter(|(reading, _)| reading.part.is_some())
        {
            assert!(
                reading.cost * 2 <= self.whole(reading.environment).cost,
                "a part is small"
            );
            match answer {
                Some(answer) if answer.consents() => self.consented.fetch_add(1, Ordering::Relaxed),
                _ => self.complained.fetch_add(1, Ordering::Relaxed),
            };
        }
        Some(answers)
    }
}

/// The rules whose fixes are proved.
const RULES: [&str; 2] = ["target-port-unknown", "replicas-fight-autoscaler"];

/// What becomes of the fixes of some teams' Services, and how many parts consented and how many did not.
fn proved(files: &[(String, String)], teams: &[usize], parts: bool) -> (Vec<String>, usize, usize) {
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
    let prover = analysis.make_room(&findings);
    let watched = Watched {
        world: &prover,
        parts,
        consented: AtomicUsize::new(0),
        complained: AtomicUsize::new(0),
    };
    prove(&watched, &mut findings, files.len());
    let said = findings
        .iter()
        .map(|finding| format!("{} {:?}", path(finding), finding.repair));
    (
        said.collect(),
        watched.consented.into_inner(),
        watched.complained.into_inner(),
    )
}

fn teams() -> Vec<(String, String)> {
    (0..TEAMS).flat_map(team).collect()
}

/// The same fixes proved in part and on the whole; the counts are those of the parts.
fn both_ways(files: &[(String, String)], teams: &[usize]) -> (Vec<String>, usize, usize) {
    let (whole, ..) = proved(files, teams, false);
    let (part, consented, complained) = proved(files, teams, true);
    assert_eq!(part, whole);
    assert_eq!(part.len(), teams.len(), "each team has its finding: {part:#?}");
    (part, consented, complained)
}

#[test]
fn a_fix_that_holds_in_part_holds() {
    let (said, consented, complained) = both_ways(&teams(), &[3, 12, 139]);
    assert!(said.iter().all(|said| said.contains("Proved(Fix")), "{said:#?}");
    assert!(consented > 0 && complained == 0, "{consented} {complained}");
}

/// Its nginx lies in another folder and is not edited.
#[test]
fn what_a_client_says_against_a_fix_is_heard_in_part() {
    let (said, consented, complained) = both_ways(&teams(), &[3, IMPATIENT]);
    assert!(said[0].contains("Proved(Fix"), "{said:#?}");
    assert!(
        said[1].contains("it would bring about another finding (read-timeout-below-app)"),
        "{said:#?}"
    );
    assert!(consented > 0 && complained > 0, "{consented} {complained}");
}

/// Of several workloads that a Service selects a link leads to the first alone; what is said of the second has part in
/// it all the same.
#[test]
fn a_part_that_knows_less_than_the_whole_is_not_believed() {
    let labels = |name: &str| format!("app: shop, track: {name}");
    let workload = |name: &str| {
        format!(
            "apiVersion: apps/v1
kind: Deployment
metadata: {{ name: {name}, namespace: team-900 }}
spec:
  replicas: 2
  selector: {{ matchLabels: {{ {labels} }} }}
  template:
    metadata: {{ labels: {{ {labels} }} }}
    spec:
      containers: [{{ name: shop, image: registry.example.com/shop:1, ports: [{{ containerPort: 8000 }}] }}]
",
            labels = labels(name)
        )
    };
    let scaled = "---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: green, namespace: team-900 }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: green }
  minReplicas: 2
  maxReplicas: 9
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } } }]
";
    let service = "apiVersion: v1
kind: Service
metadata: { name: shop, namespace: team-900 }
spec:
  selector: { app: shop }
  ports: [{ port: 80, targetPort: 8000 }]
";
    let alone = teams();
    let own = [
        ("apps/team-900/blue.yaml", workload("blue")),
        ("apps/team-900/green.yaml", workload("green") + scaled),
    ];
    let own = own.map(|(path, text)| (path.to_owned(), text));
    let without: Vec<(String, String)> = alone.into_iter().chain(own).collect();
    let mut with = without.clone();
    with.push(("apps/team-900/service.yaml".to_owned(), service.to_owned()));
    let (_, consented, complained) = both_ways(&without, &[900]);
    assert_eq!((consented, complained), (1, 0));
    let (said, consented, complained) = both_ways(&with, &[900]);
    assert_eq!((consented, complained), (0, 1), "{said:#?}");
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
    let (said, ..) = both_ways(&files, &[3, 12]);
    assert!(said[0].contains("Proved(Fix"), "{said:#?}");
    assert!(
        said[1].contains("it would bring about another finding (policy-blocks-gateway)"),
        "{said:#?}"
    );
}
