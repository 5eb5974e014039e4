provider "aws" {
  region = "us-east-1"
}

resource "aws_autoscaling_group" "web" {
  name             = "web"
  min_size         = 13
  max_size         = 20
  desired_capacity = 13

  lifecycle {
    ignore_changes = [min_size, max_size, desired_capacity]
  }
}

# Quiet hours in New York.
resource "aws_autoscaling_schedule" "night" {
  scheduled_action_name  = "night"
  autoscaling_group_name = aws_autoscaling_group.web.name

  min_size         = 5
  max_size         = -1
  desired_capacity = -1
  recurrence       = "0 23 * * *" # after the late show
}

resource "aws_autoscaling_schedule" "morning" {
  scheduled_action_name  = "morning"
  autoscaling_group_name = aws_autoscaling_group.web.name

  min_size         = 13
  max_size         = -1
  desired_capacity = -1
  recurrence       = "0 6 * * *"
  time_zone        = "America/New_York"
}
