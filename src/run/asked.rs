//! What a run of `gatelint lint` was asked for, and what that leaves of the findings.

use std::collections::{BTreeSet, HashSet};

use super::scope::Scope;
use super::setup::{Setup, runs};
use super::since::Base;
use crate::analysis::Analysis;
use crate::cli::Lint;
use crate::finding::baseline::{self, Entry};
use crate::finding::ignores::{self, ConfigIgnore, Ignores, RuleIds};
use crate::finding::settle::{self, Settled, Telling};
use crate::finding::{Finding, RuleInfo};
use crate::repo::Span;
use crate::report::Format;
use crate::rule::{Precision, Severity};

/// Configuration, command line and paths together.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) setup: &'a Setup,
    pub(super) scope: &'a Scope,
    pub(super) options: &'a Lint,
    /// What was found before the change; `None` where all is reported.
    pub(super) before: Option<&'a Base>,
}

impl Asked<'_> {
    /// Whether fixes are made: shown, kept as a patch or applied.
    pub(super) fn changes(&self) -> bool {
        self.options.fix || self.options.diff || self.options.patch_file.is_some()
    }

    /// What is milder is not shown to people.
    pub(super) fn least(&self) -> Severity {
        let usual = if self.options.verbose {
            Severity::Info
        } else {
            Severity::Warning
        };
        self.options.min_severity.unwrap_or(usual)
    }

    /// What is put into words. What no one reads is only counted, unless it is mended all the same, or what is asked for
    /// or ignored may be its other end, which is known of what is told.
    pub(super) fn telling<'t>(&self, reports: &'t (dyn Fn(&str) -> bool + Sync)) -> Telling<'t> {
        let by_other_end = !self.scope.is_all() || self.setup.config.ignores.iter().any(ConfigIgnore::names_object);
        let compares = self.options.since.is_some() || self.options.staged;
        let hides = !compares && self.options.formats().all(Format::hides_milder);
        let counts = hides && !self.changes() && !by_other_end;
        // What the baseline lists is known by its words.
        let listed = self
            .setup
            .baseline
            .as_ref()
            .map_or(Severity::Error, |_| Severity::Warning);
        Telling {
            least: if counts {
                self.least().min(listed)
            } else {
                Severity::Info
            },
            reports,
        }
    }

    /// The findings whose fixes are shown or applied, by their place.
    pub(super) fn wants_fixes_of(&self, findings: &[Finding]) -> BTreeSet<usize> {
        if self.changes() {
            return (0..findings.len()).collect();
        }
        let formats = self.options.formats().filter(|format| format.shows_fixes());
        formats
            .flat_map(|format| format.shown(findings, self.least()))
            .collect()
    }

    /// Applies ignores and severities, adds what is wrong with the configuration, and leaves out what was not asked for.
    pub(super) fn settle(&self, analysis: &Analysis<'_>, mut settled: Settled) -> Settled {
        let sources = &self.setup.sources;
        let unused = ignores::unused_facts(sources, &analysis.unanswered());
        let unused = unused.into_iter().filter(|finding| self.runs(finding));
        settled.findings.extend(unused);
        if let Some(before) = self.before {
            let lost = before.linked.lost(sources, analysis, &settled.findings);
            settled
                .findings
                .extend(lost.into_iter().filter(|finding| self.runs(finding)));
        }
        settle::sort(sources, &mut settled.findings);
        if !self.options.no_ignores {
            self.ignore(analysis, &mut settled);
        }
        if let Some(entries) = &self.setup.baseline {
            self.compare(entries, &mut settled);
        }
        self.narrow(&mut settled);
        if let Some(before) = self.before {
            before.found.leave_new(sources, &mut settled);
        }
        settled
    }

    /// Takes out what the baseline knows, and says what it lists in vain: of rules that run, where everything is asked for.
    fn compare(&self, entries: &[Entry], settled: &mut Settled) {
        let sources = &self.setup.sources;
        let today = jiff::Zoned::now().date();
        let compared = baseline::compare(entries, std::mem::take(&mut settled.findings), today);
        settled.findings = compared.findings;
        settled.known = compared.known;
        let infos = RuleInfo::all(&self.setup.rules);
        let enabled = self.setup.rules.rules().iter().filter(|rule| rule.enabled);
        let enabled: HashSet<&str> = enabled.map(|rule| &*rule.id).collect();
        let runs = |entry: &&Entry| {
            // One of a rule that is gone is never met again.
            let is_known = infos.iter().any(|rule| *rule.id == *entry.rule);
            !is_known || enabled.contains(&*entry.rule)
        };
        if self.scope.is_all() {
            let stale = compared.stale.into_iter().map(|at| &entries[at]);
            let stale = baseline::stale(sources, stale.filter(runs));
            settled
                .findings
                .extend(stale.into_iter().filter(|finding| self.runs(finding)));
            settle::sort(sources, &mut settled.findings);
        }
    }

    fn runs(&self, finding: &Finding) -> bool {
        runs(&self.setup.config, self.options, &finding.rule, &finding.category)
    }

    fn ignore(&self, analysis: &Analysis<'_>, settled: &mut Settled) {
        let Setup {
            sources, config, rules, ..
        } = self.setup;
        let infos = RuleInfo::all(rules);
        // Whether an ignore of a lost link is of use only one change can tell: it is never stale.
        let lost = ignores::BUILT_IN[ignores::LINK_LOST].0;
        let known: Vec<&str> = infos.iter().map(|rule| &*rule.id).chain([lost]).collect();
        let enabled = rules.rules().iter().filter(|rule| rule.enabled);
        let active: HashSet<&str> = enabled.map(|rule| &*rule.id).collect();
        let ids = RuleIds {
            known: &known,
            active: &active,
        };
        let trees = analysis.trees();
        let today = jiff::Zoned::now().date();
        let ignores = Ignores::collected(sources, &trees, &config.ignores, ids, today);
        let all = (
            std::mem::take(&mut settled.findings),
            std::mem::take(&mut settled.milder),
        );
        let ignored = ignores.apply(sources, &trees, all, ids);
        settled.findings = ignored.findings;
        settled.milder = ignored.milder;
        settled.silenced = ignored.silenced;
        settled.findings.retain_mut(|finding| {
            if let Some(severity) = config.severity_of(&finding.rule) {
                finding.severity = severity;
            }
            &*finding.category != "config" || self.runs(finding)
        });
        settle::sort(sources, &mut settled.findings);
    }

    fn narrow(&self, settled: &mut Settled) {
        let Asked {
            setup, scope, options, ..
        } = self;
        let least = options.min_severity.unwrap_or(Severity::Info);
        let surest: Precision = options.min_precision;
        let path = |span: Span| &*setup.sources.get(span.source).path;
        // A file that was named is reported also where the other end is what a person would edit.
        let is_named = |span: Span| scope.names(path(span));
        let mut left_out = 0;
        let mut is_wanted = |at: Span, severity: Severity, precision: Precision, related: &[(Span, String)]| {
            if !scope.asks(path(at)) && !related.iter().any(|(span, _)| is_named(*span)) {
                return false;
            }
            if severity < least || precision < surest {
                return false;
            }
            let leaves_out = scope.leaves_out(path(at));
            left_out += usize::from(leaves_out);
            !leaves_out
        };
        let findings = &mut settled.findings;
        findings.retain(|finding| is_wanted(finding.at, finding.severity, finding.precision, &finding.related));
        let milder = &mut settled.milder;
        milder.retain(|finding| is_wanted(finding.at, finding.severity, finding.precision, &[]));
        settled.left_out = left_out;
    }
}
