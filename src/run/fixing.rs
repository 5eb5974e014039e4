//! `--diff`, `--patch-file` and `--fix`: one patch, made in memory, that is shown, kept or applied.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};

use super::asked::Asked;
use super::end::{Failure, print};
use crate::analysis::{Prover, analyse};
use crate::cli::Lint;
use crate::finding::{Finding, Settled, Telling};
use crate::fix::apply::Draft;
use crate::fix::{diff, prove};
use crate::repo::{Edit, Refusal, SourceId, Sources};
use crate::rule::Severity;
use crate::terminal;

/// What fixes change, and what then is found.
pub(super) struct Mended<'a> {
    /// The files as they are to become.
    pub(super) draft: Draft,
    /// What is found in them; `None` where nothing is changed.
    pub(super) after: Option<(Settled, Prover<'a>)>,
    /// Why a fix was left out.
    refusal: Option<Refusal>,
}

/// Chooses the findings that are to be mended.
pub(super) type Choice<'c> = dyn for<'f> Fn(&'f [Finding]) -> Vec<&'f Finding> + 'c;

/// Every finding whose fix the options ask for.
pub(super) fn all<'f>(findings: &'f [Finding], options: &Lint) -> Vec<&'f Finding> {
    let takes = |finding: &&Finding| finding.fix().is_some_and(|fix| options.takes(fix));
    findings.iter().filter(takes).collect()
}

fn offered<'f>(findings: &'f [Finding], choice: &Choice<'_>) -> Vec<&'f [Edit]> {
    let wanted = choice(findings).into_iter().filter_map(Finding::fix);
    let apart = prove::apart(wanted).into_iter();
    apart.map(|fix| fix.edits.as_slice()).collect()
}

/// Makes the fixes that are asked for in rounds: what overlaps, or only shows when another is fixed, waits for the next.
pub(super) fn mend<'a>(
    asked: Asked<'_>,
    telling: &Telling<'_>,
    (settled, prover): (&Settled, &Prover<'a>),
    draft: Draft,
    choice: &Choice<'_>,
) -> Mended<'a> {
    const ROUNDS: usize = 10;
    let mut mended = Mended::of(draft);
    for _ in 0..ROUNDS {
        let now = mended.after.as_ref();
        let (settled, prover) = now.map_or((settled, prover), |(settled, prover)| (settled, prover));
        let fixes = offered(&settled.findings, choice);
        let Some((draft, after)) = round(
            asked,
            telling,
            (settled, prover),
            &mended.draft,
            &fixes,
            &mut mended.refusal,
        ) else {
            break;
        };
        mended.draft = draft;
        mended.after = Some(after);
    }
    mended
}

/// Each fix is proved by itself. Where all together bring what none of them does, half of them are tried.
fn round<'a>(
    asked: Asked<'_>,
    telling: &Telling<'_>,
    (settled, prover): (&Settled, &Prover<'a>),
    draft: &Draft,
    fixes: &[&[Edit]],
    refusal: &mut Option<Refusal>,
) -> Option<(Draft, (Settled, Prover<'a>))> {
    let mut together = fixes.len();
    while together > 0 {
        let mut draft = draft.clone();
        let root = &asked.setup.root.folder;
        let put = draft.put(root, &asked.setup.sources, &fixes[..together]);
        if let Some((_, reason)) = put.refused.into_iter().next() {
            refusal.get_or_insert(reason);
        }
        if put.changed.is_empty() {
            return None;
        }
        let after = judged(asked, telling, prover, &put.changed);
        if together == 1 || !brings_new(settled, &after.0) {
            return Some((draft, after));
        }
        together /= 2;
    }
    None
}

/// What is found when files hold other bytes.
pub(super) fn judged<'a>(
    asked: Asked<'_>,
    telling: &Telling<'_>,
    prover: &Prover<'a>,
    changed: &[(SourceId, Vec<u8>)],
) -> (Settled, Prover<'a>) {
    let (analysis, settled) = analyse(prover.ground(), prover.changed(changed), telling);
    let mut settled = asked.settle(&analysis, settled);
    let prover = analysis.make_room(&settled.findings);
    prover.prove(&mut settled.findings);
    (settled, prover)
}

/// How often each thing is found.
fn counted(findings: &[Finding]) -> HashMap<(&str, &str), usize> {
    let mut counts = HashMap::new();
    for finding in findings {
        *counts.entry((&*finding.rule, &*finding.subject)).or_default() += 1;
    }
    counts
}

/// The findings of one list that another does not have.
fn without<'f>(findings: &'f [Finding], others: &[Finding]) -> Vec<&'f Finding> {
    let mut others = counted(others);
    let mut left = Vec::new();
    for finding in findings {
        match others.get_mut(&(&*finding.rule, &*finding.subject)) {
            Some(count) if *count > 0 => *count -= 1,
            _ => left.push(finding),
        }
    }
    left
}

/// Whether something is found that was not, other than advice.
pub(super) fn brings_new(before: &Settled, after: &Settled) -> bool {
    let new = without(&after.findings, &before.findings);
    new.iter().any(|finding| finding.severity >= Severity::Warning)
}

impl Mended<'_> {
    /// The whole patch; empty where nothing is changed.
    pub(super) fn patch(&self) -> Vec<u8> {
        let files = self.draft.changes();
        files
            .flat_map(|file| diff::unified(&file.path, &file.old, &file.new))
            .collect()
    }

    /// Shows the patch.
    pub(super) fn show(&self, findings: &[Finding], options: &Lint) -> Result<(), Failure> {
        let patch = self.patch();
        if io::stdout().is_terminal() {
            print(terminal::escape_lines(&String::from_utf8_lossy(&patch)).as_bytes())?;
        } else {
            print(&patch)?;
        }
        let mut err = io::stderr();
        if patch.is_empty() {
            writeln!(err, "no fix to show")?;
        }
        let unsafe_fixes = findings.iter().filter_map(|finding| finding.fix());
        let hidden = unsafe_fixes.filter(|fix| fix.because.is_some()).count();
        if hidden > 0 && !options.unsafe_fixes {
            writeln!(err, "{hidden} more with --unsafe-fixes")?;
        }
        Ok(())
    }
}

impl<'a> Mended<'a> {
    /// Nothing is changed yet.
    pub(super) fn of(draft: Draft) -> Mended<'a> {
        Mended {
            draft,
            after: None,
            refusal: None,
        }
    }

    /// With what is found in it.
    pub(super) fn then(self, after: (Settled, Prover<'a>)) -> Mended<'a> {
        let after = Some(after);
        Mended { after, ..self }
    }

    /// Writes the files. Those that cannot be written are named and stay as they are; gives whether there are any.
    pub(super) fn write(&mut self, asked: Asked<'_>, telling: &Telling<'_>) -> Result<bool, Failure> {
        let mut err = io::stderr();
        let Some((_, prover)) = &self.after else {
            let Some(reason) = &self.refusal else { return Ok(false) };
            return Err(Failure::new(
                format!("no fix can be applied: {}", reason.0),
                "Run it again on the files as they are.",
            ));
        };
        if let Some(reason) = &self.refusal {
            let reason = terminal::escape(&reason.0);
            writeln!(err, "note: a fix was left out: {reason}")?;
        }
        let mut back = Vec::new();
        for (file, error) in self.draft.write() {
            let path = terminal::escape(&file.path);
            writeln!(
                err,
                "error: {path} cannot be written: {error}\n  Nothing of that file was changed."
            )?;
            let source = prover.repository.get(&file.path).map(|file| file.source.id);
            back.extend(source.map(|id| (id, file.old.clone())));
        }
        if !back.is_empty() {
            self.after = Some(judged(asked, telling, prover, &back));
        }
        Ok(!back.is_empty())
    }

    /// What is found no more, each with its place.
    pub(super) fn mended(&self, sources: &Sources, before: &Settled) -> Vec<String> {
        let Some((after, _)) = &self.after else {
            return Vec::new();
        };
        let told = |finding: &Finding| {
            let source = sources.get(finding.at.source);
            let line = source.lines().line(finding.at.start) + 1;
            format!("{}:{line} {}", source.path, finding.rule)
        };
        without(&before.findings, &after.findings)
            .into_iter()
            .map(told)
            .collect()
    }
}
