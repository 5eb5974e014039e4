//! Which files are Apache's.

use crate::environment::Role;
use crate::environment::claim::{Claim, Claimant, Look};
use crate::syntax::Language;

/// What Apache's room says of files.
pub(super) static CLAIMANT: Claimant = Claimant {
    by_content: |look, _, text| {
        (look == Look::Conf && text.lines().any(is_own)).then_some(Claim::certain(Role::Other, Language::Text))
    },
    ..Claimant::NONE
};

/// Whether a line is a section or a directive that only Apache has.
fn is_own(line: &str) -> bool {
    let content = line.trim();
    if let Some(section) = content.strip_prefix('<') {
        return is_section(section);
    }
    let word = content.split_ascii_whitespace().next().unwrap_or_default();
    !content.ends_with([';', '{', '}'])
        && matches!(
            word,
            "LoadModule" | "ServerRoot" | "DocumentRoot" | "ProxyPass" | "RewriteEngine" | "LogFormat"
        )
}

fn is_section(opened: &str) -> bool {
    let name = opened.split([' ', '\t', '>']).next().unwrap_or_default();
    matches!(
        name,
        "VirtualHost"
            | "Directory"
            | "DirectoryMatch"
            | "IfModule"
            | "IfDefine"
            | "IfVersion"
            | "Location"
            | "LocationMatch"
            | "Proxy"
            | "Files"
            | "FilesMatch"
            | "Macro"
            | "Limit"
            | "LimitExcept"
    )
}
