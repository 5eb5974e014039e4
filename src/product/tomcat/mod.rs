//! Tomcat, as its official image starts it: with the server.xml it comes with, or with one of the repository.
//!
//! It keeps idle connections for `keepAliveTimeout`, which is `connectionTimeout` where it is not set; both are
//! milliseconds, and -1 is without limit. `connectionTimeout` is 60 s by default, and 20 s in the server.xml it comes with
//! (Tomcat 9.0 to 11.0, HTTP connector). It ends no slow request.

mod claim;

use std::sync::LazyLock;

use crate::model::field::process;
use crate::model::{Doubt, EntityId, Held, Known, Model, Product, Row, Table, Unit};
use crate::product::descriptor::Descriptor;
use crate::repo::{Source, Span};
use crate::server::settings::{self, Layer};
use crate::server::sockets::{self, Address, Bind, interface, port};
use crate::server::{Images, Launch, Lowered, ProcessContext, ProcessJoin, Program, Reads, Server, behave};
use crate::syntax::argv::Argument;
use crate::syntax::xml::{Attribute, Element, elements};

/// Tomcat.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    server: Some(&SERVER),
    folders: &["/usr/local/tomcat/conf/"],
    ..Descriptor::of(&Product::server("tomcat"))
};

/// What starts Tomcat and what it reads.
static SERVER: Server = Server {
    programs: &[Program::named("catalina.sh"), Program::named("startup.sh")],
    images: Images {
        official: &["tomcat"],
        ..Images::NONE
    },
    reads: Reads::Container(lower),
    ..Server::BY_NAME
};

const FOLDER: &str = "/usr/local/tomcat/conf";
const FILE: &str = "/usr/local/tomcat/conf/server.xml";
const KEEPALIVE: &str = "keepAliveTimeout";
const CONNECTION: &str = "connectionTimeout";

/// Variables that name another folder, or change what the server.xml says.
const ELSEWHERE: [&str; 2] = ["CATALINA_BASE", "CATALINA_HOME"];

/// The server.xml of the image.
static STOCK: LazyLock<Table> = LazyLock::new(|| {
    let source = "Tomcat's server.xml, connectionTimeout, which keepAliveTimeout follows";
    table("20000", source)
});

/// A server.xml of the repository.
static OWN: LazyLock<Table> = LazyLock::new(|| {
    let source = "Tomcat, HTTP connector: connectionTimeout, which keepAliveTimeout follows";
    table("60000", source)
});

fn table(default: &'static str, source: &'static str) -> Table {
    let row = Row::new(KEEPALIVE, process::KEEPALIVE_TIMEOUT, Unit::Millis).inherits();
    Table::new("tomcat", vec![row.default(default, source)])
}

/// Tomcat of its official image, unless the repository may change its server.xml in a way that is not read.
fn lower(model: &mut Model, launch: &Launch<'_>) -> Lowered {
    let (context, spec, files) = (launch.context, launch.spec, launch.files);
    let elsewhere = Err("where Tomcat listens is not in the repository");
    if !launch.is_image("tomcat") || ELSEWHERE.iter().any(|name| spec.variable(name).is_some()) {
        return elsewhere;
    }
    let launch = Launch {
        span: spec.image.as_ref().map_or(spec.span, |image| image.span),
        ..*launch
    };
    if let Some(file) = files.get(FILE) {
        let id = launch.entity(model);
        return Ok(match connectors(&file.source) {
            Ok(connectors) => {
                let sockets = own(model, context, id, &connectors);
                ProcessJoin::of(launch.product, id, sockets)
            }
            Err(doubt) => launch.unread(model, id, doubt),
        });
    }
    let changed = context.dockerfile_names(spec, &["server.xml", "tomcat/conf", "TOMCAT_HTTP_PORT"]);
    let mounted = files.under(FOLDER).next().is_some() || files.doubt(FILE).is_some();
    if changed || mounted {
        return elsewhere;
    }
    let id = launch.entity(model);
    behave(model, id, Known::Is(true), Known::Is(false), launch.span);
    settings::attach(model, id, &[], &STOCK);
    let address = Address::tcp("0.0.0.0", 8080, launch.span);
    let sockets = sockets::add(model, id, Known::Is(vec![address]));
    sockets::speak(model, &sockets, Some("http"));
    Ok(ProcessJoin::of(launch.product, id, sockets))
}

/// One `Connector` of a server.xml.
struct Connector {
    source: crate::repo::SourceId,
    element: Element,
}

fn connectors(source: &Source) -> Result<Vec<Connector>, Doubt> {
    let whole = Span::new(source.id, 0, 0);
    let found = elements(&source.text, "Connector")
        .map_err(|reason| Doubt::at(format!("Tomcat's server.xml is not read: {reason}"), whole))?;
    let connector = |element| Connector {
        source: source.id,
        element,
    };
    Ok(found.into_iter().map(connector).collect())
}

impl Connector {
    fn span(&self) -> Span {
        Span::new(
            self.source,
            self.element.range.start as u32,
            self.element.range.end as u32,
        )
    }

    fn argument(&self, attribute: &Attribute) -> Argument {
        let span = Span::new(self.source, attribute.range.start as u32, attribute.range.end as u32);
        // `${name}` is a property of the JVM, or text that a template fills in.
        let unknown = attribute.value.contains("${") || attribute.value.contains("{{");
        Argument::new(attribute.value.as_str(), span, unknown)
    }

    fn value(&self, name: &str) -> Option<Argument> {
        self.element.attribute(name).map(|attribute| self.argument(attribute))
    }

    /// Whether it speaks HTTP; the other protocol is AJP.
    fn is_http(&self) -> Known<bool> {
        match self.value("protocol") {
            Some(protocol) if protocol.unknown => {
                let reason = "which protocol a connector speaks is filled in later";
                Known::Unknown(Doubt::at(reason, protocol.span))
            }
            Some(protocol) => Known::Is(!protocol.text.to_ascii_lowercase().contains("ajp")),
            None => Known::Is(true),
        }
    }

    fn speaks(&self) -> Option<&'static str> {
        if self.is_http() != Known::Is(true) {
            return None;
        }
        match self.value("SSLEnabled") {
            None => Some("http"),
            Some(value) if value.unknown => None,
            Some(value) if value.text.eq_ignore_ascii_case("true") => Some("https"),
            Some(_) => Some("http"),
        }
    }

    fn address(&self) -> Address {
        let open = |value: &Argument| {
            let reason = format!("where Tomcat listens is filled in later: {}", value.text);
            Doubt::at(reason, value.span)
        };
        let host = match self.value("address") {
            Some(value) if value.unknown => Known::Unknown(open(&value)),
            Some(value) => interface(&value.text),
            // AJP listens on the loopback interface since 9.0.31, and the version is not always known.
            None if self.is_http() == Known::Is(true) => Known::Absent,
            None => Known::Unknown(Doubt::at("where AJP listens depends on the version", self.span())),
        };
        let (number, written, span) = match self.value("port") {
            Some(value) if value.unknown => (Known::Unknown(open(&value)), value.text, value.span),
            Some(value) if value.text.trim() != "0" => (port(&value.text, value.span), value.text, value.span),
            _ => {
                let doubt = Doubt::at("Tomcat chooses the port of this connector", self.span());
                (Known::Unknown(doubt), "?".to_owned(), self.span())
            }
        };
        Address {
            bind: Bind::Tcp {
                host,
                port: number.into(),
            },
            written,
            span,
        }
    }

    /// Whether it answers more than one request on a connection: `maxKeepAliveRequests="1"` switches that off.
    fn keeps(&self) -> Known<bool> {
        match self.value("maxKeepAliveRequests") {
            Some(value) if value.unknown => {
                Known::Unknown(Doubt::at("maxKeepAliveRequests is filled in later", value.span))
            }
            Some(value) => Known::Is(value.text.trim() != "1"),
            None => Known::Is(true),
        }
    }

    /// How long it keeps idle connections, where it says so.
    fn idle(&self) -> Option<Argument> {
        self.value(KEEPALIVE).or_else(|| self.value(CONNECTION))
    }
}

/// What a server.xml of the repository says.
fn own(
    model: &mut Model,
    context: &ProcessContext<'_>,
    id: EntityId,
    connectors: &[Connector],
) -> Held<Vec<sockets::SocketJoin>> {
    let span = model.entity(id).span;
    // A port of -1 opens none.
    let listening = |connector: &&Connector| connector.value("port").is_none_or(|port| port.text.trim() != "-1");
    let connectors: Vec<&Connector> = connectors.iter().filter(listening).collect();
    let http: Vec<&Connector> = connectors
        .iter()
        .copied()
        .filter(|connector| connector.is_http() != Known::Is(false))
        .collect();
    let layer = match http.as_slice() {
        [] => Layer::doubtful(Doubt::at("its server.xml has no connector for HTTP", span)),
        [first, rest @ ..] => {
            let text = |connector: &Connector| connector.idle().map(|value| value.text);
            match rest.iter().find(|other| text(other) != text(first)) {
                Some(other) => Layer::doubtful(Doubt::at(
                    "its connectors keep connections differently long",
                    other.span(),
                )),
                None => {
                    let own = first.idle().map(|value| (KEEPALIVE, value));
                    Layer::of_values(model, context.sources, None, &Vec::from_iter(own))
                }
            }
        }
    };
    let keeps = match http.as_slice() {
        [only] => only.keeps(),
        all if all.iter().all(|connector| connector.keeps() == Known::Is(true)) => Known::Is(true),
        _ => Known::Unknown(Doubt::at("its connectors keep connections differently long", span)),
    };
    behave(model, id, keeps, Known::Is(false), span);
    settings::attach(model, id, &[layer], &OWN);
    let addresses = connectors.iter().map(|connector| connector.address()).collect();
    let sockets = sockets::add(model, id, Known::Is(addresses));
    if let (Known::Is(sockets), _) = sockets.parts() {
        for (socket, connector) in sockets.iter().zip(&connectors) {
            sockets::speak(model, &Known::Is(vec![socket.clone()]).into(), connector.speaks());
        }
    }
    sockets
}
