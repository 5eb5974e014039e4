//! What a process listens on.

use std::sync::Arc;

use crate::model::field::{process, socket};
use crate::model::{Assumption, Doubt, Entity, EntityId, Held, Kind, Known, Model};
use crate::repo::Span;

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind {
    /// A TCP port.
    Tcp {
        /// The address of the interface; absent for all interfaces.
        host: Known<Arc<str>>,
        /// The port.
        port: Known<u16>,
    },
    /// A unix socket at a path of the container.
    Unix(Arc<str>),
}

impl Bind {
    /// A TCP port on a known interface; `""`, `*`, `0.0.0.0` and `::` are all interfaces.
    pub fn tcp(host: &str, port: u16) -> Bind {
        Bind::Tcp {
            host: interface(host),
            port: Known::Is(port),
        }
    }

    /// A TCP port on an interface, as they are written.
    pub(crate) fn host_and_port(host: &str, number: &str, span: Span) -> Bind {
        Bind::Tcp {
            host: interface(host),
            port: port(number, span),
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
                port: Known::Unknown(doubt),
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
                port: Known::Unknown(doubt),
            },
            written: written.into(),
            span,
        }
    }

    /// Why a part of it is not known.
    fn doubt(&self) -> Option<Doubt> {
        match &self.bind {
            Bind::Tcp {
                host: Known::Unknown(doubt),
                ..
            }
            | Bind::Tcp {
                port: Known::Unknown(doubt),
                ..
            } => Some(doubt.clone()),
            _ => None,
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
    let words: Vec<String> = addresses.iter().map(words).collect();
    let at = addresses.first().map_or(span, |address| address.span);
    let is_tcp = |address: &&Address| matches!(address.bind, Bind::Tcp { .. });
    let tcp = addresses.iter().find(is_tcp).map(|address| address.span);
    let unix = addresses
        .iter()
        .find(|address| !is_tcp(address))
        .map(|address| address.span);
    let entity = model.entity_mut(id);
    let list = match addresses.iter().find_map(|address| address.doubt()) {
        Some(doubt) => Known::Unknown(doubt),
        None => Known::Is(words.join(", ").into()),
    };
    let by_tcp = Known::Is(tcp.is_some()).on(unless);
    let by_unix = Known::Is(unix.is_some()).on(unless);
    entity.set_known(process::SOCKETS, list.on(unless), at);
    entity.set_known(process::LISTENS_TCP, by_tcp, tcp.unwrap_or(at));
    entity.set_known(process::LISTENS_UNIX, by_unix, unix.unwrap_or(at));
    entity.set_known(process::ONLY_PORT, only_port(&addresses).on(unless), tcp.unwrap_or(at));
    let joins = addresses
        .into_iter()
        .zip(words)
        .map(|(address, words)| join(model, id, address, &words, unless));
    Known::Is(joins.collect()).on(unless)
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

/// The one port among the addresses.
fn only_port(addresses: &[Address]) -> Known<i64> {
    let mut only = Known::Absent;
    for address in addresses {
        match (&address.bind, &only) {
            (Bind::Unix(_), _) => {}
            (
                Bind::Tcp {
                    port: Known::Is(port), ..
                },
                Known::Absent,
            ) => only = Known::Is(i64::from(*port)),
            (
                Bind::Tcp {
                    port: Known::Is(port), ..
                },
                Known::Is(known),
            ) if i64::from(*port) == *known => {}
            (
                Bind::Tcp {
                    port: Known::Unknown(doubt),
                    ..
                },
                _,
            ) => return Known::Unknown(doubt.clone()),
            _ => return Known::Absent,
        }
    }
    only
}

/// `0.0.0.0:8000`, `unix:/run/app.sock`; as written where a part is not known.
fn words(address: &Address) -> String {
    match &address.bind {
        Bind::Unix(path) => format!("unix:{path}"),
        Bind::Tcp {
            host,
            port: Known::Is(port),
        } => match host {
            Known::Is(host) if host.contains(':') => format!("[{host}]:{port}"),
            Known::Is(host) => format!("{host}:{port}"),
            Known::Absent => format!("0.0.0.0:{port}"),
            Known::Unknown(_) => address.written.clone(),
        },
        Bind::Tcp { .. } => address.written.clone(),
    }
}

fn join(
    model: &mut Model,
    process: EntityId,
    address: Address,
    words: &str,
    unless: Option<&Assumption>,
) -> SocketJoin {
    let name = format!("{} {words}", model.entity(process).name);
    let mut entity = Entity::new(Kind::Socket, name, address.span);
    entity.set(socket::ADDRESS, words.into(), address.span);
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
