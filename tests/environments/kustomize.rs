//! Kustomizations.

use gatelint::environment::Environment;

use super::support::{Repo, outline};

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
        - name: nginx
          image: nginx:1.26
          args: [-g, daemon off;]
          ports:
            - containerPort: 80
              name: http
          volumeMounts:
            - name: conf
              mountPath: /etc/nginx/conf.d/
        - name: log
          image: busybox
      volumes:
        - name: conf
          configMap: { name: edge }
";

fn named<'e>(environments: &'e [Environment], name: &str) -> &'e Environment {
    environments
        .iter()
        .find(|environment| &*environment.name == name)
        .unwrap()
}

#[test]
fn two_overlays_give_two_environments_with_their_own_values() {
    let repo = Repo::new(&[
        ("base/kustomization.yaml", "resources: [deploy.yaml]\n"),
        ("base/deploy.yaml", DEPLOYMENT),
        (
            "overlays/prod/kustomization.yaml",
            "resources: [../../base]
namespace: shop
namePrefix: prod-
configMapGenerator:
  - name: edge
    files: [default.conf, extra.conf=files/a.conf]
    literals: [MODE=prod]
images:
  - name: nginx
    newTag: '1.29'
replicas:
  - name: web
    count: 3
patches:
  - path: log.yaml
",
        ),
        ("overlays/prod/default.conf", "server {}\n"),
        ("overlays/prod/files/a.conf", "server {}\n"),
        (
            "overlays/prod/log.yaml",
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: log
          $patch: delete
        - name: nginx
          args: [-c, /x]
          env:
            - { name: A, value: b }
            - { name: B, value: $(A)/$(NO) }
",
        ),
        (
            "overlays/stage/kustomization.yaml",
            "resources: [../../base]
patches:
  - target: { kind: Deployment, name: we. }
    patch: |-
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: any }
      spec:
        replicas: 7
  - target: { kind: Deployment }
    patch: |-
      - { op: replace, path: /spec/template/spec/volumes/0/configMap/name, value: x }
      - { op: add, path: /spec/template/spec/containers/1/args, value: [-f, /x] }
",
        ),
    ]);
    let environments = repo.group();
    assert_eq!(
        outline(&environments),
        r#"overlays/prod Kustomize
  Deployment shop/prod-web base/deploy.yaml
  ConfigMap shop/prod-edge overlays/prod/kustomization.yaml
overlays/stage Kustomize
  Deployment /web base/deploy.yaml
. Directory
"#
    );
    assert_eq!(
        repo.containers(&environments[0]),
        r#"Deployment shop/prod-web nginx x3 (overlays/prod/kustomization.yaml:13)
  image nginx:1.29 (overlays/prod/kustomization.yaml:10)
  arguments -c (overlays/prod/log.yaml:12)
  arguments /x (overlays/prod/log.yaml:12)
  A=b (overlays/prod/log.yaml:14)
  B=b/$(NO)? (overlays/prod/log.yaml:15)
  port 80 http
  /etc/nginx/conf.d/MODE <- text at overlays/prod/kustomization.yaml:7
  /etc/nginx/conf.d/default.conf <- file "overlays/prod/default.conf"
  /etc/nginx/conf.d/extra.conf <- file "overlays/prod/files/a.conf"
"#
    );
    assert_eq!(
        repo.containers(&environments[1]),
        r#"Deployment /web nginx x7 (overlays/stage/kustomization.yaml:9)
  image nginx:1.26 (base/deploy.yaml:13)
  arguments -g (base/deploy.yaml:14)
  arguments daemon off; (base/deploy.yaml:14)
  port 80 http
  /etc/nginx/conf.d <- unknown: the ConfigMap x is not in the environment, or not only once
Deployment /web log x7 (overlays/stage/kustomization.yaml:9)
  image busybox (base/deploy.yaml:22)
  arguments -f (overlays/stage/kustomization.yaml:13)
  arguments /x (overlays/stage/kustomization.yaml:13)
"#
    );
    let files: Vec<&str> = environments[0]
        .files
        .iter()
        .map(|at| &*repo.repository.files()[*at].path)
        .collect();
    assert_eq!(
        files,
        [
            "base/deploy.yaml",
            "base/kustomization.yaml",
            "overlays/prod/default.conf",
            "overlays/prod/files/a.conf",
            "overlays/prod/kustomization.yaml",
            "overlays/prod/log.yaml"
        ]
    );
}

#[test]
fn components_change_what_includes_them() {
    let repo = Repo::new(&[
        (
            "kustomization.yaml",
            "resources: [deploy.yaml, svc.yaml]\ncomponents: [tls, gone]\nnameSuffix: -v2\n",
        ),
        ("deploy.yaml", DEPLOYMENT),
        (
            "svc.yaml",
            "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Service\n    metadata: { name: web }\n    spec: { selector: { app: web }, ports: [{ port: 80 }] }\n",
        ),
        (
            "tls/kustomization.yaml",
            "kind: Component
resources: [map.yaml]
commonLabels: { team: edge }
patchesStrategicMerge:
  - |-
    apiVersion: v1
    kind: Service
    metadata: { name: web }
    spec:
      ports: [{ port: 80, targetPort: http }, { port: 443 }]
",
        ),
        (
            "tls/map.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: edge }\ndata:\n  a.conf: |\n    listen 1;\n",
        ),
        ("unused/kustomization.yaml", "kind: Component\nresources: [x.yaml]\n"),
        ("unused/x.yaml", DEPLOYMENT),
        (
            "chart.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: alone }\n",
        ),
    ]);
    let environments = repo.group();
    assert_eq!(
        outline(&environments),
        r#"kustomization.yaml Kustomize
  incomplete: it includes gone, which is not in the repository
  Deployment /web-v2 deploy.yaml
  Service /web-v2 svc.yaml
  ConfigMap /edge-v2 tls/map.yaml
. Directory
  ConfigMap /alone chart.yaml
"#
    );
    let service = &environments[0].documents[1];
    let ports: Vec<_> = service.at().get("spec.ports").unwrap().items().collect();
    assert_eq!(ports.len(), 2);
    assert_eq!(ports[0].scalar("targetPort"), Some("http"));
    assert_eq!(repo.place(ports[0].child("port").unwrap().span()), "svc.yaml:7");
    assert_eq!(
        repo.place(ports[0].child("targetPort").unwrap().span()),
        "tls/kustomization.yaml:10"
    );
    assert_eq!(service.at().scalar("spec.selector.team"), Some("edge"));
    let pods = &gatelint::environment::containers(&environments[0], &repo.repository)[0];
    assert!(
        pods.labels
            .iter()
            .any(|(key, value)| &**key == "team" && &**value == "edge")
    );
    assert!(
        repo.containers(&environments[0])
            .contains("/etc/nginx/conf.d/a.conf <- text at tls/map.yaml:5")
    );
}

#[test]
fn what_is_deployed() {
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n";
    let repo = Repo::new(&[
        ("a/base/kustomization.yaml", "resources: [x.yaml]\n"),
        ("a/base/x.yaml", object),
        ("a/dev/kustomization.yaml", "bases: [../base]\n"),
        (
            "b/base/kustomization.yaml",
            "resources: [x.yaml, 'https://github.com/o/r//deploy?ref=v1']\n",
        ),
        ("b/base/x.yaml", object),
        ("b/prod/kustomization.yaml", "resources: [../base, github.com/o/r]\n"),
        ("c/one/kustomization.yaml", "resources: [../two, x.yaml]\n"),
        ("c/one/x.yaml", object),
        ("c/two/kustomization.yaml", "resources: [../one, ../../../../out]\n"),
        (
            "argo.yaml",
            "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: d }
spec:
  source: { repoURL: https://x, path: plain/d }
  destination: { namespace: dns }
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: base }
spec:
  path: ./b/base
  targetNamespace: flux
  patches:
    - patch: |
        apiVersion: v1
        kind: ConfigMap
        metadata: { name: x }
        data: { k: patched }
",
        ),
        ("plain/d/x.yaml", object),
        ("plain/e/x.yaml", object),
        ("plain/e/site.conf", "server {}"),
    ]);
    let environments = repo.group();
    let patched = named(&environments, "b/base").documents[0].at().get("data.k").unwrap();
    assert_eq!(
        (patched.text(), repo.place(patched.span())),
        (Some("patched"), "argo.yaml:19".to_owned())
    );
    assert_eq!(
        outline(&environments),
        r#"a/base Kustomize
  ConfigMap /x a/base/x.yaml
a/dev Kustomize (development)
  ConfigMap /x a/base/x.yaml
b/base Kustomize
  incomplete: it includes resources from another repository
  ConfigMap flux/x b/base/x.yaml
b/prod Kustomize
  incomplete: it includes resources from another repository
  ConfigMap /x b/base/x.yaml
c/one Kustomize
  incomplete: c/one/kustomization.yaml includes itself
  ConfigMap /x c/one/x.yaml
plain/d Directory
  ConfigMap dns/x plain/d/x.yaml
. Directory
  Application /d argo.yaml
  Kustomization /base argo.yaml
  ConfigMap /x plain/e/x.yaml
"#
    );
}

#[test]
fn patches_that_cannot_be_applied_leave_doubts() {
    let bomb = {
        let mut text = String::from(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\na0: &a0 [x, x, x, x, x, x, x, x, x]\n",
        );
        for level in 1..6 {
            let items = vec![format!("*a{}", level - 1); 9].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        text
    };
    let repo = Repo::new(&[
        (
            "kustomization.yaml",
            "resources: [deploy.yaml]
patches:
  - path: bomb.yaml
  - path: gone.yaml
  - path: ops.json
    target: { kind: Deployment, labelSelector: a=b }
  - path: other.yaml
    target: { name: (a|b) }
replacements:
  - targets:
      - select: { kind: Deployment }
        fieldPaths: ['spec.template.spec.containers.[name=nginx].image']
",
        ),
        ("deploy.yaml", DEPLOYMENT),
        ("bomb.yaml", &bomb),
        (
            "ops.json",
            r#"[{"op": "add", "path": "/metadata/annotations/a.io~1b", "value": "1"}]"#,
        ),
        ("other.yaml", "spec: { replicas: 2 }\n"),
    ]);
    let environments = repo.group();
    let environment = named(&environments, "kustomization.yaml");
    assert_eq!(
        outline(std::slice::from_ref(environment)),
        r#"kustomization.yaml Kustomize
  Deployment /web deploy.yaml
    doubt "": a patch in kustomization.yaml changes it
    doubt "": a patch that cannot be read in kustomization.yaml changes it
    doubt "metadata.annotations.a.io/b": a JSON 6902 patch in kustomization.yaml changes it
    doubt "": a patch whose target cannot be told in kustomization.yaml changes it
"#
    );
    assert!(repo.containers(environment).contains("image ? (kustomization.yaml:12)"));
}

#[test]
fn directives_nulls_and_lists() {
    let base = "apiVersion: apps/v1
kind: Deployment
metadata: { name: web, annotations: { a: '1', b: '2' } }
spec:
  template:
    spec:
      tolerations: [{ key: a }]
      containers: [{ name: one, env: [{ name: A, value: '1' }, { name: B, value: '2' }] }, { name: two }]
      volumes: [{ name: v, emptyDir: {} }]
      imagePullSecrets: [{ name: old }]
";
    let patch = "apiVersion: apps/v1
kind: Deployment
metadata: { name: web, annotations: { a: null } }
spec:
  template:
    spec:
      tolerations: [{ key: b }]
      containers:
        - { name: one, env: [{ name: B, $patch: delete }, { name: C, value: '3', x: null }] }
        - { name: three }
      volumes: [{ $patch: replace }, { name: w }]
      imagePullSecrets: [{ name: old, $patch: delete }, { name: new }]
";
    let repo = Repo::new(&[
        (
            "kustomization.yaml",
            "resources: [a.yaml, a.yaml]\npatches: [{ path: b.yaml }, { path: c.yaml }]\n",
        ),
        (
            "a.yaml",
            &format!("{base}---\napiVersion: v1\nkind: Service\nmetadata: {{ name: gone }}\n"),
        ),
        ("b.yaml", patch),
        (
            "c.yaml",
            "$patch: delete\napiVersion: v1\nkind: Service\nmetadata: { name: gone }\n",
        ),
    ]);
    let environments = repo.group();
    let documents = &named(&environments, "kustomization.yaml").documents;
    assert_eq!(documents.len(), 1);
    let at = documents[0].at();
    assert!(at.get("metadata.annotations.a").is_none());
    assert_eq!(at.scalar("metadata.annotations.b"), Some("2"));
    let names = |path: &str, key: &str| -> Vec<String> {
        at.get(path)
            .unwrap()
            .items()
            .map(|item| item.scalar(key).unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(names("spec.template.spec.tolerations", "key"), ["b"]);
    assert_eq!(names("spec.template.spec.containers", "name"), ["one", "two", "three"]);
    assert_eq!(names("spec.template.spec.volumes", "name"), ["w"]);
    let env = at
        .get("spec.template.spec.containers")
        .unwrap()
        .items()
        .next()
        .unwrap()
        .child("env")
        .unwrap();
    let variables: Vec<_> = env
        .items()
        .map(|item| (item.scalar("name").unwrap(), item.entries().len()))
        .collect();
    assert_eq!(variables, [("A", 2), ("C", 2)]);
}
