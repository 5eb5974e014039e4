//! Every example of every rule, one named test each: a bad one gives exactly its findings at its marked lines, a good
//! one none, and the fix turns bad into fixed and nothing else.
#![allow(clippy::print_stderr, missing_docs)]

use gatelint::rule::{Example, RuleSet};
use gatelint::run::examples;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let rules = sound_rules();
    let mut trials = Vec::new();
    for rule in rules.rules() {
        assert!(
            rule.examples().iter().any(|example| example.bad),
            "{} has no bad example",
            rule.id
        );
        assert!(
            rule.examples().iter().any(|example| !example.bad),
            "{} has no good example",
            rule.id
        );
        for (at, example) in rule.examples().into_iter().enumerate() {
            let kind = if example.bad { "bad" } else { "good" };
            let name = example.name.clone().unwrap_or_default().replace(' ', "-");
            let id = rule.id.to_string();
            trials.push(Trial::test(format!("{id}::{}-{kind}-{name}", at + 1), move || {
                check(&id, &example)
            }));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Every mistake in a rule file ends the run, with its place.
fn sound_rules() -> RuleSet {
    let mut mistakes = RuleSet::mistakes_in_embedded();
    match RuleSet::embedded() {
        Ok(rules) if mistakes.is_empty() => return rules,
        Ok(_) => {}
        Err(found) => mistakes.extend(
            found
                .into_iter()
                .filter(|mistake| !mistakes.contains(mistake))
                .collect::<Vec<_>>(),
        ),
    }
    for mistake in mistakes {
        eprintln!("{mistake}");
    }
    std::process::exit(1);
}

fn check(id: &str, example: &Example) -> Result<(), Failed> {
    for message in examples::check(&RuleSet::embedded, id, example)? {
        if message.contains("unknown") || message.contains("none") || message.contains("{") {
            return Err(format!("the message has a gap: {message}").into());
        }
    }
    Ok(())
}
