//! One line for each finding: `file:line:col: severity rule message`, as editors and grep expect.

use std::io::{self, Write};

use rayon::prelude::*;

use super::contents::{Options, Report, severity};
use super::layout::Layout;
use crate::finding::Finding;
use crate::speed;
use crate::terminal::escape;

/// `--format concise`
pub(super) struct Concise;

impl Layout for Concise {
    fn write(&self, report: &Report<'_>, _: Options, out: &mut dyn Write) -> io::Result<()> {
        // Every file is indexed by lines here.
        let lines = report.findings.par_iter().with_min_len(speed::LINES);
        let lines: Vec<String> = lines.map(|finding| line(report, finding)).collect();
        lines.iter().try_for_each(|line| out.write_all(line.as_bytes()))
    }

    fn shows_fixes(&self) -> bool {
        false
    }
}

fn line(report: &Report<'_>, finding: &Finding) -> String {
    let source = report.sources.get(finding.at.source);
    let at = source.lines().position(&source.text, finding.at.start);
    format!(
        "{}:{}:{}: {} {} {}\n",
        escape(&source.path),
        at.line,
        at.column,
        severity(finding.severity),
        finding.rule,
        escape(&finding.message)
    )
}
