//! What deploys a group and knows nothing of what its schedule has set.

/// A deployer that sets sizes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployer {
    /// CloudFormation without `IgnoreUnmodifiedGroupSizeProperties` (AWS CloudFormation User Guide,
    /// "UpdatePolicy attribute").
    CloudFormation,
    /// Terraform without `ignore_changes`: a size that differs from the configuration is changed back
    /// (terraform-aws-modules/terraform-aws-ecs#422).
    Terraform,
}

impl Deployer {
    /// What it does to an Auto Scaling group, and the remedy.
    pub(super) fn of_group(self) -> (&'static str, &'static str) {
        match self {
            Deployer::CloudFormation => (
                "every stack update sets the sizes back to the template's, whatever the schedule has set",
                "add `UpdatePolicy: AutoScalingScheduledAction: IgnoreUnmodifiedGroupSizeProperties: true`",
            ),
            Deployer::Terraform => (
                "every apply sets the sizes back to the configuration's, whatever the schedule has set",
                "add `ignore_changes = [min_size, max_size, desired_capacity]` to the group's `lifecycle`",
            ),
        }
    }
}
