//! The functions of the rule language: their names, their documentation, and how a call is typed.

use std::ops::Range;

use super::cel::{Ast, Name, Node};
use super::error::{Mistake, nearest};
use super::expr::{Arithmetic, Expr, Search};
use super::literal;
use super::typing::{Typed, Typer, disagree, expect};
use crate::model::{Type, Version};

/// The functions rules may use, with what they do.
pub const FUNCTIONS: &[(&str, &str)] = &[
    (
        "duration('5s')",
        "a length of time: `ms`, `s`, `m`, `h`, `d`, also joined as in `1m30s`",
    ),
    ("size('16k')", "a number of bytes: plain, or with `k`, `m`, `g`"),
    ("max(a, b)", "the larger of two durations, sizes or numbers"),
    ("min(a, b)", "the smaller of two durations, sizes or numbers"),
    (
        "contains(text, 'part')",
        "whether a text contains another; also `text.contains('part')`",
    ),
    ("startsWith(text, 'part')", "whether a text begins with another"),
    ("endsWith(text, 'part')", "whether a text ends with another"),
    (
        "at_least(version, '1.27.3')",
        "whether a version is this one or later; unknown where too little of it is known",
    ),
    (
        "written(path)",
        "whether a field is written in a file, rather than a default, computed or assumed",
    ),
    ("is_number(text)", "whether a text is a whole number"),
    ("text(value)", "any value as text"),
];

impl Typer<'_> {
    pub(super) fn call(&self, name: &Name, method: bool, args: &[Ast], span: Range<usize>) -> Result<Typed, Mistake> {
        let count = |wanted: usize| {
            if args.len() == wanted {
                return Ok(());
            }
            let plural = if wanted == 1 { "" } else { "s" };
            let message = format!("`{}` takes {wanted} argument{plural}, not {}", name.text, args.len());
            Err(Mistake::new(name.span.clone(), message))
        };
        let typed = |expr, of| {
            Ok(Typed {
                expr,
                of,
                span: span.clone(),
            })
        };
        if method && !matches!(name.text.as_str(), "contains" | "startsWith" | "endsWith") {
            let mistake = Mistake::new(name.span.clone(), format!("nothing has a method `{}`", name.text));
            return Err(match nearest(&name.text, ["contains", "startsWith", "endsWith"]) {
                Some(near) => mistake.help(format!("did you mean `{near}`?")),
                None => mistake,
            });
        }
        match (name.text.as_str(), args) {
            (
                "duration" | "size",
                [
                    Ast {
                        node: Node::Text(text),
                        span: at,
                    },
                ],
            ) => {
                let of = if name.text == "size" {
                    Type::Size
                } else {
                    Type::Duration
                };
                let value = literal::value(of, text).ok_or_else(|| {
                    let help = format!("write for example {}", literal::example(of));
                    Mistake::new(at.clone(), format!("`{text}` is not a {}", of.name())).help(help)
                })?;
                typed(Expr::Value(value), of)
            }
            ("duration" | "size", _) => {
                count(1)?;
                let message = format!("`{}` takes a literal text", name.text);
                Err(Mistake::new(args[0].span.clone(), message).help("fields already have their unit"))
            }
            ("max" | "min", [a, b]) => {
                let (a, b) = (self.typed(a)?, self.typed(b)?);
                if a.of != b.of || matches!(a.of, Type::Bool | Type::Text) {
                    return Err(disagree(name.span.clone(), "put in order with", &a, &b));
                }
                let operation = if name.text == "max" {
                    Arithmetic::Max
                } else {
                    Arithmetic::Min
                };
                let of = a.of;
                typed(Expr::Arithmetic(operation, Box::new(a.expr), Box::new(b.expr)), of)
            }
            ("contains" | "startsWith" | "endsWith", [a, b]) => {
                let (a, b) = (self.typed(a)?, self.typed(b)?);
                expect(&a, Type::Text)?;
                expect(&b, Type::Text)?;
                let search = match name.text.as_str() {
                    "contains" => Search::Contains,
                    "startsWith" => Search::StartsWith,
                    _ => Search::EndsWith,
                };
                typed(Expr::Search(search, Box::new(a.expr), Box::new(b.expr)), Type::Bool)
            }
            (
                "at_least",
                [
                    version,
                    Ast {
                        node: Node::Text(text),
                        span: at,
                    },
                ],
            ) => {
                let version = self.typed(version)?;
                expect(&version, Type::Text)?;
                let Some(other) = Version::parse(text) else {
                    return Err(Mistake::new(at.clone(), format!("`{text}` is not a version")));
                };
                typed(Expr::AtLeast(Box::new(version.expr), other), Type::Bool)
            }
            (
                "written",
                [
                    Ast {
                        node: Node::Path(names),
                        ..
                    },
                ],
            ) => {
                let text = names
                    .iter()
                    .map(|name| name.text.as_str())
                    .collect::<Vec<_>>()
                    .join(".");
                typed(Expr::IsWritten(self.path(names, &text)?), Type::Bool)
            }
            ("is_number", [a]) => {
                let a = self.typed(a)?;
                expect(&a, Type::Text)?;
                typed(Expr::IsNumber(Box::new(a.expr)), Type::Bool)
            }
            ("text", [a]) => typed(Expr::Text(Box::new(self.typed(a)?.expr)), Type::Text),
            ("max" | "min" | "contains" | "startsWith" | "endsWith", _) => Err(count(2)
                .err()
                .unwrap_or_else(|| Mistake::new(span.clone(), format!("`{}` cannot be used like this", name.text)))),
            ("at_least", _) => Err(Mistake::new(
                name.span.clone(),
                "`at_least` takes a version and a literal text",
            )),
            ("written", _) => Err(Mistake::new(name.span.clone(), "`written` takes a path to a field")),
            ("is_number" | "text", _) => Err(Mistake::new(
                name.span.clone(),
                format!("`{}` takes one argument", name.text),
            )),
            (other, _) => {
                let names = FUNCTIONS
                    .iter()
                    .filter_map(|(signature, _)| signature.split('(').next());
                let mistake = Mistake::new(name.span.clone(), format!("there is no function `{other}`"));
                Err(match nearest(other, names.clone()) {
                    Some(near) => mistake.help(format!("did you mean `{near}`?")),
                    None => mistake.help(format!("functions are {}", names.collect::<Vec<_>>().join(", "))),
                })
            }
        }
    }
}
