//! JUnit's XML, as Jenkins and others show it: a failed case for each finding, and one that passes where there is none.

use std::io::{self, Write};

use super::contents::{Options, Report, severity};
use super::layout::Layout;
use super::others::others;
use super::place::Place;
use crate::finding::Finding;
use crate::repo::Sources;
use crate::terminal::escape;

/// `--format junit`
pub(super) struct Junit;

impl Layout for Junit {
    fn write(&self, report: &Report<'_>, options: Options, out: &mut dyn Write) -> io::Result<()> {
        let loud = report
            .findings
            .iter()
            .filter(|finding| finding.severity >= options.least);
        let loud: Vec<&Finding> = loud.collect();
        let (tests, failures) = (loud.len().max(1), loud.len());
        let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\"");
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(out, "<testsuites name=\"gatelint\" {counts}>")?;
        writeln!(out, "  <testsuite name=\"gatelint\" {counts}>")?;
        for finding in &loud {
            out.write_all(case(report.sources, finding).as_bytes())?;
        }
        if loud.is_empty() {
            writeln!(out, "    <testcase classname=\"gatelint\" name=\"nothing found\"/>")?;
        }
        writeln!(out, "  </testsuite>\n</testsuites>")
    }

    fn shows_fixes(&self) -> bool {
        false
    }

    fn hides_milder(&self) -> bool {
        true
    }
}

fn case(sources: &Sources, finding: &Finding) -> String {
    let at = Place::of(sources, finding.at);
    let help = (!finding.help.is_empty()).then(|| finding.help.clone());
    let here = format!("{}:{}:{}", at.file, at.line, at.column);
    let lines: Vec<String> = std::iter::once(here)
        .chain(others(sources, finding))
        .chain(help)
        .collect();
    let lines: Vec<String> = lines.iter().map(|line| xml(line)).collect();
    format!(
        "    <testcase classname=\"{}\" name=\"{}\">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n",
        xml(&at.file),
        xml(&format!("{} at line {}", finding.rule, at.line)),
        severity(finding.severity),
        xml(&finding.message),
        lines.join("\n")
    )
}

/// Text in an element or an attribute, without what XML 1.0 cannot hold.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in escape(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn what_xml_cannot_hold_is_gone() {
        assert_eq!(xml("a\u{0}<b> & \"c\"\u{ffff}"), "a\\x00&lt;b&gt; &amp; &quot;c&quot;");
    }
}
