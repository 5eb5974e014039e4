//! What Terraform and CloudFormation say of scaling: which targets there are, what their values come to, and where each is
//! written.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::LazyLock;

use gatelint::analysis::{Ground, analyse};
use gatelint::capacity::schedule::{AzureWhen, Given};
use gatelint::environment::read;
use gatelint::estate::scaled::{Schedule, Source};
use gatelint::finding::Telling;
use gatelint::repo::{Sources, Span};
use gatelint::rule::RuleSet;

/// `environment: address [other names] minimum..maximum`, then a line for each action; `@file:line` is where a value is
/// written, `*` that a fix can write it.
fn told(files: &[(&str, &str)]) -> String {
    static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::embedded().unwrap());
    let sources = Sources::default();
    let files = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    let read = read::in_memory(&sources, gatelint::product::claimants(), files);
    let mut lines: Vec<String> = read
        .problems
        .iter()
        .map(|problem| format!("problem {} {}", place(&sources, problem.span), problem.message))
        .collect();
    let ground = Ground::new(&sources, &RULES);
    let (analysis, _) = analyse(&ground, read.repository, &Telling::ALL);
    for (environment, judged) in analysis.environments.iter().zip(&analysis.judged) {
        for target in &judged.estate.targets {
            for source in &target.sources {
                lines.push(format!("{}: {}", environment.name, target.identity));
                lines.extend(source_told(&sources, source));
            }
        }
    }
    lines.join("\n")
}

fn place(sources: &Sources, span: Span) -> String {
    let source = sources.get(span.source);
    let line = source.text[..span.start as usize].matches('\n').count() + 1;
    format!("{}:{line}", source.path)
}

fn source_told(sources: &Sources, source: &Source) -> Vec<String> {
    let at = |span: Span| {
        let site = if source.site(span).is_some() { "*" } else { "" };
        format!("@{}{site}", place(sources, span))
    };
    let count = |given: &Given<u32>| format!("{}{}", given.value, at(given.span));
    let text = |given: &Given<String>| format!("`{}`{}", given.value, at(given.span));
    let counts = |low: &Option<Given<u32>>, high: &Option<Given<u32>>| {
        let or = |given: &Option<Given<u32>>| given.as_ref().map_or("-".to_owned(), count);
        format!("{}..{}", or(low), or(high))
    };
    let zone = |zone: &Option<Given<String>>| {
        zone.as_ref()
            .map_or(String::new(), |zone| format!(" in {}", text(zone)))
    };
    let homes: Vec<&str> = source
        .entries
        .iter()
        .map(|entry| if entry.home.is_some() { "" } else { " (no home)" })
        .collect();
    let mut lines = Vec::new();
    match &source.schedule {
        Schedule::AutoScalingGroup(group) => {
            let reset = group.reset_by.map_or(String::new(), |by| format!(" reset by {by:?}"));
            lines.push(format!("  {}..{}{reset}", count(&group.minimum), count(&group.maximum)));
            for (at, action) in group.actions.iter().enumerate() {
                let when = action
                    .recurrence
                    .as_ref()
                    .or(action.start.as_ref())
                    .map_or(String::new(), text);
                let desired = action
                    .desired
                    .as_ref()
                    .map_or(String::new(), |desired| format!(" desired {}", count(desired)));
                let sizes = counts(&action.minimum, &action.maximum);
                lines.push(format!("  {when}{} {sizes}{desired}{}", zone(&action.zone), homes[at]));
            }
        }
        Schedule::ScalableTarget(target) => {
            let reset = if target.apply_resets { " reset by Terraform" } else { "" };
            lines.push(format!(
                "  {}..{}{reset}",
                count(&target.minimum),
                count(&target.maximum)
            ));
            for (at, action) in target.actions.iter().enumerate() {
                let sizes = counts(&action.minimum, &action.maximum);
                lines.push(format!(
                    "  {}{} {sizes}{}",
                    text(&action.schedule),
                    zone(&action.zone),
                    homes[at]
                ));
            }
        }
        Schedule::Google(autoscaler) => {
            lines.push(format!(
                "  {}..{}",
                count(&autoscaler.minimum),
                count(&autoscaler.maximum)
            ));
            for (at, schedule) in autoscaler.schedules.iter().enumerate() {
                let (seconds, required) = (count(&schedule.seconds), count(&schedule.required));
                let when = text(&schedule.schedule);
                lines.push(format!(
                    "  {when}{} for {seconds} {required}{}",
                    zone(&schedule.zone),
                    homes[at]
                ));
            }
        }
        Schedule::Azure(setting) => {
            for profile in &setting.profiles {
                let sizes = format!("{}..{}", count(&profile.minimum), count(&profile.maximum));
                let when = match &profile.when {
                    AzureWhen::Plain => "always".to_owned(),
                    AzureWhen::Recurring { schedule, zone: of } => format!("{}{}", text(schedule), zone(of)),
                    AzureWhen::Fixed { start, end, zone: of } => {
                        format!("{} to {}{}", text(start), text(end), zone(of))
                    }
                };
                lines.push(format!("  {when} {sizes}"));
            }
        }
        Schedule::Open(open) => lines.push(format!("  open @{}: {}", place(sources, open.span), open.reason)),
        other => lines.push(format!("  {other:?}")),
    }
    lines
}

#[test]
fn a_group_and_its_schedules_are_put_together() {
    let main = r#"
variable "minimum" { default = 4 }
locals { zone = "America/New_York" }
resource "aws_autoscaling_group" "web" {
  name     = "web-${var.stage}"
  min_size = var.minimum
  max_size = var.minimum * 5
}
variable "stage" { default = "prod" }
resource "aws_autoscaling_schedule" "up" {
  scheduled_action_name  = "up"
  autoscaling_group_name = aws_autoscaling_group.web.name
  recurrence             = "0 7 * * 1-5"
  time_zone              = local.zone
  min_size               = 8
  max_size               = -1
  desired_capacity       = 8
}
resource "aws_autoscaling_schedule" "down" {
  scheduled_action_name  = "down"
  autoscaling_group_name = "web-prod"
  recurrence             = "0 19 * * 1-5"
  min_size               = 2
}
"#;
    insta::assert_snapshot!(told(&[("main.tf", main)]));
}

#[test]
fn each_file_of_values_is_an_environment() {
    let main = r#"
variable "capacity" { type = map(number) }
variable "environment" {}
variable "schedules" {
  type    = map(object({ when = string, min = number, zone = optional(string, "Europe/London") }))
  default = {}
}
resource "aws_appautoscaling_target" "api" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.main.name}/${aws_ecs_service.api.name}"
  min_capacity       = var.environment == "prod" ? var.capacity.min : 1
  max_capacity       = var.capacity["max"]
}
resource "aws_appautoscaling_scheduled_action" "api" {
  for_each           = var.schedules
  name               = each.key
  service_namespace  = aws_appautoscaling_target.api.service_namespace
  scalable_dimension = aws_appautoscaling_target.api.scalable_dimension
  resource_id        = aws_appautoscaling_target.api.resource_id
  schedule           = "cron(${each.value.when})"
  timezone           = each.value.zone
  scalable_target_action {
    min_capacity = each.value.min
    max_capacity = var.capacity["max"]
  }
}
"#;
    let prod = "environment = \"prod\"\ncapacity = { min = 6, max = 30 }\nschedules = {\n  night = { when = \"0 20 ? * * *\", min = 2 }\n}\n";
    let dev = "environment = \"dev\"\ncapacity = { min = 6, max = 3 }\n";
    let files = [
        ("infra/main.tf", main),
        ("infra/env/prod.tfvars", prod),
        ("infra/env/dev.tfvars", dev),
    ];
    insta::assert_snapshot!(told(&files));
}

#[test]
fn modules_are_read_with_their_inputs() {
    let root = r#"
provider "google" {}
module "shop" {
  source   = "./modules/pool"
  for_each = { a = 3, b = 4 }
  name     = each.key
  least    = each.value
  windows  = [{ name = "day", cron = "0 8 * * *", hours = 10, least = 9 }]
}
module "far" { source = "hashicorp/x/google" }
"#;
    let pool = r#"
variable "name" {}
variable "least" { type = number }
variable "windows" {}
resource "google_compute_region_autoscaler" "this" {
  name   = var.name
  target = google_compute_region_instance_group_manager.this.id
  autoscaling_policy {
    min_replicas = var.least
    max_replicas = max(var.least * 4, 10)
    dynamic "scaling_schedules" {
      for_each = var.windows
      content {
        name                  = scaling_schedules.value.name
        schedule              = scaling_schedules.value.cron
        duration_sec          = scaling_schedules.value.hours * 3600
        min_required_replicas = scaling_schedules.value.least
        time_zone             = "Asia/Tokyo"
      }
    }
  }
}
"#;
    let files = [("main.tf", root), ("modules/pool/main.tf", pool)];
    insta::assert_snapshot!(told(&files));
}

#[test]
fn what_is_not_known_is_not_guessed() {
    let main = r#"
variable "minimum" {}
data "aws_ssm_parameter" "size" { name = "x" }
resource "aws_autoscaling_group" "no_value" {
  min_size = var.minimum
  max_size = 4
}
resource "aws_autoscaling_group" "looked_up" {
  min_size = data.aws_ssm_parameter.size.value
  max_size = 4
}
resource "aws_autoscaling_group" "maybe" {
  count    = terraform.workspace == "prod" ? 1 : 0
  min_size = 1
  max_size = 4
}
resource "aws_autoscaling_group" "never" {
  count    = 0
  min_size = 1
  max_size = 4
}
resource "aws_autoscaling_group" "circular" {
  min_size = local.a
  max_size = 4
}
locals {
  a = local.b
  b = local.a
}
module "eks" { source = "terraform-aws-modules/eks/aws" }
resource "aws_autoscaling_schedule" "elsewhere" {
  scheduled_action_name  = "night"
  autoscaling_group_name = module.eks.groups[0]
  min_size = 0
}
resource "azurerm_monitor_autoscale_setting" "vm" {
  name = "x"
}
resource "aws_autoscaling_group" "broken" {
  min_size = 1 +
  max_size = 4
}
"#;
    let stray = r#"
resource "aws_autoscaling_group" "web" {
  min_size = 1
  max_size = 4
}
resource "aws_autoscaling_schedule" "night" {
  for_each = var.schedules
  autoscaling_group_name = each.value.group
}
variable "schedules" {}
"#;
    let library = "variable \"least\" { default = 0 }\nresource \"aws_autoscaling_group\" \"this\" {\n  min_size = var.least\n  max_size = 4\n}\n";
    let files = [
        ("main.tf", main),
        ("stray/main.tf", stray),
        ("modules/group/main.tf", library),
    ];
    insta::assert_snapshot!(told(&files));
}

#[test]
fn templates_of_cloudformation_are_read() {
    let template = r#"
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Least: { Type: Number, Default: 4 }
  Most: { Type: "AWS::SSM::Parameter::Value<String>", Default: /sizes/most }
Mappings:
  Zones:
    eu: { name: Europe/Berlin }
    us: { name: Europe/Berlin }
Resources:
  Web:
    Type: AWS::AutoScaling::AutoScalingGroup
    UpdatePolicy:
      AutoScalingScheduledAction: { IgnoreUnmodifiedGroupSizeProperties: true }
    Properties:
      MinSize: !Ref Least
      MaxSize: "20"
  Night:
    Type: AWS::AutoScaling::ScheduledAction
    Properties:
      AutoScalingGroupName: !Ref Web
      Recurrence: 0 20 * * *
      TimeZone: !FindInMap [Zones, !Ref "AWS::Region", name]
      MinSize: 2
  Other:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties: { MinSize: 1, MaxSize: !Ref Most }
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      MinCapacity: 2
      MaxCapacity: 9
      ScheduledActions:
        - ScheduledActionName: up
          Schedule: !Sub "cron(0 ${Least} ? * * *)"
          Timezone: Europe/Paris
          ScalableTargetAction: { MinCapacity: 5 }
"#;
    let json = r#"{ "AWSTemplateFormatVersion": "2010-09-09", "Parameters": { "Least": { "Type": "Number", "Default": 3 } },
  "Resources": {
    "Web": { "Type": "AWS::AutoScaling::AutoScalingGroup",
      "Properties": { "MinSize": { "Ref": "Least" }, "MaxSize": "9" } },
    "Up": { "Type": "AWS::AutoScaling::ScheduledAction",
      "Properties": { "AutoScalingGroupName": { "Ref": "Web" }, "DesiredCapacity": "6", "Recurrence": "0 7 * * *" } } } }"#;
    let files = [("stacks/web.yaml", template), ("cloudformation/web.json", json)];
    insta::assert_snapshot!(told(&files));
}

#[test]
fn hostile_configurations_are_quick() {
    let start = std::time::Instant::now();
    let group = "resource \"aws_autoscaling_group\" \"g\" {\n  min_size = length(local.a0)\n  max_size = 4\n}\n";
    // Each name doubles the next, is deeper than the next, or leads back to the first.
    for next in [
        "[local.aN, local.aN]",
        "\"${local.aN}${local.aN}\"",
        "concat(local.aN, local.aN)",
        "[local.aN]",
        "{ x = local.aN }",
        "[for x in local.aN : local.aN]",
    ] {
        for last in ["[1]", "\"x\"", "local.a0"] {
            let names: String = (0..2_000)
                .map(|at| format!("  a{at} = {}\n", next.replace('N', &(at + 1).to_string())))
                .collect();
            // Asked for from the innermost on, so that none is too deep by itself.
            let asked: String = (0..200)
                .map(|at| {
                    format!(
                        "resource \"aws_autoscaling_group\" \"g{at}\" {{\n  min_size = local.a{}\n}}\n",
                        2_000 - at * 10
                    )
                })
                .collect();
            let text = format!("{asked}{group}locals {{\n{names}  a2000 = {last}\n}}\n");
            told(&[("main.tf", &text)]);
        }
    }
    let calls: String = (0..20)
        .map(|at| format!("module \"m{at}\" {{\n  source = \"../b\"\n  count = 1000\n}}\n"))
        .collect();
    let back = calls.replace("../b", "../a") + group;
    told(&[
        ("a/main.tf", &format!("provider \"aws\" {{}}\n{calls}")),
        ("b/main.tf", &back),
    ]);
    let own = format!("module \"m\" {{\n  source = \"./\"\n}}\n{group}");
    told(&[("main.tf", &own)]);
    let many: String = (0..3_000).map(|at| format!("x{at} = ")).collect();
    told(&[("main.tf", &(many + group))]);
    let join =
        "Resources:\n  G:\n    Type: AWS::AutoScaling::AutoScalingGroup\n    Properties:\n      MinSize: !If [a, "
            .to_owned();
    let nested = join + &"!If [b, ".repeat(300) + "1" + &", 1]".repeat(300) + ", 1]\n      MaxSize: 2\n";
    told(&[("stack.yaml", &nested)]);
    assert!(
        start.elapsed() < std::time::Duration::from_secs(60),
        "{:?}",
        start.elapsed()
    );
}

#[test]
#[ignore = "prints what is read of a folder: GATELINT_TOLD=folder cargo test --test scaling -- --ignored --nocapture"]
fn a_folder_is_told() {
    let folder = std::env::var("GATELINT_TOLD").unwrap_or_default();
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(&folder).sort_by_file_name().into_iter().flatten() {
        if let Ok(text) = std::fs::read_to_string(entry.path()) {
            let path = entry.path().strip_prefix(&folder).unwrap();
            files.push((path.to_string_lossy().into_owned(), text));
        }
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    std::io::Write::write_all(&mut std::io::stdout(), told(&files).as_bytes()).unwrap();
}
