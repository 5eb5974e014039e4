//! `facts`: what lives in another repository, read into what lowering takes.

use std::sync::Arc;

use super::reader::{Reader, is_null, value_span};
use crate::estate::facts::{Cdn, Facts, LoadBalancer};
use crate::finding::directive::did_you_mean;
use crate::model::{Duration, Unit, Value};
use crate::product;
use crate::repo::Span;
use crate::syntax::At;

const KEYS: [&str; 3] = ["load_balancers", "cdn", "gateway_namespace"];

pub(super) fn read(at: At<'_>, reader: &mut Reader) -> Facts {
    let mut facts = Facts::default();
    for entry in reader.keys(at, "`facts`", &KEYS) {
        match entry.name() {
            "gateway_namespace" if !is_null(entry) => {
                let text = reader.text(entry, "`gateway_namespace`");
                facts.gateway_namespace = text.map(|text| text.value.into());
            }
            "load_balancers" => {
                let items = reader.list(entry, "`load_balancers`");
                facts.load_balancers = items
                    .into_iter()
                    .filter_map(|item| load_balancer(item, reader))
                    .collect();
            }
            "cdn" => {
                let items = reader.list(entry, "`cdn`");
                facts.cdns = items.into_iter().filter_map(|item| cdn(item, reader)).collect();
            }
            _ => {}
        }
    }
    facts
}

fn load_balancer(item: At<'_>, reader: &mut Reader) -> Option<LoadBalancer> {
    let known = ["name", "product", "idle_timeout", "in_front_of", "target_type"];
    let mut product = None;
    let (mut name, mut span): (Arc<str>, Span) = ("".into(), item.head());
    let (mut idle_timeout, mut in_front_of, mut to_pods) = (None, Vec::new(), false);
    for entry in reader.keys(item, "a load balancer", &known) {
        match entry.name() {
            "name" => {
                let text = reader.text(entry, "`name`")?;
                span = text.span;
                name = text.value.into();
            }
            "product" => {
                let text = reader.text(entry, "`product`")?;
                let mut known = product::stated_balancers();
                let Some((_, balancer)) = known.find(|(name, _)| *name == text.value) else {
                    reader.problem(
                        text.span,
                        format!("`{}` is not a load balancer", text.value),
                        hint(&text.value),
                    );
                    return None;
                };
                product = Some(balancer);
            }
            "idle_timeout" => idle_timeout = duration(entry, reader),
            "target_type" => {
                let text = reader.text(entry, "`target_type`")?;
                if !matches!(text.value.as_str(), "ip" | "instance") {
                    reader.problem(text.span, "`target_type` is ip (pods) or instance (nodes)", None);
                }
                to_pods = text.value == "ip";
            }
            _ => in_front_of = targets(entry, reader),
        }
    }
    let (false, Some(product)) = (name.is_empty(), product) else {
        reader.problem(item.head(), "a load balancer needs `name` and `product`", None);
        return None;
    };
    Some(LoadBalancer {
        name,
        span,
        product,
        idle_timeout,
        in_front_of,
        to_pods,
    })
}

fn hint(wrong: &str) -> Option<String> {
    let known: Vec<&str> = product::stated_balancers().map(|(name, _)| name).collect();
    let near = did_you_mean(wrong, known.iter().copied());
    Some(near.map_or_else(
        || format!("write one of {}", known.join(", ")),
        |near| format!("did you mean `{near}`?"),
    ))
}

fn cdn(item: At<'_>, reader: &mut Reader) -> Option<Cdn> {
    let mut name: Arc<str> = "".into();
    let mut limit = None;
    let mut behind = Vec::new();
    for entry in reader.keys(item, "a CDN", &["name", "read_timeout", "in_front_of"]) {
        match entry.name() {
            "name" => name = reader.text(entry, "`name`")?.value.into(),
            "read_timeout" => limit = duration(entry, reader),
            _ => behind = targets(entry, reader),
        }
    }
    let (false, Some(read_timeout)) = (name.is_empty(), limit) else {
        reader.problem(item.head(), "a CDN needs `name` and `read_timeout`", None);
        return None;
    };
    Some(Cdn {
        name,
        read_timeout,
        in_front_of: behind,
    })
}

fn targets(entry: At<'_>, reader: &mut Reader) -> Vec<(Arc<str>, Span)> {
    let texts = reader.texts(entry, "`in_front_of`");
    texts.into_iter().map(|text| (text.value.into(), text.span)).collect()
}

fn duration(entry: At<'_>, reader: &mut Reader) -> Option<(Duration, Span)> {
    let text = reader.text(entry, &format!("`{}`", entry.name()))?;
    match Unit::Time.value_of(&text.value) {
        Some(Value::Duration(duration)) => Some((duration, value_span(entry))),
        _ => {
            let help = "write it like 60s or 4m".to_owned();
            reader.problem(
                text.span,
                format!("`{}` is not a length of time", text.value),
                Some(help),
            );
            None
        }
    }
}
