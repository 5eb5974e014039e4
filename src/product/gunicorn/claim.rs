//! Which files are gunicorn's.

use super::DESCRIPTOR;
use crate::environment::Role;
use crate::environment::claim::{Claim, Claimant, Look, Name};
use crate::syntax::Language;

/// What gunicorn's room says of files.
pub(super) static CLAIMANT: Claimant = Claimant {
    by_name: |name| (name.ending == "py" && is_named(name)).then_some(Look::Own),
    by_content: |look, _, _| {
        let own = || Claim::certain(Role::Product(DESCRIPTOR.id()), Language::Python);
        (look == Look::Own).then(own)
    },
    ..Claimant::NONE
};

fn is_named(name: &Name<'_>) -> bool {
    name.stem.starts_with("gunicorn")
        || name.stem.ends_with("gunicorn")
        || name.stem.ends_with("gunicorn.conf")
        || name.stem.ends_with("gunicorn_conf")
        || (name.is_in("gunicorn") && name.stem.contains("conf"))
}
