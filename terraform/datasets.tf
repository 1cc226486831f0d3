# What Rebound works in. Both are where the tables are, because tables are cloned and copied within a
# location, and neither lets partitions expire: a copy would take that and lose rows without a word.
locals {
  working_datasets = {
    scratch = { id = var.scratch_dataset, days = 2 }
    undo    = { id = var.undo_dataset, days = var.undo_days }
  }
}

resource "google_bigquery_dataset" "working" {
  #checkov:skip=CKV_GCP_81:a copy keeps the key of its table; what is staged or put aside expires by itself
  for_each                    = local.working_datasets
  dataset_id                  = each.value.id
  location                    = local.catalog.location
  description                 = "Rebound's own: everything in it expires after ${each.value.days} days."
  default_table_expiration_ms = each.value.days * local.day_seconds * 1000
  labels                      = local.labels
  depends_on                  = [google_project_service.used]
}

resource "google_bigquery_dataset_iam_member" "scratch" {
  dataset_id = google_bigquery_dataset.working["scratch"].dataset_id
  role       = google_project_iam_custom_role.side["backup/scratch"].id
  member     = google_service_account.function["backup"].member
}

resource "google_bigquery_dataset_iam_member" "protected" {
  for_each   = local.datasets
  dataset_id = each.value
  role       = google_project_iam_custom_role.side["backup/datasets"].id
  member     = google_service_account.function["backup"].member
}

# A drill looks at which views of the platform are authorized, and reads no row of it.
resource "google_bigquery_dataset_iam_member" "drill" {
  for_each   = var.sandbox == null ? [] : local.datasets
  dataset_id = each.value
  role       = google_project_iam_custom_role.side["drill/datasets"].id
  member     = google_service_account.function["drill"].member
}
