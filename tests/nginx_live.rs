//! The real nginx is the judge: what a fix makes of an example is accepted by it, and what a rule says nginx refuses is
//! refused. Needs nginx; every example that cannot be tried says why.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::fixes::{Awkward, Files, Judged, crlf};
use gatelint::analysis::{Ground, analyse};
use gatelint::environment::claim::Charts;
use gatelint::environment::{Role, read};
use gatelint::finding::{Settled, Telling};
use gatelint::fix::prove::apart;
use gatelint::model::Version;
use gatelint::product::nginx::claim::Outermost;
use gatelint::product::nginx::misplaced::{ALLOWED, allowed};
use gatelint::product::nginx::table::TABLE;
use gatelint::product::{claimants, nginx};
use gatelint::repo::{Edit, Sources, edit::splice};
use gatelint::rule::RuleSet;
use rayon::prelude::*;

struct Nginx {
    binary: &'static str,
    version: Version,
    streams: bool,
}

enum Verdict {
    Accepted,
    Refused(String),
    Skipped(&'static str),
}

fn nginx() -> Option<Nginx> {
    let binary = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"];
    let Some(binary) = binary.into_iter().find(|path| Path::new(path).exists()) else {
        eprintln!("SKIPPED: there is no nginx");
        return None;
    };
    let output = Command::new(binary).arg("-v").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let version = said.trim().rsplit('/').next().and_then(Version::parse).unwrap();
    let built = Command::new(binary).arg("-V").output().unwrap();
    let built = String::from_utf8_lossy(&built.stderr).into_owned();
    let streams = built.split_whitespace().any(|word| word == "--with-stream");
    Some(Nginx {
        binary,
        version,
        streams,
    })
}

impl Nginx {
    /// What it says of the configurations of a small repository: of each whole one with what it includes, else of each
    /// fragment where it belongs.
    fn judge(&self, files: &Files) -> Vec<(String, Verdict)> {
        let found = configurations(files);
        let folder = tempfile::tempdir().unwrap();
        for name in ["mime.types", "fastcgi_params", "uwsgi_params", "scgi_params"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let declared: Vec<&str> = found.iter().flat_map(|(_, text, _)| declared(text)).collect();
        let prefix = format!("{}/", folder.path().display());
        // Names are looked up at start, and no test may depend on a name server.
        let localized = |text: &str| hosts(text, &declared).replace("/etc/nginx/", &prefix);
        for (path, text, _) in &found {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, localized(text)).unwrap();
        }
        let wholes = found.iter().any(|(_, _, context)| *context == Outermost::Main);
        let tried = found
            .iter()
            .filter(|(_, _, context)| !wholes || *context == Outermost::Main);
        let verdict = |(path, text, context): &(String, String, Outermost)| {
            let reason = found.iter().find_map(|(_, text, _)| self.cannot_try(text));
            let verdict = match reason {
                Some(reason) => Verdict::Skipped(reason),
                None => self.refuses(folder.path(), &localized(text), *context),
            };
            (path.clone(), verdict)
        };
        tried.map(verdict).collect()
    }

    fn refuses(&self, folder: &Path, text: &str, context: Outermost) -> Verdict {
        let whole = match context {
            // A fragment that another file includes into `events`.
            Outermost::Main if text.starts_with("worker_connections") => format!("events {{ {text} }}\nhttp {{}}\n"),
            Outermost::Main => text.to_owned(),
            Outermost::Server => format!("events {{}}\nhttp {{ server {{ {text} }} }}\n"),
            Outermost::Location => format!("events {{}}\nhttp {{ server {{ location / {{ {text} }} }} }}\n"),
            Outermost::Stream => format!("events {{}}\nstream {{ {text} }}\n"),
            _ => format!("events {{}}\nhttp {{ {text} }}\n"),
        };
        let file = folder.join("tried.main");
        std::fs::write(&file, whole).unwrap();
        let output = Command::new(self.binary)
            .args(["-t", "-q", "-g"])
            .arg(format!("pid {}/pid; error_log stderr;", folder.display()))
            .arg("-p")
            .arg(folder)
            .arg("-c")
            .arg(&file)
            .output()
            .unwrap();
        if output.status.success() {
            return Verdict::Accepted;
        }
        Verdict::Refused(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Why a text cannot be tried with this nginx.
    fn cannot_try(&self, text: &str) -> Option<&'static str> {
        let since = |version| Version::parse(version).and_then(|since| self.version.at_least(&since)) == Some(true);
        let words = || text.split(|c: char| c.is_whitespace() || c == ';');
        if words().any(|word| word == "resolve") && !since("1.27.3") {
            return Some("`resolve` needs nginx 1.27.3");
        }
        if text.contains("proxy_http_version 2;") && !since("1.29.4") {
            return Some("`proxy_http_version 2` needs nginx 1.29.4");
        }
        // Debian has it in a package of its own.
        if text.contains("stream {") && !self.streams {
            return Some("this nginx has no stream");
        }
        if words().any(|word| word == "ssl_certificate") {
            return Some("its certificates are not here");
        }
        if text.contains("${") || text.contains("{{") {
            return Some("it is filled in later");
        }
        None
    }
}

/// The names of the groups a text declares.
fn declared(text: &str) -> impl Iterator<Item = &str> {
    let names = text.lines().filter_map(|line| line.trim().strip_prefix("upstream "));
    names.filter_map(|rest| rest.split([' ', '{']).next())
}

/// The text with 127.0.0.1 in place of every host name that is passed to, and without a pid file, which is given.
fn hosts(text: &str, declared: &[&str]) -> String {
    let line = |line: &str| {
        let Some((name, rest)) = line.trim_start().split_once(' ') else {
            return line.to_owned();
        };
        if name == "pid" {
            return String::new();
        }
        if name == "resolver" && rest.starts_with("kube-dns") {
            let end = rest.find([' ', ';']).unwrap_or(rest.len());
            return format!("resolver 127.0.0.1{}", &rest[end..]);
        }
        if !(name.ends_with("_pass") || name == "server") || rest.contains(['$', '{']) || rest.contains("unix:") {
            return line.to_owned();
        }
        let (scheme, address) = match rest.find("://") {
            Some(at) => rest.split_at(at + 3),
            None => ("", rest),
        };
        let end = address.find([':', ';', '/', ' ']).unwrap_or(address.len());
        let host = &address[..end];
        if name != "server" && declared.contains(&host) || host.starts_with('[') {
            return line.to_owned();
        }
        format!("{name} {scheme}127.0.0.1{}", &address[end..])
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

/// Every nginx text of a small repository: files, and what is mounted from other files. Includes of repository files
/// are not followed: an example stands in one file.
fn configurations(files: &Files) -> Vec<(String, String, Outermost)> {
    let sources = Sources::default();
    let texts = files
        .iter()
        .map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    let read = read::in_memory(&sources, gatelint::product::claimants(), texts);
    let mut found = Vec::new();
    let nginx = Role::Product(nginx::DESCRIPTOR.id());
    for file in read.repository.files() {
        let embedded = embedded(&file.source.text);
        let own = (file.role == nginx).then(|| (file.path.to_string(), file.source.text.to_string()));
        for (name, text) in own.into_iter().chain(embedded) {
            let claim = claimants().by_content(&Charts::default(), &name, &text);
            if claim.role == nginx {
                found.push((name, text, Outermost::of(claim.fragment)));
            }
        }
    }
    found
}

/// The block scalars of a YAML text whose key ends in `.conf`.
fn embedded(yaml: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = yaml.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(name) = line.trim().strip_suffix(".conf: |") else {
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let mut text = String::new();
        while let Some(next) =
            lines.next_if(|next| next.trim().is_empty() || next.len() - next.trim_start().len() > indent)
        {
            text.push_str(next);
            text.push('\n');
        }
        found.push((format!("{name}.conf"), text));
    }
    found
}

/// The files after every fix that a rule offers.
fn fixed(rules: &RuleSet, rule: &str, files: &Files) -> Files {
    let sources = Sources::default();
    let texts = files
        .iter()
        .map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    let read = read::in_memory(&sources, gatelint::product::claimants(), texts);
    let ground = Ground::new(&sources, rules);
    let (analysis, Settled { mut findings, .. }) = analyse(&ground, read.repository, &Telling::ALL);
    findings.retain(|finding| &*finding.rule == rule);
    analysis.make_room(&findings).prove(&mut findings);
    let mut edits: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
    for edit in apart(findings.iter().filter_map(|finding| finding.fix()))
        .iter()
        .flat_map(|fix| &fix.edits)
    {
        let own = edits.entry(sources.get(edit.span.source).path.to_string()).or_default();
        if !own.contains(edit) {
            own.push(edit.clone());
        }
    }
    let after = files.iter().map(|(path, text)| {
        let edits = edits.get(path).map_or(&[][..], Vec::as_slice);
        (path.clone(), splice(text, edits).unwrap())
    });
    after.collect()
}

#[test]
fn what_fixes_make_is_accepted() {
    let Some(nginx) = nginx() else { return };
    let rules = RuleSet::embedded().unwrap();
    let (mut accepted, mut refused) = (0, 0);
    let mut wrong: Vec<String> = Vec::new();
    for rule in rules.rules() {
        for (at, example) in rule.examples().into_iter().enumerate() {
            let name = format!("{} {}", rule.id, at + 1);
            // What these rules find, nginx refuses.
            let is_refused = |rule: &str| {
                matches!(
                    rule,
                    "buffer-sizes-refused"
                        | "directive-misplaced"
                        | "directive-repeated"
                        | "group-refused"
                        | "no-live-server"
                        | "unreadable-configuration"
                )
            };
            let may_stay = example.bad && is_refused(&rule.id);
            let is_refusal = matches!(&*rule.id, "buffer-sizes-refused" | "group-refused") && example.bad;
            let after = match example.bad {
                true => fixed(&rules, &rule.id, &example.files),
                false => example.files.clone(),
            };
            for (path, verdict) in nginx.judge(&after) {
                match verdict {
                    Verdict::Accepted => accepted += 1,
                    Verdict::Skipped(reason) => eprintln!("SKIPPED: {name}: {path}: {reason}"),
                    // Where no fix is offered, it stays refused.
                    Verdict::Refused(_) if may_stay && after == example.files => {}
                    // Nobody loads it as it stands.
                    Verdict::Refused(_) if path.ends_with(".example") || path.ends_with(".j2") => {}
                    Verdict::Refused(said) if said.contains("host not found") => {
                        eprintln!("SKIPPED: {name}: {path}: its names cannot be looked up here");
                    }
                    Verdict::Refused(said) if said.contains("No such file or directory") => {
                        eprintln!("SKIPPED: {name}: {path}: it names a file of the machine");
                    }
                    Verdict::Refused(said) => wrong.push(format!("{name}: {path} is refused: {said}{after:#?}")),
                }
            }
            for (path, verdict) in nginx.judge(&example.files).into_iter().filter(|_| is_refusal) {
                match verdict {
                    Verdict::Refused(said) if said.contains("buffer") || said.contains("parameter") => refused += 1,
                    Verdict::Skipped(reason) => eprintln!("SKIPPED: {name}: {path}: {reason}"),
                    _ => wrong.push(format!("{name}: {path} should be refused")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!("nginx accepts {accepted} texts and refuses {refused} that a rule says it refuses");
    assert!(accepted > 5 && refused > 1);
}

impl Nginx {
    /// Whether every text of a small repository that can be tried is loaded.
    fn loads(&self, files: &Files) -> Option<Result<(), String>> {
        let mut tried = None;
        for (path, verdict) in self.judge(files) {
            match verdict {
                Verdict::Accepted => tried = Some(Ok(())),
                Verdict::Skipped(_) => {}
                Verdict::Refused(said) => return Some(Err(format!("{path}: {said}"))),
            }
        }
        tried
    }
}

/// Where a person may have written what an example writes plainly.
const AWKWARD: [Awkward; 7] = [
    ("as it is", |text| Some(text.to_owned())),
    ("in an `if`", |text| {
        each_line(text, |line| match line.trim().strip_prefix("proxy_pass ") {
            Some(to)
                if !to
                    .trim_start_matches("http://")
                    .trim_start_matches("https://")
                    .contains('/') =>
            {
                vec!["if ($arg_a) {".to_owned(), line.to_owned(), "}".to_owned()]
            }
            _ => vec![line.to_owned()],
        })
    }),
    ("settings in the server", |text| {
        let is_setting = |line: &str| {
            let word = line.trim().split(' ').next().unwrap_or_default();
            let module = ["proxy_", "fastcgi_", "uwsgi_", "grpc_"]
                .iter()
                .any(|module| word.starts_with(module));
            module && !word.ends_with("_pass") && !word.ends_with("_param") && line.trim_end().ends_with(';')
        };
        let at = text
            .lines()
            .position(|line| line.trim_start().starts_with("location"))?;
        let (before, behind): (Vec<_>, Vec<_>) = text.lines().enumerate().partition(|(n, _)| *n < at);
        let (moved, rest): (Vec<_>, Vec<_>) = behind.into_iter().partition(|(_, line)| is_setting(line));
        let lines = before
            .into_iter()
            .chain(moved)
            .chain(rest)
            .map(|(_, line)| line.to_owned() + "\n");
        Some(lines.collect())
    }),
    ("on one line", |text| {
        (!text.contains('#')).then(|| text.split_whitespace().collect::<Vec<_>>().join(" ") + "\n")
    }),
    ("two locations", |text| {
        let at = text.find("    location ")?;
        let end = at + text[at..].find("\n    }")? + 7;
        let second = text[at..end]
            .replacen("location ", "location /second", 1)
            .replace("/second=", "/second");
        let second = second.replace("/second~", "/second").replace("\\.php$", "");
        Some(format!(
            "{}{second}{}",
            &text[..end.min(text.len())],
            &text[end.min(text.len())..]
        ))
    }),
    ("with the line ends of Windows", crlf),
    ("without an end of line", |text| Some(text.trim_end().to_owned())),
];

fn each_line(text: &str, change: impl Fn(&str) -> Vec<String>) -> Option<String> {
    let lines: Vec<String> = text.lines().flat_map(change).collect();
    Some(lines.join("\n") + "\n")
}

/// What loads, loads after every fix, wherever the settings stand.
#[test]
fn fixes_in_awkward_places_are_accepted() {
    let Some(nginx) = nginx() else { return };
    let judged = Judged::default();
    judged.judge_examples(&AWKWARD, |path| path.ends_with(".conf"), &|files| nginx.loads(files));
    let real = projects();
    real.par_iter().for_each(|project| {
        let mut files = Files::new();
        collect(project, project, &mut files);
        if files.len() < 200 {
            judged.judge(&project.display().to_string(), &files, &|files| nginx.loads(files));
        }
    });
    judged.end("nginx", 50);
}

/// The folders of the corpus in which something says what is deployed. They are not part of this repository.
fn projects() -> BTreeSet<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let files = walkdir::WalkDir::new(shared).into_iter().flatten();
    let compose = files.filter(|entry| entry.file_name().to_string_lossy().contains("compose"));
    let folders = compose.filter(|entry| entry.file_type().is_file());
    let folders: BTreeSet<PathBuf> = folders
        .filter_map(|entry| Some(entry.path().parent()?.to_path_buf()))
        .collect();
    if folders.is_empty() {
        eprintln!("SKIPPED: the corpus is not here");
    }
    folders
}

/// Each directive whose blocks are known here, in every block: refused there where it should be, and nowhere else.
#[test]
fn directives_are_refused_where_they_are_said_to_be() {
    let Some(nginx) = nginx() else { return };
    let folder = tempfile::tempdir().unwrap();
    const BLOCKS: [(&str, &str); 5] = [
        ("http", "?"),
        ("server", "server { ? }"),
        ("location", "server { location / { ? } }"),
        ("if", "server { location / { if ($arg_a) { ? } } }"),
        ("limit_except", "server { location / { limit_except GET { ? } } }"),
    ];
    let rows = TABLE.rows().iter().map(|row| row.name.as_str());
    let listed = ALLOWED.iter().flat_map(|(names, _)| names.iter().copied());
    let names: BTreeSet<&str> = rows.chain(listed).collect();
    let mut asked = 0;
    for name in names {
        let Some(blocks) = allowed(name) else { continue };
        for (block, around) in BLOCKS {
            let line = match name {
                "map" | "upstream" => format!("{name} a {{ }}"),
                _ => format!("{name} a;"),
            };
            let text = around.replace('?', &line);
            let Verdict::Refused(said) = nginx.refuses(folder.path(), &text, Outermost::Http) else {
                assert!(blocks.contains(&block), "{name} in {block} is taken");
                continue;
            };
            if said.contains("unknown directive") {
                continue;
            }
            asked += 1;
            let refused = said.contains("is not allowed here");
            assert_eq!(refused, !blocks.contains(&block), "{name} in {block}: {said}");
        }
    }
    eprintln!("nginx was asked {asked} times where a directive may stand");
}

/// The estates are whole repositories: their configurations are real ones too.
#[test]
fn estates_are_accepted() {
    let Some(nginx) = nginx() else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/estates");
    let mut tried = 0;
    for estate in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let mut files = Files::new();
        collect(&estate.path(), &estate.path(), &mut files);
        for (path, verdict) in nginx.judge(&files) {
            let name = format!("{}/{path}", estate.file_name().to_string_lossy());
            match verdict {
                Verdict::Accepted => tried += 1,
                Verdict::Skipped(reason) => eprintln!("SKIPPED: {name}: {reason}"),
                Verdict::Refused(said) => assert!(said.contains("buffers"), "{name}: {said}"),
            }
        }
    }
    eprintln!("nginx accepts {tried} configurations of the estates");
}

fn collect(root: &Path, folder: &PathBuf, files: &mut Files) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            files.insert(path.strip_prefix(root).unwrap().display().to_string(), text);
        }
    }
}
