//! The ports that a Dockerfile of the repository names.

use crate::environment::ContainerSpec;
use crate::environment::container::DeclaredPort;
use crate::expand::{as_built, stage_of};
use crate::model::{Doubt, Known};
use crate::repo::Span;
use crate::server::context::ProcessContext;
use crate::syntax::dockerfile::joined;

/// The TCP ports that the container's Dockerfile names with `EXPOSE`. That opens none of them: they tell what the image
/// is meant to listen on, where nothing else does.
#[derive(Debug, Default)]
pub struct ExposedPorts {
    /// The ports, in order.
    pub ports: Vec<DeclaredPort>,
    /// A port of which only the build knows the number.
    pub open: Option<Span>,
}

/// The ports the Dockerfile of a container names.
pub fn exposed(context: &ProcessContext<'_>, spec: &ContainerSpec) -> ExposedPorts {
    let mut found = ExposedPorts::default();
    let Some(source) = context.dockerfile(spec) else {
        return found;
    };
    let stages = stage_of(&joined(&source.text), spec);
    let stage = stages.map(|(mut all, own)| all.swap_remove(own)).unwrap_or_default();
    for port in stage.exposed {
        let span = Span::new(source.id, port.range.start as u32, port.range.end as u32);
        let Some(number) = port.number else {
            found.open = Some(span);
            continue;
        };
        if found.ports.iter().all(|own| own.number != number) {
            found.ports.push(DeclaredPort {
                number,
                name: None,
                span,
            });
        }
    }
    found
}

/// The numbers in a container's variables and commands, in words: one of them may be the port it listens on. Unknown
/// where some of its variables are.
pub fn numbers(context: &ProcessContext<'_>, spec: &ContainerSpec) -> Known<String> {
    let filled = as_built(context.repository, spec);
    let spec = filled.as_ref().unwrap_or(spec);
    if spec.more_environment {
        let reason = "variables that are not in the repository may say where it listens";
        return Known::Unknown(Doubt::at(reason, spec.span));
    }
    let words = [&spec.entrypoint, &spec.arguments].into_iter().flatten().flatten();
    let texts = spec.environment.iter().map(|(_, value)| value).chain(words);
    let mut found: Vec<&str> = Vec::new();
    for text in texts {
        if text.unknown {
            return Known::Unknown(Doubt::at(
                format!("what {} is filled in with is not known", text.text),
                text.span,
            ));
        }
        let numbers = text.text.split(|c: char| !c.is_ascii_digit());
        found.extend(numbers.filter(|number| !number.is_empty()));
    }
    Known::Is(found.join(" "))
}
