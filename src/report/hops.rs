//! The map: each hop as one line, with both ends' values and where they come from, or why it is not linked.

use crate::estate::Estate;
use crate::link::Hop;
use crate::model::field::{container, hop, process, route, upstream};
use crate::model::{EntityId, FieldId, Known, Origin};
use crate::product::unread::Unread;
use crate::repo::{Sources, Span};
use crate::terminal::{escape, escape_json};

use super::contents::unread;

/// One hop as the map shows it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Line {
    /// The environment.
    pub environment: String,
    /// The file in which the route stands.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The path of a request.
    pub path: String,
    /// The gateway's values.
    pub gateway: Vec<Shown>,
    /// The application's values.
    pub application: Vec<Shown>,
    /// Why the hop is not linked.
    pub not_linked: Option<String>,
    /// For a linked hop: why nothing is known of what answers.
    pub not_known: Option<String>,
}

/// A value with where it comes from.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Shown {
    /// What it is.
    pub name: &'static str,
    /// The value, or why it is unknown.
    pub value: String,
    /// Where it comes from.
    pub origin: String,
}

/// The lines of one environment; only those in which `name` occurs.
pub fn lines(sources: &Sources, environment: &str, estate: &Estate, hops: &[Hop], name: Option<&str>) -> Vec<Line> {
    let mut lines: Vec<Line> = hops.iter().map(|hop| line(sources, environment, estate, hop)).collect();
    if let Some(name) = name {
        lines.retain(|line| line.path.contains(name) || line.file.contains(name) || line.environment.contains(name));
    }
    lines.sort_by(|a, b| (&a.file, a.line, &a.path).cmp(&(&b.file, b.line, &b.path)));
    lines
}

fn line(sources: &Sources, environment: &str, estate: &Estate, hop: &Hop) -> Line {
    let model = &estate.model;
    let (file, line) = place(sources, model.entity(hop.route).span);
    let show = |id: EntityId, name: &'static str, field: FieldId| shown(sources, estate, id, name, field);
    let mut gateway = vec![
        show(hop.route, "connect", route::CONNECT_TIMEOUT.id()),
        show(hop.route, "read", route::READ_TIMEOUT.id()),
    ];
    if let Known::Is(group) = model.linked(hop.id, hop::UPSTREAM)
        && model.held(hop.id, hop::REUSES_CONNECTIONS).likely() == Some(true)
    {
        gateway.push(show(group, "keeps idle", upstream::KEEPALIVE_TIMEOUT.id()));
    }
    let mut application = Vec::new();
    let (leads, unless) = hop.container.parts();
    if let Known::Is(at) = leads {
        let container = &estate.containers[*at];
        application.extend(
            unless
                .map(|unless| Shown {
                    name: "leads to",
                    value: container.name.to_string(),
                    origin: format!("assumed: unless {unless}"),
                })
                .map(Some),
        );
        application.push(show(container.id, "exposes", container::EXPOSED.id()));
        if let Known::Is(id) = container.process {
            application.push(show(id, "listens", process::SOCKETS.id()));
            application.push(show(id, "works", process::REQUEST_TIMEOUT.id()));
            application.push(show(id, "keeps idle", process::KEEPALIVE_TIMEOUT.id()));
        }
    }
    let (not_linked, not_known) = match &leads {
        Known::Is(at) => match &estate.containers[**at].process {
            Known::Unknown(doubt) => (None, Some(doubt.reason.to_string())),
            _ => (None, None),
        },
        Known::Absent => {
            let why = hop.why.as_deref().unwrap_or("nothing answers at this address");
            (Some(why.to_owned()), None)
        }
        Known::Unknown(doubt) => (Some(doubt.reason.to_string()), None),
    };
    Line {
        environment: environment.to_owned(),
        file,
        line,
        path: hop.path.clone(),
        gateway: gateway.into_iter().flatten().collect(),
        application: application.into_iter().flatten().collect(),
        not_linked,
        not_known,
    }
}

fn place(sources: &Sources, span: Span) -> (String, usize) {
    let at = sources.locate(span);
    let source = sources.get(at.source);
    (source.path.to_string(), source.lines().line(at.start) + 1)
}

fn shown(sources: &Sources, estate: &Estate, id: EntityId, name: &'static str, field: FieldId) -> Option<Shown> {
    match estate.model.fact(id, field) {
        Known::Absent => None,
        Known::Unknown(doubt) => Some(Shown {
            name,
            value: "?".to_owned(),
            origin: doubt.reason.to_string(),
        }),
        Known::Is(fact) => {
            let origin = match &fact.origin {
                Origin::Default {
                    product,
                    version: Some(version),
                    ..
                } => format!("default of {product} {version}"),
                Origin::Default {
                    product, version: None, ..
                } => format!("default of {product}"),
                Origin::Written | Origin::Inherited | Origin::Computed => {
                    let (file, line) = place(sources, fact.span);
                    format!("{file}:{line}")
                }
            };
            let origin = match &fact.unless {
                Some(unless) => format!("assumed: {origin}, unless {unless}"),
                None => origin,
            };
            Some(Shown {
                name,
                value: fact.value.to_string(),
                origin,
            })
        }
    }
}

/// The map for people.
pub fn table(lines: &[Line], not_read: &[Unread]) -> String {
    let mut out = String::new();
    let several = lines.windows(2).any(|pair| pair[0].environment != pair[1].environment);
    for line in lines {
        let mut parts = vec![format!("{}:{}", line.file, line.line), line.path.clone()];
        parts.extend(values(&line.gateway));
        if let Some(reason) = &line.not_linked {
            parts.push(format!("not linked: {reason}"));
        }
        if !line.application.is_empty() || line.not_known.is_some() {
            parts.push("|".to_owned());
            parts.extend(line.not_known.clone());
            parts.extend(values(&line.application));
        }
        if several {
            parts.push(format!("[{}]", line.environment));
        }
        out.push_str(&escape(&parts.join("  ")));
        out.push('\n');
    }
    match (lines.is_empty(), not_read.is_empty()) {
        (true, true) => {
            out.push_str("no hop was found: no file here passes requests on, or NAME occurs in none of its hops\n");
        }
        (true, false) => out.push_str("no hop was found in what is read\n"),
        _ => {}
    }
    if !not_read.is_empty() {
        out.push_str(&escape(&format!("not read: {}", unread(not_read))));
        out.push('\n');
    }
    out
}

fn values(shown: &[Shown]) -> impl Iterator<Item = String> + '_ {
    shown
        .iter()
        .map(|shown| format!("{} {} ({})", shown.name, shown.value, shown.origin))
}

#[derive(serde::Serialize)]
struct Map<'a> {
    hops: &'a [Line],
    not_read: &'a [Unread],
}

/// The map for programs.
pub fn json(hops: &[Line], not_read: &[Unread]) -> String {
    let mut text = serde_json::to_string_pretty(&Map { hops, not_read }).unwrap_or_default();
    text.push('\n');
    escape_json(text)
}
