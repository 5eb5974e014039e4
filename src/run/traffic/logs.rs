//! Reading access logs and exports: which form, which files, what was passed over.

use std::io::{self, BufRead, Read};
use std::path::Path;

use clap::ValueEnum;

use super::gathered::Gathered;
use super::refusal::{refused, whole_minutes, zone};
use crate::capacity::import::{Bins, Form, Guess, Stretch, cloudwatch, common_step, count, guess, unpacked};
use crate::capacity::{Moment, Zone};
use crate::cli::traffic::Import;
use crate::repo::{open as files, root};
use crate::report::describe;
use crate::report::progress::Progress;
use crate::run::end::Failure;

const READABLE: &str = "Name files that can be read, or `-` for standard input.";
/// An export of CloudWatch is small; what is larger is something else.
const LARGEST_EXPORT: u64 = 256 << 20;

/// What the files held together.
#[derive(Default)]
struct Tally {
    notes: Vec<String>,
    /// The rows of exports, whose step is known only at the end.
    sums: Vec<(Moment, u64)>,
    exports: bool,
    logs: bool,
}

pub(super) fn gather(options: &Import, progress: &Progress) -> Result<Gathered, Failure> {
    let zone = options.zone.as_deref().map(zone).transpose()?;
    let minutes = options.step.map(whole_minutes).transpose()?;
    let mut bins = Bins::of_minutes(minutes.unwrap_or(1));
    let mut tally = Tally::default();
    let total: u64 = options
        .files
        .iter()
        .filter_map(|file| Some(file.metadata().ok()?.len()))
        .sum();
    let mut before = 0;
    for file in &options.files {
        before += read(file, options, zone.as_ref(), &mut bins, &mut tally, &|bytes| {
            progress.step("reading, MB", megabytes(before + bytes), megabytes(total));
        })?;
    }
    if tally.exports && tally.logs {
        return Err(Failure::new(
            "some files are logs and some are exports of CloudWatch",
            "Import them one kind after the other: they count the same requests.",
        ));
    }
    if tally.exports {
        bins = sums(&tally.sums, minutes)?;
    }
    if bins.total() == 0 {
        return Err(Failure::new(
            "there is not a single request in these files",
            "Check --from, and whether these are access logs.",
        ));
    }
    let (csv, missing) = bins.csv();
    tally.notes.extend(silent(&missing));
    Ok(Gathered {
        csv,
        notes: tally.notes,
    })
}

fn megabytes(bytes: u64) -> usize {
    usize::try_from(bytes >> 20).unwrap_or(usize::MAX)
}

/// Counts one file; gives the bytes it has on disk.
fn read(
    path: &Path,
    options: &Import,
    zone: Option<&Zone>,
    bins: &mut Bins,
    tally: &mut Tally,
    progress: &dyn Fn(u64),
) -> Result<u64, Failure> {
    let name = shown(path);
    let unreadable = |error: io::Error| Failure::new(format!("{name} cannot be read: {error}"), READABLE);
    let consumed = std::cell::Cell::new(0);
    let stream = Metered {
        inner: open(path).map_err(|error| Failure::new(format!("{name} {error}"), READABLE))?,
        consumed: &consumed,
    };
    let mut stream = unpacked(stream).map_err(unreadable)?;
    let beginning = stream.fill_buf().map_err(unreadable)?;
    if beginning.is_empty() {
        tally.notes.push(format!("{name} is empty"));
        return Ok(0);
    }
    let form = form(options.from, beginning, &name)?;
    if form == Form::Cloudwatch {
        tally.exports = true;
        tally
            .sums
            .extend(export(stream, &name).map_err(|failure| match failure {
                Unread::Input(error) => unreadable(error),
                Unread::Wrong(failure) => failure,
            })?);
        return Ok(consumed.get());
    }
    tally.logs = true;
    let Some(log) = form.log(zone) else {
        return Err(Failure::new(
            format!("the times of {name} name no zone"),
            "Give the zone of the machine that wrote them with --zone, such as --zone Europe/Prague or --zone UTC.",
        ));
    };
    let counted = count(stream, &log, bins, &mut |_| progress(consumed.get())).map_err(unreadable)?;
    if let Some(first) = counted.first_passed_over {
        let lines = describe::counted(counted.passed_over, "line");
        tally.notes.push(format!(
            "not counted in {name}: {lines} without a time, the first is line {first}"
        ));
    }
    Ok(consumed.get())
}

fn shown(path: &Path) -> String {
    if is_standard_input(path) {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn open(path: &Path) -> Result<Box<dyn Read>, files::Unread> {
    if is_standard_input(path) {
        return Ok(Box::new(io::stdin().lock()));
    }
    let (file, _) = files::stream(&root::find(Path::new(".")), path)?;
    Ok(Box::new(file))
}

/// A stream that counts what was taken from it, packed as it is.
struct Metered<'c> {
    inner: Box<dyn Read>,
    consumed: &'c std::cell::Cell<u64>,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.consumed.set(self.consumed.get() + read as u64);
        Ok(read)
    }
}

fn form(given: Option<Form>, beginning: &[u8], name: &str) -> Result<Form, Failure> {
    if let Some(form) = given {
        return Ok(form);
    }
    match guess(beginning) {
        Guess::Form(form) => Ok(form),
        Guess::Profile => Err(Failure::new(
            format!("{name} is CSV with a column of timestamps: a profile already"),
            "Look at it with `gatelint traffic show`, and name its columns in the configuration.",
        )),
        Guess::Unknown => Err(Failure::new(
            format!("{name} begins with no line of a known form"),
            &format!(
                "Known are {}: give one with --from. From anything else make CSV with the header timestamp,rps.",
                known_forms()
            ),
        )),
    }
}

/// The names of all forms, in words.
fn known_forms() -> String {
    let values = Form::value_variants().iter().filter_map(Form::to_possible_value);
    let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
    match names.split_last() {
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Why an export was not read.
enum Unread {
    Input(io::Error),
    Wrong(Failure),
}

fn export(stream: Box<dyn BufRead + '_>, name: &str) -> Result<Vec<(Moment, u64)>, Unread> {
    let mut text = String::new();
    let mut stream = stream.take(LARGEST_EXPORT + 1);
    stream.read_to_string(&mut text).map_err(Unread::Input)?;
    if text.len() as u64 > LARGEST_EXPORT {
        return Err(Unread::Wrong(Failure::new(
            format!("{name} holds more than 256 MiB"),
            "Export a longer period of the metric's statistic, such as 5 minutes.",
        )));
    }
    cloudwatch(&text).map_err(|problem| Unread::Wrong(refused(name, &[problem])))
}

/// The sums of exports in steps of their own period, or of a multiple of it.
fn sums(rows: &[(Moment, u64)], wanted: Option<i64>) -> Result<Bins, Failure> {
    let own = common_step(rows);
    let minutes = wanted.unwrap_or(own);
    if minutes % own != 0 {
        return Err(Failure::new(
            format!("the export has a row every {own} min, which do not make up {minutes} min"),
            &format!("Leave --step out, or give a multiple of {own}m."),
        ));
    }
    let mut bins = Bins::of_minutes(minutes);
    for (at, sum) in rows {
        bins.add(*at, *sum);
    }
    Ok(bins)
}

fn silent(missing: &[Stretch]) -> Option<String> {
    let longest = missing.iter().max_by_key(|stretch| stretch.seconds())?;
    let stretches = describe::counted(missing.len() as u64, "stretch");
    Some(format!(
        "left out: {stretches} of more than an hour without a line, the longest from {} to {}: missing, not zero",
        longest.from, longest.to
    ))
}
