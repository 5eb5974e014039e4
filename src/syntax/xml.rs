//! XML as far as settings of a server need it: elements by name, with their attributes and where the values stand. What
//! is no XML is not read at all, as its servers do not start with it; neither is what has a document type, which may
//! include further files.

use std::ops::Range;

use roxmltree::{Document, Node};

/// An element with its attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Where it stands.
    pub range: Range<usize>,
    /// Its attributes, in order.
    pub attributes: Vec<Attribute>,
}

/// An attribute of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, without a prefix.
    pub name: String,
    /// Its value, decoded.
    pub value: String,
    /// Where the value stands, without its quotes.
    pub range: Range<usize>,
}

impl Element {
    /// The attribute of a name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

/// All elements with a name, in order; what stands in comments is none.
///
/// # Errors
/// Why the text is not read, with the line.
pub fn elements(text: &str, name: &str) -> Result<Vec<Element>, String> {
    bounded(text)?;
    let document = Document::parse(text).map_err(|error| format!("it is no XML that can be read: {error}"))?;
    let named = document
        .descendants()
        .filter(|node| node.is_element() && node.tag_name().name() == name);
    Ok(named.map(|node| element(text, node)).collect())
}

/// Elements in one text, names for namespaces in it, and attributes of one element. Their cost grows with the square, and no
/// server's settings have a tenth of them.
const MOST_ELEMENTS: usize = 20_000;
const MOST_NAMESPACES: usize = 100;
const MOST_ATTRIBUTES: usize = 200;

/// Refuses what would take long to parse. It is counted roughly, and rather too much: an `=` may stand in a value.
fn bounded(text: &str) -> Result<(), String> {
    let too_many = |what: &str, most: usize| Err(format!("it has more than {most} {what}"));
    if text.matches('<').nth(MOST_ELEMENTS).is_some() {
        return too_many("elements", MOST_ELEMENTS);
    }
    if text.matches("xmlns").nth(MOST_NAMESPACES).is_some() {
        return too_many("namespaces", MOST_NAMESPACES);
    }
    // Text, too, may have many of them, but not settings.
    if text
        .split('<')
        .any(|tag| tag.matches('=').nth(MOST_ATTRIBUTES).is_some())
    {
        return too_many("attributes in one place", MOST_ATTRIBUTES);
    }
    Ok(())
}

fn element(text: &str, node: Node<'_, '_>) -> Element {
    let attributes = node.attributes().map(|attribute| {
        let value = attribute.range_value();
        // Behind very long names the place of the value is not exact.
        let is_exact = text.get(value.clone()).is_some();
        Attribute {
            name: attribute.name().to_owned(),
            value: attribute.value().to_owned(),
            range: if is_exact { value } else { attribute.range() },
        }
    });
    Element {
        range: node.range(),
        attributes: attributes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::elements;

    #[test]
    fn attributes_have_places() {
        let text = "\u{feff}<?xml version='1.0'?>\n<a>\n  <!-- <b p=\"0\"/> -->\n  <b p = '1' é=\"x &amp; y\"/></a>\n";
        let found = elements(text, "b").unwrap_or_default();
        let values: Vec<_> = found
            .iter()
            .flat_map(|element| &element.attributes)
            .map(|attribute| (&*attribute.name, &*attribute.value, &text[attribute.range.clone()]))
            .collect();
        assert_eq!(values, [("p", "1", "1"), ("é", "x & y", "x &amp; y")]);
    }

    #[test]
    fn a_place_is_always_within_the_text() {
        for name in ["é".repeat(40_000), format!("b{}", " ".repeat(70_000))] {
            let text = format!("<a {name}='é'/>");
            let found = elements(&text, "a").unwrap_or_default();
            let places: Vec<_> = found.iter().flat_map(|element| &element.attributes).collect();
            assert!(
                places
                    .iter()
                    .all(|attribute| text.get(attribute.range.clone()).is_some())
            );
            assert_eq!(places.len(), 1);
        }
    }

    #[test]
    fn what_is_no_xml_is_not_read() {
        for text in [
            "",
            "<a>",
            "{{ x }}",
            "<a b=\"{{ \"c\" }}\"/>",
            "<!DOCTYPE a [<!ENTITY b SYSTEM \"c\">]><a>&b;</a>",
        ] {
            assert!(elements(text, "a").is_err(), "{text}");
        }
    }
}
