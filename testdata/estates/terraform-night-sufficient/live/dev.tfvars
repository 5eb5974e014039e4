environment = "dev"

storefront = { min = 1, max = 2 }
