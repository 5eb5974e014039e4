//! Which files are Spring Boot's.

use super::DESCRIPTOR;
use crate::environment::Role;
use crate::environment::claim::{Claim, Claimant, Look};
use crate::syntax::Language;

/// What Spring Boot's room says of files.
pub(super) static CLAIMANT: Claimant = Claimant {
    by_name: |name| (name.ending == "properties" && name.stem.starts_with("application")).then_some(Look::Own),
    by_content: |look, _, _| {
        let own = || Claim::certain(Role::Product(DESCRIPTOR.id()), Language::Text);
        (look == Look::Own).then(own)
    },
    ..Claimant::NONE
};
