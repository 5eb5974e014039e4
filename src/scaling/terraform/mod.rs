//! What Terraform scales: Auto Scaling groups and scalable targets of AWS with their schedules, autoscalers of Google Cloud,
//! autoscale settings of Azure.

mod amazon;
mod application;
mod azure;
mod google;
mod reader;
mod resource;
mod scheduler;
mod spell;
pub mod table;

use crate::environment::Environment;
use crate::environment::terraform;
use crate::estate::scaled::target::Target;
use crate::model::Model;
use reader::Reader;

/// Everything an environment of Terraform scales.
pub fn targets(model: &mut Model, environment: &Environment) -> Vec<Target> {
    let wanted = |kind: &str| {
        kind == scheduler::KIND
            || amazon::wants(kind)
            || application::wants(kind)
            || google::wants(kind)
            || azure::wants(kind)
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
    targets.extend(azure::targets(&mut reader, &resources));
    targets
}
