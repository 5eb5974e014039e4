//! Which files are Tomcat's.

use super::DESCRIPTOR;
use crate::environment::Role;
use crate::environment::claim::{Claim, Claimant, Look};
use crate::syntax::Language;

/// What Tomcat's room says of files.
pub(super) static CLAIMANT: Claimant = Claimant {
    by_name: |name| (name.bare == "server.xml").then_some(Look::Own),
    by_content: |look, _, _| {
        let own = || Claim::certain(Role::Product(DESCRIPTOR.id()), Language::Text);
        (look == Look::Own).then(own)
    },
    ..Claimant::NONE
};
