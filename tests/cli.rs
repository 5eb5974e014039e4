//! The command line as a person types it: what it prints, where, and with which exit code.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::io::{Read, Write};
use std::process::Stdio;

use common::{Place, found, said};

const NGINX: &str = "\
server {
    listen 80;
    location / {
        proxy_pass http://api:8080;
        proxy_read_timeout 60s;
    }
}
";

const COMPOSE: &str = "\
services:
  nginx:
    image: nginx:1.28
    volumes:
      - ./edge/nginx.conf:/etc/nginx/conf.d/default.conf:ro
  api:
    image: python:3.13
    command: gunicorn --bind 0.0.0.0:8000 --timeout 120 app:app
";

const REFUSED: &str = "\
events {}
http {
    server {
        listen 80;
        location / {
            proxy_pass http://127.0.0.1:8000;
            proxy_buffer_size 16k;
            proxy_buffers 8 4k;
        }
    }
}
";

const SCALED: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 4
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: nginx:1.28, resources: { requests: { cpu: 100m } } }] }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  minReplicas: 4
  maxReplicas: 9
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 60 } } }]
";

/// The rules these tests speak of, so that a new rule does not change them.
const TWO: [&str; 2] = ["--select", "upstream-port-not-exposed,read-timeout-below-app,config"];

/// An error with a safe fix and a warning with an unsafe one in `edge`, an error in `machine`.
fn shop() -> Place {
    Place::new(&[
        ("edge/nginx.conf", NGINX),
        ("compose.yaml", COMPOSE),
        ("machine/nginx.conf", REFUSED),
    ])
}

fn lint<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["lint"];
    all.extend(arguments);
    all
}

fn two<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let mut all = lint(&TWO);
    all.extend(arguments);
    all
}

#[test]
fn each_format() {
    let place = shop();
    let human = place.run(&two(&[]));
    assert_eq!((human.code, human.err.as_str()), (Some(1), ""));
    insta::assert_snapshot!("lint_human", human.out);
    let concise = place.run(&two(&["--format", "concise"]));
    insta::assert_snapshot!("lint_concise", concise.out);
    let json = place.json(&TWO);
    let expected = [
        "edge/nginx.conf:4 upstream-port-not-exposed",
        "edge/nginx.conf:5 read-timeout-below-app",
    ];
    assert_eq!(found(&json), expected);
    assert_eq!(json["summary"]["linked"], 1);
    let schema = place.run(&["schema", "report"]).json();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = schema.iter_errors(&json).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    // Only findings.
    let quiet = place.run(&two(&["-q"]));
    assert_eq!(quiet.out.trim_end(), human.out.rsplit_once("\n\n").unwrap().0);
}

#[test]
fn exit_codes() {
    let place = shop();
    let code = |arguments: &[&str]| place.run(&lint(arguments)).code;
    assert_eq!(code(&[]), Some(1));
    assert_eq!(code(&["--exit-zero"]), Some(0));
    assert_eq!(code(&["--fail-on", "never"]), Some(0));
    assert_eq!(code(&TWO), Some(1));
    let warning = |arguments: &[&str]| {
        let only = ["--select", "read-timeout-below-app"];
        place.run(&lint(&[&only, arguments].concat())).code
    };
    assert_eq!(warning(&[]), Some(0));
    assert_eq!(warning(&["--fail-on", "warning"]), Some(1));
    assert_eq!(warning(&["--fail-on", "info"]), Some(1));
    assert_eq!(warning(&["--fail-on", "warning", "--diff"]), Some(1));
    assert_eq!(warning(&["--min-severity", "error", "--fail-on", "warning"]), Some(0));
    assert_eq!(code(&["--fix", "--diff"]), Some(2));
    assert_eq!(code(&["--unsafe-fixes"]), Some(2));
}

#[test]
fn the_configuration_may_be_called_yml() {
    let place = shop();
    place.write(".gatelint.yml", "select: [read-timeout-below-app]\n");
    let places = || place.run(&lint(&["--format", "concise"])).places();
    assert_eq!(places(), ["edge/nginx.conf:5:28: warning read-timeout-below-app"]);
    // Of two, one would be passed over in silence.
    place.write(".gatelint.yaml", "select: [upstream-port-not-exposed]\n");
    let said = place.run(&lint(&[]));
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(said.err.contains("there are two configurations"), "{}", said.err);
    assert_eq!(place.run(&lint(&["--config", ".gatelint.yaml"])).code, Some(1));
}

/// What is only counted counts all the same.
#[test]
fn infos_that_are_not_shown() {
    let place = Place::new(&[("scaled.yaml", SCALED)]);
    let run = |arguments: &[&str]| {
        let said = place.run(&lint(&[&["--select", "replicas-fight-autoscaler"], arguments].concat()));
        (said.code, said.out.lines().next().unwrap_or_default().to_owned())
    };
    let one = "1 file read, no hops found, 1 info".to_owned();
    assert_eq!(run(&[]), (Some(0), one.clone()));
    assert_eq!(run(&["--fail-on", "info"]), (Some(1), one.clone()));
    assert_eq!(run(&["scaled.yaml"]), (Some(0), one));
    let none = "1 file read, no hops found, no findings".to_owned();
    assert_eq!(run(&["--min-severity", "error", "--fail-on", "info"]), (Some(0), none));
    for target in [
        "file: '*.yaml'",
        "object: Deployment/web",
        "object: HorizontalPodAutoscaler/web",
    ] {
        let rule = format!("ignores:\n  - {{ rule: replicas-fight-autoscaler, {target}, reason: known }}\n");
        place.write(".gatelint.yaml", rule);
        let ignored = "2 files read, no hops found, no findings, 1 ignored".to_owned();
        assert_eq!(run(&["--fail-on", "info"]), (Some(0), ignored), "{target}");
    }
}

#[test]
fn what_is_selected() {
    let place = shop();
    let places = |arguments: &[&str]| {
        let mut all = vec!["--format", "concise"];
        all.extend(arguments);
        place.run(&lint(&all)).places()
    };
    let timeout = "edge/nginx.conf:5:28: warning read-timeout-below-app";
    let port = "edge/nginx.conf:4:31: error upstream-port-not-exposed";
    assert_eq!(places(&["--select", "read-timeout-below-app"]), [timeout]);
    assert_eq!(
        places(&["--select", TWO[1], "--ignore", "upstream-port-not-exposed"]),
        [timeout]
    );
    assert!(places(&["--select", "timeouts"]).contains(&timeout.to_owned()));
    assert!(!places(&["--ignore", "timeouts"]).contains(&timeout.to_owned()));
    assert!(places(&["--min-precision", "high"]).contains(&port.to_owned()));
    let errors = places(&["--min-severity", "error"]);
    assert!(
        errors.iter().all(|line| line.contains(" error ")) && errors.len() == 2,
        "{errors:?}"
    );

    let unknown = place.run(&lint(&["--select", "read-timeout-bellow-app"]));
    assert_eq!(unknown.code, Some(2));
    insta::assert_snapshot!(unknown.err, @r"
    error: there is no rule or category read-timeout-bellow-app
      `gatelint rules` lists them. Did you mean read-timeout-below-app?
    ");
    let misspelt = place.run(&lint(&["--ignore", "timeout"]));
    assert_eq!(misspelt.code, Some(2));
    assert!(misspelt.err.contains("Did you mean timeouts?"), "{}", misspelt.err);
}

#[test]
fn mistakes_of_the_configuration_point_into_it() {
    let place = shop();
    place.write(
        ".gatelint.yaml",
        "select: [timeouts]\nseverty:\n  a: off\noptions:\n  read-timeout-below-app: { margin: soon }\n",
    );
    let said = place.run(&["lint"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    insta::assert_snapshot!("config_mistakes", said.err);
    // What does not need the configuration does not read it.
    assert_eq!(place.run(&["lint", "--no-config"]).code, Some(1));
    assert_eq!(place.run(&["rules"]).code, Some(2));
    assert_eq!(place.run(&["lint", "--config", "none.yaml"]).code, Some(2));
    place.write("other.yaml", "select: [read-timeout-below-app]\n");
    let said = place.run(&lint(&["--config", "other.yaml", "--format", "concise"]));
    assert_eq!(said.places(), ["edge/nginx.conf:5:28: warning read-timeout-below-app"]);
    place.write(
        ".gatelint.yaml",
        "select: [timeouts]\nseverity: { read-timeout-below-app: error }\n",
    );
    assert_eq!(place.run(&["lint", "edge"]).code, Some(1));
}

#[test]
fn ignores_in_comments_and_configuration() {
    let place = shop();
    let with = |comment: &str| {
        place.write(
            "edge/nginx.conf",
            NGINX.replace("60s;", &format!("60s; # gatelint: {comment}")),
        );
        let said = place.run(&two(&["--format", "concise"]));
        said.places()
            .into_iter()
            .filter(|line| !line.contains(":4:"))
            .collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(with("ignore[read-timeout-below-app] slow reports"), none);
    assert_eq!(
        with("ignore[read-timeout-below-app] slow reports until 2999-01-31"),
        none
    );
    let timeout = "edge/nginx.conf:5:28: warning read-timeout-below-app";
    let about = |rule: &str| vec![timeout.to_owned(), format!("edge/nginx.conf:5:33: warning {rule}")];
    assert_eq!(
        with("ignore[read-timeout-below-app] over until 2020-01-31"),
        about("ignore-expired")
    );
    assert_eq!(with("ignore[read-timeout-below-app]"), about("ignore-invalid"));
    assert_eq!(with("ignore[read-timeout-belo-app] typo"), about("ignore-invalid"));
    assert_eq!(
        with("ignore[upstream-port-not-exposed] elsewhere"),
        about("ignore-unused")
    );
    // A rule that is not run cannot have used it.
    place.write(
        "edge/nginx.conf",
        NGINX.replace("60s;", "60s; # gatelint: ignore[name-resolved-once] x"),
    );
    assert_eq!(place.run(&two(&["--format", "concise"])).places().len(), 2);

    place.write("edge/nginx.conf", NGINX);
    place.write(
        ".gatelint.yaml",
        "ignores:\n  - { rule: read-timeout-below-app, file: edge/*, reason: slow reports }\n  - { rule: upstream-port-not-exposed, object: nowhere, reason: x }\n",
    );
    let said = place.run(&two(&["--format", "concise"]));
    assert_eq!(
        said.places(),
        [
            ".gatelint.yaml:3:13: warning ignore-unused",
            "edge/nginx.conf:4:31: error upstream-port-not-exposed"
        ]
    );
    let without = place.run(&two(&["--format", "concise", "--no-ignores"]));
    assert_eq!(without.places().len(), 2, "{}", without.out);
    assert!(place.run(&two(&[])).out.contains("1 ignored"));

    // The timeout stands in nginx.conf; the compose service is the other end it is compared with.
    place.write(
        ".gatelint.yaml",
        "ignores:\n  - { rule: read-timeout-below-app, object: service/api, reason: slow reports }\n",
    );
    let said = place.run(&two(&["--format", "concise"]));
    assert_eq!(said.places(), ["edge/nginx.conf:4:31: error upstream-port-not-exposed"]);
}

#[test]
fn a_fact_that_nothing_answers_to_is_a_finding() {
    let place = shop();
    place.write(
        ".gatelint.yaml",
        "facts:\n  load_balancers:\n    - { name: edge, product: aws-alb, in_front_of: [nginx, ngnix] }\n  cdn:\n    - { name: C, read_timeout: 100s, in_front_of: [nginx, shop.example.com] }\n",
    );
    let said = place.run(&two(&["--format", "concise"]));
    let about: Vec<_> = said
        .places()
        .into_iter()
        .filter(|line| line.contains("fact-unused"))
        .collect();
    assert_eq!(
        about,
        [
            ".gatelint.yaml:3:60: warning fact-unused",
            ".gatelint.yaml:5:59: warning fact-unused"
        ]
    );
}

const RULE: &str = "\
id: no-port-8080
category: targets
severity: error
precision: high
since: 0.1.0
title: Port 8080 is forbidden here
why: We say so.
each: endpoint
require: endpoint.port != 8080
point: endpoint.port
message: \"port {endpoint.port} is forbidden\"
help: Use another.
examples:
  - name: the port
    bad: { nginx.conf: \"server { location / { proxy_pass http://a:8080; } } # <--\" }
  - name: another
    good: { nginx.conf: \"server { location / { proxy_pass http://a:80; } }\" }
";

#[test]
fn the_structure_of_a_rule_is_explained_in_words() {
    let place = shop();
    place.write(".gatelint.yaml", "rules: [policy]\n");
    let text = RULE
        .replace("severity: error", "severity: [{ whenn: a, is: fatal }]")
        .replace("point:", "pont:")
        .replace("- name: another\n    good:", "- name: another\n    god:")
        + "fix:\n  - { set: endpoint.port, to: \"80\", safety: saf }\n  - { st: endpoint.port }\n";
    place.write("policy/no-port-8080.yaml", text);
    let said = place.run(&["lint"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    insta::assert_snapshot!("rule_structure", said.err);
}

/// Nobody reads more than 200 findings, and only the fixes of those that are shown are proved.
#[test]
fn of_very_many_findings_some_are_shown() {
    let place = Place::new(&[]);
    for nth in 0..603 {
        place.write(&format!("machines/{nth}/nginx.conf"), REFUSED);
    }
    let arguments = lint(&["--select", "buffer-sizes-refused"]);
    let said = place.run(&arguments);
    assert_eq!(said.out.matches("error[buffer-sizes-refused]").count(), 200);
    for part in [
        "and 403 more; `--format concise` shows them all",
        "603 errors; of those shown 200 fixable with --fix",
    ] {
        assert!(said.out.contains(part), "{}", said.out);
    }
    // Where every fix is proved, all are counted; the worst come first.
    place.write("edge/nginx.conf", NGINX);
    place.write("compose.yaml", COMPOSE);
    let mixed = lint(&["--select", "buffer-sizes-refused,upstream-port-not-exposed"]);
    let worst = place.run(&mixed).out;
    assert!(!worst.contains("warning["), "{worst}");
    let one_thread = place.run_with(&mixed, &[("RAYON_NUM_THREADS", "1")]);
    assert_eq!(one_thread.out, worst);
    let fixed = place.run(&[arguments.as_slice(), &["--fix"]].concat());
    assert!(fixed.err.contains("fixed 603 findings"), "{}", fixed.err);
}

#[test]
fn examples_of_ones_own_rules_are_run() {
    let place = shop();
    let none = place.run(&["rules", "--test"]);
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("there are no rules of your own"), "{}", none.err);

    place.write("policy/no-port-8080.yaml", RULE);
    let good = place.run(&["rules", "--test", "policy"]);
    assert_eq!(
        (good.code, good.out.as_str()),
        (Some(0), "2 examples of 1 rule run, 0 failed\n"),
        "{}",
        good.err
    );

    place.write(".gatelint.yaml", "rules: [policy]\n");
    place.write("policy/no-port-8080.yaml", RULE.replace("http://a:8080", "http://a:80"));
    let missed = place.run(&["rules", "--test"]);
    assert_eq!(missed.code, Some(1));
    insta::assert_snapshot!("rule_example_failed", missed.out);

    let unknown = RULE.replace("http://a:8080", "http://a:{{ port }}");
    place.write("policy/no-port-8080.yaml", unknown);
    let open = place.run(&["rules", "--test"]);
    assert!(open.out.contains("it could not be decided: "), "{}", open.out);
}

#[test]
fn rules_of_ones_own() {
    let place = shop();
    place.write(".gatelint.yaml", "rules: [policy]\n");
    place.write("policy/targets/no-port-8080.yaml", RULE);
    let said = place.run(&lint(&["--select", "no-port-8080", "--format", "concise"]));
    assert_eq!(
        said.out, "edge/nginx.conf:4:31: error no-port-8080 port 8080 is forbidden\n",
        "{}",
        said.err
    );
    assert_eq!(said.code, Some(1));
    assert!(place.run(&["rules"]).out.contains("no-port-8080"));
    assert!(
        place
            .run(&["explain", "no-port-8080"])
            .out
            .contains("Port 8080 is forbidden here")
    );

    place.write(
        "policy/targets/no-port-8080.yaml",
        RULE.replace("endpoint.port != 8080", "endpoint.prot != '8080'"),
    );
    let said = place.run(&["lint"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    insta::assert_snapshot!("rule_mistake", said.err);
}

#[test]
fn fixes_change_what_they_say_and_nothing_else() {
    let place = shop();
    let crlf = NGINX.replace('\n', "\r\n");
    place.write("edge/nginx.conf", &crlf);
    let file = place.path("edge/nginx.conf");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    }
    let diff = place.run(&two(&["--diff"]));
    assert_eq!(
        (diff.code, diff.err.as_str()),
        (Some(1), "1 more with --unsafe-fixes\n")
    );
    let expected = "-        proxy_pass http://api:8080;\r\n+        proxy_pass http://api:8000;\r\n";
    assert!(diff.out.contains(expected), "{}", diff.out);
    assert_eq!(place.text("edge/nginx.conf"), crlf);

    let fixed = place.run(&two(&["--fix"]));
    let mended = "fixed 1 finding\n  edge/nginx.conf:4 upstream-port-not-exposed\n";
    assert_eq!((fixed.code, fixed.err.as_str()), (Some(0), mended));
    assert!(fixed.out.contains("warning[read-timeout-below-app]") && !fixed.out.contains("error[upstream"));
    let port = crlf.replace("8080", "8000");
    assert_eq!(place.text("edge/nginx.conf"), port);
    assert_eq!(place.run(&two(&["--fix"])).err, "");
    assert_eq!(place.text("edge/nginx.conf"), port);

    let all = place.run(&two(&["--fix", "--unsafe-fixes"]));
    assert_eq!(all.err, "fixed 1 finding\n  edge/nginx.conf:5 read-timeout-below-app\n");
    let timeout = port.replace("60s", "125s");
    assert_eq!(place.text("edge/nginx.conf"), timeout);
    let again = place.run(&two(&["--fix", "--unsafe-fixes"]));
    assert_eq!((again.code, again.err.as_str()), (Some(0), ""));
    assert_eq!(place.text("edge/nginx.conf"), timeout);
    assert_eq!(place.run(&two(&["--diff", "--unsafe-fixes"])).err, "no fix to show\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    }
    // Nothing is left beside it, and nothing else was touched.
    let names: Vec<_> = common::files(&place.path(""))
        .into_iter()
        .filter(|path| !path.starts_with(place.path(".git")))
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(
        (place.text("compose.yaml"), place.text("machine/nginx.conf")),
        (COMPOSE.into(), REFUSED.into())
    );
}

#[test]
fn a_fix_is_made_in_the_file_as_it_is() {
    let place = shop();
    let file = place.path("edge/nginx.conf");
    std::fs::hard_link(&file, place.path("edge/other-name")).unwrap();
    // What a run that was killed has left.
    place.write("edge/.gatelint-a1B2c3.new", "half");
    let patch = place.path("fix.patch");
    let kept = place.run(&two(&["--unsafe-fixes", "--patch-file", patch.to_str().unwrap()]));
    assert!(kept.out.contains("upstream-port-not-exposed"), "{}", kept.out);
    assert_eq!(place.text("edge/nginx.conf"), NGINX);

    place.run(&two(&["--fix", "--unsafe-fixes"]));
    let fixed = NGINX.replace("8080", "8000").replace("60s", "125s");
    assert_eq!(place.text("edge/nginx.conf"), fixed);
    assert_eq!(place.text("edge/other-name"), fixed, "the file has two names");
    assert!(!place.path("edge/.gatelint-a1B2c3.new").exists());

    place.write("edge/nginx.conf", NGINX);
    let git = std::process::Command::new("git")
        .arg("apply")
        .arg(&patch)
        .current_dir(place.path(""))
        .status();
    assert!(git.unwrap().success());
    assert_eq!(place.text("edge/nginx.conf"), fixed);
}

#[test]
fn a_text_that_is_not_saved_is_mended_on_standard_output() {
    let place = shop();
    let unsaved = NGINX.replace("60s", "61s");
    let arguments = ["-", "--stdin-filename", "edge/nginx.conf", "--fix", "--unsafe-fixes"];
    place.write("unsaved", &unsaved);
    let typed = std::fs::File::open(place.path("unsaved")).unwrap();
    let said = common::said(place.command(&two(&arguments)).stdin(typed));
    assert_eq!(
        said.out,
        unsaved.replace("8080", "8000").replace("61s", "125s"),
        "{}",
        said.err
    );
    assert!(said.err.contains("fixed 2 findings"), "{}", said.err);
    assert_eq!(place.text("edge/nginx.conf"), NGINX);
}

#[test]
fn a_fix_that_is_out_of_scope_is_not_applied() {
    let place = shop();
    let said = place.run(&lint(&["machine", "--fix", "--unsafe-fixes"]));
    assert!(said.err.contains("fixed 1 finding"), "{}", said.err);
    assert_eq!(place.text("edge/nginx.conf"), NGINX);
    assert_ne!(place.text("machine/nginx.conf"), REFUSED);
}

#[test]
fn standard_input_without_a_name_is_all_that_is_read() {
    let place = shop();
    let run = |text: &str| {
        let mut command = place.command(&two(&["--format", "concise", "-"]));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let stream = "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  ingressClassName: nginx
  defaultBackend: { service: { name: api, port: { number: 8080 } } }
---
apiVersion: v1
kind: Service
metadata: { name: api }
spec: { selector: { app: api }, ports: [{ port: 80 }] }
";
    let (code, out) = run(stream);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.starts_with("standard-input.yaml:6:"), "{out}");
    let (code, out) = run("# configuration file /etc/nginx/nginx.conf:\nevents {}\nhttp {\n");
    assert_eq!(code, Some(1), "{out}");
    assert!(out.starts_with("standard-input.conf:3:"), "{out}");
}

#[test]
fn standard_input_stands_in_for_a_file() {
    let place = shop();
    let run = |name: &str, text: &str| {
        let mut command = place.command(&two(&["--format", "concise", "-", "--stdin-filename", name]));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let good = NGINX.replace("8080", "8000").replace("60s", "125s");
    assert_eq!(run("edge/nginx.conf", &good), (Some(0), String::new(), String::new()));
    let (_, out, _) = run("edge/nginx.conf", &NGINX.replace("8080", "9"));
    assert!(
        out.starts_with("edge/nginx.conf:4:31: error upstream-port-not-exposed"),
        "{out}"
    );
    assert_eq!(run("../edge.conf", "").0, Some(2));
    assert_eq!(place.text("edge/nginx.conf"), NGINX);
}

#[test]
fn paths_limit_the_report_not_the_reading() {
    let place = shop();
    let places = |arguments: &[&str]| {
        place
            .run(&two(&[&["--format", "concise"], arguments].concat()))
            .places()
    };
    assert_eq!(places(&["edge"]).len(), 2);
    assert_eq!(places(&["./edge/../edge/nginx.conf"]).len(), 2);
    assert_eq!(places(&["machine"]).len(), 0);
    assert_eq!(places(&["edge", "machine"]).len(), 2);
    // A finding also belongs to the file that was named where the other end is written.
    assert_eq!(places(&["compose.yaml"]).len(), 2);
    let inside = place.run_in("edge", &two(&["--format", "concise"]));
    assert_eq!(inside.places(), places(&["edge"]), "{}", inside.err);
    let above = place.run_in("edge", &two(&["--format", "concise", ".."]));
    assert_eq!(above.places(), places(&["edge"]));

    let place_with_docs = Place::new(&[("edge/nginx.conf", NGINX), ("docs/readme.txt", "nothing to read")]);
    let empty = place_with_docs.run(&["lint", "docs"]);
    assert_eq!(empty.code, Some(0));
    assert!(empty.err.contains("reports on the whole repository"), "{}", empty.err);

    let missing = place.run(&["lint", "nowhere"]);
    assert_eq!(missing.code, Some(2));
    insta::assert_snapshot!(missing.err, @r"
    error: nowhere does not exist
      Give files and folders of the repository, or nothing for the current folder.
    ");
    let other = shop();
    let outside = place.run(&["lint", "edge", &other.path("edge").display().to_string()]);
    assert_eq!(outside.code, Some(2));
    assert!(outside.err.contains("lies outside the repository"), "{}", outside.err);
    // By itself it is a repository of its own.
    assert_eq!(
        place.run(&["lint", &other.path("edge").display().to_string()]).code,
        Some(1)
    );
}

#[test]
fn the_map() {
    let place = shop();
    insta::assert_snapshot!("hops", place.run(&["hops"]).out);
    let named = place.run(&["hops", "api"]);
    assert_eq!((named.code, named.out.lines().count()), (Some(0), 1));
    let none = place.run(&["hops", "nothing"]);
    assert_eq!(none.code, Some(0));
    assert!(none.out.starts_with("no hop"), "{}", none.out);
    let json = place.run(&["hops", "--format", "json"]).json();
    assert_eq!(json["hops"].as_array().unwrap().len(), 2);
    let none = place.run(&["hops", "nothing", "--format", "json"]).json();
    assert_eq!(none, serde_json::json!({"hops": [], "not_read": []}));
    place.write("charts/api/Chart.yaml", "apiVersion: v2\nname: api\nversion: 1.0.0\n");
    place.write(
        "edge/routes.yaml",
        "http:\n  services:\n    api:\n      loadBalancer:\n        servers:\n          - url: http://api\n",
    );
    let json = place.run(&["hops", "--format", "json"]).json();
    let of = |nth: usize| json["not_read"][nth]["kind"].as_str().unwrap_or_default();
    assert_eq!((of(0), of(1)), ("Helm chart", "Traefik file with route"));
}

#[test]
fn pages() {
    let place = Place::new(&[]);
    let text = |arguments: &[&str]| {
        let said = place.run(arguments);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{arguments:?}");
        said.out
    };
    assert!(text(&["rules"]).contains("read-timeout-below-app"));
    let rules: serde_json::Value = serde_json::from_str(&text(&["rules", "--format", "json"])).unwrap();
    assert!(rules.to_string().contains("\"read-timeout-below-app\""));
    assert!(text(&["explain", "read-timeout-below-app"]).starts_with("read-timeout-below-app (warning, timeouts)"));
    let page = text(&["explain", "--format", "markdown", "read-timeout-below-app"]);
    assert!(page.starts_with("# ") && page.contains("```"), "{page}");
    for of in ["rule", "config", "report", "model"] {
        assert!(text(&["schema", of]).starts_with('{'));
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(text(&["completions", shell]).contains("unsafe-fixes"));
    }
    assert!(text(&["--help"]).contains("Exit codes"));
    assert!(text(&["lint", "--help"]).contains("gatelint: ignore[rule-id]"));
    assert!(text(&["--version"]).starts_with("gatelint "));

    let unknown = place.run(&["explain", "read-timeout-below-ap"]);
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.err.contains("Did you mean read-timeout-below-app?"),
        "{}",
        unknown.err
    );
    assert!(text(&["explain", "ignore-unused"]).contains("silences nothing"));
    // Rules can be looked up while the configuration is wrong.
    let broken = Place::new(&[(".gatelint.yaml", "slect: [timeouts]\n")]);
    let page = broken.run(&["explain", "read-timeout-below-app"]);
    assert_eq!(page.code, Some(0));
    assert!(
        page.err.contains("slect") && page.out.contains("What to do"),
        "{}",
        page.err
    );
    assert_eq!(place.run(&["lint", "--nonsense"]).code, Some(2));
    assert_eq!(place.run(&[]).code, Some(2));
}

#[test]
fn every_command_has_a_man_page() {
    let place = Place::without_git(&[]);
    let page = |command: &[&str]| {
        let said = place.run(&[&["man"], command].concat());
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{command:?}");
        said.out
    };
    assert!(page(&[]).contains(".TH gatelint 1"));
    assert!(page(&["lint"]).contains("unsafe\\-fixes"));
    assert!(page(&["traffic", "import"]).contains(".TH gatelint-traffic-import 1"));
    let unknown = place.run(&["man", "traffic", "imports"]);
    assert_eq!(unknown.code, Some(2));
    insta::assert_snapshot!(unknown.err, @r"
    error: gatelint traffic has no command imports
      It has import, show.
    ");
    let all = place.run(&["man", "--folder", "man1"]);
    assert_eq!((all.code, all.out.as_str()), (Some(0), ""), "{}", all.err);
    let pages = common::files(&place.path("man1"));
    let names: Vec<_> = pages
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    for name in [
        "gatelint.1",
        "gatelint-lint.1",
        "gatelint-traffic.1",
        "gatelint-traffic-import.1",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
fn colour_only_where_it_is_wanted() {
    let place = shop();
    let colored = |arguments: &[&str], variables: &[(&str, &str)]| {
        place.run_with(&lint(arguments), variables).out.contains('\x1b')
    };
    assert!(!colored(&[], &[]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(colored(&[], &[("FORCE_COLOR", "1")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    for format in ["json", "concise"] {
        assert!(!colored(&["--format", format], &[("CLICOLOR_FORCE", "1")]), "{format}");
    }
    let explained = place.run_with(&["explain", "read-timeout-below-app"], &[("CLICOLOR_FORCE", "1")]);
    assert!(explained.out.contains('\x1b'));
}

/// `gatelint lint | head -1`: the reader goes away while there is more than a pipe holds.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let many: String = (0..3000)
        .map(|at| format!("    server {{ listen {}; location / {{ proxy_pass http://127.0.0.1:1; proxy_buffer_size 16k; proxy_buffers 8 4k; }} }}\n", 1 + at))
        .collect();
    let place = Place::new(&[("nginx.conf", &format!("events {{}}\nhttp {{\n{many}}}\n"))]);
    for arguments in [&["lint", "--format", "concise"][..], &["hops"]] {
        let mut command = place.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 16];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        let expected = if arguments[0] == "lint" { 1 } else { 0 };
        assert_eq!(output.status.code(), Some(expected));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    }
}

#[test]
fn nothing_linked_says_what_to_add() {
    let empty = Place::new(&[("README.md", "# x\n")]).run(&["lint"]);
    assert_eq!(empty.code, Some(0));
    insta::assert_snapshot!("nothing_to_read", empty.out);
    let half = Place::new(&[("nginx.conf", NGINX)]).run(&lint(&TWO));
    insta::assert_snapshot!("nothing_linked", half.out);
    // Outside git the folder that was named is the repository.
    let place = Place::without_git(&[("edge/nginx.conf", NGINX), ("compose.yaml", COMPOSE)]);
    let said = said(
        place
            .command(&two(&["--format", "concise"]))
            .current_dir(place.path("")),
    );
    assert_eq!(said.places().len(), 2);
}

#[test]
fn examples_are_read_but_left_out() {
    let place = shop();
    for (path, text) in [("edge/nginx.conf", NGINX), ("compose.yaml", COMPOSE)] {
        place.write(&format!("examples/{path}"), text);
    }
    let said = place.run(&two(&[]));
    assert!(
        said.out
            .contains("2 findings in examples, fixtures and vendored charts left out"),
        "{}",
        said.out
    );
    assert!(!said.out.contains("examples/edge"), "{}", said.out);
    let places = |arguments: &[&str]| {
        place
            .run(&two(&[&["--format", "concise"], arguments].concat()))
            .places()
            .len()
    };
    assert_eq!(places(&[]), 2);
    assert_eq!(places(&["--include-examples"]), 4);
    assert_eq!(places(&["examples"]), 2);
    assert_eq!(
        place.run_in("examples", &two(&["--format", "concise"])).places().len(),
        2
    );
}

/// A KEDA schedule that just misses the afternoon and the weekend, and an autoscaler without traffic.
fn scaled() -> Place {
    let place = Place::new(&[
        ("deploy/keda.yaml", KEDA),
        ("deploy/mailer.yaml", MAILER),
        (
            ".gatelint.yaml",
            "traffic:\n  - target: checkout/checkout-api\n    profile: traffic/checkout.csv\n    rps_per_replica: 40\n",
        ),
    ]);
    place.write("traffic/checkout.csv", busy_days());
    place
}

const KEDA: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: checkout-api, namespace: checkout }
spec:
  selector: { matchLabels: { app: checkout-api } }
  template:
    metadata: { labels: { app: checkout-api } }
    spec:
      containers: [{ name: api, image: example/checkout:1 }]
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: checkout-api, namespace: checkout }
spec:
  scaleTargetRef: { name: checkout-api }
  minReplicaCount: 3
  maxReplicaCount: 14
  triggers:
    - type: cron
      metadata:
        timezone: America/New_York
        start: 0 8 * * 1-5
        end: 0 19 * * 1-5
        desiredReplicas: \"12\"
";

const MAILER: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: mailer, namespace: checkout }
spec:
  selector: { matchLabels: { app: mailer } }
  template:
    metadata: { labels: { app: mailer } }
    spec:
      containers: [{ name: mailer, image: example/mailer:1 }]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: mailer, namespace: checkout }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: mailer }
  minReplicas: 2
  maxReplicas: 6
";

/// A declared week of hours in New York: 380 requests a second from 9 to 19, 150 at noon on weekends, else 60.
fn busy_days() -> String {
    let monday = 1_780_286_400; // 2026-06-01T00:00:00-04:00
    let mut csv = "timestamp,rps\n".to_owned();
    for n in 0..7 * 24_i64 {
        let rate = match (n / 24, n % 24) {
            (0..=4, 9..=19) => 380,
            (5.., 11..=14) => 150,
            _ => 60,
        };
        let at = jiff::Timestamp::from_second(monday + n * 3600).unwrap();
        csv.push_str(&format!("{at},{rate}\n"));
    }
    csv
}

#[test]
fn the_week_of_what_is_scaled() {
    let place = scaled();
    let day = ["capacity", "--as-of", "2026-06-10"];
    let capacity = |arguments: &[&str]| {
        let said = place.run(&[&day, arguments].concat());
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{arguments:?}");
        said.out
    };
    let text = capacity(&[]);
    insta::assert_snapshot!("capacity", text);
    // The page shows what is really printed.
    let (drawn, _) = text.split_once("\n\n").unwrap();
    assert!(include_str!("../docs/capacity.md").contains(drawn));
    assert!(capacity(&["--color", "always"]).contains('\x1b'));
    let plain = capacity(&["--ascii"]);
    assert!(plain.is_ascii());
    insta::assert_snapshot!("capacity_ascii", plain);
    insta::assert_snapshot!("capacity_markdown", capacity(&["--format", "markdown"]));
    insta::assert_snapshot!("capacity_without_traffic", capacity(&["mailer"]));
    assert!(capacity(&["--week", "2026-11-02"]).contains("week of 2026-11-02, America/New_York"));

    let json: serde_json::Value = serde_json::from_str(&capacity(&["--format", "json"])).unwrap();
    assert_eq!(
        (&json["version"], &json["from"]),
        (&1.into(), &"2026-06-10T00:00Z".into())
    );
    let target = &json["targets"][0];
    assert_eq!(target["target"], "Deployment checkout/checkout-api");
    assert_eq!(target["shortfalls"][0]["first"][0]["needed"], 12);
    assert_eq!(
        json["targets"][1]["week"]["points"][0]["needed"],
        serde_json::Value::Null
    );
    let csv = capacity(&["--format", "csv"]);
    assert!(csv.starts_with("target,time,local,needed,needed_by_traffic,guaranteed,maximum,short\n\"Deployment checkout/checkout-api\",2026-06-1"), "{csv}");
    assert!(!csv.contains("mailer"));
    let picture = capacity(&["--format", "svg"]);
    assert!(picture.starts_with("<svg ") && picture.contains(">short</text>"));

    let wrong = [
        (&["chekout-api"][..], "Did you mean checkout-api?"),
        (&["--as-of", "tomorrow"], "--as-of tomorrow is not a date"),
        (&["--week", "2029-01-01"], "is not within the 53 weeks"),
        (&["--week", "monday"], "--week monday is not a day"),
    ];
    for (arguments, message) in wrong {
        let said = place.run(&[&["capacity"], arguments].concat());
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(said.err.contains(message), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn a_week_that_cannot_be_told_says_why() {
    let place = scaled();
    place.write("deploy/keda.yaml", KEDA.replace("America/New_York", "{{ zone }}"));
    place.write(
        ".gatelint.yaml",
        "traffic:\n  - target: checkout-api\n    profile: traffic/checkout.csv\n    rps_per_replica: 40\n    timezone: America/New_York\n",
    );
    let said = place.run(&["capacity", "--as-of", "2026-06-10"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    insta::assert_snapshot!("capacity_not_evaluated", said.out);
    let picture = place.run(&["capacity", "checkout-api", "--format", "svg"]);
    assert_eq!((picture.code, picture.out.as_str()), (Some(2), ""));
    let none = Place::new(&[("deploy/mailer.yaml", MAILER)]).run(&["capacity"]);
    assert_eq!(none.code, Some(0));
    insta::assert_snapshot!(none.out, @r"
    Deployment checkout/mailer: 2 guaranteed, at most 6, no traffic is named for it (deploy/mailer.yaml:3)

    Nothing is compared: no traffic is named. Record it with `gatelint traffic import`, and name it under `traffic` in
    .gatelint.yaml. `gatelint capacity NAME` draws a week without it.
    ");
    let nothing = Place::new(&[("README.md", "# x\n")]).run(&["capacity"]);
    assert_eq!(nothing.code, Some(0));
    assert!(nothing.out.starts_with("nothing here is scaled"), "{}", nothing.out);
}
