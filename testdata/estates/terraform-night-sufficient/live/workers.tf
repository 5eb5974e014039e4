# The group of another team's cluster: how large it is stands in its state.
data "terraform_remote_state" "cluster" {
  backend = "s3"
}

resource "aws_autoscaling_group" "workers" {
  name     = "workers"
  min_size = data.terraform_remote_state.cluster.outputs.workers
  max_size = 40

  lifecycle {
    ignore_changes = [min_size, max_size, desired_capacity]
  }
}

resource "aws_autoscaling_schedule" "workers_night" {
  scheduled_action_name  = "night"
  autoscaling_group_name = aws_autoscaling_group.workers.name
  recurrence             = "0 20 * * *"
  time_zone              = "Europe/London"
  min_size               = 1
  max_size               = -1
  desired_capacity       = -1
}
