//! From a folder to the repository: every file that may be configuration, read once, claimed, parsed once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::claim::{Charts, Claim, Claimants};
use super::kustomize;
use super::named;
use super::repository::{File, Repository, Role, folder_of, join};
use crate::repo::revision::Revision;
use crate::repo::walk::{self, Candidate, Failure, FailureKind, Walked};
use crate::repo::{Source, SourceId, Sources, Text};
use crate::speed;
use crate::syntax::{Problem, ProblemKind, Tree, parse};

/// What was read, and what could not be.
#[derive(Debug, Default)]
pub struct Read {
    /// The files.
    pub repository: Repository,
    /// Files that could not be read or were left out.
    pub failures: Vec<Failure>,
    /// Places of files that could not be parsed.
    pub problems: Vec<Problem>,
}

/// A text that stands in for a file, as from standard input.
#[derive(Clone, Debug)]
pub struct StandIn {
    /// The path relative to the repository's root.
    pub path: String,
    /// The text.
    pub bytes: Vec<u8>,
    /// Whether it is all that there is: what was rendered stands for the files it came of.
    pub alone: bool,
}

/// Where the bytes of files come from.
pub trait Origin: Sync {
    /// Reads one file, completely or not at all.
    ///
    /// # Errors
    /// It cannot be read, or is not what people write.
    fn read(&self, file: &Candidate) -> Result<Vec<u8>, Failure>;
    /// Whether a file or folder is there.
    fn exists(&self, path: &str) -> bool;
    /// The same file with the same text, where it was read before.
    fn known(&self, _path: &str) -> Option<File> {
        None
    }
}

/// A folder.
impl Origin for Path {
    fn read(&self, file: &Candidate) -> Result<Vec<u8>, Failure> {
        walk::read(self, file)
    }

    fn exists(&self, path: &str) -> bool {
        self.join(path).exists()
    }
}

/// A revision, beside what was read of another.
pub struct Beside<'r, 'h> {
    revision: &'r Revision<'h>,
    other: &'r Repository,
    /// Whether both have the same charts, which decide what files are for.
    alike: bool,
}

impl<'r, 'h> Beside<'r, 'h> {
    /// What both have is read and parsed once.
    pub fn new(revision: &'r Revision<'h>, walked: &Walked, other: &'r Repository) -> Beside<'r, 'h> {
        let charts = Charts::among(walked.files.iter().map(|file| file.path.as_str()));
        let alike = charts == Charts::among(other.files().iter().map(|file| &*file.path));
        Beside { revision, other, alike }
    }
}

impl Origin for Beside<'_, '_> {
    fn read(&self, file: &Candidate) -> Result<Vec<u8>, Failure> {
        self.revision.read(file)
    }

    fn exists(&self, path: &str) -> bool {
        self.revision.exists(path)
    }

    fn known(&self, path: &str) -> Option<File> {
        let file = self.other.get(path).filter(|file| self.alike && *file.path == *path)?;
        let is_whole = file.source.replaced.is_empty();
        (is_whole && self.revision.has(path, file.source.text.as_bytes())).then(|| file.clone())
    }
}

/// Reads, claims and parses all files that the walk found, as the claimants tell. `progress` is told after each file.
pub fn read(
    origin: &(impl Origin + ?Sized),
    sources: &Sources,
    claimants: &Claimants,
    mut walked: Walked,
    stand_in: Option<StandIn>,
    progress: &(dyn Fn() + Sync),
) -> Read {
    let charts = Charts::among(walked.files.iter().map(|file| file.path.as_str()));
    let mut files = walked.files;
    if let Some(stand_in) = &stand_in {
        files.retain(|file| stand_in.path != file.path);
    }
    let known = |files: &[Candidate]| -> Vec<Option<File>> {
        let each = files.par_iter().with_min_len(speed::TEXTS);
        each.map(|file| origin.known(&file.path)).collect()
    };
    let mut shared = known(&files);
    let mut each = shared.iter();
    files.retain(|_| each.next().is_some_and(Option::is_none));
    // Files are numbered in order of path, so that a run can be repeated, and each is read and parsed by one core, while
    // its text is in that core's cache.
    let first = sources.next();
    let id = |nth: usize| SourceId(first.0 + nth as u32);
    let load_all = |files: &[Candidate], from: usize| -> Vec<Loaded> {
        let each = files.par_iter().enumerate().with_max_len(speed::FILES);
        let each = each.map(|(nth, file)| {
            progress();
            match origin.read(file) {
                Ok(bytes) => load(id(from + nth), claimants, &charts, &file.path, &bytes),
                Err(failure) => Loaded::failed(id(from + nth), failure),
            }
        });
        each.collect()
    };
    let mut loaded = load_all(&files, 0);
    let of_loaded = loaded.iter().filter_map(|one| match &one.claimed {
        Claimed::File(claim, tree) => Some((one.source.as_ref(), claim.role, tree.as_deref())),
        _ => None,
    });
    let of_shared = shared.iter().flatten();
    let of_shared = of_shared.map(|file| (file.source.as_ref(), file.role, file.tree.as_deref()));
    let others = named::others(claimants, of_loaded.chain(of_shared), &walked.others);
    let mut named: Vec<Candidate> = others.named.into_iter().map(Candidate::plain).collect();
    // What git ignores or the configuration excludes may be there all the same.
    let there: Vec<String> = others.missing.into_iter().filter(|path| origin.exists(path)).collect();
    let shared_too = known(&named);
    let mut each = shared_too.iter();
    named.retain(|_| each.next().is_some_and(Option::is_none));
    shared.extend(shared_too);
    loaded.extend(load_all(&named, loaded.len()));
    if let Some(stand_in) = stand_in {
        loaded.push(load(
            id(loaded.len()),
            claimants,
            &charts,
            &stand_in.path,
            &stand_in.bytes,
        ));
    }
    let mut found = join_up(sources, loaded, shared.into_iter().flatten().collect());
    walked.others.extend(there);
    walked.others.sort_unstable();
    found.repository = found.repository.linked(&walked.links).beside(walked.others);
    found.failures.extend(walked.problems);
    found.failures.sort();
    found
}

/// A repository that lies in no folder: the examples of rules, texts of a fuzzer.
pub fn in_memory(sources: &Sources, claimants: &Claimants, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Read {
    let files: Vec<(String, Vec<u8>)> = files.into_iter().collect();
    let charts = Charts::among(files.iter().map(|(path, _)| path.as_str()));
    let first = sources.next();
    let loaded = files.iter().zip(first.0..);
    let loaded = loaded.map(|((path, bytes), id)| load(SourceId(id), claimants, &charts, path, bytes));
    join_up(sources, loaded.collect(), Vec::new())
}

/// Brings what was loaded and the files that were known together.
fn join_up(sources: &Sources, loaded: Vec<Loaded>, mut files: Vec<File>) -> Read {
    let mut found = Read::default();
    files.reserve(loaded.len());
    let mut all = Vec::with_capacity(loaded.len());
    for one in loaded {
        all.push(one.source.clone());
        found.problems.extend(one.problems);
        match one.claimed {
            Claimed::Nothing => {}
            Claimed::Failed(failure) => found.failures.push(failure),
            Claimed::File(claim, tree) => files.push(File {
                path: one.source.path.clone(),
                source: one.source,
                language: claim.language,
                role: claim.role,
                fragment: claim.fragment,
                tree,
            }),
        }
    }
    // Other YAML is a patch at most, and only a kustomization names patches.
    if files.iter().any(|file| file.role == Role::Kustomization) {
        let files = files.par_iter_mut().with_max_len(speed::FILES);
        let others = files.filter(|file| file.role == Role::OtherYaml);
        others.for_each(|file| file.tree = parse(&file.source, file.language).map(Arc::new));
    }
    found.failures.extend(unrendered(&files));
    found.failures.extend(files.iter().filter_map(in_json));
    (found.repository, ()) = rayon::join(|| Repository::new(files), || sources.add_numbered(all));
    found
}

/// A file that was asked for, with its place among the sources, whatever came of it.
struct Loaded {
    source: Arc<Source>,
    claimed: Claimed,
    problems: Vec<Problem>,
}

enum Claimed {
    Nothing,
    Failed(Failure),
    File(Claim, Option<Arc<Tree>>),
}

impl Loaded {
    /// Nothing is kept of its text.
    fn empty(id: SourceId, path: &str, claimed: Claimed) -> Loaded {
        Loaded {
            source: Arc::new(Source::file(id, path.into(), Text::decode(b""))),
            claimed,
            problems: Vec::new(),
        }
    }

    fn failed(id: SourceId, failure: Failure) -> Loaded {
        let path = failure.path.clone();
        Loaded::empty(id, &path, Claimed::Failed(failure))
    }
}

fn load(id: SourceId, claimants: &Claimants, charts: &Charts, path: &str, bytes: &[u8]) -> Loaded {
    let text = Text::decode(bytes);
    let claim = claimants.by_content(charts, path, &text.text);
    // A file that is no configuration may still be mounted or included: a fragment of one line.
    if claim.role == Role::Other && bytes.len() > 64 * 1024 {
        return Loaded::empty(id, path, Claimed::Nothing);
    }
    let source = Arc::new(Source::file(id, path.into(), text));
    let tree = match claim.role {
        Role::OtherYaml | Role::Helm | Role::Other => None,
        _ => parse(&source, claim.language).map(Arc::new),
    };
    let own = tree.iter().flat_map(|tree| tree.problems.iter().cloned());
    let problems = own
        .chain(leaving(claimants, &source, claim.role, tree.as_deref()))
        .chain(overlong(claim.role, tree.as_deref()))
        .collect();
    let claimed = Claimed::File(claim, tree);
    Loaded {
        source,
        claimed,
        problems,
    }
}

fn overlong(role: Role, tree: Option<&Tree>) -> Vec<Problem> {
    let tree = tree.filter(|_| role == Role::Kustomization);
    let documents = tree.into_iter().flat_map(|tree| tree.root().items());
    documents.flat_map(kustomize::overlong).collect()
}

/// Includes that lead out of the repository, where nothing is read.
fn leaving(claimants: &Claimants, source: &Source, role: Role, tree: Option<&Tree>) -> Vec<Problem> {
    let (Some(tree), Role::Product(product)) = (tree.filter(|_| source.text.contains("../")), role) else {
        return Vec::new();
    };
    let names = claimants
        .claimant(product)
        .map_or(&[][..], |claimant| claimant.includes);
    let folder = folder_of(&source.path);
    let includes = tree
        .all()
        .filter(|at| names.contains(&at.name()) && at.doubt_at(0).is_none());
    let leaving = includes.filter(|at| {
        at.text()
            .is_some_and(|path| !path.starts_with('/') && join(folder, path).is_none())
    });
    leaving
        .map(|at| Problem {
            other: None,
            span: at.word_span_at(0),
            kind: ProblemKind::Skipped,
            message: format!(
                "the include {} leaves the repository and is not read",
                at.text().unwrap_or_default()
            ),
        })
        .collect()
}

/// Terraform in JSON, which is not read.
fn in_json(file: &File) -> Option<Failure> {
    let is_json = file.path.ends_with(".tf.json") || file.path.ends_with(".tfvars.json");
    is_json.then(|| Failure {
        path: file.path.to_string(),
        kind: FailureKind::Skipped,
        message: "Terraform in JSON is not read, so what it sets or scales is not known".to_owned(),
    })
}

/// Helm charts, which deploy something that is not known here; one entry for each.
fn unrendered(files: &[File]) -> Vec<Failure> {
    let mut charts: BTreeMap<&str, usize> = BTreeMap::new();
    let described: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| file.path.strip_suffix("Chart.yaml"))
        .collect();
    for file in files.iter().filter(|file| file.role == Role::Helm) {
        // The innermost chart that has the file among its templates.
        let mut folders = file.path.rmatch_indices("templates/").map(|(at, _)| &file.path[..at]);
        if let Some(chart) = folders.find(|folder| described.contains(folder)) {
            *charts.entry(chart).or_default() += 1;
        }
    }
    let entry = |(chart, count): (&str, usize)| Failure {
        path: format!("{chart}Chart.yaml"),
        kind: FailureKind::Skipped,
        message: format!(
            "the chart's {count} {} not rendered, so what it deploys is not known; render it into the repository to have it linted",
            if count == 1 { "template is" } else { "templates are" }
        ),
    };
    charts.into_iter().map(entry).collect()
}
