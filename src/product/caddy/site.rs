//! What a site listens on, as its addresses and the global options say.

use std::sync::Arc;

use crate::estate::Listen;
use crate::model::Known;
use crate::model::host::is_loopback;
use crate::product::caddy::expand::{Config, Site};
use crate::product::caddy::words::{Around, Word};
use crate::repo::Span;

/// The global options that count here.
#[derive(Debug)]
pub struct Options {
    http: u16,
    https: u16,
    /// Whether sites with a host get certificates and a redirect without being asked.
    automatic: bool,
    redirects: bool,
    bind: Vec<Word>,
    /// What is spoken without TLS; HTTP/2 only where it is asked for.
    plain: Option<&'static str>,
    /// Whether something may open further ports: plugins, options that are filled in.
    open: bool,
}

impl Options {
    /// Reads the global options.
    pub fn of_config(around: &dyn Around, config: &Config) -> Options {
        let mut options = Options {
            http: 80,
            https: 443,
            automatic: true,
            redirects: true,
            bind: Vec::new(),
            plain: Some("http"),
            open: false,
        };
        let Some(globals) = &config.globals else { return options };
        let (lines, doubt) = config.block(around, globals);
        options.open = doubt.is_some();
        for line in lines {
            let words = line.words(around);
            let number = || words.first().and_then(|word| word.text.parse().ok());
            options.open |= words.iter().any(|word| word.doubt.is_some());
            match line.name() {
                "http_port" => options.http = number().unwrap_or(80),
                "https_port" => options.https = number().unwrap_or(443),
                "auto_https" => {
                    let is = |text: &str| words.iter().any(|word| word.text == text);
                    options.automatic &= !is("off");
                    options.redirects &= !is("off") && !is("disable_redirects");
                }
                "default_bind" => options.bind = words,
                "layer4" => options.open = true,
                "servers" => {
                    let says = |name: &str| line.at().children().any(|line| line.name() == name);
                    // As for the PROXY protocol: what such listeners expect is not known.
                    options.open |= says("listener_wrappers");
                    options.plain = options.plain.filter(|_| !says("protocols"));
                }
                _ => {}
            }
        }
        options
    }
}

/// What a configuration listens on; `None` where that cannot be told.
pub fn listens(around: &dyn Around, config: &Config, options: &Options) -> Option<Vec<Listen>> {
    if options.open || config.doubt.is_some() {
        return None;
    }
    let mut found = Vec::new();
    for site in config.sites.iter().filter(|site| !site.addresses.is_empty()) {
        let named = |name: &'static str| site.lines.iter().find(move |line| line.name() == name);
        let tls = named("tls").is_some();
        let bound = named("bind").map(|line| line.words(around));
        for address in &site.addresses {
            if address.doubt.is_some() {
                return None;
            }
            found.extend(of_address(
                options,
                address,
                bound.as_deref().unwrap_or(&options.bind),
                tls,
            )?);
        }
    }
    Some(found)
}

fn of_address(options: &Options, word: &Word, bound: &[Word], tls: bool) -> Option<Vec<Listen>> {
    let (scheme, rest) = word
        .text
        .split_once("://")
        .map_or((None, &*word.text), |(scheme, rest)| (Some(scheme), rest));
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port.parse::<u16>().ok()?)),
        _ => (authority, None),
    };
    let port_or = port.unwrap_or(match scheme {
        Some("http") => options.http,
        _ => options.https,
    });
    let secure = tls || scheme == Some("https") || (options.automatic && !host.is_empty() && port_or != options.http);
    let speaks = match (scheme, secure) {
        (Some("http"), _) => options.plain,
        (_, true) => Some("https"),
        // Without a host, TLS may still come from another site of the same port.
        _ if port_or == options.https => None,
        _ => options.plain,
    };
    let mut found = Vec::new();
    let mut add = |port: u16, speaks: Option<&'static str>| found.extend(bind(bound, port, speaks, word.span));
    add(port_or, speaks);
    if secure && options.redirects && port_or == options.https {
        add(options.http, options.plain);
    }
    Some(found)
}

/// A port on the addresses that are bound, all of them where none is named.
fn bind(bound: &[Word], port: u16, speaks: Option<&'static str>, span: Span) -> Vec<Listen> {
    let listen = |text: String, socket: Option<&str>, loopback| Listen {
        text: Arc::from(text),
        port: socket.is_none().then_some(port),
        socket: socket.map(Arc::from),
        loopback,
        speaks,
        proxy_protocol: Known::Is(false),
        span,
    };
    if bound.is_empty() {
        return vec![listen(format!(":{port}"), None, false)];
    }
    let each = bound.iter().map(|word| match word.text.strip_prefix("unix/") {
        Some(path) => listen(word.text.clone(), Some(path), false),
        None => {
            let host = word.text.trim_start_matches("tcp/");
            listen(format!("{host}:{port}"), None, is_loopback(host))
        }
    });
    each.collect()
}

/// What people call a site: its first address.
pub fn name(site: &Site) -> Arc<str> {
    site.addresses
        .first()
        .map_or_else(|| Arc::from("site"), |word| Arc::from(&*word.text))
}
