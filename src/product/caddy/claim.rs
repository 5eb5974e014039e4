//! Which files are Caddy's: those called so, and what they import.

use crate::environment::Role;
use crate::environment::claim::{Claim, Claimant, Look, Name};
use crate::product::caddy::product::PRODUCT;
use crate::syntax::Language;

/// What Caddy's room says of files.
pub(super) static CLAIMANT: Claimant = Claimant {
    by_name: |name| is_named(name).then_some(Look::Own),
    by_content: |look, _, _| {
        (look == Look::Own).then(|| Claim::certain(Role::Product(PRODUCT.id()), Language::Caddyfile))
    },
    ..Claimant::NONE
};

/// `Caddyfile`, `Caddyfile.prod`, `prod.caddyfile`, `sites/shop.caddy`; also without their endings as templates.
fn is_named(name: &Name<'_>) -> bool {
    let behind = name.bare.strip_prefix("Caddyfile");
    let is_variant = |behind: &str| {
        let ending = behind.strip_prefix(['.', '-', '_']);
        ending.is_some_and(|ending| !matches!(ending, "md" | "json" | "txt" | "html"))
    };
    behind.is_some_and(|behind| behind.is_empty() || is_variant(behind)) || name.ends_in(&["caddyfile", "caddy"])
}
