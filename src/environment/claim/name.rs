//! What a file's name promises.

use memchr::memrchr;

use super::claimant::NameClaim;

/// Endings that say "this is a template or a copy of a configuration", not which language.
const WRAPPERS: [&str; 13] = [
    "sample", "template", "tmpl", "tpl", "j2", "jinja", "jinja2", "erb", "gotmpl", "dist", "example", "in", "default",
];

/// The path of a file, taken apart once for everybody who is asked about it.
#[derive(Clone, Copy, Debug)]
pub struct Name<'p> {
    /// The whole path.
    pub path: &'p str,
    /// The folders, without the last `/`.
    pub folders: &'p str,
    /// What stands behind them.
    pub file: &'p str,
    /// `file` without endings that say "this is a template" or "this is a copy": `nginx.conf` of `nginx.conf.j2`.
    pub bare: &'p str,
    /// `bare` before its last dot.
    pub stem: &'p str,
    /// `bare` behind its last dot; empty without one.
    pub ending: &'p str,
}

impl<'p> Name<'p> {
    /// Takes a path apart.
    pub fn from_path(path: &'p str) -> Name<'p> {
        let (folders, file) = cut(path, b'/');
        let mut bare = file;
        let (stem, ending) = loop {
            match memrchr(b'.', bare.as_bytes()) {
                None => break (bare, ""),
                Some(dot) if dot > 0 && is_one_of(&WRAPPERS, &bare[dot + 1..]) => bare = &bare[..dot],
                Some(dot) => break (&bare[..dot], &bare[dot + 1..]),
            }
        };
        Name {
            path,
            folders,
            file,
            bare,
            stem,
            ending,
        }
    }

    /// Whether the name says that it is a template or a copy of something.
    pub fn is_wrapped(&self) -> bool {
        self.bare.len() < self.file.len()
    }

    /// Whether its ending is one of some, in any case.
    pub fn ends_in(&self, endings: &[&str]) -> bool {
        is_one_of(endings, self.ending)
    }

    /// Whether it lies directly in a folder of that name.
    pub fn is_in(&self, folder: &str) -> bool {
        let around = self.folders.strip_suffix(folder);
        around.is_some_and(|around| around.is_empty() || around.ends_with('/'))
    }

    /// Whether it is called after a host, as files of sites are: `shop.example.org`.
    pub fn is_host(&self) -> bool {
        let is_label = |label: &str| {
            let inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            !label.is_empty() && label.bytes().all(inside)
        };
        let is_top = |label: &str| label.len() > 1 && label.bytes().all(|byte| byte.is_ascii_lowercase());
        let mut labels = self.bare.split('.');
        is_top(self.ending) && !is_never(self.ending) && labels.clone().count() > 1 && labels.all(is_label)
    }

    pub(super) fn is_backup(&self) -> bool {
        let endings = [".bak", ".orig", ".old", ".swp", "~"];
        endings.iter().any(|ending| self.file.ends_with(ending))
    }
}

/// What stands before the last of some bytes, and what behind it: everything, where there is none.
fn cut(text: &str, at: u8) -> (&str, &str) {
    match memrchr(at, text.as_bytes()) {
        Some(found) => (&text[..found], &text[found + 1..]),
        None => ("", text),
    }
}

/// The names that say how a file is written, whoever reads it.
pub(super) fn format(name: &Name<'_>) -> Option<NameClaim> {
    if let Some(claim) = by_whole_name(name.bare) {
        return Some(claim);
    }
    let Name { stem, ending, .. } = *name;
    match ending {
        _ if is(ending, "yaml") || is(ending, "yml") => Some(NameClaim::Yaml),
        _ if is(ending, "json") && (stem.ends_with(".tf") || stem.ends_with(".tfvars")) => Some(NameClaim::Terraform),
        _ if is(ending, "json") => (is_manifest(stem) || is_stack(name.folders, stem)).then_some(NameClaim::Yaml),
        _ if is(ending, "conf") || is(ending, "cfg") => Some(NameClaim::Conf),
        _ if is(ending, "ini") => Some(NameClaim::Ini),
        "env" => Some(NameClaim::Environment),
        // A template or a copy of one is no part of a module.
        "tf" | "tfvars" if !name.is_wrapped() => Some(NameClaim::Terraform),
        "service" | "socket" => (!stem.is_empty()).then_some(NameClaim::Systemd),
        _ if is(ending, "dockerfile") => Some(NameClaim::Dockerfile),
        "sh" | "bash" | "" if starts_something(name) => Some(NameClaim::Beside),
        _ => None,
    }
}

fn by_whole_name(name: &str) -> Option<NameClaim> {
    match name {
        "Procfile" | ".dockerignore" => Some(NameClaim::Beside),
        "Dockerfile" | "Containerfile" => Some(NameClaim::Dockerfile),
        "Kustomization" => Some(NameClaim::Yaml),
        "terragrunt.hcl" => Some(NameClaim::Terraform),
        _ if name.starts_with("Dockerfile.") => Some(NameClaim::Dockerfile),
        ".env" => Some(NameClaim::Environment),
        _ if name.starts_with(".env.") => Some(NameClaim::Environment),
        _ => None,
    }
}

/// Whether a script is called like those that images and services start with.
fn starts_something(name: &Name<'_>) -> bool {
    const WORDS: [&str; 12] = [
        "entrypoint",
        "entry",
        "start",
        "startup",
        "run",
        "boot",
        "launch",
        "init",
        "serve",
        "server",
        "command",
        "cmd",
    ];
    let mut words = name.stem.split(['-', '_', '.']);
    match name.ending {
        "" => name.file == name.stem && ["entrypoint", "start"].iter().any(|end| name.stem.ends_with(end)),
        _ => words.any(|word| is_one_of(&WORDS, word)),
    }
}

/// Whether a file that nobody knows by its name may be configuration: nothing is left of its name but the wrapper
/// (`default.template`), or it lies in a folder where every file is read, `example.com` and `default` too.
pub(super) fn is_conf(name: &Name<'_>) -> bool {
    let is_bare = name.is_wrapped() && name.ending.is_empty();
    is_bare || (is_of_web_server(name.folders) && !is_never(&name.ending.to_ascii_lowercase()))
}

/// Whether one of the two innermost folders is one in which every file is configuration of a web server.
fn is_of_web_server(folders: &str) -> bool {
    let is_known = |folder: &str| {
        matches!(
            folder,
            "sites-available"
                | "sites-enabled"
                | "conf.d"
                | "http.d"
                | "http-conf.d"
                | "stream.d"
                | "stream-conf.d"
                | "streams-enabled"
                | "streams-available"
                | "vhost.d"
                | "vhosts.d"
                | "snippets"
        )
    };
    let (around, folder) = cut(folders, b'/');
    is_known(folder) || is_known(cut(around, b'/').1)
}

/// Endings of files that are no configuration of a web server, also in folders where every file is.
#[rustfmt::skip]
fn is_never(ending: &str) -> bool {
    matches!(
        ending,
        "md" | "txt" | "rst" | "html" | "htm" | "css" | "sh" | "png" | "jpg" | "jpeg" | "gif" | "svg" | "ico" | "gz"
            | "zip" | "pem" | "crt" | "key" | "csr" | "log" | "php" | "rb" | "py" | "js" | "ts" | "mjs" | "cjs" | "mts"
            | "cts" | "json" | "properties"
    )
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
    stem.starts_with("compose") || stem.starts_with("docker-compose") || KINDS.contains(&last)
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

fn is(ending: &str, expected: &str) -> bool {
    ending.eq_ignore_ascii_case(expected)
}

fn is_one_of(list: &[&str], ending: &str) -> bool {
    list.iter().any(|expected| is(ending, expected))
}
