//! `gatelint lint`: read → analyse → settle → prove → show, change or report.

use std::io::{self, IsTerminal, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::asked::Asked;
use super::capacity::weeks;
use super::end::{CLEAN, FAILED, FOUND, Failure, print};
use super::files::Files;
use super::fixing::{all, mend};
use super::output::Output;
use super::review::{needs_terminal, review};
use super::scope::scope;
use super::setup::{self, Setup, select};
use super::since::{Change, history};
use crate::analysis::{Prover, analyse};
use crate::cli::{Cli, Lint};
use crate::environment::read;
use crate::finding::refused::UNREADABLE;
use crate::finding::{AsOfOrigin, Settled, Summary};
use crate::fix::apply::Draft;
use crate::product::unread::unread;
use crate::repo::Sources;
use crate::report::progress::Progress;
use crate::report::{self, FileProblem, Format, Report};
use crate::rule::Severity;
use crate::syntax::ProblemKind;
use crate::terminal::{self, Look};

pub(super) fn lint(cli: &Cli, options: &Lint) -> Result<u8, Failure> {
    if options.interactive {
        needs_terminal()?;
    }
    let quiet = options.quiet || options.diff;
    let mut progress = Progress::start(!quiet && io::stderr().is_terminal());
    let setup = set_up(cli, options)?;
    let (scope, stand_in) = scope(&setup.root, options)?;
    let asked = Asked {
        setup: &setup,
        scope: &scope,
        options,
        before: None,
    };
    let history = history(&setup, options)?;
    let change = history
        .as_ref()
        .map(|history| Change::of(history, options))
        .transpose()?;
    let reports = |path: &str| scope.reports(path);
    let telling = asked.telling(&reports);

    let takes_buffer = options.fix && stand_in.is_some();
    let buffer = stand_in
        .as_ref()
        .map(|text| (Arc::from(&*text.path), text.bytes.clone()));
    let patch_file = options.patch_file.as_deref();
    let patch_file = patch_file.map(|path| Output::prepare(path, true)).transpose()?;
    let files = Files::prepare(options)?;
    let read = match &change {
        Some(change) => change.head(&setup, &progress),
        None => setup.repository(stand_in, &progress),
    };
    let unread = unread(&read.repository, &reports);
    let mut problems = problems(&setup.sources, &read);
    problems.retain(|problem| scope.reports(&problem.path));
    progress.step("linking", 0, 0);
    let ground = setup.ground();
    let before = change.map(|change| change.before(asked, &ground, &read.repository));
    let asked = Asked {
        before: before.as_ref(),
        ..asked
    };
    let (analysis, settled) = analyse(&ground, read.repository, &telling);
    setup.check_traffic(&analysis, Look::stderr(cli.color))?;
    let mut settled = asked.settle(&analysis, settled);
    let unread_fails = options.fail_on_unread && (problems.iter().any(is_loss) || !unread.is_empty());
    problems.retain(|problem| !is_told(&setup.sources, problem, &settled));

    let draws_weeks = options.formats().any(Format::draws_weeks);
    let mut weeks = if draws_weeks {
        weeks(&analysis, &setup)?
    } else {
        Vec::new()
    };

    progress.step("proving fixes", 0, 0);
    let wanted = asked.wants_fixes_of(&settled.findings);
    let mut prover = analysis.make_room(wanted.iter().map(|at| &settled.findings[*at]));
    let each = settled.findings.iter_mut().enumerate();
    let each = each.filter(|(at, _)| wanted.contains(at));
    prover.prove(each.map(|(_, finding)| finding));
    let (_, linked) = prover.linked(reports);
    let mut ended = Ended {
        unmet: unread_fails || options.fail_if_nothing_linked && linked == 0,
        ..Ended::default()
    };
    if asked.changes() {
        let draft = buffer.map_or_else(Draft::default, Draft::of_buffer);
        let mut mended = if options.interactive {
            progress.finish();
            review(asked, &telling, (&settled, &prover), Look::stdout(cli.color))?
        } else {
            mend(asked, &telling, (&settled, &prover), draft, &|findings| {
                all(findings, options)
            })
        };
        progress.finish();
        if let Some(file) = patch_file {
            file.write(&mended.patch())?;
        }
        if options.diff {
            mended.show(&settled.findings, options)?;
            return Ok(ended.code(&settled, options));
        }
        if options.fix {
            ended.failed = mended.write(asked, &telling)?;
            ended.mended = mended.mended(&setup.sources, &settled);
            if let Some(text) = mended.draft.buffer() {
                print(text)?;
            }
            if let Some(after) = mended.after {
                (settled, prover) = after;
                // They show what was there before.
                weeks.clear();
            }
        }
    }
    progress.finish();

    let summary = summary(asked, &settled, &prover);
    let report = Report {
        sources: &setup.sources,
        rules: &setup.rules,
        findings: &settled.findings,
        unevaluated: &settled.unevaluated,
        problems: &problems,
        unread: &unread,
        weeks: &weeks,
        summary,
    };
    let shown = report::Options {
        look: Look::stdout(cli.color),
        verbose: options.verbose,
        quiet: options.quiet,
        least: asked.least(),
    };
    // Standard output alone hands every line over by itself. Where it takes the text that was mended, the report goes
    // beside it.
    let to: Box<dyn Write> = match takes_buffer {
        true => Box::new(io::stderr().lock()),
        false => Box::new(io::stdout().lock()),
    };
    let mut out = io::BufWriter::with_capacity(64 * 1024, to);
    report::write(&report, options.format, shown, &mut out)?;
    drop(out);
    ended.failed |= files.write(&report, shown)?;
    if !options.quiet {
        notes(asked, &prover, &ended.mended)?;
    }
    let code = ended.code(&settled, options);
    // The process ends here: taking everything apart again would cost more than a tenth of the run.
    std::mem::forget((prover, settled));
    std::mem::forget(ground);
    std::mem::forget(setup);
    Ok(code)
}

/// What decides how a run ends, beside its findings.
#[derive(Default)]
struct Ended {
    /// What fixes have mended.
    mended: Vec<String>,
    /// Whether a file could not be written.
    failed: bool,
    /// Whether less was read or linked than was asked for.
    unmet: bool,
}

impl Ended {
    fn code(&self, settled: &Settled, options: &Lint) -> u8 {
        let fails = self.unmet || severities(settled).any(|severity| options.fail_on.fails(severity));
        match (self.failed, fails && !options.exit_zero) {
            (true, _) => FAILED,
            (false, true) => FOUND,
            (false, false) => CLEAN,
        }
    }
}

pub(super) fn set_up(cli: &Cli, options: &Lint) -> Result<Setup, Failure> {
    let start = options
        .paths
        .iter()
        .find(|path| path.as_os_str() != "-")
        .map_or(Path::new("."), PathBuf::as_path);
    let look = Look::stderr(cli.color);
    let setup = Setup::new(start, options.config.as_deref(), options.no_config, look)?;
    let asked = options.as_of.as_deref().map(setup::as_of).transpose()?;
    let staged = options.staged.then(|| (setup::today(), AsOfOrigin::Staged));
    let as_of = asked.map(|day| (day, AsOfOrigin::Asked)).or(staged);
    let mut setup = setup.with_traffic(as_of, look)?;
    if !options.no_baseline {
        setup = setup.with_baseline(look)?;
    }
    select(&mut setup.rules, &setup.config, options)?;
    Ok(setup)
}

fn severities(settled: &Settled) -> impl Iterator<Item = Severity> {
    let told = settled.findings.iter().map(|finding| finding.severity);
    told.chain(settled.milder.iter().map(|finding| finding.severity))
}

fn summary(asked: Asked<'_>, settled: &Settled, prover: &Prover<'_>) -> Summary {
    let count = |severity| severities(settled).filter(|of| *of == severity).count();
    let (hops, linked) = prover.linked(|path| asked.scope.reports(path));
    Summary {
        files: prover.repository.files().len(),
        hops,
        linked,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        infos: count(Severity::Info),
        ignored: settled.silenced,
        known: settled.known,
        mended: settled.mended,
        fixable: settled
            .findings
            .iter()
            .filter(|finding| finding.fix().is_some())
            .count(),
        left_out: settled.left_out,
        as_of: prover.compares_traffic.then_some(asked.setup.as_of),
    }
}

/// What is said beside the report.
fn notes(asked: Asked<'_>, prover: &Prover<'_>, mended: &[String]) -> Result<(), Failure> {
    let files = prover.repository.files();
    if !files.is_empty() && !files.iter().any(|file| asked.scope.asks(&file.source.path)) {
        writeln!(
            io::stderr(),
            "note: nothing that gatelint reads lies where you asked; `gatelint lint {}` reports on the whole repository",
            asked.setup.root.folder.display()
        )?;
    }
    if let Some(count) = NonZero::new(mended.len()) {
        let findings = if count.get() == 1 { "finding" } else { "findings" };
        writeln!(io::stderr(), "fixed {count} {findings}")?;
        for place in mended {
            writeln!(io::stderr(), "  {}", terminal::escape(place))?;
        }
    }
    Ok(())
}

/// Whether a finding says the same.
fn is_told(sources: &Sources, problem: &FileProblem, settled: &Settled) -> bool {
    let unreadable = settled.findings.iter().filter(|finding| *finding.rule == *UNREADABLE);
    let mut files = unreadable.map(|finding| sources.get(finding.at.source).path.clone());
    problem.kind != ProblemKind::Skipped && files.any(|path| *path == *problem.path)
}

/// Whether something was lost. What is left out on purpose was not.
fn is_loss(problem: &FileProblem) -> bool {
    !matches!(problem.kind, ProblemKind::Skipped | ProblemKind::Twice)
}

fn problems(sources: &Sources, read: &read::Read) -> Vec<FileProblem> {
    let files = read.failures.iter().map(FileProblem::of_file);
    let mut found: Vec<FileProblem> = files
        .chain(
            read.problems
                .iter()
                // Where nobody reads the file, the last of two equal keys is as good as any.
                .filter(|problem| problem.kind != ProblemKind::Twice)
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
