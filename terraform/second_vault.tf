# A copy of the vault in another region of its project, kept in step each day. It is added to and never
# taken from: `rebound expire` and `rebound prune`, with REBOUND_VAULT_BUCKET set to it, tidy it.
data "google_storage_transfer_project_service_account" "transfer" {
  count      = var.second_vault == null ? 0 : 1
  project    = var.vault_project
  depends_on = [google_project_service.transfer]
}

resource "google_project_service" "transfer" {
  count              = var.second_vault == null ? 0 : 1
  project            = var.vault_project
  service            = "storagetransfer.googleapis.com"
  disable_on_destroy = false
}

resource "google_storage_bucket" "second_vault" {
  #checkov:skip=CKV_GCP_62:audit logs tell who did what
  #checkov:skip=CKV_GCP_78:a bucket with a retention policy takes no versioning
  count                       = var.second_vault == null ? 0 : 1
  project                     = var.vault_project
  name                        = var.second_vault.bucket
  location                    = var.second_vault.location
  labels                      = local.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  default_event_based_hold    = true
  deletion_policy             = "PREVENT"

  dynamic "retention_policy" {
    for_each = var.vault_retention_days > 0 ? [var.vault_retention_days] : []
    content {
      retention_period = retention_policy.value * local.day_seconds
      is_locked        = var.lock_vault_retention
    }
  }

  encryption {
    customer_supplied_encryption_enforcement_config {
      restriction_mode = "FullyRestricted" # nobody else could read what is written under such a key
    }
    customer_managed_encryption_enforcement_config {
      restriction_mode = "FullyRestricted" # nor what is under one of Cloud KMS that its owner disables
    }
  }

  soft_delete_policy {
    retention_duration_seconds = var.vault_soft_delete_days * local.day_seconds
  }
}

# Storage Transfer, Agentless transfer permissions: what a copy takes that neither replaces nor
# deletes.
resource "google_project_iam_custom_role" "transfer" {
  for_each = var.second_vault == null ? {} : {
    From = ["storage.buckets.get", "storage.objects.get", "storage.objects.list"]
    To   = ["storage.buckets.get", "storage.objects.create", "storage.objects.get", "storage.objects.list"]
  }
  project     = var.vault_project
  role_id     = "reboundTransfer${each.key}"
  title       = "Rebound: transfer between vaults, ${lower(each.key)}"
  permissions = each.value
}

resource "google_storage_bucket_iam_member" "transfer_from" {
  count  = var.second_vault == null ? 0 : 1
  bucket = google_storage_bucket.vault.name
  role   = google_project_iam_custom_role.transfer["From"].id
  member = data.google_storage_transfer_project_service_account.transfer[0].member
}

resource "google_storage_bucket_iam_member" "transfer_to" {
  count  = var.second_vault == null ? 0 : 1
  bucket = google_storage_bucket.second_vault[0].name
  role   = google_project_iam_custom_role.transfer["To"].id
  member = data.google_storage_transfer_project_service_account.transfer[0].member
}

resource "google_storage_transfer_job" "second_vault" {
  count       = var.second_vault == null ? 0 : 1
  project     = var.vault_project
  description = "Rebound: the second vault follows the first"

  transfer_spec {
    gcs_data_source {
      bucket_name = google_storage_bucket.vault.name
    }
    gcs_data_sink {
      bucket_name = google_storage_bucket.second_vault[0].name
    }
    transfer_options {
      overwrite_when                             = "NEVER"
      delete_objects_unique_in_sink              = false
      delete_objects_from_source_after_transfer  = false
      overwrite_objects_already_existing_in_sink = false
    }
  }

  schedule {
    schedule_start_date {
      year  = 2026
      month = 1
      day   = 1
    }
    start_time_of_day {
      hours   = var.second_vault.hour
      minutes = 0
      seconds = 0
      nanos   = 0
    }
  }

  depends_on = [
    google_storage_bucket_iam_member.transfer_from,
    google_storage_bucket_iam_member.transfer_to,
  ]
}
