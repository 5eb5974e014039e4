variable "environment" {
  type = string
}

variable "storefront" {
  description = "How many tasks there are at least and at most."
  type        = object({ min = number, max = optional(number, 20) })
}

variable "storefront_schedule" {
  description = "Scheduled actions by name: when, and how many tasks there are at least from then on."
  type        = map(object({ at = string, min = number }))
  default     = {}
}
