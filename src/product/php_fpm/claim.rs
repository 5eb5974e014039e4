//! Which files are php-fpm's: its global section, or pools.

use super::DESCRIPTOR;
use crate::environment::Role;
use crate::environment::claim::{Claim, Claimant, Look, Name};
use crate::syntax::Language;

/// What php-fpm's room says of files.
pub(super) static CLAIMANT: Claimant = Claimant {
    by_content: |look, name, text| {
        let own = || Claim::certain(Role::Product(DESCRIPTOR.id()), Language::Ini);
        (look == Look::Ini && is_own(name, text)).then(own)
    },
    ..Claimant::NONE
};

fn is_own(name: &Name<'_>, text: &str) -> bool {
    let (mut section, mut settings, mut listens) = (false, false, false);
    for line in text.lines().map(str::trim_start) {
        if line.starts_with('[') {
            section = true;
            continue;
        }
        let Some((key, _)) = line.split_once('=') else { continue };
        match key.trim_end() {
            "pm" | "pm.max_children" | "request_terminate_timeout" | "process.max" | "process_control_timeout" => {
                settings = true
            }
            "listen" => listens = true,
            key => {
                settings |= key.starts_with("php_admin_") || key.starts_with("php_value[") || key.starts_with("listen.")
            }
        }
    }
    // A pool that only moves the socket: the file's name decides.
    let is_named = || name.path.contains("fpm") || matches!(name.file, "www.conf" | "zz-docker.conf");
    section && (settings || (listens && is_named()))
}
