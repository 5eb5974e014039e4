//! `gatelint fix --interactive`: each fix is shown, and only what is accepted becomes part of the patch.

use std::collections::{HashMap, HashSet};
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use super::asked::Asked;
use super::end::Failure;
use super::fixing::{Mended, all, brings_new, judged, mend};
use super::keys::{Key, Keys};
use crate::analysis::Prover;
use crate::cli::Lint;
use crate::finding::{Finding, Fix, Repair, Settled, Telling};
use crate::fix::apply::Draft;
use crate::fix::diff;
use crate::report::human;
use crate::rule::RuleSet;
use crate::terminal::{Look, escape, escape_lines, wrap};

/// A terminal smaller than this is told in a line what is found, without the text around it.
const ROOM: (u16, u16) = (40, 12);

const KEYS: &str = "\
y  apply this fix
n  leave it
a  apply this one and all that follow
d  leave this one and all others of its rule
u  undo the last answer
q  leave the rest, write what was accepted, end
?  say this again
Ctrl-C ends and writes nothing
";

/// What was answered so far. An earlier one is all that undoing needs.
#[derive(Clone, Default)]
struct Answers {
    draft: Draft,
    /// How many findings of a rule and subject were left: the first ones, for all are asked in their order.
    left: HashMap<(Arc<str>, String), usize>,
    rules: HashSet<Arc<str>>,
    accepted: usize,
}

impl Answers {
    /// The findings that are still asked about.
    fn open<'f>(&self, findings: &'f [Finding], options: &Lint) -> Vec<&'f Finding> {
        let mut left = self.left.clone();
        let fixes = all(findings, options).into_iter();
        let asked = fixes.filter(|finding| match left.get_mut(&key(finding)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => !self.rules.contains(&finding.rule),
        });
        asked.collect()
    }

    fn leave(&mut self, finding: &Finding) {
        *self.left.entry(key(finding)).or_default() += 1;
    }
}

fn key(finding: &Finding) -> (Arc<str>, String) {
    (finding.rule.clone(), finding.subject.clone())
}

/// Fails where there is no one to answer.
pub(super) fn needs_terminal() -> Result<(), Failure> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(Failure::new(
        "--interactive asks about each fix, and there is no terminal to ask on",
        "`gatelint lint --diff` shows the fixes, `gatelint fix` applies those that are safe.",
    ))
}

/// Asks about each fix; each is proved against what was accepted before it.
pub(super) fn review<'a>(
    asked: Asked<'_>,
    telling: &Telling<'_>,
    start: (&Settled, &Prover<'a>),
    look: Look,
) -> Result<Mended<'a>, Failure> {
    let keys = Keys::watch()?;
    let mut screen = Screen {
        rules: &asked.setup.rules,
        look,
    };
    let mut now = Mended::of(Draft::default());
    let mut answers = Answers::default();
    let mut earlier: Vec<Answers> = Vec::new();
    loop {
        let (settled, prover) = now.after.as_ref().map_or(start, |(settled, prover)| (settled, prover));
        let wanted = answers.open(&settled.findings, asked.options);
        let Some((finding, fix)) = wanted.first().and_then(|finding| Some((*finding, finding.fix()?))) else {
            break;
        };
        let mut draft = answers.draft.clone();
        let put = draft.put(&asked.setup.root.folder, &asked.setup.sources, &[&fix.edits]);
        if put.changed.is_empty() {
            let why = put
                .refused
                .first()
                .map_or("it changes nothing", |(_, reason)| &reason.0);
            screen.say(&format!("{}: left out: {why}", finding.rule))?;
            answers.leave(finding);
            continue;
        }
        let patch = draft.since(&answers.draft);
        let patch: Vec<u8> = patch
            .flat_map(|(path, old, new)| diff::unified(path, old, new))
            .collect();
        screen.show(asked, finding, fix, &patch)?;
        let letter = loop {
            match screen.ask(&keys, wanted.len(), !earlier.is_empty())? {
                Key::Interrupted => return Err(Failure::new("interrupted", "Nothing was changed.")),
                Key::Resized => screen.show(asked, finding, fix, &patch)?,
                Key::Letter('?') => screen.tell(KEYS)?,
                Key::Letter(letter) => break letter,
            }
        };
        let before = answers.clone();
        match letter {
            'y' => {
                let after = judged(asked, telling, prover, &put.changed);
                if brings_new(settled, &after.0) {
                    screen.say("left out: with what was accepted before, it brings a new finding")?;
                    answers.leave(finding);
                } else {
                    answers.accepted += 1;
                    answers.draft.clone_from(&draft);
                    now = Mended::of(draft).then(after);
                }
            }
            'n' => answers.leave(finding),
            'd' => {
                answers.rules.insert(finding.rule.clone());
            }
            'a' => {
                let draft = answers.draft.clone();
                let rest = mend(asked, telling, (settled, prover), draft, &|findings| {
                    answers.open(findings, asked.options)
                });
                answers.accepted += wanted.len();
                now = if rest.after.is_some() { rest } else { now };
                break;
            }
            'u' => {
                if let Some(last) = earlier.pop() {
                    let undone: Vec<_> = answers
                        .draft
                        .since(&last.draft)
                        .filter_map(|(path, old, _)| Some((prover.repository.get(path)?.source.id, old.to_vec())))
                        .collect();
                    if !undone.is_empty() {
                        let after = judged(asked, telling, prover, &undone);
                        now = Mended::of(last.draft.clone()).then(after);
                    }
                    answers = last;
                }
                continue;
            }
            'q' => break,
            _ => continue,
        }
        earlier.push(before);
    }
    if answers.accepted == 0 {
        screen.say("no fix was accepted; nothing is changed")?;
    }
    Ok(now)
}

/// What is written to the terminal: lines only, which any terminal can show.
struct Screen<'r> {
    rules: &'r RuleSet,
    look: Look,
}

impl Screen<'_> {
    fn tell(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    fn say(&self, line: &str) -> io::Result<()> {
        self.tell(&format!("{}\n", wrap(&escape(line), 0, "", self.look.width)))
    }

    /// The finding with both its ends, what mends it, and the change.
    fn show(&mut self, asked: Asked<'_>, finding: &Finding, fix: &Fix, patch: &[u8]) -> io::Result<()> {
        let (width, height) = crossterm::terminal::size().unwrap_or((80, 24));
        self.look.width = usize::from(width).clamp(10, 200);
        let mut text = String::from("\n");
        if width < ROOM.0 || height < ROOM.1 {
            text += &wrap(
                &escape(&format!("{}: {}", finding.rule, finding.message)),
                0,
                "",
                self.look.width,
            );
            text.push('\n');
        } else {
            // How to apply it is what is asked here.
            let plain = Finding {
                repair: Repair::None,
                ..finding.clone()
            };
            text += &human::finding(&plain, self.rules, &asked.setup.sources, self.look);
        }
        let because = fix
            .because
            .as_ref()
            .map_or(String::new(), |why| format!(" (unsafe: {why})"));
        text += &wrap(&escape(&format!("{}{because}", fix.title)), 0, "  ", self.look.width);
        text.push('\n');
        for line in escape_lines(&String::from_utf8_lossy(patch)).lines() {
            let color = match line.as_bytes().first() {
                Some(b'+') if self.look.color => "\x1b[32m",
                Some(b'-') if self.look.color => "\x1b[31m",
                _ => "",
            };
            let end = if color.is_empty() { "" } else { "\x1b[0m" };
            text += &format!("{color}{line}{end}\n");
        }
        self.tell(&text)
    }

    fn ask(&self, keys: &Keys, left: usize, undoes: bool) -> io::Result<Key> {
        let letters = if undoes { "y,n,a,d,u,q,?" } else { "y,n,a,d,q,?" };
        let question = match self.look.width {
            ..40 => String::new(),
            _ if left == 1 => "Apply this fix? ".to_owned(),
            _ => format!("Apply this fix ({left} left)? "),
        };
        let key = keys.next(&format!("{question}[{letters}] "));
        match &key {
            Ok(Key::Letter(letter)) => self.tell(&format!("{}\n", escape(&letter.to_string())))?,
            _ => self.tell("\n")?,
        }
        key
    }
}
