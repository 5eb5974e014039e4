//! Words with what stands for something else put in: environment variables, and the arguments of an import.

use std::sync::Arc;

use crate::model::Doubt;
use crate::repo::Span;
use crate::syntax::{At, NodeId, Style, Tree};

/// What is known of an environment variable.
pub enum Variable {
    /// It has this value.
    Value(Arc<str>),
    /// Nothing sets it.
    Unset,
    /// Something that is not seen here may set it.
    Unknown,
}

/// Where a configuration is read: what surrounds its files.
pub trait Around {
    /// An environment variable of the process.
    fn variable(&self, name: &str) -> Variable;

    /// The files that an `import` in a file means, in order; why they cannot be told.
    fn imported(&self, from: &Tree, pattern: &str) -> Result<Vec<Arc<Tree>>, String>;
}

/// A word as Caddy takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The text.
    pub text: String,
    /// Where it stands; for an argument of an import, where that is written.
    pub span: Span,
    /// Whether the text stands there byte for byte.
    pub verbatim: bool,
    /// Why it cannot be known here.
    pub doubt: Option<Doubt>,
}

/// What a line is read with: the arguments of the import that brought it here.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    /// The words behind the snippet's name; `None` where there is no import, so that `{args[0]}` means nothing.
    pub words: Option<Vec<Word>>,
    /// The block of the import, for `{block}`.
    pub block: Option<Box<Line>>,
}

/// A line of a Caddyfile, in the file it stands in.
#[derive(Clone, Debug)]
pub struct Line {
    /// The file.
    pub tree: Arc<Tree>,
    /// The line.
    pub node: NodeId,
    /// What it is read with.
    pub arguments: Arc<Arguments>,
}

impl Line {
    /// The line as it is written.
    pub fn at(&self) -> At<'_> {
        self.tree.at(self.node)
    }

    /// Its first word.
    pub fn name(&self) -> &str {
        self.at().name()
    }

    /// The words behind the first.
    pub fn words(&self, around: &dyn Around) -> Vec<Word> {
        let at = self.at();
        let mut found = Vec::new();
        for word in at.words() {
            let (text, span) = (at.text_of(word), at.word_span(word));
            let plain = word.style() == Style::Plain;
            let hole = at
                .tree()
                .hole_in(span)
                .map(|hole| Doubt::at("it is filled in later", hole));
            self.read(around, text, span, (plain, hole), &mut found);
        }
        found
    }

    /// The first word, with everything put in.
    pub fn first(&self, around: &dyn Around) -> Option<Word> {
        let at = self.at();
        let word = at.name_word()?;
        let span = at.word_span(word);
        let hole = at
            .tree()
            .hole_in(span)
            .map(|hole| Doubt::at("it is filled in later", hole));
        let mut found = Vec::new();
        let plain = word.style() == Style::Plain;
        self.read(around, at.name(), span, (plain, hole), &mut found);
        found.into_iter().next()
    }

    fn read(
        &self,
        around: &dyn Around,
        text: &str,
        span: Span,
        (plain, hole): (bool, Option<Doubt>),
        found: &mut Vec<Word>,
    ) {
        let mut word = Word {
            text: String::with_capacity(text.len()),
            span,
            verbatim: plain && hole.is_none(),
            doubt: hole,
        };
        if !text.contains('{') || word.doubt.is_some() {
            text.clone_into(&mut word.text);
            found.push(word);
            return;
        }
        let unknown = |reason: String| Some(Doubt::at(reason, span));
        let (mut rest, mut splits) = (text, false);
        while let Some((before, (inside, after))) = rest
            .split_once('{')
            .and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
        {
            word.text.push_str(before);
            word.verbatim = false;
            rest = after;
            if let Some(variable) = inside.strip_prefix('$') {
                splits = plain;
                let (name, default) = variable
                    .split_once(':')
                    .map_or((variable, None), |(name, default)| (name, Some(default)));
                match around.variable(name) {
                    Variable::Value(value) if !value.is_empty() || default.is_none() => word.text.push_str(&value),
                    Variable::Value(_) | Variable::Unset => word.text.push_str(default.unwrap_or_default()),
                    Variable::Unknown => {
                        word.doubt = unknown(format!("the variable {name} is set elsewhere"));
                        word.text.push_str(inside);
                    }
                }
                continue;
            }
            if let Some(name) = inside.strip_prefix("env.") {
                match around.variable(name) {
                    Variable::Value(value) => word.text.push_str(&value),
                    Variable::Unset => {}
                    Variable::Unknown => word.doubt = unknown(format!("the variable {name} is set elsewhere")),
                }
                continue;
            }
            let arguments = self.arguments.words.as_deref();
            match (arguments, argument(inside)) {
                (Some(arguments), Some(wanted)) => {
                    let given = wanted.of(arguments);
                    if before.is_empty() && after.is_empty() && word.text.is_empty() {
                        found.extend(given.iter().cloned());
                        return;
                    }
                    match given {
                        [] => {}
                        [one] => {
                            word.doubt = word.doubt.or_else(|| one.doubt.clone());
                            word.text.push_str(&one.text);
                        }
                        _ => word.doubt = unknown("several arguments stand in one word".to_owned()),
                    }
                }
                _ => {
                    word.doubt = unknown(format!("{{{inside}}} is known only while a request is served"));
                    word.text.push_str(inside);
                }
            }
        }
        word.text.push_str(rest);
        // Variables are put in before words are told apart.
        if splits && word.doubt.is_none() && word.text.contains(char::is_whitespace) {
            let parts = word.text.split_whitespace();
            found.extend(parts.map(|part| Word {
                text: part.to_owned(),
                ..word.clone()
            }));
        } else if !(splits && word.text.is_empty()) {
            found.push(word);
        }
    }
}

/// Which arguments of an import a placeholder means.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    One(usize),
    Range(usize, Option<usize>),
}

impl Wanted {
    fn of<'w>(&self, words: &'w [Word]) -> &'w [Word] {
        match self {
            Wanted::One(at) => words.get(*at).map_or(&[], std::slice::from_ref),
            Wanted::Range(from, to) => words.get(*from..to.unwrap_or(words.len())).unwrap_or_default(),
        }
    }
}

/// `args[0]`, `args.0`, `args[:]`, `args[1:]`, `args[0:2]`.
fn argument(inside: &str) -> Option<Wanted> {
    let rest = inside.strip_prefix("args")?;
    if let Some(number) = rest.strip_prefix('.') {
        return number.parse().ok().map(Wanted::One);
    }
    let index = rest.strip_prefix('[')?.strip_suffix(']')?;
    match index.split_once(':') {
        None => index.parse().ok().map(Wanted::One),
        Some((from, to)) => {
            let from = if from.is_empty() { 0 } else { from.parse().ok()? };
            let to = if to.is_empty() { None } else { Some(to.parse().ok()?) };
            Some(Wanted::Range(from, to))
        }
    }
}
