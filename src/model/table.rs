//! Rows: what a directive, annotation or option means. `lower` reads and `fix` writes through the same row.

use rustc_hash::FxHashMap;

use super::key::{Field, FieldId};
use super::spelling::{Spelling, Usual};
use super::unit::Unit;
use super::value::{Duration, FieldType, Size, Value};
use super::version::Version;
use crate::repo::Refusal;

/// What zero means, which differs by product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zero {
    /// Zero is zero.
    Literal,
    /// Zero switches the limit off.
    Unlimited,
}

/// What a row is in its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A directive, entry or option with a value.
    Valued,
    /// A word that is there or not, such as `resolve` behind an address.
    Flag,
    /// All words of a directive together, such as those of `proxy_next_upstream`.
    Words,
    /// An entry whose name is the value.
    Name,
    /// This text behind the place of the fact makes it true.
    Behind(&'static str),
}

/// A default and the versions it holds for.
#[derive(Clone, Debug)]
pub struct Default {
    /// The first version that has it; `None` for all before the next entry.
    pub since: Option<Version>,
    /// The value as the product would write it; `None` where there is none in these versions.
    pub text: Option<&'static str>,
    /// The same, read through the row once it stands in a table.
    pub value: Option<Value>,
    /// Where that is said.
    pub source: &'static str,
}

/// One directive, annotation, option or setting and the field it gives.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its name as written.
    pub name: String,
    /// The protocol module it belongs to (`proxy`, `fastcgi`, …); empty when it belongs to all.
    pub module: &'static str,
    /// Blocks it may stand in; empty for any.
    pub within: &'static [&'static str],
    /// Which word holds the value, from 0.
    pub word: usize,
    /// The field.
    pub field: FieldId,
    /// How the value is written.
    pub unit: Unit,
    /// What zero means.
    pub zero: Zero,
    /// Whether an enclosing scope's value holds inside.
    pub inherits: bool,
    /// Defaults by version, oldest first.
    pub defaults: Vec<Default>,
    /// What it is in its language.
    pub form: Form,
    /// Whether a new YAML entry is written without quotes: a number of the Kubernetes API, or a map.
    pub bare: bool,
}

impl Row {
    /// A row; the field's type and the unit must agree, which a test holds.
    pub fn new<T: FieldType>(name: impl Into<String>, field: Field<T>, unit: Unit) -> Row {
        Row {
            name: name.into(),
            module: "",
            within: &[],
            word: 0,
            field: field.id(),
            unit,
            zero: Zero::Literal,
            inherits: false,
            defaults: Vec::new(),
            form: Form::Valued,
            bare: false,
        }
    }

    /// The row belongs to one protocol module.
    #[must_use]
    pub fn module(mut self, module: &'static str) -> Row {
        self.module = module;
        self
    }

    /// The blocks it may stand in.
    #[must_use]
    pub fn within(mut self, within: &'static [&'static str]) -> Row {
        self.within = within;
        self
    }

    /// The value is the nth word.
    #[must_use]
    pub fn word(mut self, word: usize) -> Row {
        self.word = word;
        self
    }

    /// Zero means no limit.
    #[must_use]
    pub fn zero_is_unlimited(mut self) -> Row {
        self.zero = Zero::Unlimited;
        self
    }

    /// Enclosing scopes hand it down.
    #[must_use]
    pub fn inherits(mut self) -> Row {
        self.inherits = true;
        self
    }

    /// The default in all versions.
    #[must_use]
    pub fn default(self, value: &'static str, source: &'static str) -> Row {
        self.default_since(None, Some(value), source)
    }

    /// The default from a version on.
    #[must_use]
    pub fn default_since(
        mut self,
        since: Option<&'static str>,
        value: Option<&'static str>,
        source: &'static str,
    ) -> Row {
        self.defaults.push(Default {
            since: since.and_then(Version::parse),
            text: value,
            value: None,
            source,
        });
        self
    }

    /// A new YAML entry has no quotes.
    #[must_use]
    pub fn bare(mut self) -> Row {
        self.bare = true;
        self
    }

    /// The row is a word that is there or not.
    #[must_use]
    pub fn flag(mut self) -> Row {
        self.form = Form::Flag;
        self
    }

    /// The value is all the words.
    #[must_use]
    pub fn words(mut self) -> Row {
        self.form = Form::Words;
        self
    }

    /// The name is the value.
    #[must_use]
    pub fn names_itself(mut self) -> Row {
        self.form = Form::Name;
        self
    }

    /// A text behind the fact's place makes it true.
    #[must_use]
    pub fn behind(mut self, text: &'static str) -> Row {
        self.form = Form::Behind(text);
        self
    }

    /// Reads a value through the row: unit and meaning of zero.
    pub fn value_of(&self, text: &str) -> Option<Value> {
        let value = self.unit.value_of(text)?;
        Some(match (self.zero, value) {
            (Zero::Unlimited, Value::Duration(Duration::ZERO)) => Value::Duration(Duration::UNLIMITED),
            (Zero::Unlimited, Value::Size(Size(0))) => Value::Size(Size::UNLIMITED),
            (_, value) => value,
        })
    }

    /// Writes a value through the row.
    ///
    /// # Errors
    /// When its unit cannot express the value.
    pub fn spell(&self, value: &Value) -> Result<String, Refusal> {
        let spelled = self.unit.spell(value);
        spelled.ok_or_else(|| Refusal::new(format!("{} cannot be written as {value}", self.name)))
    }

    /// The default for a version.
    pub fn default_for(&self, version: Option<&Version>) -> DefaultFor<'_> {
        // A later entry that surely applies replaces all before it; those after it may apply as well.
        let applies = |default: &Default| match (&default.since, version) {
            (None, _) => Some(true),
            (Some(since), Some(version)) => version.at_least(since),
            (Some(_), None) => None,
        };
        let sure = self.defaults.iter().rposition(|default| applies(default) == Some(true));
        let mut candidates = self.defaults[sure.unwrap_or(0)..]
            .iter()
            .filter(|default| applies(default) != Some(false));
        match candidates.next() {
            None => DefaultFor::None,
            Some(first) if candidates.all(|other| other.text == first.text) => DefaultFor::One(first),
            Some(_) => DefaultFor::Open,
        }
    }
}

/// What the defaults of a row say for a version.
#[derive(Clone, Copy, Debug)]
pub enum DefaultFor<'r> {
    /// The row has no default.
    None,
    /// This one.
    One(&'r Default),
    /// The version is not known well enough and the defaults differ.
    Open,
}

/// All rows of one product or format.
#[derive(Debug)]
pub struct Table {
    /// The product whose defaults these are.
    pub product: &'static str,
    /// How new entries are written.
    pub spelling: &'static dyn Spelling,
    rows: Vec<Row>,
    by_name: FxHashMap<String, Vec<usize>>,
    /// The rows of a field, each behind the number of its module.
    by_field: FxHashMap<FieldId, Vec<(usize, usize)>>,
    /// The modules that rows belong to; the first is that of all.
    modules: Vec<&'static str>,
}

impl Table {
    /// Indexes rows.
    pub fn new(product: &'static str, mut rows: Vec<Row>) -> Table {
        for row in &mut rows {
            let read = |default: &Default| default.text.and_then(|text| row.value_of(text));
            let values: Vec<Option<Value>> = row.defaults.iter().map(read).collect();
            for (default, value) in row.defaults.iter_mut().zip(values) {
                default.value = value;
            }
        }
        let mut by_name: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        let mut by_field: FxHashMap<FieldId, Vec<(usize, usize)>> = FxHashMap::default();
        let mut modules = vec![""];
        for (at, row) in rows.iter().enumerate() {
            by_name.entry(row.name.clone()).or_default().push(at);
            let module = number(&modules, row.module).unwrap_or(modules.len());
            if module == modules.len() {
                modules.push(row.module);
            }
            by_field.entry(row.field).or_default().push((module, at));
        }
        Table {
            product,
            spelling: &Usual,
            rows,
            by_name,
            by_field,
            modules,
        }
    }

    /// The language has ways of its own to write new entries.
    #[must_use]
    pub fn spelled(mut self, spelling: &'static dyn Spelling) -> Table {
        self.spelling = spelling;
        self
    }

    /// All rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows a name gives (nginx's `proxy_buffers` gives two).
    pub fn named<'t>(&'t self, name: &str) -> impl Iterator<Item = &'t Row> + use<'t> {
        self.by_name.get(name).into_iter().flatten().map(|at| &self.rows[*at])
    }

    /// The rows that can give a field in a module.
    pub fn giving<'t>(&'t self, field: FieldId, module: &str) -> impl Iterator<Item = &'t Row> + Clone + use<'t> {
        let rows = self.by_field.get(&field).map_or(&[][..], Vec::as_slice);
        let wanted = number(&self.modules, module);
        rows.iter()
            .filter(move |(module, _)| *module == 0 || Some(*module) == wanted)
            .map(|(_, at)| &self.rows[*at])
    }
}

/// The number of a module. Equal names are nearly always one text, whose place tells at once.
fn number(modules: &[&'static str], module: &str) -> Option<usize> {
    let same = modules.iter().position(|known| std::ptr::eq(*known, module));
    same.or_else(|| modules.iter().position(|known| *known == module))
}
