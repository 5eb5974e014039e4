variable "name" {
  type = string
}

variable "cluster" {
  type = string
}

variable "capacity" {
  type = object({ min = number, max = number })
}

variable "schedule" {
  type = map(object({ at = string, min = number }))
}

resource "aws_ecs_service" "this" {
  name          = var.name
  cluster       = var.cluster
  desired_count = var.capacity.min

  lifecycle {
    ignore_changes = [desired_count]
  }
}

resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${var.cluster}/${aws_ecs_service.this.name}"
  min_capacity       = var.capacity.min
  max_capacity       = var.capacity.max

  lifecycle {
    ignore_changes = [min_capacity, max_capacity]
  }
}

resource "aws_appautoscaling_scheduled_action" "this" {
  for_each = var.schedule

  name               = "${var.name}-${each.key}"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id
  schedule           = "cron(${each.value.at})"
  timezone           = "Europe/London"

  scalable_target_action {
    min_capacity = each.value.min
    max_capacity = var.capacity.max
  }
}
