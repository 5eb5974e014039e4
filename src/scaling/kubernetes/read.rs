//! Reading values of Kubernetes objects with their places; what is filled in later is an error that says so.

use std::sync::LazyLock;

use crate::capacity::schedule::{Given, NotEvaluated};
use crate::environment::Document;
use crate::estate::scaled::target::Entry;
use crate::kubernetes::fact::between;
use crate::model::field::{autoscaler, schedule};
use crate::model::{Model, NodePlace, Row, Site, Table, TreeId, Unit};
use crate::repo::Span;
use crate::syntax::At;

/// The fields of every object and entry that says how many replicas there are.
pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let count = |name: &str, field| Row::new(name, field, Unit::Number).bare();
    let text = |name: &str, field| Row::new(name, field, Unit::Text);
    let rows = vec![
        count("minReplicas", autoscaler::LEAST),
        count("maxReplicas", autoscaler::MOST),
        count("minReplicaCount", autoscaler::LEAST),
        count("maxReplicaCount", autoscaler::MOST),
        count("idleReplicaCount", autoscaler::LEAST),
        count("replicas", schedule::COUNT),
        Row::new("desiredReplicas", schedule::COUNT, Unit::Number),
        text("timezone", schedule::TIMEZONE),
        text("timeZone", schedule::TIMEZONE),
        text("start", schedule::START),
        text("end", schedule::END),
        text("schedule", schedule::START),
        // Words of a command line and of an annotation.
        count("count", schedule::COUNT),
        text("window", schedule::START),
    ];
    Table::new("Kubernetes", rows)
});

/// What a new line of a HorizontalPodAutoscaler is written through.
pub(super) static HORIZONTAL: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new("minReplicas", autoscaler::LEAST, Unit::Number).bare(),
        Row::new("maxReplicas", autoscaler::MOST, Unit::Number).bare(),
    ];
    Table::new("Kubernetes", rows)
});

/// What a new line of a ScaledObject is written through.
pub(super) static SCALED_OBJECT: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new("minReplicaCount", autoscaler::LEAST, Unit::Number).bare(),
        Row::new("maxReplicaCount", autoscaler::MOST, Unit::Number).bare(),
    ];
    Table::new("KEDA", rows)
});

/// What a new line of a cron trigger's metadata is written through.
pub(super) static TRIGGER: LazyLock<Table> = LazyLock::new(|| {
    Table::new(
        "KEDA",
        vec![Row::new("timezone", schedule::TIMEZONE, Unit::Text).bare()],
    )
});

/// What a new line of a CronJob's specification is written through.
pub(super) static JOB: LazyLock<Table> = LazyLock::new(|| {
    Table::new(
        "Kubernetes",
        vec![Row::new("timeZone", schedule::TIMEZONE, Unit::Text).bare()],
    )
});

/// Reads one document and remembers where its values stand.
pub(super) struct Reading<'d> {
    pub document: &'d Document,
    pub tree: TreeId,
    pub sites: Vec<(Span, Site)>,
}

impl<'d> Reading<'d> {
    /// Begins to read a document whose tree the model has.
    pub fn new(model: &Model, document: &'d Document) -> Self {
        Self {
            document,
            tree: model.tree_of(document.tree.as_ref()),
            sites: Vec::new(),
        }
    }

    /// A value below `at`, whose own path in the document is `base`.
    fn value(&mut self, at: At<'d>, base: &str, path: &str) -> Result<Option<At<'d>>, NotEvaluated> {
        let whole = match (base, path) {
            ("", path) => path.to_owned(),
            (base, path) => format!("{base}.{path}"),
        };
        if let Some(doubt) = self.document.doubt(&whole) {
            let span = doubt.span.unwrap_or_else(|| at.head());
            return Err(NotEvaluated {
                reason: doubt.reason.to_string(),
                span,
            });
        }
        let Some(found) = at.get(path) else {
            let around = path.rsplit_once('.').map_or(Some(at), |(outer, _)| at.get(outer));
            return match around.and_then(|map| between(self.document, map)) {
                // `{{ if … }}` around a line: it may be there or not.
                Some(doubt) => Err(NotEvaluated {
                    reason: doubt.reason.to_string(),
                    span: doubt.span.unwrap_or_else(|| at.head()),
                }),
                None => Ok(None),
            };
        };
        match found.doubt() {
            Some(span) => Err(NotEvaluated {
                reason: format!("the value of {} is filled in later", found.name()),
                span,
            }),
            None => Ok(Some(found)),
        }
    }

    /// A text.
    pub fn text(&mut self, at: At<'d>, base: &str, path: &str) -> Result<Option<Given<String>>, NotEvaluated> {
        let Some(found) = self.value(at, base, path)? else {
            return Ok(None);
        };
        let Some(text) = found.text() else { return Ok(None) };
        let given = Given::new(text.to_owned(), found.word_span_at(0));
        self.remember(found, given.span, path.rsplit('.').next().unwrap_or(path));
        Ok(Some(given))
    }

    /// A count.
    pub fn count(&mut self, at: At<'d>, base: &str, path: &str) -> Result<Option<Given<u32>>, NotEvaluated> {
        let Some(text) = self.text(at, base, path)? else {
            return Ok(None);
        };
        match text.value.trim().parse() {
            Ok(count) => Ok(Some(Given::new(count, text.span))),
            Err(_) => Err(NotEvaluated {
                reason: format!("`{}` is not a count", text.value),
                span: text.span,
            }),
        }
    }

    /// Notes where a value stands, so that a fix can write there.
    pub fn remember(&mut self, at: At<'_>, span: Span, name: &str) {
        if let Some(row) = TABLE.named(name).next() {
            let node = Some((self.tree, at.id()));
            self.sites.push((span, Site { row, node }));
        }
    }

    /// Notes a word of a command line or an annotation, which no entry of its own holds.
    pub fn remember_word(&mut self, span: Span, name: &str) {
        if let Some(row) = TABLE.named(name).next() {
            self.sites.push((span, Site { row, node: None }));
        }
    }

    /// Where a document is declared: its name.
    pub fn head(&self) -> Span {
        let at = self.document.at();
        at.get("metadata.name")
            .map_or_else(|| at.head(), |name| name.word_span_at(0))
    }

    /// The document as an object that writes counts.
    pub fn object(&self, what: &'static str, table: &'static Table) -> Entry {
        let spec = self.document.at().child("spec").filter(|spec| spec.is_map());
        Entry {
            what,
            name: self.document.name.clone(),
            span: self.head(),
            home: spec.map(|spec| (self.place(spec), table)),
        }
    }

    pub fn place(&self, at: At<'_>) -> NodePlace {
        (self.tree, at.id())
    }
}
