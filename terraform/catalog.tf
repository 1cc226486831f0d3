# What is protected is data: the catalog that the functions and `rebound` read, too.
locals {
  catalog = jsondecode(file(var.catalog))

  datasets = toset(concat(
    [for entry in try(local.catalog.tables, []) : split(".", entry.table)[0]],
    [for entry in try(local.catalog.datasets, []) : entry.dataset],
  ))
  buckets   = toset([for entry in try(local.catalog.buckets, []) : entry.bucket])
  databases = toset([for entry in try(local.catalog.databases, []) : entry.database])

  region      = coalesce(var.region, lower(local.catalog.location))
  labels      = { managed_by = "rebound" }
  day_seconds = 24 * 60 * 60
}
