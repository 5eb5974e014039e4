//! What runs in a container and what it is known to do: from command, image, environment and files to facts.

use std::collections::HashMap;
use std::sync::Arc;

use gatelint::environment::claim::Fragment;
use gatelint::environment::container::{Building, ContainerSpec, Mount, MountSource, Text};
use gatelint::environment::{File, Repository, Role};
use gatelint::expand::{ContainerFiles, ExpandCache, container_files};
use gatelint::model::field::process as field;
use gatelint::model::{FieldId, Known, Model, Origin};
use gatelint::product::{self, folders, servers, startups};
use gatelint::repo::{Edit, Sources, Span};
use gatelint::server::{self, ProcessContext};
use gatelint::syntax::{At, Language, NodeId, Shape, Style, yaml};

/// One container in its repository.
struct World {
    sources: Sources,
    repository: Repository,
    cache: ExpandCache,
    spec: ContainerSpec,
}

fn claim(path: &str) -> (Role, Language) {
    match path.rsplit('.').next() {
        Some("py") => (Role::Product(product::gunicorn::DESCRIPTOR.id()), Language::Python),
        Some("js" | "ts") => (Role::Product(product::node::DESCRIPTOR.id()), Language::JavaScript),
        Some("conf") => (Role::Product(product::php_fpm::DESCRIPTOR.id()), Language::Ini),
        _ => (Role::Other, Language::Text),
    }
}

fn text(at: At<'_>) -> Text {
    Text {
        text: at.text().unwrap_or_default().into(),
        span: at.word_span_at(0),
        unknown: at.doubt_at(0).is_some(),
    }
}

impl World {
    /// `container` is YAML in the manner of compose; `mounts` maps a path to text or to `repo:PATH`, `shared`, `unknown`.
    fn new(container: &str, files: &[(&str, &str)]) -> World {
        let sources = Sources::default();
        let file = sources.add_file("container.yaml", container.as_bytes().to_vec());
        let tree = Arc::new(yaml::parse(&file));
        let root = tree.root().items().next().expect("a document");
        let words = |name: &str| -> Option<Vec<Text>> {
            let at = root.child(name)?;
            Some(if at.is_list() {
                at.items().map(text).collect()
            } else {
                vec![text(at)]
            })
        };
        let is_line = |name: &str| root.child(name).is_some_and(|at| at.shape() == Shape::Leaf);
        let entries = |name: &str| root.child(name).into_iter().flat_map(At::children);
        let mount = |at: At<'_>| {
            let source = match at.text().unwrap_or_default() {
                "shared" => MountSource::Shared("volume".into()),
                "unknown" => MountSource::Unknown("a Secret is not in the repository".into()),
                text => match text.strip_prefix("repo:") {
                    Some(path) => MountSource::Path(path.into()),
                    None => MountSource::Inline(tree.clone(), at.id()),
                },
            };
            Mount {
                path: at.name().to_owned(),
                source,
                span: at.name_span(),
            }
        };
        // A map is a folder, mounted key by key as ConfigMaps are.
        let mounts_of = |at: At<'_>| -> Vec<Mount> {
            let key = |key: At<'_>| Mount {
                path: format!("{}/{}", at.name(), key.name()),
                source: MountSource::Inline(tree.clone(), key.id()),
                span: at.name_span(),
            };
            match at.is_map() {
                true => at.children().map(key).collect(),
                false => vec![mount(at)],
            }
        };
        let spec = ContainerSpec {
            dockerfile: root.scalar("build").map(|folder| format!("{folder}/Dockerfile")),
            name: "app".into(),
            image: root.child("image").map(text),
            built: root.scalar("build").map(str::to_owned),
            building: Building::default(),
            entrypoint: words("entrypoint"),
            arguments: words("command"),
            shell: is_line("command") || is_line("entrypoint"),
            environment: entries("environment").map(|at| (at.name().into(), text(at))).collect(),
            more_environment: root.child("env_file").is_some(),
            mounts: entries("mounts").flat_map(mounts_of).collect(),
            ports: Vec::new(),
            working_dir: root.scalar("working_dir").map(Into::into),
            span: root.head(),
        };
        let file = |(path, text): &(&str, &str)| File {
            path: (*path).into(),
            source: sources.add_file(path, text.as_bytes().to_vec()),
            language: claim(path).1,
            role: claim(path).0,
            fragment: Fragment::default(),
            tree: None,
        };
        let repository = Repository::new(files.iter().map(file).collect());
        World {
            repository,
            spec,
            sources,
            cache: ExpandCache::default(),
        }
    }

    fn files(&self) -> ContainerFiles {
        container_files(
            &self.sources,
            &self.repository,
            &self.spec,
            &self.cache,
            folders(),
            startups(),
        )
    }

    fn lower(&self, model: &mut Model) -> server::ProcessJoin {
        let loose: Vec<usize> = (0..self.repository.files().len()).collect();
        let versions = HashMap::new();
        let context = ProcessContext {
            sources: &self.sources,
            repository: &self.repository,
            loose: &loose,
            cache: &self.cache,
            versions: &versions,
            servers: servers(),
        };
        server::lower(model, &context, &self.spec, &self.files())
    }

    /// Name, sockets, request timeout, whether it kills, idle timeout, whether it keeps connections. A default is marked
    /// `*`, what stands in a file or command `!`.
    fn facts(&self) -> String {
        let mut model = Model::default();
        let join = self.lower(&mut model);
        let id = match join.id {
            Known::Is(id) => id,
            Known::Unknown(doubt) => return format!("? {}", doubt.reason),
            Known::Absent => return "-".to_owned(),
        };
        let show = |field: FieldId| match model.fact(id, field) {
            Known::Is(view) => {
                let mark = match view.origin {
                    Origin::Default { .. } => "*",
                    Origin::Written | Origin::Inherited => "!",
                    Origin::Computed => "",
                };
                format!("{}{mark}", view.value)
            }
            Known::Absent => "-".to_owned(),
            Known::Unknown(_) => "?".to_owned(),
        };
        let fields = [
            field::NAME.id(),
            field::SOCKETS.id(),
            field::REQUEST_TIMEOUT.id(),
            field::KILLS_AT_TIMEOUT.id(),
            field::KEEPALIVE_TIMEOUT.id(),
            field::KEEPS_CONNECTIONS.id(),
        ];
        fields.map(show).join(" | ")
    }
}

#[track_caller]
fn check(container: &str, files: &[(&str, &str)], expected: &str) {
    assert_eq!(World::new(container, files).facts(), expected, "\n{container}");
}

#[test]
fn gunicorn_workers_decide_what_a_timeout_does() {
    let run = |options: &str| format!("image: python:3.12\ncommand: gunicorn {options} app:app\n");
    let with = |options: &str, expected: &str| check(&run(options), &[], expected);
    with("", "gunicorn | 127.0.0.1:8000 | 30s* | true | - | false");
    with("-t90 -b :80", "gunicorn | 0.0.0.0:80 | 90s! | true | - | false");
    with(
        "--timeout 0",
        "gunicorn | 127.0.0.1:8000 | without limit! | false | - | false",
    );
    with(
        "--threads 4 --timeout=9",
        "gunicorn | 127.0.0.1:8000 | - | false | 2s* | true",
    );
    with("--threads 1", "gunicorn | 127.0.0.1:8000 | 30s* | true | - | false");
    with(
        "-k gthread --keep-alive 75",
        "gunicorn | 127.0.0.1:8000 | - | false | 75s! | true",
    );
    with(
        "-k gevent --keep-alive 0",
        "gunicorn | 127.0.0.1:8000 | - | false | 0s! | false",
    );
    with(
        "-k uvicorn.workers.UvicornWorker",
        "gunicorn | 127.0.0.1:8000 | - | false | 2s* | true",
    );
    with("-k tornado", "gunicorn | 127.0.0.1:8000 | - | false | ? | true");
    with("-k my.own.Worker", "gunicorn | 127.0.0.1:8000 | ? | ? | ? | ?");
    with(
        "-b unix:/run/a.sock -b [::]:81",
        "gunicorn | unix:/run/a.sock, 0.0.0.0:81 | 30s* | true | - | false",
    );
}

#[test]
fn gunicorn_takes_the_nearest_of_command_variable_and_file() {
    let file = (
        "app/gunicorn.conf.py",
        "bind = ['0.0.0.0:1', '0.0.0.0:2']\ntimeout = 2 * 60\nworker_class = 'sync'\n",
    );
    let run = |options: &str, variable: &str| {
        format!(
            "build: app\ncommand: [gunicorn, 'app:app'{options}]\nenvironment:\n  GUNICORN_CMD_ARGS: \"{variable}\"\n"
        )
    };
    let with = |options, variable, expected| check(&run(options, variable), &[file], expected);
    with("", "", "gunicorn | 0.0.0.0:1, 0.0.0.0:2 | 120s! | true | - | false");
    with(
        "",
        "--timeout=45 -b :3",
        "gunicorn | 0.0.0.0:3 | 45s! | true | - | false",
    );
    with(
        ", --timeout, '7'",
        "--timeout 45",
        "gunicorn | 0.0.0.0:1, 0.0.0.0:2 | 7s! | true | - | false",
    );
    with(", -c, other.py", "", "gunicorn | ? | ? | ? | ? | ?");
    with(
        ", -c, conf/prod.py, -t, '5', -k, sync, --threads, '1'",
        "",
        "gunicorn | ? | 5s! | true | - | false",
    );
    with(
        ", -c, conf/prod.py, -k, gthread",
        "",
        "gunicorn | ? | - | false | ? | ?",
    );
    // Files may be mounted, at an unknown folder too.
    let mounted = "image: example/api\ncommand: gunicorn -c conf/g.py app:app\nmounts:\n  /srv/conf/g.py: |\n    bind = ':9'\n    timeout = get()\n";
    check(mounted, &[], "gunicorn | 0.0.0.0:9 | ? | ? | - | false");
    let secret = "image: example/api\ncommand: gunicorn -c /etc/g/g.py -b :1 app:app\nmounts: {/etc/g: unknown}\n";
    check(secret, &[], "gunicorn | 0.0.0.0:1 | ? | ? | ? | ?");
}

#[test]
fn gunicorn_reads_variables_in_its_file() {
    let with = |bind: &str, environment: &str, expected: &str| {
        let file = format!("import os\nbind = {bind}\n");
        let container = format!("build: app\ncommand: gunicorn app:app\n{environment}");
        let facts = World::new(&container, &[("app/gunicorn.conf.py", &file)]).facts();
        assert_eq!(facts.split(" | ").nth(1), Some(expected), "{bind} {facts}");
    };
    let port = "environment: {PORT: '9001'}\n";
    let sum = r#""0.0.0.0:" + os.environ.get("PORT", "8000")"#;
    with(sum, "", "0.0.0.0:8000");
    with(sum, port, "0.0.0.0:9001");
    with("f\"0.0.0.0:{os.getenv('PORT', 8000)}\"", port, "0.0.0.0:9001");
    with("f\"0.0.0.0:{os.environ['PORT']}\"", "", "?");
    with("':' + port()", port, "?");
}

#[test]
fn a_foreign_image_may_say_where_gunicorn_listens() {
    let silent = "image: example/api:1\ncommand: gunicorn app:app\n";
    check(silent, &[], "gunicorn | ? | ? | ? | ? | ?");
    let bound = "image: example/api:1\ncommand: gunicorn -b 0.0.0.0:8000 app:app\n";
    check(bound, &[], "gunicorn | 0.0.0.0:8000 | 30s* | true | - | false");
    let port = "image: example/api:1\ncommand: gunicorn app:app\nenvironment: {PORT: '8080'}\n";
    check(port, &[], "gunicorn | 0.0.0.0:8080 | 30s* | true | - | false");
}

#[test]
fn shells_and_variables() {
    let shell = |line: &str| {
        format!("image: python:3\nentrypoint: [/bin/sh, -c]\ncommand:\n- {line}\nenvironment: {{WAIT: '40'}}\n")
    };
    let with = |line: &str, expected: &str| check(&shell(line), &[], expected);
    with(
        "./migrate && exec gunicorn -b :1 -t 50 a:b",
        "gunicorn | 0.0.0.0:1 | 50s! | true | - | false",
    );
    with(
        "gunicorn -b :1 -t $WAIT a:b",
        "gunicorn | 0.0.0.0:1 | 40s | true | - | false",
    );
    with(
        "gunicorn -b :1 -t $$WAIT a:b",
        "gunicorn | 0.0.0.0:1 | 40s | true | - | false",
    );
    with(
        "gunicorn -b :${P:-7} -t ${OTHER} a:b",
        "gunicorn | ? | ? | ? | - | false",
    );
    with(
        "gunicorn -b :1 -t $OTHER a:b",
        "gunicorn | 0.0.0.0:1 | ? | ? | - | false",
    );
    with("gunicorn -b :1 $ARGS a:b", "gunicorn | 0.0.0.0:1 | ? | ? | ? | ?");
    with(
        "gunicorn -b 0.0.0.0:$PORT a:b",
        "gunicorn | ? | 30s* | true | - | false",
    );
    with(
        "gunicorn a:b | tee log",
        "? what app runs is not known: its command does not come down to one process",
    );
    check(
        "image: a/b\n",
        &[],
        "? what app runs is not known: the command is inside the image a/b",
    );
    check(
        "image: a/b\ncommand: [--serve]\n",
        &[],
        "? what app runs is not known: its arguments are for an entrypoint inside the image",
    );
}

#[test]
fn uvicorn_and_its_relatives() {
    check(
        "image: a/b\ncommand: uvicorn a:b",
        &[],
        "uvicorn | 127.0.0.1:8000 | - | false | 5s* | true",
    );
    let options = "image: a/b\ncommand: python -m uvicorn a:b --host 0.0.0.0 --port 80 --timeout-keep-alive 75";
    check(options, &[], "uvicorn | 0.0.0.0:80 | - | false | 75s! | true");
    let variables =
        "image: a/b\ncommand: uvicorn a:b\nenvironment: {UVICORN_HOST: '::', UVICORN_TIMEOUT_KEEP_ALIVE: '9'}";
    check(variables, &[], "uvicorn | 0.0.0.0:8000 | - | false | 9s! | true");
    check(
        "image: a/b\ncommand: uvicorn a:b --uds /run/u.sock",
        &[],
        "uvicorn | unix:/run/u.sock | - | false | 5s* | true",
    );
    check(
        "image: a/b\ncommand: uvicorn a:b\nenv_file: x",
        &[],
        "uvicorn | ? | - | false | 5s* | true",
    );
    check(
        "image: a/b\ncommand: fastapi run main.py",
        &[],
        "uvicorn | 0.0.0.0:8000 | - | false | 5s* | true",
    );
    check("image: a/b\ncommand: daphne a:b", &[], "daphne | ? | ? | ? | ? | ?");
}

#[test]
fn uwsgi_takes_the_later_of_options_and_file() {
    let files = [("app/app.ini", "[uwsgi]\nharakiri = 120\nsocket = :9000\n")];
    let with = |command: &str, expected: &str| {
        let container = format!("build: app\ncommand: {command}");
        let facts = World::new(&container, &files).facts();
        let shown: Vec<&str> = facts.split(" | ").skip(1).take(2).collect();
        assert_eq!(shown.join(" | "), expected, "{command}");
    };
    with("uwsgi --ini app.ini --harakiri 30", "0.0.0.0:9000 | 30s!");
    with("uwsgi --harakiri 30 --ini app.ini", "0.0.0.0:9000 | 120s!");
    with("uwsgi app.ini --harakiri 30", "0.0.0.0:9000 | 120s!");
    with("uwsgi --master --harakiri 30 app.ini", "0.0.0.0:9000 | 120s!");
    with(
        "uwsgi --ini app.ini --socket :9001",
        "0.0.0.0:9001, 0.0.0.0:9000 | 120s!",
    );
    with("uwsgi --http-socket :80", "0.0.0.0:80 | without limit*");
}

#[test]
fn tomcat_reads_its_server_xml() {
    let with = |image: &str, connectors: &str, expected: &str| {
        let lines = format!("<?xml version='1.0'?>\n    <Server port='8005'><Service>{connectors}</Service></Server>");
        let mount = format!("image: {image}\nmounts:\n  /usr/local/tomcat/conf/server.xml: |\n    {lines}\n");
        check(&mount, &[], expected);
    };
    let http = "<!-- <Connector port='1'/> --><Connector port='8080' connectionTimeout='15000' />";
    with("tomcat:10.1", http, "tomcat | 0.0.0.0:8080 | - | false | 15s! | true");
    let own = "<Connector port='80' address='127.0.0.1' connectionTimeout='5000' keepAliveTimeout='75000'/>";
    with("tomcat:10.1", own, "tomcat | 127.0.0.1:80 | - | false | 75s! | true");
    with(
        "tomcat:9",
        "<Connector port='80'/>",
        "tomcat | 0.0.0.0:80 | - | false | 60s* | true",
    );
    let single = "<Connector port='80' maxKeepAliveRequests='1'/>";
    with("tomcat:9", single, "tomcat | 0.0.0.0:80 | - | false | 60s* | false");
    let two = "<Connector port='80'/><Connector port='81' connectionTimeout='1'/><Connector port='-1'/>";
    with(
        "tomcat:9",
        two,
        "tomcat | 0.0.0.0:80, 0.0.0.0:81 | - | false | ? | true",
    );
    let ajp = "<Connector port='80'/><Connector protocol='AJP/1.3' address='0.0.0.0' port='8009'/>";
    with(
        "tomcat:9",
        ajp,
        "tomcat | 0.0.0.0:80, 0.0.0.0:8009 | - | false | 60s* | true",
    );
    let property = "<Connector port='${port}' connectionTimeout='${idle}'/>";
    with("tomcat:9", property, "tomcat | ? | - | false | ? | true");
    with("tomcat:9", "<Connector port={{ port }}/>", "tomcat | ? | ? | ? | ? | ?");
    with(
        "bitnami/tomcat:9",
        http,
        "? what app runs is not known: the command is inside the image bitnami/tomcat:9",
    );
    check(
        "image: tomcat:10.1",
        &[],
        "tomcat | 0.0.0.0:8080 | - | false | 20s* | true",
    );
    let folder = "image: tomcat:10.1\nmounts: { /usr/local/tomcat/conf: unknown }";
    check(
        folder,
        &[],
        "? what app runs is not known: the command is inside the image tomcat:10.1",
    );
}

#[test]
fn rails_tells_puma_where_to_listen() {
    let docker = |lines: &str| format!("FROM ruby:3.4\n{lines}\nCMD [\"bin/rails\", \"server\"]\n");
    let sockets = |lines: &str, container: &str, puma: &str| {
        let dockerfile = docker(lines);
        let files = [("web/Dockerfile", dockerfile.as_str()), ("web/config/puma.rb", puma)];
        let facts = World::new(&format!("build: web\n{container}"), &files).facts();
        facts.split(" | ").nth(1).unwrap_or(&facts).to_owned()
    };
    let port = "port ENV.fetch(\"PORT\", 3000)\n";
    // The default host is Rails', by environment; a port in the file has it too.
    assert_eq!(sockets("", "", ""), "localhost:3000");
    assert_eq!(sockets("", "", "port 8080\n"), "localhost:8080");
    assert_eq!(sockets("", "", "port 8080, '0.0.0.0'\n"), "0.0.0.0:8080");
    assert_eq!(sockets("ENV RAILS_ENV=production", "", port), "0.0.0.0:3000");
    assert_eq!(sockets("", "environment: {RACK_ENV: staging}", port), "0.0.0.0:3000");
    // Who asks for one of both overrules the file.
    assert_eq!(
        sockets("", "environment: {PORT: '4000'}", "port 8080\n"),
        "localhost:4000"
    );
    assert_eq!(
        sockets("", "environment: {BINDING: '0.0.0.0'}", "port 8080\n"),
        "0.0.0.0:3000"
    );
    let options = "command: sh -c 'rm -f tmp/pids/server.pid && bundle exec rails s -b 0.0.0.0 -p 4000 -e test'";
    assert_eq!(sockets("", options, "bind 'unix:///run/puma.sock'\n"), "0.0.0.0:4000");
    assert_eq!(sockets("", "", "bind 'unix:///run/puma.sock'\n"), "unix:/run/puma.sock");
    // What cannot be seen may say anything.
    let script = "entrypoint: [./entrypoint.sh]\ncommand: [bin/rails, server]";
    assert_eq!(sockets("", script, port), "?");
    assert_eq!(
        sockets("ENV RAILS_ENV=production BINDING=0.0.0.0 PORT=80", script, port),
        "0.0.0.0:80"
    );
    assert_eq!(sockets("", "env_file: x", port), "?");
    assert_eq!(sockets("", "environment: {HOST: '0.0.0.0'}", port), "?");
    let falcon = "? gatelint does not read where `rails server` lets falcon listen";
    assert_eq!(sockets("", "command: rails server -u falcon", port), falcon);
    let image = "image: ghcr.io/acme/shop\ncommand: bin/rails server";
    check(image, &[], "puma | ? | - | false | ? | ?");
    check(
        &format!("{image} -b 0.0.0.0 -p 80"),
        &[],
        "puma | 0.0.0.0:80 | - | false | ? | ?",
    );
}

#[test]
fn php_fpm_reads_pools_in_order() {
    let pool = |name: &str, listen: &str| {
        format!("image: php:8.3-fpm-alpine\nmounts:\n  /usr/local/etc/php-fpm.d/{name}: repo:php/{name}\n# {listen}\n")
    };
    let with =
        |name: &str, text: &str, expected: &str| check(&pool(name, text), &[(&format!("php/{name}"), text)], expected);
    check(
        "image: php:8.3-fpm\n",
        &[],
        "php-fpm | 0.0.0.0:9000 | without limit* | false | - | -",
    );
    check(
        "image: wordpress:6-fpm\n",
        &[],
        "php-fpm | 0.0.0.0:9000 | without limit* | false | - | -",
    );
    // The image's zz-docker.conf has the last word, unless a file comes after it.
    let socket = "[www]\nlisten = /run/$pool.sock\nrequest_terminate_timeout = 2m\n";
    with("www.conf", socket, "php-fpm | 0.0.0.0:9000 | 120s! | true | - | -");
    with(
        "zzz.conf",
        socket,
        "php-fpm | unix:/run/www.sock | 120s! | true | - | -",
    );
    with(
        "zz-docker.conf",
        socket,
        "php-fpm | unix:/run/www.sock | 120s! | true | - | -",
    );
    with(
        "other.conf",
        "[other]\nlisten = 127.0.0.1:9001\n",
        "php-fpm | 127.0.0.1:9001, 0.0.0.0:9000 | without limit* | false | - | -",
    );
    let folder = "image: php:8-fpm\nmounts: {/usr/local/etc/php-fpm.d: 'repo:php'}\n";
    let files = [
        ("php/a.conf", "[www]\nlisten = 9001\n"),
        ("php/b.conf", "[www]\nlisten = [::]:9002\n"),
    ];
    check(
        folder,
        &files,
        "php-fpm | 0.0.0.0:9002 | without limit* | false | - | -",
    );
    // Keys of a ConfigMap: a folder would hide what the image brings, a `subPath` would not.
    let key = "image: php:8-fpm\nmounts:\n  /usr/local/etc/php-fpm.d/www.conf: |\n    [www]\n    listen = 9005\n";
    check(key, &[], "php-fpm | 0.0.0.0:9000 | without limit* | false | - | -");
    let map = key.replace("/www.conf: |\n", ":\n   www.conf: |\n");
    check(&map, &[], "php-fpm | 0.0.0.0:9005 | without limit* | false | - | -");
    check(
        "image: a/b\ncommand: [php-fpm8.2, -F]\n",
        &[],
        "php-fpm | ? | ? | ? | - | -",
    );
}

#[test]
fn node_is_read_from_its_source() {
    let run = |image: &str| format!("image: {image}\ncommand: node server.js\nmounts: {{/app: 'repo:web'}}\n");
    let with = |image: &str, text: &str, expected: &str| check(&run(image), &[("web/server.js", text)], expected);
    let server = "const app = express();\nconst PORT = process.env.PORT || 3000;\n";
    with(
        "node:20",
        &format!("{server}app.listen(PORT);\n"),
        "node | 0.0.0.0:3000 | - | false | 5s* | true",
    );
    with(
        "node:20",
        "const s = http.createServer(f);\ns.keepAliveTimeout = 65 * 1000;\ns.listen(80, '127.0.0.1');\n",
        "node | 127.0.0.1:80 | - | false | 65s! | true",
    );
    with(
        "node:22",
        "const f = Fastify();\nf.listen({ port: 3000 });\n",
        "node | localhost:3000 | - | false | 72s* | true",
    );
    // The default changes with the version.
    with(
        "node:latest",
        &format!("{server}app.listen(choose());\n"),
        "node | ? | - | false | ? | true",
    );
    check("image: a/b\ncommand: node server.js\n", &[], "node | ? | ? | ? | ? | ?");
    check(
        "image: node:20\ncommand: npx next start -p 80\n",
        &[],
        "node | 0.0.0.0:80 | - | false | 5s* | true",
    );
    let two = [
        ("a/server.js", "express().listen(1)"),
        ("b/server.js", "express().listen(2)"),
    ];
    check(
        "image: a/b\ncommand: node server.js\n",
        &two,
        "node | ? | ? | ? | ? | ?",
    );
    check(
        "build: b\ncommand: npm start\nimage: node:20\n",
        &two,
        "node | 0.0.0.0:2 | - | false | ? | true",
    );
}

/// The port of `process.env.PORT || 3000` for a command and the files beside it.
#[test]
fn what_sets_a_variable_of_node() {
    const PLAIN: &str = "require('http').createServer(x).listen(process.env.PORT || 3000)";
    let with = |command: &str, server: &str, files: &[(&str, &str)], expected: &str| {
        let mut all = vec![
            ("web/server.js", server),
            ("web/Dockerfile", "FROM node:22\nCOPY . .\n"),
        ];
        all.retain(|(path, _)| files.iter().all(|(own, _)| own != path));
        all.extend(files);
        let container = format!("build: web\ncommand: {command}\n");
        let facts = World::new(&container, &all).facts();
        assert_eq!(facts.split(" | ").nth(1), Some(expected), "{command}: {facts}");
    };
    with("node server.js", PLAIN, &[], "0.0.0.0:3000");
    let env = ("web/.env", "# x\nPORT=3001 # y\n");
    with("node --env-file=.env server.js", PLAIN, &[env], "0.0.0.0:3001");
    with("node -r dotenv/config server.js", PLAIN, &[env], "0.0.0.0:3001");
    with("node server.js", PLAIN, &[env], "0.0.0.0:3000");
    let loads = "require('dotenv').config()\nconst { PORT = 3000 } = process.env\napp = express(); app.listen(PORT)";
    with("node server.js", loads, &[env], "0.0.0.0:3001");
    with("env PORT=4 node server.js", loads, &[env], "0.0.0.0:4");
    let elsewhere = loads.replace("config()", "config({ path: 'conf/x.env' })");
    with(
        "node server.js",
        &elsewhere,
        &[env, ("web/conf/x.env", "PORT='5'\n")],
        "0.0.0.0:5",
    );
    let ignored = ("web/.dockerignore", "node_modules\n.env*\n");
    with("node server.js", loads, &[env, ignored], "0.0.0.0:3000");
    with("node server.js", loads, &[("web/.env.example", "PORT=9\n")], "?");
    // A package that has dotenv may load it where nobody looks.
    let package = (
        "web/package.json",
        r#"{"dependencies": {"dotenv": "16"}, "scripts": {
        "start": "PORT=7 node server.js", "serve": "cross-env PORT=8 nodemon", "twice": "build && npm start"}}"#,
    );
    with("node server.js", PLAIN, &[package, env], "?");
    with("npm start", PLAIN, &[package], "0.0.0.0:7");
    with("yarn twice", PLAIN, &[package], "0.0.0.0:7");
    with("npm run serve -- server.js", PLAIN, &[package], "0.0.0.0:8");
    with("npx dotenv -e .env -- node server.js", PLAIN, &[env], "0.0.0.0:3001");
    with("doppler run -- node server.js", PLAIN, &[env], "?");
    with("op run --env-file=x -- node server.js", PLAIN, &[env], "?");
    let pm2 = |apps: &str| format!("module.exports = {{ apps: [{apps}] }};\n");
    let one = pm2("{ name: 'a', script: './server.js', env: { PORT: 3001 }, env_production: { 'PORT': '3002', }, }");
    with(
        "pm2-runtime pm2.config.js",
        PLAIN,
        &[("web/pm2.config.js", &one)],
        "0.0.0.0:3001",
    );
    with(
        "pm2-runtime start pm2.config.js --env production",
        PLAIN,
        &[("web/pm2.config.js", &one)],
        "0.0.0.0:3002",
    );
    let two = pm2("{ script: 'server.js' }, { name: 'b', script: 'server.js', env: { PORT: 6 } }");
    with("pm2-runtime pm2.config.js", PLAIN, &[("web/pm2.config.js", &two)], "?");
    with(
        "pm2-runtime pm2.config.js --only b",
        PLAIN,
        &[("web/pm2.config.js", &two)],
        "0.0.0.0:6",
    );
    let computed = pm2("{ script: 'server.js', env: { PORT: port() } }");
    with(
        "pm2-runtime pm2.config.js",
        PLAIN,
        &[("web/pm2.config.js", &computed)],
        "?",
    );
    let next = (
        "web/package.json",
        r#"{"scripts": {"start": "next start -p ${PORT:-3001}"}}"#,
    );
    with("npm start", PLAIN, &[next], "0.0.0.0:3001");
    let procfile = ("web/Procfile", "worker: node w.js\nweb: node server.js\n");
    with(
        "foreman start web",
        PLAIN,
        &[procfile, ("web/.env", "A=1\n")],
        "0.0.0.0:5100",
    );
    let entry = |script: &'static str| ("web/entry.sh", script);
    let image = (
        "web/Dockerfile",
        "FROM node:22\nCOPY . .\nENTRYPOINT [\"./entry.sh\"]\nCMD [\"x\"]\n",
    );
    let behind = |script: &'static str, expected: &str| {
        with("node server.js", PLAIN, &[image, entry(script), env], expected);
    };
    behind("#!/bin/sh\nset -e\nexport PORT=3001\nexec \"$@\"\n", "0.0.0.0:3001");
    behind("#!/bin/sh\n: \"${PORT:=9}\"\nexport PORT\nexec \"$@\"\n", "0.0.0.0:9");
    behind("#!/bin/sh\nPORT=9\nexec \"$@\"\n", "0.0.0.0:3000");
    behind("#!/bin/sh\nset -a; . ./.env; set +a\nexec \"$@\"\n", "0.0.0.0:3001");
    behind("#!/bin/sh\nif x; then export PORT=9; fi\nexec \"$@\"\n", "?");
    behind("#!/bin/sh\neval \"$(fetch)\"\nexec \"$@\"\n", "?");
}

#[test]
fn a_dockerfile_names_the_base() {
    let node = [
        ("web/Dockerfile", "FROM node:18 AS build\nFROM build\nCMD x\n"),
        ("web/s.js", "express().listen(1)"),
    ];
    check(
        "build: web\ncommand: node s.js\n",
        &node,
        "node | 0.0.0.0:1 | - | false | 5s* | true",
    );
    check(
        "build: web\n",
        &node,
        "? what app runs is not known: x is not a server gatelint knows",
    );
    // Its command and variables count where compose gives none.
    let own = [(
        "web/Dockerfile",
        "FROM python:3.13\nENV PORT=9000\nCMD [\"gunicorn\", \"app:app\"]\n",
    )];
    check(
        "build: web\n",
        &own,
        "gunicorn | 0.0.0.0:9000 | 30s* | true | - | false",
    );
    check(
        "build: web\nenvironment: { PORT: '80' }\n",
        &own,
        "gunicorn | 0.0.0.0:80 | 30s* | true | - | false",
    );
    let php = |more: &str| format!("FROM php:8-fpm-alpine\n{more}");
    let with = |more: &str, expected: &str| check("build: php\n", &[("php/Dockerfile", &php(more))], expected);
    with(
        "RUN docker-php-ext-install pdo\n",
        "php-fpm | 0.0.0.0:9000 | without limit* | false | - | -",
    );
    with("COPY a.conf /usr/local/etc/php-fpm.d/\n", "php-fpm | ? | ? | ? | - | -");
}

#[test]
fn official_images_run_one_product() {
    let only = |container: &str| {
        let join = World::new(container, &[]).lower(&mut Model::default());
        (join.product.map(|product| product.name), join.official_only)
    };
    assert_eq!(only("image: nginx:1.28\n"), (Some("nginx"), true));
    assert_eq!(
        only("image: nginx\ncommand: [nginx, -g, daemon off;]\n"),
        (Some("nginx"), true)
    );
    assert_eq!(
        only("image: nginx\ncommand: [sh, -c, 'x & exec nginx']\n"),
        (Some("nginx"), false)
    );
    assert_eq!(only("image: example/nginx\n"), (Some("nginx"), false));
    assert_eq!(only("image: php:8-fpm\n"), (Some("php-fpm"), true));
    assert_eq!(
        only("image: python:3\ncommand: gunicorn a:b\n"),
        (Some("gunicorn"), false)
    );
}

#[test]
fn an_option_in_a_command_can_be_written_back() {
    let container = "image: python:3\ncommand: [\"gunicorn\", \"--timeout\", \"30\", \"--bind=:80\", \"a:b\"]\n";
    let world = World::new(container, &[]);
    let mut model = Model::default();
    let id = world.lower(&mut model).id.is().expect("known");
    let view = model.fact(id, field::REQUEST_TIMEOUT.id()).is().expect("known");
    let site = view.site.expect("a site");
    let (tree, node) = site.node.expect("a place");
    let at = model.at(tree, node);
    assert_eq!(at.words()[0].style(), Style::Plain);
    let edit = Edit {
        span: at.word_span_at(0),
        text: "60".to_owned(),
    };
    let edit = world.sources.lift(edit).expect("in the file");
    assert_eq!(&container[edit.span.range()], "30");
    assert_eq!(view.span, edit.span);
}

#[test]
fn a_script_in_a_block_has_exact_places() {
    let container = "image: python:3\nentrypoint: [sh, -c]\ncommand:\n- |\n  set -e\n\n  ./migrate\n    exec gunicorn \\\n    --timeout 30 -b :80 a:b\n";
    let world = World::new(container, &[]);
    assert_eq!(world.facts(), "gunicorn | 0.0.0.0:80 | 30s! | true | - | false");
    let mut model = Model::default();
    let id = world.lower(&mut model).id.is().expect("known");
    let view = model.fact(id, field::REQUEST_TIMEOUT.id()).is().expect("known");
    let site = view.site.expect("a site");
    let (tree, node) = site.node.expect("a place");
    let span = model.at(tree, node).word_span_at(0);
    let edit = world
        .sources
        .lift(Edit {
            span,
            text: "60".to_owned(),
        })
        .expect("in the file");
    assert_eq!(&*world.sources.get(edit.span.source).path, "container.yaml");
    assert_eq!(edit.span.start as usize, container.find("30").expect("written"));
    assert_eq!(world.sources.text(edit.span), "30");
}

/// The text that nginx would read, and whether a place in it is led back to the file it is written in.
fn seen(world: &World, path: &str) -> String {
    let files = world.files();
    files
        .get(path)
        .map_or_else(|| "-".to_owned(), |file| file.source.text.to_string())
}

#[test]
fn templates_are_filled_from_the_environment() {
    let template = "listen ${PORT}; $HOST $host ${BACKEND};\n";
    let container = |image: &str, more: &str| {
        format!(
            "image: {image}\nenvironment:\n  PORT: \"8080\"\n  BACKEND: {{}}\n{more}\nmounts:\n  /etc/nginx/templates/a.conf.template: repo:a\n"
        )
        .replace("BACKEND: {}", "BACKEND: \"{{ backend }}\"")
    };
    let world = World::new(&container("nginx:1.27", ""), &[("a", template)]);
    // What is not defined stays; what is not known stays as a hole.
    assert_eq!(
        seen(&world, "/etc/nginx/conf.d/a.conf"),
        "listen 8080; $HOST $host ${BACKEND};\n"
    );
    let files = world.files();
    let source = &files.get("/etc/nginx/conf.d/a.conf").expect("made").source;
    let tree = world.cache.tree(source, Language::Nginx);
    assert!(
        Arc::ptr_eq(&tree, &world.cache.tree(source, Language::Nginx)),
        "parsed once"
    );
    let listen = tree.at(NodeId::ROOT).child("listen").expect("parsed");
    let lifted = world
        .sources
        .lift(Edit {
            span: listen.word_span_at(0),
            text: "1".into(),
        })
        .expect("verbatim");
    assert_eq!(world.sources.text(lifted.span), "8080");
    assert_eq!(&*world.sources.get(lifted.span.source).path, "container.yaml");
    assert!(tree.root().doubt().is_some(), "${{BACKEND}} is a hole");
    // Elsewhere than in the official image anything may be defined.
    let world = World::new(&container("example/nginx", ""), &[("a", template)]);
    assert_eq!(
        seen(&world, "/etc/nginx/conf.d/a.conf"),
        "listen 8080; ${HOST} $host ${BACKEND};\n"
    );
    let world = World::new(
        &container(
            "nginx",
            "  NGINX_ENVSUBST_FILTER: ^BACK\n  NGINX_ENVSUBST_OUTPUT_DIR: /tmp/",
        ),
        &[("a", template)],
    );
    assert_eq!(seen(&world, "/tmp/a.conf"), "listen ${PORT}; $HOST $host ${BACKEND};\n");
    let world = World::new(&container("redis", ""), &[("a", template)]);
    assert_eq!(seen(&world, "/etc/nginx/conf.d/a.conf"), "-");
}

#[test]
fn envsubst_in_a_command() {
    let run = |call: &str| {
        format!(
            "image: nginx\ncommand:\n- /bin/sh\n- -c\n- \"{call} < /t > /etc/nginx/nginx.conf && exec nginx -g 'daemon off;'\"\nenvironment: {{A: one}}\nmounts:\n  /t: |\n    $A ${{B}} $host\n"
        )
    };
    let with = |call: &str| seen(&World::new(&run(call), &[]), "/etc/nginx/nginx.conf");
    assert_eq!(with("envsubst '$$A $$host'"), "one ${B} \n");
    assert_eq!(with("envsubst '$A'"), "one ${B} $host\n");
    // Without a list everything goes, nginx's own variables too.
    assert_eq!(with("envsubst"), "one  \n");
    let missing = run("envsubst").replace("/t: |", "/other: |");
    let world = World::new(&missing, &[]);
    let files = world.files();
    assert_eq!(
        &*files.doubt("/etc/nginx/nginx.conf").expect("a doubt").reason,
        "the template /t is not in the repository"
    );
}

#[test]
fn mounts_hide_each_other_and_texts_are_derived_once() {
    let container = "mounts:\n  /etc/nginx/conf.d/a.conf: |\n    inner\n  /etc/nginx: repo:nginx\n  /run: shared\n  /etc/secret: unknown\n  /etc/gone: repo:gone\n";
    let files = [
        ("nginx/nginx.conf", "main"),
        ("nginx/conf.d/a.conf", "outer"),
        ("nginx/conf.d/b.conf", "b"),
    ];
    let world = World::new(container, &files);
    assert_eq!(seen(&world, "/etc/nginx/conf.d/a.conf"), "inner\n");
    assert_eq!(seen(&world, "/etc/nginx/conf.d/b.conf"), "b");
    let seen = world.files();
    let paths: Vec<&str> = seen.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/etc/nginx/conf.d/a.conf",
            "/etc/nginx/conf.d/b.conf",
            "/etc/nginx/nginx.conf"
        ]
    );
    assert_eq!(&*seen.files[0].source.path, "container.yaml (/etc/nginx/conf.d/a.conf)");
    assert_eq!(seen.files[0].source.id, world.files().files[0].source.id);
    assert_eq!(seen.shared, [("/run".to_owned(), Arc::from("volume"))]);
    assert!(seen.doubt("/etc/secret/key").is_some() && seen.doubt("/etc/secretive").is_none());
    assert_eq!(
        &*seen.doubt("/etc/gone").expect("a doubt").reason,
        "gone is not in the repository"
    );
    let inner = &seen.files[0].source;
    let place = world.sources.locate(Span::new(inner.id, 0, 5));
    assert_eq!(world.sources.text(place), "inner");
}

#[test]
fn a_machine_has_its_pools() {
    let world = World::new(
        "image: x\n",
        &[
            ("etc/www.conf", "[www]\nlisten = /run/php.sock\n"),
            ("etc/my.conf", "[mysqld]\nport = 1\n"),
        ],
    );
    let (mut model, loose, versions) = (Model::default(), vec![0, 1], HashMap::new());
    let context = ProcessContext {
        sources: &world.sources,
        repository: &world.repository,
        loose: &loose,
        cache: &world.cache,
        versions: &versions,
        servers: servers(),
    };
    let mut known = servers().iter().filter_map(|(_, server)| server.on_machine);
    let join = known.find_map(|lower| lower(&mut model, &context)).expect("php-fpm");
    let id = join.id.is().expect("known");
    assert_eq!(model.get(id, field::SOCKETS), Known::Is("unix:/run/php.sock".into()));
    assert_eq!(model.get(id, field::ONLY_PORT), Known::Absent);
    assert_eq!(model.get(id, field::LISTENS_UNIX), Known::Is(true));
}
