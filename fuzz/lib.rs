//! What each target does with its input: no panic, no hang, and every place that is named lies in its text.

use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use gatelint::analysis::{Ground, analyse};
use gatelint::environment::read;
use gatelint::finding::{Settled, Telling};
use gatelint::repo::{Sources, Span};
use gatelint::rule::RuleSet;
use gatelint::syntax::argv::{self, Argument};
use gatelint::syntax::{Tree, assign, caddyfile, dockerfile, haproxy, hcl, ini, nginx, xml};

/// The targets that take one text, by their names.
pub const PARSERS: [(&str, fn(&[u8])); 9] = [
    ("yaml", yaml),
    ("nginx", nginx),
    ("haproxy", haproxy),
    ("caddyfile", caddyfile),
    ("ini", ini),
    ("hcl", hcl),
    ("argv", argv),
    ("settings", settings),
    ("image", image),
];

/// Any bytes as YAML.
pub fn yaml(bytes: &[u8]) {
    let sources = Sources::default();
    let source = sources.add_file("fuzz.yaml", bytes.to_vec());
    let tree = gatelint::syntax::yaml::parse(&source);
    inside(&tree, &source.text);
    for problem in &tree.problems {
        sources.locate(problem.span);
    }
}

/// Any bytes as nginx.
pub fn nginx(bytes: &[u8]) {
    let sources = Sources::default();
    let source = sources.add_file("fuzz.conf", bytes.to_vec());
    inside(&nginx::parse_plain(source.id, source.text.clone()), &source.text);
}

/// Any bytes as HAProxy's configuration.
pub fn haproxy(bytes: &[u8]) {
    let sources = Sources::default();
    let source = sources.add_file("fuzz.cfg", bytes.to_vec());
    inside(&haproxy::parse_plain(source.id, source.text.clone()), &source.text);
}

/// Any bytes as a Caddyfile.
pub fn caddyfile(bytes: &[u8]) {
    let sources = Sources::default();
    let source = sources.add_file("Caddyfile", bytes.to_vec());
    inside(&caddyfile::parse_plain(source.id, source.text.clone()), &source.text);
}

/// Any bytes as the settings that Python and JavaScript assign.
pub fn settings(bytes: &[u8]) {
    let sources = Sources::default();
    let source = sources.add_file("fuzz.py", bytes.to_vec());
    let text = || source.text.clone();
    inside(&assign::python(source.id, text(), &source.text, Vec::new()), &source.text);
    if let Some(tree) = assign::javascript_settings(source.id, text()) {
        inside(&tree, &source.text);
    }
}

/// Any bytes as a Dockerfile, and as Tomcat's XML.
pub fn image(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let joined = dockerfile::joined(&text);
    if let Some(stage) = dockerfile::last_stage(&joined) {
        let environment = stage.environment.into_iter().map(|(_, range)| range);
        for range in environment.chain(stage.exposed.into_iter().map(|exposed| exposed.range)) {
            assert!(joined.get(range.clone()).is_some(), "{range:?}");
        }
    }
    let _ = xml::elements(&text, "Connector");
}

/// Any bytes as INI.
pub fn ini(bytes: &[u8]) {
    let sources = Sources::default();
    let source = sources.add_file("fuzz.ini", bytes.to_vec());
    inside(&ini::parse_plain(source.id, source.text.clone()), &source.text);
}

/// Any bytes as Terraform, and every expression in them.
pub fn hcl(bytes: &[u8]) {
    let sources = Sources::default();
    let source = sources.add_file("fuzz.tf", bytes.to_vec());
    let tree = hcl::parse(source.id, source.text.clone(), Vec::new());
    inside(&tree, &source.text);
    for at in tree.all() {
        let span = at.word_span_at(0);
        if let Ok(expression) = hcl::expression::parse(tree.raw(span), span) {
            assert!(source.text.get(expression.span.range()).is_some(), "{expression:?}");
        }
    }
}

/// Any bytes as a command line and as a shell script.
pub fn argv(bytes: &[u8]) {
    let sources = Sources::default();
    let source = sources.add_file("fuzz", bytes.to_vec());
    let span = Span::new(source.id, 0, source.text.len() as u32);
    let argument = Argument::new(&*source.text, span, false);
    let _ = argv::command_line(&argument);
    let _ = argv::shell_script(&argument);
}

fn inside(tree: &Tree, text: &str) {
    for problem in &tree.problems {
        assert!(text.get(problem.span.range()).is_some(), "{problem:?}");
    }
}

/// Names are chosen from those that are read, so that the fuzzer spends its time on content.
pub const NAMES: [&str; 22] = [
    "nginx.conf",
    "conf.d/a.conf",
    "edge.yaml",
    "app/deployment.yaml",
    "kustomization.yaml",
    "overlay/kustomization.yaml",
    "compose.yaml",
    "compose.override.yaml",
    "www.conf",
    "gunicorn.conf.py",
    "server.js",
    ".env",
    "main.tf",
    "modules/a/main.tf",
    "prod.tfvars",
    "stack.json",
    "haproxy.cfg",
    "Caddyfile",
    "envoy.yaml",
    "Dockerfile",
    "web.service",
    "conf/server.xml",
];

/// One file of a repository.
#[derive(Arbitrary, Clone, Debug)]
pub struct File {
    /// Which of the names it has.
    pub name: u8,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// A small repository through the whole line, from bytes to proved fixes.
pub fn lint_tree(files: &[File]) {
    thread_local! {
        static RULES: RuleSet = RuleSet::embedded().expect("the embedded rules are checked by the tests");
    }
    RULES.with(|rules| lint(rules, files));
}

fn lint(rules: &RuleSet, files: &[File]) {
    let files: BTreeMap<String, Vec<u8>> = files
        .iter()
        .map(|file| (NAMES[file.name as usize % NAMES.len()].to_owned(), file.content.clone()))
        .collect();
    let sources = Sources::default();
    let read = read::in_memory(&sources, gatelint::product::claimants(), files);
    let ground = Ground::new(&sources, rules);
    let (analysis, Settled { mut findings, .. }) = analyse(&ground, read.repository, &Telling::ALL);
    analysis.make_room(&findings).prove(&mut findings);
    for finding in &findings {
        let edits = finding.fix().into_iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in edits
            .chain([finding.at])
            .chain(finding.related.iter().map(|(span, _)| *span))
        {
            let source = sources.get(span.source);
            assert!(
                source.is_file() && source.text.get(span.range()).is_some(),
                "{finding:?}"
            );
        }
    }
}
