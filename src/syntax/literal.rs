//! What a JavaScript module exports as data: `module.exports = { apps: [{ … }] }`, `export default defineConfig({ … })`.

use std::sync::Arc;

use super::assign::arithmetic;
use super::assign::javascript::{Kind, Token, is_closed, tokens};
use super::tree::{Shape, Style, Tree, TreeBuilder, Word};
use crate::repo::SourceId;

/// No configuration goes deeper.
const DEEPEST: usize = 16;

/// The object or list that a module exports, as a tree of maps and lists. What is not a literal is a hole. `None` where
/// it exports none.
pub fn javascript_data(source: SourceId, text: Arc<str>) -> Option<Tree> {
    let (tokens, _) = tokens(&text);
    let reader = Reader {
        text: &text,
        tokens: &tokens,
    };
    let start = reader.exported()?;
    let mut builder = TreeBuilder::new(source, text.clone(), Vec::new(), Shape::Map);
    reader.value(None, start, 0, &mut builder);
    Some(builder.finish())
}

struct Reader<'t> {
    text: &'t str,
    tokens: &'t [Token],
}

impl Reader<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens
            .get(at)
            .map_or("", |token| &self.text[token.start..token.end])
    }

    /// Where the exported object or list starts, also as the argument of a function: `defineConfig({`.
    fn exported(&self) -> Option<usize> {
        let starts =
            (0..self.tokens.len()).find_map(|at| match (self.text(at), self.text(at + 1), self.text(at + 2)) {
                ("module", ".", "exports") if self.text(at + 3) == "=" => Some(at + 4),
                ("export", "default", _) => Some(at + 2),
                _ => None,
            })?;
        match (self.text(starts), self.text(starts + 1), self.text(starts + 2)) {
            ("{" | "[", ..) => Some(starts),
            (_, "(", "{") => Some(starts + 2),
            _ => None,
        }
    }

    /// One value; gives the index behind it. The index of the token that ends it is `,`, or a closing bracket.
    fn value(&self, name: Option<Word>, at: usize, depth: usize, builder: &mut TreeBuilder) -> usize {
        let Some(token) = self.tokens.get(at) else { return at };
        let start = name.as_ref().map_or(token.start as u32, Word::start);
        let end = self.end(at);
        let is_only = end == at + 1;
        match (token.kind, self.text(at)) {
            (Kind::Mark(b'{'), _) if depth < DEEPEST => {
                builder.open(name, Shape::Map, start);
                let next = self.entries(at + 1, depth, builder);
                builder.close(self.tokens.get(next.wrapping_sub(1)).unwrap_or(token).end as u32);
                return next.max(end);
            }
            (Kind::Mark(b'['), _) if depth < DEEPEST => {
                builder.open(name, Shape::List, start);
                let mut next = at + 1;
                while next < self.tokens.len() && self.text(next) != "]" {
                    let before = next;
                    next = self.value(None, next, depth + 1, builder);
                    next += usize::from(self.text(next) == ",").max(usize::from(next == before));
                }
                builder.close(self.tokens.get(next).unwrap_or(token).end as u32);
                return (next + 1).max(end);
            }
            _ => {}
        }
        let last = &self.tokens[end.saturating_sub(1).max(at)];
        let (from, to) = (token.start as u32, last.end as u32);
        let written = &self.text[token.start..last.end];
        builder.open(name, Shape::Leaf, start);
        let quoted = token.kind == Kind::String && is_only && is_closed(written) && !written.contains('\\');
        if quoted {
            let style = match written.starts_with('"') {
                true => Style::Double,
                false => Style::Single,
            };
            builder.word(Word::decoded(from, to, style, &written[1..written.len() - 1]).styled(style));
        } else if let Some(number) = arithmetic(written) {
            builder.word(Word::decoded(from, to, Style::Plain, number.to_string().as_str()));
        } else {
            if !matches!(written, "true" | "false" | "null") {
                builder.hole(from, to);
            }
            builder.word(Word::plain(from, to));
        }
        builder.close(to);
        end.max(at + 1)
    }

    /// The entries of an object; gives the index behind its bracket.
    fn entries(&self, from: usize, depth: usize, builder: &mut TreeBuilder) -> usize {
        let mut at = from;
        while let Some(token) = self.tokens.get(at) {
            match token.kind {
                Kind::Mark(b'}') => return at + 1,
                Kind::Name | Kind::String | Kind::Number if self.text(at + 1) == ":" => {
                    let key = self.text(at);
                    let (start, end) = (token.start as u32, token.end as u32);
                    let name = match token.kind {
                        Kind::String => Word::decoded(start, end, Style::Double, key.trim_matches(['"', '\''])),
                        _ => Word::plain(start, end),
                    };
                    at = self.value(Some(name), at + 2, depth + 1, builder);
                }
                // `port,` and `...rest`, methods: not data.
                _ => at = self.end(at).max(at + 1),
            }
            at += usize::from(self.text(at) == ",");
        }
        at
    }

    /// The index of the token that ends the expression at an index.
    fn end(&self, from: usize) -> usize {
        let mut depth = 0_usize;
        for at in from..self.tokens.len() {
            match self.tokens[at].kind {
                Kind::Mark(b'(' | b'[' | b'{') => depth += 1,
                Kind::Mark(b')' | b']' | b'}') if depth == 0 => return at,
                Kind::Mark(b')' | b']' | b'}') => depth -= 1,
                Kind::Mark(b',' | b';') if depth == 0 => return at,
                _ => {}
            }
        }
        self.tokens.len()
    }
}
