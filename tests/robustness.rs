//! Bad input: whatever lies in a repository, the run ends soon, says what it did not read, and finds the rest.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{Place, Said, found, problems};
use gatelint::analysis::{Ground, Judged, analyse};
use gatelint::environment::read;
use gatelint::finding::Telling;
use gatelint::repo::{Edit, Sources, edit::splice};
use gatelint::rule::RuleSet;
use gatelint::terminal::is_unsafe;
use proptest::prelude::*;
use serde_json::Value;

/// Generous for a debug build on a busy machine; what hangs or is quadratic takes far longer.
const LONG: Duration = Duration::from_secs(120);

/// Gives a finding in each repository that has it, so that one sees that the rest was read.
const REFUSED: &str = "\
events {}
http { server { location / {
    proxy_pass http://127.0.0.1:1;
    proxy_buffer_size 16k;
    proxy_buffers 8 4k;
} } }
";
const FOUND: &str = "sane/nginx.conf:4 buffer-sizes-refused";

fn lint(place: &Place) -> Value {
    for arguments in [&["lint"][..], &["hops"]] {
        let said = place.run(arguments);
        sane(&said);
        assert_ne!(said.code, Some(2), "{}", said.err);
    }
    let said = place.run(&["lint", "--format", "json", "--select", "buffers,targets"]);
    sane(&said);
    said.json()
}

fn sane(said: &Said) {
    assert!(matches!(said.code, Some(0..=2)), "{:?} {}", said.code, said.err);
    assert!(!said.err.contains("panicked"), "{}", said.err);
    assert!(said.took < LONG, "{:?}", said.took);
    for text in [&said.out, &said.err] {
        let raw = text.chars().find(|c| is_unsafe(*c) && !matches!(c, '\n' | '\t'));
        assert_eq!(raw, None, "{text:?}");
    }
}

fn with(files: &[(&str, &str)]) -> Place {
    let place = Place::new(files);
    place.write("sane/nginx.conf", REFUSED);
    place
}

/// The problems of a repository in which the finding of `sane` is found all the same, and nothing else.
fn said_of(files: &[(&str, &str)]) -> Vec<String> {
    let report = lint(&with(files));
    assert_eq!(found(&report), [FOUND]);
    problems(&report)
}

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [ { port: 80 } ] }\n";
const INGRESS: &str = "\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  ingressClassName: nginx
  rules:
    - http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: web, port: { number: 8080 } } }
";

#[test]
fn broken_yaml_in_a_stream_keeps_what_is_before_and_after() {
    for broken in [
        "kind: [a\n  - b: }\n",
        "a: b: c\n\t- x\n",
        "key: \"unclosed\nkind: Service\n",
        "{{ template }}\n}}\n: -\n",
        "&a *b !!x\n",
    ] {
        let text = format!("{SERVICE}---\n{broken}---\n{INGRESS}");
        let place = Place::new(&[("k8s/all.yaml", &text)]);
        let report = lint(&place);
        let line = text.lines().position(|line| line.contains("8080")).unwrap() + 1;
        assert_eq!(
            found(&report),
            [format!("k8s/all.yaml:{line} upstream-port-not-exposed")],
            "{broken}"
        );
        let problems = problems(&report);
        assert!(
            problems
                .iter()
                .all(|problem| problem.starts_with("k8s/all.yaml:") && !problem.contains(" unreadable: ")),
            "{problems:?}"
        );
        assert!(!problems.is_empty() || broken.contains("{{"), "{broken}");
    }
}

#[test]
fn includes_that_go_round_or_out() {
    let said = said_of(&[
        (
            "a/nginx.conf",
            "events {}\nhttp { include b.conf; include nginx.conf; }\n",
        ),
        (
            "a/b.conf",
            "include b.conf;\ninclude c.conf;\nserver { listen 80; location / { proxy_pass http://x; } }\n",
        ),
        ("a/c.conf", "include b.conf;\nserver { listen 81; }\n"),
        (
            "b/nginx.conf",
            "events {}\nhttp { include ../../../../../etc/passwd; include /etc/passwd; include /etc/*; server { location / { proxy_pass http://x; } } }\n",
        ),
    ]);
    let expected =
        "b/nginx.conf:2 skipped: the include ../../../../../etc/passwd leaves the repository and is not read";
    assert_eq!(said, [expected]);
    // Deep includes, each with two ways on.
    let chain: Vec<(String, String)> = (0..40)
        .map(|at| {
            (
                format!("deep/{at}.conf"),
                format!(
                    "include {0}.conf;\ninclude {0}.conf;\nserver {{ location / {{ proxy_pass http://x; }} }}\n",
                    at + 1
                ),
            )
        })
        .collect();
    let mut files: Vec<(&str, &str)> = chain
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    files.push(("deep/nginx.conf", "events {}\nhttp { include 0.conf; }\n"));
    said_of(&files);
}

#[cfg(unix)]
#[test]
fn symbolic_links() {
    use std::os::unix::fs::symlink;
    let outside = Place::new(&[("secret.conf", "server { location / { proxy_pass http://secret; } }\n")]);
    let place = with(&[("a/real.conf", "server { listen 80; }\n")]);
    symlink(outside.path("secret.conf"), place.path("a/out.conf")).unwrap();
    symlink(outside.path(""), place.path("a/outside")).unwrap();
    symlink("loop.conf", place.path("a/loop.conf")).unwrap();
    symlink("..", place.path("a/up")).unwrap();
    symlink("nowhere.conf", place.path("a/dangling.conf")).unwrap();
    place.write(
        "a/nginx.conf",
        "events {}\nhttp { include out.conf; include outside/*.conf; include up/a/*.conf; }\n",
    );
    let report = lint(&place);
    assert_eq!(found(&report), [FOUND]);
    assert!(!place.run(&["hops"]).out.contains("secret"));
    let expected = [
        "a/dangling.conf:1 skipped: a symbolic link to a file that does not exist",
        "a/loop.conf:1 skipped: a symbolic link that leads back to itself",
        "a/out.conf:1 skipped: a symbolic link that leaves the repository",
        "a/outside:1 skipped: a symbolic link that leaves the repository",
    ];
    assert_eq!(problems(&report), expected);
}

/// Debian's habit: what is enabled is a link to what is available.
#[cfg(unix)]
#[test]
fn linked_sites_are_included() {
    use std::os::unix::fs::symlink;
    let site = |size: &str| {
        format!("server {{ location / {{\n    proxy_pass http://127.0.0.1:1;\n    proxy_buffers 8 {size};\n}} }}\n")
    };
    let place = Place::new(&[
        (
            "nginx/nginx.conf",
            "events {}\nhttp {\n    proxy_buffer_size 16k;\n    include /etc/nginx/sites-enabled/*;\n    include parts/*.conf;\n    include one.conf;\n}\n",
        ),
        ("nginx/sites-available/shop", &site("4k")),
        ("nginx/sites-available/off", &site("4k")),
        ("nginx/elsewhere/part.conf", &site("4k")),
        ("nginx/other/single.conf", &site("4k")),
    ]);
    std::fs::create_dir(place.path("nginx/sites-enabled")).unwrap();
    symlink("../sites-available/shop", place.path("nginx/sites-enabled/10-shop")).unwrap();
    symlink("elsewhere", place.path("nginx/parts")).unwrap();
    symlink("other/single.conf", place.path("nginx/one.conf")).unwrap();
    let report = place.json(&["--select", "buffers"]);
    // Only what is included inherits the size that makes the buffers wrong.
    assert_eq!(found(&report), ["nginx/nginx.conf:3 buffer-sizes-refused"]);
    let related = report["findings"][0]["related"].as_array().unwrap().iter();
    let files: std::collections::BTreeSet<_> = related.map(|related| related["file"].as_str().unwrap()).collect();
    let expected = [
        "nginx/elsewhere/part.conf",
        "nginx/other/single.conf",
        "nginx/sites-available/shop",
    ];
    assert_eq!(files, expected.into());
}

#[test]
fn sizes_and_bytes_that_are_no_configuration() {
    let place = with(&[
        ("empty.conf", ""),
        ("empty.yaml", ""),
        ("compose.yaml", ""),
        ("kustomization.yaml", ""),
        ("only.yaml", "---\n---\n# x\n...\n"),
    ]);
    std::fs::File::create(place.path("huge.yaml"))
        .unwrap()
        .set_len(200 << 20)
        .unwrap();
    std::fs::File::create(place.path("huge.conf"))
        .unwrap()
        .set_len(200 << 20)
        .unwrap();
    place.write("binary.conf", b"\x7fELF\x00\x01\x02server { }");
    place.write(
        "utf16.conf",
        "\u{feff}server {}"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>(),
    );
    place.write(
        "utf16be.yaml",
        "\u{feff}kind: Service"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect::<Vec<u8>>(),
    );
    place.write(
        "latin1.conf",
        b"server { # caf\xe9\n location / { proxy_pass http://x; } }\n".as_slice(),
    );
    place.write(
        "late-nul.conf",
        [
            b"server { listen 80; location / { proxy_pass http://x; } }\n# ".repeat(400),
            b"\0\n".to_vec(),
        ]
        .concat(),
    );
    let report = lint(&place);
    assert_eq!(found(&report), [FOUND]);
    let expected = [
        "binary.conf:1 skipped: binary",
        "huge.conf:1 skipped: 200 MB is more than the limit of 16 MB for one file",
        "huge.yaml:1 skipped: 200 MB is more than the limit of 16 MB for one file",
        "latin1.conf:1 partly-read: the file is not UTF-8; what is not was left out of account",
        "utf16.conf:1 skipped: UTF-16 text is not read; save it as UTF-8",
        "utf16be.yaml:1 skipped: UTF-16 text is not read; save it as UTF-8",
    ];
    assert_eq!(problems(&report), expected);
}

/// The same repository with a byte order mark and Windows' line ends gives the same findings in the same places.
#[test]
fn byte_order_mark_and_crlf() {
    let with = |change: &dyn Fn(&str) -> String| {
        let all = format!("{SERVICE}---\n{INGRESS}");
        let place = Place::new(&[("all.yaml", &change(&all)), ("nginx.conf", &change(REFUSED))]);
        let report = lint(&place);
        assert_eq!(problems(&report), Vec::<String>::new());
        found(&report)
    };
    let plain = with(&|text| text.to_owned());
    assert_eq!(
        plain,
        [
            "all.yaml:16 upstream-port-not-exposed",
            "nginx.conf:4 buffer-sizes-refused"
        ]
    );
    assert_eq!(with(&|text| format!("\u{feff}{text}")), plain);
    assert_eq!(with(&|text| text.replace('\n', "\r\n")), plain);
}

#[test]
fn nesting_without_end() {
    let n = 20_000;
    let flow = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {}{}\n",
        "[".repeat(n),
        "]".repeat(n)
    );
    let block: String = (0..2_000).map(|at| format!("{}a:\n", " ".repeat(at))).collect();
    let nginx = format!(
        "events {{}}\nhttp {{ {} {} }}\n",
        "location / {".repeat(n),
        "}".repeat(n)
    );
    let open = format!("server {{ {}", "if ($a) {".repeat(n));
    let said = said_of(&[
        ("flow.yaml", &flow),
        (
            "block.yaml",
            &format!(
                "apiVersion: v1\nkind: Service\nmetadata:\n{}",
                block.replace("a:", " a:")
            ),
        ),
        ("nested/nginx.conf", &nginx),
        ("open/nginx.conf", &open),
        (
            "compose.yaml",
            &format!("services:\n  a: {}{}\n", "{a: ".repeat(n), "}".repeat(n)),
        ),
        (
            "kustomization.yaml",
            &format!("resources: {}{}\n", "[".repeat(n), "]".repeat(n)),
        ),
    ]);
    for file in [
        "flow.yaml",
        "nested/nginx.conf",
        "open/nginx.conf",
        "compose.yaml",
        "kustomization.yaml",
    ] {
        assert!(
            said.iter().any(|problem| problem.starts_with(file)),
            "{file}: {said:#?}"
        );
    }
}

/// A billion nodes in ten lines, at every place that copies nodes.
#[test]
fn alias_bombs() {
    let bomb: String = (1..10)
        .map(|at| format!("  l{at}: &l{at} [{}]\n", vec![format!("*l{}", at - 1); 10].join(", ")))
        .collect();
    let bomb = format!("x:\n  l0: &l0 [lol, lol]\n{bomb}");
    let object = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web }}\n{bomb}spec: {{ template: {{ spec: {{ containers: *l9 }} }} }}\n"
    );
    said_of(&[
        ("k8s/bomb.yaml", &object),
        (
            "over/kustomization.yaml",
            "resources: [base.yaml]\npatches: [ { path: patch.yaml } ]\nnamespace: x\nlabels: [ { pairs: { a: b }, includeSelectors: true } ]\nimages: [ { name: a, newTag: b } ]\n",
        ),
        (
            "over/base.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { template: { spec: { containers: [ { name: a, image: a } ] } } }\n",
        ),
        ("over/patch.yaml", &object),
        (
            "compose/compose.yaml",
            &format!(
                "{}services:\n  a: {{ image: nginx, environment: *l9, volumes: *l9, ports: *l9 }}\n  b: {{ extends: a, command: *l9 }}\n",
                bomb.replacen("x:", "x-a:", 1)
            ),
        ),
        (
            "compose/compose.override.yaml",
            &format!(
                "{}services:\n  a: {{ environment: *l9, labels: *l9 }}\n",
                bomb.replacen("x:", "x-a:", 1)
            ),
        ),
        (
            "self/compose.yaml",
            "services: &a\n  b: *a\n  c: { <<: *a, image: nginx }\n",
        ),
        (
            "merge/compose.yaml",
            "x-a: &a { <<: [*a, *a] }\nservices:\n  b: { <<: *a, image: nginx }\n",
        ),
    ]);
}

#[test]
fn kustomizations_and_compose_files_that_name_each_other() {
    said_of(&[
        (
            "a/kustomization.yaml",
            "resources: [../b, ., ../a/kustomization.yaml]\ncomponents: [../a]\n",
        ),
        (
            "b/kustomization.yaml",
            "resources: [../a, ../../../etc, https://github.com/x/y]\nbases: [../b]\npatches: [ { path: ../../outside.yaml } ]\n",
        ),
        (
            "c/compose.yaml",
            "include: [compose.yaml, d.yaml]\nservices:\n  a: { extends: { service: b } }\n  b: { extends: { service: a } }\n  c: { extends: { file: d.yaml, service: c } }\n  d: { extends: d }\n  e: { image: nginx, volumes: [ '../../../etc/passwd:/etc/nginx/nginx.conf', '/etc/passwd:/etc/nginx/conf.d/x.conf' ], network_mode: 'service:e' }\n  f: { network_mode: 'service:g' }\n  g: { network_mode: 'service:f' }\n",
        ),
        (
            "c/d.yaml",
            "include: [compose.yaml]\nservices:\n  c: { extends: { file: compose.yaml, service: c } }\n",
        ),
    ]);
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let place = with(&[("closed/nginx.conf", "server {}\n"), ("locked.conf", "server {}\n")]);
    let chmod =
        |path: &str, mode| std::fs::set_permissions(place.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
    chmod("closed", 0o000);
    chmod("locked.conf", 0o000);
    let is_root = std::fs::read(place.path("locked.conf")).is_ok();
    let report = lint(&place);
    chmod("closed", 0o755);
    assert_eq!(found(&report), [FOUND]);
    if is_root {
        eprintln!("SKIPPED: root may read everything");
        return;
    }
    let expected = [
        "closed:1 unreadable: permission denied",
        "locked.conf:1 unreadable: permission denied",
    ];
    assert_eq!(problems(&report), expected);
}

/// Whoever reads the output in a terminal sees text, whatever names and values a repository has.
#[cfg(unix)]
#[test]
fn control_characters_never_reach_the_terminal() {
    let evil = "\x1b]0;x\x07\u{9b}31m\u{202e}\x08\r";
    let name = format!("web{}", evil.replace('\r', ""));
    let nginx = format!(
        "# {evil}\nevents {{}}\nhttp {{ upstream \"{evil}\" {{ server \"{evil}:80\"; }} server {{ server_name \"{evil}\"; location \"/{evil}\" {{ proxy_pass \"http://{evil}:80\"; proxy_buffer_size 16k; proxy_buffers 8 4k; }} include \"{evil}\"; }} }}\n"
    );
    let place = with(&[
        (&format!("{name}/nginx.conf"), &nginx),
        (
            &format!("{name}/compose.yaml"),
            "services:\n  \"a\\e[31m\\u202e\": { image: \"x\\e\", command: \"gunicorn -b \\e:1\" }\n  nginx: { image: nginx, volumes: [ './nginx.conf:/etc/nginx/nginx.conf' ] }\n",
        ),
        (
            &format!("{name}.yaml"),
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: \"\\e[1m\" }\nspec: { rules: [ { http: { paths: [ { backend: { service: { name: \"\\e[2m\", port: { number: 1 } } } } ] } } ] }\n---\nkind: [\x07\n",
        ),
    ]);
    let report = lint(&place);
    assert!(found(&report).contains(&FOUND.to_owned()));
    for arguments in [
        &["lint", "-v", "--min-severity", "info"][..],
        &["lint", "--format", "concise"],
        &["lint", "--diff", "--unsafe-fixes", "sane"],
        &["lint", "--select", "\x1b[31m"],
        &["lint", "\x1b[31m"],
        &["explain", "\x1b[31m"],
        &["hops", "web"],
        &["lint", "--config", "\x1b[31m.yaml"],
        &["lint", "--nonsense\x1b[31m"],
    ] {
        sane(&place.run(arguments));
    }
    place.write(
        ".gatelint.yaml",
        "select: [\"\\e[31m\"]\n\"\\e[32m\": 1\nrules: [\"\\e\"]\n",
    );
    sane(&place.run(&["lint"]));
}

#[test]
fn a_broken_configuration_is_the_only_thing_that_stops() {
    for text in [
        "a: [",
        "\u{feff}\0",
        "- x\n",
        "select: *a\n",
        "rules: [../..]\n",
        &"[".repeat(20_000),
    ] {
        let place = with(&[(".gatelint.yaml", text)]);
        let said = place.run(&["lint"]);
        sane(&said);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{text:.20}");
        assert!(said.err.starts_with("error: "), "{}", said.err);
    }
    for text in ["", "# nothing\n", "---\n", "{}\n"] {
        assert_eq!(found(&lint(&with(&[(".gatelint.yaml", text)]))), [FOUND], "{text:?}");
    }
    let place = with(&[]);
    place.write("latin.yaml", b"# caf\xe9\nselect: [buffers]\n".as_slice());
    assert_eq!(place.run(&["lint", "--config", "latin.yaml"]).code, Some(1));
}

#[test]
fn large_but_honest() {
    let locations: String = (0..10_000)
        .map(|at| format!("location /{at} {{ proxy_pass http://web:80; }}\n"))
        .collect();
    let servers = format!("events {{}}\nhttp {{ server {{ listen 80;\n{locations}}} }}\n");
    let embedded: String = servers.lines().map(|line| format!("    {line}\n")).collect();
    let map =
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: edge }}\ndata:\n  nginx.conf: |\n{embedded}");
    let pod = "---\napiVersion: v1\nkind: Pod\nmetadata: { name: edge }\nspec:\n  containers: [ { name: n, image: 'nginx:1.28', volumeMounts: [ { name: c, mountPath: /etc/nginx } ] } ]\n  volumes: [ { name: c, configMap: { name: edge } } ]\n";
    said_of(&[
        ("loose/nginx.conf", &servers),
        ("k8s/edge.yaml", &format!("{map}{pod}---\n{SERVICE}")),
    ]);
}

/// Fragments of real repositories; the tree is made of them with cuts, copies and strange pieces in between.
const FRAGMENTS: [(&str, &str); 14] = [
    (
        "nginx.conf",
        "upstream api {\n    server api:8000;\n    keepalive 16;\n}\nserver {\n    listen 80;\n    location / {\n        proxy_pass http://api;\n        proxy_http_version 1.1;\n        proxy_set_header Connection \"\";\n        proxy_read_timeout 60s;\n        proxy_buffer_size 16k;\n        proxy_buffers 8 4k;\n    }\n}\n",
    ),
    (
        "conf.d/app.conf",
        "server {\n    location ~ \\.php$ {\n        fastcgi_pass unix:/run/php-fpm.sock;\n        include fastcgi_params;\n    }\n    include conf.d/*.conf;\n}\n",
    ),
    (
        "templates/default.conf.template",
        "server {\n    listen ${PORT};\n    location / { proxy_pass http://${HOST}:8080; }\n}\n",
    ),
    (
        "compose.yaml",
        "services:\n  nginx:\n    image: nginx:1.28\n    environment: { PORT: \"80\", HOST: api }\n    volumes:\n      - ./nginx.conf:/etc/nginx/conf.d/default.conf:ro\n      - ./templates:/etc/nginx/templates\n    depends_on: [api]\n  api:\n    build: .\n    image: python:3.13\n    command: gunicorn --bind 0.0.0.0:8080 --timeout 120 --keep-alive 2 app:app\n",
    ),
    (
        "compose.override.yaml",
        "services:\n  api:\n    command: [\"uvicorn\", \"a:b\", \"--port\", \"9000\"]\n    ports: !reset []\n  php:\n    image: php:8.3-fpm\n    volumes: [ './www.conf:/usr/local/etc/php-fpm.d/www.conf' ]\n",
    ),
    (
        "k8s/web.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: api\nspec:\n  selector: { app: api }\n  ports:\n    - { name: http, port: 80, targetPort: http }\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: api }\nspec:\n  selector: { matchLabels: { app: api } }\n  template:\n    metadata: { labels: { app: api } }\n    spec:\n      containers:\n        - name: api\n          image: node:22\n          command: [node, server.js]\n          ports: [ { name: http, containerPort: 3000 } ]\n",
    ),
    (
        "k8s/edge.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: edge }\ndata:\n  default.conf: |\n    server {\n      listen 8080;\n      location / {\n        proxy_pass http://api:8000;\n        proxy_buffer_size 16k;\n      }\n    }\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: edge }\nspec:\n  template:\n    metadata: { labels: { app: edge } }\n    spec:\n      containers:\n        - name: nginx\n          image: nginx:1.28\n          volumeMounts: [ { name: c, mountPath: /etc/nginx/conf.d } ]\n      volumes: [ { name: c, configMap: { name: edge } } ]\n",
    ),
    (
        "k8s/ingress.yaml",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: shop\n  annotations:\n    nginx.ingress.kubernetes.io/proxy-read-timeout: \"30\"\nspec:\n  ingressClassName: nginx\n  rules:\n    - host: shop.example.com\n      http:\n        paths:\n          - path: /\n            pathType: Prefix\n            backend: { service: { name: api, port: { number: 8080 } } }\n",
    ),
    (
        "k8s/kustomization.yaml",
        "resources: [web.yaml, edge.yaml, ingress.yaml]\nnamespace: shop\nnamePrefix: a-\nconfigMapGenerator:\n  - name: extra\n    files: [default.conf=../nginx.conf]\npatches:\n  - target: { kind: Service }\n    patch: |\n      - op: replace\n        path: /spec/ports/0/port\n        value: 81\n",
    ),
    (
        "k8s/over/kustomization.yaml",
        "resources: [..]\npatches:\n  - path: patch.yaml\nimages: [ { name: nginx, newTag: \"1.27\" } ]\n",
    ),
    (
        "k8s/over/patch.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: { name: api }\nspec:\n  ports: [ { name: http, port: 80, targetPort: 9000 } ]\n",
    ),
    (
        "www.conf",
        "[www]\nlisten = 127.0.0.1:9000\npm = static\npm.max_children = 5\nrequest_terminate_timeout = 90s\n",
    ),
    (
        "gunicorn.conf.py",
        "bind = \"0.0.0.0:8000\"\ntimeout = 90\nkeepalive = 2\nworkers = 4\n",
    ),
    (
        "server.js",
        "const http = require('http');\nconst server = http.createServer();\nserver.keepAliveTimeout = 5000;\nserver.listen(3000);\n",
    ),
];

type Files = BTreeMap<String, Vec<u8>>;

/// A change of a fragment: where (of 1000 parts), how many bytes go, and what comes.
fn change() -> impl Strategy<Value = (usize, usize, &'static [u8])> {
    let pieces: Vec<&'static [u8]> = vec![
        b"",
        b"",
        b"",
        b"\n",
        b"{",
        b"}",
        b";",
        b": ",
        b"- ",
        b"&a ",
        b"*a ",
        b"<<: *a\n",
        b"\"",
        b"'",
        b"---\n",
        b"|\n",
        b"\t",
        b"\xff",
        b"\xc3\xa9",
        b"{{ x }}",
        b"${X}",
        b"include *;\n",
        b"0",
        b"-1",
        b"99999999999999999999",
        b"null",
        b"[]",
        b"~",
        b"\r\n",
        b"#",
        b"$",
        b"!!binary ",
        b"%",
        b"unix:",
        b"localhost:",
    ];
    (0..1000usize, 0..24usize, prop::sample::select(pieces))
}

fn tree() -> impl Strategy<Value = Files> {
    let changes = prop::collection::vec(change(), 0..4);
    prop::collection::vec((0..FRAGMENTS.len(), 0..FRAGMENTS.len(), 0..8usize, changes), 2..9).prop_map(|files| {
        let mut made = Files::new();
        for (text, path, stays, changes) in files {
            // Most fragments lie where they belong.
            let path = FRAGMENTS[if stays > 0 { text } else { path }].0;
            let mut bytes = FRAGMENTS[text].1.as_bytes().to_vec();
            for (at, len, piece) in changes {
                let at = at * bytes.len() / 1000;
                let end = (at + len).min(bytes.len());
                bytes.splice(at..end, piece.iter().copied());
            }
            made.insert(path.to_owned(), bytes);
        }
        made
    })
}

/// The whole line, with what must hold of its result. Gives the findings as text.
fn judged(rules: &RuleSet, files: impl Iterator<Item = (String, Vec<u8>)>) -> Vec<String> {
    let sources = Sources::default();
    let read = read::in_memory(&sources, gatelint::product::claimants(), files);
    for problem in &read.problems {
        assert!(
            sources
                .get(problem.span.source)
                .text
                .get(problem.span.range())
                .is_some(),
            "{problem:?}"
        );
    }
    let ground = Ground::new(&sources, rules);
    let (analysis, mut settled) = analyse(&ground, read.repository, &Telling::ALL);
    let hops = |judged: &Judged| gatelint::report::hops::lines(&sources, "", &judged.estate, &judged.hops, None);
    let hops: Vec<_> = analysis.judged.iter().flat_map(hops).collect();
    let prover = analysis.make_room(&settled.findings);
    prover.prove(&mut settled.findings);
    let mut said = Vec::new();
    for finding in &settled.findings {
        let inside = |span: gatelint::repo::Span| {
            let source = sources.get(span.source);
            assert!(
                source.is_file() && source.text.get(span.range()).is_some(),
                "{finding:?}"
            );
        };
        inside(finding.at);
        finding.related.iter().for_each(|(span, _)| inside(*span));
        if let Some(fix) = finding.fix() {
            fix.edits.iter().for_each(|edit| inside(edit.span));
            applied(&sources, &fix.edits);
        }
        let source = sources.get(finding.at.source);
        said.push(format!(
            "{}:{} {} {} {:?}",
            source.path,
            finding.at.start,
            finding.rule,
            finding.message,
            finding.no_fix_reason()
        ));
    }
    for entry in &settled.unevaluated {
        let at = entry
            .at
            .map(|span| (sources.get(span.source).path.to_string(), span.start));
        said.push(format!("{} {} {at:?} {}", entry.rule, entry.reason, entry.count));
    }
    said.extend(hops.iter().map(|hop| format!("{hop:?}")));
    said
}

/// An offered fix changes its own bytes: what is before the first and behind the last edit of a file stays.
fn applied(sources: &Sources, edits: &[Edit]) {
    for id in edits
        .iter()
        .map(|edit| edit.span.source)
        .collect::<std::collections::BTreeSet<_>>()
    {
        let mut own: Vec<Edit> = edits.iter().filter(|edit| edit.span.source == id).cloned().collect();
        own.sort_by_key(|edit| edit.span.start);
        let text = sources.get(id).text.clone();
        let after = splice(&text, &own).unwrap();
        assert!(after.starts_with(&text[..own[0].span.start as usize]), "{own:?}");
        assert!(
            after.ends_with(&text[own[own.len() - 1].span.end as usize..]),
            "{own:?}"
        );
        let grown: i64 = own
            .iter()
            .map(|edit| edit.text.len() as i64 - i64::from(edit.span.len()))
            .sum();
        assert_eq!(after.len() as i64, text.len() as i64 + grown);
        assert_ne!(*text, *after, "a fix that changes nothing");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// No tree makes it fail, and neither the order of files nor threads change the result.
    #[test]
    fn any_tree_is_judged_the_same_twice(files in tree()) {
        let rules = RuleSet::embedded().unwrap();
        let forwards = judged(&rules, files.clone().into_iter());
        let backwards = judged(&rules, files.into_iter().rev());
        prop_assert_eq!(forwards, backwards);
    }
}

/// `PROPTEST_CASES=20000 cargo test --release --test robustness any_tree` looks further.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(150)
}

/// Manifests of several deployments side by side, as plain folders: each pod mounts the ConfigMap beside it.
#[test]
fn config_maps_of_one_name_are_told_apart() {
    let edge = |port: u16| {
        let map = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: edge }}\ndata:\n  app.conf: |\n    server {{\n      listen {port};\n    }}\n"
        );
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: edge, labels: { app: edge } }\nspec:\n  containers: [ { name: n, image: 'nginx:1.28', volumeMounts: [ { name: c, mountPath: /etc/nginx/conf.d } ] } ]\n  volumes: [ { name: c, configMap: { name: edge } } ]\n";
        let service = "apiVersion: v1\nkind: Service\nmetadata: { name: edge }\nspec: { selector: { app: edge }, ports: [ { port: 80, targetPort: 8081 } ] }\n";
        (format!("{pod}---\n{service}"), map)
    };
    let ((pod, good), (_, bad)) = (edge(8081), edge(8082));
    let place = Place::new(&[
        ("k8s/a/pod.yaml", &pod),
        ("k8s/a/map.yaml", &good),
        ("k8s/b/pod.yaml", &pod),
        ("k8s/b/map.yaml", &bad),
        ("k8s/c/pod.yaml", &format!("{pod}---\n{good}")),
        ("k8s/c/old/map.yaml", &bad),
    ]);
    let report = place.json(&["--select", "target-port-unknown"]);
    let files: Vec<String> = found(&report)
        .iter()
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(files, ["k8s/b/pod.yaml"]);
}
