//! What there is to read of a rule.

use crate::finding::{BUILT_IN, Finding};
use crate::rule::{Precision, RuleSet, Severity, explain};

/// A rule as reports describe it.
pub(super) struct Page<'r> {
    pub id: &'r str,
    pub category: &'r str,
    pub title: &'r str,
    pub why: &'r str,
    /// What to do.
    pub help: String,
    /// The whole page.
    pub markdown: String,
    pub severity: Severity,
    pub precision: Precision,
}

impl<'r> Page<'r> {
    /// The page of a rule by the id that its findings have.
    pub fn of(rules: &'r RuleSet, finding: &'r Finding) -> Page<'r> {
        match rules.named(&finding.rule) {
            Some(rule) => Page {
                id: &rule.id,
                category: &rule.category,
                title: &rule.title,
                why: &rule.why,
                help: explain::help(rule),
                markdown: explain::body(rule),
                severity: rule.severities().first().copied().unwrap_or(finding.severity),
                precision: rule.precision,
            },
            None => Page::built_in(finding),
        }
    }

    fn built_in(finding: &'r Finding) -> Page<'r> {
        let title = title(&finding.rule);
        Page {
            id: &finding.rule,
            category: &finding.category,
            title,
            why: title,
            help: finding.help.clone(),
            markdown: format!("# {}\n\n{title}.\n", finding.rule),
            severity: finding.severity,
            precision: finding.precision,
        }
    }
}

fn title(id: &str) -> &'static str {
    let known = BUILT_IN.iter().find(|(built_in, _)| *built_in == id);
    known.map_or("Something is wrong with the configuration of gatelint", |(_, title)| {
        title
    })
}

/// Where the page of a rule that comes with the program can be read.
pub(super) fn address(rules: &RuleSet, id: &str) -> Option<String> {
    let is_ours = rules.named(id).is_some_and(|rule| rule.embedded());
    is_ours.then(|| published(env!("CARGO_PKG_REPOSITORY"), id))?
}

/// The page in a repository. There is none as long as that has no address.
fn published(repository: &str, id: &str) -> Option<String> {
    let has_address = !repository.is_empty() && !repository.contains("/OWNER/");
    has_address.then(|| format!("{repository}/blob/main/docs/rules/{id}.md"))
}

#[cfg(test)]
mod tests {
    use super::published;

    #[test]
    fn a_page_has_an_address_once_the_repository_has_one() {
        assert_eq!(published("https://github.com/OWNER/gatelint", "x"), None);
        assert_eq!(published("", "x"), None);
        let page = published("https://github.com/acme/gatelint", "x");
        assert_eq!(
            page.as_deref(),
            Some("https://github.com/acme/gatelint/blob/main/docs/rules/x.md")
        );
    }
}
