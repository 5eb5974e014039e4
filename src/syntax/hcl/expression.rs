//! Expressions of HCL, read on demand. The only place that knows `hcl-edit`, which keeps the bytes each part stands at and
//! itself bounds how deep expressions nest.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{BinaryOperator, Expression as Parsed, ObjectKey, Traversal, TraversalOperator, UnaryOperator};
use hcl_edit::template::{Element, Template};

use crate::repo::Span;

/// A longer expression is not read: a policy document or a script, never a number or a time.
const LONGEST: usize = 256 * 1024;

/// An expression and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// The forms of expressions, as far as they can be worked out without a plan.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string or heredoc without templates.
    Text(String),
    /// A string or heredoc, whose parts are put together.
    Template(Vec<Expression>),
    /// `[…]`
    List(Vec<Expression>),
    /// `{…}`, keys first. A bare key is text.
    Object(Vec<(Expression, Expression)>),
    /// A name alone: `var`, `local`, `each`, a type of resources.
    Variable(String),
    /// `of.name`
    Attribute(Box<Expression>, String),
    /// `of[key]`
    Index(Box<Expression>, Box<Expression>),
    /// `condition ? yes : no`
    Conditional(Box<[Expression; 3]>),
    /// `name(arguments)`
    Call(String, Vec<Expression>),
    /// `!of`
    Not(Box<Expression>),
    /// `-of`
    Minus(Box<Expression>),
    /// `left operator right`
    Binary(Operator, Box<[Expression; 2]>),
    /// `{for key, value in of : …}` or `[for …]`
    For(Box<For>),
    /// What is not worked out here, by its name.
    Other(&'static str),
}

/// A loop that makes a list or a map.
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    /// The name of the key, where it has one.
    pub key_name: Option<String>,
    /// The name of the value.
    pub value_name: String,
    /// What is walked.
    pub collection: Expression,
    /// The key of each entry; a list has none.
    pub key: Option<Expression>,
    /// The value of each entry.
    pub value: Expression,
    /// Which entries stay.
    pub condition: Option<Expression>,
    /// Whether values of one key are gathered in lists.
    pub grouping: bool,
}

/// An operator with two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Reads the expression at `span`, whose text is `text`.
///
/// # Errors
/// When it is none, or too long or too deep: the reason, as a clause.
pub fn parse(text: &str, span: Span) -> Result<Expression, String> {
    if text.len() > LONGEST {
        return Err("the expression is too long to be read".to_owned());
    }
    let parsed = hcl_edit::parser::parse_expr(text);
    match parsed {
        Ok(parsed) => Ok(Reader { within: span }.expression(&parsed, 0..text.len())),
        Err(error) => Err(format!("the expression cannot be read ({})", error.message())),
    }
}

struct Reader {
    within: Span,
}

impl Reader {
    fn span(&self, range: Range<usize>) -> Span {
        let at = |offset: usize| self.within.start.saturating_add(offset as u32).min(self.within.end);
        Span::new(self.within.source, at(range.start), at(range.end))
    }

    /// An expression; `around` is where it stands if it does not say so itself.
    fn expression(&self, parsed: &Parsed, around: Range<usize>) -> Expression {
        let range = parsed.span().unwrap_or(around);
        let part = |parsed: &Parsed| self.expression(parsed, range.clone());
        let boxed = |parsed: &Parsed| Box::new(part(parsed));
        let kind = match parsed {
            Parsed::Null(_) => ExpressionKind::Null,
            Parsed::Bool(value) => ExpressionKind::Bool(*value.value()),
            Parsed::Number(value) => value
                .value()
                .as_f64()
                .map_or(ExpressionKind::Other("a number"), ExpressionKind::Number),
            Parsed::String(value) => ExpressionKind::Text(value.value().clone()),
            Parsed::Array(items) => ExpressionKind::List(items.iter().map(part).collect()),
            Parsed::Object(object) => {
                let entries = object.iter().map(|(key, value)| {
                    let key = match key {
                        ObjectKey::Ident(name) => Expression {
                            kind: ExpressionKind::Text(name.to_string()),
                            span: self.span(name.span().unwrap_or(range.clone())),
                        },
                        ObjectKey::Expression(key) => self.key(key, range.clone()),
                    };
                    (key, part(value.expr()))
                });
                ExpressionKind::Object(entries.collect())
            }
            Parsed::StringTemplate(template) => self.template(template, &range),
            Parsed::HeredocTemplate(heredoc) => {
                // An indented heredoc loses the indentation that all its lines share.
                let mut heredoc = (**heredoc).clone();
                heredoc.dedent();
                self.template(&heredoc.template, &range)
            }
            // What is in parentheses means itself, and stands within them.
            Parsed::Parenthesis(inner) => return part(inner.inner()),
            Parsed::Variable(name) => ExpressionKind::Variable(name.to_string()),
            Parsed::Conditional(of) => ExpressionKind::Conditional(Box::new([
                part(&of.cond_expr),
                part(&of.true_expr),
                part(&of.false_expr),
            ])),
            Parsed::FuncCall(call) if call.name.is_namespaced() || call.args.expand_final() => {
                ExpressionKind::Other("a function of a provider, or one with `...`")
            }
            Parsed::FuncCall(call) => {
                ExpressionKind::Call(call.name.name.to_string(), call.args.iter().map(part).collect())
            }
            Parsed::Traversal(traversal) => return self.traversal(traversal, &range),
            Parsed::UnaryOp(of) => match of.operator.value() {
                UnaryOperator::Not => ExpressionKind::Not(boxed(&of.expr)),
                UnaryOperator::Neg => ExpressionKind::Minus(boxed(&of.expr)),
            },
            Parsed::BinaryOp(of) => {
                let sides = Box::new([part(&of.lhs_expr), part(&of.rhs_expr)]);
                ExpressionKind::Binary(operator(*of.operator.value()), sides)
            }
            Parsed::ForExpr(of) => ExpressionKind::For(Box::new(For {
                key_name: of.intro.key_var.as_ref().map(|name| name.to_string()),
                value_name: of.intro.value_var.to_string(),
                collection: part(&of.intro.collection_expr),
                key: of.key_expr.as_ref().map(part),
                value: part(&of.value_expr),
                condition: of.cond.as_ref().map(|condition| part(&condition.expr)),
                grouping: of.grouping,
            })),
        };
        Expression {
            kind,
            span: self.span(range),
        }
    }

    /// A key of an object: a bare name is text, also where the parser takes it for a variable.
    fn key(&self, key: &Parsed, around: Range<usize>) -> Expression {
        match key {
            Parsed::Variable(name) => Expression {
                kind: ExpressionKind::Text(name.to_string()),
                span: self.span(name.span().unwrap_or(around)),
            },
            key => self.expression(key, around),
        }
    }

    fn template(&self, template: &Template, around: &Range<usize>) -> ExpressionKind {
        let mut parts = Vec::new();
        for element in template {
            match element {
                Element::Literal(text) => parts.push(Expression {
                    kind: ExpressionKind::Text(text.value().clone()),
                    span: self.span(text.span().unwrap_or(around.clone())),
                }),
                Element::Interpolation(inner) => parts.push(self.expression(&inner.expr, around.clone())),
                Element::Directive(_) => return ExpressionKind::Other("a template with a condition or a loop"),
            }
        }
        match parts.as_slice() {
            [] => ExpressionKind::Text(String::new()),
            [
                Expression {
                    kind: ExpressionKind::Text(text),
                    ..
                },
            ] => ExpressionKind::Text(text.clone()),
            _ => ExpressionKind::Template(parts),
        }
    }

    fn traversal(&self, traversal: &Traversal, around: &Range<usize>) -> Expression {
        let whole = self.span(around.clone());
        let mut found = self.expression(&traversal.expr, around.clone());
        for operator in &traversal.operators {
            let kind = match operator.value() {
                TraversalOperator::GetAttr(name) => ExpressionKind::Attribute(Box::new(found), name.to_string()),
                TraversalOperator::Index(key) => {
                    let key = self.expression(key, around.clone());
                    ExpressionKind::Index(Box::new(found), Box::new(key))
                }
                TraversalOperator::LegacyIndex(at) => {
                    let key = Expression {
                        kind: ExpressionKind::Number(*at.value() as f64),
                        span: whole,
                    };
                    ExpressionKind::Index(Box::new(found), Box::new(key))
                }
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                    ExpressionKind::Other("a splat expression")
                }
            };
            found = Expression { kind, span: whole };
        }
        found
    }
}

fn operator(operator: BinaryOperator) -> Operator {
    match operator {
        BinaryOperator::Eq => Operator::Equal,
        BinaryOperator::NotEq => Operator::NotEqual,
        BinaryOperator::LessEq => Operator::LessOrEqual,
        BinaryOperator::GreaterEq => Operator::GreaterOrEqual,
        BinaryOperator::Less => Operator::Less,
        BinaryOperator::Greater => Operator::Greater,
        BinaryOperator::Plus => Operator::Add,
        BinaryOperator::Minus => Operator::Subtract,
        BinaryOperator::Mul => Operator::Multiply,
        BinaryOperator::Div => Operator::Divide,
        BinaryOperator::Mod => Operator::Remainder,
        BinaryOperator::And => Operator::And,
        BinaryOperator::Or => Operator::Or,
    }
}
