//! Azure: `azurerm_monitor_autoscale_setting` with its profiles.

use std::sync::Arc;

use crate::capacity::schedule::{AzureProfile, AzureSetting, AzureWhen, Given};
use crate::environment::terraform::value::Content;
use crate::environment::terraform::{Attributes, Nested, Resource};
use crate::estate::scaled::schedule::Schedule;
use crate::estate::scaled::target::{Entry, Follows, Routed, Source, Target};
use crate::model::{Doubt, Known};
use crate::scaling::terraform::reader::{Found, Reader};
use crate::scaling::terraform::resource::identity;
use crate::scaling::terraform::table::{CAPACITY, RECURRENCE, row};

const OWN: &str = "azurerm_monitor_autoscale_setting";
const SETS: [&str; 2] = [
    "azurerm_linux_virtual_machine_scale_set",
    "azurerm_windows_virtual_machine_scale_set",
];
const APPS: [&str; 2] = ["azurerm_linux_web_app", "azurerm_windows_web_app"];
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

pub(super) fn wants(kind: &str) -> bool {
    kind == OWN || SETS.contains(&kind) || APPS.contains(&kind)
}

pub(super) fn targets<'e>(reader: &mut Reader<'_, 'e>, resources: &[Resource<'e>]) -> Vec<Target> {
    let own = resources.iter().filter(|resource| resource.kind == OWN);
    own.map(|setting| target(reader, setting, resources)).collect()
}

fn target<'e>(reader: &mut Reader<'_, 'e>, setting: &Resource<'e>, resources: &[Resource<'e>]) -> Target {
    let span = setting.block.head();
    let mut found = Found::begin(setting, None);
    let enabled = setting.value(reader.configuration, "enabled");
    if enabled.is_some_and(|value| value.bool() == Known::Is(false)) {
        found.fail(Doubt::at("the autoscale setting is switched off", span), span);
    }
    let blocks = setting.blocks(reader.configuration, "profile");
    let blocks = blocks.unwrap_or_else(|doubt| {
        found.fail(doubt, span);
        Vec::new()
    });
    let mut profiles = Vec::new();
    let mut entries = Vec::new();
    let mut follows = None;
    for block in &blocks {
        let name = reader.handle(block, "name");
        let at = block.block.head();
        match profile(reader, &mut found, block) {
            Some(profile) => profiles.push(profile),
            None => found.fail(Doubt::at("the profile is not complete", at), at),
        }
        entries.push(Entry {
            what: "autoscale profile",
            name: name.unwrap_or_else(|| Arc::from(format!("{}", entries.len() + 1))),
            span: at,
            home: None,
        });
        follows = follows.or_else(|| raises(reader, block));
    }
    if blocks.is_empty() {
        found.fail(Doubt::at("the autoscale setting has no profile", span), span);
    }
    let schedule = Some(Schedule::Azure(AzureSetting { object: span, profiles }));
    let schedule = found.or_open(schedule, span);
    let scaled = reader.handle(setting, "target_resource_id");
    let address = scaled.as_ref().and_then(|scaled| {
        let symbol = scaled.strip_prefix('{')?.strip_suffix('}')?;
        Some(Arc::from(symbol.strip_suffix(".id")?))
    });
    let name = reader.handle(setting, "name").filter(|name| !name.contains('{'));
    Target {
        identity: identity(setting, name.into_iter().chain(address.clone()).collect()),
        span,
        workload: None,
        routed: address.and_then(|address| routed(reader, resources, &address)),
        sources: vec![Source {
            object: Entry {
                what: "autoscale setting",
                name: setting.address.as_str().into(),
                span,
                home: None,
            },
            schedule,
            entries,
            sites: found.sites,
            reactive: None,
            follows,
        }],
    }
}

fn profile<'e>(reader: &mut Reader<'_, 'e>, found: &mut Found, block: &Nested<'e>) -> Option<AzureProfile> {
    let of = |reader: &Reader<'_, 'e>, found: &mut Found, name: &str| {
        let blocks = block.blocks(reader.configuration, name);
        let blocks = blocks.unwrap_or_else(|doubt| {
            found.fail(doubt, block.block.head());
            Vec::new()
        });
        blocks.into_iter().next()
    };
    let capacity = of(reader, found, "capacity")?;
    let mut count = |name: &str| reader.count(found, &capacity, name, row(&CAPACITY, name));
    let (minimum, maximum) = (count("minimum")?, count("maximum")?);
    let when = if let Some(fixed) = of(reader, found, "fixed_date") {
        let mut text = |name: &str| reader.text(found, &fixed, name, None);
        let (start, end, zone) = (text("start"), text("end"), text("timezone"));
        AzureWhen::Fixed {
            start: start?,
            end: end?,
            zone,
        }
    } else if let Some(recurrence) = of(reader, found, "recurrence") {
        let zone = reader.text(found, &recurrence, "timezone", row(&RECURRENCE, "timezone"));
        AzureWhen::Recurring {
            schedule: expression(reader, &recurrence)?,
            zone,
        }
    } else {
        AzureWhen::Plain
    };
    Some(AzureProfile { minimum, maximum, when })
}

/// The time of a recurrence, as crontab writes it, where its hours are written.
fn expression<'e>(reader: &Reader<'_, 'e>, recurrence: &Nested<'e>) -> Option<Given<String>> {
    let hours = recurrence.value(reader.configuration, "hours")?;
    let numbers = |name: &str| {
        let value = recurrence.value(reader.configuration, name)?;
        let Content::List(items) = &value.content else {
            return None;
        };
        let all: Option<Vec<String>> = items
            .iter()
            .map(|item| item.number().is().map(|number| format!("{number:.0}")))
            .collect();
        all.map(|all| all.join(","))
    };
    let days = recurrence.value(reader.configuration, "days")?;
    let Content::List(items) = &days.content else {
        return None;
    };
    let days: Option<Vec<String>> = items
        .iter()
        .map(|item| {
            let name = item.text().is()?;
            let day = DAYS.iter().position(|day| day.eq_ignore_ascii_case(&name))?;
            Some(day.to_string())
        })
        .collect();
    let text = format!("{} {} * * {}", numbers("minutes")?, numbers("hours")?, days?.join(","));
    Some(Given::new(text, hours.span))
}

/// The rule of a profile that adds instances.
fn raises<'e>(reader: &Reader<'_, 'e>, block: &Nested<'e>) -> Option<Follows> {
    let rules = block.blocks(reader.configuration, "rule").unwrap_or_default();
    let raises = |rule: &&Nested<'e>| {
        let actions = rule.blocks(reader.configuration, "scale_action").unwrap_or_default();
        let mut directions = actions.iter().map(|action| reader.handle(action, "direction"));
        directions.any(|direction| direction.as_deref() != Some("Decrease"))
    };
    rules.iter().find(raises).map(|_| Follows {
        by: "a rule of the setting".into(),
        from_zero: true,
    })
}

/// What sends requests to the scaled resource: the address pool of a scale set, or the web apps of a plan.
fn routed<'e>(reader: &Reader<'_, 'e>, resources: &[Resource<'e>], address: &str) -> Option<Routed> {
    if let Some(set) = resources.iter().find(|resource| resource.address == address) {
        let interfaces = set.blocks(reader.configuration, "network_interface").ok()?;
        let mut pools = interfaces
            .iter()
            .flat_map(|interface| {
                interface
                    .blocks(reader.configuration, "ip_configuration")
                    .unwrap_or_default()
            })
            .filter_map(|address| {
                [
                    "load_balancer_backend_address_pool_ids",
                    "application_gateway_backend_address_pool_ids",
                ]
                .into_iter()
                .find_map(|name| address.value(reader.configuration, name))
            });
        return pools.next().map(|pool| Routed {
            by: "an address pool".into(),
            span: pool.span,
        });
    }
    let mut apps = resources.iter().filter(|resource| APPS.contains(&resource.kind));
    let plan = format!("{{{address}.id}}");
    let app = apps.find(|app| reader.handle(*app, "service_plan_id").as_deref() == Some(&plan))?;
    Some(Routed {
        by: "a web app".into(),
        span: app.block.head(),
    })
}
