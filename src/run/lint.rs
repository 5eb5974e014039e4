//! `gatelint lint`: read → judge → settle → narrow → prove → show, change or report.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::fixing::{fix, show_diff};
use super::scope::{Scope, narrow, scope};
use super::setup::{self, Setup, runs, select};
use super::{CLEAN, FOUND, Failure};
use crate::analysis::Analysis;
use crate::cli::{Cli, Lint};
use crate::environment::read;
use crate::finding::ignores::{self, ConfigIgnore, Ignores, RuleIds};
use crate::finding::settle::{self, Settled};
use crate::finding::{RuleInfo, Summary};
use crate::repo::Sources;
use crate::report::progress::Progress;
use crate::report::{self, FileProblem, Report};
use crate::rule::Severity;
use crate::syntax::ProblemKind;
use crate::terminal::Look;

pub(super) fn lint(cli: &Cli, options: &Lint) -> Result<u8, Failure> {
    let look = Look::stdout(cli.color);
    let quiet = options.quiet || options.diff;
    let mut progress = Progress::start(!quiet && io::stderr().is_terminal());
    let start = options
        .paths
        .iter()
        .find(|path| path.as_os_str() != "-")
        .map_or(Path::new("."), PathBuf::as_path);
    let mut setup = Setup::new(
        start,
        options.config.as_deref(),
        options.no_config,
        Look::stderr(cli.color),
    )?;
    let as_of = options.as_of.as_deref().map(setup::as_of).transpose()?;
    setup = setup.with_traffic(as_of, Look::stderr(cli.color))?;
    select(&mut setup.rules, &setup.config, options)?;
    let (scope, stand_in) = scope(&setup.root, options)?;

    let read = setup.read(stand_in, &progress);
    let mut problems = problems(&setup.sources, &read);
    problems.retain(|problem| scope.reports(&problem.path));
    let ground = setup.ground();
    progress.step("linking", 0, 0);
    let files = read.repository.files().len();
    let mut analysis = Analysis::new(&ground, read.repository);
    setup.check_traffic(&analysis, Look::stderr(cli.color))?;
    let mut settled = settle(&setup, &analysis, &scope, options);
    let mut left_out = narrow(&setup, &mut settled.1, &scope, options);
    progress.step("proving fixes", 0, 0);
    let least = least(options);
    // A proof reads what uses the file again, so it is made only where a fix is shown or applied.
    let changes = options.fix || options.diff;
    let findings = &mut settled.1.findings;
    let proved: BTreeSet<usize> = match options.format {
        report::Format::Human if !changes => report::human::shown(findings, least).0.into_iter().collect(),
        report::Format::Concise if !changes => BTreeSet::new(),
        _ => (0..findings.len()).collect(),
    };
    analysis.make_room(proved.iter().map(|at| &findings[*at]));
    let each = findings.iter_mut().enumerate().filter(|(at, _)| proved.contains(at));
    analysis.prove(each.map(|(_, finding)| finding));
    if options.diff {
        progress.finish();
        return show_diff(&setup, &settled.1.findings, options);
    }
    let mut fixed = 0;
    if options.fix {
        (fixed, settled, left_out) = fix(&setup, &mut analysis, settled, &scope, options)?;
    }
    let (silenced, settled) = settled;
    progress.finish();

    let severities = || {
        let told = settled.findings.iter().map(|finding| finding.severity);
        told.chain(settled.milder.iter().map(|finding| finding.severity))
    };
    let count = |severity| severities().filter(|of| *of == severity).count();
    let (hops, linked) = analysis.linked(|path| scope.reports(path));
    let summary = Summary {
        files,
        hops,
        linked,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        infos: count(Severity::Info),
        ignored: silenced,
        fixable: settled
            .findings
            .iter()
            .filter(|finding| finding.fix().is_some())
            .count(),
        left_out,
        as_of: analysis.compares_traffic().then_some(setup.as_of),
    };
    let report = Report {
        sources: &setup.sources,
        findings: &settled.findings,
        unevaluated: &settled.unevaluated,
        problems: &problems,
        summary,
    };
    let shown = report::Options {
        look,
        verbose: options.verbose,
        quiet: options.quiet,
        least,
    };
    // Standard output alone hands every line over by itself.
    let mut out = io::BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    report::write(&report, options.format, shown, &mut out)?;
    let configuration = analysis.repository.files();
    if !options.quiet && files > 0 && !configuration.iter().any(|file| scope.asks(&file.source.path)) {
        writeln!(
            io::stderr(),
            "note: nothing that gatelint reads lies where you asked; `gatelint lint {}` reports on the whole repository",
            setup.root.folder.display()
        )?;
    }
    if fixed > 0 && !options.quiet {
        writeln!(
            io::stderr(),
            "fixed {fixed} {}",
            if fixed == 1 { "finding" } else { "findings" }
        )?;
    }
    let fails = severities().any(|severity| options.fail_on.fails(severity));
    // The process ends here: taking everything apart again would cost more than a tenth of the run.
    std::mem::forget((analysis, settled));
    std::mem::forget(ground);
    std::mem::forget(setup);
    Ok(if fails && !options.exit_zero { FOUND } else { CLEAN })
}

/// What is milder is not shown to people.
fn least(options: &Lint) -> Severity {
    let usual = if options.verbose {
        Severity::Info
    } else {
        Severity::Warning
    };
    options.min_severity.unwrap_or(usual)
}

pub(super) fn problems(sources: &Sources, read: &read::Read) -> Vec<FileProblem> {
    let files = read.failures.iter().map(FileProblem::of_file);
    let mut found: Vec<FileProblem> = files
        .chain(
            read.problems
                .iter()
                .map(|problem| FileProblem::of_text(sources, problem)),
        )
        .collect();
    for source in read
        .repository
        .files()
        .iter()
        .map(|file| &file.source)
        .filter(|source| !source.replaced.is_empty())
    {
        let line = source.lines().line(source.replaced[0].0) + 1;
        let message = "the file is not UTF-8; what is not was left out of account".to_owned();
        found.push(FileProblem {
            path: source.path.to_string(),
            line,
            kind: ProblemKind::PartlyRead,
            message,
        });
    }
    found.sort();
    found.dedup();
    found
}

/// Hits to findings, with ignores applied. Gives how many were silenced.
pub(super) fn settle(setup: &Setup, analysis: &Analysis<'_>, scope: &Scope, options: &Lint) -> (usize, Settled) {
    let infos = RuleInfo::of(&setup.rules);
    let mut hits = analysis.hits();
    for environment in &mut hits {
        environment.not_evaluated.retain(|open| {
            open.span
                .is_none_or(|span| scope.reports(&setup.sources.get(setup.sources.locate(span).source).path))
        });
    }
    // What no one reads is only counted, unless it is mended all the same, or what is asked for or ignored may be its
    // other end, which is known of what is told.
    let changes = options.fix || options.diff;
    let by_other_end = !scope.is_all() || setup.config.ignores.iter().any(ConfigIgnore::names_object);
    let counts = options.format == report::Format::Human && !changes && !by_other_end;
    let told = if counts { least(options) } else { Severity::Info };
    let mut settled = settle::settle_from(told, &setup.sources, &infos, &hits);
    let unused = ignores::unused_facts(&setup.sources, &analysis.unanswered());
    settled.findings.extend(
        unused
            .into_iter()
            .filter(|finding| runs(&setup.config, options, &finding.rule, "config")),
    );
    settle::sort(&setup.sources, &mut settled.findings);
    if options.no_ignores {
        return (0, settled);
    }
    let known: Vec<&str> = infos.iter().map(|rule| &*rule.id).collect();
    let enabled = setup.rules.rules().iter().filter(|rule| rule.enabled);
    let active: HashSet<&str> = enabled.map(|rule| &*rule.id).collect();
    let ids = RuleIds {
        known: &known,
        active: &active,
    };
    let trees = analysis.trees();
    let today = jiff::Zoned::now().date();
    let ignores = Ignores::read(&setup.sources, &trees, &setup.config.ignores, ids, today);
    let ignored = ignores.apply(&setup.sources, &trees, (settled.findings, settled.milder), ids);
    settled.findings = ignored.findings;
    settled.milder = ignored.milder;
    settled.findings.retain_mut(|finding| {
        if let Some(severity) = setup.config.severity_of(&finding.rule) {
            finding.severity = severity;
        }
        &*finding.category != "config" || runs(&setup.config, options, &finding.rule, "config")
    });
    settle::sort(&setup.sources, &mut settled.findings);
    (ignored.silenced, settled)
}
