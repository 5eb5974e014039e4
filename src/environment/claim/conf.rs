//! `*.conf` and its like, and INI: some product's, a unit of systemd, or one of the many that are not read here.

use super::Claimants;
use super::claimant::Look;
use super::claimed::{Certainty, Claim, head, statements};
use super::name::Name;
use crate::environment::repository::Role;
use crate::syntax::Language;

/// All these languages show themselves early.
const LIMIT: usize = 64 * 1024;

pub(super) fn claim(claimants: &Claimants, name: &Name<'_>, text: &str) -> Claim {
    let text = head(text, LIMIT);
    match claimants.ask(Look::Conf, name, text) {
        Some(claim) if claim.certainty == Certainty::Certain => claim,
        _ if begins_with_section(text) => ini(claimants, name, text),
        likely => likely.unwrap_or(Claim::OTHER),
    }
}

pub(super) fn claim_ini(claimants: &Claimants, name: &Name<'_>, text: &str) -> Claim {
    ini(claimants, name, head(text, LIMIT))
}

/// Whether the first line that says something is `[section]`.
fn begins_with_section(text: &str) -> bool {
    let first = statements(text).next();
    first.is_some_and(|(line, _)| line.starts_with('[') && line.ends_with(']'))
}

fn ini(claimants: &Claimants, name: &Name<'_>, text: &str) -> Claim {
    if let Some(claim) = claimants.ask(Look::Ini, name, text) {
        return claim;
    }
    let (mut unit, mut entries) = (false, false);
    for line in text.lines().map(str::trim_start) {
        match line.strip_prefix('[') {
            Some(section) => {
                unit |= ["Unit]", "Service]", "Install]"]
                    .iter()
                    .any(|name| section.starts_with(name));
            }
            None => entries |= line.contains('=') && !line.starts_with([';', '#']),
        }
    }
    if unit {
        systemd(name.path)
    } else if entries {
        Claim::likely(Role::Other, Language::Ini)
    } else {
        Claim::OTHER
    }
}

/// A unit of systemd: services start something, sockets are what those listen on.
pub(super) fn systemd(path: &str) -> Claim {
    let role = if path.ends_with(".service") || path.ends_with(".socket") {
        Role::Systemd
    } else {
        Role::Other
    };
    Claim::certain(role, Language::Text)
}
