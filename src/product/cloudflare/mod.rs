//! Cloudflare, as far as Ingresses are put behind it.

use crate::environment::Document;
use crate::model::{Duration, Product};
use crate::product::cdn::Cdn;
use crate::product::descriptor::Descriptor;
use crate::repo::Span;

/// Cloudflare.
pub static DESCRIPTOR: Descriptor = Descriptor {
    cdn: Some(&CDN),
    ..Descriptor::of(&Product::other("Cloudflare"))
};

static CDN: Cdn = Cdn {
    // Cloudflare, connection limits: 125 s since July 2026, cloudflare-docs pull request 32243; 120 s from October 2025,
    // 100 s before.
    limit: Duration::from_secs(125),
    in_front_of,
};

/// The annotation by which external-dns switches Cloudflare's proxy on.
fn in_front_of(document: &Document) -> Option<Span> {
    let annotations = document.at().get("metadata.annotations")?;
    let on = annotations.child("external-dns.alpha.kubernetes.io/cloudflare-proxied")?;
    (on.text() == Some("true")).then(|| on.word_span_at(0))
}
