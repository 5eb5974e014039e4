//! What a file's name promises.

use super::NameClaim;

/// Endings that say "this is a template or a copy of a configuration", not which language.
const WRAPPERS: [&str; 13] = [
    "sample", "template", "tmpl", "tpl", "j2", "jinja", "jinja2", "erb", "gotmpl", "dist", "example", "in", "default",
];

/// Endings of files that are never configuration, also in folders where every file is.
const NEVER: [&str; 22] = [
    "md", "txt", "rst", "html", "htm", "css", "sh", "png", "jpg", "jpeg", "gif", "svg", "ico", "gz", "zip", "pem",
    "crt", "key", "csr", "log", "php", "rb",
];

/// Folders in which every file is configuration of a web server.
const FOLDERS: [&str; 12] = [
    "sites-available",
    "sites-enabled",
    "conf.d",
    "http.d",
    "http-conf.d",
    "stream.d",
    "stream-conf.d",
    "streams-enabled",
    "streams-available",
    "vhost.d",
    "vhosts.d",
    "snippets",
];

/// Folders of JavaScript that is built, vendored or only tests.
const NOT_SERVERS: [&str; 12] = [
    "node_modules",
    "dist",
    "build",
    "out",
    "public",
    "static",
    "assets",
    "vendor",
    "test",
    "tests",
    "__tests__",
    "coverage",
];

/// What the name of a file says it may be; `None` for a file that need not be opened at all.
pub fn by_name(path: &str) -> Option<NameClaim> {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    if [".bak", ".orig", ".old", ".swp", "~"]
        .iter()
        .any(|ending| file.ends_with(ending))
    {
        return None;
    }
    let mut name = file;
    while let Some((stem, ending)) = name.rsplit_once('.')
        && is_one_of(&WRAPPERS, ending)
        && !stem.is_empty()
    {
        name = stem;
    }
    if let Some(claim) = by_whole_name(folders, name) {
        return Some(claim);
    }
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    match ending {
        _ if is(ending, "yaml") || is(ending, "yml") => Some(NameClaim::Yaml),
        _ if is(ending, "json") && (stem.ends_with(".tf") || stem.ends_with(".tfvars")) => Some(NameClaim::Terraform),
        _ if is(ending, "json") => (is_manifest(stem) || is_stack(folders, stem)).then_some(NameClaim::Yaml),
        _ if is_one_of(&["conf", "cfg", "nginx", "vhost", "ngx", "nginxconf"], ending) => Some(NameClaim::Conf),
        _ if is(ending, "ini") => Some(NameClaim::Ini),
        "env" => Some(NameClaim::Environment),
        // A template or a copy of one is no part of a module.
        "tf" | "tfvars" if name.len() == file.len() => Some(NameClaim::Terraform),
        // What HAProxy looks backends up in; a source map belongs to something that was built.
        "map" if !stem.contains('.') => Some(NameClaim::Conf),
        "rb" => (stem == "puma" || folders.ends_with("config/puma")).then_some(NameClaim::Ruby),
        "properties" => stem.starts_with("application").then_some(NameClaim::Properties),
        "service" => (!stem.is_empty()).then_some(NameClaim::Systemd),
        "py" => is_gunicorn(folders, stem).then_some(NameClaim::Python),
        "js" | "ts" | "mjs" | "cjs" | "mts" | "cts" => starts_server(folders, stem).then_some(NameClaim::JavaScript),
        _ if is(ending, "dockerfile") => Some(NameClaim::Dockerfile),
        // Nothing is left but the wrapper: `nginx.tmpl`, `default.template`.
        _ if name.len() < file.len() && (ending.is_empty() || stem.starts_with("nginx")) => Some(NameClaim::Conf),
        _ => in_folder(folders, ending),
    }
}

fn by_whole_name(folders: &str, name: &str) -> Option<NameClaim> {
    match name {
        "Procfile" => Some(NameClaim::Procfile),
        "Dockerfile" | "Containerfile" => Some(NameClaim::Dockerfile),
        "Kustomization" => Some(NameClaim::Yaml),
        "server.xml" => Some(NameClaim::Tomcat),
        "terragrunt.hcl" => Some(NameClaim::Terraform),
        "nginx" | "haproxy" => (!folders.ends_with("bin")).then_some(NameClaim::Conf),
        _ if name.starts_with("Dockerfile.") => Some(NameClaim::Dockerfile),
        ".env" => Some(NameClaim::Environment),
        _ if name.starts_with(".env.") => Some(NameClaim::Environment),
        // nginx.conf.prod, nginx.conf-old
        _ if name.starts_with("nginx.conf") || name.starts_with("haproxy.cfg") => Some(NameClaim::Conf),
        _ if name.ends_with("_params") => Some(NameClaim::Conf),
        _ => None,
    }
}

/// In some folders every file is read, `example.com` and `default` too.
fn in_folder(folders: &str, ending: &str) -> Option<NameClaim> {
    let is_known = || folders.rsplit('/').take(2).any(|folder| FOLDERS.contains(&folder));
    let is_included =
        || is_one_of(&["inc", "include"], ending) && folders.split('/').any(|part| part.contains("nginx"));
    (!is_one_of(&NEVER, ending) && (is_known() || is_included())).then_some(NameClaim::Conf)
}

/// JSON is read only where its name says that it deploys something: most JSON is data, and there is much of it.
fn is_manifest(stem: &str) -> bool {
    const KINDS: [&str; 8] = [
        "deployment",
        "service",
        "ingress",
        "configmap",
        "statefulset",
        "daemonset",
        "pod",
        "kustomization",
    ];
    let last = stem.rsplit(['-', '_', '.']).next().unwrap_or(stem);
    // Envoy's own, and the files of resources it reads.
    let of_envoy = || stem.contains("envoy") || matches!(last, "bootstrap" | "xds" | "lds" | "cds" | "rds" | "eds");
    stem.starts_with("compose") || stem.starts_with("docker-compose") || KINDS.contains(&last) || of_envoy()
}

/// Whether JSON is named as CloudFormation templates are.
fn is_stack(folders: &str, stem: &str) -> bool {
    const WORDS: [&str; 5] = ["cloudformation", "cfn", "stack", "template", "autoscaling"];
    let says_so = |part: &str| {
        part.split(['-', '_', '.'])
            .any(|word| is_one_of(&WORDS, word.strip_suffix('s').unwrap_or(word)))
    };
    says_so(stem) || folders.split('/').any(says_so)
}

/// Whether a file of Terraform is read: a part of a module, or values for its variables. JSON is not, nor what
/// Terragrunt reads, which may set any variable.
pub(super) fn is_hcl(path: &str) -> bool {
    path.ends_with(".tf") || path.ends_with(".tfvars")
}

fn is_gunicorn(folders: &str, stem: &str) -> bool {
    let folder = folders.rsplit('/').next().unwrap_or_default();
    stem.starts_with("gunicorn")
        || stem.ends_with("gunicorn")
        || stem.ends_with("gunicorn.conf")
        || stem.ends_with("gunicorn_conf")
        || (folder == "gunicorn" && stem.contains("conf"))
}

fn starts_server(folders: &str, stem: &str) -> bool {
    matches!(stem, "server" | "app" | "index" | "main" | "www")
        && !folders.split('/').any(|folder| NOT_SERVERS.contains(&folder))
}

fn is(ending: &str, expected: &str) -> bool {
    ending.eq_ignore_ascii_case(expected)
}

fn is_one_of(list: &[&str], ending: &str) -> bool {
    list.iter().any(|expected| is(ending, expected))
}
