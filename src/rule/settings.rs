//! What the configuration says of rules: which run, how bad their findings are, and their options.

use super::definition::Rule;
use super::error::nearest;
use super::literal;
use super::load::RuleSet;
use super::severity::Severity;

/// A mistake in what the configuration says of rules; the caller knows where that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    /// The rule it was said of.
    pub rule: String,
    /// The option, if it is about one.
    pub option: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl RuleSet {
    /// Runs only the rules a condition holds for.
    pub fn select(&mut self, condition: impl Fn(&Rule) -> bool) {
        self.by_kind.take();
        for rule in &mut self.rules {
            rule.enabled = rule.enabled && condition(rule);
        }
    }

    /// Sets options from the configuration, as text, by rule and name.
    pub fn with_options<'c>(
        mut self,
        settings: impl IntoIterator<Item = (&'c str, &'c str, &'c str)>,
    ) -> Result<RuleSet, Vec<SettingError>> {
        let mut errors = Vec::new();
        for (id, name, text) in settings {
            if let Err(error) = self.set_option(id, name, text) {
                errors.push(error);
            }
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }

    /// Sets severities from the configuration: `error`, `warning`, `info`, or `off`.
    pub fn with_severities<'c>(
        mut self,
        settings: impl IntoIterator<Item = (&'c str, &'c str)>,
    ) -> Result<RuleSet, Vec<SettingError>> {
        let mut errors = Vec::new();
        for (id, text) in settings {
            if let Err(error) = self.set_severity(id, text) {
                errors.push(error);
            }
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }

    fn find(&mut self, id: &str) -> Result<&mut Rule, SettingError> {
        self.by_kind.take();
        let help = self.nearest(id).map(|near| format!("did you mean `{near}`?"));
        let found = self.rules.iter_mut().find(|rule| &*rule.id == id);
        found.ok_or_else(|| SettingError {
            rule: id.to_owned(),
            option: None,
            message: format!("there is no rule `{id}`"),
            help: help.or_else(|| Some("`gatelint rules` lists all".to_owned())),
        })
    }

    fn set_option(&mut self, id: &str, name: &str, text: &str) -> Result<(), SettingError> {
        let rule = self.find(id)?;
        let error = |message, help| SettingError {
            rule: id.to_owned(),
            option: Some(name.to_owned()),
            message,
            help,
        };
        let Some(at) = rule.options.iter().position(|option| option.name == name) else {
            let names: Vec<&str> = rule.options.iter().map(|option| option.name.as_str()).collect();
            let help = match (nearest(name, names.iter().copied()), names.is_empty()) {
                (Some(near), _) => format!("did you mean `{near}`?"),
                (None, true) => "it has no options".to_owned(),
                (None, false) => format!("it has {}", names.join(", ")),
            };
            return Err(error(format!("the rule `{id}` has no option `{name}`"), Some(help)));
        };
        let of = rule.options[at].value.kind();
        let Some(value) = literal::value(of, text) else {
            let default = &rule.options[at].value;
            let help = format!("the default is {default}");
            return Err(error(format!("`{text}` is not a {}", of.name()), Some(help)));
        };
        rule.options[at].value = value.clone();
        rule.values[at] = value;
        Ok(())
    }

    fn set_severity(&mut self, id: &str, text: &str) -> Result<(), SettingError> {
        let rule = self.find(id)?;
        match text {
            "off" => rule.enabled = false,
            "error" => rule.severity_override = Some(Severity::Error),
            "warning" => rule.severity_override = Some(Severity::Warning),
            "info" => rule.severity_override = Some(Severity::Info),
            _ => {
                return Err(SettingError {
                    rule: id.to_owned(),
                    option: None,
                    message: format!("`{text}` is not a severity"),
                    help: Some("severities are error, warning, info, and off".to_owned()),
                });
            }
        }
        Ok(())
    }
}
