resource "aws_autoscaling_group" "web" {
  name              = "web"
  min_size          = 14
  max_size          = 40
  target_group_arns = [aws_lb_target_group.web.arn]

  launch_template { id = aws_launch_template.web.id }
  lifecycle { ignore_changes = [min_size, max_size, desired_capacity] }
}

resource "aws_autoscaling_schedule" "evening" {
  scheduled_action_name  = "evening"
  autoscaling_group_name = aws_autoscaling_group.web.name
  recurrence             = "0 17 * * *"
  time_zone              = "Europe/Prague"
  min_size               = 3
  max_size               = 40
  desired_capacity       = 3
}

resource "aws_autoscaling_schedule" "morning" {
  scheduled_action_name  = "morning"
  autoscaling_group_name = aws_autoscaling_group.web.name
  recurrence             = "0 5 * * *"
  time_zone              = "Europe/Prague"
  min_size               = 14
  max_size               = 40
  desired_capacity       = 14
}

# Follows the load: at night it goes as far as the load does.
resource "aws_appautoscaling_target" "api" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.main.name}/${aws_ecs_service.api.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 10
  max_capacity       = 40
  lifecycle { ignore_changes = [min_capacity, max_capacity] }
}

resource "aws_ecs_service" "api" {
  name    = "api"
  cluster = aws_ecs_cluster.main.id
  load_balancer {
    target_group_arn = aws_lb_target_group.api.arn
    container_name   = "api"
    container_port   = 8000
  }
}

resource "aws_appautoscaling_policy" "api" {
  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.api.service_namespace
  resource_id        = aws_appautoscaling_target.api.resource_id
  scalable_dimension = aws_appautoscaling_target.api.scalable_dimension
  target_tracking_scaling_policy_configuration {
    target_value = 60
    predefined_metric_specification { predefined_metric_type = "ECSServiceAverageCPUUtilization" }
  }
}

resource "aws_appautoscaling_scheduled_action" "api_night" {
  name               = "night"
  service_namespace  = aws_appautoscaling_target.api.service_namespace
  resource_id        = aws_appautoscaling_target.api.resource_id
  scalable_dimension = aws_appautoscaling_target.api.scalable_dimension
  schedule           = "cron(0 22 ? * MON-FRI *)"
  timezone           = "Europe/Prague"
  scalable_target_action { min_capacity = 2 }
}

resource "aws_appautoscaling_scheduled_action" "api_day" {
  name               = "day"
  service_namespace  = aws_appautoscaling_target.api.service_namespace
  resource_id        = aws_appautoscaling_target.api.resource_id
  scalable_dimension = aws_appautoscaling_target.api.scalable_dimension
  schedule           = "cron(0 6 ? * MON-FRI *)"
  timezone           = "Europe/Prague"
  scalable_target_action { min_capacity = 10 }
}
