//! `rails server`, which starts Puma and tells it where to listen. What an option or a variable says wins over Puma's
//! file; else the file counts, where `port` without a host takes Rails' own; else Rails' own port, 3000. Rails' own host
//! is localhost in development and all interfaces in other environments. Read in Rails 5.2 to 8.0
//! (commands/server/server_command.rb) and Puma 6 (rack/handler/puma.rb, dsl.rb).

use std::sync::Arc;

use crate::model::{Assumption, Doubt, Held, Known, Model, Product};
use crate::product::descriptor::Descriptor;
use crate::product::puma::{in_file, start};
use crate::repo::{Source, Span};
use crate::server::command::Started;
use crate::server::settings::{Layer, Spelled, first, held, written};
use crate::server::sockets::{Address, Bind, interface, port};
use crate::server::{Launch, Lowered, ProcessJoin, Program, Reads, Server};

/// Rails.
pub static DESCRIPTOR: Descriptor = Descriptor {
    server: Some(&SERVER),
    ..Descriptor::of(&Product {
        stated_as: None,
        ..Product::server("rails")
    })
};

/// What starts Rails and which options it has.
static SERVER: Server = Server {
    programs: &[Program::named("rails").with(&["server", "s"])],
    options: OPTIONS,
    reads: Reads::Command(lower),
    ..Server::BY_NAME
};

const OPTIONS: &[Spelled] = &[
    ("port", &["--port", "-p"]),
    ("binding", &["--binding", "-b"]),
    ("environment", &["--environment", "-e"]),
];

fn lower(model: &mut Model, launch: &Launch<'_>, started: &Started<'_>) -> Lowered {
    let other = started.command.options(&["--using", "-u"]);
    if let Some(other) = other.iter().find(|server| server.text != "puma") {
        let reason = format!("gatelint does not read where `rails server` lets {} listen", other.text);
        return Ok(ProcessJoin::unknown(Doubt::at(reason, other.span)));
    }
    Ok(start(model, launch, started, addresses))
}

/// A value and where it is written; for a default, the program.
type Written = (String, Span);

fn addresses(
    launch: &Launch<'_>,
    started: &Started<'_>,
    command: &Layer,
    file: &Known<Arc<Source>>,
) -> Held<Vec<Address>> {
    let sight = Sight {
        command,
        started,
        unseen: unseen(launch, started),
    };
    let (asked_host, asked_port) = (sight.asked("binding", "BINDING"), sight.asked("port", "PORT"));
    let host = asked_host.clone().or(|| sight.own_host()).known();
    let number = asked_port.clone().or(|| Known::Is(("3000".to_owned(), sight.span())));
    let own = address(&host, &number, sight.span());
    let ((asked_host, no_host), (asked_port, no_port)) = (asked_host.parts(), asked_port.parts());
    match (asked_host, asked_port) {
        (Known::Is(_), _) | (_, Known::Is(_)) => Known::Is(vec![own]).into(),
        (Known::Unknown(doubt), _) | (_, Known::Unknown(doubt)) => Known::Unknown(doubt).into(),
        (Known::Absent, Known::Absent) => {
            let host = host.then(|(text, _): Written| interface(&text));
            let in_file = Held::from(file.clone()).then(|source| in_file(&source, started, &host));
            // What keeps others away is not the file's port but Rails' host.
            let blamed = in_file.map(|all| all.into_iter().map(|found| found.blamed(own.span)).collect());
            blamed.or(|| Known::Is(vec![own])).on(no_host).on(no_port)
        }
    }
}

impl Address {
    /// The address with this place, where Rails' own host is all that keeps others away.
    fn blamed(self, at: Span) -> Address {
        // Of a port without a host, no more than the number is written.
        let is_own = self.written.parse::<u16>().is_ok() && self.bind.loopback() == Known::Is(true);
        Address {
            span: if is_own { at } else { self.span },
            ..self
        }
    }
}

fn address(host: &Known<Written>, number: &Held<Written>, span: Span) -> Address {
    let at = host
        .clone()
        .is()
        .or_else(|| number.clone().likely())
        .map_or(span, |(_, at)| at);
    let text = |value: Option<Written>| value.map_or_else(|| "?".to_owned(), |(text, _)| text);
    let written = format!("{}:{}", text(host.clone().is()), text(number.clone().likely()));
    // A path, or an address with a scheme.
    if let Known::Is((host, at)) = host
        && (host.starts_with(['/', '.']) || host.contains("://"))
    {
        let doubt = Doubt::at(format!("gatelint does not read the address {host}"), *at);
        return Address::unknown(written, doubt, *at);
    }
    Address {
        bind: Bind::Tcp {
            host: host.clone().then(|(text, _)| interface(&text)),
            port: number.clone().then(|(text, at)| port(&text, at)),
        },
        written,
        span: at,
    }
}

/// What can be seen of options and variables.
struct Sight<'s> {
    command: &'s Layer,
    started: &'s Started<'s>,
    /// Why there may be variables that are not seen.
    unseen: Option<Doubt>,
}

impl Sight<'_> {
    fn span(&self) -> Span {
        self.started.command.program.span
    }

    /// What somebody asks for: by an option, else by a variable. That one which is not seen asks as well is not likely.
    fn asked(&self, option: &str, variable: &str) -> Held<Written> {
        let own = held(std::slice::from_ref(self.command), option);
        let own = own.map(|(text, span)| (text.to_owned(), span));
        own.or(|| match (self.started.variable(variable), &self.unseen) {
            (None, Some(doubt)) => {
                let clause = format!("{variable} is set elsewhere");
                Known::Absent.unless(Assumption::perhaps_at(clause, doubt.span))
            }
            _ => self.variable(variable).into(),
        })
    }

    fn option(&self, name: &str) -> Known<Written> {
        let found = written(std::slice::from_ref(self.command), name);
        found.map(|(text, span)| (text.to_owned(), span))
    }

    fn variable(&self, name: &str) -> Known<Written> {
        match (self.started.variable(name), &self.unseen) {
            (Some(value), _) if value.unknown => {
                Known::Unknown(Doubt::at(format!("the value of {name} is not known here"), value.span))
            }
            (Some(value), _) => Known::Is((value.text, value.span)),
            (None, Some(doubt)) => Known::Unknown(doubt.clone()),
            (None, None) => Known::Absent,
        }
    }

    /// The host where nobody asks for one.
    fn own_host(&self) -> Known<Written> {
        if let Some(value) = self.started.variable("HOST") {
            let reason = "HOST is the address up to Rails 6.0 only, and the version is not known";
            return Known::Unknown(Doubt::at(reason, value.span));
        }
        let filled = |name: &str| match self.variable(name) {
            Known::Is((text, _)) if text.trim().is_empty() => Known::Absent,
            known => known,
        };
        let environment = first(self.option("environment"), || {
            first(filled("RAILS_ENV"), || filled("RACK_ENV"))
        });
        let environment = first(environment, || Known::Is(("development".to_owned(), self.span())));
        environment.map(|(text, at)| match text.as_str() {
            "development" => ("localhost".to_owned(), at),
            _ => ("0.0.0.0".to_owned(), at),
        })
    }
}

/// Why a container may have variables that nobody sees here: those of a file or of an image that is made elsewhere.
fn unseen(launch: &Launch<'_>, started: &Started<'_>) -> Option<Doubt> {
    let (spec, span) = (launch.spec, launch.span);
    if spec.more_environment {
        let reason = "variables that are not in the repository may say where it listens";
        return Some(Doubt::at(reason, span));
    }
    if !started.command.certain {
        return Some(Doubt::at(
            "what starts it may set variables that say where it listens",
            span,
        ));
    }
    if spec.image.is_none() && spec.built.is_none() {
        return None;
    }
    let reason = "variables of the image may say where it listens";
    (!launch.is_image("ruby")).then(|| Doubt::at(reason, span))
}
