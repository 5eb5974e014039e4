//! Compose projects.

use super::support::{Repo, outline};

#[test]
fn the_override_is_merged_and_variants_lie_over_the_base() {
    let repo = Repo::new(&[
        (
            "shop/docker-compose.yml",
            "services:
  web:
    image: nginx:${TAG}
    command: nginx -g 'daemon off;'
    ports: ['8080:80', '127.0.0.1:9000-9010:9000-9010']
    environment: { A: '1', B: '${NONE}' }
    volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro', 'run:/run', '../../out:/out']
    networks: { front: { aliases: [www] } }
  db:
    image: postgres:${PG:-16}
    network_mode: none
",
        ),
        (
            "shop/docker-compose.override.yml",
            "services:
  web:
    ports: ['81:81']
    environment: [B=2, C]
    volumes: ['./other.conf:/etc/nginx/nginx.conf']
",
        ),
        (
            "shop/docker-compose.prod.yml",
            "services:
  web:
    command: [nginx, -c, /x]
    ports: !override ['443:443']
    environment: !reset null
    networks: !reset []
  db: !reset null
",
        ),
        ("shop/docker-compose.test.yml", "services: { t: { build: ./t } }\n"),
        ("shop/.env", "TAG=1.28\n"),
        ("shop/nginx.conf", "events {}\n"),
        ("shop/other.conf", "events {}\n"),
    ]);
    let environments = repo.group();
    assert_eq!(
        outline(&environments),
        "shop/docker-compose.prod.yml Compose
  compose /shop/docker-compose.prod.yml shop/docker-compose.yml
shop/docker-compose.test.yml Compose (development)
  compose /shop/docker-compose.test.yml shop/docker-compose.test.yml
shop/docker-compose.yml Compose
  compose /shop/docker-compose.yml shop/docker-compose.yml
"
    );
    let base = environments
        .iter()
        .find(|own| &*own.name == "shop/docker-compose.yml")
        .unwrap();
    assert_eq!(
        repo.containers(base),
        r#"service /web web on front
  image nginx:1.28 (shop/docker-compose.yml:3)
  arguments nginx -g 'daemon off;' (shop/docker-compose.yml:4)
  A=1 (shop/docker-compose.yml:6)
  B=2 (shop/docker-compose.override.yml:4)
  C=? (shop/docker-compose.override.yml:4)
  port 80 
  port 81 
  /etc/nginx/nginx.conf <- file "shop/other.conf"
  /run <- volume run
  /out <- unknown: it lies outside the repository
service /db db
  image postgres:16 (shop/docker-compose.yml:10)
"#
    );
    let prod = environments
        .iter()
        .find(|own| &*own.name == "shop/docker-compose.prod.yml")
        .unwrap();
    assert_eq!(
        repo.containers(prod),
        r#"service /web web on default
  image nginx:1.28 (shop/docker-compose.yml:3)
  arguments nginx (shop/docker-compose.prod.yml:3)
  arguments -c (shop/docker-compose.prod.yml:3)
  arguments /x (shop/docker-compose.prod.yml:3)
  port 443 
  /etc/nginx/nginx.conf <- file "shop/nginx.conf"
  /run <- volume run
  /out <- unknown: it lies outside the repository
"#
    );
    assert_eq!(base.loose.len(), 2);
}

#[test]
fn includes_extends_and_configs() {
    let repo = Repo::new(&[
        (
            "compose.yaml",
            "include: [db/compose.yaml, { path: gone.yaml }]
services:
  web:
    extends: { file: common/base.yaml, service: app }
    env_file: [web.env, gone.env]
    environment: [A=own]
    configs: [{ source: edge, target: /etc/nginx/nginx.conf }]
    volumes_from: [db]
  loop: { extends: loop, image: x }
  lost: { extends: { service: none }, image: x }
configs:
  edge:
    content: |
      events {}
",
        ),
        (
            "common/base.yaml",
            "services:\n  app:\n    extends: root\n    build: ./src\n    volumes: [./c.conf:/c.conf]\n  root:\n    environment: { A: base, R: root }\n",
        ),
        (
            "db/compose.yaml",
            "services:\n  db:\n    image: pg\n    volumes: [{ type: bind, source: ./init, target: /init }]\n    expose: [5432]\n",
        ),
        ("web.env", "# x\nE=from-file\n"),
    ]);
    let environments = repo.group();
    assert_eq!(
        outline(&environments),
        r#"compose.yaml Compose
  incomplete: it includes a compose file that is not in the repository
  compose /compose.yaml compose.yaml
    doubt "services.loop": it extends itself
    doubt "services.lost": it extends a service that is not in the repository
"#
    );
    assert_eq!(
        repo.containers(&environments[0]),
        r#"service /db db on default
  image pg (db/compose.yaml:3)
  port 5432 
  /init <- file "db/init"
service /web web on default
  E=from-file (web.env:2)
  A=own (compose.yaml:6)
  R=root (common/base.yaml:7)
  and more variables
  /c.conf <- file "common/c.conf"
  /etc/nginx/nginx.conf <- text at compose.yaml:13
  /init <- file "db/init"
service /loop loop on default
  image x? (compose.yaml:9)
  and more variables
service /lost lost on default
  image x? (compose.yaml:10)
  and more variables
"#
    );
}

#[test]
fn which_files_are_projects() {
    let cases: [(&[(&str, &str)], &str); 4] = [
        (
            &[
                ("compose.yaml", "services: { a: { image: x } }"),
                ("docker-compose.override.yml", "services: { a: { command: y } }"),
                ("docker-compose.prod.override.yml", "services: { a: { command: z } }"),
            ],
            "compose.yaml y, docker-compose.prod.override.yml z",
        ),
        (
            &[("docker-compose.prod.yml", "services: { a: { image: x } }")],
            "docker-compose.prod.yml ",
        ),
        (
            &[
                (
                    "compose.yaml",
                    "services: { a: { image: x, extends: { file: common.compose.yml, service: a } } }",
                ),
                ("common.compose.yml", "services: { a: { command: c } }"),
            ],
            "compose.yaml c",
        ),
        (
            &[
                (
                    "compose.yaml",
                    "include: [{ path: [b/compose.yaml, b/more.compose.yaml] }]\nservices: {}",
                ),
                ("b/compose.yaml", "services: { a: { image: x, command: b } }"),
                ("b/more.compose.yaml", "services: { a: { command: m } }"),
            ],
            "compose.yaml m",
        ),
    ];
    for (files, expected) in cases {
        let repo = Repo::new(files);
        let environments = repo.group();
        let lines = environments.iter().map(|environment| {
            let command = environment.documents[0].at().scalar("services.a.command");
            format!("{} {}", environment.name, command.unwrap_or_default())
        });
        assert_eq!(lines.collect::<Vec<_>>().join(", "), expected);
    }
}

#[test]
fn an_included_file_has_a_folder_and_variables_of_its_own() {
    let repo = Repo::new(&[
        (
            "compose.yaml",
            "include:
  - { path: edge/compose.yaml, project_directory: ., env_file: [edge/defaults.env] }
  - jobs/compose.yaml
services:
  web: { image: \"web:${TAG}\" }
",
        ),
        (".env", "TAG=2\n"),
        ("edge/defaults.env", "TAG=1\nSITES=./edge/sites\n"),
        (
            "edge/compose.yaml",
            "services:\n  edge: { image: \"nginx:${TAG}\", volumes: [\"${SITES}:/etc/nginx/conf.d\"] }\n",
        ),
        ("jobs/.env", "QUEUE=mails\n"),
        (
            "jobs/compose.yaml",
            "services:\n  jobs: { image: jobs, environment: { Q: \"${QUEUE}\" }, volumes: [\"./etc:/etc/jobs\"] }\n",
        ),
    ]);
    let environments = repo.group();
    assert_eq!(
        repo.containers(&environments[0]),
        r#"service /edge edge on default
  image nginx:2 (edge/compose.yaml:2)
  /etc/nginx/conf.d <- file "edge/sites"
service /jobs jobs on default
  image jobs (jobs/compose.yaml:2)
  Q=mails (jobs/compose.yaml:2)
  /etc/jobs <- file "jobs/etc"
service /web web on default
  image web:2 (compose.yaml:5)
"#
    );
}
