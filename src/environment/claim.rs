//! Which language a file is written in: first by its name, so that most files are never opened, then by its content,
//! because a name promises little. Claiming reads each byte at most once and builds nothing.

mod conf;
mod name;
mod nginx;
mod yaml;

use std::collections::HashSet;

use super::Role;
use crate::syntax::Language;

pub use name::by_name;
pub use yaml::is_envoy;

/// What a name says the file may be, and so how its content is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameClaim {
    /// YAML, or JSON read as YAML.
    Yaml,
    /// `*.conf`, `*.cfg`, `sites-enabled/*` and the like: any of a dozen languages.
    Conf,
    /// `*.ini`.
    Ini,
    /// A Python file that gunicorn reads.
    Python,
    /// A JavaScript or TypeScript file that probably starts a server.
    JavaScript,
    /// A Ruby file that Puma reads.
    Ruby,
    /// Spring Boot's `application.properties`.
    Properties,
    /// Tomcat's `server.xml`.
    Tomcat,
    /// A systemd service.
    Systemd,
    /// `.env` and its like.
    Environment,
    /// A Dockerfile.
    Dockerfile,
    /// A Procfile.
    Procfile,
    /// Terraform, by one of its own endings.
    Terraform,
}

/// The context that the outermost directives of an nginx file belong in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NginxContext {
    /// A whole configuration.
    Main,
    /// Included from `http`.
    Http,
    /// Included from `stream`.
    Stream,
    /// Included from `server`.
    Server,
    /// Included from `location`.
    Location,
    /// Included from `upstream`.
    Upstream,
    /// The directives are legal in several contexts.
    Unknown,
}

/// How sure a claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Something speaks for it and nothing against.
    Likely,
    /// It is plainly that.
    Certain,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// How it is written.
    pub language: Language,
    /// What it is for.
    pub role: Role,
    /// For nginx the context its outermost directives belong in.
    pub context: Option<NginxContext>,
    /// How sure that is.
    pub certainty: Certainty,
}

impl Claim {
    fn certain(role: Role, language: Language) -> Self {
        Self {
            language,
            role,
            context: None,
            certainty: Certainty::Certain,
        }
    }

    fn likely(role: Role, language: Language) -> Self {
        Self {
            certainty: Certainty::Likely,
            ..Self::certain(role, language)
        }
    }

    const OTHER: Claim = Claim {
        language: Language::Text,
        role: Role::Other,
        context: None,
        certainty: Certainty::Likely,
    };
}

/// The Helm charts of a repository. What lies under `templates/` beside a `Chart.yaml` is a template whatever it
/// looks like.
#[derive(Clone, Debug, Default)]
pub struct Charts(HashSet<String>);

impl Charts {
    /// Collects the folders that hold a `Chart.yaml`.
    pub fn among<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        Self(
            paths
                .into_iter()
                .filter_map(|path| path.strip_suffix("Chart.yaml"))
                .filter(|folder| folder.is_empty() || folder.ends_with('/'))
                .map(str::to_owned)
                .collect(),
        )
    }

    /// Whether the file is a template of one of the charts.
    pub fn has_template(&self, path: &str) -> bool {
        !self.0.is_empty()
            && path
                .match_indices("templates/")
                .any(|(at, _)| self.0.contains(&path[..at]))
    }

    /// Whether the file lies directly in the folder of one of the charts.
    pub fn has_beside(&self, path: &str) -> bool {
        let folder = path.rfind('/').map_or(0, |slash| slash + 1);
        self.0.contains(&path[..folder])
    }
}

/// What a file is, by its content. A path whose name claims nothing is looked at like `*.conf`, so text from standard
/// input or from a ConfigMap can be asked about under any name.
pub fn by_content(charts: &Charts, path: &str, text: &str) -> Claim {
    if charts.has_template(path) {
        return yaml::HELM_TEMPLATE;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let certain = Claim::certain;
    match by_name(path).unwrap_or(NameClaim::Conf) {
        NameClaim::Yaml => yaml::claim(charts, path, text),
        NameClaim::Conf if path.ends_with(".template") && yaml::is_cloudformation(text) => yaml::cloudformation(text),
        NameClaim::Conf => conf::claim(path, text),
        NameClaim::Ini => conf::claim_ini(path, text),
        NameClaim::Python => certain(Role::Python, Language::Python),
        NameClaim::JavaScript if starts_server(text) => Claim::likely(Role::JavaScript, Language::JavaScript),
        NameClaim::JavaScript => Claim::OTHER,
        NameClaim::Ruby | NameClaim::Properties | NameClaim::Tomcat => certain(Role::Settings, Language::Text),
        NameClaim::Systemd if text.contains("[Service]") => conf::systemd(path),
        NameClaim::Systemd => Claim::OTHER,
        NameClaim::Environment => certain(Role::Environment, Language::Text),
        NameClaim::Dockerfile | NameClaim::Procfile => certain(Role::Other, Language::Text),
        NameClaim::Terraform if name::is_hcl(path) => certain(Role::Terraform, Language::Hcl),
        NameClaim::Terraform => certain(Role::Other, Language::Text),
    }
}

fn starts_server(text: &str) -> bool {
    ["listen(", "createServer", "keepAliveTimeout"]
        .iter()
        .any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some())
}

/// The beginning of a text, for languages that show themselves early.
fn head(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}
