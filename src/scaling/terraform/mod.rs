//! What Terraform scales: Auto Scaling groups and scalable targets of AWS with their schedules, autoscalers of Google Cloud,
//! and the settings of Azure, which are recognised and not evaluated.

mod amazon;
mod application;
mod google;
mod reader;
mod resource;
mod scheduler;
mod spell;
pub mod table;

use crate::capacity::schedule::{NotEvaluated, azure};
use crate::environment::Environment;
use crate::environment::terraform;
use crate::estate::scaled::target::Target;
use crate::model::Model;
use reader::Reader;
use resource::open;

const AZURE: &str = "azurerm_monitor_autoscale_setting";

/// Everything an environment of Terraform scales.
pub fn targets(model: &mut Model, environment: &Environment) -> Vec<Target> {
    let wanted = |kind: &str| {
        kind == AZURE
            || kind == scheduler::KIND
            || amazon::wants(kind)
            || application::wants(kind)
            || google::wants(kind)
    };
    let (configuration, resources) = terraform::evaluated(environment, &wanted);
    let mut reader = Reader {
        model,
        environment,
        configuration: &configuration,
    };
    let mut targets = amazon::targets(&mut reader, &resources);
    targets.extend(application::targets(&mut reader, &resources));
    targets.extend(google::targets(&mut reader, &resources));
    targets.extend(
        resources
            .iter()
            .filter(|resource| resource.kind == AZURE)
            .map(|setting| {
                let span = setting.block.head();
                let reason = match azure(span).bounds {
                    Err(reason) => reason,
                    Ok(_) => NotEvaluated {
                        reason: "autoscale settings of Azure are not evaluated".to_owned(),
                        span,
                    },
                };
                open(setting, "autoscale setting", reason)
            }),
    );
    targets
}
