//! Names that stand for something declared elsewhere in the same configuration: ACLs, servers, tables, and sections
//! such as `resolvers`. HAProxy refuses to start when one is declared nowhere; every sort was tried on 2.6.12.

mod condition;
mod sample;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::field::reference;
use crate::model::nearest::nearest;
use crate::model::{Doubt, Entity, Fact, Kind, Known, Model, Site, Stored, Value};
use crate::product::haproxy::sections::{Line, Role, Section, Sections, has_servers, nearest as nearest_line};
use crate::product::haproxy::table::NAME;
use crate::repo::Span;
use crate::syntax::At;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    /// An `acl` line above, in the same section.
    Acl,
    /// A server of the same section.
    Server,
    /// A server of a section named with it, as `backend/server`.
    ServerOf,
    /// A `backend` or `listen`.
    Backend,
    /// A `frontend` or `listen`.
    Frontend,
    /// A proxy with a `stick-table`, or a table of a `peers` section, as `peers/table`.
    Table,
    /// A `defaults` section above.
    Defaults,
    /// A section with this keyword.
    Section(&'static str),
}

impl Sort {
    fn in_words(self) -> &'static str {
        match self {
            Sort::Acl => "ACL above it",
            Sort::Server | Sort::ServerOf => "server",
            Sort::Backend => "backend or listen",
            Sort::Frontend => "frontend or listen",
            Sort::Table => "stick-table",
            Sort::Defaults => "defaults section above it",
            Sort::Section(keyword) => match keyword {
                "resolvers" => "resolvers section",
                "userlist" => "userlist",
                "peers" => "peers section",
                "mailers" => "mailers section",
                "cache" => "cache section",
                "http-errors" => "http-errors section",
                "fcgi-app" => "fcgi-app section",
                _ => "section",
            },
        }
    }
}

/// A name as it is used.
struct Use {
    sort: Sort,
    name: String,
    span: Span,
    /// Whether it stands there letter for letter, so that it can be written anew.
    verbatim: bool,
}

/// Notes every name of a configuration that stands for something declared in it, and whether it is declared.
pub(super) fn add(model: &mut Model, sections: &Sections) {
    let taken_over = taken_over(&sections.all);
    let declared_at = Index::new(sections);
    for (index, section) in sections.all.iter().enumerate() {
        if section.maybe {
            continue;
        }
        let within = Within {
            sections,
            section,
            index,
            is_taken_over: taken_over[index],
        };
        let mut acls: FxHashMap<&str, usize> = FxHashMap::default();
        for (number, line) in section.lines.iter().enumerate().filter(|(_, line)| !line.maybe) {
            let at = section.at(*line);
            if let Some(name) = at.text().filter(|_| at.name() == "acl") {
                acls.entry(name).or_insert(number);
            }
        }
        for (at, used) in within.uses() {
            let is_plain = match used.sort {
                Sort::Acl => acls.get(&*used.name).is_some_and(|line| *line < at),
                _ => declared_at.has(&used, index),
            };
            let (found, like) = match is_plain {
                true => (Known::Is(true), None),
                false => within.found(&used, at),
            };
            let entity = within.entity(model, used, found, like);
            model.add(entity);
        }
    }
}

/// One section, among all.
struct Within<'s> {
    sections: &'s Sections,
    section: &'s Section,
    index: usize,
    /// Whether a section that has servers begins with what this one says.
    is_taken_over: bool,
}

/// The names of whole sections, with where the first of each stands: most names are found here at once.
struct Index<'s> {
    backs: FxHashMap<&'s str, usize>,
    fronts: FxHashMap<&'s str, usize>,
    defaults: FxHashMap<&'s str, usize>,
}

impl<'s> Index<'s> {
    fn new(sections: &'s Sections) -> Self {
        let of = |is: fn(Role) -> bool| {
            let mut names = FxHashMap::default();
            for (at, section) in sections.all.iter().enumerate() {
                if is(section.role) && !section.maybe {
                    names.entry(&*section.name).or_insert(at);
                }
            }
            names
        };
        Index {
            backs: of(Role::is_back),
            fronts: of(Role::is_front),
            defaults: of(|role| role == Role::Defaults),
        }
    }

    /// Whether a name that the section of a number uses is surely declared.
    fn has(&self, used: &Use, section: usize) -> bool {
        match used.sort {
            Sort::Backend => self.backs.contains_key(&*used.name),
            Sort::Frontend => self.fronts.contains_key(&*used.name),
            Sort::Defaults => self.defaults.get(&*used.name).is_some_and(|at| *at < section),
            _ => false,
        }
    }
}

/// For each section whether one that has servers begins with what it says.
fn taken_over(sections: &[Section]) -> Vec<bool> {
    let mut taken = vec![false; sections.len()];
    for section in sections
        .iter()
        .filter(|section| section.role.is_back() && has_servers(section))
    {
        let mut base = section.base;
        // What is marked already has marked all before it.
        while let Some(at) = base.filter(|at| !taken[*at]) {
            taken[at] = true;
            base = sections[at].base;
        }
    }
    taken
}

impl<'s> Within<'s> {
    /// The names used, each with the number of its line; the section's own head is line 0 too.
    fn uses(&self) -> Vec<(usize, Use)> {
        let section = self.section;
        let mut uses = Vec::new();
        if let Some(base) = &section.from {
            uses.push((0, whole(Sort::Defaults, section.head(), *base)));
        }
        // What nobody takes over from a `defaults` section is never looked up.
        if section.role == Role::Defaults && !self.is_taken_over {
            return known(uses);
        }
        for (number, line) in section.lines.iter().enumerate().filter(|(_, line)| !line.maybe) {
            let at = section.at(*line);
            let mut found = Vec::new();
            self.line(at, &mut found);
            condition::names(at, &mut found);
            sample::names(at, &mut found);
            uses.extend(found.into_iter().map(|used| (number, used)));
        }
        known(uses)
    }

    /// Names that a keyword asks for.
    fn line(&self, at: At<'_>, found: &mut Vec<Option<Use>>) {
        let after = |wanted: &str, from: usize| {
            let at_word = (from..at.words().len()).find(|n| at.word(*n) == Some(wanted))?;
            Some(at_word + 1)
        };
        let mut name = |sort: Sort, n: Option<usize>| found.extend(n.map(|n| whole(sort, at, n)));
        match (at.name(), at.text()) {
            ("server" | "server-template" | "default-server", _) => {
                let from = usize::from(at.name() != "default-server");
                name(Sort::Section("resolvers"), after("resolvers", from));
                if at.name() != "default-server" {
                    let track = after("track", from);
                    let far = track.and_then(|n| at.word(n)).is_some_and(|word| word.contains('/'));
                    name(if far { Sort::ServerOf } else { Sort::Server }, track);
                }
            }
            ("use-server", _) => name(Sort::Server, Some(0)),
            ("use-fcgi-app", _) => name(Sort::Section("fcgi-app"), Some(0)),
            ("errorfiles", _) => name(Sort::Section("http-errors"), Some(0)),
            ("stick-table", _) => name(Sort::Section("peers"), after("peers", 0)),
            ("stick", _) => name(Sort::Table, after("table", 1)),
            ("filter", Some("cache")) => name(Sort::Section("cache"), Some(1)),
            ("email-alert", Some("mailers")) if self.alerts() => name(Sort::Section("mailers"), Some(1)),
            ("http-request" | "http-response" | "http-after-response", Some("cache-use" | "cache-store")) => {
                name(Sort::Section("cache"), Some(1));
            }
            ("http-request" | "http-response", Some("deny" | "return" | "tarpit")) => {
                name(Sort::Section("http-errors"), after("errorfiles", 1));
            }
            ("http-request", Some(action)) if action.starts_with("do-resolve(") => {
                found.push(argument(Sort::Section("resolvers"), at, 0, 1));
            }
            _ => {}
        }
        let tracks = |word: &str| word.starts_with("track-sc");
        let place = at.texts().take(3).position(tracks);
        if let ("http-request" | "http-response" | "tcp-request", Some(n)) = (at.name(), place) {
            found.extend(after("table", n).map(|n| whole(Sort::Table, at, n)));
        }
    }

    /// Whether alerts are sent: without a sender and a receiver HAProxy ignores the rest.
    fn alerts(&self) -> bool {
        let says = |wanted: &str| {
            nearest_line(self.sections, self.section, |at| {
                (at.name() == "email-alert" && at.text() == Some(wanted)).then_some(())
            })
        };
        says("from").is_some() && says("to").is_some()
    }

    /// Whether a name is declared, and the declared one most like it where it is not.
    fn found(&self, used: &Use, line: usize) -> (Known<bool>, Option<Arc<str>>) {
        if is_given(used.sort, &used.name) {
            return (Known::Is(true), None);
        }
        let declared = self.declared(used, line);
        let own = |known: &&(String, bool)| known.0 == used.name;
        if declared.names.iter().filter(own).any(|(_, maybe)| !maybe) {
            return (Known::Is(true), None);
        }
        let maybe = declared.names.iter().any(|known| own(&known));
        let like = nearest(&used.name, declared.names.iter().map(|(name, _)| name.as_str())).map(Arc::from);
        let doubt = match maybe {
            true => Some(Doubt::at("what it names stands inside `.if`", used.span)),
            false => declared.open,
        };
        (doubt.map_or(Known::Is(false), Known::Unknown), like)
    }

    fn declared(&self, used: &Use, line: usize) -> Declared {
        let sections = self.sections;
        let of_role = |is: fn(Role) -> bool| {
            let those = sections.all.iter().filter(move |section| is(section.role));
            those.map(|section| (section.name.to_string(), section.maybe)).collect()
        };
        let open = sections.open.clone();
        let own = self.section.doubt.clone();
        match used.sort {
            Sort::Acl => Declared {
                names: self.words_of(&self.section.lines[..line], "acl"),
                open: own,
            },
            Sort::Server => Declared {
                names: servers(self.section, "", &used.name),
                open: own,
            },
            Sort::ServerOf => {
                let backs = sections.all.iter().filter(|section| section.role.is_back());
                let names = |section: &Section| servers(section, &format!("{}/", section.name), &used.name);
                let doubt = backs.clone().find_map(|section| section.doubt.clone());
                Declared {
                    names: backs.flat_map(names).collect(),
                    open: open.or(doubt),
                }
            }
            Sort::Backend => Declared {
                names: of_role(Role::is_back),
                open,
            },
            Sort::Frontend => Declared {
                names: of_role(Role::is_front),
                open,
            },
            Sort::Table => {
                let doubt = sections.all.iter().find_map(|section| section.doubt.clone());
                Declared {
                    names: self.tables(),
                    open: open.or(doubt).or_else(|| sections.more_others.clone()),
                }
            }
            Sort::Defaults => {
                let before = sections.all[..self.index].iter();
                let before = before.filter(|section| section.role == Role::Defaults);
                Declared {
                    names: before
                        .map(|section| (section.name.to_string(), section.maybe))
                        .collect(),
                    open,
                }
            }
            Sort::Section(keyword) => {
                let those = sections.others.iter().filter(|other| other.keyword == keyword);
                Declared {
                    names: those.map(|other| (other.name.to_string(), other.maybe)).collect(),
                    open: open.or_else(|| sections.more_others.clone()),
                }
            }
        }
    }

    fn words_of(&self, lines: &[Line], keyword: &str) -> Vec<(String, bool)> {
        let lines = lines.iter().map(|line| (self.section.at(*line), line.maybe));
        let lines = lines.filter(|(at, _)| at.name() == keyword);
        lines
            .filter_map(|(at, maybe)| Some((at.text()?.to_owned(), maybe)))
            .collect()
    }

    fn tables(&self) -> Vec<(String, bool)> {
        let mut names = Vec::new();
        for section in &self.sections.all {
            let line = section
                .lines
                .iter()
                .find(|line| section.at(**line).name() == "stick-table");
            names.extend(line.map(|line| (section.name.to_string(), line.maybe || section.maybe)));
        }
        for other in &self.sections.others {
            let tables = other.tables.iter();
            names.extend(tables.map(|table| (format!("{}/{table}", other.name), other.maybe)));
        }
        names
    }

    fn entity(&self, model: &mut Model, used: Use, found: Known<bool>, like: Option<Arc<str>>) -> Entity {
        let section = self.section;
        let words = format!(
            "{} {} {} {}",
            section.role.name(),
            section.name,
            used.sort.in_words(),
            used.name
        );
        let mut entity = Entity::new(Kind::Reference, words, used.span);
        let site = used.verbatim.then(|| Site {
            row: &NAME,
            node: Some((model.add_tree(&section.tree), section.node)),
        });
        entity.facts.push(Fact {
            field: reference::NAME.id(),
            value: Stored::Is(Value::Text(Arc::from(used.name.as_str()))),
            span: used.span,
            site,
        });
        entity.set(reference::SORT, Arc::from(used.sort.in_words()), used.span);
        entity.set_known(reference::FOUND, found, used.span);
        if let Some(like) = like {
            entity.set(reference::NEAREST, like, used.span);
        }
        entity
    }
}

/// What is declared of a sort.
struct Declared {
    /// Each with whether it stands inside `.if`.
    names: Vec<(String, bool)>,
    /// Why there may be more.
    open: Option<Doubt>,
}

/// What HAProxy declares itself: a `resolvers` section made from resolv.conf, and the ACLs of section 7.4 of its
/// manual, which later versions have more of.
fn is_given(sort: Sort, name: &str) -> bool {
    const ACLS: [&str; 6] = ["FALSE", "TRUE", "LOCALHOST", "RDP_COOKIE", "REQ_CONTENT", "WAIT_END"];
    match sort {
        Sort::Section("resolvers") => name == "default",
        Sort::Acl => ACLS.contains(&name) || name.starts_with("HTTP") || name.starts_with("METH_"),
        _ => false,
    }
}

/// The servers of a section. A template makes some of which only the beginning of the name is written.
fn servers(section: &Section, prefix: &str, wanted: &str) -> Vec<(String, bool)> {
    let mut names = Vec::new();
    for line in &section.lines {
        let at = section.at(*line);
        let Some(name) = at.text() else { continue };
        let name = format!("{prefix}{name}");
        match at.name() {
            "server" => names.push((name, line.maybe)),
            "server-template" if wanted.starts_with(&name) => names.push((wanted.to_owned(), line.maybe)),
            _ => {}
        }
    }
    names
}

fn known(uses: Vec<(usize, Option<Use>)>) -> Vec<(usize, Use)> {
    uses.into_iter()
        .filter_map(|(line, used)| Some((line, used?)))
        .collect()
}

/// The nth word as a name; nothing where it is filled in later or made while HAProxy runs.
fn whole(sort: Sort, at: At<'_>, n: usize) -> Option<Use> {
    let word = at.words().get(n)?;
    let text = at.word(n)?;
    part(sort, at, n, text, 0).filter(|_| word.decoded_text().is_none() || !text.is_empty())
}

/// A part of the nth word that begins at an offset.
fn part(sort: Sort, at: At<'_>, n: usize, text: &str, offset: usize) -> Option<Use> {
    if text.is_empty() || text.contains(['$', '%', '{', '"', '\'']) || at.doubt_at(n).is_some() {
        return None;
    }
    let word = at.words().get(n)?;
    let span = at.word_span(word);
    let verbatim = word.decoded_text().is_none();
    let own = Span {
        start: span.start + offset as u32,
        end: span.start + (offset + text.len()) as u32,
        ..span
    };
    Some(Use {
        sort,
        name: text.to_owned(),
        span: if verbatim { own } else { span },
        verbatim,
    })
}

/// The `which`th argument in the first parentheses of a word.
fn argument(sort: Sort, at: At<'_>, n: usize, which: usize) -> Option<Use> {
    let text = at.word(n)?;
    let open = text.find('(')? + 1;
    argument_of(sort, at, n, open, which)
}

/// The `which`th argument of a call whose arguments begin at an offset of the nth word.
fn argument_of(sort: Sort, at: At<'_>, n: usize, open: usize, which: usize) -> Option<Use> {
    let text = at.word(n)?;
    let inside = text.get(open..)?;
    let inside = &inside[..inside.find(')')?];
    let mut from = 0;
    for (number, piece) in inside.split(',').enumerate() {
        if number == which {
            let blank = piece.len() - piece.trim_start().len();
            return part(sort, at, n, piece.trim(), open + from + blank);
        }
        from += piece.len() + 1;
    }
    None
}
