//! From sites to routes: every `reverse_proxy`, `php_fastcgi` and `forward_auth` that a request may come to.

use std::collections::HashSet;
use std::sync::Arc;

use crate::estate::{Listen, Route, Takes};
use crate::model::field::{route, upstream};
use crate::model::{Entity, EntityId, Kind, Known, Model, Version};
use crate::product::caddy::expand::Config;
use crate::product::caddy::proxy::{Proxy, has_matcher};
use crate::product::caddy::site::{self, Options};
use crate::product::caddy::table::TABLE;
use crate::product::caddy::upstreams::{self, Manner};
use crate::product::caddy::words::{Around, Line};

/// How deep blocks may nest.
const DEPTH: usize = 32;

/// What one configuration lowers to.
#[derive(Debug, Default)]
pub struct Lowered {
    /// All routes.
    pub routes: Vec<Route>,
    /// All addresses it listens on; none where they cannot be told.
    pub listens: Vec<Listen>,
}

/// Lowers a configuration.
pub fn lower(model: &mut Model, config: &Config, around: &dyn Around, version: Option<&Version>) -> Lowered {
    let options = Options::of_config(around, config);
    let mut lower = Lower {
        model,
        config,
        around,
        version,
        routes: Vec::new(),
    };
    for site in &config.sites {
        let whole = site
            .addresses
            .iter()
            .all(|word| !word.text.trim_start_matches("://").contains('/'));
        let frame = Frame {
            label: site::name(site),
            path: whole.then(|| "/".to_owned()),
            in_order: false,
            depth: 0,
        };
        lower.block(&site.lines, &frame);
    }
    Lowered {
        routes: lower.routes,
        listens: site::listens(around, config, &options).unwrap_or_default(),
    }
}

/// What holds for the lines of a block.
#[derive(Clone)]
struct Frame {
    /// The site with the matchers around.
    label: Arc<str>,
    /// The path prefix of the requests that come here; `None` where that is not plain, or the path is changed.
    path: Option<String>,
    /// Whether directives run as they are written (`route`), not in Caddy's own order.
    in_order: bool,
    depth: usize,
}

struct Lower<'l> {
    model: &'l mut Model,
    config: &'l Config,
    around: &'l dyn Around,
    version: Option<&'l Version>,
    routes: Vec<Route>,
}

/// The matcher of a line, as written; `None` for one that takes all requests.
fn matcher(line: &Line) -> Option<&str> {
    line.at().text().filter(|text| text.starts_with(['/', '@']))
}

impl Lower<'_> {
    fn block(&mut self, lines: &[Line], frame: &Frame) {
        if frame.depth > DEPTH {
            return;
        }
        let ends = |name: &str| lines.iter().any(|line| line.name() == name && matcher(line).is_none());
        let answers = ["abort", "error", "respond"].into_iter().any(ends);
        // What runs before all others and takes every request: nothing else in the block is ever reached.
        if !frame.in_order && ends("redir") {
            return;
        }
        let changed = ["rewrite", "uri", "try_files"];
        let mut own = frame.clone();
        if lines.iter().any(|line| changed.contains(&line.name())) {
            own.path = None;
        }
        let mut seen: HashSet<(&str, &str)> = HashSet::new();
        for line in lines {
            let name = line.name();
            // Of two for the same requests the second is never reached.
            let kind = match name {
                "reverse_proxy" | "php_fastcgi" => "proxy",
                "handle" | "handle_path" => "handle",
                _ => name,
            };
            let ends_here = matches!(kind, "proxy" | "handle");
            if ends_here && !seen.insert((kind, matcher(line).unwrap_or_default())) {
                continue;
            }
            match name {
                "reverse_proxy" | "php_fastcgi" if !answers || frame.in_order => self.proxy(line, &own),
                "forward_auth" => self.proxy(line, &own),
                "handle" | "handle_path" | "route" | "invoke" => self.inner(line, &own),
                "abort" | "error" | "respond" | "redir" if frame.in_order && matcher(line).is_none() => return,
                _ => {}
            }
        }
    }

    /// A block in a block.
    fn inner(&mut self, line: &Line, frame: &Frame) {
        let block = match line.name() {
            "invoke" => {
                let words = line.words(self.around);
                let name = words.get(usize::from(has_matcher(line)));
                match name.and_then(|name| self.config.named_route(&name.text)) {
                    Some(block) => block.clone(),
                    None => return,
                }
            }
            _ => line.clone(),
        };
        let (lines, _) = self.config.block(self.around, &block);
        let mut inner = self.taken(line, frame);
        inner.in_order = line.name() == "route";
        inner.depth += 1;
        if line.name() == "handle_path" {
            inner.path = None;
        }
        self.block(&lines, &inner);
    }

    /// The requests of a frame that a line takes.
    fn taken(&self, line: &Line, frame: &Frame) -> Frame {
        let mut own = frame.clone();
        if let Some(matcher) = matcher(line) {
            own.label = Arc::from(format!("{} {matcher}", frame.label));
            // Exact, where it does not end in an asterisk.
            let prefix = matcher.strip_suffix('*').filter(|prefix| !prefix.contains(['*', '@']));
            own.path = prefix.filter(|_| frame.path.is_some()).map(str::to_owned);
        }
        own
    }

    fn proxy(&mut self, line: &Line, frame: &Frame) {
        let frame = self.taken(line, frame);
        let (lines, open) = self.config.block(self.around, line);
        let proxy = Proxy::new(self.around, self.config, line, lines, open);
        let head = line.at().head();
        let scope = proxy.scope(self.model, self.around);
        let pass = proxy.pass();
        let name = match line.name() {
            "forward_auth" => format!("{} forward_auth", frame.label),
            _ => frame.label.to_string(),
        };
        let mut entity = Entity::new(Kind::Route, name.clone(), head);
        entity.set(route::NAME, Arc::from(&*name), head);
        let mut group = Entity::new(Kind::Upstream, name.clone(), head);
        for entity in [&mut entity, &mut group] {
            entity.table = Some(&TABLE);
            entity.module = pass;
            entity.scope = Some(scope);
            entity.version = self.version.cloned();
        }
        entity.set_known(route::PASS, proxy.known_pass(), line.at().name_span());
        if line.name() != "forward_auth"
            && let Some(path) = frame.path
        {
            entity.set(route::PATH, Arc::from(path), head);
        }
        proxy.protocol(&mut entity, head);
        proxy.retries(&mut entity, self.around, head);
        let first = proxy.upstreams.first().map_or(name.as_str(), |word| &*word.text);
        group.set(upstream::NAME, Arc::from(first), head);
        group.set(upstream::NAMED, false, head);
        let count = match &proxy.doubt {
            Some(doubt) => Known::Unknown(doubt.clone()),
            None => Known::Is(proxy.upstreams.len() as i64),
        };
        group.set_known(upstream::SERVERS, count, head);
        group.set_known(upstream::HEALTH_CHECKED, proxy.is_checked(), head);
        let (id, group) = (self.model.add(entity), self.model.add(group));
        let manner = Manner {
            sends_proxy: proxy.transport_line("proxy_protocol").is_some(),
        };
        let each = proxy.upstreams.iter();
        let endpoints = each
            .map(|word| upstreams::endpoint(self.model, word, &name, manner))
            .collect();
        self.routes.push(Route {
            id,
            upstream: Known::Is(group),
            endpoints,
            reuses_connections: self.reuses(group, &proxy),
            takes: Takes::default(),
            doubt: proxy.doubt,
        });
    }

    /// Idle connections are used again unless `keepalive off`; FastCGI makes one for each request.
    fn reuses(&self, group: EntityId, proxy: &Proxy) -> Known<bool> {
        match proxy.known_pass() {
            Known::Is(pass) if &*pass == "proxy" => {
                let time = self.model.get(group, upstream::KEEPALIVE_TIMEOUT);
                time.map(|time| time != crate::model::Duration::ZERO)
            }
            Known::Is(_) => Known::Is(false),
            other => other.map(|_| false),
        }
    }
}
