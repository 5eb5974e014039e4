//! The attributes of Terraform's resources that say how many, and when: one table for each kind of block, for reading
//! and for writing.

use std::sync::LazyLock;

use crate::model::field::{autoscaler, schedule};
use crate::model::value::FieldType;
use crate::model::{Field, Row, Table, Unit};
use crate::scaling::terraform::spell::Attributes;

fn table(rows: Vec<Row>) -> Table {
    Table::new("Terraform", rows).spelled(&Attributes)
}

fn number(name: &str, field: Field<i64>) -> Row {
    Row::new(name, field, Unit::Number).bare()
}

fn text<T: FieldType>(name: &str, field: Field<T>) -> Row {
    Row::new(name, field, Unit::Text)
}

/// `aws_autoscaling_group`
pub static GROUP: LazyLock<Table> = LazyLock::new(|| {
    table(vec![
        number("min_size", autoscaler::LEAST),
        number("max_size", autoscaler::MOST),
    ])
});

/// `aws_autoscaling_schedule`
pub static GROUP_SCHEDULE: LazyLock<Table> = LazyLock::new(|| {
    table(vec![
        number("min_size", schedule::MINIMUM),
        number("max_size", schedule::MAXIMUM),
        number("desired_capacity", schedule::COUNT),
        text("recurrence", schedule::START),
        text("time_zone", schedule::TIMEZONE),
    ])
});

/// `aws_appautoscaling_target`
pub static TARGET: LazyLock<Table> = LazyLock::new(|| {
    table(vec![
        number("min_capacity", autoscaler::LEAST),
        number("max_capacity", autoscaler::MOST),
    ])
});

/// `aws_appautoscaling_scheduled_action`
pub static TARGET_SCHEDULE: LazyLock<Table> = LazyLock::new(|| {
    table(vec![
        text("schedule", schedule::START),
        text("timezone", schedule::TIMEZONE),
    ])
});

/// The `scalable_target_action` of `aws_appautoscaling_scheduled_action`
pub static TARGET_ACTION: LazyLock<Table> = LazyLock::new(|| {
    table(vec![
        number("min_capacity", schedule::MINIMUM),
        number("max_capacity", schedule::MAXIMUM),
    ])
});

/// `aws_scheduler_schedule`
pub static SCHEDULER: LazyLock<Table> = LazyLock::new(|| {
    table(vec![
        text("schedule_expression", schedule::START),
        text("schedule_expression_timezone", schedule::TIMEZONE),
    ])
});

/// The `autoscaling_policy` of `google_compute_autoscaler` and its regional sibling
pub static POLICY: LazyLock<Table> = LazyLock::new(|| {
    table(vec![
        number("min_replicas", autoscaler::LEAST),
        number("max_replicas", autoscaler::MOST),
    ])
});

/// `scaling_schedules`
pub static SCALING_SCHEDULE: LazyLock<Table> = LazyLock::new(|| {
    table(vec![
        number("min_required_replicas", schedule::COUNT),
        text("schedule", schedule::START),
        text("time_zone", schedule::TIMEZONE),
    ])
});

/// The `capacity` of a profile of `azurerm_monitor_autoscale_setting`
pub static CAPACITY: LazyLock<Table> = LazyLock::new(|| {
    table(vec![
        number("minimum", schedule::MINIMUM),
        number("maximum", schedule::MAXIMUM),
    ])
});

/// Its `recurrence`
pub static RECURRENCE: LazyLock<Table> = LazyLock::new(|| table(vec![text("timezone", schedule::TIMEZONE)]));

/// The row of an attribute.
pub fn row(table: &'static LazyLock<Table>, name: &str) -> Option<&'static Row> {
    let table: &'static Table = table;
    table.rows().iter().find(|row| row.name == name)
}
