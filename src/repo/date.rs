//! When the newest commit was made. Git's own files are read for it, not its library's idea of a repository: that refuses
//! a work tree of another user, as in most CI containers, and the same commit must give the same answer for everybody.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use git2::{Odb, Oid};

use super::open::{self, Unread};
use super::root::Root;

/// 2100: no commit is from then, and schedules are not walked there.
pub const LATEST: i64 = 4_102_444_800;
/// What a file that names something, or a commit, may have.
const SMALL: u64 = 1 << 20;
/// How often a name may lead to another.
const STEPS: usize = 5;

/// The instant of HEAD's commit, in seconds since 1970 in UTC; `None` outside git and before the first commit.
///
/// # Errors
/// There is a commit, or may be one, and its date cannot be told: why, after "the date of the newest commit".
pub fn of_head(root: &Root) -> Result<Option<i64>, String> {
    if !root.is_git {
        return Ok(None);
    }
    let Some((own, common)) = folders(&root.folder)? else {
        return Ok(None);
    };
    let Some(id) = head(&own, &common)? else {
        return Ok(None);
    };
    let objects = common.join("objects");
    let commit = match loose(&objects, &id)? {
        Some(commit) => commit,
        None => packed(&objects, &id)?,
    };
    committed(&commit).map(Some)
}

/// Git's folder of this work tree, and the one that it shares with others.
pub(super) fn folders(root: &Path) -> Result<Option<(PathBuf, PathBuf)>, String> {
    let mut own = root.join(".git");
    if own.is_file() {
        let Some(text) = text(&own, SMALL)? else {
            return Ok(None);
        };
        own = root.join(text.trim_start_matches("gitdir:").trim());
    }
    let common = match text(&own.join("commondir"), SMALL)? {
        Some(path) => own.join(path.trim()),
        None => own.clone(),
    };
    Ok(Some((own, common)))
}

/// The name of HEAD's commit; `None` where its branch has none yet.
fn head(own: &Path, common: &Path) -> Result<Option<String>, String> {
    let mut name = "HEAD".to_owned();
    for _ in 0..STEPS {
        let value = match linked(&own.join(&name)) {
            Some(target) => format!("ref: {target}"),
            None => match text(&own.join(&name), SMALL)?
                .map_or_else(|| text(&common.join(&name), SMALL), |at| Ok(Some(at)))?
            {
                Some(value) => value,
                None => match among_packed(common, &name)? {
                    Some(value) => value,
                    None => return Ok(None),
                },
            },
        };
        let value = value.trim();
        let Some(next) = value.strip_prefix("ref:") else {
            let is_name = matches!(value.len(), 40 | 64) && value.bytes().all(|byte| byte.is_ascii_hexdigit());
            return if is_name {
                Ok(Some(value.to_ascii_lowercase()))
            } else {
                Err(format!("is not known: .git has no commit in {name}"))
            };
        };
        let next = next.trim();
        if own.join("reftable").exists() || common.join("reftable").exists() {
            return Err("is not known: .git keeps its branches as a reftable, which gatelint does not read".to_owned());
        }
        if !next.starts_with("refs/") || next.split('/').any(|part| part == ".." || part.is_empty()) {
            return Err(format!("is not known: .git/{name} names no branch"));
        }
        name = next.to_owned();
    }
    Err("is not known: the branch of .git/HEAD leads round".to_owned())
}

/// Where a symbolic link leads that stands for the name of a branch, as old versions of git wrote it.
fn linked(path: &Path) -> Option<String> {
    let target = fs::read_link(path).ok()?;
    let target = target.to_str()?;
    target.starts_with("refs/").then(|| target.to_owned())
}

fn among_packed(common: &Path, name: &str) -> Result<Option<String>, String> {
    let Some(text) = text(&common.join("packed-refs"), open::GIT)? else {
        return Ok(None);
    };
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    Ok(lines.find(|(_, other)| *other == name).map(|(id, _)| id.to_owned()))
}

fn text(path: &Path, limit: u64) -> Result<Option<String>, String> {
    match open::whole(path, limit) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(Unread::Absent) => Ok(None),
        // A branch may be called as a folder of others.
        Err(Unread::NoFile("a folder")) => Ok(None),
        Err(error) => Err(unread(path, &error)),
    }
}

fn unread(path: &Path, error: &Unread) -> String {
    format!("is not known: {} {error}", path.display())
}

/// An object in a file of its own.
fn loose(objects: &Path, id: &str) -> Result<Option<Vec<u8>>, String> {
    let path = objects.join(&id[..2]).join(&id[2..]);
    let bytes = match open::whole(&path, SMALL) {
        Ok(bytes) => bytes,
        Err(Unread::Absent) => return Ok(None),
        Err(error) => return Err(unread(&path, &error)),
    };
    let mut object = Vec::new();
    let unpacked = flate2::read::ZlibDecoder::new(&*bytes)
        .take(SMALL)
        .read_to_end(&mut object);
    let broken = || format!("is not known: {} is no object", path.display());
    unpacked.map_err(|_| broken())?;
    let begin = object.iter().position(|byte| *byte == 0).ok_or_else(broken)?;
    Ok(Some(object.split_off(begin + 1)))
}

/// An object among others, which git's library finds: it knows how one is written as the difference from another. It opens
/// what it finds, so that must be files.
fn packed(objects: &Path, id: &str) -> Result<Vec<u8>, String> {
    let missing = |why: &str| format!("is not known: {why}");
    if id.len() != 40 {
        return Err(missing(
            "its repository names commits by SHA-256, which gatelint does not read",
        ));
    }
    if objects.join("info/alternates").symlink_metadata().is_ok() {
        return Err(missing(
            "its repository borrows commits from another (objects/info/alternates)",
        ));
    }
    let pack = objects.join("pack");
    let is_folder = [objects, &pack]
        .iter()
        .all(|path| path.symlink_metadata().is_ok_and(|data| data.is_dir()));
    let files = fs::read_dir(&pack).map(|entries| {
        let mut kinds = entries.flatten().map(|entry| entry.file_type());
        kinds.all(|kind| kind.is_ok_and(|kind| kind.is_file()))
    });
    if !is_folder || !files.is_ok_and(|files| files) {
        return Err(missing("the commit is not in its repository"));
    }
    let read = || {
        let store = Odb::new()?;
        store.add_disk_alternate(&objects.to_string_lossy())?;
        let id = Oid::from_str(id)?;
        match store.read_header(id)? {
            (size, git2::ObjectType::Commit) if size as u64 <= SMALL => Ok(store.read(id)?.data().to_vec()),
            _ => Err(git2::Error::from_str("it is no commit")),
        }
    };
    read().map_err(|error| missing(error.message()))
}

fn committed(commit: &[u8]) -> Result<i64, String> {
    let text = String::from_utf8_lossy(commit);
    let mut head = text.lines().take_while(|line| !line.is_empty());
    let line = head
        .find_map(|line| line.strip_prefix("committer "))
        .unwrap_or_default();
    let seconds = line.rsplit(' ').nth(1).unwrap_or_default();
    match seconds.parse() {
        Ok(seconds) if (0..LATEST).contains(&seconds) => Ok(seconds),
        _ => Err(format!("is beyond sense: {seconds} seconds after 1970")),
    }
}
