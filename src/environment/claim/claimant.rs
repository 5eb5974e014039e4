//! What a product's room says of files: the ones it knows by their names, and its own among those that may be several
//! products'.

use super::claimed::Claim;
use super::name::Name;

/// How one product's files are told from all others. Neither question builds anything, and both are put for very many
/// files.
#[derive(Debug)]
pub struct Claimant {
    /// What a name says. It is asked of names that promise no well-known format: of `nginx.conf.prod` and `puma.rb`, not
    /// of `*.yaml`.
    pub by_name: fn(&Name<'_>) -> Option<Look>,
    /// Whether a text, looked at in a way, is the product's own. The first certain answer stands.
    pub by_content: fn(Look, &Name<'_>, &str) -> Option<Claim>,
    /// Entries whose first word is the path of a file that is read in their place.
    pub includes: &'static [&'static str],
}

impl Claimant {
    /// Claims nothing.
    pub const NONE: Claimant = Claimant {
        by_name: |_| None,
        by_content: |_, _, _| None,
        includes: &[],
    };
}

/// Each is one value, in its product's room.
impl PartialEq for Claimant {
    fn eq(&self, other: &Claimant) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Claimant {}

/// How the content of a file is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// As YAML, or JSON read as YAML, of no known purpose so far.
    Yaml,
    /// As lines or blocks: `*.conf`, `*.cfg`, `sites-enabled/*` and the like are any of a dozen languages.
    Conf,
    /// As sections in brackets and `key = value`.
    Ini,
    /// The name can mean one product alone, and only that is asked.
    Own,
}

/// What a name says the file may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameClaim {
    /// YAML, or JSON read as YAML.
    Yaml,
    /// `*.conf`, `*.cfg`, `sites-enabled/*` and the like: any of a dozen languages.
    Conf,
    /// `*.ini`.
    Ini,
    /// A systemd service.
    Systemd,
    /// `.env` and its like.
    Environment,
    /// A Dockerfile.
    Dockerfile,
    /// What is only looked at where something else names it: a Procfile, a script that starts something.
    Beside,
    /// Terraform, by one of its own endings.
    Terraform,
    /// One product's.
    Own(&'static Claimant),
}
