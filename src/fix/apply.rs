//! Putting edits into files: what was linted is what is changed, and a file is replaced whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::repo::{Edit, Refusal, Source, SourceId, Sources, open};

/// One file before and after.
#[derive(Clone, Debug)]
pub struct Replacement {
    /// The path, relative to the repository's root.
    pub path: Arc<str>,
    /// The bytes that were linted and still stand there.
    pub old: Vec<u8>,
    /// The bytes to put there.
    pub new: Vec<u8>,
    /// The file itself, behind symbolic links.
    target: PathBuf,
}

impl Replacement {
    pub(super) fn target(&self) -> &Path {
        &self.target
    }
}

/// Files as they are to become: fixes are put into them round after round, and nothing is written before all are there.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    files: BTreeMap<Arc<str>, Replacement>,
    /// The path of a text that stands in no file yet: then it alone is changed, and nothing is written.
    buffer: Option<Arc<str>>,
}

/// What became of the fixes of one round.
#[derive(Debug, Default)]
pub struct Put {
    /// The files that are changed by them, with their new bytes.
    pub changed: Vec<(SourceId, Vec<u8>)>,
    /// Fixes (by their place in the list given) that are left out, and why.
    pub refused: Vec<(usize, Refusal)>,
}

impl Draft {
    /// Of a text that an editor has not saved, by the path where it belongs.
    pub fn of_buffer((path, text): (Arc<str>, Vec<u8>)) -> Draft {
        let file = Replacement {
            path: path.clone(),
            old: text.clone(),
            new: text,
            target: PathBuf::new(),
        };
        Draft {
            files: BTreeMap::from([(path.clone(), file)]),
            buffer: Some(path),
        }
    }

    /// The text that is not saved, as it is to become.
    pub fn buffer(&self) -> Option<&[u8]> {
        Some(&self.files.get(self.buffer.as_ref()?)?.new)
    }

    /// The files that differ from what stands on the disk, by path.
    pub fn changes(&self) -> impl Iterator<Item = &Replacement> {
        self.files.values().filter(|file| file.old != file.new)
    }

    /// The files in which this differs from an earlier state of it: path, bytes then, bytes now.
    pub fn since<'d>(&'d self, earlier: &'d Draft) -> impl Iterator<Item = (&'d str, &'d [u8], &'d [u8])> {
        let both = self.files.values().map(|file| {
            let then = earlier.files.get(&file.path).map_or(&file.old, |then| &then.new);
            (&*file.path, then.as_slice(), file.new.as_slice())
        });
        both.filter(|(_, then, now)| then != now)
    }

    /// Puts fixes into the files of a folder. A fix is a list of edits of files that belong together: it is left out as a
    /// whole when one of its files cannot be changed, or when it overlaps a fix that comes before it.
    pub fn put(&mut self, root: &Path, sources: &Sources, fixes: &[&[Edit]]) -> Put {
        let touched: BTreeSet<SourceId> = fixes
            .iter()
            .flat_map(|fix| fix.iter().map(|edit| edit.span.source))
            .collect();
        let mut closed: BTreeMap<SourceId, Refusal> = BTreeMap::new();
        for id in &touched {
            let source = sources.get(*id);
            if self.files.contains_key(&source.path) {
                continue;
            }
            let bytes = match &self.buffer {
                Some(path) => Err(Refusal::new(format!("only {path} is on standard input"))),
                None => current_bytes(root, source),
            };
            match bytes {
                Ok((target, old)) => {
                    let (path, new) = (source.path.clone(), old.clone());
                    let file = Replacement { path, old, new, target };
                    self.files.insert(source.path.clone(), file);
                }
                Err(refusal) => {
                    closed.insert(*id, refusal);
                }
            }
        }
        let mut put = Put::default();
        let mut edits: BTreeMap<SourceId, BTreeMap<u32, &Edit>> = BTreeMap::new();
        for (index, fix) in fixes.iter().enumerate() {
            let unchangeable = fix.iter().find_map(|edit| closed.get(&edit.span.source));
            let overlaps = |edit: &Edit| edits.get(&edit.span.source).is_some_and(|known| overlaps(known, edit));
            if let Some(refusal) = unchangeable {
                put.refused.push((index, refusal.clone()));
            } else if fix.iter().any(overlaps) {
                let refusal = Refusal::new("it overlaps another fix; run again to apply it");
                put.refused.push((index, refusal));
            } else {
                for edit in *fix {
                    edits.entry(edit.span.source).or_default().insert(edit.span.start, edit);
                }
            }
        }
        for (id, edits) in edits {
            let Some(file) = self.files.get_mut(&sources.get(id).path) else {
                continue;
            };
            if let Some(new) = splice(&file.new, edits.into_values()) {
                file.new.clone_from(&new);
                put.changed.push((id, new));
            }
        }
        put
    }

    /// Writes the files. Gives those that could not be written, with the reason; all others are in place.
    pub fn write(&self) -> Vec<(&Replacement, io::Error)> {
        let files = self.changes().filter(|_| self.buffer.is_none());
        let written = files.map(|file| (file, file.write()));
        written
            .filter_map(|(file, result)| Some((file, result.err()?)))
            .collect()
    }
}

/// Whether an edit touches one that is already planned. The same edit twice is one edit.
fn overlaps(planned: &BTreeMap<u32, &Edit>, edit: &Edit) -> bool {
    let (start, end) = (edit.span.start, edit.span.end);
    if let Some(same) = planned.get(&start) {
        return *same != edit;
    }
    let before = planned.range(..start).next_back();
    let after = planned.range(start..end).next();
    after.is_some() || before.is_some_and(|(_, before)| before.span.end > start)
}

/// The file as it is now, if it is inside the root and is what was linted.
fn current_bytes(root: &Path, source: &Source) -> Result<(PathBuf, Vec<u8>), Refusal> {
    let path = &source.path;
    if !source.is_file() {
        return Err(Refusal::new(format!("{path} is not a file")));
    }
    let failed = |error: io::Error| Refusal::new(format!("{path} cannot be read: {error}"));
    let root = root.canonicalize().map_err(failed)?;
    let target = root.join(&**path).canonicalize().map_err(failed)?;
    if !target.starts_with(&root) {
        return Err(Refusal::new(format!("{path} leads out of the repository")));
    }
    if fs::metadata(&target).map_err(failed)?.permissions().readonly() {
        return Err(Refusal::new(format!("{path} is read-only")));
    }
    let bytes = open::whole(&target, open::CONFIGURATION).map_err(|error| Refusal::new(format!("{path} {error}")))?;
    if !is_what_was_read(source, &bytes) {
        return Err(Refusal::new(format!("{path} has changed since it was read")));
    }
    Ok((target, bytes))
}

/// Whether bytes give this source's text. Bytes that were replaced because they are not UTF-8 are not compared.
fn is_what_was_read(source: &Source, bytes: &[u8]) -> bool {
    let text = source.text.as_bytes();
    if text.len() != bytes.len() {
        return false;
    }
    let mut at = 0;
    for (start, end) in &source.replaced {
        let (start, end) = (*start as usize, *end as usize);
        if text.get(at..start) != bytes.get(at..start) {
            return false;
        }
        at = end;
    }
    text.get(at..) == bytes.get(at..)
}

/// Splices the file's own bytes: the text has the same offsets, but not what was not UTF-8.
fn splice<'e>(bytes: &[u8], edits: impl Iterator<Item = &'e Edit>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for edit in edits {
        out.extend_from_slice(bytes.get(at..edit.span.start as usize)?);
        out.extend_from_slice(edit.text.as_bytes());
        at = edit.span.end as usize;
    }
    out.extend_from_slice(bytes.get(at..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Span;

    fn edit(source: &Source, at: u32, end: u32, text: &str) -> Edit {
        Edit {
            span: Span::new(source.id, at, end),
            text: text.to_owned(),
        }
    }

    #[test]
    fn replaces_bytes_and_refuses_what_changed_or_leads_out() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let outside = tempfile::tempdir()?;
        let root = folder.path();
        let latin = b"\xef\xbb\xbf# caf\xe9\r\nport 80;\r\n";
        fs::write(root.join("a.conf"), latin)?;
        fs::write(root.join("b.conf"), "port 1;\n")?;
        fs::write(outside.path().join("c.conf"), "port 2;\n")?;
        #[cfg(unix)]
        std::os::unix::fs::symlink(outside.path().join("c.conf"), root.join("c.conf"))?;
        let sources = Sources::default();
        let a = sources.add_file("a.conf", latin.to_vec());
        let b = sources.add_file("b.conf", b"port 1;\n".to_vec());
        let c = sources.add_file("c.conf", b"port 2;\n".to_vec());
        fs::write(root.join("b.conf"), "port 9;\n")?;

        let fixes = [
            vec![edit(&a, 16, 18, "8080")],
            vec![edit(&a, 11, 15, "PORT"), edit(&b, 5, 6, "7")],
            vec![edit(&c, 5, 6, "7")],
            vec![edit(&a, 16, 18, "8080")],
            vec![edit(&a, 17, 19, "1;")],
        ];
        let fixes: Vec<&[Edit]> = fixes.iter().map(Vec::as_slice).collect();
        let mut draft = Draft::default();
        let put = draft.put(root, &sources, &fixes);
        let refused: Vec<String> = put.refused.iter().map(|(at, why)| format!("{at}: {}", why.0)).collect();
        assert_eq!(
            refused,
            [
                "1: b.conf has changed since it was read",
                "2: c.conf leads out of the repository",
                "4: it overlaps another fix; run again to apply it"
            ]
        );
        assert!(draft.write().is_empty());
        assert_eq!(
            fs::read(root.join("a.conf"))?,
            b"\xef\xbb\xbf# caf\xe9\r\nport 8080;\r\n"
        );
        assert_eq!(fs::read_dir(root)?.count(), 3);
        Ok(())
    }
}
