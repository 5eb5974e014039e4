//! The only place that knows the `cel` crate: it parses, we keep our own small tree. Types and evaluation are ours.

use std::ops::Range;
use std::sync::Arc;

use cel::common::ast::{Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::parser::Parser;

use super::error::Mistake;

/// A name and where it stands in the expression.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) span: Range<usize>,
}

/// An expression as written, untyped.
#[derive(Clone, Debug)]
pub(super) struct Ast {
    pub(super) node: Node,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    /// `hop.route.read_timeout`
    Path(Vec<Name>),
    Number(i64),
    Text(Arc<str>),
    Bool(bool),
    Null,
    /// `['a', 'b']`
    List(Vec<Ast>),
    /// `f(a)`; `a.f(b)` has `a` as its first argument and is `method`.
    Call {
        name: Name,
        method: bool,
        args: Vec<Ast>,
    },
    /// An operator by CEL's own spelling of it, such as `_&&_`.
    Operator {
        name: String,
        span: Range<usize>,
        args: Vec<Ast>,
    },
}

/// Parses an expression.
pub(super) fn parse(text: &str) -> Result<Ast, Mistake> {
    if let Some(path) = plain_path(text) {
        return Ok(path);
    }
    // The parser's own limit on nesting counts tree levels; ours keeps absurd input away from it.
    if text.len() > 4000 {
        return Err(Mistake::new(0..text.len(), "the expression is too long"));
    }
    match Parser::new().max_recursion_depth(40).parse_with_source_info(text) {
        Ok((tree, places)) => Reader::new(text, &places).read(&tree),
        Err(errors) => Err(match errors.errors.first() {
            Some(error) => {
                let at = byte_of(text, error.pos.0, error.pos.1);
                Mistake::new(
                    at..text.len().min(at + 1).max(at),
                    format!("not an expression: {}", error.msg),
                )
            }
            None => Mistake::new(0..text.len(), "not an expression"),
        }),
    }
}

/// Most expressions are a dotted path; reading one takes a thousandth of what the full parser takes.
fn plain_path(text: &str) -> Option<Ast> {
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    if matches!(text, "true" | "false" | "null" | "in") || !text.split('.').all(is_name) {
        return None;
    }
    let mut at = 0;
    let names = text
        .split('.')
        .map(|part| {
            let span = at..at + part.len();
            at = span.end + 1;
            let text = part.to_owned();
            Name { text, span }
        })
        .collect();
    let span = 0..text.len();
    Some(Ast {
        node: Node::Path(names),
        span,
    })
}

/// The byte of a line and column that count from 1, in characters.
fn byte_of(text: &str, line: isize, column: isize) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

struct Reader<'t> {
    text: &'t str,
    places: &'t SourceInfo,
    /// The byte of each character: the parser counts characters.
    bytes: Vec<usize>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, places: &'t SourceInfo) -> Self {
        let bytes = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Reader { text, places, bytes }
    }

    /// The bytes of the token a node was made from: an operator, a dot, an opening parenthesis.
    fn token(&self, id: u64) -> Range<usize> {
        let byte = |at: u32| self.bytes.get(at as usize).copied().unwrap_or(self.text.len());
        match self.places.offset_for(id) {
            Some((start, last)) => byte(start)..byte(last.saturating_add(1)),
            None => 0..self.text.len(),
        }
    }

    fn read(&self, tree: &IdedExpr) -> Result<Ast, Mistake> {
        let token = self.token(tree.id);
        let leaf = |node| {
            Ok(Ast {
                node,
                span: token.clone(),
            })
        };
        match &tree.expr {
            Expr::Ident(name) => leaf(Node::Path(vec![Name {
                text: name.clone(),
                span: token.clone(),
            }])),
            Expr::Literal(LiteralValue::Boolean(value)) => leaf(Node::Bool(*value.inner())),
            Expr::Literal(LiteralValue::Int(value)) => leaf(Node::Number(*value.inner())),
            Expr::Literal(LiteralValue::String(value)) => leaf(Node::Text(Arc::from(value.inner()))),
            Expr::Literal(LiteralValue::Null) => leaf(Node::Null),
            Expr::Literal(LiteralValue::Double(_)) => {
                Err(Mistake::new(token, "numbers are whole").help("write a fraction of a second as duration('500ms')"))
            }
            Expr::Literal(LiteralValue::Bytes(_) | LiteralValue::UInt(_)) => {
                Err(Mistake::new(token, "this literal has no use in rules"))
            }
            Expr::Select(select) if select.test => {
                Err(Mistake::new(token, "`has` is not known in rules").help("compare with null: `hop.service != null`"))
            }
            Expr::Select(select) => self.select(token, &select.operand, &select.field),
            Expr::List(list) => {
                let items = self.all(&list.elements)?;
                let end = items.last().map_or(token.end, |item| item.span.end + 1);
                Ok(Ast {
                    node: Node::List(items),
                    span: token.start..end,
                })
            }
            Expr::Call(call) => self.call(token, call),
            Expr::Comprehension(_) => Err(Mistake::new(token, "loops are not known in rules")
                .help("a rule looks at one entity; what needs a loop is a field of the model")),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err(Mistake::new(token, "this has no meaning in rules"))
            }
        }
    }

    fn all(&self, trees: &[IdedExpr]) -> Result<Vec<Ast>, Mistake> {
        trees.iter().map(|tree| self.read(tree)).collect()
    }

    fn select(&self, dot: Range<usize>, operand: &IdedExpr, field: &str) -> Result<Ast, Mistake> {
        let operand = self.read(operand)?;
        let Node::Path(mut names) = operand.node else {
            return Err(Mistake::new(dot, "only links and fields of the model have fields"));
        };
        let after = self.text.get(dot.end..).unwrap_or_default();
        let start = dot.end + (after.len() - after.trim_start().len());
        let span = start..start + field.len();
        names.push(Name {
            text: field.to_owned(),
            span: span.clone(),
        });
        Ok(Ast {
            node: Node::Path(names),
            span: operand.span.start..span.end,
        })
    }

    fn call(&self, token: Range<usize>, call: &cel::common::ast::CallExpr) -> Result<Ast, Mistake> {
        let mut args = Vec::with_capacity(call.args.len() + 1);
        if let Some(target) = &call.target {
            args.push(self.read(target)?);
        }
        args.extend(self.all(&call.args)?);
        let start = args.iter().map(|arg| arg.span.start).min().unwrap_or(token.start);
        let end = args.iter().map(|arg| arg.span.end).max().unwrap_or(token.end);
        let name = call.func_name.clone();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let node = Node::Operator {
                name,
                span: token.clone(),
                args,
            };
            return Ok(Ast {
                node,
                span: start.min(token.start)..end.max(token.end),
            });
        }
        // The token of a call is its parenthesis; the name stands before it.
        let head = self.text.get(..token.start).unwrap_or_default().trim_end();
        let name_start = if head.ends_with(&name) {
            head.len() - name.len()
        } else {
            token.start
        };
        let span = name_start..name_start + name.len();
        let close = self
            .text
            .get(end..)
            .and_then(|rest| rest.find(')'))
            .map_or(end, |at| end + at + 1);
        Ok(Ast {
            span: start.min(name_start)..close,
            node: Node::Call {
                name: Name { text: name, span },
                method: call.target.is_some(),
                args,
            },
        })
    }
}

/// CEL's spellings of the operators rules may use.
pub(super) mod operator {
    use super::operators;

    pub(in crate::rule) const AND: &str = operators::LOGICAL_AND;
    pub(in crate::rule) const OR: &str = operators::LOGICAL_OR;
    pub(in crate::rule) const NOT: &str = operators::LOGICAL_NOT;
    pub(in crate::rule) const CHOOSE: &str = operators::CONDITIONAL;
    pub(in crate::rule) const ADD: &str = operators::ADD;
    pub(in crate::rule) const SUBTRACT: &str = operators::SUBSTRACT;
    pub(in crate::rule) const MULTIPLY: &str = operators::MULTIPLY;
    pub(in crate::rule) const EQUAL: &str = operators::EQUALS;
    pub(in crate::rule) const NOT_EQUAL: &str = operators::NOT_EQUALS;
    pub(in crate::rule) const LESS: &str = operators::LESS;
    pub(in crate::rule) const LESS_EQUAL: &str = operators::LESS_EQUALS;
    pub(in crate::rule) const GREATER: &str = operators::GREATER;
    pub(in crate::rule) const GREATER_EQUAL: &str = operators::GREATER_EQUALS;
    pub(in crate::rule) const NEGATE: &str = operators::NEGATE;
    pub(in crate::rule) const IN: &str = operators::IN;
}
