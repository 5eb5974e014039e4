//! Which files are HAProxy's.

use super::product::PRODUCT;
use crate::environment::Role;
use crate::environment::claim::{Claim, Claimant, Look, Name, statements};
use crate::syntax::Language;

/// What HAProxy's room says of files.
pub(super) static CLAIMANT: Claimant = Claimant {
    by_name: |name| is_named(name).then_some(Look::Conf),
    by_content: |look, _, text| {
        let own = || Claim::certain(Role::Product(PRODUCT.id()), Language::Haproxy);
        (look == Look::Conf && is_own(text)).then(own)
    },
    ..Claimant::NONE
};

fn is_named(name: &Name<'_>) -> bool {
    let whole = name.bare == "haproxy" && !name.folders.ends_with("bin");
    // What it looks backends up in; a source map belongs to something that was built.
    let is_map = name.ending == "map" && !name.stem.contains('.');
    // haproxy.cfg.prod
    whole || is_map || name.bare.starts_with("haproxy.cfg")
}

fn is_section(word: &str) -> bool {
    matches!(
        word,
        "global"
            | "traces"
            | "defaults"
            | "frontend"
            | "backend"
            | "listen"
            | "peers"
            | "resolvers"
            | "userlist"
            | "mailers"
            | "cache"
            | "program"
            | "http-errors"
            | "ring"
            | "fcgi-app"
            | "crt-store"
            | "log-forward"
    )
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "bind"
            | "trace"
            | "server"
            | "server-template"
            | "mode"
            | "timeout"
            | "balance"
            | "option"
            | "maxconn"
            | "log"
            | "acl"
            | "default_backend"
            | "use_backend"
            | "http-request"
            | "http-response"
            | "tcp-request"
            | "stats"
            | "nameserver"
            | "user"
            | "retries"
            | "errorfile"
            | "peer"
            | "daemon"
            | "default-server"
            | "cookie"
    )
}

/// Whether a text has a section and a keyword of HAProxy, and does not begin as INI.
fn is_own(text: &str) -> bool {
    let (mut section, mut keyword) = (false, false);
    for (nth, (line, word)) in statements(text).enumerate() {
        if nth == 0 && line.starts_with('[') && line.ends_with(']') {
            return false;
        }
        // What ends in these is a block of another's.
        let is_line = || !line.ends_with([';', '{', '}']);
        section |= is_section(word) && !line.contains('=') && is_line();
        keyword |= is_keyword(word) && is_line();
        if section && keyword {
            return true;
        }
    }
    false
}
