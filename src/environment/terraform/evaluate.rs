//! Working out expressions: variables, locals, modules, references, as far as the repository says them.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::conform::conformed;
use super::function::{binary, call, concatenated, number, truth};
use super::module::Module;
use super::value::{Content, Value};
use crate::model::{Doubt, Known};
use crate::repo::Span;
use crate::syntax::hcl::expression::{self, Expression, ExpressionKind, For};
use crate::syntax::{At, Tree};

/// How deep references may lead from one expression to the next.
const DEEPEST: usize = 48;
/// How many expressions are worked out for one environment; real ones need a few thousand.
const STEPS: usize = 200_000;
/// How many parts a value has at most.
const LARGEST: usize = 20_000;
/// How many modules are called for one environment.
const CALLS: usize = 2_000;

/// A configuration as it is applied: its modules and the values given to its variables.
pub struct Configuration<'t> {
    modules: BTreeMap<String, Rc<Module<'t>>>,
    steps: Cell<usize>,
    depth: Cell<usize>,
    calls: Cell<usize>,
}

/// Where the variables of the outermost module get their values.
#[derive(Clone, Default)]
pub struct Given<'t> {
    /// Files of values, the strongest last.
    pub files: Vec<At<'t>>,
    /// Files that may or may not be used too.
    pub doubtful: Vec<At<'t>>,
    /// Why a variable that no file sets may have another value than its default, where it may.
    pub elsewhere: Option<&'t str>,
}

/// A module with the values of its variables.
pub struct Instance<'t> {
    /// Its blocks.
    pub module: Rc<Module<'t>>,
    /// What comes before its addresses: `module.shop.`, or nothing.
    pub prefix: String,
    inputs: Inputs<'t>,
    /// Variables and locals that were worked out; `None` while they are.
    known: RefCell<HashMap<(bool, &'t str), Option<Value>>>,
    children: RefCell<HashMap<String, Rc<Instance<'t>>>>,
}

enum Inputs<'t> {
    Root(Given<'t>),
    Called(BTreeMap<&'t str, Value>),
}

/// Names that hold within one block: `each`, `count`, the iterator of a dynamic block, the names of a `for`.
pub type Bindings = Rc<Vec<(String, Value)>>;

/// The bindings of a block that stands once.
pub fn unbound() -> Bindings {
    Rc::default()
}

/// The same bindings and one more.
pub(super) fn bound(bindings: &Bindings, name: &str, value: Value) -> Bindings {
    let mut all = (**bindings).clone();
    all.push((name.to_owned(), value));
    Rc::new(all)
}

/// An object made for a binding.
pub(super) fn object(entries: &[(&str, Value)], span: Span) -> Value {
    let entries = entries.iter().map(|(key, value)| (Arc::from(*key), value.clone()));
    Value::computed(Content::Map(entries.collect()), span)
}

/// One step of a path: `.name` or `[key]`.
enum Step<'e> {
    Name(&'e str),
    Key(Value),
}

impl<'t> Configuration<'t> {
    /// Reads the files of all modules, each with its path.
    pub fn new(files: impl IntoIterator<Item = (&'t Arc<str>, &'t Arc<Tree>)>) -> Self {
        let mut by_folder: BTreeMap<&str, Vec<(&Arc<str>, &Arc<Tree>)>> = BTreeMap::new();
        for (path, tree) in files {
            by_folder
                .entry(crate::environment::folder_of(path))
                .or_default()
                .push((path, tree));
        }
        let modules = by_folder
            .into_iter()
            .map(|(folder, files)| (folder.to_owned(), Rc::new(Module::new(folder, files))));
        Self {
            modules: modules.collect(),
            steps: Cell::new(0),
            depth: Cell::new(0),
            calls: Cell::new(0),
        }
    }

    /// The module that is applied.
    pub fn root(&self, folder: &str, given: Given<'t>) -> Option<Rc<Instance<'t>>> {
        let module = self.modules.get(folder)?.clone();
        Some(Rc::new(Instance {
            module,
            prefix: String::new(),
            inputs: Inputs::Root(given),
            known: RefCell::default(),
            children: RefCell::default(),
        }))
    }

    /// The module that a block calls, with its inputs; `key` is the bracket behind its name, where it stands several
    /// times. `None` where the module is not in the repository.
    pub fn child(
        &self,
        instance: &Instance<'t>,
        call: At<'t>,
        key: &str,
        bindings: &Bindings,
    ) -> Option<Rc<Instance<'t>>> {
        let prefix = format!("{}module.{}{key}.", instance.prefix, call.word(0).unwrap_or_default());
        if let Some(known) = instance.children.borrow().get(&prefix) {
            return Some(known.clone());
        }
        let module = self.modules.get(&instance.module.callee(call)?)?.clone();
        // A module that calls itself is no module.
        self.calls.set(self.calls.get() + 1);
        if prefix.matches("module.").count() > 12 || self.calls.get() > CALLS {
            return None;
        }
        let inputs = call
            .children()
            .filter(|at| !at.is_map())
            .map(|at| (at.name(), self.attribute(instance, at, bindings)));
        let child = Rc::new(Instance {
            module,
            inputs: Inputs::Called(inputs.collect()),
            prefix: prefix.clone(),
            known: RefCell::default(),
            children: RefCell::default(),
        });
        instance.children.borrow_mut().insert(prefix, child.clone());
        Some(child)
    }

    /// The value of an attribute.
    pub fn attribute(&self, instance: &Instance<'t>, at: At<'t>, bindings: &Bindings) -> Value {
        let span = at.word_span_at(0);
        if at.doubt_at(0).is_some() {
            return Value::unknown("the file is not UTF-8 here", span);
        }
        match expression::parse(at.text().unwrap_or_default(), span) {
            Ok(expression) => self.expression(instance, &expression, bindings),
            Err(reason) => Value::unknown(reason, span),
        }
    }

    /// The value of an expression.
    pub fn expression(&self, instance: &Instance<'t>, of: &Expression, bindings: &Bindings) -> Value {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        if steps > STEPS {
            return Value::unknown("there is too much to work out", of.span);
        }
        let depth = self.depth.get();
        if depth >= DEEPEST {
            return Value::unknown("the references lead too deep", of.span);
        }
        self.depth.set(depth + 1);
        let value = self.work_out(instance, of, bindings);
        self.depth.set(depth);
        // Lists of lists and texts of texts grow without bound in a few lines.
        let size = value.size(LARGEST);
        self.steps.set(steps + size / 16);
        if size > LARGEST {
            return Value::unknown("the value is too large to be worked out", of.span);
        }
        value
    }

    fn work_out(&self, instance: &Instance<'t>, of: &Expression, bindings: &Bindings) -> Value {
        let span = of.span;
        let part = |of: &Expression| self.expression(instance, of, bindings);
        match &of.kind {
            ExpressionKind::Null => Value::literal(Content::Null, span),
            ExpressionKind::Bool(value) => Value::literal(Content::Bool(*value), span),
            ExpressionKind::Number(value) => Value::literal(Content::Number(*value), span),
            ExpressionKind::Text(text) => Value::literal(Content::Text(Arc::from(&**text)), span),
            ExpressionKind::Template(parts) => {
                let parts: Vec<Value> = parts.iter().map(part).collect();
                concatenated(&parts, span)
            }
            ExpressionKind::List(items) => Value::computed(Content::List(items.iter().map(part).collect()), span),
            ExpressionKind::Object(entries) => self.object(entries, span, &part),
            ExpressionKind::Conditional(of) => self.conditional(of, span, &part),
            ExpressionKind::Call(name, arguments) => {
                let arguments: Vec<Value> = arguments.iter().map(part).collect();
                call(name, &arguments, span)
            }
            ExpressionKind::Not(of) => match part(of).bool() {
                Known::Is(value) => truth(!value, span),
                Known::Absent => Value::unknown("this is not a truth value", span),
                Known::Unknown(doubt) => Value::computed(Content::Unknown(doubt), span),
            },
            ExpressionKind::Minus(of) => {
                let is_literal = matches!(of.kind, ExpressionKind::Number(_));
                match part(of).number() {
                    Known::Is(value) => Value {
                        literal: is_literal,
                        ..number(-value, span)
                    },
                    Known::Absent => Value::unknown("this is not a number", span),
                    Known::Unknown(doubt) => Value::computed(Content::Unknown(doubt), span),
                }
            }
            ExpressionKind::Binary(operator, sides) => binary(*operator, &part(&sides[0]), &part(&sides[1]), span),
            ExpressionKind::For(each) => self.each(instance, each, span, bindings),
            ExpressionKind::Variable(_) | ExpressionKind::Attribute(..) | ExpressionKind::Index(..) => {
                self.path(instance, of, bindings)
            }
            ExpressionKind::Other(what) => Value::unknown(format!("{what} is not worked out here"), span),
        }
    }

    fn object(&self, entries: &[(Expression, Expression)], span: Span, part: &dyn Fn(&Expression) -> Value) -> Value {
        let mut found: Vec<(Arc<str>, Value)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key = part(key);
            let Some(name) = key.handle() else {
                return Value::unknown("a key of this map is not known", key.span);
            };
            found.push((name, part(value)));
        }
        Value::computed(Content::Map(found), span)
    }

    fn conditional(&self, of: &[Expression; 3], span: Span, part: &dyn Fn(&Expression) -> Value) -> Value {
        let condition = part(&of[0]);
        match condition.bool() {
            Known::Is(true) => part(&of[1]),
            Known::Is(false) => part(&of[2]),
            Known::Absent => Value::unknown("the condition is null", span),
            Known::Unknown(doubt) => {
                let (yes, no) = (part(&of[1]), part(&of[2]));
                if yes.doubt().is_none() && yes.content == no.content {
                    return yes.at(span);
                }
                Value::computed(Content::Unknown(doubt), span)
            }
        }
    }

    /// A loop over a known collection.
    fn each(&self, instance: &Instance<'t>, each: &For, span: Span, bindings: &Bindings) -> Value {
        let collection = self.expression(instance, &each.collection, bindings);
        let entries: Vec<(Value, Value)> = match &collection.content {
            Content::Map(entries) => entries
                .iter()
                .map(|(key, value)| (Value::computed(Content::Text(key.clone()), value.span), value.clone()))
                .collect(),
            Content::List(items) => items
                .iter()
                .enumerate()
                .map(|(at, item)| (number(at as f64, item.span), item.clone()))
                .collect(),
            _ => {
                let unknown = || Value::unknown("what this loop walks is not known", span);
                return collection
                    .doubt()
                    .map_or_else(unknown, |doubt| Value::computed(Content::Unknown(doubt), span));
            }
        };
        if each.grouping {
            return Value::unknown("a loop that groups its values is not worked out here", span);
        }
        let mut found: Vec<(Option<Value>, Value)> = Vec::new();
        for (key, value) in entries {
            let mut inner = bindings.clone();
            if let Some(name) = &each.key_name {
                inner = bound(&inner, name, key);
            }
            inner = bound(&inner, &each.value_name, value);
            let part = |of: &Expression| self.expression(instance, of, &inner);
            match each.condition.as_ref().map(|condition| part(condition).bool()) {
                None | Some(Known::Is(true)) => found.push((each.key.as_ref().map(part), part(&each.value))),
                Some(Known::Is(false)) => {}
                Some(_) => return Value::unknown("which entries this loop keeps is not known", span),
            }
        }
        if each.key.is_none() {
            let items = found.into_iter().map(|(_, value)| value);
            return Value::computed(Content::List(items.collect()), span);
        }
        let mut entries: Vec<(Arc<str>, Value)> = Vec::new();
        for (key, value) in found {
            match key.and_then(|key| key.text().is()) {
                Some(key) => entries.push((key, value)),
                None => return Value::unknown("a key of this loop is not known", span),
            }
        }
        Value::computed(Content::Map(entries), span)
    }

    /// A name and what is taken out of it.
    fn path(&self, instance: &Instance<'t>, of: &Expression, bindings: &Bindings) -> Value {
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
