//! What a person gave that cannot be used, and what to do about it.

use crate::capacity::Zone;
use crate::capacity::profile::ProfileProblem;
use crate::run::end::Failure;

/// A step as minutes.
pub(super) fn whole_minutes(step: i64) -> Result<i64, Failure> {
    if step % 60 != 0 {
        return Err(Failure::new(
            format!("requests are counted by the minute, and {step} s are no whole minutes"),
            "Give --step 1m or a multiple of it.",
        ));
    }
    Ok(step / 60)
}

/// The zone of that name.
pub(super) fn zone(name: &str) -> Result<Zone, Failure> {
    Zone::named(name).map_err(|error| Failure::new(error.message, &sentence(&error.help)))
}

/// What is wrong with a file's lines, each with what to do.
pub(super) fn refused(file: &str, problems: &[ProfileProblem]) -> Failure {
    let shown = problems.iter().map(|problem| {
        let message = format!("{file}:{}: {}", problem.line, problem.message);
        Failure::new(message, &sentence(&problem.help)).0
    });
    Failure(shown.collect())
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut characters = clause.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    let end = if clause.ends_with(['?', '.', '`']) { "" } else { "." };
    format!("{}{}{end}", first.unwrap_or_default(), characters.as_str())
}
