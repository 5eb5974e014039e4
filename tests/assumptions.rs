//! What a finding may say that rests on an assumption, wherever in the model the assumption is: a fact, a link, an
//! absence, a whole entity, a scope that may hold more than can be seen.

#![allow(clippy::unwrap_used)]

mod common;

use common::Place;
use gatelint::model::{
    Assumption, Doubt, Duration, Entity, EntityId, Held, Kind, Known, Model, Row, Scope, Table, Unit, field, weigh,
};
use gatelint::repo::{SourceId, Span};
use gatelint::rule::{Grade, Hit, Judgement, Precision, RuleSet, Severity, judge, tell};
use gatelint::server::{Bind, ProcessJoin, SocketJoin};

fn span(start: u32) -> Span {
    Span::new(SourceId(0), start, start + 5)
}

fn elsewhere() -> Assumption {
    Assumption::unless_at("TIMEOUT is set elsewhere", span(50))
}

/// A rule of which every finding is an error, sure, and mended by a safe fix.
fn rules(when: &str, require: &str) -> RuleSet {
    let text = format!(
        "id: some-rule\ncategory: timeouts\nseverity:\n  - {{ when: \"hop.route.connect_timeout == null\", is: error }}\n  \
         - {{ is: error }}\nprecision: high\nsince: 0.1.0\ntitle: Something is wrong\nwhy: Because.\neach: hop\n\
         when: \"{when}\"\nrequire: \"{require}\"\npoint: hop.route.read_timeout\n\
         message: \"waits {{hop.route.read_timeout}}\"\nhelp: Wait.\nfix:\n  - {{ set: hop.route.read_timeout, to: \"duration('130s')\", \
         safety: safe }}\nexamples:\n  - bad: {{ a: b }}\n  - good: {{ a: b }}\n"
    );
    RuleSet::parse("mine.yaml", &text).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// The ends of a hop whose route waits 60s for a process.
struct Ends {
    hop: EntityId,
    route: EntityId,
    container: EntityId,
    process: EntityId,
}

/// What its process is held to need is up to the caller.
fn model(complete: impl FnOnce(&mut Model, &Ends)) -> Model {
    let mut model = Model::default();
    let gateway = model.add(Entity::new(Kind::Gateway, "edge", span(0)));
    let mut route = Entity::new(Kind::Route, "/", span(10));
    route.set(field::route::READ_TIMEOUT, Duration::from_secs(60), span(10));
    let route = model.add(route);
    let process = model.add(Entity::new(Kind::Process, "node", span(30)));
    let mut container = Entity::new(Kind::Container, "api", span(40));
    container.link(field::container::PROCESS, Known::Is(process));
    let container = model.add(container);
    let mut hop = Entity::new(Kind::Hop, "web:80 to api:8000", span(20));
    hop.link(field::hop::GATEWAY, Known::Is(gateway));
    hop.link(field::hop::ROUTE, Known::Is(route));
    hop.link(field::hop::CONTAINER, Known::Is(container));
    let hop = model.add(hop);
    let ends = Ends {
        hop,
        route,
        container,
        process,
    };
    complete(&mut model, &ends);
    model
}

/// The process may work so long on a request, on whatever basis.
fn works(model: &mut Model, process: EntityId, seconds: u64, basis: impl FnOnce(Known<Duration>) -> Held<Duration>) {
    let value = basis(Known::Is(Duration::from_secs(seconds)));
    let entity = model.entity_mut(process);
    entity.set_known(field::process::REQUEST_TIMEOUT, value, span(30));
}

const WAITS_LONGER: &str = "hop.route.read_timeout >= hop.container.process.request_timeout";

fn judged(model: &Model, rules: &RuleSet) -> (Judgement, Vec<Hit>) {
    let judgement = judge(model, rules);
    let hits = judgement
        .violations
        .iter()
        .map(|violation| tell(model, rules, violation));
    let hits = hits.collect();
    (judgement, hits)
}

/// The same model in words: `full`, `assumed`, `pass`, `open` with the reason, or `nothing`.
fn verdict(model: &Model, when: &str, require: &str) -> String {
    let (judgement, hits) = judged(model, &rules(when, require));
    match (hits.as_slice(), judgement.not_evaluated.as_slice(), judgement.evaluated) {
        ([hit], [], 1) if hit.grade == Grade::Full => "full".to_owned(),
        ([hit], [], 0) if hit.grade == Grade::Assumed => format!("assumed: {}", hit.message),
        ([], [], 1) => "pass".to_owned(),
        ([], [entry], 0) => format!("open: {}", entry.reason),
        ([], [], 0) => "nothing".to_owned(),
        other => panic!("{other:?}"),
    }
}

const ON_AN_ASSUMPTION: &str = "assumed: waits 60s, unless TIMEOUT is set elsewhere";
const HELD: &str = "open: assumed to hold, unless TIMEOUT is set elsewhere";

#[test]
fn what_rests_on_an_assumption_is_milder_and_says_so() {
    let of = |basis: fn(Known<Duration>) -> Held<Duration>| {
        let model = model(|model, ends| works(model, ends.process, 120, basis));
        let (judgement, hits) = judged(&model, &rules("true", WAITS_LONGER));
        let [hit] = hits.try_into().unwrap();
        (judgement.violations[0], hit)
    };
    let (full, sure) = of(Held::from);
    let (less, assumed) = of(|value| value.unless(elsewhere()));
    assert_eq!((full.severity, full.grade), (Severity::Error, Grade::Full));
    assert_eq!((less.severity, less.grade), (Severity::Warning, Grade::Assumed));
    assert_eq!(sure.message, "waits 60s");
    assert_eq!(assumed.message, "waits 60s, unless TIMEOUT is set elsewhere");
    assert_eq!(less.grade.precision(Precision::High), Precision::Medium);
    assert_eq!(less.grade.precision(Precision::Low), Precision::Low);
    assert_eq!(less.grade.severity(Severity::Info), Severity::Info);
    // A baseline knows both as one.
    assert_eq!((&sure.subject, &sure.values), (&assumed.subject, &assumed.values));
    let because = |hit: &Hit| hit.remedy.proposal().unwrap().because.clone();
    assert_eq!(because(&sure), None);
    assert_eq!(
        because(&assumed).as_deref(),
        Some("it is wrong if TIMEOUT is set elsewhere")
    );
}

#[test]
fn the_configuration_makes_no_error_of_it() {
    let model = model(|model, ends| works(model, ends.process, 120, |value| value.unless(elsewhere())));
    let rules = rules("true", WAITS_LONGER)
        .with_severities([("some-rule", "error")])
        .unwrap();
    assert_eq!(judge(&model, &rules).violations[0].severity, Severity::Warning);
}

#[test]
fn an_assumption_holds_wherever_it_stands() {
    type Complete = fn(&mut Model, &Ends, seconds: u64);
    let places: [(&str, Complete); 6] = [
        ("a fact", |model, ends, seconds| {
            works(model, ends.process, seconds, |value| value.unless(elsewhere()));
        }),
        ("a link", |model, ends, seconds| {
            works(model, ends.process, seconds, Held::from);
            let to = Known::Is(ends.container).unless(elsewhere());
            model.entity_mut(ends.hop).link(field::hop::CONTAINER, to);
        }),
        ("a link after the first", |model, ends, seconds| {
            works(model, ends.process, seconds, Held::from);
            let to = Known::Is(ends.process).unless(elsewhere());
            model.entity_mut(ends.container).link(field::container::PROCESS, to);
        }),
        ("an entity", |model, ends, seconds| {
            works(model, ends.process, seconds, Held::from);
            model.entity_mut(ends.process).unless = Some(elsewhere());
        }),
        ("an entity on the way", |model, ends, seconds| {
            works(model, ends.process, seconds, Held::from);
            model.entity_mut(ends.container).unless = Some(elsewhere());
        }),
        ("the entity that is judged", |model, ends, seconds| {
            works(model, ends.process, seconds, Held::from);
            model.entity_mut(ends.hop).unless = Some(elsewhere());
        }),
    ];
    for (place, complete) in places {
        let of = |seconds| model(|model, ends| complete(model, ends, seconds));
        assert_eq!(verdict(&of(120), "true", WAITS_LONGER), ON_AN_ASSUMPTION, "{place}");
        assert_eq!(verdict(&of(30), "true", WAITS_LONGER), HELD, "{place}");
    }
}

#[test]
fn both_evaluations_decide() {
    let model = model(|model, ends| {
        works(model, ends.process, 120, |value| value.unless(elsewhere()));
        let hop = model.entity_mut(ends.hop);
        hop.set(field::hop::DIRECT, true, span(20));
        hop.set(field::hop::LOOPBACK, false, span(20));
        let open = Known::Unknown(Doubt::new("a hole"));
        hop.set_known(field::hop::RESOLVED_ONCE, open, span(20));
        hop.link(field::hop::SERVICE, Known::Absent.unless(elsewhere()));
    });
    let worked = "hop.container.process.request_timeout";
    for (when, require, expected) in [
        // The assumption is looked at, and decides nothing.
        ("true", &*format!("{WAITS_LONGER} && hop.loopback"), "full"),
        ("true", &*format!("{WAITS_LONGER} || hop.direct"), "pass"),
        ("true", &*format!("{WAITS_LONGER} || hop.loopback"), ON_AN_ASSUMPTION),
        (
            &*format!("{worked} > duration('100s')"),
            "hop.loopback",
            ON_AN_ASSUMPTION,
        ),
        (&*format!("{worked} > duration('100s')"), "hop.direct", HELD),
        // What does not apply as far as can be seen says nothing.
        (&*format!("{worked} < duration('100s')"), "hop.loopback", "nothing"),
        (
            "true",
            &*format!("{worked} > duration('100s') || hop.resolved_once"),
            HELD,
        ),
        ("true", "hop.service != null", ON_AN_ASSUMPTION),
        ("true", "hop.service == null", HELD),
        ("hop.service != null", "hop.loopback", "nothing"),
        // Nothing is compared with what is not there.
        ("true", "hop.service.headless", "nothing"),
        ("true", &*format!("written({worked})"), ON_AN_ASSUMPTION),
        (&*format!("written({worked})"), "hop.loopback", "nothing"),
    ] {
        assert_eq!(verdict(&model, when, require), expected, "{when}: {require}");
    }
}

#[test]
fn of_several_assumptions_those_are_named_that_matter() {
    let model = model(|model, ends| {
        works(model, ends.process, 120, |value| value.unless(elsewhere()));
        let hop = model.entity_mut(ends.hop);
        let service = Assumption::unless("a Service is elsewhere");
        hop.link(field::hop::SERVICE, Known::Absent.unless(service.clone()));
        let direct = Known::Is(false).unless(service);
        hop.set_known(field::hop::DIRECT, direct, span(20));
    });
    for (when, require, clause) in [
        (
            "hop.service == null",
            WAITS_LONGER,
            "TIMEOUT is set elsewhere or a Service is elsewhere",
        ),
        (
            "hop.service == null || hop.route != null",
            WAITS_LONGER,
            "TIMEOUT is set elsewhere",
        ),
        ("true", "hop.direct", "a Service is elsewhere"),
    ] {
        let told = verdict(&model, when, require);
        let mut clauses: Vec<&str> = told.rsplit("unless ").next().unwrap().split(" or ").collect();
        clauses.sort_unstable();
        let mut expected: Vec<&str> = clause.split(" or ").collect();
        expected.sort_unstable();
        assert_eq!(clauses, expected, "{when}: {require}");
    }
    // Where each alone would do, the finding holds as long as one of them does.
    let told = verdict(&model, "true", &format!("{WAITS_LONGER} && hop.direct"));
    assert_eq!(told, ON_AN_ASSUMPTION);
}

#[test]
fn how_bad_something_is_may_rest_on_an_assumption_alone() {
    let model = model(|model, ends| {
        works(model, ends.process, 120, Held::from);
        let connect = Known::Absent.unless(elsewhere());
        let route = model.entity_mut(ends.route);
        route.set_known(field::route::CONNECT_TIMEOUT, connect, span(10));
    });
    let found = judge(&model, &rules("true", WAITS_LONGER));
    assert_eq!(
        (found.violations[0].severity, found.violations[0].grade),
        (Severity::Warning, Grade::Full)
    );
}

#[test]
fn defaults_behind_what_may_hold_more_are_assumed() {
    let row = Row::new("timeout", field::process::REQUEST_TIMEOUT, Unit::Seconds)
        .inherits()
        .default("120", "its documentation");
    let table: &'static Table = Box::leak(Box::new(Table::new("server", vec![row])));
    let of = |outer: Scope, inner: Scope| {
        model(|model, ends| {
            let parent = Some(model.add_scope(outer));
            let scope = model.add_scope(Scope { parent, ..inner });
            let process = model.entity_mut(ends.process);
            process.table = Some(table);
            process.scope = Some(scope);
        })
    };
    let assumed = || Scope {
        unless: Some(elsewhere()),
        ..Scope::default()
    };
    assert_eq!(
        verdict(&of(Scope::default(), Scope::default()), "true", WAITS_LONGER),
        "full"
    );
    for model in [of(assumed(), Scope::default()), of(Scope::default(), assumed())] {
        assert_eq!(verdict(&model, "true", WAITS_LONGER), ON_AN_ASSUMPTION);
        let process = model.all(Kind::Process).next().unwrap();
        let fact = model.fact(process, field::process::REQUEST_TIMEOUT.id()).is().unwrap();
        assert_eq!(fact.unless, Some(elsewhere()));
        // Whoever does not ask for the basis gets nothing that is not sure.
        let sure = model.get(process, field::process::REQUEST_TIMEOUT);
        assert_eq!(sure, Known::Unknown(elsewhere().doubt()));
    }
}

#[test]
fn what_is_derived_rests_on_the_same() {
    let port = Known::Is(3000_u16).unless(elsewhere());
    assert_eq!(port.clone().map(|port| port + 1), Known::Is(3001).unless(elsewhere()));
    let name = port.then(|port| Known::Is(format!(":{port}")).unless(Assumption::unless("HOST is set elsewhere")));
    let (value, basis) = name.parts();
    assert_eq!(value, Known::Is(&":3000".to_owned()));
    assert_eq!(
        basis.unwrap().to_string(),
        "HOST is set elsewhere or TIMEOUT is set elsewhere"
    );
    assert!(matches!(name.known(), Known::Unknown(_)));
    assert_eq!(
        Known::<u16>::Unknown(Doubt::new("a hole")).unless(elsewhere()).known(),
        Known::Unknown(Doubt::new("a hole"))
    );
}

#[test]
fn a_choice_rests_on_what_would_change_it() {
    let ports = [Held::from(Known::Is(80_u16)), Known::Is(3000).unless(elsewhere())];
    let listener = |wanted: u16| {
        weigh(|lens| {
            let mut open = None;
            for (at, port) in ports.iter().enumerate() {
                match lens.see(port) {
                    Known::Is(own) if *own == wanted => return Known::Is(at),
                    Known::Unknown(doubt) => open = Some(doubt),
                    _ => {}
                }
            }
            open.map_or(Known::Absent, Known::Unknown)
        })
    };
    assert_eq!(listener(80), Known::Is(0).into());
    assert_eq!(listener(3000), Known::Is(1).unless(elsewhere()));
    assert_eq!(listener(9000), Known::Absent.unless(elsewhere()));
}

/// nginx before a Node server that listens on 3000 unless something sets PORT.
fn before_node(port: u16, variables: &str, listens: &str) -> Place {
    let compose = format!(
        "services:\n  edge:\n    image: nginx:1.28\n    volumes: [\"./nginx.conf:/etc/nginx/nginx.conf:ro\"]\n  \
         web:\n    build: ./web\n{variables}"
    );
    let nginx = format!(
        "events {{}}\nhttp {{\n    server {{\n        listen 80;\n        location / {{\n            \
         proxy_pass http://web:{port};\n        }}\n    }}\n}}\n"
    );
    let script = format!("const express = require(\"express\");\nconst app = express();\napp.listen({listens});\n");
    Place::new(&[
        ("compose.yaml", &*compose),
        ("nginx.conf", &*nginx),
        (
            "web/Dockerfile",
            "FROM node:22.11\nCOPY . .\nCMD [\"node\", \"server.js\"]\n",
        ),
        ("web/server.js", &*script),
    ])
}

const UNSEEN: &str = "    env_file: secrets.env\n";
const FALLBACK: &str = "process.env.PORT || 3000";

/// What is said of the port: precision, whether a fix is safe, and what the message names last.
fn of_the_port(place: &Place) -> Option<[String; 3]> {
    let report = place.json(&["--select", "upstream-port-not-exposed"]);
    assert_eq!(report["version"], 2);
    let finding = report["findings"].as_array().unwrap().first()?;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("none").to_owned();
    let message = text(&finding["message"]);
    let clause = message.split_once(", unless ").map_or("", |(_, clause)| clause);
    if !clause.is_empty() {
        assert_eq!(finding["severity"], "warning");
    }
    Some([
        text(&finding["precision"]),
        text(&finding["fix"]["safety"]),
        clause.to_owned(),
    ])
}

#[test]
fn a_port_behind_a_variable_that_may_be_set_unseen() {
    let said = |words: [&str; 3]| Some(words.map(str::to_owned));
    let sure = said(["high", "safe", ""]);
    let assumed = said(["medium", "unsafe", "PORT is set elsewhere"]);
    for (port, variables, listens, expected) in [
        (8080, "", FALLBACK, &sure),
        (8080, UNSEEN, FALLBACK, &assumed),
        (8080, UNSEEN, "process.env.PORT ?? \"3000\"", &assumed),
        (3000, UNSEEN, FALLBACK, &None),
        // What is written is not assumed, nor is what stands there whatever is set.
        (
            8080,
            "    env_file: secrets.env\n    environment: { PORT: \"3000\" }\n",
            FALLBACK,
            &sure,
        ),
        (8080, UNSEEN, "3000", &sure),
        // Set to something that nobody knows it is anybody's guess.
        (8080, "    environment: [PORT]\n", FALLBACK, &None),
    ] {
        let place = before_node(port, variables, listens);
        assert_eq!(of_the_port(&place), *expected, "{port} {variables} {listens}");
    }
}

#[test]
fn the_fix_of_what_is_assumed_is_proved_and_not_safe() {
    let place = before_node(8080, UNSEEN, FALLBACK);
    let before = place.text("nginx.conf");
    place.run(&["lint", "--fix"]);
    assert_eq!(place.text("nginx.conf"), before);
    place.run(&["lint", "--fix", "--unsafe-fixes"]);
    assert_eq!(place.text("nginx.conf"), before.replace("8080", "3000"));
    assert_eq!(of_the_port(&place), None);
}

#[test]
fn what_is_assumed_is_counted_and_shown() {
    let right = before_node(3000, UNSEEN, FALLBACK);
    let report = right.json(&["--select", "upstream-port-not-exposed"]);
    let open = &report["not_evaluated"][0];
    assert_eq!(open["reason"], "assumed to hold, unless PORT is set elsewhere");
    assert_eq!((&open["count"], &open["file"]), (&1.into(), &"compose.yaml".into()));
    let hops = right.run(&["hops"]).out;
    let shown = "listens 0.0.0.0:3000 (assumed: web/server.js:3, unless PORT is set elsewhere)";
    assert!(hops.contains(shown), "{hops}");
    let json = right.run(&["hops", "--format", "json"]).json();
    let origin = &json["hops"][0]["application"][0]["origin"];
    assert_eq!(origin, "assumed: web/server.js:3, unless PORT is set elsewhere");
}

#[test]
fn a_baseline_does_not_ask_how_sure_a_finding_is() {
    let fingerprint = |variables| {
        let report = before_node(8080, variables, FALLBACK).json(&["--select", "upstream-port-not-exposed"]);
        report["findings"][0]["fingerprint"].clone()
    };
    assert_eq!(fingerprint(""), fingerprint(UNSEEN));
    assert!(fingerprint("").is_string());
}

/// What several files lead to is known only if each step is.
#[test]
fn a_service_that_leads_to_an_assumed_port() {
    let deployment = |variables: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web }}\nspec:\n  \
             selector: {{ matchLabels: {{ app: web }} }}\n  template:\n    metadata: {{ labels: {{ app: web }} }}\n    \
             spec:\n      containers:\n        - name: web\n          image: example/web:1\n          \
             command: [next, start]\n{variables}"
        )
    };
    let service = "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec:\n  selector: { app: web }\n  \
                   ports: [{ port: 80, targetPort: 8080 }]\n";
    let ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: shop }\nspec:\n  \
                   ingressClassName: nginx\n  rules:\n    - http:\n        paths:\n          - path: /\n            \
                   pathType: Prefix\n            backend: { service: { name: web, port: { number: 80 } } }\n";
    let found = |variables: &str| {
        let place = Place::new(&[
            ("deployment.yaml", &*deployment(variables)),
            ("service.yaml", service),
            ("ingress.yaml", ingress),
        ]);
        let report = place.json(&["--select", "target-port-unknown"]);
        let finding = report["findings"][0].clone();
        (finding["precision"].clone(), finding["message"].to_string())
    };
    let (precision, message) = found("");
    assert_eq!(precision, "high");
    assert!(!message.contains("unless"), "{message}");
    let (precision, message) = found("          envFrom: [{ secretRef: { name: web } }]\n");
    assert_eq!(precision, "medium");
    assert!(message.contains(", unless PORT is set elsewhere"), "{message}");
}

/// Where a compose service listens, and where that comes from.
fn listens(service: &str, files: &[(&str, &str)]) -> (String, String) {
    let compose = format!(
        "services:\n  edge:\n    image: nginx:1.28\n    volumes: [\"./nginx.conf:/etc/nginx/nginx.conf:ro\"]\n  web:\n{service}"
    );
    let nginx = "events {}\nhttp { server { listen 80; location / { proxy_pass http://web:1; } } }\n";
    let place = Place::new(&[("compose.yaml", &*compose), ("nginx.conf", nginx)]);
    files.iter().for_each(|(path, text)| place.write(path, text));
    let hops = place.run(&["hops", "--format", "json"]).json();
    let values = hops["hops"][0]["application"].as_array().unwrap();
    let of = values.iter().find(|value| value["name"] == "listens");
    let text = |key: &str| of.and_then(|value| value[key].as_str()).unwrap_or("none").to_owned();
    (text("value"), text("origin"))
}

#[test]
fn what_stands_behind_a_variable_in_other_languages() {
    const RUBY: &str = "FROM ruby:3.3\nCOPY . .\nCMD [\"puma\"]\n";
    let unseen = "    env_file: secrets.env\n";
    for (service, files, port, clause) in [
        (
            "    image: example/web:1\n    command: sh -c 'exec gunicorn --bind 0.0.0.0:$${PORT:-8000} app:app'\n",
            &[][..],
            "0.0.0.0:8000",
            "PORT is set elsewhere",
        ),
        (
            "    image: example/web:1\n    command: uvicorn --host 0.0.0.0 app:app\n",
            &[],
            "0.0.0.0:8000",
            "UVICORN_PORT is set elsewhere",
        ),
        (
            "    image: example/web:1\n    command: next start\n",
            &[],
            "0.0.0.0:3000",
            "PORT is set elsewhere",
        ),
        (
            "    image: example/web:1\n    command: bin/rails server -b 0.0.0.0\n",
            &[],
            "0.0.0.0:3000",
            "PORT is set elsewhere",
        ),
        (
            "    build: ./web\n",
            &[
                ("web/Dockerfile", RUBY),
                ("web/config/puma.rb", "port ENV.fetch(\"PORT\") { 3000 }\n"),
            ],
            "0.0.0.0:3000",
            "PORT is set elsewhere",
        ),
        (
            "    build: ./web\n",
            &[
                ("web/Dockerfile", RUBY),
                (
                    "web/config/puma.rb",
                    "bind ENV.fetch(\"BIND\", \"tcp://0.0.0.0:4000\")\n",
                ),
            ],
            "0.0.0.0:4000",
            "BIND is set elsewhere",
        ),
    ] {
        let (value, origin) = listens(&format!("{service}{unseen}"), files);
        assert_eq!(value, port, "{service}");
        assert!(origin.starts_with("assumed: "), "{service} {origin}");
        assert!(origin.ends_with(&format!(", unless {clause}")), "{service} {origin}");
    }
}

#[test]
fn what_is_known_whatever_is_not_seen() {
    for (service, listening) in [
        // A command that names its program, in an image that is nowhere.
        (
            "    image: example/web:1\n    command: gunicorn --bind 0.0.0.0:8000 app:app\n",
            "0.0.0.0:8000",
        ),
        (
            "    image: example/web\n    command: uvicorn --host 0.0.0.0 --port 8001 app:app\n    env_file: secrets.env\n",
            "0.0.0.0:8001",
        ),
        // An official image with a version, which nothing here changes.
        ("    image: php:8.3-fpm\n", "0.0.0.0:9000"),
        ("    image: tomcat:10.1\n", "0.0.0.0:8080"),
    ] {
        let (value, origin) = listens(service, &[]);
        assert!(
            value.ends_with(listening.trim_start_matches("0.0.0.0")),
            "{service} {value}"
        );
        assert!(!origin.contains("assumed"), "{service} {origin}");
    }
}

#[test]
fn a_server_that_an_image_is_only_assumed_to_run() {
    let mut model = Model::default();
    let mut process = Entity::new(Kind::Process, "web", span(0));
    process.set(field::process::NAME, "gunicorn".into(), span(0));
    let process = model.add(process);
    let mut socket = Entity::new(Kind::Socket, "web 0.0.0.0:8000", span(0));
    socket.set(field::socket::PORT, 8000, span(0));
    let socket = model.add(socket);
    let join = ProcessJoin {
        id: Known::Is(process),
        product: None,
        sockets: Known::Is(vec![SocketJoin {
            id: socket,
            address: Bind::tcp("0.0.0.0", 8000),
            loopback: false,
            span: span(0),
        }])
        .into(),
        official_only: false,
    };
    let image = Assumption::unless("example/web runs something else");
    let join = join.unless(&mut model, &image);
    assert_eq!(join.sockets.parts().1, Some(&image));
    let name = model.held(process, field::process::NAME);
    assert_eq!(name, Known::Is("gunicorn".into()).unless(image.clone()));
    assert_eq!(model.get(socket, field::socket::PORT), Known::Unknown(image.doubt()));
}

#[test]
fn what_is_joined_rests_on_what_it_would_not_be_without() {
    let (route, service) = (EntityId(0), EntityId(1));
    let mut hop = Entity::new(Kind::Hop, "web", span(0));
    let mut without = hop.clone();
    for entity in [&mut hop, &mut without] {
        entity.set(field::hop::LOOPBACK, false, span(0));
        entity.link(field::hop::ROUTE, Known::Is(route));
    }
    hop.set(field::hop::DIRECT, true, span(0));
    hop.link(field::hop::SERVICE, Known::Is(service));
    without.set_known(field::hop::DIRECT, Known::Unknown(elsewhere().doubt()), span(0));
    without.set(field::hop::POD_PORT, 80, span(0));
    hop.rest(&without, &elsewhere());
    let mut model = Model::default();
    let id = model.add(hop.clone());
    assert_eq!(model.held(id, field::hop::LOOPBACK), Known::Is(false).into());
    assert_eq!(model.held(id, field::hop::DIRECT), Known::Is(true).unless(elsewhere()));
    assert_eq!(model.held(id, field::hop::POD_PORT), Known::Absent.unless(elsewhere()));
    assert_eq!(*hop.linked(field::hop::ROUTE), Known::Is(route).into());
    assert_eq!(*hop.linked(field::hop::SERVICE), Known::Is(service).unless(elsewhere()));
}
