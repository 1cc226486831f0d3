data "google_storage_project_service_account" "vault" {
  count   = var.vault_kms_key == null ? 0 : 1
  project = var.vault_project
}

resource "google_kms_crypto_key_iam_member" "vault" {
  count         = var.vault_kms_key == null ? 0 : 1
  crypto_key_id = var.vault_kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = data.google_storage_project_service_account.vault[0].member
}

# Whatever is written here is held until `rebound expire` or `rebound prune` ends the hold, and kept
# by the retention policy from there on: the bytes of an object are stored once and shared by all
# later runs, so that age alone says nothing. For the same reason no lifecycle rule deletes what is
# live, and a rule cannot delete what is held or retained (Cloud Storage, Object holds).
resource "google_storage_bucket" "vault" {
  #checkov:skip=CKV_GCP_62:audit logs of data access tell more; logs in a bucket of its own would outlive it unread
  project                     = var.vault_project
  name                        = var.vault_bucket
  location                    = coalesce(var.vault_location, local.catalog.location)
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

  # A bucket with a retention policy takes no versioning (terraform-example-foundation#898), and what
  # the policy keeps cannot be overwritten. Without a policy, versions keep it.
  versioning {
    enabled = var.vault_retention_days == 0
  }

  soft_delete_policy {
    retention_duration_seconds = var.vault_soft_delete_days * local.day_seconds
  }

  encryption {
    default_kms_key_name = var.vault_kms_key

    customer_supplied_encryption_enforcement_config {
      restriction_mode = "FullyRestricted" # nobody else could read what is written under such a key
    }
    # Under a key of one's own the bucket has to take keys of Cloud KMS; which ones, an organization says
    # (constraints/gcp.restrictCmekCryptoKeyProjects).
    customer_managed_encryption_enforcement_config {
      restriction_mode = var.vault_kms_key == null ? "FullyRestricted" : "NotRestricted"
    }
  }

  # Versions are there only without a retention policy. `holds/` says which runs never expire.
  dynamic "lifecycle_rule" {
    for_each = var.noncurrent_days
    content {
      action {
        type = "Delete"
      }
      condition {
        days_since_noncurrent_time = lifecycle_rule.value
        with_state                 = "ARCHIVED"
        matches_prefix             = [lifecycle_rule.key]
      }
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 8
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.vault]
}

# The backup only adds; it can neither delete nor overwrite.
resource "google_storage_bucket_iam_member" "vault_backup" {
  bucket = google_storage_bucket.vault.name
  role   = google_project_iam_custom_role.side["backup/vault"].id
  member = google_service_account.function["backup"].member
}

resource "google_storage_bucket_iam_member" "vault_function" {
  for_each = local.works_as
  bucket   = google_storage_bucket.vault.name
  role     = google_project_iam_custom_role.side["${each.value}/vault"].id
  member   = google_service_account.function[each.key].member
}

resource "google_storage_bucket_iam_member" "vault_doctor" {
  for_each = var.operators
  bucket   = google_storage_bucket.vault.name
  role     = google_project_iam_custom_role.side["doctor/vault"].id
  member   = each.value
}

resource "google_storage_bucket_iam_member" "vault_expiry" {
  for_each = var.expiry_members
  bucket   = google_storage_bucket.vault.name
  role     = google_project_iam_custom_role.side["expiry/vault"].id
  member   = each.value
}

resource "google_storage_bucket_iam_member" "vault_restore" {
  count  = var.restore_until == null ? 0 : 1
  bucket = google_storage_bucket.vault.name
  role   = google_project_iam_custom_role.side["restore/vault"].id
  member = google_service_account.restore.member

  condition {
    title      = "rebound_restore"
    expression = local.while_allowed
  }
}

# A fence is written down here too, which keys stay erased, and what was done and shown; nothing else by
# who recovers. Nobody takes back what is in `records`.
resource "google_storage_bucket_iam_member" "vault_fences" {
  count  = var.restore_until == null ? 0 : 1
  bucket = google_storage_bucket.vault.name
  role   = google_project_iam_custom_role.side["restore/fences"].id
  member = google_service_account.restore.member

  condition {
    title      = "rebound_fences"
    expression = "${local.while_allowed} && (${join(" || ", local.written_by_restore)})"
  }
}

locals {
  written_by_restore = [
    for folder in ["fences", "erasures", "records/${var.project}"] :
    "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.vault.name}/objects/${folder}/\")"
  ]
}

# What drills writes down what a drill had to show, and showed.
resource "google_storage_bucket_iam_member" "vault_records" {
  count  = var.sandbox == null ? 0 : 1
  bucket = google_storage_bucket.vault.name
  role   = google_project_iam_custom_role.side["drill/records"].id
  member = google_service_account.function["drill"].member

  condition {
    title      = "rebound_records"
    expression = "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.vault.name}/objects/records/${var.project}/\")"
  }
}
