//! The syntax of expressions: that part of CEL which rules may use, with exact byte spans. Types and evaluation are
//! elsewhere.
//!
//! The `cel` crate was the parser here at first. It takes 25 to 150 µs for an expression, so tens of rules took several
//! milliseconds of every run; this takes about one. A test holds the two together: what is accepted here, CEL accepts,
//! and nests in the same way.

use std::ops::Range;
use std::sync::Arc;

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
    /// `f(a)`; `a.f(b)` is a `method` with `a` as its first argument.
    Call {
        name: Name,
        method: bool,
        args: Vec<Ast>,
    },
    /// An operator and where it stands.
    Operator {
        operator: Operator,
        span: Range<usize>,
        args: Vec<Ast>,
    },
}

/// The operators rules may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Choose,
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Not,
    Negate,
}

impl Operator {
    /// Binary operators with their binding strength; those of equal strength group to the left.
    const BINARY: [(&'static str, Operator, u8); 12] = [
        ("||", Operator::Or, 1),
        ("&&", Operator::And, 2),
        ("==", Operator::Equal, 3),
        ("!=", Operator::NotEqual, 3),
        ("<=", Operator::LessEqual, 3),
        (">=", Operator::GreaterEqual, 3),
        ("<", Operator::Less, 3),
        (">", Operator::Greater, 3),
        ("in", Operator::In, 3),
        ("+", Operator::Add, 4),
        ("-", Operator::Subtract, 4),
        ("*", Operator::Multiply, 5),
    ];
}

/// How deep parentheses and prefixes may nest.
const DEPTH: usize = 64;

/// How many operators and calls an expression may have: chains of them nest, too, and must not exhaust the stack.
const LENGTH: usize = 200;

/// Parses an expression.
pub(super) fn parse(text: &str) -> Result<Ast, Mistake> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        length: 0,
    };
    let ast = parser.expression()?;
    match parser.rest().chars().next() {
        None => Ok(ast),
        Some('=') => Err(parser.wrong("`=` is no operator").help("write `==` to compare")),
        Some('&' | '|') => Err(parser
            .wrong("a single `&` or `|` is no operator")
            .help("write `&&` or `||`")),
        Some('/' | '%') => Err(parser
            .wrong("rules do not divide")
            .help("multiply the other side instead")),
        Some(_) => Err(parser.wrong("the expression should have ended here")),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    length: usize,
}

impl<'t> Parser<'t> {
    /// What is left, from the next token on.
    fn rest(&mut self) -> &'t str {
        let text = self.text;
        let rest = text.get(self.at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    /// A mistake at the next character.
    fn wrong(&mut self, message: &str) -> Mistake {
        let length = self.rest().chars().next().map_or(0, char::len_utf8);
        Mistake::new(self.at..self.at + length, message)
    }

    fn takes(&mut self, token: &str) -> Option<Range<usize>> {
        let rest = self.rest();
        if !rest.starts_with(token) {
            return None;
        }
        // `in` is a word, `<` must not be half of `<=`.
        let next = rest.get(token.len()..).and_then(|rest| rest.chars().next());
        let is_part = match token {
            "in" => next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_'),
            "!" | "<" | ">" => next == Some('='),
            _ => false,
        };
        if is_part {
            return None;
        }
        let span = self.at..self.at + token.len();
        self.at = span.end;
        Some(span)
    }

    fn expect(&mut self, token: &str) -> Result<Range<usize>, Mistake> {
        match self.takes(token) {
            Some(span) => Ok(span),
            None => Err(self.wrong(&format!("`{token}` is missing"))),
        }
    }

    /// Counts one more operator or call.
    fn longer(&mut self) -> Result<(), Mistake> {
        self.length += 1;
        if self.length > LENGTH {
            return Err(self.wrong("the expression is too long"));
        }
        Ok(())
    }

    /// Counts one more level of nesting; the caller counts it off again.
    fn deeper(&mut self) -> Result<(), Mistake> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.wrong("the expression nests too deep"));
        }
        Ok(())
    }

    fn expression(&mut self) -> Result<Ast, Mistake> {
        self.deeper()?;
        let condition = self.binary(1)?;
        let chosen = match self.takes("?") {
            Some(span) => {
                let yes = self.binary(1)?;
                self.expect(":")?;
                let no = self.expression()?;
                operator(Operator::Choose, span, vec![condition, yes, no])
            }
            None => condition,
        };
        self.depth -= 1;
        Ok(chosen)
    }

    fn binary(&mut self, weakest: u8) -> Result<Ast, Mistake> {
        let mut left = self.unary()?;
        loop {
            let next = Operator::BINARY
                .iter()
                .filter(|(.., strength)| *strength >= weakest)
                .find_map(|(token, operator, strength)| Some((self.takes(token)?, *operator, *strength)));
            let Some((span, found, strength)) = next else {
                return Ok(left);
            };
            self.longer()?;
            let right = self.binary(strength + 1)?;
            left = operator(found, span, vec![left, right]);
        }
    }

    fn unary(&mut self) -> Result<Ast, Mistake> {
        for (token, found) in [("!", Operator::Not), ("-", Operator::Negate)] {
            if let Some(span) = self.takes(token) {
                self.deeper()?;
                let operand = self.unary()?;
                self.depth -= 1;
                return Ok(operator(found, span, vec![operand]));
            }
        }
        let mut left = self.primary()?;
        while self.takes(".").is_some() {
            let name = self.name()?;
            if self.takes("(").is_some() {
                self.longer()?;
                let (args, end) = self.items(")", vec![left])?;
                left = call(name, true, args, end);
            } else if let Node::Path(names) = &mut left.node {
                left.span.end = name.span.end;
                names.push(name);
            } else {
                return Err(Mistake::new(name.span, "only links have fields"));
            }
        }
        Ok(left)
    }

    fn primary(&mut self) -> Result<Ast, Mistake> {
        let rest = self.rest();
        let start = self.at;
        match rest.chars().next() {
            None => {
                let last = self.text.get(..start).and_then(|head| head.chars().next_back());
                let from = start - last.map_or(0, char::len_utf8);
                Err(Mistake::new(from..start, "the expression is not complete"))
            }
            Some('(') => {
                self.at += 1;
                let inner = self.expression()?;
                let end = self.expect(")")?.end;
                Ok(Ast {
                    node: inner.node,
                    span: start..end,
                })
            }
            Some('[') => {
                self.at += 1;
                let (items, end) = self.items("]", Vec::new())?;
                Ok(Ast {
                    node: Node::List(items),
                    span: start..end,
                })
            }
            Some(quote @ ('\'' | '"')) => self.text_literal(quote),
            Some(c) if c.is_ascii_digit() => self.number(),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let name = self.name()?;
                if self.takes("(").is_some() {
                    let (args, end) = self.items(")", Vec::new())?;
                    return Ok(call(name, false, args, end));
                }
                let node = match name.text.as_str() {
                    "true" => Node::Bool(true),
                    "false" => Node::Bool(false),
                    "null" => Node::Null,
                    _ => Node::Path(vec![name.clone()]),
                };
                Ok(Ast { node, span: name.span })
            }
            Some(_) => Err(self.wrong("a value should stand here")),
        }
    }

    fn name(&mut self) -> Result<Name, Mistake> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        if length == 0 || rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.wrong("a name should stand here"));
        }
        let span = self.at..self.at + length;
        self.at = span.end;
        Ok(Name {
            text: rest[..length].to_owned(),
            span,
        })
    }

    /// Expressions with commas between them, up to what closes them.
    fn items(&mut self, close: &str, mut items: Vec<Ast>) -> Result<(Vec<Ast>, usize), Mistake> {
        if let Some(end) = self.takes(close) {
            return Ok((items, end.end));
        }
        loop {
            items.push(self.expression()?);
            if self.takes(",").is_none() {
                return Ok((items, self.expect(close)?.end));
            }
        }
    }

    fn number(&mut self) -> Result<Ast, Mistake> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '.')
            .unwrap_or(rest.len());
        let span = self.at..self.at + length;
        self.at = span.end;
        match rest[..length].parse() {
            Ok(number) => Ok(Ast {
                node: Node::Number(number),
                span,
            }),
            Err(_) => Err(
                Mistake::new(span, format!("`{}` is not a whole number", &rest[..length]))
                    .help("amounts have units: duration('1500ms'), size('16k')"),
            ),
        }
    }

    fn text_literal(&mut self, quote: char) -> Result<Ast, Mistake> {
        let rest = self.rest();
        let mut text = String::new();
        let mut chars = rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == quote {
                let span = self.at..self.at + at + 1;
                self.at = span.end;
                return Ok(Ast {
                    node: Node::Text(Arc::from(text)),
                    span,
                });
            }
            match (c, c == '\\') {
                (_, true) => match chars.next() {
                    Some((_, escaped @ ('\\' | '\'' | '"'))) => text.push(escaped),
                    _ => {
                        let place = self.at + at..self.at + at + 1;
                        return Err(Mistake::new(
                            place,
                            "only a quote or a backslash can stand after a backslash",
                        ));
                    }
                },
                (c, _) => text.push(c),
            }
        }
        Err(Mistake::new(self.at..self.at + 1, "the quote is never closed"))
    }
}

fn operator(operator: Operator, span: Range<usize>, args: Vec<Ast>) -> Ast {
    let start = args.iter().map(|arg| arg.span.start).fold(span.start, usize::min);
    let end = args.iter().map(|arg| arg.span.end).fold(span.end, usize::max);
    Ast {
        node: Node::Operator { operator, span, args },
        span: start..end,
    }
}

fn call(name: Name, method: bool, args: Vec<Ast>, end: usize) -> Ast {
    let start = args
        .first()
        .filter(|_| method)
        .map_or(name.span.start, |target| target.span.start);
    Ast {
        node: Node::Call { name, method, args },
        span: start..end,
    }
}

#[cfg(test)]
mod tests;
