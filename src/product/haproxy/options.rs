//! The words behind a server's address, over what `default-server` said before.

use std::sync::Arc;

use crate::model::{Doubt, Known};
use crate::product::haproxy::address::address;
use crate::product::haproxy::sections::{Section, Sections};
use crate::repo::Span;
use crate::syntax::At;

/// Words that take one argument (configuration.txt, section 5.2): it is no word of its own.
#[rustfmt::skip]
const WITH_ARGUMENT: [&str; 72] = [
    "addr", "agent-addr", "agent-inter", "agent-port", "agent-send", "alpn", "ca-file", "check-alpn",
    "check-pool-conn-name", "check-proto", "check-sni", "ciphers", "ciphersuites", "client-sigalgs", "cookie",
    "crl-file", "crt", "curves", "downinter", "ech", "error-limit", "fall", "fastinter", "guid", "hash-key",
    "healthcheck", "id", "idle-ping", "init-addr", "init-state", "inter", "log-bufsize", "log-proto", "max-reuse",
    "maxconn", "maxqueue", "minconn", "namespace", "npn", "observe", "on-error", "on-marked-down", "on-marked-up",
    "pool-conn-name", "pool-low-conn", "pool-max-conn", "pool-purge-delay", "port", "proto", "proxy-v2-options",
    "redir", "resolve-net", "resolve-opts", "resolve-prefer", "resolvers", "rise", "shard", "sigalgs", "slowstart",
    "sni", "socks4", "source", "ssl-max-ver", "ssl-min-ver", "tcp-md5sig", "tcp-ut", "track", "usesrc", "verify",
    "verifyhost", "weight", "ws",
];

/// What the words behind an address say, over what `default-server` said before.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether a check is asked for, or taken back.
    pub check: Option<bool>,
    /// Where it is asked for.
    pub check_at: Option<Span>,
    /// Whether connections begin with a PROXY protocol header.
    pub send_proxy: bool,
    /// Whether TLS is spoken.
    pub ssl: bool,
    /// The protocol spoken whatever TLS agrees on: `h2`, `fcgi`.
    pub proto: Option<Arc<str>>,
    /// Whether the server starts in maintenance.
    pub disabled: bool,
    /// Whether its weight is 0: it gets no new requests.
    pub weightless: bool,
    /// Where that, or `disabled`, is said last.
    pub idle_at: Option<Span>,
    /// Whether it has a `maxconn`.
    pub limited: bool,
    /// Whether another server's state is taken over.
    pub tracks: bool,
    /// The server whose state that is.
    pub tracked: Option<Arc<str>>,
    /// Whether checks go to another port or address.
    pub checked_elsewhere: bool,
    /// Whether a port is said that checks go to.
    pub check_port: bool,
    /// The `resolvers` section that looks its name up again.
    pub resolvers: Option<Arc<str>>,
    /// Whether several servers may have one address (`resolve-opts allow-dup-ip`).
    pub shares_addresses: bool,
    /// `init-addr`, and where it is written.
    pub init_addr: Option<(Arc<str>, Span)>,
    /// Why more may be said.
    pub open: Option<Doubt>,
}

impl Options {
    /// Reads the words from the `from`th on.
    pub fn read(mut self, at: At<'_>, from: usize) -> Options {
        let words = at.words();
        let mut n = from;
        while let Some(word) = at.word(n) {
            if let Some(hole) = at.doubt_at(n) {
                self.open = Some(Doubt::at("what is said of the server is filled in later", hole));
                n += 1;
                continue;
            }
            let argument = at.word(n + 1);
            let unknown = at.doubt_at(n + 1);
            match word {
                "check" | "agent-check" => {
                    self.check = Some(true);
                    self.check_at = Some(at.word_span_at(n));
                }
                "no-check" => self.check = Some(false),
                "send-proxy" | "send-proxy-v2" | "send-proxy-v2-ssl" | "send-proxy-v2-ssl-cn" => self.send_proxy = true,
                "no-send-proxy" | "no-send-proxy-v2" | "no-send-proxy-v2-ssl" | "no-send-proxy-v2-ssl-cn" => {
                    self.send_proxy = false;
                }
                "ssl" => self.ssl = true,
                "no-ssl" => self.ssl = false,
                "proto" => self.proto = argument.map(Arc::from),
                "disabled" => {
                    self.disabled = true;
                    self.idle_at = Some(at.word_span_at(n));
                }
                "enabled" => self.disabled = false,
                "weight" => {
                    self.weightless = unknown.is_none() && argument == Some("0");
                    if self.weightless {
                        self.idle_at = Some(at.word_span_at(n + 1));
                    }
                }
                "maxconn" => self.limited = unknown.is_some() || argument != Some("0"),
                "track" => {
                    self.tracks = true;
                    self.tracked = argument.filter(|_| unknown.is_none()).map(Arc::from);
                }
                "port" | "addr" | "check-via-socks4" => {
                    self.checked_elsewhere = true;
                    let has_port = |text: &str| word == "port" || address(text).port.is_some();
                    self.check_port |= argument.is_some_and(has_port);
                }
                "resolvers" => self.resolvers = argument.map(Arc::from),
                "resolve-opts" => {
                    self.shares_addresses = argument.is_some_and(|options| options.contains("allow-dup-ip"));
                }
                "init-addr" => {
                    self.init_addr = argument
                        .filter(|_| unknown.is_none())
                        .map(|argument| (Arc::from(argument), at.word_span_at(n + 1)));
                }
                _ => {}
            }
            let takes = WITH_ARGUMENT.binary_search(&word).is_ok();
            n += if takes && n + 1 < words.len() { 2 } else { 1 };
        }
        self
    }

    /// Whether the server's health is known.
    pub fn checked(&self, is_template: bool) -> Known<bool> {
        match (&self.open, self.check) {
            (_, Some(true)) => Known::Is(true),
            // The state comes from another server, or from what the name server says.
            _ if self.tracks || (is_template && self.resolvers.is_some()) => Known::Is(true),
            (Some(doubt), _) => Known::Unknown(doubt.clone()),
            (None, _) => Known::Is(false),
        }
    }

    /// How this server and those before it are spoken to.
    pub fn manner(&self, others: Known<Manner>, at: Span) -> Known<Manner> {
        if let Some(doubt) = &self.open {
            return Known::Unknown(doubt.clone());
        }
        let own = Manner {
            tls: self.ssl,
            proto: self.proto.clone(),
        };
        match others {
            Known::Is(other) if other != own => {
                Known::Unknown(Doubt::at("the servers of the group are not spoken to alike", at))
            }
            Known::Unknown(doubt) => Known::Unknown(doubt),
            _ => Known::Is(own),
        }
    }

    /// A word that is there or not, where more may be said.
    pub fn flag(&self, set: bool) -> Known<bool> {
        match &self.open {
            Some(doubt) if !set => Known::Unknown(doubt.clone()),
            _ => Known::Is(set),
        }
    }
}

/// How a server is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Whether over TLS.
    pub tls: bool,
    /// `proto`, where it is written.
    pub proto: Option<Arc<str>>,
}

/// What `default-server` lines of the `defaults` sections say, outermost first.
pub fn inherited(sections: &Sections, section: &Section) -> Options {
    let mut chain = Vec::new();
    let mut base = section.base;
    while let Some(at) = base.filter(|at| !chain.contains(at)) {
        chain.push(at);
        base = sections.all[at].base;
    }
    let mut options = Options::default();
    for section in chain.iter().rev().map(|at| &sections.all[*at]) {
        for line in &section.lines {
            let at = section.at(*line);
            if at.name() == "default-server" {
                options = defaults(options, at, line.maybe);
            }
        }
        if let Some(doubt) = &section.doubt {
            options.open.get_or_insert_with(|| doubt.clone());
        }
    }
    options
}

/// Takes in a `default-server` line.
pub fn defaults(options: Options, at: At<'_>, maybe: bool) -> Options {
    let mut options = options.read(at, 0);
    if maybe {
        options.open = Some(Doubt::at("a default-server stands inside `.if`", at.head()));
    }
    options
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_with_arguments_are_in_order() {
        assert!(super::WITH_ARGUMENT.is_sorted());
    }
}
