//! Which files are of a Node server: JavaScript or TypeScript that probably starts one.

use memchr::memmem;

use super::DESCRIPTOR;
use super::tools::is_ecosystem;
use crate::environment::Role;
use crate::environment::claim::{Claim, Claimant, Look, Name};
use crate::syntax::Language;

/// What Node's room says of files.
pub(super) static CLAIMANT: Claimant = Claimant {
    by_name: |name| (is_server(name) || is_told_of(name)).then_some(Look::Own),
    by_content: |look, name, text| {
        let own = || Claim::likely(Role::Product(DESCRIPTOR.id()), Language::JavaScript);
        (look == Look::Own && is_server(name) && starts_server(text)).then(own)
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

fn is_server(name: &Name<'_>) -> bool {
    is_script(name.ending) && is_named(name)
}

/// What tells how a server is started.
fn is_told_of(name: &Name<'_>) -> bool {
    name.file == "package.json"
        || is_ecosystem(name.file)
            && ["ecosystem", "pm2", "process"]
                .iter()
                .any(|word| name.file.starts_with(word))
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
