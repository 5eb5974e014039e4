//! Units of systemd: services with their commands, and the sockets that systemd opens for them.

use std::sync::Arc;

use crate::environment::container::{Building, ContainerSpec, Text};
use crate::environment::{File, Repository, folder_of, join};
use crate::repo::{Source, Span};
use crate::server::Address;
use crate::syntax::argv;

/// What a socket unit opens, and for which service.
pub(super) struct Opened {
    /// The path of the service's unit, which need not be there.
    pub service: String,
    /// The addresses; `None` where one of them is not known.
    pub addresses: Option<Vec<Address>>,
    /// The first of them.
    pub span: Span,
}

/// What a socket unit opens: by `ListenStream`, for the service that `Service` names, or the one called like it.
pub(super) fn opened(file: &File) -> Option<Opened> {
    let source = &*file.source;
    let entries = entries(source, "[Socket]");
    let streams = || entries.iter().filter(|entry| entry.name == "ListenStream");
    let span = streams().next()?.span(source);
    let named = entries.iter().find(|entry| entry.name == "Service");
    let own = || {
        Some(format!(
            "{}.service",
            file.path.rsplit('/').next()?.strip_suffix(".socket")?
        ))
    };
    let name = named.map(|entry| entry.value.clone()).or_else(own)?;
    let addresses = streams().map(|entry| address(&entry.value, entry.span(source)));
    Some(Opened {
        service: join(folder_of(&file.path), &name)?,
        addresses: addresses.collect(),
        span,
    })
}

/// A path, a port, or an address with its port; sockets of other kinds are nobody's target. `%t` is where the system's
/// own services have their files (systemd.unit, Specifiers).
fn address(text: &str, span: Span) -> Option<Address> {
    let text = text.replace("%t", "/run");
    if text.contains('%') {
        return None;
    }
    match text.rsplit_once(':') {
        _ if text.starts_with('/') => Some(Address::unix(&text, span)),
        Some((host, port)) if port.parse::<u16>().is_ok() => Some(Address::host_and_port(host, port, span)),
        None => Some(Address::tcp("", text.parse().ok()?, span)),
        Some(_) => None,
    }
}

/// A service as a container would be written: its command line and its variables.
pub(super) fn service(repository: &Repository, file: &File) -> Option<ContainerSpec> {
    let source = &*file.source;
    let entries = entries(source, "[Service]");
    let named = |name: &'static str| entries.iter().filter(move |entry| entry.name == name);
    let mut commands = named("ExecStart");
    // Several commands are only had by units that do something and end.
    let (Some(command), None) = (commands.next(), commands.next()) else {
        return None;
    };
    let line = command.value.trim_start_matches(['-', '@', ':', '+', '!']);
    let line = command.part(source, command.value.len() - line.len(), line);
    let environment = named("Environment").flat_map(|entry| {
        let pieces = argv::split(&entry.value).into_iter();
        pieces.filter_map(|piece| {
            let (name, value) = piece.text.split_once('=')?;
            let value = Text {
                text: Arc::from(value),
                span: entry.span(source),
                unknown: value.contains('%'),
            };
            Some((Arc::from(name), value))
        })
    });
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    Some(ContainerSpec {
        name: Arc::from(name),
        image: None,
        built: application(repository, file, &line.text),
        dockerfile: None,
        building: Building::default(),
        entrypoint: None,
        span: line.span,
        arguments: Some(vec![line]),
        shell: true,
        environment: environment.collect(),
        more_environment: named("EnvironmentFile").next().is_some(),
        mounts: Vec::new(),
        ports: Vec::new(),
        working_dir: named("WorkingDirectory")
            .next()
            .map(|entry| Arc::from(entry.value.as_str())),
    })
}

/// The folder around a unit that holds a file its command names, as `/srv/shop/config/server.rb` may be `config/server.rb`
/// of the repository: that of the application.
fn application(repository: &Repository, unit: &File, command: &str) -> Option<String> {
    let pieces = argv::split(command);
    let words = pieces.iter().flat_map(|piece| piece.text.rsplit('=').next());
    let paths: Vec<&str> = words.filter(|word| word.contains(['/', '.'])).collect();
    let ends = |path: &str| {
        let path = path.trim_start_matches("./").trim_start_matches('/').to_owned();
        let cuts: Vec<usize> = path.match_indices('/').map(|(at, _)| at + 1).collect();
        let ends = std::iter::once(0).chain(cuts);
        ends.map(|cut| path[cut..].to_owned()).collect::<Vec<_>>()
    };
    let has = |folder: &str| {
        let mut files = paths.iter().flat_map(|path| ends(path));
        files.any(|path| join(folder, &path).is_some_and(|path| repository.get(&path).is_some()))
    };
    let mut folder = folder_of(&unit.path);
    loop {
        if has(folder) {
            return Some(folder.to_owned());
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder_of(folder);
    }
}

/// A line of a section: systemd's quoting and `${…}` are not those of other INI files.
struct Entry {
    name: String,
    value: String,
    /// Where the value begins.
    start: usize,
}

impl Entry {
    fn span(&self, source: &Source) -> Span {
        Span::new(source.id, self.start as u32, (self.start + self.value.len()) as u32)
    }

    /// The rest of the value from an offset on. `%i` and its like are filled in by systemd.
    fn part(&self, source: &Source, offset: usize, text: &str) -> Text {
        let start = (self.start + offset) as u32;
        Text {
            text: Arc::from(text),
            span: Span::new(source.id, start, start + text.len() as u32),
            unknown: text.contains('%'),
        }
    }
}

fn entries(source: &Source, section: &str) -> Vec<Entry> {
    // Continued lines become one, at the same length.
    let text = source.text.replace("\\\r\n", "   ").replace("\\\n", "  ");
    let mut found = Vec::new();
    let mut inside = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim();
        if trimmed.starts_with('[') {
            inside = trimmed == section;
        } else if let (true, Some((name, value))) = (inside && !trimmed.starts_with(['#', ';']), line.split_once('=')) {
            let lead = name.len() + 1 + (value.len() - value.trim_start().len());
            found.push(Entry {
                name: name.trim().to_owned(),
                value: value.trim().to_owned(),
                start: start + lead,
            });
        }
    }
    found
}
