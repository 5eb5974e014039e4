//! What CloudFormation scales: Auto Scaling groups with their scheduled actions, and scalable targets with theirs.

mod policies;

use std::sync::{Arc, LazyLock};

use crate::capacity::schedule::{
    ApplicationAction, AutoScalingGroup, Deployer, Given, GroupAction, NotEvaluated, ScalableTarget,
};
use crate::environment::Environment;
use crate::environment::cloudformation::TEMPLATE;
use crate::environment::cloudformation::value::{Scalar, reference, scalar};
use crate::estate::scaled::schedule::{Schedule, tracking};
use crate::estate::scaled::target::{Entry, Identity, Source, Target};
use crate::model::field::{autoscaler, schedule};
use crate::model::{Known, Model, NodePlace, Row, Site, Table, TreeId, Unit};
use crate::repo::Span;
use crate::syntax::At;
use policies::{follows, is_tracking, routed};

const PRODUCT: &str = "CloudFormation";
const GROUP: &str = "AWS::AutoScaling::AutoScalingGroup";
const ACTION: &str = "AWS::AutoScaling::ScheduledAction";
const GROUP_POLICY: &str = "AWS::AutoScaling::ScalingPolicy";
const TARGET: &str = "AWS::ApplicationAutoScaling::ScalableTarget";
const SERVICE: &str = "AWS::ECS::Service";
const TARGET_POLICY: &str = "AWS::ApplicationAutoScaling::ScalingPolicy";

fn bounds(least: &str, most: &str) -> Table {
    let rows = vec![
        Row::new(least, autoscaler::LEAST, Unit::Number).bare(),
        Row::new(most, autoscaler::MOST, Unit::Number).bare(),
    ];
    Table::new(PRODUCT, rows)
}

fn action(least: &str, most: &str, start: &str, zone: &str) -> Table {
    let rows = vec![
        Row::new(least, schedule::MINIMUM, Unit::Number).bare(),
        Row::new(most, schedule::MAXIMUM, Unit::Number).bare(),
        Row::new("DesiredCapacity", schedule::COUNT, Unit::Number).bare(),
        Row::new(start, schedule::START, Unit::Text),
        Row::new(zone, schedule::TIMEZONE, Unit::Text),
    ];
    Table::new(PRODUCT, rows)
}

static GROUP_TABLE: LazyLock<Table> = LazyLock::new(|| bounds("MinSize", "MaxSize"));
static TARGET_TABLE: LazyLock<Table> = LazyLock::new(|| bounds("MinCapacity", "MaxCapacity"));
static ACTION_TABLE: LazyLock<Table> = LazyLock::new(|| action("MinSize", "MaxSize", "Recurrence", "TimeZone"));
static TARGET_ACTION_TABLE: LazyLock<Table> =
    LazyLock::new(|| action("MinCapacity", "MaxCapacity", "Schedule", "Timezone"));

/// Everything a template scales.
pub fn targets(model: &mut Model, environment: &Environment) -> Vec<Target> {
    let templates = environment
        .documents
        .iter()
        .filter(|document| &*document.kind == TEMPLATE);
    templates
        .flat_map(|document| {
            let tree = model.add_tree(&document.tree);
            let template = document.at();
            let resources = template
                .child("Resources")
                .map_or(Vec::new(), |all| all.children().collect());
            let reader = Reader {
                template,
                tree,
                path: document.path.clone(),
                resources,
            };
            reader.targets()
        })
        .collect()
}

struct Reader<'t> {
    template: At<'t>,
    tree: TreeId,
    path: Arc<str>,
    resources: Vec<At<'t>>,
}

/// What was read of one source so far.
#[derive(Default)]
struct Found {
    sites: Vec<(Span, Site)>,
    failure: Option<NotEvaluated>,
}

impl Found {
    fn fail(&mut self, reason: impl Into<String>, span: Span) {
        let reason = reason.into();
        self.failure.get_or_insert(NotEvaluated { reason, span });
    }
}

impl<'t> Reader<'t> {
    fn of(&self, kind: &'static str) -> impl Iterator<Item = At<'t>> + '_ {
        let resources = self.resources.iter().copied();
        resources.filter(move |resource| resource.scalar("Type") == Some(kind))
    }

    fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        let mut placed: Vec<(&str, At<'t>)> = Vec::new();
        let mut stray: Option<NotEvaluated> = None;
        for action in self.of(ACTION) {
            let named = action
                .get("Properties")
                .and_then(|own| own.child("AutoScalingGroupName"));
            if let Some(group) = named.and_then(|named| self.group(named)) {
                placed.push((group, action));
                continue;
            }
            let span = action.head();
            // A group of another stack is known not to be one of this template's.
            let (reason, elsewhere) = match named.map(|named| scalar(self.template, named).text) {
                Some(Known::Is(name)) => (format!("the group {name} is not in this template"), true),
                Some(Known::Unknown(doubt)) => (doubt.reason.to_string(), false),
                _ => ("it names no group".to_owned(), true),
            };
            if !elsewhere {
                stray.get_or_insert(NotEvaluated {
                    reason: format!("{} may be for this group: {reason}", action.name()),
                    span,
                });
            }
            let failure = NotEvaluated { reason, span };
            targets.push(self.target(
                action,
                "scheduled action",
                Schedule::Open(failure),
                Vec::new(),
                Found::default(),
            ));
        }
        for group in self.of(GROUP) {
            let own: Vec<At<'t>> = placed
                .iter()
                .filter(|(name, _)| *name == group.name())
                .map(|(_, action)| *action)
                .collect();
            targets.push(self.auto_scaling_group(group, &own, stray.as_ref()));
        }
        targets.extend(self.of(TARGET).map(|target| self.scalable_target(target)));
        targets
    }

    /// The group of this template that a value names: by reference, or by the group's own name.
    fn group(&self, named: At<'t>) -> Option<&'t str> {
        let names = |group: &At<'t>| group.name();
        if let Some(name) = reference(named)
            && let Some(group) = self.of(GROUP).find(|group| group.name() == name)
        {
            return Some(names(&group));
        }
        let Known::Is(name) = scalar(self.template, named).text else {
            return None;
        };
        let own = |group: &At<'t>| {
            let own = group
                .get("Properties")
                .and_then(|own| own.child("AutoScalingGroupName"));
            own.is_some_and(|own| scalar(self.template, own).text == Known::Is(name.clone()))
        };
        self.of(GROUP).find(own).map(|group| names(&group))
    }

    fn auto_scaling_group(&self, group: At<'t>, actions: &[At<'t>], stray: Option<&NotEvaluated>) -> Target {
        let span = group.name_span();
        let mut found = Found {
            failure: stray.cloned(),
            ..Found::default()
        };
        let minimum = self.count(&mut found, group.child("Properties"), "MinSize", &GROUP_TABLE);
        let maximum = self.count(&mut found, group.child("Properties"), "MaxSize", &GROUP_TABLE);
        let mut entries = Vec::new();
        let mut read = Vec::new();
        for action in actions {
            read.push(self.group_action(&mut found, *action));
            entries.push(Entry {
                what: "scheduled action",
                name: action.name().into(),
                span: action.name_span(),
                home: self.home(action.child("Properties"), &ACTION_TABLE),
            });
        }
        let policies: Vec<At<'t>> = self
            .of(GROUP_POLICY)
            .filter(|policy| {
                let named = policy
                    .get("Properties")
                    .and_then(|own| own.child("AutoScalingGroupName"));
                named.and_then(|named| self.group(named)) == Some(group.name())
            })
            .collect();
        let schedule = minimum.zip(maximum).map(|(minimum, maximum)| {
            Schedule::AutoScalingGroup(AutoScalingGroup {
                object: span,
                minimum,
                maximum,
                actions: read,
                has_policy: !policies.is_empty(),
                reset_by: (!keeps_sizes(group)).then_some(Deployer::CloudFormation),
            })
        });
        let tracked = policies.iter().any(|policy| is_tracking(*policy));
        let schedule = or_open(&mut found, schedule, span);
        let mut target = self.target(group, "Auto Scaling group", schedule, entries, found);
        target.sources[0].object.home = self.home(group.child("Properties"), &GROUP_TABLE);
        target.sources[0].reactive = tracked.then(tracking);
        target.sources[0].follows = policies.iter().find_map(|policy| follows(*policy));
        target.routed = routed(group, &["TargetGroupARNs", "LoadBalancerNames", "TrafficSources"]);
        target
    }

    fn group_action(&self, found: &mut Found, action: At<'t>) -> GroupAction {
        let span = action.name_span();
        if action.child("Condition").is_some() {
            found.fail("whether a scheduled action exists is known only to the stack", span);
        }
        let own = action.child("Properties");
        let mut count = |name: &str| self.count(found, own, name, &ACTION_TABLE);
        let (minimum, maximum) = (count("MinSize"), count("MaxSize"));
        let desired = count("DesiredCapacity");
        let mut text = |name: &str| self.text(found, own, name, &ACTION_TABLE);
        GroupAction {
            object: span,
            recurrence: text("Recurrence"),
            zone: text("TimeZone"),
            start: text("StartTime"),
            end: text("EndTime"),
            minimum,
            maximum,
            desired,
        }
    }

    fn scalable_target(&self, target: At<'t>) -> Target {
        let span = target.name_span();
        let mut found = Found::default();
        let own = target.child("Properties");
        let minimum = self.count(&mut found, own, "MinCapacity", &TARGET_TABLE);
        let maximum = self.count(&mut found, own, "MaxCapacity", &TARGET_TABLE);
        let mut entries = Vec::new();
        let mut read = Vec::new();
        let written = own.and_then(|own| own.child("ScheduledActions"));
        if let Some(list) = written.filter(|list| !list.is_list()) {
            found.fail("its scheduled actions are known only to the stack", list.head());
        }
        for action in written.into_iter().flat_map(|list| list.items()) {
            read.extend(self.application_action(&mut found, action));
            entries.push(Entry {
                what: "scheduled action",
                name: match action.scalar("ScheduledActionName") {
                    Some(name) => name.into(),
                    None => Arc::from(format!("{}", entries.len() + 1)),
                },
                span: action.head(),
                home: self.home(Some(action), &TARGET_ACTION_TABLE),
            });
        }
        let schedule = minimum.zip(maximum).map(|(minimum, maximum)| {
            Schedule::ScalableTarget(ScalableTarget {
                object: span,
                minimum,
                maximum,
                actions: read,
                // When an update registers the target anew is not documented.
                apply_resets: false,
            })
        });
        let is_for = |policy: &At<'t>| {
            let named = policy.get("Properties").and_then(|own| own.child("ScalingTargetId"));
            named.and_then(reference) == Some(target.name())
        };
        let policies: Vec<At<'t>> = self.of(TARGET_POLICY).filter(is_for).collect();
        let tracked = policies.iter().any(|policy| is_tracking(*policy));
        let named = own.and_then(|own| own.child("ResourceId"));
        let named = named.map(|named| named.tree().raw(named.span()).to_owned());
        let mut services = self.of(SERVICE);
        let service = services.find(|service| {
            let attribute = format!("{}.Name", service.name());
            named.as_ref().is_some_and(|named| named.contains(&attribute))
        });
        let schedule = or_open(&mut found, schedule, span);
        let mut made = self.target(target, "scalable target", schedule, entries, found);
        made.sources[0].object.home = self.home(own, &TARGET_TABLE);
        made.sources[0].reactive = tracked.then(tracking);
        made.sources[0].follows = policies.iter().find_map(|policy| follows(*policy));
        made.routed = service.and_then(|service| routed(service, &["LoadBalancers"]));
        made
    }

    fn application_action(&self, found: &mut Found, action: At<'t>) -> Option<ApplicationAction> {
        let sizes = action.child("ScalableTargetAction");
        let mut count = |name: &str| self.count(found, sizes, name, &TARGET_ACTION_TABLE);
        let (minimum, maximum) = (count("MinCapacity"), count("MaxCapacity"));
        let mut text = |name: &str| self.text(found, Some(action), name, &TARGET_ACTION_TABLE);
        let (schedule, zone) = (text("Schedule"), text("Timezone"));
        let (start, end) = (text("StartTime"), text("EndTime"));
        let Some(schedule) = schedule else {
            found.fail("a scheduled action has no schedule that can be read", action.head());
            return None;
        };
        Some(ApplicationAction {
            schedule,
            zone,
            start,
            end,
            minimum,
            maximum,
        })
    }

    fn count(
        &self,
        found: &mut Found,
        own: Option<At<'t>>,
        name: &str,
        table: &'static LazyLock<Table>,
    ) -> Option<Given<u32>> {
        let given = self.text(found, own, name, table)?;
        match given.value.trim().parse::<u32>() {
            Ok(count) => Some(Given::new(count, given.span)),
            Err(_) => {
                found.fail(format!("`{}` is not a number of instances", given.value), given.span);
                None
            }
        }
    }

    fn text(
        &self,
        found: &mut Found,
        own: Option<At<'t>>,
        name: &str,
        table: &'static LazyLock<Table>,
    ) -> Option<Given<String>> {
        let Scalar { text, span, literal } = scalar(self.template, own?.child(name)?);
        match text {
            Known::Is(text) => {
                let table: &'static Table = table;
                if let Some(row) = table.rows().iter().find(|row| row.name == name && literal) {
                    found.sites.push((span, Site { row, node: None }));
                }
                Some(Given::new(text.to_string(), span))
            }
            Known::Absent => None,
            Known::Unknown(doubt) => {
                found.fail(&*doubt.reason, doubt.span.unwrap_or(span));
                None
            }
        }
    }

    /// Where a new property may be written. JSON wants commas, which are not written here.
    fn home(&self, own: Option<At<'t>>, table: &'static Table) -> Option<(NodePlace, &'static Table)> {
        let own = own?;
        let is_json = own.tree().raw(own.span()).trim_start().starts_with('{');
        let is_flow = own.children().next().is_some_and(|first| {
            let name = own.tree().raw(first.name_span());
            name.starts_with('"')
        });
        (own.is_map() && !is_json && !is_flow).then(|| ((self.tree, own.id()), table))
    }

    fn target(
        &self,
        resource: At<'t>,
        what: &'static str,
        schedule: Schedule,
        entries: Vec<Entry>,
        found: Found,
    ) -> Target {
        let span = resource.name_span();
        Target {
            identity: Identity::CloudFormation {
                template: self.path.clone(),
                logical_id: resource.name().into(),
            },
            span,
            workload: None,
            routed: None,
            sources: vec![Source {
                object: Entry {
                    what,
                    name: resource.name().into(),
                    span,
                    home: None,
                },
                schedule,
                entries,
                sites: found.sites,
                reactive: None,
                follows: None,
            }],
        }
    }
}

fn or_open(found: &mut Found, schedule: Option<Schedule>, span: Span) -> Schedule {
    match (found.failure.take(), schedule) {
        (Some(failure), _) => Schedule::Open(failure),
        (None, Some(schedule)) => schedule,
        (None, None) => Schedule::Open(NotEvaluated {
            reason: "its least or greatest number is not written".to_owned(),
            span,
        }),
    }
}

/// Whether a stack update leaves sizes alone that the template has not changed.
fn keeps_sizes(group: At<'_>) -> bool {
    group.scalar("UpdatePolicy.AutoScalingScheduledAction.IgnoreUnmodifiedGroupSizeProperties") == Some("true")
}
