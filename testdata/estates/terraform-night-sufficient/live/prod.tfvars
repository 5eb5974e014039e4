environment = "prod"

storefront = { min = 13 }

# Half of the tasks were idle at night.
storefront_schedule = {
  night   = { at = "0 21 * * ? *", min = 10 }
  morning = { at = "0 5 * * ? *", min = 13 }
}
