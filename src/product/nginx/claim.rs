//! Which files are nginx's, and which context the outermost directives of each belong in.

use std::sync::LazyLock;

use super::product::PRODUCT;
use crate::environment::Role;
use crate::environment::claim::{Certainty, Claim, Claimant, Fragment, Look, Name};
use crate::syntax::Language;

/// What nginx's room says of files.
pub(super) static CLAIMANT: Claimant = Claimant {
    by_name: |name| is_named(name).then_some(Look::Conf),
    by_content: |look, name, text| {
        let own = |(outermost, certainty)| Claim {
            language: Language::Nginx,
            role: Role::Product(PRODUCT.id()),
            fragment: Fragment(outermost as u8),
            certainty,
        };
        (look == Look::Conf).then(|| recognise(name.path, text).map(own))?
    },
    includes: &["include"],
};

fn is_named(name: &Name<'_>) -> bool {
    let whole = name.bare == "nginx" && !name.folders.ends_with("bin");
    let is_included =
        || name.ends_in(&["inc", "include"]) && name.folders.split('/').any(|part| part.contains("nginx"));
    whole
        // nginx.conf.prod, nginx.conf-old
        || name.bare.starts_with("nginx.conf")
        || name.bare.ends_with("_params")
        || name.ends_in(&["nginx", "vhost", "ngx", "nginxconf"])
        // nginx.virtualserver.tmpl
        || (name.is_wrapped() && name.stem.starts_with("nginx"))
        || is_included()
        // nginx/shop.example.org
        || (name.is_in("nginx") && name.is_host())
}

/// The context that the outermost directives of a file belong in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outermost {
    /// A whole configuration.
    Main,
    /// Included from `http`.
    Http,
    /// Included from `stream`.
    Stream,
    /// Included from `server`.
    Server,
    /// Included from `location`.
    Location,
    /// Included from `upstream`.
    Upstream,
    /// The directives are legal in several contexts.
    Unknown,
}

impl Outermost {
    /// That of a claimed file.
    pub fn of(fragment: Fragment) -> Outermost {
        use Outermost::{Http, Location, Main, Server, Stream, Unknown, Upstream};
        let all = [Main, Http, Stream, Server, Location, Upstream, Unknown];
        all.get(usize::from(fragment.0)).copied().unwrap_or(Unknown)
    }
}

/// Directives no other language of this shape has, and the context in which they stand when they are outermost. An
/// entry stands for its family as well: `gzip` for `gzip_types`.
#[rustfmt::skip]
const STRONG: &[(&str, Outermost)] = {
    use Outermost::{Http, Location, Main, Server, Unknown, Upstream};
    &[
        ("events", Main), ("http", Main), ("stream", Main), ("mail", Main), ("rtmp", Main), ("worker_", Main),
        ("load_module", Main), ("pcre_jit", Main), ("daemon", Main), ("thread_pool", Main), ("debug_points", Main),
        ("upstream", Http), ("map", Http), ("geo", Http), ("split_clients", Http), ("log_format", Http),
        ("limit_req_zone", Http), ("limit_conn_zone", Http), ("proxy_cache_path", Http), ("fastcgi_cache_path", Http),
        ("server_names_hash_", Http), ("map_hash_", Http), ("variables_hash_", Http), ("lua_shared_dict", Http),
        ("lua_package_", Http), ("js_import", Http), ("init_by_", Http), ("init_worker_", Http), ("geoip", Http),
        ("vhost_traffic_status_zone", Http),
        ("location", Server), ("server_name", Server), ("listen", Server), ("ssl_certificate", Server),
        ("ssl_", Server), ("http2", Server), ("quic_", Server), ("client_header_", Server),
        ("large_client_header_buffers", Server), ("ssl_certificate_by_", Server),
        ("proxy_pass", Location), ("fastcgi_pass", Location), ("uwsgi_pass", Location), ("scgi_pass", Location),
        ("grpc_pass", Location), ("memcached_pass", Location), ("proxy_", Location), ("fastcgi_", Location),
        ("uwsgi_", Location), ("scgi_", Location), ("grpc_", Location), ("memcached_", Location), ("alias", Location),
        ("internal", Location), ("stub_status", Location), ("try_files", Location), ("rewrite", Location),
        ("empty_gif", Location), ("mirror", Location), ("limit_except", Location), ("access_by_", Location),
        ("content_by_", Location), ("rewrite_by_", Location), ("set_by_", Location), ("header_filter_by_", Location),
        ("body_filter_by_", Location), ("log_by_", Location), ("valid_referers", Location), ("secure_link", Location),
        ("dav_", Location), ("image_filter", Location), ("mp4", Location), ("flv", Location),
        ("health_check", Location), ("xslt_", Location),
        ("least_conn", Upstream), ("ip_hash", Upstream), ("least_time", Upstream), ("sticky", Upstream),
        ("ntlm", Upstream), ("queue", Upstream), ("keepalive", Upstream), ("balancer_by_", Upstream),
        ("types_hash_", Unknown), ("proxy_headers_hash_", Unknown), ("tcp_no", Unknown),
        ("server_name_in_redirect", Unknown), ("server_tokens", Unknown), ("if_modified_since", Unknown),
        ("add_header", Unknown), ("add_trailer", Unknown), ("more_set_", Unknown), ("more_clear_", Unknown),
        ("auth_basic", Unknown), ("auth_request", Unknown), ("auth_jwt", Unknown), ("client_", Unknown),
        ("keepalive_", Unknown), ("send_timeout", Unknown), ("sendfile", Unknown), ("gzip", Unknown),
        ("gunzip", Unknown), ("brotli", Unknown), ("expires", Unknown), ("etag", Unknown), ("open_file_cache", Unknown),
        ("limit_req", Unknown), ("limit_conn", Unknown), ("limit_rate", Unknown), ("real_ip_", Unknown),
        ("set_real_ip_from", Unknown), ("resolver", Unknown), ("error_page", Unknown), ("default_type", Unknown),
        ("sub_filter", Unknown), ("ssi", Unknown), ("aio", Unknown), ("directio", Unknown), ("autoindex", Unknown),
        ("underscores_in_headers", Unknown), ("ignore_invalid_headers", Unknown), ("absolute_redirect", Unknown),
        ("port_in_redirect", Unknown), ("merge_slashes", Unknown), ("js_", Unknown), ("lua_", Unknown),
        ("access_log", Unknown), ("log_not_found", Unknown), ("charset", Unknown), ("satisfy", Unknown),
        ("addition_types", Unknown), ("perl_", Unknown), ("opentracing", Unknown), ("otel_", Unknown),
        ("opentelemetry", Unknown), ("passenger_", Unknown), ("modsecurity", Unknown), ("lingering_", Unknown),
        ("postpone_output", Unknown), ("output_buffers", Unknown), ("reset_timedout_connection", Unknown),
        ("chunked_transfer_encoding", Unknown), ("recursive_error_pages", Unknown), ("max_ranges", Unknown),
        ("msie_", Unknown), ("userid", Unknown), ("vod_", Unknown), ("pagespeed", Unknown),
    ]
};

/// Directives whose names other languages use as well.
#[rustfmt::skip]
const WEAK: &[(&str, Outermost)] = {
    use Outermost::{Location, Main, Server, Unknown, Upstream};
    &[
        ("user", Main), ("pid", Main), ("env", Main), ("lock_file", Main), ("master_process", Main),
        ("timer_resolution", Main),
        ("protocol", Server),
        ("return", Location), ("set", Location), ("if", Location), ("break", Location), ("stub_status", Location),
        ("zone", Upstream), ("hash", Upstream), ("random", Upstream), ("state", Upstream), ("server", Upstream),
        ("include", Unknown), ("root", Unknown), ("index", Unknown), ("allow", Unknown), ("deny", Unknown),
        ("error_log", Unknown), ("match", Unknown), ("types", Unknown),
    ]
};
static STRONG_FAMILIES: LazyLock<Families> = LazyLock::new(|| Families::of(STRONG));
static WEAK_FAMILIES: LazyLock<Families> = LazyLock::new(|| Families::of(WEAK));

/// The entries of a table by their first letter, the longest first.
struct Families([Vec<(&'static [u8], Outermost)>; 26]);

impl Families {
    fn of(table: &'static [(&'static str, Outermost)]) -> Families {
        let mut families = Families(Default::default());
        for (entry, context) in table {
            if let Some(same) = letter(entry.as_bytes()) {
                families.0[same].push((entry.as_bytes(), *context));
            }
        }
        for same in &mut families.0 {
            same.sort_by_key(|(entry, _)| std::cmp::Reverse(entry.len()));
        }
        families
    }

    /// The longest entry that is the name or a family the name belongs to.
    fn find(&self, name: &[u8]) -> Option<Outermost> {
        let matches = |entry: &[u8]| {
            name.strip_prefix(entry)
                .is_some_and(|rest| rest.is_empty() || entry.ends_with(b"_") || rest[0] == b'_')
        };
        let mut same = self.0[letter(name)?].iter();
        same.find(|(entry, _)| matches(entry)).map(|(_, context)| *context)
    }
}

fn letter(name: &[u8]) -> Option<usize> {
    name.first()
        .filter(|byte| byte.is_ascii_lowercase())
        .map(|byte| usize::from(byte - b'a'))
}

/// Blocks whose inside is data or another language.
fn is_opaque(name: &[u8]) -> bool {
    matches!(name, b"map" | b"types" | b"geo" | b"split_clients" | b"charset_map") || name.ends_with(b"_block")
}

#[derive(Default)]
struct Score {
    strong: usize,
    weak: usize,
    unknown: usize,
    /// Bits of the contexts that outermost directives ask for.
    contexts: u8,
    /// A server that passes on without a location: that is a stream's.
    stream: bool,
}

/// `None` when the text is something else.
fn recognise(path: &str, text: &str) -> Option<(Outermost, Certainty)> {
    let score = Scanner::new(text.as_bytes()).run();
    let known = score.strong + score.weak;
    let is_placed = path.contains("nginx") || path.contains("/sites-") || path.starts_with("sites-");
    let is_nginx = if score.strong > 0 {
        known >= score.unknown
    } else {
        // `return 444;`, `include …;`, `deny all;`: nginx where nginx is at home.
        score.weak > 0 && score.unknown == 0 && is_placed
    };
    let certainty = if score.strong > 0 && score.unknown * 4 <= known {
        Certainty::Certain
    } else {
        Certainty::Likely
    };
    is_nginx.then(|| (score.context(), certainty))
}

impl Score {
    /// So much speaks for nginx that only the outermost directives are still of interest.
    fn is_plain(&self) -> bool {
        self.strong >= 16 && self.unknown * 4 <= self.strong
    }

    fn add(&mut self, context: Outermost) {
        self.contexts |= 1 << context as u8;
    }

    /// The outermost context that any directive asks for: what belongs further in is legal further out, but not the
    /// other way round.
    fn context(&self) -> Outermost {
        use Outermost::{Http, Location, Main, Server, Stream, Unknown, Upstream};
        let has = |context: Outermost| self.contexts & (1 << context as u8) != 0;
        let first = [Main, Http, Server, Location, Upstream]
            .into_iter()
            .find(|context| has(*context));
        match first {
            Some(Http) if self.stream => Stream,
            // `server a:80;` beside `keepalive 8;`
            Some(Location) if has(Upstream) => Location,
            Some(context) => context,
            None => Unknown,
        }
    }
}

/// Cuts the text into directives without keeping them: enough of nginx's syntax to count names.
struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
    /// The depth of the directives of the `server` block that is open.
    server_depth: Option<usize>,
    score: Score,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t [u8]) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            server_depth: None,
            score: Score::default(),
        }
    }

    fn run(mut self) -> Score {
        let mut name: Option<&'t [u8]> = None;
        let mut second: &'t [u8] = b"";
        while let Some(token) = self.next() {
            match token {
                Token::Word(word) => match name {
                    None => name = Some(bare(word)),
                    Some(_) if second.is_empty() => second = word,
                    Some(_) => {}
                },
                Token::End => {
                    if let Some(name) = name.take() {
                        self.count(name, second, false);
                    }
                    second = b"";
                }
                Token::Open => {
                    let name = name.take().unwrap_or_default();
                    self.count(name, second, true);
                    second = b"";
                    if is_opaque(name) {
                        self.skip_block(!name.ends_with(b"_block"));
                    } else {
                        self.depth += 1;
                    }
                }
                Token::Close => {
                    // An unfinished directive before `}` is an error; it says nothing.
                    (name, second) = (None, b"");
                    self.depth = self.depth.saturating_sub(1);
                    if self.server_depth.is_some_and(|depth| self.depth < depth) {
                        self.server_depth = None;
                    }
                }
            }
        }
        self.score
    }

    fn count(&mut self, name: &[u8], second: &[u8], opens: bool) {
        let is_server_block = opens && name == b"server" && second.is_empty();
        if is_server_block {
            self.server_depth = Some(self.depth + 1);
        }
        self.score.stream |= name == b"proxy_pass" && self.server_depth == Some(self.depth);
        if self.depth > 0 && self.score.is_plain() {
            return;
        }
        // `user = nobody` is another language's; `location = /` is ours.
        let is_entry = second == b"=" && name != b"location";
        let strong = STRONG_FAMILIES.find(name).filter(|_| !is_entry);
        let weak = || WEAK_FAMILIES.find(name).filter(|_| !is_entry);
        let context = if is_server_block {
            self.score.strong += 1;
            Outermost::Http
        } else if let Some(context) = strong {
            self.score.strong += 1;
            context
        } else if let Some(context) = weak() {
            self.score.weak += 1;
            context
        } else {
            self.score.unknown += 1;
            return;
        };
        if self.depth == 0 {
            self.score.add(context);
        }
    }

    fn next(&mut self) -> Option<Token<'t>> {
        loop {
            let rest = &self.text[self.at..];
            let byte = *rest.first()?;
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'#' => self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
                b'{' if matches!(rest.get(1), Some(b'{' | b'%' | b'#')) => self.skip_hole(),
                b'<' if rest.get(1) == Some(&b'%') => self.skip_hole(),
                b';' => return self.one(Token::End),
                b'{' => return self.one(Token::Open),
                b'}' => return self.one(Token::Close),
                b'"' | b'\'' => return Some(self.quoted(byte)),
                _ => return Some(self.word()),
            }
        }
    }

    fn one(&mut self, token: Token<'t>) -> Option<Token<'t>> {
        self.at += 1;
        Some(token)
    }

    fn quoted(&mut self, quote: u8) -> Token<'t> {
        let start = self.at;
        self.at += 1;
        while let Some(found) = memchr::memchr2(quote, b'\\', &self.text[self.at..]) {
            self.at += found + 1;
            if self.text[self.at - 1] == quote {
                return Token::Word(&self.text[start..self.at]);
            }
            self.at = (self.at + 1).min(self.text.len());
        }
        self.at = self.text.len();
        Token::Word(&self.text[start..])
    }

    fn word(&mut self) -> Token<'t> {
        let start = self.at;
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' => break,
                b'\\' => self.at += 1,
                // `${name}` belongs to its word.
                b'$' if self.text.get(self.at + 1) == Some(&b'{') => {
                    let near = &self.text[self.at..self.text.len().min(self.at + 256)];
                    self.at += memchr::memchr2(b'}', b'\n', near).unwrap_or(1);
                }
                b'{' if matches!(self.text.get(self.at + 1), Some(b'{' | b'%')) => {
                    self.skip_hole();
                    continue;
                }
                b'{' => break,
                _ => {}
            }
            self.at += 1;
        }
        self.at = self.at.clamp(start + 1, self.text.len());
        Token::Word(&self.text[start..self.at])
    }

    /// `{{ … }}`, `{% … %}`, `<% … %>`; one that never ends is skipped to the end of its line.
    fn skip_hole(&mut self) {
        let rest = &self.text[self.at..];
        let end: &[u8] = match (rest[0], rest[1]) {
            (b'<', _) => b"%>",
            (_, b'%') => b"%}",
            (_, b'#') => b"#}",
            _ => b"}}",
        };
        let near = &rest[2..rest.len().min(4096)];
        self.at += match memchr::memmem::find(near, end) {
            Some(found) => found + 4,
            None => memchr::memchr(b'\n', rest).unwrap_or(rest.len()).max(1),
        };
    }

    /// Behind the `}` that closes the block just opened. In Lua `#` is no comment.
    fn skip_block(&mut self, has_comments: bool) {
        let mut depth = 1;
        while let Some(found) = memchr::memchr3(b'{', b'}', b'#', &self.text[self.at..]) {
            let byte = self.text[self.at + found];
            self.at += found + 1;
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ if has_comments => self.at += memchr::memchr(b'\n', &self.text[self.at..]).unwrap_or(0),
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
        self.at = self.text.len();
    }
}

/// A name may be quoted like any other word.
fn bare(word: &[u8]) -> &[u8] {
    let inside = |quote: &[u8]| word.strip_prefix(quote)?.strip_suffix(quote);
    inside(b"\"").or_else(|| inside(b"'")).unwrap_or(word)
}

enum Token<'t> {
    Word(&'t [u8]),
    End,
    Open,
    Close,
}
