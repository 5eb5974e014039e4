//! The load check: every name resolved against the model, every unit checked, every function known. What passes here
//! cannot fail while rules run.

use std::ops::Range;

use smallvec::SmallVec;

use super::cel::{self, Ast, Name, Node, Operator};
use super::error::{Mistake, nearest};
use super::expr::{Arithmetic, Compare, End, Expr, Path};
use super::literal;
use super::option::RuleOption;
use crate::model::{Kind, Type, Value};

/// Checks the expressions of one rule.
pub(super) struct Typer<'r> {
    pub(super) root: Kind,
    pub(super) options: &'r [RuleOption],
}

/// A typed part of an expression.
pub(super) struct Typed {
    pub(super) expr: Expr,
    pub(super) of: Type,
    pub(super) span: Range<usize>,
}

impl Typer<'_> {
    /// An expression of a given type.
    pub(super) fn expression(&self, text: &str, wanted: Type) -> Result<Expr, Mistake> {
        let typed = self.typed(&cel::parse(text)?)?;
        expect(&typed, wanted)?;
        Ok(typed.expr)
    }

    /// An expression of any type.
    pub(super) fn value(&self, text: &str) -> Result<Expr, Mistake> {
        let ast = cel::parse(text)?;
        // An entity is shown by its name.
        if let Node::Path(names) = &ast.node
            && names.first().is_some_and(|name| name.text != "options")
        {
            return Ok(Expr::Path(self.path(names, text)?));
        }
        Ok(self.typed(&ast)?.expr)
    }

    /// A path to a link or field.
    pub(super) fn place(&self, text: &str) -> Result<Path, Mistake> {
        let ast = cel::parse(text)?;
        match &ast.node {
            Node::Path(names) => self.path(names, text),
            _ => Err(Mistake::new(ast.span, "this must be a path to a link or field")),
        }
    }

    pub(super) fn path(&self, names: &[Name], text: &str) -> Result<Path, Mistake> {
        let (Some(first), Some(last)) = (names.first(), names.last()) else {
            return Err(Mistake::new(0..text.len(), "a path is missing"));
        };
        let whole = text.get(first.span.start..last.span.end).unwrap_or(text);
        if first.text != self.root.name() {
            let root = self.root.name();
            let mistake = Mistake::new(first.span.clone(), format!("`{}` is not known here", first.text));
            return Err(if self.root.link(&first.text).is_some() {
                mistake.help(format!("this rule looks at each {root}: write `{root}.{whole}`"))
            } else if let Some(near) = nearest(&first.text, [root, "options"]) {
                mistake.help(format!("did you mean `{near}`?"))
            } else {
                mistake.help(format!("this rule looks at each {root}: paths begin with `{root}`"))
            });
        }
        let mut kind = self.root;
        let mut links = SmallVec::new();
        for (at, name) in names.iter().enumerate().skip(1) {
            if let Some(link) = kind.link(&name.text) {
                links.push(link);
                kind = link.info().to;
            } else if let Some(field) = kind.field(&name.text) {
                if let Some(next) = names.get(at + 1) {
                    let message = format!("`{}` is a {} and has no fields", name.text, field.info().kind.name());
                    return Err(Mistake::new(next.span.clone(), message));
                }
                return Ok(Path::new(whole, links, End::Field(field)));
            } else {
                return Err(unknown_name(kind, name));
            }
        }
        Ok(Path::new(whole, links, End::Entity(kind)))
    }

    pub(super) fn typed(&self, ast: &Ast) -> Result<Typed, Mistake> {
        let span = ast.span.clone();
        let value = |value: Value| Typed {
            of: value.kind(),
            expr: Expr::Value(value),
            span: span.clone(),
        };
        match &ast.node {
            Node::Number(number) => Ok(value(Value::Number(*number))),
            Node::Text(text) => Ok(value(Value::Text(text.clone()))),
            Node::Bool(flag) => Ok(value(Value::Bool(*flag))),
            Node::Null => Err(Mistake::new(span, "null is no value")
                .help("only a link or field can be compared with null, by == or !=, to ask whether it is absent")),
            Node::List(_) => Err(Mistake::new(span, "a list can stand only after `in`")),
            Node::Path(names) => self.field(names, span),
            Node::Call { name, method, args } => self.call(name, *method, args, span),
            Node::Operator {
                operator,
                span: at,
                args,
            } => self.operator(*operator, at.clone(), args, span),
        }
    }

    fn field(&self, names: &[Name], span: Range<usize>) -> Result<Typed, Mistake> {
        if let [options, name] = names
            && options.text == "options"
        {
            let Some(at) = self.options.iter().position(|option| option.name == name.text) else {
                let mistake = Mistake::new(name.span.clone(), format!("the rule has no option `{}`", name.text));
                let near = nearest(&name.text, self.options.iter().map(|option| option.name.as_str()));
                return Err(match near {
                    Some(near) => mistake.help(format!("did you mean `{near}`?")),
                    None => mistake,
                });
            };
            return Ok(Typed {
                expr: Expr::Option(at),
                of: self.options[at].value.kind(),
                span,
            });
        }
        let text = names
            .iter()
            .map(|name| name.text.as_str())
            .collect::<Vec<_>>()
            .join(".");
        let path = self.path(names, &text)?;
        match path.end() {
            End::Field(field) => Ok(Typed {
                of: field.info().kind,
                expr: Expr::Path(path),
                span,
            }),
            End::Entity(kind) => Err(
                Mistake::new(span, format!("`{text}` is a {}, not a value", kind.name())).help(format!(
                    "name one of its fields, or ask whether it is there: `{text} != null`"
                )),
            ),
        }
    }

    fn operator(&self, name: Operator, at: Range<usize>, args: &[Ast], span: Range<usize>) -> Result<Typed, Mistake> {
        if let (Operator::Equal | Operator::NotEqual, [left, right]) = (name, args)
            && (matches!(left.node, Node::Null) || matches!(right.node, Node::Null))
        {
            return self.null(name == Operator::Equal, left, right, span);
        }
        if let (Operator::In, [item, list]) = (name, args) {
            return self.one_of(item, list, span);
        }
        let mut typed = Vec::with_capacity(3);
        for arg in args {
            typed.push(self.typed(arg)?);
        }
        let bool_of = |expr| {
            Ok(Typed {
                expr,
                of: Type::Bool,
                span: span.clone(),
            })
        };
        let mut operands = typed.into_iter();
        match (name, operands.next(), operands.next(), operands.next()) {
            (Operator::Not, Some(a), ..) => {
                expect(&a, Type::Bool)?;
                bool_of(Expr::Not(Box::new(a.expr)))
            }
            (Operator::Negate, Some(a), ..) => match a.expr {
                Expr::Value(Value::Number(number)) => Ok(Typed {
                    expr: Expr::Value(Value::Number(number.saturating_neg())),
                    of: Type::Number,
                    span,
                }),
                _ => Err(Mistake::new(at, "only a number can be negative")),
            },
            (Operator::And | Operator::Or, Some(a), Some(b), _) => {
                expect(&a, Type::Bool)?;
                expect(&b, Type::Bool)?;
                let (a, b) = (Box::new(a.expr), Box::new(b.expr));
                bool_of(if name == Operator::And {
                    Expr::And(a, b)
                } else {
                    Expr::Or(a, b)
                })
            }
            (Operator::Choose, Some(condition), Some(a), Some(b)) => {
                expect(&condition, Type::Bool)?;
                expect(&b, a.of)?;
                Ok(Typed {
                    of: a.of,
                    expr: Expr::Choose(Box::new(condition.expr), Box::new(a.expr), Box::new(b.expr)),
                    span,
                })
            }
            (Operator::Add | Operator::Subtract | Operator::Multiply, Some(a), Some(b), _) => {
                arithmetic(name, at, a, b, span)
            }
            (_, Some(a), Some(b), _) => {
                let Some(compare) = comparison(name) else {
                    return Err(Mistake::new(at, "this operator is not known in rules"));
                };
                let ordered = !matches!(compare, Compare::Equal | Compare::NotEqual);
                if a.of != b.of {
                    return Err(disagree(at, "compared with", &a, &b));
                }
                if ordered && matches!(a.of, Type::Bool | Type::Text) {
                    let message = format!("{} is neither more nor less than another", one(a.of.name()));
                    return Err(Mistake::new(at, message));
                }
                bool_of(Expr::Compare(compare, Box::new(a.expr), Box::new(b.expr)))
            }
            _ => Err(Mistake::new(at, "this operator is not known in rules")),
        }
    }

    fn null(&self, equal: bool, left: &Ast, right: &Ast, span: Range<usize>) -> Result<Typed, Mistake> {
        let side = if matches!(left.node, Node::Null) { right } else { left };
        let Node::Path(names) = &side.node else {
            return Err(Mistake::new(side.span.clone(), "only a link or field can be absent")
                .help("compare a path with null, not a value"));
        };
        if names.first().is_some_and(|name| name.text == "options") {
            return Err(Mistake::new(side.span.clone(), "an option always has a value"));
        }
        let text = names
            .iter()
            .map(|name| name.text.as_str())
            .collect::<Vec<_>>()
            .join(".");
        let absent = Expr::IsAbsent(self.path(names, &text)?);
        let expr = if equal { absent } else { Expr::Not(Box::new(absent)) };
        Ok(Typed {
            expr,
            of: Type::Bool,
            span,
        })
    }

    fn one_of(&self, item: &Ast, list: &Ast, span: Range<usize>) -> Result<Typed, Mistake> {
        let item = self.typed(item)?;
        let Node::List(items) = &list.node else {
            return Err(Mistake::new(list.span.clone(), "`in` needs a list: `x in ['a', 'b']`"));
        };
        let mut values = Vec::with_capacity(items.len());
        for other in items {
            let other = self.typed(other)?;
            expect(&other, item.of)?;
            values.push(other.expr);
        }
        Ok(Typed {
            expr: Expr::In(Box::new(item.expr), values),
            of: Type::Bool,
            span,
        })
    }
}

fn unknown_name(kind: Kind, name: &Name) -> Mistake {
    let known = || {
        kind.links()
            .iter()
            .map(|link| link.name)
            .chain(kind.fields().iter().map(|field| field.name))
    };
    let mistake = Mistake::new(
        name.span.clone(),
        format!("{} has no `{}`", one(kind.name()), name.text),
    );
    match nearest(&name.text, known()) {
        Some(near) => mistake.help(format!("did you mean `{near}`?")),
        None => mistake.help(format!("it has {}", known().collect::<Vec<_>>().join(", "))),
    }
}

pub(super) fn expect(typed: &Typed, wanted: Type) -> Result<(), Mistake> {
    if typed.of == wanted {
        return Ok(());
    }
    let message = format!("this is a {}, and a {} is needed here", typed.of.name(), wanted.name());
    let mistake = Mistake::new(typed.span.clone(), message);
    Err(match hint(wanted, typed.of) {
        Some(help) => mistake.help(help),
        None => mistake,
    })
}

pub(super) fn disagree(at: Range<usize>, how: &str, a: &Typed, b: &Typed) -> Mistake {
    let mistake = Mistake::new(at, format!("{} cannot be {how} {}", one(a.of.name()), one(b.of.name())));
    match hint(a.of, b.of).or_else(|| hint(b.of, a.of)) {
        Some(help) => mistake.help(help),
        None => mistake,
    }
}

fn hint(wanted: Type, found: Type) -> Option<String> {
    match (wanted, found) {
        (Type::Duration, Type::Number | Type::Text) | (Type::Size, Type::Number | Type::Text) => Some(format!(
            "write a {} with its unit, for example {}",
            wanted.name(),
            literal::example(wanted)
        )),
        (Type::Text, _) => Some("text(value) makes any value a text".to_owned()),
        _ => None,
    }
}

fn comparison(name: Operator) -> Option<Compare> {
    Some(match name {
        Operator::Equal => Compare::Equal,
        Operator::NotEqual => Compare::NotEqual,
        Operator::Less => Compare::Less,
        Operator::LessEqual => Compare::LessEqual,
        Operator::Greater => Compare::Greater,
        Operator::GreaterEqual => Compare::GreaterEqual,
        _ => return None,
    })
}

fn arithmetic(name: Operator, at: Range<usize>, a: Typed, b: Typed, span: Range<usize>) -> Result<Typed, Mistake> {
    use Type::{Duration, Number, Size, Text};
    let (operation, of) = match (name, a.of, b.of) {
        (Operator::Add, Duration | Size | Number | Text, other) if a.of == other => (Arithmetic::Add, a.of),
        (Operator::Subtract, Duration | Size | Number, other) if a.of == other => (Arithmetic::Subtract, a.of),
        (Operator::Multiply, Duration | Size | Number, Number) => (Arithmetic::Multiply, a.of),
        (Operator::Multiply, Number, Duration | Size) => {
            let of = b.of;
            let expr = Expr::Arithmetic(Arithmetic::Multiply, Box::new(b.expr), Box::new(a.expr));
            return Ok(Typed { expr, of, span });
        }
        (Operator::Add, ..) => return Err(disagree(at, "added to", &a, &b)),
        (Operator::Subtract, ..) => return Err(disagree(at, "reduced by", &a, &b)),
        _ => return Err(disagree(at, "multiplied by", &a, &b)),
    };
    Ok(Typed {
        expr: Expr::Arithmetic(operation, Box::new(a.expr), Box::new(b.expr)),
        of,
        span,
    })
}

/// A name with its article.
fn one(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {name}")
}
