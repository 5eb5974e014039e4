//! What a directive says that passes requests on: its upstreams, its transport, its settings.

use std::sync::Arc;

use crate::model::field::route;
use crate::model::{Doubt, Entity, Fact, Known, Model, Scope, ScopeId, Site, Stored, Value};
use crate::product::caddy::address::address;
use crate::product::caddy::expand::Config;
use crate::product::caddy::table::{SCHEME, TABLE, VERSIONS};
use crate::product::caddy::words::{Around, Line, Word};
use crate::repo::Span;

/// Whether a line has a matcher, be it one that takes all.
pub(super) fn has_matcher(line: &Line) -> bool {
    line.at()
        .text()
        .is_some_and(|text| text.starts_with(['/', '@']) || text == "*")
}

/// A directive that passes requests on.
pub(super) struct Proxy {
    directive: Line,
    /// The lines of its block.
    lines: Vec<Line>,
    /// The line `transport`, and those of its block.
    transport: Option<(Line, Vec<Line>)>,
    /// Which transport: `http`, `fastcgi`, or one of a plugin.
    kind: String,
    /// The addresses, in order.
    pub upstreams: Vec<Word>,
    /// Why there may be further upstreams.
    pub doubt: Option<Doubt>,
    /// Why there may be further settings.
    open: Option<Doubt>,
    versions: Option<(Vec<Word>, Span)>,
}

impl Proxy {
    pub fn new(around: &dyn Around, config: &Config, line: &Line, lines: Vec<Line>, open: Option<Doubt>) -> Proxy {
        let mut open = open;
        let mut upstreams: Vec<Word> = line.words(around);
        if has_matcher(line) {
            upstreams.remove(0);
        }
        let mut doubt = open.clone();
        let mut transport = None;
        for inner in &lines {
            match inner.name() {
                "to" => upstreams.extend(inner.words(around)),
                "dynamic" => {
                    doubt = Some(Doubt::at("the upstreams are found while Caddy runs", inner.at().head()));
                }
                "transport" => {
                    let (own, more) = config.block(around, inner);
                    open = open.or(more);
                    transport = Some((inner.clone(), own));
                }
                _ => {}
            }
        }
        let named = transport
            .as_ref()
            .and_then(|(line, _)| line.words(around).into_iter().next());
        let kind = match (named, line.name()) {
            (Some(word), _) => word.text,
            (None, "php_fastcgi") => "fastcgi".to_owned(),
            (None, _) => "http".to_owned(),
        };
        let mut proxy = Proxy {
            directive: line.clone(),
            lines,
            transport,
            kind,
            upstreams,
            doubt,
            open,
            versions: None,
        };
        proxy.versions = proxy.transport_line("versions").map(|line| {
            let words = line.words(around);
            let span = match (words.first(), words.last()) {
                (Some(first), Some(last)) if first.span.source == last.span.source => {
                    Span::new(first.span.source, first.span.start, last.span.end)
                }
                _ => line.at().head(),
            };
            (words, span)
        });
        proxy
    }

    fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.name() == name)
    }

    pub fn transport_line(&self, name: &str) -> Option<&Line> {
        self.transport_lines().find(|line| line.name() == name)
    }

    fn transport_lines(&self) -> impl Iterator<Item = &Line> {
        self.transport.iter().flat_map(|(_, lines)| lines)
    }

    /// The module of its rows.
    pub fn pass(&self) -> &'static str {
        match &*self.kind {
            "fastcgi" => "fastcgi",
            _ => "proxy",
        }
    }

    pub fn known_pass(&self) -> Known<Arc<str>> {
        match &*self.kind {
            "http" | "fastcgi" => Known::Is(Arc::from(self.pass())),
            other => Known::Unknown(Doubt::at(
                format!("the transport {other} is not known"),
                self.directive.at().head(),
            )),
        }
    }

    /// What its settings say.
    pub fn scope(&self, model: &mut Model, around: &dyn Around) -> ScopeId {
        let home = match &self.transport {
            Some((line, _)) => Some(line),
            None => Some(&self.directive).filter(|line| line.name() == "php_fastcgi" && line.at().is_map()),
        };
        let mut scope = Scope {
            doubt: self.open.clone(),
            home: home.map(|line| (model.add_tree(&line.tree), line.node)),
            ..Scope::default()
        };
        let block = self.directive.name();
        let lines = self.lines.iter().map(|line| (line, block));
        for (line, block) in lines.chain(self.transport_lines().map(|line| (line, "transport"))) {
            let rows = TABLE.named(line.name());
            for row in rows.filter(|row| row.within.contains(&block) && matches!(row.module, "" | "proxy" | "fastcgi"))
            {
                if !row.module.is_empty() && row.module != self.pass() {
                    continue;
                }
                let words = line.words(around);
                let Some(word) = words.first() else { continue };
                let value = match (&word.doubt, row.value_of(&word.text)) {
                    (Some(doubt), _) => Stored::Unknown(doubt.clone()),
                    (None, Some(value)) => Stored::Is(value),
                    (None, None) => Stored::Unknown(Doubt::at(
                        format!("the value of {} cannot be read", row.name),
                        word.span,
                    )),
                };
                // The last one stands; of two limits on the same wait the shorter one.
                let waits = row.field == route::READ_TIMEOUT.id() && row.module == "proxy";
                let other = scope.facts.iter().find(|fact| fact.field == row.field);
                let is_shorter = |fact: &Fact| match (&fact.value, &value) {
                    (Stored::Is(Value::Duration(other)), Stored::Is(Value::Duration(own))) => other < own,
                    (other, _) => matches!(other, Stored::Unknown(_)),
                };
                if waits && other.is_some_and(is_shorter) {
                    continue;
                }
                scope.facts.retain(|fact| fact.field != row.field);
                let site = word.verbatim.then(|| Site {
                    row,
                    node: Some((model.add_tree(&line.tree), line.node)),
                });
                scope.facts.push(Fact {
                    field: row.field,
                    value,
                    span: word.span,
                    site,
                });
            }
        }
        model.add_scope(scope)
    }

    /// What is spoken to the upstreams: one `https://` makes it TLS for all of them.
    pub fn protocol(&self, entity: &mut Entity, head: Span) {
        if self.kind != "http" {
            return;
        }
        let schemes = || {
            self.upstreams
                .iter()
                .filter_map(|word| Some((word, address(&word.text).scheme?)))
        };
        let of = |wanted: &str| schemes().find(|(_, scheme)| *scheme == wanted).map(|(word, _)| word);
        let tls = self.transport_lines().find(|line| line.name().starts_with("tls"));
        let unsure = self.upstreams.iter().find_map(|word| word.doubt.clone());
        let unsure = unsure.or_else(|| self.doubt.clone()).or_else(|| self.open.clone());
        let secure = of("https").is_some() || tls.is_some();
        let text: Arc<str> = Arc::from(if secure { "https" } else { "http" });
        match (of("https"), tls, &unsure) {
            (Some(word), ..) if word.verbatim && self.upstreams.len() == 1 => entity.facts.push(Fact {
                field: route::SCHEME.id(),
                value: Stored::Is(Value::Text(text)),
                span: Span::new(word.span.source, word.span.start, word.span.start + 5),
                site: Some(Site {
                    row: &SCHEME,
                    node: None,
                }),
            }),
            (Some(word), ..) => entity.set(route::SCHEME, text, word.span),
            (None, Some(line), _) => entity.set(route::SCHEME, text, line.at().head()),
            (None, None, Some(doubt)) => entity.set_known(route::SCHEME, Known::Unknown(doubt.clone()), head),
            (None, None, None) => {
                let span = self.upstreams.first().map_or(head, |word| word.span);
                entity.set(route::SCHEME, text, span);
            }
        }
        match &self.versions {
            Some((words, span)) => {
                let says = |text: &str| words.iter().any(|word| word.text == text);
                let version = match words.iter().find_map(|word| word.doubt.clone()) {
                    Some(doubt) => Stored::Unknown(doubt),
                    None if says("h2c") && !secure => Stored::Is(Value::Text(Arc::from("2"))),
                    None if says("3") || (secure && says("2")) => return,
                    None => Stored::Is(Value::Text(Arc::from("1.1"))),
                };
                let verbatim = words.iter().all(|word| word.verbatim);
                entity.facts.push(Fact {
                    field: route::HTTP_VERSION.id(),
                    value: version,
                    span: *span,
                    site: verbatim.then_some(Site {
                        row: &VERSIONS,
                        node: None,
                    }),
                });
            }
            None => match (of("h2c"), &unsure) {
                (Some(word), _) if !secure => entity.set(route::HTTP_VERSION, Arc::from("2"), word.span),
                (None, Some(doubt)) => entity.set_known(route::HTTP_VERSION, Known::Unknown(doubt.clone()), head),
                // With TLS both sides choose.
                _ if secure => {}
                _ => entity.set(route::HTTP_VERSION, Arc::from("1.1"), head),
            },
        }
    }

    /// How often a request is sent. Without these settings once.
    pub fn retries(&self, entity: &mut Entity, around: &dyn Around, head: Span) {
        if let Some(doubt) = &self.open {
            return entity.set_known(route::TRIES, Known::Unknown(doubt.clone()), head);
        }
        let number = self
            .line("lb_retries")
            .and_then(|line| line.words(around).into_iter().next());
        let lasts = self.line("lb_try_duration").is_some();
        let Some(word) = number else {
            if !lasts {
                entity.set(route::TRIES, 1, head);
            }
            return;
        };
        let tries = match (&word.doubt, word.text.parse::<i64>()) {
            (Some(doubt), _) => Known::Unknown(doubt.clone()),
            (None, Ok(number)) => Known::Is(number.saturating_add(1)),
            (None, Err(_)) => Known::Absent,
        };
        entity.set_known(route::TRIES, tries, word.span);
        entity.set(route::RETRY_ON, Arc::from("failed"), word.span);
    }

    /// Whether something takes an upstream out that fails.
    pub fn is_checked(&self) -> Known<bool> {
        const CHECKS: [&str; 5] = [
            "health_uri",
            "health_path",
            "health_port",
            "health_upstream",
            "fail_duration",
        ];
        let checked = CHECKS.into_iter().any(|name| self.line(name).is_some());
        match &self.open {
            Some(doubt) if !checked => Known::Unknown(doubt.clone()),
            _ => Known::Is(checked),
        }
    }
}
