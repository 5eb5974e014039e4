//! Names and what they lead to: variables, locals, outputs of modules, attributes of resources.

use std::sync::Arc;

use super::conform::conformed;
use super::evaluate::{Bindings, Configuration, Inputs, Instance, unbound};
use super::value::{Content, Value};
use crate::model::{Doubt, Known};
use crate::repo::Span;
use crate::syntax::At;
use crate::syntax::hcl::expression::{self, Expression, ExpressionKind};

/// One step of a path: `.name` or `[key]`.
enum Step<'e> {
    Name(&'e str),
    Key(Value),
}

impl<'t> Configuration<'t> {
    /// A name and what is taken out of it.
    pub(super) fn path(&self, instance: &Instance<'t>, of: &Expression, bindings: &Bindings) -> Value {
        let mut steps: Vec<Step<'_>> = Vec::new();
        let mut at = of;
        let first = loop {
            match &at.kind {
                ExpressionKind::Attribute(inner, name) => {
                    steps.push(Step::Name(name));
                    at = inner;
                }
                ExpressionKind::Index(inner, key) => {
                    steps.push(Step::Key(self.expression(instance, key, bindings)));
                    at = inner;
                }
                ExpressionKind::Variable(name) => break name,
                // `merge(…)["key"]` and the like.
                _ => {
                    steps.reverse();
                    return walk(self.expression(instance, at, bindings), &steps, of.span);
                }
            }
        };
        steps.reverse();
        if let Some((_, value)) = bindings.iter().rev().find(|(name, _)| name == first) {
            return walk(value.clone(), &steps, of.span);
        }
        match (first.as_str(), steps.as_slice()) {
            ("var", [Step::Name(name), rest @ ..]) => walk(self.variable(instance, name, of.span), rest, of.span),
            ("local", [Step::Name(name), rest @ ..]) => walk(self.local(instance, name, of.span), rest, of.span),
            ("module", [Step::Name(name), rest @ ..]) => self.output(instance, name, rest, of.span),
            ("path" | "terraform", [Step::Name(name), ..]) => {
                Value::unknown(format!("{first}.{name} is known only where Terraform runs"), of.span)
            }
            (first, [Step::Name(name), rest @ ..]) if first != "data" => {
                self.reference(instance, (first, name), rest, of.span)
            }
            (first, steps) => walk(symbol(&format!("{}{first}", instance.prefix), of.span), steps, of.span),
        }
    }

    fn variable(&self, instance: &Instance<'t>, name: &str, span: Span) -> Value {
        let Some((&name, block)) = instance.module.variables.get_key_value(name) else {
            return Value::unknown(format!("the variable {name} is not declared here"), span);
        };
        self.once(instance, (true, name), span, || {
            let given = self.given(instance, *block, name, span);
            let of = block
                .child("type")
                .and_then(|of| expression::parse(of.text()?, of.word_span_at(0)).ok());
            match of {
                Some(of) => conformed(given, &of, &|default| self.expression(instance, default, &unbound())),
                None => given,
            }
        })
    }

    /// What a variable is given, before its type fills anything in.
    fn given(&self, instance: &Instance<'t>, block: At<'t>, name: &str, span: Span) -> Value {
        let default = || match block.child("default") {
            Some(default) => self.attribute(instance, default, &unbound()),
            None => Value::unknown(format!("nothing in the repository sets the variable {name}"), span),
        };
        let given = match &instance.inputs {
            Inputs::Called(inputs) => {
                return match inputs.get(name) {
                    Some(value) if value.content == Content::Null && refuses_null(block) => default(),
                    Some(value) => value.clone(),
                    None => default(),
                };
            }
            Inputs::Root(given) => given,
        };
        let set = |file: &At<'t>| file.child(name);
        if let Some(value) = given.files.iter().rev().find_map(set) {
            return self.attribute(instance, value, &unbound());
        }
        if let Some(value) = given.doubtful.iter().find_map(set) {
            let reason = format!("whether the file that sets the variable {name} is used is not known");
            return Value::unknown(reason, value.span());
        }
        match given.elsewhere {
            Some(reason) => Value::unknown(format!("{reason} may set the variable {name}"), span),
            None => default(),
        }
    }

    fn local(&self, instance: &Instance<'t>, name: &str, span: Span) -> Value {
        let Some((&name, attribute)) = instance.module.locals.get_key_value(name) else {
            return Value::unknown(format!("local.{name} is not declared here"), span);
        };
        self.once(instance, (false, name), span, || {
            self.attribute(instance, *attribute, &unbound())
        })
    }

    /// Works a name out once; one that leads to itself is unknown.
    fn once(
        &self,
        instance: &Instance<'t>,
        name: (bool, &'t str),
        span: Span,
        work_out: impl FnOnce() -> Value,
    ) -> Value {
        match instance.known.borrow().get(&name) {
            Some(Some(value)) => return value.clone(),
            Some(None) => return Value::unknown(format!("{} leads to itself", name.1), span),
            None => {}
        }
        instance.known.borrow_mut().insert(name, None);
        let value = work_out();
        instance.known.borrow_mut().insert(name, Some(value.clone()));
        value
    }

    /// An output of a module of the repository.
    fn output(&self, instance: &Instance<'t>, name: &str, steps: &[Step<'_>], span: Span) -> Value {
        let outside = || walk(symbol(&format!("{}module.{name}", instance.prefix), span), steps, span);
        let Some(call) = instance.module.modules.get(name) else {
            return Value::unknown(format!("module.{name} is not declared here"), span);
        };
        // The instances of a call that stands several times have inputs of their own.
        if call.child("count").is_some() || call.child("for_each").is_some() {
            return outside();
        }
        let [Step::Name(output), rest @ ..] = steps else {
            return outside();
        };
        let Some(child) = self.child(instance, *call, "", &unbound()) else {
            return outside();
        };
        let value = child.module.outputs.get(*output).and_then(|block| block.child("value"));
        match value {
            Some(value) => walk(self.attribute(&child, value, &unbound()), rest, span),
            None => Value::unknown(format!("module.{name} has no output {output}"), span),
        }
    }

    /// An attribute of a resource: what is written there, where that is known, else a symbol.
    fn reference(&self, instance: &Instance<'t>, (kind, name): (&str, &str), steps: &[Step<'_>], span: Span) -> Value {
        let outside = || {
            let address = format!("{}{kind}.{name}", instance.prefix);
            walk(symbol(&address, span), steps, span)
        };
        let Some(block) = instance.module.resource(kind, name) else {
            return outside();
        };
        if let (Some(count), Some(Step::Key(key))) = (block.child("count"), steps.first())
            && let Known::Is(count) = self.attribute(instance, count, &unbound()).number()
            && let Known::Is(at) = key.number()
            && at >= count
        {
            let doubt = Doubt::at(format!("there is no {kind}.{name}[{at}]"), span);
            return Value::computed(Content::Missing(doubt), span);
        }
        let [Step::Name(attribute), rest @ ..] = steps else {
            return outside();
        };
        if block.child("count").is_some() || block.child("for_each").is_some() {
            return outside();
        }
        match block.child(attribute).filter(|at| !at.is_map()) {
            Some(written) => {
                let value = walk(self.attribute(instance, written, &unbound()), rest, span);
                match value.content {
                    Content::Unknown(_) | Content::Missing(_) | Content::Null => outside(),
                    _ => value,
                }
            }
            None => outside(),
        }
    }
}

fn refuses_null(variable: At<'_>) -> bool {
    variable.scalar("nullable") == Some("false")
}

fn symbol(name: &str, span: Span) -> Value {
    Value::computed(Content::Symbol(Arc::from(format!("{{{name}}}"))), span)
}

/// Takes steps into a value.
fn walk(value: Value, steps: &[Step<'_>], span: Span) -> Value {
    let mut value = value;
    for step in steps {
        let key = match step {
            Step::Name(name) => Arc::from(*name),
            Step::Key(key) => match key.handle() {
                Some(key) => key,
                None => {
                    let unknown = || Value::unknown("the key is not known", span);
                    return key
                        .doubt()
                        .map_or_else(unknown, |doubt| Value::computed(Content::Unknown(doubt), span));
                }
            },
        };
        value = match &value.content {
            Content::Map(entries) => match entries.iter().find(|(name, _)| *name == key) {
                Some((_, found)) => found.clone(),
                None => return Value::unknown(format!("the map has no {key}"), span),
            },
            Content::List(items) => match key.parse::<usize>().ok().and_then(|at| items.get(at)) {
                Some(found) => found.clone(),
                None => {
                    let doubt = Doubt::at(format!("the list has no {key}"), span);
                    return Value::computed(Content::Missing(doubt), span);
                }
            },
            Content::Symbol(name) => {
                let inner = name.trim_start_matches('{').trim_end_matches('}');
                match step {
                    Step::Name(_) => symbol(&format!("{inner}.{key}"), span),
                    Step::Key(given) if matches!(given.content, Content::Number(_)) => {
                        symbol(&format!("{inner}[{key}]"), span)
                    }
                    Step::Key(_) => symbol(&format!("{inner}[\"{key}\"]"), span),
                }
            }
            Content::Unknown(_) | Content::Missing(_) => return value.at(span),
            _ => return Value::unknown("there is nothing to take a part of here", span),
        };
    }
    value
}
