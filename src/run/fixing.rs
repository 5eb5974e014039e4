//! `--diff` and `--fix`.

use std::io::{self, IsTerminal, Write};

use super::lint::settle;
use super::scope::{Scope, narrow};
use super::setup::Setup;
use super::{CLEAN, FOUND, Failure, print};
use crate::analysis::Analysis;
use crate::cli::Lint;
use crate::finding::Finding;
use crate::finding::settle::Settled;
use crate::fix::{apply, diff, prove};
use crate::repo::{Edit, SourceId};
use crate::terminal;

pub(super) fn offered<'f>(findings: &'f [Finding], options: &Lint) -> Vec<&'f [Edit]> {
    let fixes = findings.iter().filter_map(|finding| finding.fix());
    let wanted = fixes.filter(|fix| fix.because.is_none() || options.unsafe_fixes);
    prove::apart(wanted)
        .into_iter()
        .map(|fix| fix.edits.as_slice())
        .collect()
}

pub(super) fn show_diff(setup: &Setup, findings: &[Finding], options: &Lint) -> Result<u8, Failure> {
    let fixes = offered(findings, options);
    let plan = apply::plan(&setup.root.folder, &setup.sources, &fixes);
    let mut patch = Vec::new();
    for file in &plan.files {
        patch.extend(diff::unified(&file.path, &file.old, &file.new));
    }
    let terminal = io::stdout().is_terminal();
    let text = String::from_utf8_lossy(&patch);
    let shown = if terminal {
        terminal::escape_lines(&text).into_bytes()
    } else {
        patch.clone()
    };
    print(&shown)?;
    let hidden = findings
        .iter()
        .filter(|finding| finding.fix().is_some_and(|fix| fix.because.is_some()))
        .count();
    let mut err = io::stderr();
    if patch.is_empty() {
        writeln!(err, "no fix to show")?;
    }
    if hidden > 0 && !options.unsafe_fixes {
        writeln!(err, "{hidden} more with --unsafe-fixes")?;
    }
    let fails = findings.iter().any(|finding| options.fail_on.fails(finding.severity));
    Ok(if fails && !options.exit_zero { FOUND } else { CLEAN })
}

pub(super) type Round = (usize, (usize, Settled), usize);

/// Applies fixes in rounds: what overlaps, or only shows when another is fixed, waits for the next.
pub(super) fn fix<'a>(
    setup: &'a Setup,
    analysis: &mut Analysis<'a>,
    first: (usize, Settled),
    scope: &Scope,
    options: &Lint,
) -> Result<Round, Failure> {
    const ROUNDS: usize = 10;
    let (mut fixed, mut settled, mut left_out) = (0, first, 0);
    for _ in 0..ROUNDS {
        let fixes = offered(&settled.1.findings, options);
        if fixes.is_empty() {
            break;
        }
        let plan = apply::plan(&setup.root.folder, &setup.sources, &fixes);
        let failed = apply::write(&plan);
        if let Some((path, error)) = failed.first() {
            return Err(Failure::new(
                format!("{path} cannot be written: {error}"),
                "Nothing of that file was changed.",
            ));
        }
        if plan.files.is_empty() {
            let reason = plan.refused.first().map_or("", |(_, refusal)| refusal.0.as_str());
            return Err(Failure::new(
                format!("no fix can be applied: {reason}"),
                "Run it again on the files as they are.",
            ));
        }
        fixed += fixes.len() - plan.refused.len();
        let texts: Vec<(SourceId, String)> = plan
            .files
            .iter()
            .filter_map(|file| {
                let id = analysis.repository.get(&file.path)?.source.id;
                Some((id, String::from_utf8_lossy(&file.new).into_owned()))
            })
            .collect();
        *analysis = Analysis::new(analysis.ground(), analysis.changed(&texts));
        settled = settle(setup, analysis, scope, options);
        left_out = narrow(setup, &mut settled.1, scope, options);
        analysis.prove(&mut settled.1.findings);
    }
    Ok((fixed, settled, left_out))
}
