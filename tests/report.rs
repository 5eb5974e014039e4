//! From hits to what is printed: settling, ignores, and every format.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use gatelint::finding::ignores::RuleIds;
use gatelint::finding::{
    ConfigIgnore, EnvironmentHits, Finding, Fix, Ignores, Repair, RuleInfo, Settled, Summary, Target, Telling, settle,
};
use gatelint::model::{Assumption, EntityId, FactView, FieldId, Origin, Value, Version};
use gatelint::repo::{Edit, Piece, Source, SourceId, Sources, Span};
use gatelint::report::{FileProblem, Format, Options, Report, mistake, write};
use gatelint::rule::{
    Action, Change, Grade, Hit, NotEvaluated, Precision, Proposal, Remedy, RuleSet, Severity, Violation,
};
use gatelint::syntax::{ProblemKind, Tree, nginx, yaml};
use gatelint::terminal::{Look, is_unsafe};

const NGINX: &str = "\
upstream api {
    server api:8080;
}
server {
    listen 80;
    location / {
        proxy_pass http://api;
\tproxy_read_timeout 60s;  # naïve
    }
}
";

const COMPOSE: &str = "\
services:
  api:
    image: example/api
    command: gunicorn --timeout 120 app:app
    expose: [\"8000\"]
";

struct World {
    sources: Sources,
    nginx: Arc<Source>,
    compose: Arc<Source>,
}

fn world() -> World {
    let sources = Sources::default();
    let nginx = sources.add_file("edge/nginx.conf", NGINX.into());
    let compose = sources.add_file("compose.yaml", COMPOSE.into());
    World {
        sources,
        nginx,
        compose,
    }
}

fn find(source: &Source, text: &str) -> Span {
    let start = source.text.find(text).unwrap_or_else(|| panic!("no {text:?}")) as u32;
    Span::new(source.id, start, start + text.len() as u32)
}

fn rules() -> Vec<RuleInfo> {
    let rule = |id: &str, category: &str, precision| RuleInfo {
        id: id.into(),
        category: category.into(),
        precision,
    };
    vec![
        rule("read-timeout-below-app", "timeouts", Precision::High),
        rule("upstream-port-not-exposed", "targets", Precision::Medium),
    ]
}

fn rule_set() -> RuleSet {
    RuleSet::embedded().expect("the rules of the program")
}

fn hit(rule: usize, point: Span, message: &str) -> Hit {
    Hit {
        rule,
        root: EntityId(0),
        severity: Severity::Warning,
        grade: Grade::Full,
        point: FactView {
            value: Value::Text("60s".into()),
            span: point,
            origin: Origin::Written,
            row: None,
            site: None,
            unless: None,
        },
        field: Some((EntityId(1), field())),
        related: Vec::new(),
        message: message.to_owned(),
        help: "Let the gateway wait longer than the application.".to_owned(),
        subject: format!("{rule} route / read_timeout"),
        values: vec!["60s".to_owned(), "120s".to_owned()],
        remedy: Remedy::None,
    }
}

fn field() -> FieldId {
    gatelint::model::field::route::READ_TIMEOUT.id()
}

/// A hit with the path of a request that meets it.
type Told = (Hit, Option<String>);

fn violation(hit: &Hit) -> Violation {
    Violation {
        rule: hit.rule,
        root: hit.root,
        at: hit.point.span,
        severity: hit.severity,
        grade: hit.grade,
    }
}

/// An environment of which this is said.
fn saying(name: &'static str, hits: Vec<Told>, files: impl IntoIterator<Item = SourceId>) -> EnvironmentHits<'static> {
    EnvironmentHits {
        name,
        violations: hits.iter().map(|(hit, _)| violation(hit)).collect(),
        tell: Box::new(move |nth| {
            let (hit, path) = hits[nth].clone();
            (Cow::Owned(hit), path.map(Cow::Owned))
        }),
        not_evaluated: Cow::default(),
        files: Cow::Owned(files.into_iter().collect()),
    }
}

/// What is said of these hits, each with its path, and of the port.
fn environment(name: &'static str, hits: Vec<Hit>, world: &World) -> EnvironmentHits<'static> {
    let path = |hit: &Hit| Some(format!("Ingress shop → nginx → api:8000 {}", hit.root.0));
    let mut told: Vec<Told> = hits.into_iter().map(|hit| (hit.clone(), path(&hit))).collect();
    told.push((port(world), None));
    saying(name, told, [world.nginx.id, world.compose.id])
}

fn timeout(world: &World, root: u32, message: &str) -> Hit {
    let mut hit = hit(0, find(&world.nginx, "proxy_read_timeout 60s"), message);
    hit.root = EntityId(root);
    hit.related = vec![(
        find(&world.compose, "--timeout 120"),
        "api is configured for 120s".to_owned(),
    )];
    let change = Change {
        entity: EntityId(1),
        field: field(),
        action: Action::Set(Value::Text("125s".into())),
    };
    hit.remedy = Remedy::Proposed(Proposal {
        changes: vec![change],
        because: Some("slow requests are held longer".into()),
    });
    hit
}

fn port(world: &World) -> Hit {
    let mut hit = hit(
        1,
        find(&world.nginx, "server api:8080"),
        "nginx passes to api:8080, where nothing listens: 502",
    );
    hit.severity = Severity::Error;
    hit.point.origin = Origin::Default {
        product: "nginx",
        version: Version::parse("1.28"),
        source: "ngx_http_upstream.c",
    };
    hit.related = vec![(find(&world.compose, "[\"8000\"]"), "api listens on 8000".to_owned())];
    hit.remedy = Remedy::Refused("the value is made from several files".to_owned());
    hit
}

/// One place, three hops, two of three environments.
fn settled(world: &World, order: [u32; 3]) -> Settled {
    let hits = |roots: &[u32]| -> Vec<Hit> {
        let name = |root: &u32| format!("nginx waits 60s, api-{root} is configured for 120s: 504");
        roots.iter().map(|root| timeout(world, *root, &name(root))).collect()
    };
    let mut prod = environment("prod", hits(&order), world);
    let include = find(&world.nginx, "upstream");
    prod.not_evaluated = vec![
        NotEvaluated {
            rule: 1,
            reason: "the include conf.d/*.conf is not in the repository".into(),
            span: Some(include),
        };
        3
    ]
    .into();
    let staging = environment("staging", hits(&order[..1]), world);
    let dev = environment("dev", Vec::new(), world);
    settle(&world.sources, &rules(), &[prod, staging, dev], &Telling::ALL)
}

fn text(report: &Report<'_>, format: Format, options: Options) -> String {
    let mut out = Vec::new();
    assert!(write(report, format, options, &mut out).is_ok());
    String::from_utf8_lossy(&out).into_owned()
}

fn problems() -> Vec<FileProblem> {
    vec![FileProblem {
        path: "big.yaml".to_owned(),
        line: 1,
        kind: ProblemKind::Skipped,
        message: "larger than 16 MB".to_owned(),
    }]
}

#[test]
fn one_finding_is_one_place_whatever_the_order() {
    let world = world();
    let settled = settled(&world, [3, 1, 2]);
    let [port, timeout] = &settled.findings[..] else {
        panic!("{:#?}", settled.findings)
    };
    assert_eq!(timeout.message, "nginx waits 60s, api-1 is configured for 120s: 504");
    assert_eq!(timeout.environments, ["prod", "staging"]);
    assert_eq!(timeout.places.len(), 4);
    assert_eq!(timeout.related.len(), 1);
    assert!(port.environments.is_empty(), "it holds in all that use the file");
    assert_eq!(port.no_fix_reason(), Some("the value is made from several files"));
    assert_eq!(settled.unevaluated[0].count, 3);
    let again = self::settled(&world, [2, 3, 1]);
    for (one, other) in settled.findings.iter().zip(&again.findings) {
        assert_eq!(
            (&one.message, &one.path, &one.fingerprint),
            (&other.message, &other.path, &other.fingerprint)
        );
    }
}

/// What holds for sure at one place is not made milder by what is assumed at another.
#[test]
fn the_surest_of_equal_hits_speaks() {
    let world = world();
    let sure = timeout(&world, 2, "nginx waits 60s, api is configured for 120s: 504");
    let mut assumed = timeout(&world, 1, "nginx waits 60s, api is assumed: 504, unless TIMEOUT is set");
    assumed.grade = Grade::Assumed;
    assumed.point.unless = Some(Assumption::unless("TIMEOUT is set"));
    let told = |hits: Vec<Hit>| {
        let hits = hits.into_iter().map(|hit| (hit, None)).collect();
        let prod = saying("prod", hits, [world.nginx.id]);
        let mut findings = settle(&world.sources, &rules(), &[prod], &Telling::ALL).findings;
        assert_eq!(findings.len(), 1);
        findings.remove(0)
    };
    let (both, alone) = (told(vec![assumed.clone(), sure]), told(vec![assumed]));
    let origin = |finding: &Finding| finding.value.as_ref().map(|value| value.origin);
    assert_eq!((both.precision, origin(&both)), (Precision::High, Some("written")));
    assert_eq!(both.message, "nginx waits 60s, api is configured for 120s: 504");
    assert_eq!((alone.precision, origin(&alone)), (Precision::Medium, Some("assumed")));
    assert_eq!(alone.fingerprint, both.fingerprint);
}

#[test]
fn formats() -> Result<(), Box<dyn std::error::Error>> {
    let world = world();
    let mut settled = settled(&world, [1, 2, 3]);
    let value = find(&world.nginx, "60s");
    settled.findings[1].repair = Repair::Proved(Fix {
        title: "raise proxy_read_timeout to 125s".to_owned(),
        because: Some("slow requests are held longer".to_owned()),
        edits: vec![Edit {
            span: value,
            text: "125s".to_owned(),
        }],
    });
    let problems = problems();
    let report = Report {
        sources: &world.sources,
        rules: &rule_set(),
        findings: &settled.findings,
        unevaluated: &settled.unevaluated,
        problems: &problems,
        unread: &[],
        weeks: &[],
        summary: Summary {
            files: 14,
            hops: 7,
            linked: 6,
            errors: 1,
            warnings: 1,
            fixable: 1,
            left_out: 2,
            as_of: None,
            ..Summary::default()
        },
    };
    insta::assert_snapshot!("human", text(&report, Format::Human, Options::default()));
    insta::assert_snapshot!("concise", text(&report, Format::Concise, Options::default()));
    let json = text(&report, Format::Json, Options::default());
    insta::assert_snapshot!("json", json);
    let schema: serde_json::Value = serde_json::from_str(include_str!("../schemas/report.json"))?;
    let schema = jsonschema::validator_for(&schema)?;
    let errors: Vec<String> = schema
        .iter_errors(&serde_json::from_str(&json)?)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    Ok(())
}

#[test]
fn nothing_linked_says_what_to_add() {
    let sources = Sources::default();
    let report = Report {
        sources: &sources,
        rules: &rule_set(),
        findings: &[],
        unevaluated: &[],
        problems: &[],
        unread: &[],
        weeks: &[],
        summary: Summary::default(),
    };
    insta::assert_snapshot!(text(&report, Format::Human, Options::default()));
}

#[test]
fn control_characters_never_reach_the_terminal() {
    let sources = Sources::default();
    let evil = "server {\n  # \x1b[2J\u{9b}31m\u{202e}\n  listen 80\x07; \r\x1b]8;;http://x\x07\n}\n";
    let source = sources.add_file("a\x1b[31m\u{202e}.conf", evil.into());
    let mut hit = hit(0, find(&source, "listen 80\x07"), "says \x1b[31m\u{2066}red");
    hit.help = "\x1b[0m".to_owned();
    hit.related = vec![(find(&source, "server"), "\u{9b}x".to_owned())];
    hit.point.value = Value::Text("\x1b".into());
    let mut hits = saying("\x1b[1m", vec![(hit, Some("\x1b[1m → \u{202e}".into()))], [source.id]);
    hits.not_evaluated = vec![NotEvaluated {
        rule: 0,
        reason: "\x1b".into(),
        span: Some(find(&source, "server")),
    }]
    .into();
    let settled = settle(&sources, &rules(), &[hits], &Telling::ALL);
    let problems = [FileProblem {
        message: "\x1b[5m".to_owned(),
        ..problems().remove(0)
    }];
    let report = Report {
        sources: &sources,
        rules: &rule_set(),
        findings: &settled.findings,
        unevaluated: &settled.unevaluated,
        problems: &problems,
        unread: &[],
        weeks: &[],
        summary: Summary::default(),
    };
    let mut all =
        text(&report, Format::Human, Options::default()) + &text(&report, Format::Concise, Options::default());
    all += &mistake(
        &sources,
        find(&source, "listen 80\x07"),
        "\x1b",
        Some("\x1b"),
        Look::PLAIN,
    );
    assert_eq!(all.chars().find(|c| is_unsafe(*c) && *c != '\n'), None, "{all:?}");
    assert!(all.contains("listen 80?"), "{all}");
}

#[test]
fn a_closed_pipe_is_no_error_and_a_full_disk_is() {
    struct Closed(std::io::ErrorKind);
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let world = world();
    let settled = settled(&world, [1, 2, 3]);
    let report = Report {
        sources: &world.sources,
        rules: &rule_set(),
        findings: &settled.findings,
        unevaluated: &[],
        problems: &[],
        unread: &[],
        weeks: &[],
        summary: Summary::default(),
    };
    for format in [
        Format::Human,
        Format::Concise,
        Format::Json,
        Format::Sarif,
        Format::Github,
        Format::Markdown,
    ] {
        let to = |kind| write(&report, format, Options::default(), &mut Closed(kind));
        assert!(to(std::io::ErrorKind::BrokenPipe).is_ok());
        assert!(to(std::io::ErrorKind::StorageFull).is_err());
    }
}

const SILENCED: &str = "\
# gatelint: ignore[read-timeout-below-app] the whole server is to go until 2027-01-31
# another comment
server {
    proxy_read_timeout 60s;
}
server {
    server api:8080; # gatelint: ignore[upstream-port-not-exposed, read-timeout-below-app] known
    proxy_read_timeout 60s; # gatelint: ignore[read-timeout-below-app] over until 2026-01-01
    # gatelint: ignore[read-timeout-below-ap] typo
    proxy_read_timeout 60s; # gatelint: ignore[read-timeout-below-app]
    # prose about gatelint: nothing
    listen 80; # gatelint: skip
    listen 81; # gatelint: ignore[read-timeout-below-app] x until 2026-02-30
}
";

const OBJECTS: &str = "\
# gatelint: ignore[upstream-port-not-exposed] the whole object
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
---
kind: Service
metadata: { name: web }
---
kind: ConfigMap
metadata: { name: edge }
data:
  nginx.conf: |
    # gatelint: ignore[read-timeout-below-app] inside a block scalar
    proxy_read_timeout 60s;
";

/// Settles hits at every `proxy_read_timeout`, `server api` and `kind`, and applies the ignores.
fn left(files: &[(&str, &str)], config: &[(&str, &str)]) -> Vec<String> {
    let sources = Sources::default();
    let mut trees: Vec<Arc<Tree>> = Vec::new();
    let mut hits = Vec::new();
    let mut used = HashSet::new();
    for (path, content) in files {
        let source = sources.add_file(path, content.as_bytes().to_vec());
        used.insert(source.id);
        if path.ends_with(".yaml") {
            trees.push(Arc::new(yaml::parse(&source)));
            if let Some(at) = content.find("    # gatelint") {
                trees.extend([derived(&sources, &source, at), derived(&sources, &source, at)]);
            }
        } else {
            trees.push(Arc::new(nginx::parse_plain(source.id, source.text.clone())));
        }
        for (rule, needle) in [(0, "proxy_read_timeout"), (1, "server api"), (1, "kind")] {
            let at = |(at, found): (usize, &str)| Span::new(source.id, at as u32, (at + found.len()) as u32);
            hits.extend(
                content
                    .match_indices(needle)
                    .map(at)
                    .map(|span| (hit(rule, span, "x"), None)),
            );
        }
    }
    let entry = |(rule, object): &(&str, &str)| ConfigIgnore {
        rule: (*rule).to_owned(),
        target: Target::Object((*object).to_owned()),
        reason: "r".to_owned(),
        until: None,
        span: find(sources.get(trees[0].source()), "kind"),
    };
    let config: Vec<ConfigIgnore> = config.iter().map(entry).collect();
    let environment = saying("prod", hits, used);
    let rules = rules();
    let known: Vec<&str> = rules.iter().map(|rule| &*rule.id).collect();
    let active: HashSet<&str> = known.iter().copied().collect();
    let ids = RuleIds {
        known: &known,
        active: &active,
    };
    let environments = [environment];
    let ignores = || Ignores::collected(&sources, &trees, &config, ids, jiff::civil::date(2026, 11, 20));
    let findings = settle(&sources, &rules, &environments, &Telling::ALL).findings;
    let ignored = ignores().apply(&sources, &trees, (findings, Vec::new()), ids);
    // What only counts is silenced by the same comments.
    let telling = Telling {
        least: Severity::Error,
        ..Telling::ALL
    };
    let counted = settle(&sources, &rules, &environments, &telling);
    assert!(counted.findings.is_empty());
    if config.is_empty() {
        let left = ignores().apply(&sources, &trees, (Vec::new(), counted.milder), ids);
        let told = ignored.findings.iter().filter(|finding| &*finding.category != "config");
        assert_eq!((left.silenced, left.milder.len()), (ignored.silenced, told.count()));
    }
    let mut lines: Vec<String> = ignored
        .findings
        .iter()
        .map(|finding| line_of(&sources, finding))
        .collect();
    lines.push(format!("{} silenced", ignored.silenced));
    lines
}

fn line_of(sources: &Sources, finding: &Finding) -> String {
    let source = sources.get(finding.at.source);
    let line = source.lines().line(finding.at.start) + 1;
    format!("{line}: {} {}", finding.rule, finding.message)
}

/// The block scalar as nginx's text, as two environments would derive it.
fn derived(sources: &Sources, source: &Source, from: usize) -> Arc<Tree> {
    let mut text = String::new();
    let mut pieces = Vec::new();
    let mut at = from;
    for line in source.text[from..].split_inclusive('\n') {
        let start = (at + 4) as u32;
        at += line.len();
        pieces.push(Piece {
            at: text.len() as u32,
            len: line.len() as u32 - 4,
            from: Span::new(source.id, start, at as u32),
            indent: 4,
        });
        text.push_str(&line[4..]);
    }
    let derived = sources.add_derived("k8s.yaml (nginx.conf)", text, pieces);
    Arc::new(nginx::parse_plain(derived.id, derived.text.clone()))
}

#[test]
fn ignores_silence_lines_blocks_and_objects_and_are_checked() {
    insta::assert_snapshot!(left(&[("nginx.conf", SILENCED)], &[]).join("\n"));
    insta::assert_snapshot!(left(&[("k8s.yaml", OBJECTS)], &[]).join("\n"));
    let config = [
        ("upstream-port-not-exposed", "service/web"),
        ("upstream-port-not-exposed", "db"),
    ];
    insta::assert_snapshot!(left(&[("k8s.yaml", OBJECTS)], &config).join("\n"));
}
