//! Which language a file is written in: first by its name, so that most files are never opened, then by its content,
//! because a name promises little. Claiming reads each byte at most once and builds nothing.

mod conf;
mod name;
mod nginx;
mod yaml;

use std::collections::HashSet;

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

/// The language of a file, as finely as can be told without parsing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// YAML.
    Yaml(YamlKind),
    /// nginx, whole or a fragment, and the context its outermost directives belong in.
    Nginx(NginxContext),
    /// HAProxy.
    Haproxy,
    /// Sections in brackets and `key = value`.
    Ini(IniKind),
    /// Apache httpd. Recognised, not read.
    Apache,
    /// gunicorn's configuration.
    Python,
    /// JavaScript or TypeScript that starts a server.
    JavaScript,
    /// `NAME=value` lines.
    Environment,
    /// A Dockerfile. Recognised, not read yet.
    Dockerfile,
    /// A Procfile. Recognised, not read yet.
    Procfile,
    /// A systemd unit: a service.
    Systemd,
    /// Terraform.
    Terraform(TerraformKind),
    /// Puma's configuration.
    Ruby,
    /// Spring Boot's configuration in lines of `name=value`.
    Properties,
    /// Tomcat's server.xml.
    Tomcat,
    /// Nothing that is read here.
    Other,
}

/// What a YAML file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum YamlKind {
    /// At least one document has `apiVersion` and `kind`.
    Kubernetes,
    /// A compose file or an override of one.
    Compose,
    /// A kustomization or a component.
    Kustomization,
    /// Values of a Helm chart.
    HelmValues,
    /// A template of a Helm chart: not YAML before it is rendered.
    HelmTemplate,
    /// A chart's own description.
    ChartYaml,
    /// An Envoy bootstrap, or resources in a file it reads.
    Envoy,
    /// A CloudFormation template, also of the Serverless Application Model.
    CloudFormation,
    /// Any other YAML: workflows, playbooks, dashboards.
    Other,
}

/// What a file of Terraform is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TerraformKind {
    /// A part of a module: `*.tf`.
    Module,
    /// Values for a module's variables: `*.tfvars`.
    Values,
    /// Either in JSON. Recognised, not read.
    Json,
    /// What Terragrunt reads. Recognised, not read: it may set any variable.
    Terragrunt,
}

/// What an INI file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IniKind {
    /// php-fpm: its global section or pools.
    PhpFpm,
    /// php.ini or a part of it.
    Php,
    /// Any other: supervisord, MySQL, uWSGI.
    Other,
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
    /// Its language.
    pub language: Language,
    /// How sure that is.
    pub certainty: Certainty,
}

impl Claim {
    fn certain(language: Language) -> Self {
        let certainty = Certainty::Certain;
        Self { language, certainty }
    }

    fn likely(language: Language) -> Self {
        let certainty = Certainty::Likely;
        Self { language, certainty }
    }

    const OTHER: Claim = Claim {
        language: Language::Other,
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
        return Claim::certain(Language::Yaml(YamlKind::HelmTemplate));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match by_name(path).unwrap_or(NameClaim::Conf) {
        NameClaim::Yaml => yaml::claim(charts, path, text),
        NameClaim::Conf if path.ends_with(".template") && yaml::is_cloudformation(text) => {
            Claim::certain(Language::Yaml(YamlKind::CloudFormation))
        }
        NameClaim::Conf => conf::claim(path, text),
        NameClaim::Ini => conf::claim_ini(path, text),
        NameClaim::Python => Claim::certain(Language::Python),
        NameClaim::JavaScript if starts_server(text) => Claim::likely(Language::JavaScript),
        NameClaim::JavaScript => Claim::OTHER,
        NameClaim::Ruby => Claim::certain(Language::Ruby),
        NameClaim::Properties => Claim::certain(Language::Properties),
        NameClaim::Tomcat => Claim::certain(Language::Tomcat),
        NameClaim::Systemd if text.contains("[Service]") => Claim::certain(Language::Systemd),
        NameClaim::Systemd => Claim::OTHER,
        NameClaim::Environment => Claim::certain(Language::Environment),
        NameClaim::Dockerfile => Claim::certain(Language::Dockerfile),
        NameClaim::Procfile => Claim::certain(Language::Procfile),
        NameClaim::Terraform => Claim::certain(Language::Terraform(name::terraform_kind(path))),
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
