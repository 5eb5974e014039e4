//! Walking, claiming and reading: on made-up trees, and on the corpus when it is here.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../benches/generate/mod.rs"]
mod generate;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::process::Command;

use gatelint::environment::Role;
use gatelint::environment::claim::{Charts, Claim, NameClaim};
use gatelint::product::descriptor::Descriptor;
use gatelint::product::nginx::claim::Outermost;
use gatelint::product::{caddy, claimants, gunicorn, haproxy, nginx, node, php_fpm, puma, spring, tomcat};
use gatelint::repo::root;
use gatelint::repo::walk::{FailureKind, WalkOptions, Walked, read, walk};
use gatelint::syntax::Language;
use globset::{Glob, GlobSetBuilder};
use tempfile::TempDir;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A tree of files with their content.
fn tree(files: &[(&str, &str)]) -> Result<TempDir, std::io::Error> {
    let folder = TempDir::new()?;
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
        fs::write(path, text)?;
    }
    Ok(folder)
}

fn paths(walked: &Walked) -> Vec<&str> {
    walked.files.iter().map(|file| file.path.as_str()).collect()
}

fn is_claimed(path: &str) -> bool {
    claimants().by_name(path).is_some()
}

fn role(product: &'static Descriptor) -> Role {
    Role::Product(product.id())
}

fn claim(path: &str, text: &str) -> Claim {
    claimants().by_content(&Charts::default(), path, text)
}

#[test]
fn walks_in_the_order_of_paths() -> Outcome {
    let folder = tree(&[
        ("b/nginx.conf", ""),
        ("a.yaml", ""),
        ("b.yml", ""),
        (".gatelint.yaml", ""),
        (".github/workflows/ci.yml", ""),
        ("README.md", ""),
        ("secret/hidden.yaml", ""),
        ("left-out/c.yaml", ""),
        ("node_modules/x/nginx.conf", ""),
        ("target/deploy.yaml", ""),
        (".git/config.yaml", ""),
        (".gitignore", "secret/\n"),
    ])?;
    let exclude = GlobSetBuilder::new().add(Glob::new("left-out/**")?).build()?;
    let walked = walk(folder.path(), &WalkOptions { exclude }, &is_claimed);
    let expected = [
        ".gatelint.yaml",
        ".github/workflows/ci.yml",
        "a.yaml",
        "b.yml",
        "b/nginx.conf",
        "target/deploy.yaml",
    ];
    assert_eq!(paths(&walked), expected);
    assert_eq!(walked.others, [".gitignore", "README.md"]);
    assert_eq!(walked.problems, []);
    Ok(())
}

#[test]
fn reads_what_git_tracks_whatever_gitignore_names() -> Outcome {
    let all = [
        "build/deep/a.yaml",
        "build/b.yaml",
        "c.local.yaml",
        "d.local.yaml",
        "e.yaml",
    ];
    let mut files: Vec<(&str, &str)> = all.iter().map(|path| (*path, "")).collect();
    files.push((".gitignore", "build/\n*.local.yaml\n"));
    let folder = tree(&files)?;
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(folder.path()).status()
    };
    let walked = || walk(folder.path(), &WalkOptions::default(), &is_claimed);
    git(&["init", "-q"])?;
    assert_eq!(paths(&walked()), ["e.yaml"]);
    git(&["add", "-f", "build/deep/a.yaml", "c.local.yaml"])?;
    assert_eq!(paths(&walked()), ["build/deep/a.yaml", "c.local.yaml", "e.yaml"]);
    // What another tool than git leaves out stays out.
    fs::write(folder.path().join(".ignore"), "build/\n")?;
    assert_eq!(paths(&walked()), ["c.local.yaml", "e.yaml"]);
    fs::write(folder.path().join(".git/index"), "DIRC of something else")?;
    assert_eq!(paths(&walked()), ["e.yaml"]);
    Ok(())
}

#[test]
fn skips_what_is_no_configuration_and_says_so() -> Outcome {
    let folder = tree(&[
        ("binary.conf", "a\0b"),
        ("wide.conf", ""),
        ("good.conf", "events {}\n"),
        ("empty.yaml", ""),
    ])?;
    fs::write(folder.path().join("wide.conf"), b"\xFF\xFEl\0i\0")?;
    // Sparse, so it costs nothing.
    fs::File::create(folder.path().join("huge.yaml"))?.set_len(200 * 1024 * 1024)?;
    let walked = walk(folder.path(), &WalkOptions::default(), &is_claimed);
    let outcomes: Vec<String> = walked
        .files
        .iter()
        .map(|file| match read(folder.path(), file) {
            Ok(bytes) => format!("{}: {} bytes", file.path, bytes.len()),
            Err(failure) => format!("{}: {:?}: {}", failure.path, failure.kind, failure.message),
        })
        .collect();
    let expected = [
        "binary.conf: Skipped: binary",
        "empty.yaml: 0 bytes",
        "good.conf: 10 bytes",
        "huge.yaml: Skipped: 200 MB is more than the limit of 16 MB for one file",
        "wide.conf: Skipped: UTF-16 text is not read; save it as UTF-8",
    ];
    assert_eq!(outcomes, expected);
    Ok(())
}

#[cfg(unix)]
#[test]
fn never_leaves_the_repository() -> Outcome {
    use std::os::unix::fs::symlink;
    let outside = tree(&[("secret.yaml", "password: x"), ("conf.d/a.conf", "")])?;
    let folder = tree(&[("sites-available/shop", "server {}"), ("sites-enabled/.keep", "")])?;
    let root = folder.path();
    symlink(outside.path().join("secret.yaml"), root.join("leak.yaml"))?;
    symlink(outside.path().join("secret.yaml"), root.join("leak.png"))?;
    symlink(outside.path(), root.join("everything"))?;
    symlink("loop.conf", root.join("loop.conf"))?;
    symlink("..", root.join("sites-enabled/up"))?;
    symlink("nowhere.conf", root.join("dangling.conf"))?;
    symlink("../sites-available/shop", root.join("sites-enabled/shop"))?;
    let walked = walk(root, &WalkOptions::default(), &is_claimed);
    assert!(paths(&walked).contains(&"sites-available/shop"));
    assert!(!paths(&walked).iter().any(|path| path.contains("secret")));
    let links: Vec<_> = walked
        .links
        .iter()
        .map(|link| (link.path.as_str(), link.target.as_str()))
        .collect();
    assert_eq!(
        links,
        [("sites-enabled/shop", "sites-available/shop"), ("sites-enabled/up", "")]
    );
    let problems: Vec<_> = walked
        .problems
        .iter()
        .map(|problem| (problem.path.as_str(), problem.message.as_str()))
        .collect();
    let expected = [
        ("dangling.conf", "a symbolic link to a file that does not exist"),
        ("everything", "a symbolic link that leaves the repository"),
        ("leak.yaml", "a symbolic link that leaves the repository"),
        ("loop.conf", "a symbolic link that leads back to itself"),
    ];
    assert_eq!(problems, expected);

    // A file that became a link after the walk is not followed either.
    let [shop] = walked
        .files
        .iter()
        .filter(|file| file.path == "sites-available/shop")
        .collect::<Vec<_>>()[..]
    else {
        return Err("one shop".into());
    };
    fs::remove_file(root.join("sites-available/shop"))?;
    symlink(outside.path().join("secret.yaml"), root.join("sites-available/shop"))?;
    assert_eq!(
        read(root, shop).map_err(|failure| failure.kind),
        Err(FailureKind::Skipped)
    );
    Ok(())
}

#[cfg(unix)]
#[test]
fn opens_no_pipe_and_survives_unreadable_and_odd_names() -> Outcome {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    let folder = tree(&[("closed/a.yaml", ""), ("closed.yaml", "")])?;
    let root = folder.path();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket.conf"))?;
    std::process::Command::new("mkfifo")
        .arg(root.join("pipe.conf"))
        .status()?;
    fs::write(root.join(OsStr::from_bytes(b"caf\xE9.conf")), "events {}")?;
    fs::set_permissions(root.join("closed"), fs::Permissions::from_mode(0o000))?;
    fs::set_permissions(root.join("closed.yaml"), fs::Permissions::from_mode(0o000))?;
    let walked = walk(root, &WalkOptions::default(), &is_claimed);
    fs::set_permissions(root.join("closed"), fs::Permissions::from_mode(0o755))?;

    let odd = walked
        .files
        .iter()
        .find(|file| file.path == "caf\\xE9.conf")
        .ok_or("the odd name")?;
    assert_eq!(read(root, odd), Ok(b"events {}".to_vec()));
    assert!(
        !paths(&walked)
            .iter()
            .any(|path| path.contains("pipe") || path.contains("socket"))
    );
    // root may read everything.
    if fs::File::open(root.join("closed.yaml")).is_err() {
        let problems: Vec<_> = walked
            .problems
            .iter()
            .map(|problem| (problem.path.as_str(), problem.kind))
            .collect();
        assert_eq!(problems, [("closed", FailureKind::Unreadable)]);
        let closed = walked
            .files
            .iter()
            .find(|file| file.path == "closed.yaml")
            .ok_or("the closed file")?;
        assert_eq!(
            read(root, closed).map_err(|failure| failure.message),
            Err("permission denied".into())
        );
    } else {
        eprintln!("skipped: run as root, every file is readable");
    }
    Ok(())
}

#[test]
fn finds_the_root() -> Outcome {
    let folder = tree(&[
        (".git/HEAD", "ref: refs/heads/main"),
        ("a/b/nginx.conf", ""),
        ("sub/.git", "gitdir: ../x"),
    ])?;
    let real = fs::canonicalize(folder.path())?;
    for inside in ["", "a", "a/b/nginx.conf", "a/b/not-there.conf"] {
        let found = root::find(&folder.path().join(inside));
        assert_eq!((found.folder, found.is_git), (real.clone(), true), "{inside}");
    }
    assert_eq!(root::find(&folder.path().join("sub")).folder, real.join("sub"));

    let plain = tree(&[("a/nginx.conf", ""), (".git/config", "bare = true")])?;
    let found = root::find(&plain.path().join("a/nginx.conf"));
    assert_eq!(
        (found.folder, found.is_git),
        (fs::canonicalize(plain.path().join("a"))?, false)
    );
    Ok(())
}

#[test]
fn opens_only_what_may_be_configuration() {
    let own = |product: &Descriptor| NameClaim::Own(product.claims.expect("a claimant"));
    let read = [
        ("a/nginx.conf.template", NameClaim::Conf),
        ("nginx.tmpl", NameClaim::Conf),
        ("nginx.virtualserver.tmpl", NameClaim::Conf),
        ("etc/sites-enabled/example.com", NameClaim::Conf),
        ("proxy_params", NameClaim::Conf),
        ("nginx/proxy.inc", NameClaim::Conf),
        ("haproxy.cfg.j2", NameClaim::Conf),
        ("a.YAML", NameClaim::Yaml),
        ("values.yaml.gotmpl", NameClaim::Yaml),
        ("docker-compose.json", NameClaim::Yaml),
        ("api-deployment.json", NameClaim::Yaml),
        ("php.ini-production.ini", NameClaim::Ini),
        ("app/gunicorn.conf.py", own(&gunicorn::DESCRIPTOR)),
        ("src/server.js", own(&node::DESCRIPTOR)),
        ("docker/Caddyfile", own(&caddy::DESCRIPTOR)),
        ("Caddyfile.prod.j2", own(&caddy::DESCRIPTOR)),
        ("sites/shop.caddy", own(&caddy::DESCRIPTOR)),
        ("config/puma.rb", own(&puma::DESCRIPTOR)),
        ("src/main/resources/application.properties", own(&spring::DESCRIPTOR)),
        ("conf/server.xml", own(&tomcat::DESCRIPTOR)),
        (".env.production", NameClaim::Environment),
        ("api/Dockerfile.prod", NameClaim::Dockerfile),
        ("api.dockerfile", NameClaim::Dockerfile),
        ("Procfile", NameClaim::Beside),
        ("web/docker-entrypoint.sh", NameClaim::Beside),
        ("web/package.json", own(&node::DESCRIPTOR)),
        ("infra/main.tf", NameClaim::Terraform),
        ("infra/prod.auto.tfvars", NameClaim::Terraform),
        ("infra/main.tf.json", NameClaim::Terraform),
        ("live/terragrunt.hcl", NameClaim::Terraform),
        ("cloudformation/web.json", NameClaim::Yaml),
        ("web-stack.json", NameClaim::Yaml),
    ];
    for (path, claim) in read {
        assert_eq!(claimants().by_name(path), Some(claim), "{path}");
    }
    for path in [
        "package-lock.json",
        "dashboards/latency.json",
        "src/handler.js",
        "dist/server.js",
        "app/models.py",
        "index.html.j2",
        "conf.d/README.md",
        "usr/sbin/nginx",
        "nginx.conf.bak",
        "nginx.conf~",
        "main.tf.j2",
        "terraform.tfstate",
        "Cargo.toml",
        "",
    ] {
        assert_eq!(claimants().by_name(path), None, "{path}");
    }
}

#[test]
fn tells_yaml_apart() {
    use Role::{Compose, Helm, Kubernetes, Kustomization, OtherYaml};
    let cases = [
        (
            Kubernetes,
            "a.yaml",
            "# c\napiVersion: v1\ndata:\n  x: y\nkind: ConfigMap\n",
        ),
        (
            Kubernetes,
            "a.yaml",
            "a: 1\n---\n\"kind\": Service\n\"apiVersion\": v1\n",
        ),
        (
            Kubernetes,
            "api-service.json",
            "{\n  \"kind\": \"Service\",\n  \"apiVersion\": \"v1\"\n}",
        ),
        (
            Kubernetes,
            "a.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\r\nkind: Kustomization\r\n",
        ),
        (
            Kustomization,
            "a.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
        ),
        (Kustomization, "x/kustomization.yaml", "resources: []\n"),
        (OtherYaml, "a.yaml", "apiVersion: v1\n---\nkind: Service\n"),
        (OtherYaml, "a.yaml", "x: |\n  apiVersion: v1\n  kind: Service\n"),
        (
            OtherYaml,
            ".github/workflows/ci.yml",
            "on: push\njobs:\n  a:\n    services:\n      db:\n        image: x\n",
        ),
        (OtherYaml, ".gitlab-ci.yml", "image: ruby\nservices:\n  - docker:dind\n"),
        (
            OtherYaml,
            "config/services.yaml",
            "services:\n  _defaults:\n    autowire: true\n",
        ),
        (
            Compose,
            "stack.yml",
            "services:\n  # the web\n  web:\n    image: nginx\n",
        ),
        (Compose, "docker-compose.override.yml", "volumes:\n  a: {}\n"),
        (Helm, "values-prod.yaml", "image: x\n"),
        (Helm, "c/Chart.yaml", "apiVersion: v2\nname: c\n"),
        (
            Helm,
            "c/templates/a.yaml",
            "apiVersion: v1\nkind: Service\nname: {{ .Values.x }}\n",
        ),
    ];
    for (role, path, text) in cases {
        assert_eq!(claim(path, text).role, role, "{path}: {text}");
    }
    let charts = Charts::among(["c/Chart.yaml", "c/templates/plain.yaml"]);
    let plain = claimants().by_content(&charts, "c/templates/plain.yaml", "apiVersion: v1\nkind: Service\n");
    assert_eq!((plain.role, plain.language), (Helm, Language::Text));
}

#[test]
fn tells_conf_apart() {
    const OTHER: (Role, Language) = (Role::Other, Language::Text);
    use Outermost::{Http, Location, Main, Server, Stream, Unknown, Upstream};
    let nginx = [
        (Main, "\u{feff}worker_processes auto;\r\nevents {}\r\nhttp {}\r\n"),
        (Http, "upstream a { server a:80; }\n"),
        (Http, "map $a $b { default 1; hostnames; x y; }\n"),
        (
            Http,
            "server { listen {{ port }}; {% if tls %} ssl_certificate x; {% endif %} }",
        ),
        (Http, "server { location = / { return 200 'a } b'; } }"),
        (
            Stream,
            "upstream db { server db:5432; }\nserver { listen 5432; proxy_pass db; }",
        ),
        (Server, "location / { proxy_pass http://${HOST}:${PORT}; }"),
        (
            Server,
            "location / { content_by_lua_block { if #a > 1 then b = { } end } }",
        ),
        (Location, "proxy_pass http://a;\nproxy_read_timeout 5s;"),
        (Upstream, "server a:80;\nleast_conn;"),
        (Unknown, "add_header X-Frame-Options DENY always;"),
    ];
    for (context, text) in nginx {
        let found = claim("a.conf", text);
        assert_eq!(found.role, role(&nginx::DESCRIPTOR), "{text}");
        assert_eq!(Outermost::of(found.fragment), context, "{text}");
    }
    let others = [
        (
            (role(&haproxy::DESCRIPTOR), Language::Haproxy),
            "global\n  daemon\nfrontend web\n  bind :80\n",
        ),
        (
            OTHER,
            "ServerName x\n<VirtualHost *:80>\n  ProxyPass / http://a/\n</VirtualHost>\n",
        ),
        (
            (role(&php_fpm::DESCRIPTOR), Language::Ini),
            "; pool\n[www]\nlisten = 9000\npm = dynamic\n",
        ),
        ((Role::Other, Language::Ini), "[supervisord]\nuser=root\n"),
        (OTHER, "[Unit]\nDescription=x\n[Service]\nExecStart=/bin/x\n"),
        (OTHER, "/var/log/nginx/*.log {\n  daily\n  rotate 7\n}\n"),
        (
            OTHER,
            "options { directory \"/var\"; };\nzone \".\" { type hint; file \"x\"; };\ninclude \"/etc/a\";\n",
        ),
        (OTHER, "bind 127.0.0.1\nport 6379\ntimeout 0\n"),
        (OTHER, "listen_addresses = '*'\nmax_connections = 100\n"),
        (OTHER, ""),
        (OTHER, "{{{{{{ ${ \\"),
    ];
    for (expected, text) in others {
        let found = claim("a.conf", text);
        assert_eq!((found.role, found.language), expected, "{text}");
    }
    let found = claim("nginx/deny.conf", "deny all;");
    assert_eq!(
        (found.role, Outermost::of(found.fragment)),
        (role(&nginx::DESCRIPTOR), Unknown)
    );
}

proptest::proptest! {
    /// Words that mean something to one of the languages, in any order.
    #[test]
    fn claims_anything_without_panic(
        path in "([a-z.{}/é]|conf|ya?ml|nginx|values|compose|templates/){0,8}",
        text in "([a-z ;:={}\"'\\\\$#%<>\\[\\]\\n\\-é]|\\{\\{|kind: |apiVersion: |services:|server|proxy_pass|_block|---|map){0,60}",
    ) {
        claimants().by_content(&Charts::among([path.as_str(), "Chart.yaml"]), &path, &text);
        claimants().by_content(&Charts::default(), "a.conf", &text);
        claimants().by_content(&Charts::default(), "a.yaml", &text);
        claimants().by_content(&Charts::default(), "a.ini", &text);
    }
}

#[test]
fn claims_hostile_text_in_time() {
    let start = std::time::Instant::now();
    for piece in ["{\n", "${", "{{", "kind: a\n", "a_block {", "'", "[x]\n", "services:\n"] {
        let text = piece.repeat(1 << 18);
        for path in ["a.conf", "a.yaml", "a.ini", "templates/a.yaml"] {
            claimants().by_content(&Charts::default(), path, &text);
        }
    }
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

#[test]
fn says_when_the_root_is_not_there() {
    let walked = walk(Path::new("/nowhere/at/all"), &WalkOptions::default(), &is_claimed);
    assert_eq!(walked.files, []);
    let problems: Vec<_> = walked
        .problems
        .iter()
        .map(|problem| (problem.path.as_str(), problem.kind))
        .collect();
    assert_eq!(problems, [(".", FailureKind::Unreadable)]);
}

#[test]
fn claims_the_generated_repository() -> Outcome {
    let folder = TempDir::new()?;
    let written = generate::tree(folder.path(), 2_000)?;
    assert_eq!((written.files, written.defects), (2_000, 2));
    let per_file = written.bytes / 2_000;
    assert!(
        (1_200..1_700).contains(&per_file) && written.config_bytes < written.bytes,
        "{written:?}"
    );
    let walked = walk(folder.path(), &WalkOptions::default(), &is_claimed);
    let mut counts: HashMap<Role, usize> = HashMap::new();
    for file in &walked.files {
        let text = String::from_utf8(read(folder.path(), file).map_err(|failure| failure.message)?)?;
        *counts.entry(claim(&file.path, &text).role).or_default() += 1;
    }
    // 400 apps: 280 in Kubernetes with 3 files each, half of them with nginx in a ConfigMap; 120 in compose.
    assert_eq!(counts[&Role::Compose], 120);
    assert_eq!(
        counts[&Role::Kubernetes] + counts[&role(&nginx::DESCRIPTOR)],
        280 * 4 + 120
    );
    assert_eq!(
        (counts[&role(&gunicorn::DESCRIPTOR)], counts[&Role::Environment]),
        (120, 120)
    );
    assert!(!counts.contains_key(&Role::Other), "{counts:?}");
    Ok(())
}

/// What the corpus is claimed as, checked by hand once; a change here must be looked at by hand again.
#[test]
fn claims_the_corpus() -> Outcome {
    let root = Path::new("/work/shared/corpus");
    if !root.is_dir() {
        eprintln!("skipped: the corpus is not here");
        return Ok(());
    }
    let walked = walk(root, &WalkOptions::default(), &is_claimed);
    assert_eq!(walked.problems, []);
    let charts = Charts::among(paths(&walked));
    let mut counts: BTreeMap<String, HashMap<Role, usize>> = BTreeMap::new();
    let (mut bytes, mut time) = (0, std::time::Duration::ZERO);
    for file in &walked.files {
        let content = read(root, file).map_err(|failure| failure.message)?;
        let text = String::from_utf8_lossy(&content);
        let start = std::time::Instant::now();
        let found = claimants().by_content(&charts, &file.path, &text).role;
        time += start.elapsed();
        bytes += text.len();
        let folder = file.path.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
        *counts.entry(folder).or_default().entry(found).or_default() += 1;

        let path = file.path.as_str();
        let is_nginx = found == role(&nginx::DESCRIPTOR);
        if path.starts_with("nginx/")
            && !path.contains("apache")
            && (path.ends_with(".conf") || path.ends_with(".sample"))
        {
            let is_other = path.ends_with("supervisord.conf");
            assert_eq!(is_nginx, !is_other, "{path}: {found:?}");
        }
        if path.ends_with("haproxy.conf") || path.ends_with("haproxy.limits.conf") {
            assert_eq!(found, Role::Other, "{path}");
        }
        if path.ends_with(".cfg") {
            assert_eq!(found, role(&haproxy::DESCRIPTOR), "{path}");
        }
        if path.contains(".github/") || path.contains("/values") {
            let is_wrong = matches!(found, Role::Kubernetes | Role::Compose);
            assert!(!is_wrong, "{path}: {found:?}");
        }
    }
    for (folder, roles) in counts {
        println!("{folder}: {roles:?}");
    }
    println!("{bytes} bytes in {time:?}");
    Ok(())
}
