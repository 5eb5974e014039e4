//! The other sources.

use super::common::*;
use gatelint::capacity::schedule::NoteKind;
use gatelint::repo::{SourceId, Span};

use gatelint::capacity::schedule::{
    ApplicationAction, HorizontalAutoscaler, Job, JobTarget, Named, ScalableTarget, Upkeep, WrittenCount, ZalandoEntry,
    ZalandoSchedule, ZalandoWhen, application_auto_scaling, cron_jobs, horizontal_autoscaler, kubectl_writes, zalando,
};
use gatelint::syntax::argv::Argument;

fn arguments(words: &[&str]) -> Vec<Argument> {
    let argument = |word: &&str| Argument::new(*word, Span::new(SourceId(0), 50, 50 + word.len() as u32), false);
    words.iter().map(argument).collect()
}

#[test]
fn replicas_that_fight_an_autoscaler_lower_what_it_guarantees() {
    let mut autoscaler = HorizontalAutoscaler {
        object: span(),
        minimum: Some(count(4)),
        maximum: count(10),
        replicas: None,
    };
    let context = context("2026-06-07T00:00:00Z", "2026-06-08T00:00:00Z");
    assert_eq!(
        steps(minimum(&horizontal_autoscaler(&autoscaler, &context))),
        "2026-06-07T00:00Z=4"
    );
    autoscaler.replicas = Some(WrittenCount {
        count: count(2),
        on_sync: false,
    });
    let fought = horizontal_autoscaler(&autoscaler, &context);
    assert_eq!(steps(minimum(&fought)), "2026-06-07T00:00Z=2");
    assert_eq!(fought.notes[0].kind, NoteKind::ReplicasFight);
}

#[test]
fn application_auto_scaling_reads_its_three_forms() {
    let action = |schedule: &str, low: u32| ApplicationAction {
        schedule: text(schedule),
        zone: Some(text("America/New_York")),
        start: None,
        end: None,
        minimum: Some(count(low)),
        maximum: None,
    };
    let target = |actions| ScalableTarget {
        object: span(),
        minimum: count(2),
        maximum: count(20),
        actions,
        apply_resets: false,
    };
    // Saturday to Tuesday.
    let context = context("2026-06-06T00:00:00Z", "2026-06-09T00:00:00Z");
    let both = target(vec![
        action("cron(0 8 ? * MON-FRI *)", 6),
        action("cron(0 20 ? * 2-6 *)", 3),
    ]);
    assert_eq!(
        steps(minimum(&application_auto_scaling(&both, &context))),
        "2026-06-06T00:00Z=3 2026-06-08T12:00Z=6"
    );
    let once = target(vec![action("at(2026-06-07T08:00:00)", 6)]);
    assert_eq!(
        steps(minimum(&application_auto_scaling(&once, &context))),
        "2026-06-06T00:00Z=2 2026-06-07T12:00Z=6"
    );
    // No one knows when a rate fires, so the least it sets holds throughout.
    let rate = target(vec![action("rate(12 hours)", 1), action("at(2026-06-07T08:00:00)", 6)]);
    assert_eq!(
        steps(minimum(&application_auto_scaling(&rate, &context))),
        "2026-06-06T00:00Z=1"
    );
    let five = application_auto_scaling(&target(vec![action("cron(0 8 ? * MON)", 6)]), &context);
    assert!(five.bounds.is_err());
    assert!(
        five.notes[0].message.contains("takes six fields, this has five"),
        "{:?}",
        five.notes
    );
    let days = application_auto_scaling(&target(vec![action("cron(0 8 * * MON *)", 6)]), &context);
    assert!(days.notes[0].message.contains("must be `?`"), "{:?}", days.notes);
    assert_eq!(days.notes[0].span.range(), 109..110);
}

#[test]
fn jobs_scale_until_the_next_one_does() -> Outcome {
    let script = "set -e\nkubectl -n shop scale deployment/web --replicas=6 && kubectl get pods";
    let up = kubectl_writes(&arguments(&["/bin/sh", "-c", script])).map_err(|reason| reason.reason)?;
    assert_eq!(up.len(), 1);
    assert_eq!(
        (up[0].kind.as_str(), &up[0].name),
        ("deployment", &Named::One("web".to_owned()))
    );
    assert_eq!(up[0].namespace.as_deref(), Some("shop"));
    let down = kubectl_writes(&arguments(&["kubectl", "scale", "deploy", "web", "--replicas", "1"]));
    let down = down.map_err(|reason| reason.reason)?;
    let job = |schedule: &str, zone: Option<&str>, writes| Job {
        schedule: text(schedule),
        zone: zone.map(text),
        suspended: false,
        writes,
    };
    let mut target = JobTarget {
        object: span(),
        replicas: Some(count(3)),
        count_upkeep: Upkeep::LeftAlone,
        bounds_upkeep: Upkeep::LeftAlone,
        autoscaler: None,
        jobs: vec![job("0 8 * * 1-5", Some("Europe/Prague"), up), job("@daily", None, down)],
    };
    let context = context("2026-06-06T00:00:00Z", "2026-06-09T00:00:00Z");
    let evaluation = cron_jobs(&target, &context);
    assert_eq!(steps(minimum(&evaluation)), "2026-06-06T00:00Z=1 2026-06-08T06:00Z=6");
    assert_eq!(evaluation.notes[0].kind, NoteKind::TimezoneMissing);
    // With an autoscaler a scaled count is pulled back; a patch of its minimum is not.
    target.autoscaler = Some((Some(count(2)), count(9)));
    assert_eq!(steps(minimum(&cron_jobs(&target, &context))), "2026-06-06T00:00Z=2");
    let patch = ["kubectl", "patch", "hpa", "web", "-p", "{\"spec\":{\"minReplicas\":5}}"];
    target.jobs[0].writes = kubectl_writes(&arguments(&patch)).map_err(|reason| reason.reason)?;
    assert_eq!(steps(minimum(&cron_jobs(&target, &context))), "2026-06-06T00:00Z=5");
    Ok(())
}

#[test]
fn what_a_script_does_that_cannot_be_told_is_never_a_pass() {
    for words in [
        &["sh", "-c", "kubectl scale deploy web --replicas=$N"][..],
        &[
            "sh",
            "-c",
            "if test -f x; then kubectl scale deploy web --replicas=1; fi",
        ],
        &["sh", "-c", "kubectl apply -f /config"],
        &["python", "scale.py"],
        &["kubectl", "patch", "hpa", "web", "-p", "{"],
    ] {
        assert!(kubectl_writes(&arguments(words)).is_err(), "{words:?}");
    }
}

#[test]
fn a_schedule_of_zalando_fades_and_ends_with_its_day() {
    let schedule = |start: &str, end: &str, fade: u32| ZalandoSchedule {
        object: span(),
        minimum: Some(count(2)),
        maximum: count(50),
        per_replica: count(10),
        fade_minutes: Some(count(fade)),
        entries: vec![ZalandoEntry {
            value: count(100),
            duration_minutes: 0,
            when: ZalandoWhen::Repeating {
                days: [false, true, false, false, false, false, false],
                start: text(start),
                end: Some(text(end)),
                zone: None,
            },
        }],
    };
    let context = context("2026-06-08T00:00:00Z", "2026-06-09T12:00:00Z");
    // Berlin is two hours ahead.
    assert_eq!(
        steps(minimum(&zalando(&schedule("08:00", "10:00", 0), &context))),
        "2026-06-08T00:00Z=2 2026-06-08T06:00Z=10 2026-06-08T08:00Z=2"
    );
    let faded = zalando(&schedule("08:00", "10:00", 10), &context);
    assert_eq!(minimum(&faded).at(utc("2026-06-08T05:53:00Z")).count, 3);
    assert_eq!(minimum(&faded).at(utc("2026-06-08T05:59:00Z")).count, 9);
    assert_eq!(minimum(&faded).at(utc("2026-06-08T08:00:30Z")).count, 9);
    // An end before the start does not count, so a window over midnight is none.
    assert_eq!(
        steps(minimum(&zalando(&schedule("22:00", "06:00", 0), &context))),
        "2026-06-08T00:00Z=2"
    );
}

#[test]
fn a_recurring_profile_of_azure_lasts_until_the_next_and_a_fixed_date_wins() {
    use gatelint::capacity::schedule::{AzureProfile, AzureSetting, AzureWhen, azure};
    let recurring = |schedule: &str| AzureWhen::Recurring {
        schedule: text(schedule),
        zone: Some(text("W. Europe Standard Time")),
    };
    let profile = |low: u32, when| AzureProfile {
        minimum: count(low),
        maximum: count(40),
        when,
    };
    let mut setting = AzureSetting {
        object: span(),
        profiles: vec![
            profile(3, AzureWhen::Plain),
            profile(14, recurring("0 7 * * 1,2,3,4,5")),
        ],
    };
    let context = context("2026-06-05T00:00:00Z", "2026-06-09T00:00:00Z");
    // Without another that recurs, the one that has begun does not end; nor did the one of the week before.
    assert_eq!(steps(minimum(&azure(&setting, &context))), "2026-06-05T00:00Z=14");
    setting.profiles.push(profile(3, recurring("0 19 * * 1,2,3,4,5")));
    // Berlin is two hours ahead in summer.
    assert_eq!(
        steps(minimum(&azure(&setting, &context))),
        "2026-06-05T00:00Z=3 2026-06-05T05:00Z=14 2026-06-05T17:00Z=3 2026-06-08T05:00Z=14 2026-06-08T17:00Z=3"
    );
    setting.profiles.push(profile(
        20,
        AzureWhen::Fixed {
            start: text("2026-06-06T10:00:00Z"),
            end: text("2026-06-08T12:00:00Z"),
            zone: Some(text("W. Europe Standard Time")),
        },
    ));
    // Behind it the profile holds that would hold without it.
    assert_eq!(
        steps(minimum(&azure(&setting, &context))),
        "2026-06-05T00:00Z=3 2026-06-05T05:00Z=14 2026-06-05T17:00Z=3 2026-06-06T08:00Z=20 2026-06-08T10:00Z=14 2026-06-08T17:00Z=3"
    );
    let AzureWhen::Recurring { zone, .. } = &mut setting.profiles[1].when else {
        panic!("a recurring profile")
    };
    *zone = Some(text("Europe/Berlin"));
    let evaluation = azure(&setting, &context);
    assert!(evaluation.bounds.is_err());
    assert_eq!(
        evaluation.notes[0].help.as_deref(),
        Some("write `W. Europe Standard Time`")
    );
}
