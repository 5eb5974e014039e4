//! From a rule as written to a rule that can run: every expression typed, every mistake with its place in the file.

use std::sync::Arc;

use super::definition::{Rule, Step};
use super::error::{File, Mistake, RuleError, nearest};
use super::expr::{End, Expr, Path};
use super::file::{OptionFile, PlaceFile, PointFile, RuleFile, Safety, SeverityFile, StepFile};
use super::literal;
use super::option::RuleOption;
use super::template::Template;
use super::typing::Typer;
use crate::model::{Kind, Type};

/// Types a rule, or tells every mistake in it.
pub(super) fn compile(written: RuleFile, file: File) -> Result<Rule, Vec<RuleError>> {
    let Some(kind) = Kind::named(&written.each) else {
        let names = || Kind::ALL.iter().map(|kind| kind.name());
        let mistake = Mistake::new(0..written.each.len(), format!("there is no kind `{}`", written.each));
        let mistake = match nearest(&written.each, names()) {
            Some(near) => mistake.help(format!("did you mean `{near}`?")),
            None => mistake.help(format!("kinds are {}", names().collect::<Vec<_>>().join(", "))),
        };
        return Err(vec![file.mistake("each", &written.each, mistake)]);
    };
    let mut errors = Vec::new();
    let mut options = Vec::new();
    for (name, option) in written.options.0 {
        match typed_option(&name, option) {
            Ok(option) => options.push(option),
            Err(message) => errors.push(file.structure(&["options", &name, "default"], message)),
        }
    }
    let mut checker = Checker {
        typer: Typer {
            root: kind,
            options: &options,
        },
        file: &file,
        errors,
    };
    let severity = match written.severity {
        SeverityFile::One(severity) => vec![(None, severity)],
        SeverityFile::Cases(cases) => cases
            .into_iter()
            .map(|case| (checker.condition("severity", case.when.as_deref()), case.is))
            .collect(),
    };
    let conjuncts = |expr: Option<Expr>| expr.map(Expr::conjuncts).unwrap_or_default();
    let when = conjuncts(checker.condition("when", written.when.as_deref()));
    let require = conjuncts(checker.condition("require", Some(&written.require)));
    let point = checker.point(written.point);
    let related = written
        .related
        .0
        .iter()
        .filter_map(|(path, text)| Some((checker.place("related", path)?, checker.template("related", text))))
        .collect();
    let message = checker.template("message", &written.message);
    let help = checker.template("help", &written.help);
    let fix = written.fix.into_iter().filter_map(|step| checker.step(step)).collect();
    let errors = checker.errors;
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Rule {
        id: Arc::from(written.id),
        category: Arc::from(written.category),
        precision: written.precision,
        since: written.since,
        title: written.title,
        why: written.why.trim_end().to_owned(),
        kind,
        values: options.iter().map(|option| option.value.clone()).collect(),
        options,
        when_text: written.when.map(|text| text.trim_end().to_owned()),
        require_text: written.require.trim_end().to_owned(),
        help_text: written.help.trim_end().to_owned(),
        references: written.references,
        enabled: true,
        severity_override: None,
        severity,
        when,
        require,
        point,
        related,
        message,
        help,
        fix,
        file,
    })
}

fn typed_option(name: &str, option: OptionFile) -> Result<RuleOption, String> {
    let all = [Type::Duration, Type::Size, Type::Number, Type::Bool, Type::Text];
    let Some(of) = all.into_iter().find(|of| of.name() == option.of) else {
        return Err(format!("there is no type `{}`", option.of));
    };
    let text = match &option.default {
        serde_yaml::Value::String(text) => text.clone(),
        serde_yaml::Value::Number(number) => number.to_string(),
        serde_yaml::Value::Bool(flag) => flag.to_string(),
        _ => return Err("a default is a plain value".to_owned()),
    };
    let value = literal::value(of, &text).ok_or_else(|| format!("`{text}` is not a {}", of.name()))?;
    Ok(RuleOption {
        name: name.to_owned(),
        value,
        doc: option.doc,
    })
}

/// Types the expressions of one rule and remembers what is wrong.
struct Checker<'r> {
    typer: Typer<'r>,
    file: &'r File,
    errors: Vec<RuleError>,
}

impl Checker<'_> {
    fn keep<T>(&mut self, key: &str, text: &str, result: Result<T, Mistake>) -> Option<T> {
        result
            .map_err(|mistake| self.errors.push(self.file.mistake(key, text, mistake)))
            .ok()
    }

    fn condition(&mut self, key: &str, text: Option<&str>) -> Option<Expr> {
        let text = text?.trim_end();
        self.keep(key, text, self.typer.expression(text, Type::Bool))
    }

    fn place(&mut self, key: &str, text: &str) -> Option<Path> {
        self.keep(key, text, self.typer.place(text))
    }

    fn template(&mut self, key: &str, text: &str) -> Template {
        self.keep(key, text, Template::parse(text, &self.typer))
            .unwrap_or_default()
    }

    fn point(&mut self, point: PointFile) -> Vec<(Path, Option<Expr>)> {
        let places = match point {
            PointFile::One(path) => vec![PlaceFile::Path(path)],
            PointFile::Several(places) => places,
        };
        let mut typed = Vec::new();
        for place in places {
            let (path, when) = match &place {
                PlaceFile::Path(path) => (path, None),
                PlaceFile::When { at, when } => (at, Some(when.as_str())),
            };
            let when = self.condition("point", when);
            if let Some(path) = self.place("point", path) {
                typed.push((path, when));
            }
        }
        typed
    }

    fn step(&mut self, step: StepFile) -> Option<Step> {
        if let (Some(condition), Some(otherwise)) = (&step.only, &step.otherwise) {
            return Some(Step::Only {
                condition: self.condition("fix", Some(condition))?,
                otherwise: self.template("fix", otherwise),
            });
        }
        let text = step.set.as_ref().or(step.remove.as_ref())?;
        let field = self.place("fix", text)?;
        let End::Field(id) = field.end() else {
            let mistake = Mistake::new(0..text.len(), "a fix changes a field, and this is none");
            self.errors.push(self.file.mistake("fix", text, mistake));
            return None;
        };
        let to = match &step.to {
            Some(to) => {
                let to = to.trim_end();
                Some(self.keep("fix", to, self.typer.expression(to, id.info().kind))?)
            }
            None => None,
        };
        Some(Step::Change {
            field,
            to,
            when: self.condition("fix", step.when.as_deref()),
            because: step
                .because
                .filter(|_| step.safety == Some(Safety::Unsafe))
                .map(Arc::from),
        })
    }
}
