//! The `cel` crate as the judge of our parser.

use super::{Ast, Node, Operator, parse};
use cel::common::ast::{Expr, IdedExpr, LiteralValue};

/// An operator with its operands. CEL balances chains of `&&` and `||`, which changes nothing: they are shown flat.
fn joined(name: &str, args: &str) -> String {
    let nested = format!("({name} ");
    let flat = matches!(name, "_&&_" | "_||_").then(|| flatten(args, &nested));
    format!("({name} {})", flat.as_deref().unwrap_or(args))
}

/// Takes the parentheses from operands that begin with `nested`.
fn flatten(args: &str, nested: &str) -> String {
    let mut flat = String::new();
    let mut open = Vec::new();
    let mut at = 0;
    while let Some(c) = args[at..].chars().next() {
        if args[at..].starts_with(nested) && open.iter().all(|kept| !kept) {
            open.push(false);
            at += nested.len();
            continue;
        }
        match c {
            '(' => open.push(true),
            ')' if open.pop() == Some(false) => {
                at += 1;
                continue;
            }
            _ => {}
        }
        flat.push(c);
        at += c.len_utf8();
    }
    flat
}

/// Ours in a form that shows only how it nests.
fn ours(ast: &Ast) -> String {
    let all = |asts: &[Ast]| asts.iter().map(ours).collect::<Vec<_>>().join(" ");
    match &ast.node {
        Node::Path(names) => names
            .iter()
            .map(|name| name.text.as_str())
            .collect::<Vec<_>>()
            .join("."),
        Node::Number(number) => number.to_string(),
        Node::Text(text) => format!("'{text}'"),
        Node::Bool(flag) => flag.to_string(),
        Node::Null => "null".to_owned(),
        Node::List(items) => format!("[{}]", all(items)),
        Node::Call { name, args, .. } => format!("({} {})", name.text, all(args)),
        Node::Operator { operator, args, .. } => {
            let name = match operator {
                Operator::Choose => "_?_:_",
                Operator::Not => "!_",
                Operator::Negate => "-_",
                Operator::In => "@in",
                other => {
                    let token = Operator::BINARY.iter().find(|(_, found, _)| found == other);
                    return joined(&format!("_{}_", token.map_or("", |(token, ..)| token)), &all(args));
                }
            };
            format!("({name} {})", all(args))
        }
    }
}

/// The same of the `cel` crate's.
fn theirs(tree: &IdedExpr) -> String {
    let all = |trees: &[IdedExpr]| trees.iter().map(theirs).collect::<Vec<_>>().join(" ");
    match &tree.expr {
        Expr::Ident(name) => name.clone(),
        Expr::Select(select) => format!("{}.{}", theirs(&select.operand), select.field),
        Expr::List(list) => format!("[{}]", all(&list.elements)),
        Expr::Literal(LiteralValue::Boolean(flag)) => flag.inner().to_string(),
        Expr::Literal(LiteralValue::Int(number)) => number.inner().to_string(),
        Expr::Literal(LiteralValue::String(text)) => format!("'{}'", text.inner()),
        Expr::Literal(LiteralValue::Null) => "null".to_owned(),
        Expr::Call(call) => {
            let target = call
                .target
                .iter()
                .map(|target| theirs(target) + " ")
                .collect::<String>();
            joined(&call.func_name, &format!("{target}{}", all(&call.args)))
        }
        other => format!("{other:?}"),
    }
}

fn agree(text: &str) {
    let own = parse(text).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"));
    let cel = cel::parser::Parser::new()
        .parse(text)
        .unwrap_or_else(|errors| panic!("{text}: {errors}"));
    assert_eq!(ours(&own), theirs(&cel), "{text}");
}

#[test]
fn nests_as_cel_does() {
    for text in [
        "a.b.c",
        "a && b || c && !d",
        "a && b && c && d && (e || f || g || h) && i",
        "a || b && c",
        "a == b && c != d",
        "a + b * c - d",
        "(a + b) * c",
        "a < b + c",
        "!a.b == c",
        "!(a && b)",
        "a ? b : c ? d : e",
        "a ? (b ? c : d) : e",
        "a == b ? c + d : e",
        "x in ['a', 'b'] && y",
        "!(x in [1, 2])",
        "max(a, b) * 2 >= c",
        "a.b.contains('x') || f(a, g(b))",
        "a == null",
        r#"'it\'s' + "a \"b\"""#,
        "a - b - c",
        "inner.index >= 1",
        " a\n && b ",
    ] {
        agree(text);
    }
}

#[test]
fn nests_the_embedded_rules_as_cel_does() {
    let rules = crate::rule::RuleSet::embedded().expect("the embedded rules load");
    for rule in rules.rules() {
        rule.when_text
            .iter()
            .chain([&rule.require_text])
            .for_each(|text| agree(text));
    }
}

#[test]
fn deep_nesting_is_a_mistake_and_no_crash() {
    for open in ["(", "!", "-", "[", "f(", "a ? b : ", "!(", "a && ", "a.f().", "1 + "] {
        assert!(parse(&open.repeat(100_000)).is_err());
    }
}
