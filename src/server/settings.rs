//! Settings in layers, nearest first: a command line, a variable, a file. Each remembers where it is written.

use std::sync::Arc;

use crate::expand::verbatim;
use crate::model::field::setting;
use crate::model::{
    Assumption, Doubt, Entity, EntityId, Fact, Held, Kind, Known, Model, Row, Scope, Site, Stored, Table,
    entity::TreeId,
};
use crate::repo::{Sources, Span};
use crate::server::command::Started;
use crate::syntax::argv::{Argument, Command};
use crate::syntax::{At, NodeId, Shape, Style, Tree, TreeBuilder, Word};

/// One setting as written.
#[derive(Debug)]
pub(crate) struct Setting {
    pub name: &'static str,
    pub text: String,
    pub span: Span,
    pub unknown: bool,
    /// What an unknown one most likely is.
    likely: Option<(String, Assumption)>,
    /// Where a fix would write it; `None` where the value does not stand there word for word.
    place: Option<(TreeId, NodeId)>,
}

impl Setting {
    /// The value, unless nobody can know it.
    pub fn value(&self) -> Known<&str> {
        self.held().known()
    }

    /// The value with what it rests on.
    pub fn held(&self) -> Held<&str> {
        match &self.likely {
            Some((text, unless)) => Known::Is(text.as_str()).unless(unless.clone()),
            None if self.unknown => {
                let reason = format!("the value of {} is not known here: {}", self.name, self.text);
                Known::Unknown(Doubt::at(reason, self.span)).into()
            }
            None => Known::Is(self.text.as_str()).into(),
        }
    }

    fn fact(&self, row: &'static Row) -> Fact {
        let value = self.held().then(|text| match row.value_of(text) {
            Some(value) => Known::Is(value),
            None => Known::Unknown(Doubt::at(format!("{text:?} is no value of {}", self.name), self.span)),
        });
        let nothing = || Stored::Unknown(Doubt::at("nothing is written", self.span));
        let value = Stored::from_held(&value).unwrap_or_else(nothing);
        // Without a place the span may be that of a whole script, which nothing may replace.
        let site = self.place.map(|place| Site { row, node: Some(place) });
        Fact {
            field: row.field,
            value,
            span: self.span,
            site,
        }
    }
}

/// What one place says.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    pub settings: Vec<Setting>,
    /// Why it may say more.
    pub doubt: Option<Doubt>,
    home: Option<(TreeId, NodeId)>,
}

/// An option: its name in the tables, and how it is spelled on a command line.
pub(crate) type Spelled = (&'static str, &'static [&'static str]);

impl Layer {
    /// A layer that says nothing readable.
    pub fn doubtful(doubt: Doubt) -> Layer {
        Layer {
            doubt: Some(doubt),
            ..Layer::default()
        }
    }

    /// The options of a command line.
    pub fn of_command(
        model: &mut Model,
        sources: &Sources,
        started: Option<&Started<'_>>,
        command: &Command,
        options: &[Spelled],
    ) -> Layer {
        let mut layer = Layer {
            doubt: command.unread().map(|argument| {
                let reason = format!("{} may hold further options", argument.text);
                Doubt::at(reason, argument.span)
            }),
            ..Layer::default()
        };
        for (name, spellings) in options {
            for value in command.options(spellings) {
                let setting = Setting::of_argument(model, sources, started, name, &value);
                layer.settings.push(setting);
            }
        }
        layer
    }

    /// Settings that were read by hand: names with values.
    pub fn of_values(
        model: &mut Model,
        sources: &Sources,
        started: Option<&Started<'_>>,
        values: &[(&'static str, Argument)],
    ) -> Layer {
        let setting =
            |(name, value): &(&'static str, Argument)| Setting::of_argument(model, sources, started, name, value);
        Layer {
            settings: values.iter().map(setting).collect(),
            ..Layer::default()
        }
    }

    /// The same of values that may rest on an assumption.
    pub fn of_held_values(model: &mut Model, sources: &Sources, values: &[(&'static str, Held<Argument>)]) -> Layer {
        let setting = |(name, value): &(&'static str, Held<Argument>)| {
            let (Known::Is(argument), unless) = value.parts() else {
                return None;
            };
            let mut setting = Setting::of_argument(model, sources, None, name, argument);
            if let Some(unless) = unless {
                setting.likely = Some((setting.text.clone(), unless.clone()));
                setting.unknown = true;
            }
            Some(setting)
        };
        Layer {
            settings: values.iter().filter_map(setting).collect(),
            ..Layer::default()
        }
    }

    /// The entries of a map with one of the names: a Python file, an INI section, a Node server. The items of a list
    /// are settings of their own.
    pub fn of_tree(model: &mut Model, tree: &Arc<Tree>, map: NodeId, names: &[&'static str]) -> Layer {
        let id = model.add_tree(tree);
        let mut layer = Layer {
            home: Some((id, map)),
            ..Layer::default()
        };
        for entry in tree.at(map).children() {
            let Some(name) = names.iter().copied().find(|name| *name == entry.name()) else {
                continue;
            };
            // The last of several counts, and it replaces a whole list.
            layer.settings.retain(|setting| setting.name != name);
            let items: Vec<At<'_>> = match entry.is_list() {
                true => entry.items().collect(),
                false => vec![entry],
            };
            layer.settings.extend(items.into_iter().map(|at| Setting {
                name,
                text: at.text().unwrap_or_default().to_owned(),
                span: at.word_span_at(0),
                unknown: at.doubt_at(0).is_some() || at.words().is_empty(),
                likely: None,
                place: Some((id, at.id())),
            }));
        }
        layer
    }

    /// The settings that are so, and the others; a doubt stays with the first.
    pub fn split(self, is_so: impl Fn(&Setting) -> bool) -> (Layer, Layer) {
        let (first, rest) = self.settings.into_iter().partition(is_so);
        let first = Layer {
            settings: first,
            doubt: self.doubt,
            home: self.home,
        };
        let rest = Layer {
            settings: rest,
            ..Layer::default()
        };
        (first, rest)
    }

    /// The last setting of a name.
    pub fn last(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().rev().find(|setting| setting.name == name)
    }
}

impl Setting {
    /// A value on a command line or in a variable.
    pub fn of_argument(
        model: &mut Model,
        sources: &Sources,
        started: Option<&Started<'_>>,
        name: &'static str,
        value: &Argument,
    ) -> Setting {
        let resolved = started
            .filter(|_| value.unknown)
            .and_then(|started| started.resolve(&value.text));
        let (resolved, likely) = match resolved.map(Held::into_parts) {
            Some((Known::Is(text), None)) => (Some(text), None),
            Some((Known::Is(text), Some(unless))) => (None, Some((text, unless))),
            _ => (None, None),
        };
        let place = match &resolved {
            None if !value.unknown => verbatim(sources, &value.text, value.span).map(|span| {
                let (tree, node) = word_tree(sources, name, span);
                (model.add_tree(&tree), node)
            }),
            _ => None,
        };
        Setting {
            name,
            unknown: value.unknown && resolved.is_none(),
            text: resolved.unwrap_or_else(|| value.text.clone()),
            span: value.span,
            likely,
            place,
        }
    }
}

/// A word in the middle of a document as a tree of its own, so that a command line has sites like any other language.
fn word_tree(sources: &Sources, name: &str, span: Span) -> (Arc<Tree>, NodeId) {
    let text = sources.get(span.source).text.clone();
    let mut builder = TreeBuilder::new(span.source, text, Vec::new(), Shape::Map);
    let name = Word::decoded(span.start, span.start, Style::Plain, name);
    let node = builder.open(Some(name), Shape::Leaf, span.start);
    builder.word(Word::plain(span.start, span.end));
    builder.close(span.end);
    (Arc::new(builder.finish()), node)
}

/// The nearest setting of a name.
pub(crate) fn find<'l>(layers: &'l [Layer], name: &str) -> Known<&'l Setting> {
    for layer in layers {
        if let Some(setting) = layer.last(name) {
            return Known::Is(setting);
        }
        if let Some(doubt) = &layer.doubt {
            return Known::Unknown(doubt.clone());
        }
    }
    Known::Absent
}

/// What one place says, else what the next one says.
pub(crate) fn first<T>(known: Known<T>, next: impl FnOnce() -> Known<T>) -> Known<T> {
    match known {
        Known::Absent => next(),
        known => known,
    }
}

/// The nearest value of a name, and where it stands.
pub(crate) fn written<'l>(layers: &'l [Layer], name: &str) -> Known<(&'l str, Span)> {
    find(layers, name).then(|setting| setting.value().map(|text| (text, setting.span)))
}

/// The same with what it rests on.
pub(crate) fn held<'l>(layers: &'l [Layer], name: &str) -> Held<(&'l str, Span)> {
    Held::from(find(layers, name)).then(|setting| setting.held().map(|text| (text, setting.span)))
}

/// Whether something holds of the nearest value of a name; what holds where none is written is told.
pub(crate) fn holds(layers: &[Layer], name: &str, unwritten: bool, test: impl FnOnce(&str) -> bool) -> Known<bool> {
    first(written(layers, name).map(|(text, _)| test(text)), || {
        Known::Is(unwritten)
    })
}

/// All settings of a name in the nearest layer that has any: a repeated option, a list.
pub(crate) fn find_all<'l>(layers: &'l [Layer], name: &str) -> Known<Vec<&'l Setting>> {
    for layer in layers {
        let found: Vec<&Setting> = layer.settings.iter().filter(|setting| setting.name == name).collect();
        if !found.is_empty() {
            return Known::Is(found);
        }
        if let Some(doubt) = &layer.doubt {
            return Known::Unknown(doubt.clone());
        }
    }
    Known::Absent
}

/// Settings that a nearer layer overrides with another value.
fn overridden(model: &mut Model, id: EntityId, layers: &[Layer], table: &Table) {
    let (module, holder) = (model.entity(id).module, model.entity(id).name.clone());
    for row in table
        .rows()
        .iter()
        .filter(|row| row.module.is_empty() || row.module == module)
    {
        let Known::Is(wins) = find(layers, &row.name) else {
            continue;
        };
        for layer in layers {
            let Some(loses) = layer.last(&row.name).filter(|loses| !std::ptr::eq(*loses, wins)) else {
                continue;
            };
            let same = loses.unknown || wins.unknown || row.value_of(&loses.text) == row.value_of(&wins.text);
            if same || loses.span.source != wins.span.source && loses.span.is_empty() {
                continue;
            }
            let mut entity = Entity::new(Kind::Setting, format!("{holder} {}", row.name), loses.span);
            entity.set(setting::NAME, row.name.as_str().into(), loses.span);
            entity.set(setting::VALUE, loses.text.as_str().into(), loses.span);
            entity.set(setting::PROBLEM, "overridden".into(), loses.span);
            entity.set(setting::PRODUCT, table.product.into(), loses.span);
            entity.set(setting::HOLDER, holder.clone(), loses.span);
            entity.set(setting::WINNER, wins.text.as_str().into(), wins.span);
            model.add(entity);
        }
    }
}

/// Gives an entity its layers as scopes, read through a table.
pub(crate) fn attach(model: &mut Model, id: EntityId, layers: &[Layer], table: &'static Table) {
    let mut parent = None;
    for layer in layers.iter().rev() {
        let mut scope = Scope {
            parent,
            doubt: layer.doubt.clone(),
            home: layer.home,
            ..Scope::default()
        };
        for setting in &layer.settings {
            if layer.last(setting.name).is_some_and(|last| std::ptr::eq(last, setting)) && setting.place.is_some() {
                scope
                    .facts
                    .extend(table.named(setting.name).map(|row| setting.fact(row)));
            }
        }
        parent = Some(model.add_scope(scope));
    }
    overridden(model, id, layers, table);
    let entity = model.entity_mut(id);
    entity.scope = parent;
    entity.table = Some(table);
    // What stands nowhere word for word has no site, and a scope holds only facts with one.
    for row in table.rows() {
        if (row.module.is_empty() || row.module == entity.module)
            && let Known::Is(setting) = find(layers, &row.name)
            && setting.place.is_none()
        {
            entity.facts.push(setting.fact(row));
        }
    }
}
