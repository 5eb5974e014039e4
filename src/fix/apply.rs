//! Putting edits into files: what was linted is what is changed, and a file is replaced whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::repo::{Edit, Refusal, Source, SourceId, Sources};

/// One file before and after.
#[derive(Debug)]
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

/// What is to be written, and what is not.
#[derive(Debug, Default)]
pub struct Plan {
    /// Files to replace, by path.
    pub files: Vec<Replacement>,
    /// Fixes (by their place in the list given) that are left out, and why.
    pub refused: Vec<(usize, Refusal)>,
}

/// Reads the files that fixes change and makes their new bytes; writes nothing. A fix is a list of edits of files that
/// belong together: it is left out as a whole when one of its files cannot be changed, or when it overlaps a fix that
/// comes before it.
pub fn plan(root: &Path, sources: &Sources, fixes: &[&[Edit]]) -> Plan {
    let touched: BTreeSet<SourceId> = fixes
        .iter()
        .flat_map(|fix| fix.iter().map(|edit| edit.span.source))
        .collect();
    let files: BTreeMap<SourceId, Result<(PathBuf, Vec<u8>), Refusal>> = touched
        .into_iter()
        .map(|id| (id, current_bytes(root, sources.get(id))))
        .collect();
    let mut plan = Plan::default();
    let mut edits: BTreeMap<SourceId, BTreeMap<u32, &Edit>> = BTreeMap::new();
    for (index, fix) in fixes.iter().enumerate() {
        let unchangeable = fix.iter().find_map(|edit| files.get(&edit.span.source)?.as_ref().err());
        if let Some(refusal) = unchangeable {
            plan.refused.push((index, refusal.clone()));
        } else if fix
            .iter()
            .any(|edit| edits.get(&edit.span.source).is_some_and(|known| overlaps(known, edit)))
        {
            plan.refused
                .push((index, Refusal::new("it overlaps another fix; run again to apply it")));
        } else {
            for edit in *fix {
                edits.entry(edit.span.source).or_default().insert(edit.span.start, edit);
            }
        }
    }
    for (id, file) in files {
        let (Ok((target, old)), Some(edits)) = (file, edits.remove(&id)) else {
            continue;
        };
        if let Some(new) = splice(&old, edits.into_values()) {
            let path = sources.get(id).path.clone();
            plan.files.push(Replacement { path, old, new, target });
        }
    }
    plan.files.sort_by(|a, b| a.path.cmp(&b.path));
    plan
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

/// Writes what was planned. Returns the files that could not be written, with the reason; all others are in place.
pub fn write(plan: &Plan) -> Vec<(Arc<str>, io::Error)> {
    let written = plan
        .files
        .iter()
        .map(|file| (file, replace(&file.target, &file.old, &file.new)));
    written
        .filter_map(|(file, result)| Some((file.path.clone(), result.err()?)))
        .collect()
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
    let bytes = fs::read(&target).map_err(failed)?;
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

/// Writes a new file beside the old one and renames it over it.
fn replace(target: &Path, old: &[u8], new: &[u8]) -> io::Result<()> {
    let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else {
        return Err(io::Error::other("has no folder"));
    };
    // Only the time between planning and writing is left for someone else to change it.
    if fs::read(target)? != old {
        return Err(io::Error::other("has changed meanwhile"));
    }
    let beside = folder.join(format!(".{}.gatelint-{}", name.to_string_lossy(), std::process::id()));
    let written = (|| {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&beside)?;
        file.set_permissions(fs::metadata(target)?.permissions())?;
        file.write_all(new)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&beside, target)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
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
        let plan = plan(root, &sources, &fixes);
        let refused: Vec<String> = plan
            .refused
            .iter()
            .map(|(at, why)| format!("{at}: {}", why.0))
            .collect();
        assert_eq!(
            refused,
            [
                "1: b.conf has changed since it was read",
                "2: c.conf leads out of the repository",
                "4: it overlaps another fix; run again to apply it"
            ]
        );
        assert!(write(&plan).is_empty());
        assert_eq!(
            fs::read(root.join("a.conf"))?,
            b"\xef\xbb\xbf# caf\xe9\r\nport 8080;\r\n"
        );
        assert_eq!(fs::read_dir(root)?.count(), 3);
        Ok(())
    }
}
