//! Machines without containers: files of servers, such as pools of php-fpm, and systemd services beside an nginx.conf.
//! They share one network, so what nginx sends to 127.0.0.1 may be theirs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::environment::pods::Naming;
use crate::environment::{Role, folder_of};
use crate::estate::{Builder, Container};
use crate::expand::ContainerFiles;
use crate::lower::containers::sockets_of;
use crate::lower::units::{self, Opened};
use crate::model::field::{container, process, workload};
use crate::model::{Doubt, Entity, Kind, Known, ProductId};
use crate::product::servers;
use crate::repo::Span;
use crate::server::{self, Address, OnMachine, ProcessJoin};

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

    /// systemd services whose command is a server that is known, and the sockets that systemd opens for services.
    fn services_of_systemd(&mut self) {
        let files = self.context.repository.files();
        let all = self.context.loose(&self.environment.loose, Role::Systemd);
        let (sockets, services): (Vec<usize>, Vec<usize>) =
            all.into_iter().partition(|at| files[*at].path.ends_with(".socket"));
        let mut opened: Vec<(usize, Opened)> = sockets
            .into_iter()
            .filter_map(|at| Some((at, units::opened(&files[at])?)))
            .collect();
        for at in services {
            let file = &files[at];
            let Some(spec) = units::service(self.context.repository, file) else {
                continue;
            };
            let context = self.process_context(&self.environment.loose);
            let mut joined = server::lower(&mut self.estate.model, &context, &spec, &ContainerFiles::default());
            if joined.product.is_none_or(ProductId::is_gateway) {
                continue;
            }
            // What systemd hands over is what the service listens on.
            let (own, others) = opened
                .into_iter()
                .partition(|(_, opened)| *opened.service == *file.path);
            opened = others;
            let own: Vec<(usize, Opened)> = own;
            if let (Known::Is(id), false) = (&joined.id, own.is_empty()) {
                let addresses: Option<Vec<Vec<Address>>> = own.into_iter().map(|(_, own)| own.addresses).collect();
                let addresses = match addresses {
                    Some(addresses) => Known::Is(addresses.concat()),
                    None => Known::Unknown(Doubt::at("what its socket unit opens is not known", spec.span)),
                };
                joined.sockets = server::reopened(&mut self.estate.model, *id, &joined.sockets, addresses);
            }
            self.beside(spec.name, Arc::from(folder_of(&file.path)), spec.span, joined);
        }
        for (at, opened) in opened {
            let file = &files[at];
            let mut entity = Entity::new(Kind::Process, "systemd", opened.span);
            entity.set(process::NAME, Arc::from("systemd"), opened.span);
            let id = self.estate.model.add(entity);
            let addresses = match opened.addresses {
                Some(addresses) => Known::Is(addresses),
                None => Known::Unknown(Doubt::at("what it opens is not known", opened.span)),
            };
            let nothing = Known::Is(Vec::new()).into();
            let sockets = server::reopened(&mut self.estate.model, id, &nothing, addresses);
            let joined = ProcessJoin {
                id: Known::Is(id),
                product: None,
                sockets,
                official_only: false,
            };
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            self.beside(Arc::from(name), Arc::from(folder_of(&file.path)), opened.span, joined);
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
            mounted: Vec::new(),
            machine: true,
        });
    }
}
