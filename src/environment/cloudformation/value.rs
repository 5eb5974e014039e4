//! Values of a template: what is written, the defaults of parameters, and the few functions that can be worked out without
//! a stack.

use std::sync::Arc;

use crate::model::{Doubt, Known};
use crate::repo::Span;
use crate::syntax::At;

/// How deep functions may stand in functions.
const DEEPEST: usize = 16;

/// A value and where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// What it is, as text.
    pub text: Known<Arc<str>>,
    /// Where it is written, quotes included: a parameter's default, where one is referred to.
    pub span: Span,
    /// Whether the bytes at `span` are the value, so that another may be written in their place.
    pub literal: bool,
}

/// A function: its name without `Fn::` and `!`, and its argument. The argument of a short form is the node itself.
fn function(at: At<'_>) -> Option<(&str, At<'_>)> {
    if let Some(tag) = at.tag() {
        return Some((tag.trim_start_matches('!'), at));
    }
    let mut children = at.is_map().then(|| at.children())?;
    let only = children.next().filter(|_| children.next().is_none())?;
    let name = only.name();
    (name == "Ref" || name.starts_with("Fn::")).then(|| (name.trim_start_matches("Fn::"), only))
}

/// The resource or parameter that a value refers to by its name, as `!Ref Group` does.
pub fn reference(at: At<'_>) -> Option<&str> {
    let (name, argument) = function(at)?;
    argument.text().filter(|_| name == "Ref")
}

/// Works a value out.
pub fn scalar(template: At<'_>, at: At<'_>) -> Scalar {
    let reader = Reader { template };
    reader.scalar(at, 0)
}

struct Reader<'t> {
    template: At<'t>,
}

impl<'t> Reader<'t> {
    fn scalar(&self, at: At<'t>, depth: usize) -> Scalar {
        let unknown = |reason: String| unknown(at, reason);
        if depth > DEEPEST {
            return unknown("functions stand too deep in functions".to_owned());
        }
        let Some((name, argument)) = function(at) else {
            return plain(at);
        };
        match (name, argument.text()) {
            ("Ref", Some(name)) => self.parameter(at, name),
            ("Sub", Some(text)) if !argument.is_list() => self.substituted(at, text, depth),
            ("FindInMap", _) if argument.is_list() => self.found_in_map(at, argument, depth),
            ("If", _) if argument.is_list() => {
                let sides: Vec<Scalar> = argument
                    .items()
                    .skip(1)
                    .map(|side| self.scalar(side, depth + 1))
                    .collect();
                match sides.as_slice() {
                    [yes, no] if yes.text == no.text && matches!(yes.text, Known::Is(_)) => computed(yes, at),
                    _ => unknown("a condition decides it, which is known only to the stack".to_owned()),
                }
            }
            (name, _) => unknown(format!("what {name} gives is known only to the stack")),
        }
    }

    fn parameter(&self, at: At<'t>, name: &str) -> Scalar {
        let parameter = self.template.child("Parameters").and_then(|all| all.child(name));
        let Some(parameter) = parameter else {
            return unknown(at, format!("{name} is known only to the stack"));
        };
        if parameter
            .scalar("Type")
            .is_some_and(|kind| kind.starts_with("AWS::SSM::"))
        {
            return unknown(at, format!("the parameter {name} is looked up when it is deployed"));
        }
        match parameter.child("Default") {
            Some(default) => plain(default),
            None => unknown(at, format!("the parameter {name} has no default")),
        }
    }

    fn substituted(&self, at: At<'t>, text: &str, depth: usize) -> Scalar {
        let mut result = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            result.push_str(&rest[..start]);
            let Some(end) = rest[start..].find('}') else { break };
            let name = &rest[start + 2..start + end];
            rest = &rest[start + end + 1..];
            // `${!Literal}` is text.
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str(&format!("${{{literal}}}"));
                continue;
            }
            match self.parameter(at, name).text {
                Known::Is(value) if depth < DEEPEST && result.len() < 4096 => result.push_str(&value),
                Known::Unknown(doubt) => return unknown(at, doubt.reason.to_string()),
                _ => return unknown(at, format!("{name} has no value")),
            }
        }
        result.push_str(rest);
        Scalar {
            text: Known::Is(Arc::from(result)),
            span: at.word_span_at(0),
            literal: false,
        }
    }

    /// An entry of a map. Where its first key is not known (a region), all that it may be must agree.
    fn found_in_map(&self, at: At<'t>, argument: At<'t>, depth: usize) -> Scalar {
        let known = |item: At<'t>| match self.scalar(item, depth + 1).text {
            Known::Is(text) => Some(text),
            _ => None,
        };
        let items: Vec<At<'t>> = argument.items().collect();
        let [map, first, second] = items.as_slice() else {
            return unknown(at, "this FindInMap is not plain".to_owned());
        };
        let map = known(*map).and_then(|name| self.template.child("Mappings")?.child(&name));
        let (Some(map), Some(second)) = (map, known(*second)) else {
            return unknown(at, "what FindInMap gives is known only to the stack".to_owned());
        };
        let first = known(*first);
        let mut found = map
            .children()
            .filter(|entry| first.as_ref().is_none_or(|first| entry.name() == &**first))
            .filter_map(|entry| entry.child(&second))
            .map(plain);
        let Some(one) = found.next() else {
            return unknown(at, format!("the map has no {second}"));
        };
        let mut alone = true;
        for other in found {
            alone = false;
            if other.text != one.text {
                return unknown(
                    at,
                    "the entries of the map differ, and which one is meant is not known".to_owned(),
                );
            }
        }
        if alone { one } else { computed(&one, at) }
    }
}

fn plain(at: At<'_>) -> Scalar {
    let span = at.word_span_at(0);
    if at.is_map() || at.is_list() {
        return unknown(at, "this is not a plain value".to_owned());
    }
    // `${…}` means something only in `Sub`, and functions were read; other templates are not CloudFormation's.
    let foreign = at
        .doubt_at(0)
        .filter(|hole| !at.tree().raw(*hole).starts_with(['$', '!']));
    if let Some(hole) = foreign {
        return Scalar {
            text: Known::Unknown(Doubt::at("a template of another language fills it in", hole)),
            span,
            literal: false,
        };
    }
    Scalar {
        text: at.text().map_or(Known::Absent, |text| Known::Is(Arc::from(text))),
        span,
        literal: true,
    }
}

fn computed(of: &Scalar, at: At<'_>) -> Scalar {
    Scalar {
        text: of.text.clone(),
        span: at.head(),
        literal: false,
    }
}

fn unknown(at: At<'_>, reason: String) -> Scalar {
    Scalar {
        text: Known::Unknown(Doubt::at(reason, at.head())),
        span: at.head(),
        literal: false,
    }
}
