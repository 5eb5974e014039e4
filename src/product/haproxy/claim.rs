//! Which files are HAProxy's.

use super::DESCRIPTOR;
use crate::environment::Role;
use crate::environment::claim::{Claim, Claimant, Look, Name};
use crate::syntax::Language;

/// What HAProxy's room says of files.
pub(super) static CLAIMANT: Claimant = Claimant {
    by_name: |name| is_named(name).then_some(Look::Conf),
    by_content: |look, _, text| {
        let own = || Claim::certain(Role::Product(DESCRIPTOR.id()), Language::Haproxy);
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

const SECTIONS: [&str; 17] = [
    "global",
    "traces",
    "defaults",
    "frontend",
    "backend",
    "listen",
    "peers",
    "resolvers",
    "userlist",
    "mailers",
    "cache",
    "program",
    "http-errors",
    "ring",
    "fcgi-app",
    "crt-store",
    "log-forward",
];
const KEYWORDS: [&str; 25] = [
    "bind",
    "trace",
    "server",
    "server-template",
    "mode",
    "timeout",
    "balance",
    "option",
    "maxconn",
    "log",
    "acl",
    "default_backend",
    "use_backend",
    "http-request",
    "http-response",
    "tcp-request",
    "stats",
    "nameserver",
    "user",
    "retries",
    "errorfile",
    "peer",
    "daemon",
    "default-server",
    "cookie",
];

/// Whether a text has a section and a keyword of HAProxy, and does not begin as INI.
fn is_own(text: &str) -> bool {
    let (mut section, mut keyword) = (false, false);
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    for (nth, content) in lines.enumerate() {
        if nth == 0 && content.starts_with('[') && content.ends_with(']') {
            return false;
        }
        if content.ends_with([';', '{', '}']) || content.starts_with('<') {
            continue;
        }
        let word = content.split_ascii_whitespace().next().unwrap_or_default();
        if !section && SECTIONS.contains(&word) && !content.contains('=') {
            section = true;
        } else if !keyword && KEYWORDS.contains(&word) {
            keyword = true;
        }
        if section && keyword {
            return true;
        }
    }
    false
}
