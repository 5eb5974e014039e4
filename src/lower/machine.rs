//! Machines without containers: files of servers, such as pools of php-fpm, and systemd services beside an nginx.conf.
//! They share one network, so what nginx sends to 127.0.0.1 may be theirs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::environment::container::{Building, ContainerSpec, Text};
use crate::environment::pods::Naming;
use crate::environment::{File, Role, folder_of};
use crate::estate::{Builder, Container};
use crate::expand::ContainerFiles;
use crate::lower::containers::sockets_of;
use crate::model::field::{container, process, workload};
use crate::model::{Entity, Kind, Known, ProductId};
use crate::product::servers;
use crate::repo::{Source, Span};
use crate::server::{self, OnMachine, ProcessJoin};
use crate::syntax::argv;

impl Builder<'_> {
    /// Processes of a machine, as far as loose files tell.
    pub(super) fn machines(&mut self) {
        for (product, server) in servers() {
            if let Some(lower) = server.on_machine {
                self.loose_server(*product, lower);
            }
        }
        self.services_of_systemd();
    }

    /// A server's files that no container mounts, folder by folder.
    fn loose_server(&mut self, product: ProductId, lower: OnMachine) {
        let mut by_folder: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for at in self.context.loose(&self.environment.loose, Role::Product(product)) {
            let folder = folder_of(&self.context.repository.files()[at].path);
            by_folder.entry(folder).or_default().push(at);
        }
        for (folder, files) in by_folder {
            let context = self.process_context(&files);
            let Some(joined) = lower(&mut self.estate.model, &context) else {
                continue;
            };
            let span = match joined.id {
                Known::Is(id) => self.estate.model.entity(id).span,
                _ => continue,
            };
            let name: Arc<str> = Arc::from(self.context.repository.files()[files[0]].path.as_ref());
            self.beside(name, Arc::from(folder), span, joined);
        }
    }

    /// systemd services whose command is a server that is known.
    fn services_of_systemd(&mut self) {
        for at in self.context.loose(&self.environment.loose, Role::Systemd) {
            let file = &self.context.repository.files()[at];
            let Some(spec) = unit(file) else { continue };
            let context = self.process_context(&self.environment.loose);
            let joined = server::lower(&mut self.estate.model, &context, &spec, &ContainerFiles::default());
            if joined.product.is_some_and(|product| !product.is_gateway()) {
                let folder = Arc::from(folder_of(&file.path));
                self.beside(spec.name, folder, spec.span, joined);
            }
        }
    }

    /// A process on the machine.
    fn beside(&mut self, name: Arc<str>, folder: Arc<str>, span: Span, joined: ProcessJoin) {
        let mut workload = Entity::new(Kind::Workload, name.clone(), span);
        workload.set(workload::NAME, name.clone(), span);
        workload.set(workload::KIND, Arc::from("machine"), span);
        let workload = self.estate.model.add(workload);
        let mut entity = Entity::new(Kind::Container, name.clone(), span);
        entity.set(container::NAME, name.clone(), span);
        entity.link(container::PROCESS, joined.id.clone());
        let id = self.estate.model.add(entity);
        if let Known::Is(process) = joined.id {
            self.estate
                .model
                .entity_mut(process)
                .link(process::CONTAINER, Known::Is(id));
        }
        let pod = self.estate.containers.len();
        self.estate.containers.push(Container {
            id,
            workload,
            name,
            pod,
            namespace: Arc::from(""),
            folder,
            labels: Vec::new(),
            names: Vec::new(),
            networks: Vec::new(),
            naming: Naming::default(),
            host_network: true,
            ports: Vec::new(),
            sockets: sockets_of(&joined),
            process: joined.id,
            sole: false,
            shared: Vec::new(),
            machine: true,
        });
    }
}

/// A service as a container would be written: its command line and its variables.
fn unit(file: &File) -> Option<ContainerSpec> {
    let source = &*file.source;
    let entries = entries(source);
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
        built: None,
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

/// A line of the section `Service`: systemd's quoting and `${…}` are not those of other INI files.
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

fn entries(source: &Source) -> Vec<Entry> {
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
            inside = trimmed == "[Service]";
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
