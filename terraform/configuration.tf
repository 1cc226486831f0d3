# The platform's configuration is read where the catalog names types of it, and kept in the vault with
# its run; and for longer in a second bucket, where the catalog names one: a vault of its own, of runs
# that hold nothing else. What was lost with the configuration is often missed long after.
resource "google_project_iam_member" "configuration" {
  count   = contains(keys(local.roles), "backup/resources") ? 1 : 0
  project = var.project
  role    = google_project_iam_custom_role.side["backup/resources"].id
  member  = google_service_account.function["backup"].member
}

resource "google_storage_bucket" "configuration" {
  #checkov:skip=CKV_GCP_62:audit logs tell who did what
  #checkov:skip=CKV_GCP_78:a bucket with a retention policy takes no versioning
  count                       = try(local.catalog.second_bucket, null) == null ? 0 : 1
  project                     = local.vault_project
  name                        = local.catalog.second_bucket
  location                    = coalesce(var.vault_location, local.catalog.location)
  labels                      = local.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  deletion_policy             = "PREVENT"

  # Nothing in it goes by age: where backups stop, the last one stays. What is older than this can be
  # deleted by whoever administers the project.
  retention_policy {
    retention_period = var.configuration_days * local.day_seconds
    is_locked        = var.lock_vault_retention
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 8
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

resource "google_storage_bucket_iam_member" "configuration" {
  count  = length(google_storage_bucket.configuration)
  bucket = google_storage_bucket.configuration[0].name
  role   = google_project_iam_custom_role.side["backup/vault"].id
  member = google_service_account.function["backup"].member
}

resource "google_storage_bucket_iam_member" "configuration_doctor" {
  for_each = length(google_storage_bucket.configuration) == 0 ? toset([]) : var.operators
  bucket   = google_storage_bucket.configuration[0].name
  role     = google_project_iam_custom_role.side["doctor/vault"].id
  member   = each.value
}

# Where the vault is lost, a recovery reads this one in its place, and writes its fences here.
resource "google_storage_bucket_iam_member" "configuration_restore" {
  for_each = var.restore_until == null || length(google_storage_bucket.configuration) == 0 ? {} : {
    vault  = local.while_allowed
    fences = "${local.while_allowed} && (${join(" || ", [for folder in ["fences", "records/${var.project}"] : "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.configuration[0].name}/objects/${folder}/\")"])})"
  }
  bucket = google_storage_bucket.configuration[0].name
  role   = google_project_iam_custom_role.side["restore/${each.key}"].id
  member = google_service_account.restore.member

  condition {
    title      = "rebound_configuration_${each.key}"
    expression = each.value
  }
}
