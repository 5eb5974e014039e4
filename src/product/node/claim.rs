//! Which files are of a Node server: JavaScript or TypeScript that probably starts one.

use memchr::memmem;

use super::DESCRIPTOR;
use crate::environment::Role;
use crate::environment::claim::{Claim, Claimant, Look, Name};
use crate::syntax::Language;

/// What Node's room says of files.
pub(super) static CLAIMANT: Claimant = Claimant {
    by_name: |name| (is_script(name.ending) && is_named(name)).then_some(Look::Own),
    by_content: |look, _, text| {
        let own = || Claim::likely(Role::Product(DESCRIPTOR.id()), Language::JavaScript);
        (look == Look::Own && starts_server(text)).then(own)
    },
    ..Claimant::NONE
};

/// Folders of JavaScript that is built, vendored or only tests.
const NOT_SERVERS: [&str; 12] = [
    "node_modules",
    "dist",
    "build",
    "out",
    "public",
    "static",
    "assets",
    "vendor",
    "test",
    "tests",
    "__tests__",
    "coverage",
];

fn is_script(ending: &str) -> bool {
    matches!(ending, "js" | "ts" | "mjs" | "cjs" | "mts" | "cts")
}

fn is_named(name: &Name<'_>) -> bool {
    matches!(name.stem, "server" | "app" | "index" | "main" | "www")
        && !name.folders.split('/').any(|folder| NOT_SERVERS.contains(&folder))
}

fn starts_server(text: &str) -> bool {
    ["listen(", "createServer", "keepAliveTimeout"]
        .iter()
        .any(|word| memmem::find(text.as_bytes(), word.as_bytes()).is_some())
}
