terraform {
  backend "s3" {}
}

provider "aws" {
  region = "eu-west-2"
}

module "storefront" {
  source   = "../modules/service"
  name     = "storefront"
  cluster  = aws_ecs_cluster.this.name
  capacity = var.storefront
  schedule = var.storefront_schedule
}

resource "aws_ecs_cluster" "this" {
  name = "shop-${var.environment}"
}
