//! Reading Envoy's messages in a YAML tree: both spellings of names, types behind `@type`, enums in any case.

use std::sync::Arc;

use crate::model::{Doubt, Fact, Known, Model, NodePlace, Row, Site, Stored, scalar};
use crate::syntax::{At, NodeId, Tree};

/// A message somewhere in a tree that is kept.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub tree: Arc<Tree>,
    pub node: NodeId,
}

impl Place {
    pub fn new(tree: &Arc<Tree>, at: At<'_>) -> Place {
        Place {
            tree: tree.clone(),
            node: at.id(),
        }
    }

    pub fn at(&self) -> At<'_> {
        self.tree.at(self.node)
    }

    /// The place of another message of the same tree, for a site.
    pub fn site(&self, model: &mut Model, at: At<'_>) -> NodePlace {
        (model.add_tree(&self.tree), at.id())
    }
}

/// A field by its name in the API, which JSON may also write in lowerCamelCase.
pub(super) fn child<'t>(at: At<'t>, name: &str) -> Option<At<'t>> {
    at.child(name)
        .or_else(|| at.children().find(|child| is_camel_of(child.name(), name)))
}

/// Follows a path of such names.
pub(super) fn get<'t>(at: At<'t>, path: &str) -> Option<At<'t>> {
    path.split('.').try_fold(at, child)
}

/// The items of a list field; nothing where it is absent or no list.
pub(super) fn items<'t>(at: At<'t>, path: &str) -> impl Iterator<Item = At<'t>> + use<'t> {
    get(at, path).into_iter().flat_map(At::items)
}

/// A scalar by path: absent where nothing is written.
pub(super) fn text(at: At<'_>, path: &str) -> Known<Arc<str>> {
    get(at, path).map_or(Known::Absent, scalar)
}

/// A scalar by path, where it is known.
pub(super) fn plain<'t>(at: At<'t>, path: &str) -> Option<&'t str> {
    let found = get(at, path)?;
    found.text().filter(|_| found.doubt_at(0).is_none())
}

fn is_camel_of(written: &str, name: &str) -> bool {
    let mut letters = written.bytes();
    let mut raise = false;
    for byte in name.bytes() {
        if byte == b'_' {
            raise = true;
            continue;
        }
        let wanted = if raise { byte.to_ascii_uppercase() } else { byte };
        raise = false;
        if letters.next() != Some(wanted) {
            return false;
        }
    }
    letters.next().is_none()
}

/// The last part of a message's `@type`: `HttpConnectionManager`.
pub(super) fn type_of(at: At<'_>) -> Option<&str> {
    let written = at.child("@type")?.text()?;
    written.rsplit(['.', '/']).next()
}

/// Template text in a list that stands outside its items may add more of them.
pub(super) fn open_list(list: At<'_>, what: &str) -> Option<Doubt> {
    let span = list.span();
    let loose =
        |hole: &&crate::repo::Span| hole.overlaps(span) && !list.items().any(|item| item.span().overlaps(**hole));
    let hole = list.tree().holes().iter().find(loose)?;
    Some(Doubt::at(format!("template text stands between the {what}"), *hole))
}

/// Every value of these rows that is written in a message.
pub(super) fn facts<'r>(model: &mut Model, place: &Place, at: At<'_>, rows: impl Iterator<Item = &'r Row>) -> Vec<Fact>
where
    'r: 'static,
{
    let mut found = Vec::new();
    for row in rows {
        let Some(entry) = get(at, &row.name) else { continue };
        let span = entry.word_span_at(0);
        let unreadable = || Doubt::at(format!("the value of {} cannot be read", row.name), span);
        let value = match scalar(entry) {
            Known::Is(text) => row
                .value_of(&text)
                .map_or_else(|| Stored::Unknown(unreadable()), Stored::Is),
            Known::Unknown(doubt) => Stored::Unknown(doubt),
            // A message where a scalar is expected, or nothing at all.
            Known::Absent if entry.children().next().is_none() => continue,
            Known::Absent => Stored::Unknown(unreadable()),
        };
        let site = Some(Site {
            row,
            node: Some(place.site(model, entry)),
        });
        found.push(Fact {
            field: row.field,
            value,
            span,
            site,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::is_camel_of;

    #[test]
    fn both_spellings_of_a_name() {
        assert!(is_camel_of("staticResources", "static_resources"));
        assert!(is_camel_of("http2ProtocolOptions", "http2_protocol_options"));
        assert!(!is_camel_of("static_resource", "static_resources"));
        assert!(!is_camel_of("staticresources", "static_resources"));
    }
}
