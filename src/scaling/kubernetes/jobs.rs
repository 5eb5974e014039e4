//! CronJobs that run `kubectl scale`, `patch` or `autoscale`.

use crate::capacity::schedule::{Given, Job, KubectlWrite, Named, NotEvaluated, kubectl_writes};
use crate::environment::Document;
use crate::estate::scaled::target::Entry;
use crate::model::{Model, Site};
use crate::repo::Span;
use crate::scaling::kubernetes::read::{JOB, Reading};
use crate::syntax::At;
use crate::syntax::argv::Argument;

/// A CronJob that changes counts.
#[derive(Debug)]
pub(super) struct Writer<'d> {
    pub document: &'d Document,
    /// When it fires, and what it writes; an error where that cannot be told.
    pub job: Result<Job, NotEvaluated>,
    pub entry: Entry,
    pub sites: Vec<(Span, Site)>,
    /// All its words, for names of objects it may mean.
    text: String,
}

/// The CronJobs of an environment that change counts.
pub(super) fn writers<'d>(model: &Model, documents: &'d [Document]) -> Vec<Writer<'d>> {
    let jobs = documents.iter().filter(|document| &*document.kind == "CronJob");
    jobs.filter_map(|document| writer(model, document)).collect()
}

fn writer<'d>(model: &Model, document: &'d Document) -> Option<Writer<'d>> {
    let pod = document.at().get("spec.jobTemplate.spec.template.spec")?;
    let containers = pod.child("containers")?;
    let arguments = containers.items().map(arguments).find(|words| changes_counts(words))?;
    let text: Vec<&str> = arguments.iter().map(|argument| argument.text.as_str()).collect();
    let text = text.join(" ");
    let mut reading = Reading::new(model, document);
    let job = job(&mut reading, &arguments);
    Some(Writer {
        document,
        job,
        entry: reading.object("CronJob", &JOB),
        sites: reading.sites,
        text,
    })
}

fn arguments(item: At<'_>) -> Vec<Argument> {
    let words = |name: &str| {
        let list = item.child(name);
        let words = list.into_iter().flat_map(At::items);
        words.filter_map(|word| Argument::of_word(word, 0)).collect::<Vec<_>>()
    };
    let (command, more) = (words("command"), words("args"));
    let image = item.scalar("image").unwrap_or_default();
    let image = image.rsplit('/').next().unwrap_or_default();
    // Images of this name have it as their entrypoint.
    let is_kubectl = image.split([':', '@']).next() == Some("kubectl");
    let entrypoint = (command.is_empty() && is_kubectl).then(|| Argument::new("kubectl", item.head(), false));
    entrypoint.into_iter().chain(command).chain(more).collect()
}

fn changes_counts(words: &[Argument]) -> bool {
    let has = |part: &str| words.iter().any(|word| word.text.contains(part));
    has("kubectl") && (has("scale") || (has("patch") && has("eplica")))
}

fn job(reading: &mut Reading<'_>, arguments: &[Argument]) -> Result<Job, NotEvaluated> {
    let root = reading.document.at();
    let schedule = reading.text(root, "", "spec.schedule")?;
    let zone = reading.text(root, "", "spec.timeZone")?;
    let suspend = reading.text(root, "", "spec.suspend")?;
    let Some(schedule) = schedule else {
        return Err(NotEvaluated {
            reason: "the CronJob has no schedule".to_owned(),
            span: reading.head(),
        });
    };
    let writes = kubectl_writes(arguments)?;
    for given in writes.iter().flat_map(counts) {
        // Where a number does not stand by itself, as inside a patch, a fix has nowhere to write.
        if given.span.len() as usize == given.value.to_string().len() {
            reading.remember_word(given.span, "count");
        }
    }
    Ok(Job {
        schedule,
        zone,
        suspended: suspend.is_some_and(|given| given.value == "true"),
        writes,
    })
}

fn counts(write: &KubectlWrite) -> impl Iterator<Item = &Given<u32>> {
    [&write.replicas, &write.minimum, &write.maximum].into_iter().flatten()
}

/// An object that a command may mean.
pub(super) struct Object<'a> {
    pub kind: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
}

impl Writer<'_> {
    /// The job as far as it writes to any of these objects: a workload and its autoscalers. An error where it may write
    /// to one and what it writes cannot be told; nothing where it surely writes to none.
    pub fn writes_to(&self, objects: &[Object<'_>]) -> Option<Result<Job, NotEvaluated>> {
        let job = match &self.job {
            Ok(job) => job,
            Err(open) => return self.may_mean(objects).then(|| Err(open.clone())),
        };
        let mut own = Vec::new();
        for write in &job.writes {
            let near = |object: &Object<'_>| {
                let namespace = write.namespace.as_deref().unwrap_or(&self.document.namespace);
                namespace.is_empty() || object.namespace.is_empty() || namespace == object.namespace
            };
            let Some(object) = objects
                .iter()
                .find(|object| near(object) && is_kind(&write.kind, object.kind))
            else {
                continue;
            };
            match &write.name {
                Named::One(name) if *name == object.name => own.push((write.clone(), object.kind == "ScaledObject")),
                Named::One(_) => {}
                Named::Several => {
                    let reason = format!(
                        "the CronJob {} scales several objects by label or kind",
                        self.entry.name
                    );
                    let span = self.entry.span;
                    return Some(Err(NotEvaluated { reason, span }));
                }
            }
        }
        if own.iter().any(|(_, scaled_object)| *scaled_object) {
            let reason = format!("the CronJob {} changes the ScaledObject itself", self.entry.name);
            let span = self.entry.span;
            return Some(Err(NotEvaluated { reason, span }));
        }
        let writes: Vec<KubectlWrite> = own.into_iter().map(|(write, _)| write).collect();
        (!writes.is_empty()).then(|| Ok(Job { writes, ..job.clone() }))
    }

    /// Whether a command that cannot be read may mean one of the objects: it names one, or fills in the name.
    fn may_mean(&self, objects: &[Object<'_>]) -> bool {
        let filled_in = self.text.split_whitespace().any(|word| {
            let bare = word.trim_start_matches(['"', '\'']);
            bare.starts_with('$')
                || bare.contains("/$")
                || matches!(bare, "--all" | "-l")
                || bare.starts_with("--selector")
        });
        let word = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
        let names = |name: &str| self.text.split(word).any(|part| part == name);
        objects.iter().any(|object| {
            let near = object.namespace.is_empty()
                || self.document.namespace.is_empty()
                || *object.namespace == *self.document.namespace
                || self.text.contains(object.namespace);
            near && (filled_in || names(object.name))
        })
    }
}

/// Whether a kind as `kubectl` accepts it means a kind of the API.
fn is_kind(written: &str, kind: &str) -> bool {
    let short = written.split('.').next().unwrap_or(written);
    match kind {
        "Deployment" => matches!(short, "deployment" | "deployments" | "deploy"),
        "StatefulSet" => matches!(short, "statefulset" | "statefulsets" | "sts"),
        "ReplicaSet" => matches!(short, "replicaset" | "replicasets" | "rs"),
        "Rollout" => matches!(short, "rollout" | "rollouts" | "ro"),
        "HorizontalPodAutoscaler" => {
            matches!(short, "hpa" | "horizontalpodautoscaler" | "horizontalpodautoscalers")
        }
        "ScaledObject" => matches!(short, "scaledobject" | "scaledobjects" | "so"),
        _ => false,
    }
}
