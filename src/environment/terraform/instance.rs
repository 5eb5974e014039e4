//! Resources as they are made: each block once for every `count` and `for_each`, in every module that is called.

use std::rc::Rc;

use super::evaluate::{Bindings, Configuration, Instance, bound, object, unbound};
use super::function::number;
use super::value::{Content, Value};
use crate::model::{Doubt, Known};
use crate::syntax::At;

/// More instances than this of all resources together are not made: a mistake, or not a configuration of this world.
const MOST: usize = 5_000;

/// A resource as it is made.
pub struct Resource<'t> {
    /// Its type, such as `aws_autoscaling_group`.
    pub kind: &'t str,
    /// Its address: `module.shop.aws_autoscaling_group.web[0]`.
    pub address: String,
    /// Its block.
    pub block: At<'t>,
    /// Why it may not exist, or may exist several times, or with other values.
    pub doubt: Option<Doubt>,
    instance: Rc<Instance<'t>>,
    bindings: Bindings,
}

/// A block within a resource, written or made by a `dynamic` block.
pub struct Nested<'t> {
    /// The block its attributes stand in.
    pub block: At<'t>,
    instance: Rc<Instance<'t>>,
    bindings: Bindings,
}

/// Something whose attributes can be asked for.
pub trait Attributes<'t> {
    /// The value of an attribute; `None` where it is not written, or null.
    fn value(&self, configuration: &Configuration<'t>, name: &str) -> Option<Value>;

    /// The blocks of a name.
    ///
    /// # Errors
    /// When it cannot be known which there are.
    fn blocks(&self, configuration: &Configuration<'t>, name: &str) -> Result<Vec<Nested<'t>>, Doubt>;
}

impl<'t> Attributes<'t> for Resource<'t> {
    fn value(&self, configuration: &Configuration<'t>, name: &str) -> Option<Value> {
        value(configuration, &self.instance, self.block, &self.bindings, name)
    }

    fn blocks(&self, configuration: &Configuration<'t>, name: &str) -> Result<Vec<Nested<'t>>, Doubt> {
        blocks(configuration, &self.instance, self.block, &self.bindings, name)
    }
}

impl<'t> Attributes<'t> for Nested<'t> {
    fn value(&self, configuration: &Configuration<'t>, name: &str) -> Option<Value> {
        value(configuration, &self.instance, self.block, &self.bindings, name)
    }

    fn blocks(&self, configuration: &Configuration<'t>, name: &str) -> Result<Vec<Nested<'t>>, Doubt> {
        blocks(configuration, &self.instance, self.block, &self.bindings, name)
    }
}

fn value<'t>(
    configuration: &Configuration<'t>,
    instance: &Instance<'t>,
    block: At<'t>,
    bindings: &Bindings,
    name: &str,
) -> Option<Value> {
    let attribute = block.child(name).filter(|at| !at.is_map())?;
    let value = configuration.attribute(instance, attribute, bindings);
    (value.content != Content::Null).then_some(value)
}

fn blocks<'t>(
    configuration: &Configuration<'t>,
    instance: &Rc<Instance<'t>>,
    block: At<'t>,
    bindings: &Bindings,
    name: &str,
) -> Result<Vec<Nested<'t>>, Doubt> {
    let mut found = Vec::new();
    for child in block.children().filter(|child| child.is_map()) {
        if child.name() == name {
            found.push(Nested {
                block: child,
                instance: instance.clone(),
                bindings: bindings.clone(),
            });
            continue;
        }
        if child.name() != "dynamic" || child.word(0) != Some(name) {
            continue;
        }
        let Some(content) = child.child("content") else {
            continue;
        };
        let iterator = child.scalar("iterator").unwrap_or(name);
        for (_, key, value) in copies(configuration, instance, child, bindings)? {
            let each = object(&[("key", key), ("value", value)], child.head());
            found.push(Nested {
                block: content,
                instance: instance.clone(),
                bindings: bound(bindings, iterator, each),
            });
        }
    }
    Ok(found)
}

/// How often a block stands, by its `for_each`: the bracket behind its name, key and value of each.
fn copies<'t>(
    configuration: &Configuration<'t>,
    instance: &Instance<'t>,
    block: At<'t>,
    bindings: &Bindings,
) -> Result<Vec<(String, Value, Value)>, Doubt> {
    let Some(attribute) = block.child("for_each") else {
        return Ok(Vec::new());
    };
    let collection = configuration.attribute(instance, attribute, bindings);
    match &collection.content {
        Content::Map(entries) => Ok(entries
            .iter()
            .map(|(key, value)| {
                let name = Value::computed(Content::Text(key.clone()), value.span);
                (format!("[\"{key}\"]"), name, value.clone())
            })
            .collect()),
        Content::List(items) => Ok(items
            .iter()
            .map(|item| {
                let name = item.handle().unwrap_or_default();
                (format!("[\"{name}\"]"), item.clone(), item.clone())
            })
            .collect()),
        _ => Err(collection.doubt().unwrap_or_else(|| {
            let span = collection.span;
            Doubt::at("what `for_each` walks is not known", span)
        })),
    }
}

/// The bindings of each instance of a block with its `count` or `for_each`.
fn instances<'t>(
    configuration: &Configuration<'t>,
    instance: &Instance<'t>,
    block: At<'t>,
) -> Result<Vec<(String, Bindings)>, Doubt> {
    if block.child("for_each").is_some() {
        let copies = copies(configuration, instance, block, &unbound())?;
        let each = copies.into_iter().map(|(bracket, key, value)| {
            let each = object(&[("key", key), ("value", value)], block.head());
            (bracket, bound(&unbound(), "each", each))
        });
        return Ok(each.collect());
    }
    let Some(count) = block.child("count") else {
        return Ok(vec![(String::new(), unbound())]);
    };
    let count = configuration.attribute(instance, count, &unbound());
    match count.number() {
        Known::Is(number) if (0.0..=MOST as f64).contains(&number) => Ok((0..number as usize)
            .map(|at| (format!("[{at}]"), counted(at, block)))
            .collect()),
        Known::Unknown(doubt) => Err(doubt),
        _ => Err(Doubt::at("`count` is not a number of instances", count.span)),
    }
}

fn counted(at: usize, block: At<'_>) -> Bindings {
    let index = number(at as f64, block.head());
    bound(&unbound(), "count", object(&[("index", index)], block.head()))
}

/// All resources of an instance and of the modules it calls whose type is asked for.
pub fn resources<'t>(
    configuration: &Configuration<'t>,
    root: &Rc<Instance<'t>>,
    wanted: &dyn Fn(&str) -> bool,
) -> Vec<Resource<'t>> {
    let mut found = Vec::new();
    collect(configuration, root, None, wanted, &mut found);
    found
}

fn collect<'t>(
    configuration: &Configuration<'t>,
    instance: &Rc<Instance<'t>>,
    doubt: Option<&Doubt>,
    wanted: &dyn Fn(&str) -> bool,
    found: &mut Vec<Resource<'t>>,
) {
    let module = instance.module.clone();
    for block in &module.resources {
        let (Some(kind), Some(name)) = (block.word(0), block.word(1)) else {
            continue;
        };
        if !wanted(kind) || found.len() >= MOST {
            continue;
        }
        let overridden = module
            .overridden
            .then(|| Doubt::at("a file of the module overrides blocks", block.head()));
        let mut add = |bracket: &str, bindings: Bindings, doubt: Option<Doubt>| {
            found.push(Resource {
                kind,
                address: format!("{}{kind}.{name}{bracket}", instance.prefix),
                block: *block,
                doubt: doubt.or_else(|| overridden.clone()),
                instance: instance.clone(),
                bindings,
            });
        };
        match instances(configuration, instance, *block) {
            Ok(all) => {
                for (bracket, bindings) in all {
                    add(&bracket, bindings, doubt.cloned());
                }
            }
            // One stands for all that there may be.
            Err(own) => add("", unknown(*block, &own), Some(own)),
        }
    }
    for call in module.modules.values() {
        if configuration.is_exhausted() {
            return;
        }
        match instances(configuration, instance, *call) {
            Ok(all) => {
                for (bracket, bindings) in all {
                    if let Some(child) = configuration.child(instance, *call, &bracket, &bindings) {
                        collect(configuration, &child, doubt, wanted, found);
                    }
                }
            }
            Err(own) => {
                if let Some(child) = configuration.child(instance, *call, "", &unknown(*call, &own)) {
                    collect(configuration, &child, Some(&own), wanted, found);
                }
            }
        }
    }
}

/// `each` and `count` of a block that stands no one knows how often.
fn unknown(block: At<'_>, doubt: &Doubt) -> Bindings {
    let value = Value::computed(Content::Unknown(doubt.clone()), block.head());
    bound(&bound(&unbound(), "each", value.clone()), "count", value)
}
