//! Which files are Apache's.

use crate::environment::Role;
use crate::environment::claim::{Claim, Claimant, Look, statements};
use crate::syntax::Language;

/// What Apache's room says of files.
pub(super) static CLAIMANT: Claimant = Claimant {
    by_content: |look, _, text| {
        (look == Look::Conf && is_own(text)).then_some(Claim::certain(Role::Other, Language::Text))
    },
    ..Claimant::NONE
};

/// Whether a text has a section or a directive that only Apache has.
fn is_own(text: &str) -> bool {
    statements(text).any(|(line, word)| match word.strip_prefix('<') {
        Some(opened) => is_section(opened),
        None => is_directive(word) && !line.ends_with([';', '{', '}']),
    })
}

fn is_directive(word: &str) -> bool {
    matches!(
        word,
        "LoadModule" | "ServerRoot" | "DocumentRoot" | "ProxyPass" | "RewriteEngine" | "LogFormat"
    )
}

fn is_section(opened: &str) -> bool {
    matches!(
        opened.split('>').next().unwrap_or_default(),
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
