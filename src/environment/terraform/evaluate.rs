//! Working out expressions: variables, locals, modules, references, as far as the repository says them.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::function::{binary, call, concatenated, number, truth};
use super::module::Module;
use super::value::{Content, Value};
use crate::environment::repository::folder_of;
use crate::model::Known;
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
    pub(super) inputs: Inputs<'t>,
    /// Variables and locals that were worked out; `None` while they are.
    pub(super) known: RefCell<HashMap<(bool, &'t str), Option<Value>>>,
    children: RefCell<HashMap<String, Rc<Instance<'t>>>>,
}

/// What the variables of a module are given.
pub(super) enum Inputs<'t> {
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

impl<'t> Configuration<'t> {
    /// Reads the files of all modules, each with its path.
    pub fn new(files: impl IntoIterator<Item = (&'t Arc<str>, &'t Arc<Tree>)>) -> Self {
        let mut modules: BTreeMap<String, Module<'t>> = BTreeMap::new();
        for (path, tree) in files {
            let folder = folder_of(path);
            let module = modules.entry(folder.to_owned()).or_insert_with(|| Module::new(folder));
            module.add_file(path, tree);
        }
        let modules = modules.into_iter();
        Self {
            modules: modules.map(|(folder, module)| (folder, Rc::new(module))).collect(),
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

    /// Whether no more is worked out for this environment.
    pub(super) fn is_exhausted(&self) -> bool {
        self.calls.get() > CALLS || self.steps.get() > STEPS
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
}
