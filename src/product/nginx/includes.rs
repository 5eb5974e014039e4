//! What `include` brings in, from a container's files or from the repository.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::Doubt;
use crate::repo::Span;
use crate::syntax::holes::{Steering, steers};
use crate::syntax::{NodeId, Tree};

/// What an include leads to.
#[derive(Debug)]
pub enum Included {
    /// These files, in order; none when a glob matches nothing, which nginx allows.
    Files(Vec<Arc<Tree>>),
    /// It cannot be read here, for this reason.
    Unknown(String),
}

/// Where includes are looked up.
pub trait Includes {
    /// Resolves the pattern of an `include` in `from`.
    fn resolve(&self, from: &Tree, pattern: &str) -> Included;
}

/// Files that nginx packages bring along and that pass no request on: not having them hides nothing.
pub fn is_stock(pattern: &str) -> bool {
    const STOCK: [&str; 9] = [
        "mime.types",
        "fastcgi_params",
        "fastcgi.conf",
        "uwsgi_params",
        "scgi_params",
        "koi-utf",
        "koi-win",
        "win-utf",
        "fastcgi-php.conf",
    ];
    let name = pattern.rsplit('/').next().unwrap_or(pattern);
    STOCK.contains(&name) || pattern.contains("modules-enabled/") || pattern.contains("nginx/modules/")
}

/// A directive, with the tree it stands in.
pub type Directive = (Arc<Tree>, NodeId);

/// How deep includes may nest, how many directives one block may have with all its includes, and how often one file may
/// be among them.
const DEPTH: usize = 16;
const BUDGET: usize = 200_000;
const REPEATED: usize = 16;

/// The directives of a block with all includes in their place, and why there may be more.
pub fn flatten(includes: &dyn Includes, tree: &Arc<Tree>, node: NodeId) -> (Vec<Directive>, Option<Doubt>) {
    let mut walk = Walk {
        includes,
        found: Vec::new(),
        doubt: None,
        stack: Vec::new(),
        seen: HashMap::new(),
    };
    walk.block(tree, node);
    (walk.found, walk.doubt)
}

struct Walk<'i> {
    includes: &'i dyn Includes,
    found: Vec<Directive>,
    doubt: Option<Doubt>,
    stack: Vec<*const Tree>,
    seen: HashMap<*const Tree, usize>,
}

impl Walk<'_> {
    fn block(&mut self, tree: &Arc<Tree>, node: NodeId) {
        if self.stack.len() >= DEPTH || self.stack.contains(&Arc::as_ptr(tree)) {
            return;
        }
        self.stack.push(Arc::as_ptr(tree));
        let at = tree.at(node);
        self.holes_between(at);
        for child in at.children() {
            if self.found.len() >= BUDGET {
                break;
            }
            if child.name() == "include" && !child.is_map() {
                self.include(tree, child.id());
            } else {
                self.found.push((tree.clone(), child.id()));
            }
        }
        self.stack.pop();
    }

    fn include(&mut self, tree: &Arc<Tree>, node: NodeId) {
        let at = tree.at(node);
        let Some(pattern) = at.text() else { return };
        if is_stock(pattern) {
            return;
        }
        if at.doubt_at(0).is_some() || pattern.contains('$') {
            self.doubt(format!("the include {pattern} has a variable name"), at.head());
            return;
        }
        match self.includes.resolve(tree, pattern) {
            Included::Files(files) => {
                for file in files {
                    let times = self.seen.entry(Arc::as_ptr(&file)).or_default();
                    *times += 1;
                    if *times > REPEATED {
                        self.doubt(format!("{pattern} is included over and over"), at.head());
                        return;
                    }
                    self.block(&file, NodeId::ROOT);
                }
            }
            Included::Unknown(reason) => self.doubt(reason, at.head()),
        }
    }

    /// Template text between directives may put anything there.
    fn holes_between(&mut self, at: crate::syntax::At<'_>) {
        let span = at.span();
        if at.tree().hole_in(span).is_none() {
            return;
        }
        let children: Vec<_> = at.children().map(|child| child.span()).collect();
        let are_blocks: Vec<bool> = at.children().map(|child| child.is_map()).collect();
        let head_end = if at.parent().is_some() {
            at.head().end
        } else {
            span.start
        };
        let holes = at.tree().holes();
        let from = holes.partition_point(|hole| hole.end <= head_end);
        let between = holes[from..].iter().take_while(|hole| hole.start < span.end);
        let next = |hole: &Span| children.partition_point(|child| child.end <= hole.start);
        let between = between.filter(|hole| {
            hole.start >= head_end && children.get(next(hole)).is_none_or(|child| !hole.overlaps(*child))
        });
        let between: Vec<&Span> = between.collect();
        // A condition around whole blocks says nothing about what is inherited from here.
        let hides = |nth: usize, hole: &Span| match steers(at.tree().raw(*hole)) {
            Some(Steering::Ends) => false,
            Some(Steering::Begins) => {
                let end = between.get(nth + 1).map_or(children.len(), |after| next(after));
                !are_blocks[next(hole)..end].iter().all(|is_block| *is_block)
            }
            None => true,
        };
        let mut hiding = between.iter().enumerate().filter(|(nth, hole)| hides(*nth, hole));
        if let Some((_, hole)) = hiding.next() {
            self.doubt("template text stands here that is filled in later".to_owned(), **hole);
        }
    }

    fn doubt(&mut self, reason: String, span: Span) {
        if self.doubt.is_none() {
            self.doubt = Some(Doubt::at(reason, span));
        }
    }
}
