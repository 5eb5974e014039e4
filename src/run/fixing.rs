//! `--diff` and `--fix`.

use std::io::{self, IsTerminal, Write};

use super::asked::Asked;
use super::end::{CLEAN, FOUND, Failure, print};
use super::setup::Setup;
use crate::analysis::{Prover, analyse};
use crate::cli::Lint;
use crate::finding::{Finding, Settled, Telling};
use crate::fix::apply::{self, Plan};
use crate::fix::{diff, prove};
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

/// What was mended, and what then is found.
pub(super) struct Fixed<'a> {
    /// How many findings.
    pub(super) count: usize,
    pub(super) settled: Settled,
    pub(super) prover: Prover<'a>,
}

/// Applies fixes in rounds: what overlaps, or only shows when another is fixed, waits for the next.
pub(super) fn fix<'a>(asked: Asked<'_>, telling: &Telling<'_>, first: Fixed<'a>) -> Result<Fixed<'a>, Failure> {
    const ROUNDS: usize = 10;
    let mut now = first;
    for _ in 0..ROUNDS {
        let fixes = offered(&now.settled.findings, asked.options);
        if fixes.is_empty() {
            break;
        }
        let plan = apply::plan(&asked.setup.root.folder, &asked.setup.sources, &fixes);
        write(&plan)?;
        let count = now.count + fixes.len() - plan.refused.len();
        let texts: Vec<(SourceId, String)> = plan
            .files
            .iter()
            .filter_map(|file| {
                let id = now.prover.repository.get(&file.path)?.source.id;
                Some((id, String::from_utf8_lossy(&file.new).into_owned()))
            })
            .collect();
        let (analysis, settled) = analyse(now.prover.ground(), now.prover.changed(&texts), telling);
        let mut settled = asked.settle(&analysis, settled);
        let prover = analysis.make_room(&settled.findings);
        prover.prove(&mut settled.findings);
        now = Fixed { count, settled, prover };
    }
    Ok(now)
}

fn write(plan: &Plan) -> Result<(), Failure> {
    let failed = apply::write(plan);
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
    Ok(())
}
