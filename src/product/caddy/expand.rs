//! A configuration put together: its sites, with every `import` of a snippet or file in its place.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::Doubt;
use crate::product::caddy::words::{Arguments, Around, Line, Word};
use crate::syntax::{NodeId, Tree};

/// How deep imports may nest, and how many lines a configuration may have with all of them.
const DEPTH: usize = 16;
const BUDGET: usize = 100_000;

/// A configuration.
#[derive(Debug, Default)]
pub struct Config {
    /// The block of global options.
    pub globals: Option<Line>,
    /// The sites, in order.
    pub sites: Vec<Site>,
    /// Lines of several, by what `import` and `invoke` call them.
    snippets: HashMap<String, Line>,
    /// Why there may be more sites.
    pub doubt: Option<Doubt>,
}

/// A site.
#[derive(Debug)]
pub struct Site {
    /// Its addresses; none for lines that belong into a site that is not here.
    pub addresses: Vec<Word>,
    /// Its own lines.
    pub lines: Vec<Line>,
    /// Why there may be more lines.
    pub doubt: Option<Doubt>,
}

/// Puts a configuration together from its first file.
pub fn config(around: &dyn Around, tree: &Arc<Tree>) -> Config {
    let mut found = Config::default();
    let mut walk = Walk {
        around,
        left: BUDGET,
        doubt: None,
    };
    walk.file(&mut found, tree, 0);
    let whole = std::mem::take(&mut found.sites);
    for mut site in whole {
        // What `file` has left is the block, with its imports.
        let mut inner = Walk {
            around,
            left: walk.left,
            doubt: None,
        };
        for line in std::mem::take(&mut site.lines) {
            inner.line(&found, line, 0, &mut site.lines);
        }
        walk.left = inner.left;
        site.doubt = inner.doubt;
        found.sites.push(site);
    }
    found.doubt = walk.doubt;
    found
}

impl Config {
    /// The lines of a block, with imports in their place, and why there may be more.
    pub fn block(&self, around: &dyn Around, block: &Line) -> (Vec<Line>, Option<Doubt>) {
        let mut walk = Walk {
            around,
            left: BUDGET,
            doubt: None,
        };
        let mut found = Vec::new();
        walk.children(self, block, 0, &mut found);
        (found, walk.doubt)
    }

    /// The route that `invoke` names.
    pub fn named_route(&self, name: &str) -> Option<&Line> {
        self.snippets.get(&format!("&{name}"))
    }
}

struct Walk<'a> {
    around: &'a dyn Around,
    left: usize,
    doubt: Option<Doubt>,
}

impl Walk<'_> {
    /// The top of a file: snippets, sites, the global options.
    fn file(&mut self, config: &mut Config, tree: &Arc<Tree>, depth: usize) {
        let lines: Vec<Line> = tree
            .root()
            .children()
            .map(|child| line(tree, child.id(), &Arc::default()))
            .collect();
        self.top(config, lines, depth);
    }

    fn top(&mut self, config: &mut Config, lines: Vec<Line>, depth: usize) {
        if depth > DEPTH {
            return;
        }
        let mut lines = lines.into_iter();
        while let Some(line) = lines.next() {
            let at = line.at();
            let name = at.name();
            if at.name_word().is_none() {
                config.globals.get_or_insert(line);
            } else if name == "import" {
                self.import_sites(config, &line, depth);
            } else if let Some(name) = name.strip_prefix('(').and_then(|name| name.strip_suffix(')')) {
                config.snippets.insert(name.to_owned(), line);
            } else if let Some(name) = name.strip_prefix("&(").and_then(|name| name.strip_suffix(')')) {
                config.snippets.insert(format!("&{name}"), line);
            } else if at.is_map() && !is_directive(name) {
                let site = self.site(&line, children(&line));
                config.sites.push(site);
            } else {
                // Without braces the whole file is one site; what begins with a directive is a part of one.
                let rest = lines.by_ref();
                let site = if is_directive(name) {
                    let lines = std::iter::once(line).chain(rest).collect();
                    Site {
                        addresses: Vec::new(),
                        lines,
                        doubt: None,
                    }
                } else {
                    self.site(&line, rest.collect())
                };
                config.sites.push(site);
            }
        }
    }

    fn site(&mut self, line: &Line, lines: Vec<Line>) -> Site {
        let first = line.first(self.around);
        let words = first.into_iter().chain(line.words(self.around));
        let addresses = words
            .flat_map(|word| {
                let parts: Vec<Word> = word
                    .text
                    .split(',')
                    .filter(|part| !part.is_empty())
                    .map(|part| Word {
                        text: part.to_owned(),
                        ..word.clone()
                    })
                    .collect();
                parts
            })
            .collect();
        Site {
            addresses,
            lines,
            doubt: None,
        }
    }

    /// An import between sites.
    fn import_sites(&mut self, config: &mut Config, import: &Line, depth: usize) {
        let words = import.words(self.around);
        let Some(name) = words.first() else { return };
        if let Some(doubt) = &name.doubt {
            self.doubt.get_or_insert_with(|| doubt.clone());
            return;
        }
        if let Some(snippet) = config.snippets.get(&name.text) {
            let lines = children(&self.with(snippet, import, &words));
            return self.top(config, lines, depth + 1);
        }
        match self.around.imported(&import.tree, &name.text) {
            Ok(files) => {
                for file in files {
                    self.left = self.left.saturating_sub(file.len());
                    if self.left > 0 {
                        self.file(config, &file, depth + 1);
                    }
                }
            }
            Err(reason) => {
                self.doubt.get_or_insert_with(|| Doubt::at(reason, name.span));
            }
        }
    }

    /// A snippet as an import brings it.
    fn with(&self, snippet: &Line, import: &Line, words: &[Word]) -> Line {
        let block = import.at().is_map().then(|| Box::new(import.clone()));
        Line {
            arguments: Arc::new(Arguments {
                words: Some(words[1..].to_vec()),
                block,
            }),
            ..snippet.clone()
        }
    }

    fn children(&mut self, config: &Config, block: &Line, depth: usize, found: &mut Vec<Line>) {
        for line in children(block) {
            self.line(config, line, depth, found);
        }
    }

    /// One line of a block: itself, or what it imports.
    fn line(&mut self, config: &Config, line: Line, depth: usize, found: &mut Vec<Line>) {
        if depth > DEPTH || self.left == 0 {
            return;
        }
        self.left -= 1;
        match line.name() {
            "{block}" => {
                if let Some(block) = line.arguments.block.clone() {
                    self.children(config, &block, depth + 1, found);
                }
            }
            "import" => self.import(config, &line, depth, found),
            name if name.starts_with('{') => {
                // A variable may bring any directive.
                let doubt = match line.first(self.around) {
                    Some(word) => word
                        .doubt
                        .unwrap_or_else(|| Doubt::at("a variable stands for the line", word.span)),
                    None => return,
                };
                self.doubt.get_or_insert(doubt);
            }
            _ => found.push(line),
        }
    }

    fn import(&mut self, config: &Config, import: &Line, depth: usize, found: &mut Vec<Line>) {
        let words = import.words(self.around);
        let Some(name) = words.first() else { return };
        if let Some(doubt) = &name.doubt {
            self.doubt.get_or_insert_with(|| doubt.clone());
            return;
        }
        if let Some(snippet) = config.snippets.get(&name.text) {
            let block = self.with(snippet, import, &words);
            return self.children(config, &block, depth + 1, found);
        }
        match self.around.imported(&import.tree, &name.text) {
            Ok(files) => {
                let block = import.at().is_map().then(|| Box::new(import.clone()));
                let arguments = Arc::new(Arguments {
                    words: Some(words[1..].to_vec()),
                    block,
                });
                for file in files {
                    self.children(config, &line(&file, NodeId::ROOT, &arguments), depth + 1, found);
                }
            }
            Err(reason) => {
                self.doubt.get_or_insert_with(|| Doubt::at(reason, name.span));
            }
        }
    }
}

fn line(tree: &Arc<Tree>, node: NodeId, arguments: &Arc<Arguments>) -> Line {
    Line {
        tree: tree.clone(),
        node,
        arguments: arguments.clone(),
    }
}

fn children(block: &Line) -> Vec<Line> {
    let each = block.at().children();
    each.map(|child| line(&block.tree, child.id(), &block.arguments))
        .collect()
}

/// Whether a first line is no address: a file with parts of a site begins so.
fn is_directive(name: &str) -> bool {
    matches!(
        name,
        "abort"
            | "basic_auth"
            | "basicauth"
            | "bind"
            | "encode"
            | "error"
            | "file_server"
            | "forward_auth"
            | "handle"
            | "handle_errors"
            | "handle_path"
            | "header"
            | "invoke"
            | "log"
            | "map"
            | "method"
            | "php_fastcgi"
            | "redir"
            | "request_body"
            | "request_header"
            | "respond"
            | "reverse_proxy"
            | "rewrite"
            | "root"
            | "route"
            | "templates"
            | "tls"
            | "try_files"
            | "uri"
            | "vars"
    ) || name.starts_with('@')
}
