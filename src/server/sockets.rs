//! What a process listens on.

use std::sync::Arc;

use crate::model::field::{process, socket};
use crate::model::{Assumption, Doubt, Entity, EntityId, Held, Kind, Known, Model, weigh};
use crate::repo::Span;

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind {
    /// A TCP port.
    Tcp {
        /// The address of the interface; absent for all interfaces.
        host: Known<Arc<str>>,
        /// The port.
        port: Held<u16>,
    },
    /// A unix socket at a path of the container.
    Unix(Arc<str>),
}

impl Bind {
    /// A TCP port on a known interface; `""`, `*`, `0.0.0.0` and `::` are all interfaces.
    pub fn tcp(host: &str, port: u16) -> Bind {
        Bind::Tcp {
            host: interface(host),
            port: Known::Is(port).into(),
        }
    }

    /// A TCP port on an interface, as they are written.
    pub(crate) fn host_and_port(host: &str, number: &str, span: Span) -> Bind {
        Bind::Tcp {
            host: interface(host),
            port: port(number, span).into(),
        }
    }

    /// Whether only the same network namespace reaches it.
    pub fn loopback(&self) -> Known<bool> {
        match self {
            Bind::Unix(_) => Known::Is(false),
            Bind::Tcp { host, .. } => match host {
                Known::Is(host) => Known::Is(is_loopback(host)),
                Known::Absent => Known::Is(false),
                Known::Unknown(doubt) => Known::Unknown(doubt.clone()),
            },
        }
    }
}

/// The interface a host names.
pub(crate) fn interface(host: &str) -> Known<Arc<str>> {
    match host.trim_start_matches('[').trim_end_matches(']') {
        "" | "*" | "0.0.0.0" | "::" | "0:0:0:0:0:0:0:0" => Known::Absent,
        host => Known::Is(host.into()),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host == "::1" || host.starts_with("127.")
}

/// An address and where it is written.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub bind: Bind,
    pub written: String,
    pub span: Span,
}

impl Address {
    /// A TCP port that is known.
    pub fn tcp(host: &str, port: u16, span: Span) -> Address {
        Address {
            bind: Bind::tcp(host, port),
            written: format!("{host}:{port}"),
            span,
        }
    }

    /// A TCP port as it is written.
    pub fn host_and_port(host: &str, number: &str, span: Span) -> Address {
        Address {
            bind: Bind::host_and_port(host, number, span),
            written: format!("{host}:{number}"),
            span,
        }
    }

    /// The same with a port that may rest on an assumption.
    pub fn with_port(host: &str, number: &str, port: Held<u16>, span: Span) -> Address {
        Address {
            bind: Bind::Tcp {
                host: interface(host),
                port,
            },
            written: format!("{host}:{number}"),
            span,
        }
    }

    /// A unix socket.
    pub fn unix(path: &str, span: Span) -> Address {
        Address {
            bind: Bind::Unix(path.into()),
            written: format!("unix:{path}"),
            span,
        }
    }

    /// A TCP port of which no part is known.
    pub fn unknown(written: impl Into<String>, doubt: Doubt, span: Span) -> Address {
        Address {
            bind: Bind::Tcp {
                host: Known::Unknown(doubt.clone()),
                port: Known::Unknown(doubt).into(),
            },
            written: written.into(),
            span,
        }
    }

    /// A TCP port on all interfaces of which the number is not known.
    pub fn some_port(written: impl Into<String>, doubt: Doubt, span: Span) -> Address {
        Address {
            bind: Bind::Tcp {
                host: Known::Absent,
                port: Known::Unknown(doubt).into(),
            },
            written: written.into(),
            span,
        }
    }

    /// The address in words: unknown where a part is, and resting on what its port rests on.
    fn words(&self) -> Held<String> {
        let Bind::Tcp { host, port } = &self.bind else {
            return Known::Is(self.likely_words()).into();
        };
        if let Known::Unknown(doubt) = host {
            return Known::Unknown(doubt.clone()).into();
        }
        port.as_ref().map(|_| self.likely_words())
    }

    /// `0.0.0.0:8000`, `unix:/run/app.sock`; as written where a part is not known.
    fn likely_words(&self) -> String {
        let (host, port) = match &self.bind {
            Bind::Unix(path) => return format!("unix:{path}"),
            Bind::Tcp { host, port } => (host, port.as_ref().likely()),
        };
        match (host, port) {
            (Known::Is(host), Some(port)) if host.contains(':') => format!("[{host}]:{port}"),
            (Known::Is(host), Some(port)) => format!("{host}:{port}"),
            (Known::Absent, Some(port)) => format!("0.0.0.0:{port}"),
            _ => self.written.clone(),
        }
    }
}

/// A socket of a process, for linking.
#[derive(Clone, Debug)]
pub struct SocketJoin {
    /// The entity.
    pub id: EntityId,
    /// The address.
    pub address: Bind,
    /// Whether it is known that only the same network namespace reaches it.
    pub loopback: bool,
    /// Where it is written; for a default, the process.
    pub span: Span,
}

/// Adds the sockets of a process and the facts that sum them up. What its addresses rest on, all of that does.
pub(crate) fn add(model: &mut Model, id: EntityId, addresses: impl Into<Held<Vec<Address>>>) -> Held<Vec<SocketJoin>> {
    let span = model.entity(id).span;
    let (addresses, unless) = addresses.into().into_parts();
    let unless = unless.as_ref();
    let addresses = match addresses {
        Known::Is(addresses) => addresses,
        Known::Absent => Vec::new(),
        Known::Unknown(doubt) => {
            let entity = model.entity_mut(id);
            entity.set_known(process::SOCKETS, Known::Unknown(doubt.clone()), span);
            entity.set_known(process::LISTENS_TCP, Known::Unknown(doubt.clone()), span);
            entity.set_known(process::LISTENS_UNIX, Known::Unknown(doubt.clone()), span);
            entity.set_known(process::ONLY_PORT, Known::Unknown(doubt.clone()), span);
            return Known::Unknown(doubt).into();
        }
    };
    let at = addresses.first().map_or(span, |address| address.span);
    let is_tcp = |address: &&Address| matches!(address.bind, Bind::Tcp { .. });
    let tcp = addresses.iter().find(is_tcp).map(|address| address.span);
    let unix = addresses
        .iter()
        .find(|address| !is_tcp(address))
        .map(|address| address.span);
    let entity = model.entity_mut(id);
    let list = addresses
        .iter()
        .map(Address::words)
        .reduce(|list, next| list.then(|list| next.map(|next| format!("{list}, {next}"))));
    let list = list.unwrap_or_else(|| Known::Is(String::new()).into()).map(Arc::from);
    let by_tcp = Known::Is(tcp.is_some()).on(unless);
    let by_unix = Known::Is(unix.is_some()).on(unless);
    entity.set_known(process::SOCKETS, list.on(unless), at);
    entity.set_known(process::LISTENS_TCP, by_tcp, tcp.unwrap_or(at));
    entity.set_known(process::LISTENS_UNIX, by_unix, unix.unwrap_or(at));
    entity.set_known(process::ONLY_PORT, only_port(&addresses).on(unless), tcp.unwrap_or(at));
    let joins = addresses.into_iter().map(|address| join(model, id, address, unless));
    Known::Is(joins.collect()).on(unless)
}

/// Gives a process other sockets than it would open itself: those of systemd. What it speaks it speaks on them.
pub(crate) fn reopened(
    model: &mut Model,
    id: EntityId,
    own: &Held<Vec<SocketJoin>>,
    addresses: Known<Vec<Address>>,
) -> Held<Vec<SocketJoin>> {
    let spoken = |socket: &SocketJoin| model.held(socket.id, socket::SPEAKS).likely();
    let speaks = match own.parts().0 {
        Known::Is(own) => own.first().and_then(spoken),
        _ => None,
    };
    let sockets = add(model, id, addresses);
    if let (Known::Is(sockets), Some(speaks)) = (sockets.parts().0, speaks) {
        for socket in sockets {
            model
                .entity_mut(socket.id)
                .set(socket::SPEAKS, speaks.clone(), socket.span);
        }
    }
    sockets
}

/// Says what is spoken on all sockets of a process.
pub(crate) fn speak(model: &mut Model, sockets: &Held<Vec<SocketJoin>>, speaks: Option<&'static str>) {
    let ((Known::Is(sockets), _), Some(speaks)) = (sockets.parts(), speaks) else {
        return;
    };
    for socket in sockets {
        model
            .entity_mut(socket.id)
            .set(socket::SPEAKS, speaks.into(), socket.span);
    }
}

/// Says that a PROXY protocol header is no part of what is spoken on the sockets of a process.
pub(crate) fn expect_no_proxy(model: &mut Model, sockets: &Held<Vec<SocketJoin>>) {
    for socket in sockets.as_ref().likely().into_iter().flatten() {
        model
            .entity_mut(socket.id)
            .set(socket::PROXY_PROTOCOL, false, socket.span);
    }
}

/// The one port among the addresses.
fn only_port(addresses: &[Address]) -> Held<i64> {
    weigh(|lens| {
        let mut only = None;
        for address in addresses {
            let Bind::Tcp { port, .. } = &address.bind else {
                continue;
            };
            match (lens.see(port), only) {
                (Known::Is(port), None) => only = Some(*port),
                (Known::Is(port), Some(known)) if *port == known => {}
                (Known::Unknown(doubt), _) => return Known::Unknown(doubt),
                _ => return Known::Absent,
            }
        }
        only.map_or(Known::Absent, |port| Known::Is(i64::from(port)))
    })
}

fn join(model: &mut Model, process: EntityId, address: Address, unless: Option<&Assumption>) -> SocketJoin {
    let words = address.likely_words();
    let name = format!("{} {words}", model.entity(process).name);
    let mut entity = Entity::new(Kind::Socket, name, address.span);
    let rests = match &address.bind {
        Bind::Tcp { port, .. } => port.parts().1,
        Bind::Unix(_) => None,
    };
    let words = Known::Is(Arc::from(words)).on(rests);
    entity.set_known(socket::ADDRESS, words, address.span);
    match &address.bind {
        Bind::Unix(path) => entity.set(socket::PATH, path.clone(), address.span),
        Bind::Tcp { port, .. } => {
            entity.set_known(socket::PORT, port.clone().map(i64::from), address.span);
        }
    }
    let loopback = address.bind.loopback();
    entity.set_known(socket::LOOPBACK, loopback.clone(), address.span);
    entity.unless = unless.cloned();
    SocketJoin {
        id: model.add(entity),
        loopback: loopback == Known::Is(true),
        address: address.bind,
        span: address.span,
    }
}

/// A port as text.
pub(crate) fn port(text: &str, span: Span) -> Known<u16> {
    match text.trim().parse() {
        Ok(port) => Known::Is(port),
        Err(_) => Known::Unknown(Doubt::at(format!("the port {text} is not a number"), span)),
    }
}
