//! The files around a container's command: scripts that it runs, and tools that start it with variables from files.

use std::sync::Arc;

use crate::environment::ContainerSpec;
use crate::expand::{ContainerFiles, leaves_out};
use crate::repo::{Source, Span};
use crate::server::context::ProcessContext;
use crate::server::files::{Files, variables};
use crate::syntax::argv::{self, Argument, Arguments, Given, Step};

/// Scripts and lists of variables are short; what is longer is another kind of file.
const LONGEST: usize = 64 * 1024;

/// The files around a container's command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    pub context: &'a ProcessContext<'a>,
    pub spec: &'a ContainerSpec,
    pub files: &'a ContainerFiles,
}

impl argv::Around for Around<'_> {
    fn step(&self, words: &[Argument]) -> Option<Step> {
        let own = self.script(words).or_else(|| by_files(self, words));
        own.or_else(|| {
            let mut tools = self.context.servers.iter().filter_map(|(_, server)| server.tools);
            tools.find_map(|tool| tool(self, words))
        })
    }

    fn variables(&self, path: &str) -> Option<Vec<(String, Argument)>> {
        let name = path.rsplit('/').next().unwrap_or_default();
        if !name.contains("env") {
            return None;
        }
        Some(variables(&*self.file(path)?))
    }
}

impl Files for Around<'_> {
    /// A file as the container sees it: mounted, in the folder it is built from, or where the one file of this name in
    /// the repository is.
    fn file(&self, path: &str) -> Option<Arc<Source>> {
        let source = self.in_container(path).or_else(|| self.elsewhere(path))?;
        (source.text.len() <= LONGEST).then_some(source)
    }
}

impl Around<'_> {
    fn in_container(&self, path: &str) -> Option<Arc<Source>> {
        let relative = path.trim_start_matches("./");
        let absolute = match (&self.spec.working_dir, path.starts_with('/')) {
            (_, true) => path.to_owned(),
            (Some(folder), false) => format!("{}/{relative}", folder.trim_end_matches('/')),
            (None, false) => format!("/{relative}"),
        };
        let mounted = self.files.get(&absolute).or_else(|| {
            // Without a working directory the folder is not known, the name is.
            let mut named = self.files.ending(relative);
            let only = named.next().filter(|_| named.next().is_none());
            only.filter(|_| self.spec.working_dir.is_none())
        });
        if let Some(file) = mounted {
            return Some(file.source.clone());
        }
        let file = self.context.copied_file(self.spec, relative)?;
        let folder = self.spec.built.as_deref().unwrap_or_default();
        let ignored = leaves_out(self.context.repository, self.spec, folder, &file.path);
        (!ignored).then(|| file.source.clone())
    }

    /// The one file of the repository whose path ends so, for a process whose folder is not known.
    fn elsewhere(&self, path: &str) -> Option<Arc<Source>> {
        if self.spec.built.is_some() || !self.files.files.is_empty() || path.starts_with('.') && !path.starts_with("./")
        {
            return None;
        }
        let tail = format!("/{}", path.trim_start_matches("./").trim_start_matches('/'));
        let files = self.context.repository.files().iter();
        let mut named = files.filter(|file| format!("/{}", file.path).ends_with(&tail));
        let only = named.next().filter(|_| named.next().is_none())?;
        Some(only.source.clone())
    }

    /// A script that is in the repository: `./entrypoint.sh node server.js`, `sh start.sh`.
    fn script(&self, words: &[Argument]) -> Option<Step> {
        let is_shell = |word: &Argument| matches!(word.base_name(), "sh" | "bash" | "ash" | "dash");
        let skip = match words.first().is_some_and(is_shell) {
            true => {
                let options = words[1..].iter().take_while(|word| word.text.starts_with('-'));
                let options: Vec<_> = options.collect();
                if options.iter().any(|option| option.text.contains('c')) {
                    return None;
                }
                1 + options.len()
            }
            false => 0,
        };
        let path = words.get(skip).filter(|path| !path.unknown)?;
        let name = path.base_name();
        if skip == 0 && !path.text.contains('/') && !name.ends_with(".sh") && !name.contains("entrypoint") {
            return None;
        }
        let source = self.file(&path.text)?;
        let first = source.text.lines().next().unwrap_or_default();
        let is_script = match first.strip_prefix("#!") {
            Some(line) => line.trim_end().ends_with("sh") || line.contains("sh -"),
            None => skip > 0 || name.ends_with(".sh"),
        };
        is_script.then(|| {
            let span = Span::new(source.id, 0, source.text.len() as u32);
            let text = Argument::new(&*source.text, span, false);
            Step::Script(text, Arguments::behind(&words[skip + 1..]))
        })
    }
}

/// Tools of no server that start something with the variables of a file: `dotenv`, of which there are three, and
/// `foreman` and its like.
fn by_files(around: &Around<'_>, words: &[Argument]) -> Option<Step> {
    match words.first()?.base_name() {
        "dotenv" => dotenv(around, words),
        "foreman" | "honcho" | "forego" | "goreman" => procfile(around, words),
        _ => None,
    }
}

/// dotenv-cli (`dotenv -e FILE -o -v A=b -- COMMAND`), the gem's (`dotenv -f FILES -o COMMAND`) and python-dotenv's
/// (`dotenv -f FILE run --no-override -- COMMAND`). What is set before wins for the first two, but with `-o`.
fn dotenv(around: &Around<'_>, words: &[Argument]) -> Option<Step> {
    let mut files = Vec::new();
    let mut set = Vec::new();
    let mut given = Vec::new();
    let mut overrides = None;
    let mut at = 1;
    let mut runs = false;
    while let Some(word) = words.get(at) {
        match word.text.as_str() {
            "--" => {
                at += 1;
                break;
            }
            "-e" | "-f" | "--env" | "--file" => {
                files.extend(words.get(at + 1).cloned());
                at += 1;
            }
            "-v" => {
                let pair = words.get(at + 1).and_then(|word| {
                    let (name, _) = word.text.split_once('=')?;
                    Some(Given::Set(name.to_owned(), word.rest(name.len() + 1)))
                });
                set.extend(pair);
                at += 1;
            }
            "-o" | "--override" | "--overload" => overrides = Some(true),
            "--no-override" => overrides = Some(false),
            "-c" => given.push(Given::Perhaps(word.clone())),
            "run" if !runs => runs = true,
            text if text.starts_with('-') => {}
            _ => break,
        }
        at += 1;
    }
    if at >= words.len() {
        return None;
    }
    if files.is_empty() {
        files.push(Argument::new(".env", words[0].span, false));
    }
    let way: fn(String, Argument) -> Given = match overrides.unwrap_or(runs) {
        true => Given::Set,
        false => Given::Default,
    };
    for file in &files {
        given.extend(around.given(file, way));
    }
    given.extend(set);
    Some(Step::Words(given, words[at..].to_vec()))
}

/// `foreman start web -p 5000 -e .env`: a line of the Procfile, with PORT by its place: 5000 for the first, 5100 for the
/// second.
fn procfile(around: &Around<'_>, words: &[Argument]) -> Option<Step> {
    let mut rest = words[1..].iter();
    let (mut named, mut port, mut files) = (None, None, Vec::new());
    let mut path = "Procfile".to_owned();
    let mut base = None;
    while let Some(word) = rest.next() {
        match word.text.as_str() {
            "-f" | "--procfile" => path = rest.next()?.text.clone(),
            "-p" | "--port" => port = rest.next().cloned(),
            "-e" | "--env" => files.extend(rest.next().cloned()),
            "start" | "run" => {}
            text if text.starts_with('-') => {}
            text => named = Some(text.to_owned()),
        }
    }
    if files.is_empty() {
        files.push(Argument::new(".env", words[0].span, false));
    }
    let mut given: Vec<Given> = files.iter().flat_map(|file| around.given(file, Given::Set)).collect();
    for said in &given {
        match said {
            Given::Set(name, value) if name == "PORT" => base = Some(value.clone()),
            _ => {}
        }
    }
    let source = around.file(&path)?;
    let mut lines = Vec::new();
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let (from, trimmed) = (start, line.trim_end());
        start += line.len();
        if let Some((name, command)) = trimmed.split_once(':').filter(|(name, _)| !name.starts_with('#')) {
            let lead = name.len() + 1 + (command.len() - command.trim_start().len());
            lines.push((name.trim(), from + lead, from + trimmed.len()));
        }
    }
    let wanted = named.as_deref().unwrap_or("web");
    let nth = match (lines.as_slice(), &named) {
        ([_], None) => 0,
        _ => lines.iter().position(|(name, ..)| *name == wanted)?,
    };
    let (_, from, to) = lines[nth];
    let line = Span::new(source.id, from as u32, to as u32);
    let outer = around.spec.variable("PORT");
    let outer = outer.map(|text| Argument::new(&*text.text, text.span, text.unknown));
    let may_be_set = around.spec.more_environment || given.iter().any(|given| matches!(given, Given::Perhaps(_)));
    let base = match port.or(base).or(outer) {
        None if may_be_set => None,
        Some(number) if number.unknown => None,
        Some(number) => number.text.parse::<u32>().ok(),
        None => Some(5000),
    };
    let number = match base {
        Some(base) => Argument::new((base + 100 * nth as u32).to_string(), line, false),
        None => Argument::new("$PORT", line, true),
    };
    given.push(Given::Set("PORT".to_owned(), number));
    let text = Argument::new(&source.text[from..to], line, false);
    let words = vec![Argument::new("sh", line, false), Argument::new("-c", line, false), text];
    Some(Step::Words(given, words))
}
