//! The rule engine: what the load check says and where, how unknown and absent facts decide, what configuration may set,
//! and that the pages made from the rules are up to date.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use gatelint::model::{Doubt, Duration, Entity, EntityId, Kind, Known, Model, field};
use gatelint::repo::{SourceId, Span};
use gatelint::rule::{Action, Hit, RuleError, RuleSet, Severity, explain, judge, schema, tell};

/// A rule file around a requirement.
fn rule_file(require: &str) -> String {
    format!(
        "id: some-rule\ncategory: timeouts\nseverity: warning\nprecision: high\nsince: 0.1.0\ntitle: Something is wrong\n\
         why: Because.\neach: hop\noptions:\n  margin: {{ type: duration, default: 2s, doc: a margin }}\n\
         require: {require}\npoint: hop.route.read_timeout\nmessage: waits {{hop.route.read_timeout}}\nhelp: Wait.\n\
         examples:\n  - bad: {{ a: b }}\n  - good: {{ a: b }}\n"
    )
}

fn errors(text: &str) -> Vec<RuleError> {
    RuleSet::parse("mine.yaml", text).err().unwrap_or_default()
}

#[test]
fn mistakes_point_at_the_bytes_that_are_wrong() {
    // Requirement, the bytes pointed at, a part of the message, a part of the help.
    let cases = [
        (
            "hop.rout.read_timeout > duration('1s')",
            "rout",
            "a hop has no `rout`",
            "did you mean `route`?",
        ),
        (
            "hop.route.read_timeuot > duration('1s')",
            "read_timeuot",
            "a route has no",
            "did you mean `read_timeout`?",
        ),
        (
            "route.read_timeout > duration('1s')",
            "route",
            "`route` is not known",
            "write `hop.route.read_timeout`",
        ),
        (
            "hop.route.read_timeout > 5",
            ">",
            "a duration cannot be compared with a number",
            "duration('30s')",
        ),
        (
            "hop.route.read_timeout > size('5k')",
            ">",
            "a duration cannot be compared with a size",
            "",
        ),
        (
            "hop.route.read_timeout > duration('5 bananas')",
            "'5 bananas'",
            "is not a duration",
            "duration('30s')",
        ),
        (
            "hop.route.read_timeout + 5 > duration('1s')",
            "+",
            "a duration cannot be added to a number",
            "unit",
        ),
        (
            "hop.route.read_timeout",
            "hop.route.read_timeout",
            "this is a duration, and a bool is needed",
            "",
        ),
        (
            "maks(hop.endpoint.port, 1) > 2",
            "maks",
            "there is no function `maks`",
            "did you mean `max`?",
        ),
        ("has(hop.service)", "has", "there is no function `has`", "functions are"),
        ("hop.route.read_timeout > null", "null", "null is no value", "absent"),
        (
            "duration('1s') == null",
            "duration('1s')",
            "only a link or field can be absent",
            "",
        ),
        (
            "hop.service == hop.workload",
            "hop.service",
            "is a service, not a value",
            "hop.service != null",
        ),
        (
            "hop.endpoint.port.name == 'a'",
            "name",
            "`port` is a number and has no fields",
            "",
        ),
        (
            "options.margn > duration('1s')",
            "margn",
            "the rule has no option",
            "did you mean `margin`?",
        ),
        ("hop.endpoint.port = 80", "=", "`=` is no operator", "write `==`"),
        ("hop.endpoint.port == 80 &&", "&", "not complete", ""),
        ("hop.endpoint.host in 'a'", "'a'", "`in` needs a list", ""),
        (
            "hop.endpoint.port in [80, 'a']",
            "'a'",
            "this is a text, and a number is needed",
            "",
        ),
        ("hop.endpoint.host < 'b'", "<", "neither more nor less", ""),
        ("at_least(hop.gateway.version, 'new')", "'new'", "is not a version", ""),
        ("hop.endpoint.port / 2 == 1", "/", "rules do not divide", ""),
        ("hop.endpoint.port > 1.5", "1.5", "not a whole number", ""),
    ];
    for (require, wrong, message, help) in cases {
        let text = rule_file(require);
        let found = errors(&text);
        let [error] = found.as_slice() else {
            panic!("{require}: {found:?}");
        };
        assert_eq!(&text[error.span.clone()], wrong, "{require}: {error}");
        assert!(error.span.start >= text.find(require).unwrap(), "{require}: {error}");
        assert!(error.message.contains(message), "{require}: {error}");
        assert!(
            error.help.as_deref().unwrap_or_default().contains(help),
            "{require}: {error}"
        );
    }
}

#[test]
fn mistakes_are_found_in_folded_and_quoted_text() {
    let folded = rule_file(">-\n  hop.direct\n  && hop.route.read_timeuot > duration('1s')");
    let error = &errors(&folded)[0];
    assert_eq!(&folded[error.span.clone()], "read_timeuot");
    let quoted = rule_file("\"hop.endpoint.host == \\\"a\\\" || hop.diract\"");
    let error = &errors(&quoted)[0];
    assert_eq!(&quoted[error.span.clone()], "diract");
    let in_message = rule_file("hop.direct").replace(
        "waits {hop.route.read_timeout}",
        "waits {hop.route.name} and {hop.rute}",
    );
    let error = &errors(&in_message)[0];
    assert_eq!(&in_message[error.span.clone()], "rute");
}

#[test]
fn mistakes_of_structure_name_their_key() {
    let unknown_key = rule_file("hop.direct").replace("help: Wait.", "help: Wait.\nhlep: Wait.");
    let error = &errors(&unknown_key)[0];
    assert_eq!(&unknown_key[error.span.clone()], "hlep", "{error}");
    let bad_kind = rule_file("hop.direct").replace("each: hop", "each: hopp");
    let error = &errors(&bad_kind)[0];
    assert_eq!(&bad_kind[error.span.clone()], "hopp", "{error}");
    assert_eq!(error.help.as_deref(), Some("did you mean `hop`?"));
    let bad_default = rule_file("hop.direct").replace("default: 2s", "default: 2 bananas");
    let error = &errors(&bad_default)[0];
    assert_eq!(&bad_default[error.span.clone()], "default", "{error}");
    let no_reason = rule_file("hop.direct") + "fix:\n  - { set: hop.direct, to: \"true\", safety: unsafe }\n";
    let error = &errors(&no_reason)[0];
    assert_eq!(&no_reason[error.span.clone()], "set: hop.direct", "{error}");
    assert_eq!(error.message, "an item of `fix` lacks `because`");
    assert!(error.help.is_some(), "{error}");
    let missing = rule_file("hop.direct").replace("help: Wait.\n", "");
    assert!(errors(&missing)[0].message.contains("help"), "{}", errors(&missing)[0]);
    assert!(!errors("id: [").is_empty());
    assert!(!errors("").is_empty());
}

proptest::proptest! {
    /// Whatever stands in a rule file, loading it ends in rules or in mistakes whose bytes can be shown.
    #[test]
    fn no_rule_file_is_a_panic(
        require in r#"([ .,(){}\[\]!&|<>=+*?:'"\\é-]|hop|route|read_timeout|null|in|duration|5|'5s'|max|é){0,12}"#,
        cut in 0..400usize,
    ) {
        let quoted = serde_json::to_string(&require).unwrap();
        let whole = rule_file(&quoted).replace("waits {hop.route.read_timeout}", &quoted);
        let cut: String = whole.chars().take(cut).collect();
        for text in [whole, cut] {
            for error in errors(&text) {
                assert!(text.get(error.span.clone()).is_some(), "{:?} in {text}", error.span);
            }
        }
    }
}

fn span(start: u32) -> Span {
    Span::new(SourceId(0), start, start + 5)
}

/// A hop to a route and a process, completed by the caller.
fn model(complete: impl FnOnce(&mut Model, EntityId, EntityId)) -> Model {
    let mut model = Model::default();
    let mut gateway = Entity::new(Kind::Gateway, "edge", span(0));
    gateway.set(field::gateway::PRODUCT, "nginx".into(), span(0));
    let gateway = model.add(gateway);
    let route = model.add(Entity::new(Kind::Route, "/", span(10)));
    let mut hop = Entity::new(Kind::Hop, "web:80 to api:8000", span(20));
    hop.link(field::hop::GATEWAY, Known::Is(gateway));
    hop.link(field::hop::ROUTE, Known::Is(route));
    let hop = model.add(hop);
    complete(&mut model, hop, route);
    model
}

/// How a rule with this requirement decides: `hit`, `pass`, `unknown` or `nothing`.
fn verdict(require: &str) -> &'static str {
    let rules = RuleSet::parse("mine.yaml", &rule_file(&format!("\"{require}\"")))
        .unwrap_or_else(|e| panic!("{require}: {e:?}"));
    let model = model(|model, hop, route| {
        let hop = model.entity_mut(hop);
        hop.set(field::hop::DIRECT, true, span(20));
        hop.set(field::hop::LOOPBACK, false, span(20));
        hop.set_known(
            field::hop::RESOLVED_ONCE,
            Known::Unknown(Doubt::new("a hole")),
            span(20),
        );
        hop.link(field::hop::SERVICE, Known::Unknown(Doubt::at("an include", span(3))));
        let route = model.entity_mut(route);
        route.set(field::route::READ_TIMEOUT, Duration::UNLIMITED, span(10));
        route.set(field::route::CONNECT_TIMEOUT, Duration::from_secs(5), span(10));
    });
    let judgement = judge(&model, &rules);
    match (
        judgement.violations.len(),
        judgement.not_evaluated.len(),
        judgement.evaluated,
    ) {
        (1, 0, 1) => "hit",
        (0, 0, 1) => "pass",
        (0, 1, 0) => "unknown",
        (0, 0, 0) => "nothing",
        other => panic!("{require}: {other:?}"),
    }
}

#[test]
fn three_values() {
    // In the model: direct is true, loopback false, resolved_once unknown, shared_network absent; the service is
    // unknown, the workload absent.
    let (yes, no, unknown, absent) = ("hop.direct", "hop.loopback", "hop.resolved_once", "hop.shared_network");
    let both = |a: &str, b: &str, and: &str, or: &str| {
        for (a, b) in [(a, b), (b, a)] {
            // In parentheses with a negation, the operands do not stand apart.
            assert_eq!(verdict(&format!("{a} && {b}")), and, "{a} && {b}");
            assert_eq!(verdict(&format!("!!({a} && {b})")), and, "!!({a} && {b})");
            assert_eq!(verdict(&format!("{a} || {b}")), or, "{a} || {b}");
        }
    };
    both(yes, yes, "pass", "pass");
    both(yes, no, "hit", "pass");
    both(no, no, "hit", "hit");
    both(yes, unknown, "unknown", "pass");
    both(no, unknown, "hit", "unknown");
    both(yes, absent, "nothing", "pass");
    both(no, absent, "hit", "nothing");
    both(unknown, absent, "unknown", "unknown");
    both(unknown, unknown, "unknown", "unknown");
    both(absent, absent, "nothing", "nothing");
}

#[test]
fn links_and_nulls() {
    for (require, expected) in [
        ("hop.service == null", "unknown"),
        ("hop.service.name == null", "unknown"),
        ("hop.workload == null", "pass"),
        ("hop.workload != null", "hit"),
        ("null == hop.workload.name", "pass"),
        ("hop.route != null", "pass"),
        ("hop.workload.replicas > 1", "nothing"),
        ("hop.service.headless", "unknown"),
        // Absent decides a comparison, whatever the unknown operand is.
        ("hop.service.headless == hop.shared_network", "nothing"),
        ("hop.workload != null && hop.workload.replicas > 1", "hit"),
        (
            "hop.direct ? hop.route.connect_timeout < duration('6s') : hop.resolved_once",
            "pass",
        ),
        ("hop.resolved_once ? hop.direct : hop.direct", "unknown"),
        ("written(hop.route.connect_timeout)", "hit"),
    ] {
        assert_eq!(verdict(require), expected, "{require}");
    }
}

#[test]
fn amounts() {
    for (require, expected) in [
        ("hop.route.read_timeout > duration('999d')", "pass"),
        (
            "hop.route.read_timeout + duration('1s') == hop.route.read_timeout",
            "pass",
        ),
        (
            "hop.route.read_timeout - duration('1s') == hop.route.read_timeout",
            "pass",
        ),
        ("hop.route.connect_timeout * 2 == duration('10s')", "pass"),
        ("2 * hop.route.connect_timeout == duration('10s')", "pass"),
        (
            "hop.route.connect_timeout - duration('1m30s') == duration('0s')",
            "pass",
        ),
        ("hop.route.connect_timeout + options.margin == duration('7s')", "pass"),
        ("max(size('16k'), size('1m')) == size('1024k')", "pass"),
        ("min(3, -4) == -4", "pass"),
        ("text(hop.route.connect_timeout) == '5s'", "pass"),
        ("hop.gateway.product in ['haproxy', 'nginx']", "pass"),
        (
            "hop.gateway.product.startsWith('ng') && contains(hop.gateway.product, 'in')",
            "pass",
        ),
        ("is_number('80') && !is_number('http')", "pass"),
        ("at_least('1.28', '1.27.3') && !at_least('1.26', '1.27.3')", "pass"),
        ("at_least('1.27', '1.27.3')", "unknown"),
    ] {
        assert_eq!(verdict(require), expected, "{require}");
    }
}

/// The embedded rules on a hop whose route waits 60s for a gunicorn that may take 120s.
fn slow_application(rules: &RuleSet) -> Vec<Hit> {
    let model = model(|model, hop, route| {
        model
            .entity_mut(route)
            .set(field::route::READ_TIMEOUT, Duration::from_secs(60), span(10));
        let mut process = Entity::new(Kind::Process, "gunicorn", span(30));
        process.set(field::process::NAME, "gunicorn".into(), span(30));
        process.set(field::process::KILLS_AT_TIMEOUT, true, span(30));
        process.set(field::process::REQUEST_TIMEOUT, Duration::from_secs(120), span(30));
        let process = model.add(process);
        let mut container = Entity::new(Kind::Container, "api", span(40));
        container.set(field::container::NAME, "api".into(), span(40));
        container.link(field::container::PROCESS, Known::Is(process));
        let container = model.add(container);
        model.entity_mut(hop).link(field::hop::CONTAINER, Known::Is(container));
    });
    let violations = judge(&model, rules).violations;
    violations
        .iter()
        .map(|violation| tell(&model, rules, violation))
        .collect()
}

#[test]
fn a_hit_has_all_that_a_finding_needs() {
    let rules = RuleSet::embedded().unwrap();
    let hits = slow_application(&rules);
    let [hit] = hits.as_slice() else {
        panic!("{hits:?}");
    };
    assert_eq!(&*rules.rule(hit.rule).id, "read-timeout-below-app");
    assert_eq!(hit.severity, Severity::Warning);
    assert_eq!(hit.point.span, span(10));
    assert_eq!(
        hit.subject,
        "read-timeout-below-app gateway:edge route:/ route:/.read_timeout"
    );
    assert_eq!(hit.values, ["60s", "120s"]);
    assert_eq!(
        hit.related,
        [(span(30), "gunicorn may work 120s on a request".to_owned())]
    );
    assert!(
        hit.message
            .starts_with("nginx waits 60s for a response, gunicorn in api may take 120s"),
        "{}",
        hit.message
    );
    let proposal = hit.remedy.proposal().unwrap();
    assert!(proposal.because.is_some());
    let [change] = proposal.changes.as_slice() else {
        panic!("{proposal:?}");
    };
    assert_eq!(change.field, field::route::READ_TIMEOUT.id());
    assert!(matches!(&change.action, Action::Set(value) if value.to_string() == "125s"));
}

#[test]
fn options_and_severities() {
    let id = "read-timeout-below-app";
    let rules = RuleSet::embedded()
        .unwrap()
        .with_options([(id, "margin", "10s")])
        .unwrap();
    let hits = slow_application(&rules);
    let proposal = hits[0].remedy.proposal().unwrap();
    assert!(matches!(&proposal.changes[0].action, Action::Set(value) if value.to_string() == "135s"));

    let rules = RuleSet::embedded().unwrap().with_severities([(id, "error")]).unwrap();
    assert_eq!(slow_application(&rules)[0].severity, Severity::Error);
    let rules = RuleSet::embedded().unwrap().with_severities([(id, "off")]).unwrap();
    assert!(slow_application(&rules).is_empty());
    let mut rules = RuleSet::embedded().unwrap();
    rules.select(|rule| &*rule.category != "timeouts");
    assert!(slow_application(&rules).is_empty());

    let wrong = [
        (id, "margn", "10s"),
        (id, "margin", "soon"),
        ("read-timeout-below-ap", "margin", "10s"),
    ];
    let errors = RuleSet::embedded().unwrap().with_options(wrong).unwrap_err();
    let said: Vec<_> = errors
        .iter()
        .map(|error| (error.message.as_str(), error.help.as_deref().unwrap()))
        .collect();
    assert_eq!(said[0].1, "did you mean `margin`?");
    assert_eq!(said[1], ("`soon` is not a duration", "the default is 0s"));
    assert_eq!(said[2].1, "did you mean `read-timeout-below-app`?");
    assert!(RuleSet::embedded().unwrap().with_severities([(id, "fatal")]).is_err());
}

#[test]
fn a_user_folder_adds_rules() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("team")).unwrap();
    std::fs::write(folder.path().join("team/mine.yaml"), rule_file("hop.direct")).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "not a rule").unwrap();
    let embedded = RuleSet::embedded().unwrap().rules().len();
    let rules = RuleSet::load(&[folder.path()]).unwrap();
    assert_eq!(rules.rules().len(), embedded + 1);
    assert!(rules.named("some-rule").is_some());

    let clash = rule_file("hop.direct").replace("id: some-rule", "id: name-resolved-once");
    std::fs::write(folder.path().join("clash.yaml"), clash).unwrap();
    let errors = RuleSet::load(&[folder.path()]).unwrap_err();
    assert!(
        errors[0]
            .message
            .contains("already defined in rules/dns/name-resolved-once.yaml"),
        "{}",
        errors[0]
    );

    let errors = RuleSet::load(&[folder.path().join("missing")]).unwrap_err();
    assert!(errors[0].message.contains("cannot be read"), "{}", errors[0]);
}

#[test]
fn every_embedded_rule_has_its_examples() {
    let rules = RuleSet::embedded().unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert!(!rules.rules().is_empty());
    for rule in rules.rules() {
        let examples = rule.examples();
        assert!(examples.iter().any(|example| !example.bad), "{}", rule.id);
        for example in &examples {
            assert_eq!(
                example.bad,
                !example.marks().is_empty(),
                "{}: {:?}",
                rule.id,
                example.name
            );
            let files: Vec<_> = example
                .fixed
                .keys()
                .filter(|path| !example.files.contains_key(*path))
                .collect();
            assert!(files.is_empty(), "{}: the fix makes new files {files:?}", rule.id);
        }
        assert!(!explain::terminal(rule, true, 80).is_empty());
    }
    assert_eq!(explain::table(&rules, None).lines().count(), rules.rules().len() + 1);
    assert!(serde_json::from_str::<serde_json::Value>(&explain::json(&rules)).is_ok());
}

/// Pages and schema are made from the rules and the model; `GATELINT_REGENERATE=1` writes them anew.
#[test]
fn generated_files_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = RuleSet::embedded().unwrap();
    let mut wanted: Vec<(String, String)> = rules
        .rules()
        .iter()
        .map(|rule| (format!("docs/rules/{}.md", rule.id), explain::markdown(rule)))
        .collect();
    wanted.push(("docs/rules/README.md".to_owned(), explain::index(&rules)));
    wanted.push(("schemas/model.json".to_owned(), schema::model_schema()));
    let regenerate = std::env::var_os("GATELINT_REGENERATE").is_some();
    for (path, text) in &wanted {
        if regenerate {
            std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            std::fs::write(root.join(path), text).unwrap();
        }
        let found = std::fs::read_to_string(root.join(path))
            .unwrap_or_default()
            .replace("\r\n", "\n");
        assert_eq!(
            &found, text,
            "{path} is out of date: GATELINT_REGENERATE=1 cargo test --test rule_engine"
        );
    }
    for entry in std::fs::read_dir(root.join("docs/rules")).unwrap() {
        let path = format!("docs/rules/{}", entry.unwrap().file_name().to_string_lossy());
        assert!(
            wanted.iter().any(|(known, _)| *known == path),
            "{path} belongs to no rule"
        );
    }
}
