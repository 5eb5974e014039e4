//! The sections of a configuration, over all its files, in order: which lines surely count, what each inherits from.

use std::sync::Arc;

use crate::model::value::Size;
use crate::model::{Doubt, Duration, Known, Value};
use crate::product::haproxy::table::TIME;
use crate::product::haproxy::unit;
use crate::product::haproxy::words::{Around, Set, Variable, read};
use crate::repo::Span;
use crate::syntax::{At, NodeId, Tree};

/// What a section is for, as far as it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `global`
    Global,
    /// `defaults`
    Defaults,
    /// `frontend`
    Frontend,
    /// `backend`
    Backend,
    /// `listen`, which is both.
    Listen,
}

impl Role {
    /// The keyword, as rows name it.
    pub fn name(self) -> &'static str {
        match self {
            Role::Global => "global",
            Role::Defaults => "defaults",
            Role::Frontend => "frontend",
            Role::Backend => "backend",
            Role::Listen => "listen",
        }
    }

    /// Whether it takes requests from clients.
    pub fn is_front(self) -> bool {
        matches!(self, Role::Frontend | Role::Listen)
    }

    /// Whether it has servers.
    pub fn is_back(self) -> bool {
        matches!(self, Role::Backend | Role::Listen)
    }
}

/// One line of a section.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// The line.
    pub node: NodeId,
    /// Whether it stands inside `.if`, so that it may not count.
    pub maybe: bool,
}

/// A section that other lines refer to by name, such as `resolvers` or `userlist`.
#[derive(Debug)]
pub struct Other {
    /// Its keyword.
    pub keyword: String,
    /// Its name.
    pub name: Arc<str>,
    /// Tables it declares (`peers`).
    pub tables: Vec<Arc<str>>,
    /// Its name servers (`resolvers`); absent where more may be read from somewhere else.
    pub name_servers: Option<NameServers>,
    /// Whether it may not count.
    pub maybe: bool,
}

/// The name servers of a `resolvers` section.
#[derive(Debug)]
pub struct NameServers {
    /// Their addresses.
    pub addresses: Vec<String>,
    /// Where the first is written.
    pub at: Span,
    /// How long a name's address is used before it is looked up again (`timeout resolve`), and where that is written.
    pub every: (Duration, Span),
}

/// One section.
#[derive(Debug)]
pub struct Section {
    /// Its tree.
    pub tree: Arc<Tree>,
    /// Its node.
    pub node: NodeId,
    /// What it is for.
    pub role: Role,
    /// Its name; empty for an anonymous `defaults`.
    pub name: Arc<str>,
    /// Where the name stands.
    pub name_span: Span,
    /// The `defaults` section it takes its first settings from, as an index into all sections.
    pub base: Option<usize>,
    /// Which word names that section, where one does (`from`).
    pub from: Option<usize>,
    /// Its lines.
    pub lines: Vec<Line>,
    /// The line that keeps requests from being sent again, where there is one.
    pub keeps_from_retry: Option<NodeId>,
    /// Why it may say more, or other things, than its lines do.
    pub doubt: Option<Doubt>,
    /// Whether the whole section may not count.
    pub maybe: bool,
}

impl Section {
    /// A line of it.
    pub fn at(&self, line: Line) -> At<'_> {
        self.tree.at(line.node)
    }

    /// The section's own node.
    pub fn head(&self) -> At<'_> {
        self.tree.at(self.node)
    }
}

/// All sections of a configuration.
#[derive(Debug, Default)]
pub struct Sections {
    /// In order.
    pub all: Vec<Section>,
    /// Those that proxies refer to by name.
    pub others: Vec<Other>,
    /// Why there may be more of those.
    pub more_others: Option<Doubt>,
    /// Why there may be more sections.
    pub open: Option<Doubt>,
    /// Variables that `global` sets.
    pub set: Set,
}

/// Collects the sections of the files of a configuration.
pub fn collect(trees: &[Arc<Tree>], around: &dyn Around) -> Sections {
    let mut found = Sections::default();
    // How many `.if` are open; sections and their lines stand inside them.
    let mut depth: usize = 0;
    for tree in trees {
        let children: Vec<At<'_>> = tree.root().children().collect();
        for (index, at) in children.iter().copied().enumerate() {
            if !at.is_map() {
                depth = step(depth, at.name());
                continue;
            }
            let maybe = depth > 0;
            let mut lines = Vec::new();
            for line in at.children() {
                let name = line.name();
                if name.starts_with('.') {
                    depth = step(depth, name);
                } else {
                    lines.push(Line {
                        node: line.id(),
                        maybe: depth > 0,
                    });
                }
            }
            let end = children.get(index + 1).map_or(u32::MAX, |next| next.span().start);
            let doubt = holes_between(at, end);
            if let Some(doubt) = &doubt {
                // What is printed there may also begin sections of its own.
                found.open.get_or_insert_with(|| doubt.clone());
            }
            section(&mut found, tree, at, lines, maybe, doubt, around);
        }
        if let Some(doubt) = holes_between(tree.root(), u32::MAX) {
            found.open.get_or_insert(doubt);
        }
    }
    found
}

fn step(depth: usize, name: &str) -> usize {
    match name {
        ".if" => depth + 1,
        ".endif" => depth.saturating_sub(1),
        _ => depth,
    }
}

fn section(
    found: &mut Sections,
    tree: &Arc<Tree>,
    at: At<'_>,
    lines: Vec<Line>,
    maybe: bool,
    mut doubt: Option<Doubt>,
    around: &dyn Around,
) {
    let role = match at.name() {
        "global" => Role::Global,
        "defaults" => Role::Defaults,
        "frontend" => Role::Frontend,
        "backend" => Role::Backend,
        "listen" => Role::Listen,
        _ => {
            if let Some(hole) = at.doubt_at(0) {
                let doubt = Doubt::at("the name of a section is filled in later", hole);
                found.more_others.get_or_insert(doubt);
            }
            return found.others.extend(other(at, maybe));
        }
    };
    let mut words: Vec<String> = Vec::new();
    for n in 0..at.words().len() {
        let Some(word) = read(at, n, false, around, &found.set) else {
            break;
        };
        if let Some(unknown) = word.doubt {
            found
                .open
                .get_or_insert_with(|| Doubt::at("the name of a section is filled in later", at.head()));
            doubt.get_or_insert(unknown);
        }
        words.push(word.text);
    }
    let from = words.iter().position(|word| word == "from").filter(|from| *from < 2);
    let name = if from == Some(0) {
        ""
    } else {
        words.first().map_or("", String::as_str)
    };
    let is_defaults = |section: &Section| section.role == Role::Defaults;
    let base = match from.and_then(|from| words.get(from + 1)) {
        Some(wanted) => found
            .all
            .iter()
            .rposition(|section| is_defaults(section) && *section.name == **wanted),
        // A second `defaults` starts from nothing.
        None if matches!(role, Role::Defaults | Role::Global) => None,
        None => found.all.iter().rposition(is_defaults),
    };
    if let Some(base) = base
        && found.all[base].maybe
    {
        doubt.get_or_insert_with(|| Doubt::at("its `defaults` stands inside `.if`", at.head()));
    }
    if role == Role::Global {
        let lines = lines.iter().map(|line| (tree.at(line.node), line.maybe));
        let set: Vec<(String, Variable)> = lines.filter_map(|(line, maybe)| variable(line, maybe)).collect();
        found.set.extend(set);
    }
    let mut own = lines.iter().map(|line| tree.at(line.node));
    let keeps_from_retry = own.find(|at| at.name() == "http-request" && at.text() == Some("disable-l7-retry"));
    let keeps_from_retry = keeps_from_retry.map(At::id);
    found.all.push(Section {
        tree: tree.clone(),
        node: at.id(),
        role,
        name: Arc::from(name),
        name_span: if name.is_empty() { at.head() } else { at.word_span_at(0) },
        base,
        from: from.map(|from| from + 1).filter(|name| *name < words.len()),
        lines,
        keeps_from_retry,
        doubt,
        maybe,
    });
}

fn other(at: At<'_>, maybe: bool) -> Option<Other> {
    let name = at.text().filter(|_| at.doubt_at(0).is_none())?;
    let tables = at.children().filter(|line| line.name() == "table");
    let name_servers = name_servers(at);
    Some(Other {
        keyword: at.name().to_owned(),
        name: Arc::from(name),
        tables: tables.filter_map(|line| line.text().map(Arc::from)).collect(),
        name_servers,
        maybe,
    })
}

/// `nameserver id address:port`, and `parse-resolv-conf` for those of the machine or pod, without its search domains
/// (configuration.txt 5.3.2).
fn name_servers(at: At<'_>) -> Option<NameServers> {
    if at.name() != "resolvers" || at.children().any(|line| line.doubt().is_some() || line.name() == ".if") {
        return None;
    }
    let lines = at.children().filter_map(|line| match line.name() {
        "nameserver" => Some((line.word(1)?, line.word_span_at(1))),
        "parse-resolv-conf" => Some(("those of /etc/resolv.conf", line.head())),
        _ => None,
    });
    let lines: Vec<(&str, Span)> = lines.collect();
    let (_, first) = *lines.first()?;
    let address = |(text, _): &(&str, Span)| {
        let bare = text.rsplit('@').next().unwrap_or(text);
        bare.rsplit_once(':').map_or(bare, |(host, _)| host).to_owned()
    };
    // configuration.txt 5.3.2: once a second unless it is set.
    let mut every = (Duration::from_secs(1), at.head());
    for line in at
        .children()
        .filter(|line| line.name() == "timeout" && line.text() == Some("resolve"))
    {
        if let Some(Value::Duration(time)) = line.word(1).and_then(|text| TIME.value_of(text)) {
            every = (time, line.word_span_at(1));
        }
    }
    Some(NameServers {
        addresses: lines.iter().map(address).collect(),
        at: first,
        every,
    })
}

/// `setenv NAME value`, `presetenv NAME value`, `unsetenv NAME`.
fn variable(line: At<'_>, maybe: bool) -> Option<(String, Variable)> {
    let name = line.word(0)?.to_owned();
    let value = match line.name() {
        "setenv" if !maybe && line.doubt().is_none() => Variable::Value(Arc::from(line.word(1)?)),
        "setenv" | "presetenv" | "unsetenv" | "resetenv" => Variable::Unknown,
        _ => return None,
    };
    Some((name, value))
}

/// Template text that stands on lines of its own may bring anything there, or take away what stands around it. `end` is
/// where the next section begins: what is printed behind the last line belongs to this one.
fn holes_between(at: At<'_>, end: u32) -> Option<Doubt> {
    let tree = at.tree();
    if tree.holes().is_empty() {
        return None;
    }
    let (is_root, span) = (at.parent().is_none(), at.span());
    let children: Vec<Span> = at.children().map(|child| child.span()).collect();
    let head_end = if is_root { 0 } else { at.head().end };
    let from = tree.holes().partition_point(|hole| hole.start < head_end);
    let hole = tree.holes()[from..]
        .iter()
        .take_while(|hole| hole.start < end)
        .find(|hole| {
            let next = children.partition_point(|child| child.end <= hole.start);
            let inside = children.get(next).is_some_and(|child| hole.overlaps(*child));
            let within = !is_root && hole.start < span.end;
            !inside && (within || prints(tree.raw(**hole)))
        })?;
    Some(Doubt::at("template text stands here that is filled in later", *hole))
}

/// Whether a template can bring lines of its own: loops and conditions only repeat what stands in them.
fn prints(template: &str) -> bool {
    let steers = template.starts_with("{%") || template.starts_with("{#") || template.starts_with("<%");
    !steers
        || ["include", "import", "render", "<%="]
            .iter()
            .any(|word| template.contains(word))
}

/// What fits of a response header: the buffer without the room kept for rewriting (`tune.maxrewrite`, 1024).
pub(super) fn buffer(sections: &Sections) -> Known<(Size, Option<Span>)> {
    let globals = || sections.all.iter().filter(|section| section.role == Role::Global);
    let line = |wanted: &str| {
        globals()
            .flat_map(|section| section.lines.iter().map(|line| (section.at(*line), line.maybe)))
            .rfind(|(at, _)| at.name() == wanted)
    };
    if let Some(doubt) = globals()
        .find_map(|section| section.doubt.clone())
        .or(sections.open.clone())
    {
        return Known::Unknown(doubt);
    }
    let size = |line: Option<(At<'_>, bool)>, default: u64| match line {
        None => Some((default, None)),
        Some((at, false)) => match (unit::SIZE.value_of)(at.text()?)? {
            Value::Size(size) => Some((size.0, Some(at.word_span_at(0)))),
            _ => None,
        },
        Some((_, true)) => None,
    };
    match (size(line("tune.bufsize"), 16384), size(line("tune.maxrewrite"), 1024)) {
        (Some((buffer, span)), Some((rewrite, _))) => Known::Is((Size(buffer.saturating_sub(rewrite)), span)),
        _ => Known::Unknown(Doubt::new("the size of HAProxy's buffers cannot be read")),
    }
}

/// Whether a section lists servers.
pub(super) fn has_servers(section: &Section) -> bool {
    let names = |name: &str| matches!(name, "server" | "server-template");
    section.lines.iter().any(|line| names(section.at(*line).name()))
}

/// What the last line of a section that says something says; lines inside `.if` may not count.
pub(super) fn own_last<'s, T>(section: &'s Section, say: impl Fn(At<'s>) -> Option<T>) -> Option<T> {
    section
        .lines
        .iter()
        .rev()
        .filter(|line| !line.maybe)
        .find_map(|line| say(section.at(*line)))
}

/// What the section says, or else the nearest of its `defaults` that says something.
pub(super) fn nearest<'s, T>(
    sections: &'s Sections,
    section: &'s Section,
    say: impl Fn(At<'s>) -> Option<T>,
) -> Option<T> {
    let mut section = section;
    for _ in 0..sections.all.len().max(1) {
        if let Some(said) = own_last(section, &say) {
            return Some(said);
        }
        section = &sections.all[section.base?];
    }
    None
}
