//! A rule file as it is written; `schemas/rule.json` says the same, stricter.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_yaml::Value;

use super::severity::{Precision, Severity};

/// A map in the order it is written.
#[derive(Clone, Debug)]
pub(super) struct Pairs<V>(pub(super) Vec<(String, V)>);

impl<V> Default for Pairs<V> {
    fn default() -> Self {
        Pairs(Vec::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for InOrder<V> {
            type Value = Pairs<V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<V>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(InOrder(PhantomData))
    }
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    pub(super) id: String,
    pub(super) category: String,
    pub(super) severity: SeverityFile,
    pub(super) precision: Precision,
    pub(super) since: String,
    pub(super) title: String,
    pub(super) why: String,
    pub(super) each: String,
    #[serde(default)]
    pub(super) options: Pairs<OptionFile>,
    pub(super) when: Option<String>,
    pub(super) require: String,
    pub(super) point: PointFile,
    #[serde(default)]
    pub(super) related: Pairs<String>,
    pub(super) message: String,
    pub(super) help: String,
    #[serde(default)]
    pub(super) fix: Vec<StepFile>,
    #[serde(default)]
    pub(super) references: Vec<String>,
    /// Read only when they are asked for.
    #[serde(default, rename = "examples")]
    pub(super) _examples: IgnoredAny,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(untagged)]
pub(super) enum SeverityFile {
    One(Severity),
    Cases(Vec<SeverityCase>),
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeverityCase {
    pub(super) when: Option<String>,
    pub(super) is: Severity,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionFile {
    #[serde(rename = "type")]
    pub(super) of: String,
    pub(super) default: Value,
    pub(super) doc: String,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(untagged)]
pub(super) enum PointFile {
    One(String),
    Several(Vec<PlaceFile>),
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(untagged)]
pub(super) enum PlaceFile {
    Path(String),
    When { at: String, when: String },
}

/// One entry of `fix`: a condition or a change.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepFile {
    pub(super) only: Option<String>,
    #[serde(rename = "else")]
    pub(super) otherwise: Option<String>,
    pub(super) set: Option<String>,
    pub(super) to: Option<String>,
    pub(super) remove: Option<String>,
    pub(super) when: Option<String>,
    pub(super) safety: Option<Safety>,
    pub(super) because: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Safety {
    Safe,
    Unsafe,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleFile {
    pub(super) bad: Option<BTreeMap<String, String>>,
    pub(super) good: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) fixed: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) at: Vec<String>,
    pub(super) name: Option<String>,
    pub(super) note: Option<String>,
}
