//! Envoy's way of writing protocol options: a message inside a map inside the cluster, which most clusters do not have.

use crate::model::field::{route, upstream};
use crate::model::{EntityId, FieldId, Model, NewValue, Spelling};
use crate::repo::{Edit, Refusal, Sources, Span};
use crate::syntax::At;

/// Envoy's way of writing.
#[derive(Debug)]
pub(super) struct Messages;

impl Spelling for Messages {
    fn apart(&self, new: &NewValue<'_>) -> Option<Result<Vec<Edit>, Refusal>> {
        is_protocol_option(new.field).then(|| Ok(vec![protocol_option(new)?]))
    }

    /// New protocol options also say the HTTP version that holds without them.
    fn along(&self, field: FieldId) -> Option<FieldId> {
        (field == upstream::KEEPALIVE_TIMEOUT.id()).then(|| route::HTTP_VERSION.id())
    }
}

const OPTIONS: &str = "typed_extension_protocol_options";
const HTTP: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
/// What the same was called in the cluster itself; Envoy does not take both.
const DEPRECATED: [&str; 5] = [
    "upstream_http_protocol_options",
    "common_http_protocol_options",
    "http_protocol_options",
    "http2_protocol_options",
    "protocol_selection",
];

/// Whether a field is written into a cluster's protocol options.
fn is_protocol_option(field: FieldId) -> bool {
    field == upstream::KEEPALIVE_TIMEOUT.id() || field == route::HTTP_VERSION.id()
}

/// The new lines that set a protocol option to a value, as its row spells it.
fn protocol_option(new: &NewValue<'_>) -> Result<Edit, Refusal> {
    let NewValue {
        sources,
        model,
        entity,
        field,
        value,
    } = *new;
    let row = model.row_for(entity, field);
    let row = row.ok_or_else(|| Refusal::new("the value was worked out, not written"))?;
    let value = row.spell(value)?;
    let cluster = cluster_of(model, entity).ok_or_else(|| Refusal::new("the cluster is not in the repository"))?;
    let idle = field == upstream::KEEPALIVE_TIMEOUT.id();
    if let Some(options) = cluster.child(OPTIONS) {
        let http = options.child(HTTP).filter(|_| idle);
        let http = http.ok_or_else(|| Refusal::new("the cluster has protocol options of its own"))?;
        return match http.child("common_http_protocol_options") {
            Some(common) => line(sources, common, &[format!("idle_timeout: {value}")]),
            None => line(
                sources,
                http,
                &[format!("common_http_protocol_options: {{ idle_timeout: {value} }}")],
            ),
        };
    }
    if DEPRECATED.iter().any(|name| cluster.child(name).is_some()) {
        return Err(Refusal::new("the cluster has protocol options in their old places"));
    }
    let mut lines = vec![
        format!("{OPTIONS}:"),
        format!("  {HTTP}:"),
        format!("    \"@type\": type.googleapis.com/{HTTP}"),
    ];
    if idle {
        // The protocol must be named, and HTTP/1.1 is what holds without it.
        lines.push(format!("    common_http_protocol_options: {{ idle_timeout: {value} }}"));
        lines.push("    explicit_http_config: { http_protocol_options: {} }".to_owned());
    } else {
        lines.push(format!("    explicit_http_config: {{ {value}: {{}} }}"));
    }
    line(sources, cluster, &lines)
}

/// The cluster an entity's settings come from: the outermost of its scopes.
fn cluster_of(model: &Model, entity: EntityId) -> Option<At<'_>> {
    let mut scope = model.entity(entity).scope?;
    while let Some(parent) = model.scope(scope).parent {
        scope = parent;
    }
    let (tree, node) = model.scope(scope).home?;
    let at = model.at(tree, node);
    at.child("name").is_some().then_some(at)
}

/// New entries behind the first one of a block that is written line by line. The first is a scalar, so that nothing
/// of it hangs below.
fn line(sources: &Sources, block: At<'_>, lines: &[String]) -> Result<Edit, Refusal> {
    let own = |child: &At<'_>| child.span().source == block.span().source && child.text().is_some() && !child.is_map();
    let refused = || Refusal::new("the block is not written line by line");
    let first = block.children().find(own).ok_or_else(refused)?;
    let source = sources.get(first.span().source);
    let text = &*source.text;
    let (start, end) = (first.span().start as usize, first.span().end as usize);
    let begin = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[begin..start];
    let behind = text[end..].lines().next().unwrap_or_default().trim();
    // A list's first entry stands behind its dash; JSON and flow maps have their braces in the way.
    let in_lines = before.chars().all(|c| c == ' ' || c == '-') && (behind.is_empty() || behind.starts_with('#'));
    if !in_lines {
        return Err(refused());
    }
    let indent = " ".repeat(before.len());
    let stop = text[end..].find('\n').map_or(text.len(), |at| end + at);
    let stop = stop - usize::from(text[..stop].ends_with('\r'));
    let feed = if text[stop..].starts_with('\r') { "\r\n" } else { "\n" };
    let new: String = lines.iter().map(|line| format!("{feed}{indent}{line}")).collect();
    Ok(Edit {
        span: Span::new(source.id, stop as u32, stop as u32),
        text: new,
    })
}
