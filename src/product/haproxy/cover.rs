//! Whether a frontend leaves requests without an answer.

use std::sync::Arc;

use crate::model::field::listener;
use crate::model::{EntityId, Model};
use crate::product::haproxy::sections::{Section, has_servers};
use crate::syntax::At;

/// Whether everything that comes in goes somewhere or is answered on purpose. Not stored where that cannot be told.
pub(super) fn takes_all(model: &mut Model, id: EntityId, section: &Section, has_default: bool) {
    if section.doubt.is_some() || section.lines.iter().any(|line| line.maybe) {
        return;
    }
    let head = section.head().head();
    let lines: Vec<At<'_>> = section.lines.iter().map(|line| section.at(*line)).collect();
    let chosen: Vec<(String, At<'_>)> = lines
        .iter()
        .filter(|at| at.name() == "use_backend")
        .map(|at| (at.texts().skip(1).collect::<Vec<_>>().join(" "), *at))
        .collect();
    let Some((first, at)) = chosen.first() else { return };
    let unconditional = chosen.iter().find(|(condition, _)| condition.is_empty());
    let takes = if has_default || has_servers(section) {
        true
    } else if let Some((_, at)) = unconditional {
        // What a map does not know is left over, but that is what a default in the map is for.
        if at.text().is_some_and(|name| name.contains("%[")) {
            return;
        }
        true
    } else if lines.iter().any(|at| answers(*at)) {
        return;
    } else {
        chosen.iter().any(|(condition, _)| {
            let opposite = match condition.split_once(' ') {
                Some(("if", rest)) => format!("unless {rest}"),
                Some((_, rest)) => format!("if {rest}"),
                None => return false,
            };
            let negated = condition.strip_prefix("if ").map(|rest| format!("if !{rest}"));
            chosen
                .iter()
                .any(|(other, _)| *other == opposite || Some(other) == negated.as_ref())
        })
    };
    let condition: Arc<str> = Arc::from(first.as_str());
    let span = at.head();
    let entity = model.entity_mut(id);
    entity.set(listener::TAKES_ALL, takes, head);
    entity.set(listener::CONDITIONS, condition, span);
}

/// Whether a line shows that somebody thought of what no backend takes.
fn answers(at: At<'_>) -> bool {
    match at.name() {
        "http-request" => matches!(
            at.text(),
            Some("deny" | "reject" | "return" | "silent-drop" | "tarpit" | "use-service")
        ),
        "redirect" => at.texts().all(|word| word != "if" && word != "unless"),
        "stats" | "monitor-uri" | "errorfile" | "http-error" | "errorfiles" => true,
        "block" => true,
        _ => false,
    }
}
