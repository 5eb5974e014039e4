//! What a file is: first by its name, so that most files are never opened, then by its content, because a name promises
//! little. What products know of their own files they say themselves, as a [`Claimant`]; the rest is here. Claiming builds
//! nothing.

mod charts;
mod claimant;
pub(super) mod claimed;
mod conf;
mod name;
mod yaml;

use super::repository::Role;
use crate::model::ProductId;
use crate::syntax::Language;

pub use charts::Charts;
pub use claimant::{Claimant, Look, NameClaim};
pub use claimed::{Certainty, Claim, Fragment, statements};
pub use name::Name;

/// Everybody who claims files, in the order in which they are asked.
#[derive(Debug)]
pub struct Claimants(Vec<(ProductId, &'static Claimant)>);

impl Claimants {
    /// The claimants of products.
    pub fn new(all: impl IntoIterator<Item = (ProductId, &'static Claimant)>) -> Self {
        Self(all.into_iter().collect())
    }

    /// The one of a product.
    pub fn claimant(&self, product: ProductId) -> Option<&'static Claimant> {
        let mut all = self.0.iter();
        all.find(|(own, _)| *own == product).map(|(_, claimant)| *claimant)
    }

    /// What the name of a file says it may be; `None` for a file that need not be opened at all.
    pub fn by_name(&self, path: &str) -> Option<NameClaim> {
        self.claim_name(&Name::from_path(path))
    }

    fn claim_name(&self, name: &Name<'_>) -> Option<NameClaim> {
        if name.is_backup() {
            return None;
        }
        let own = |claimant: &'static Claimant| {
            Some(match (claimant.by_name)(name)? {
                Look::Yaml => NameClaim::Yaml,
                Look::Conf => NameClaim::Conf,
                Look::Ini => NameClaim::Ini,
                Look::Own => NameClaim::Own(claimant),
            })
        };
        name::format(name)
            .or_else(|| self.0.iter().find_map(|(_, claimant)| own(claimant)))
            .or_else(|| name::is_conf(name).then_some(NameClaim::Conf))
    }

    /// What a file is, by its content. A path whose name claims nothing is looked at like `*.conf`, so text from standard
    /// input or from a ConfigMap can be asked about under any name.
    pub fn by_content(&self, charts: &Charts, path: &str, text: &str) -> Claim {
        if charts.has_template(path) {
            return yaml::HELM_TEMPLATE;
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let name = &Name::from_path(path);
        let certain = Claim::certain;
        let claimed = self.claim_name(name);
        if claimed.is_none() && text.starts_with("#!") {
            return Claim::OTHER;
        }
        match claimed.unwrap_or(NameClaim::Conf) {
            NameClaim::Yaml => yaml::claim(self, charts, name, text),
            NameClaim::Conf if path.ends_with(".template") && yaml::is_cloudformation(text) => {
                yaml::cloudformation(text)
            }
            NameClaim::Conf => conf::claim(self, name, text),
            NameClaim::Ini => conf::claim_ini(self, name, text),
            NameClaim::Systemd if text.contains("[Service]") || text.contains("[Socket]") => conf::systemd(path),
            NameClaim::Systemd => Claim::OTHER,
            NameClaim::Environment => certain(Role::Environment, Language::Text),
            NameClaim::Dockerfile | NameClaim::Beside => certain(Role::Other, Language::Text),
            NameClaim::Terraform if name::is_hcl(path) => certain(Role::Terraform, Language::Hcl),
            NameClaim::Terraform => certain(Role::Other, Language::Text),
            NameClaim::Own(claimant) => (claimant.by_content)(Look::Own, name, text).unwrap_or(Claim::OTHER),
        }
    }

    /// The first product that is certain of a text, else the first that takes it for its own.
    fn ask(&self, look: Look, name: &Name<'_>, text: &str) -> Option<Claim> {
        let mut likely = None;
        for (_, claimant) in &self.0 {
            match (claimant.by_content)(look, name, text) {
                Some(claim) if claim.certainty == Certainty::Certain => return Some(claim),
                claim => likely = likely.or(claim),
            }
        }
        likely
    }
}
