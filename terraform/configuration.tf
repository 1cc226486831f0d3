# The platform's configuration is read where the catalog names types of it, and kept in the vault with
# its run; and for longer in a second place: a vault of its own, of runs that hold nothing else, in
# another project and another location, so that nobody loses both at once. What was lost with the
# configuration is often missed long after.
resource "google_project_iam_member" "configuration" {
  count   = contains(keys(local.roles), "backup/resources") ? 1 : 0
  project = var.project
  role    = google_project_iam_custom_role.side["backup/resources"].id
  member  = google_service_account.function["backup"].member
}

data "google_storage_project_service_account" "configuration" {
  count   = try(var.second_place.kms_key, null) == null ? 0 : 1
  project = var.second_place.project
}

resource "google_kms_crypto_key_iam_member" "configuration" {
  count         = try(var.second_place.kms_key, null) == null ? 0 : 1
  crypto_key_id = var.second_place.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = data.google_storage_project_service_account.configuration[0].member
}

# A project's role can be granted in that project alone (IAM, Custom roles), so that the second place
# has the vault's under the same names: `rebound break-glass` finds them by the bucket's project.
resource "google_project_iam_custom_role" "configuration" {
  for_each = var.second_place == null ? {} : {
    for name, role in local.roles : name => role
    if contains(["backup/vault", "doctor/vault", "restore/vault", "restore/fences"], name)
  }
  project     = var.second_place.project
  role_id     = "rebound${title(each.value.side)}${title(each.value.on)}"
  title       = "Rebound: ${each.value.side}, ${each.value.on} (second place)"
  description = "Exactly what the calls of manifests/permissions.json need."
  permissions = each.value.permissions
}

resource "google_storage_bucket" "configuration" {
  #checkov:skip=CKV_GCP_62:audit logs tell who did what
  #checkov:skip=CKV_GCP_78:a bucket with a retention policy takes no versioning
  count                       = var.second_place == null ? 0 : 1
  project                     = var.second_place.project
  name                        = var.second_place.bucket
  location                    = var.second_place.location
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
    default_kms_key_name = var.second_place.kms_key

    customer_supplied_encryption_enforcement_config {
      restriction_mode = "FullyRestricted" # nobody else could read what is written under such a key
    }
    # As in the vault: under a key of one's own the bucket has to take keys of Cloud KMS.
    customer_managed_encryption_enforcement_config {
      restriction_mode = var.second_place.kms_key == null ? "FullyRestricted" : "NotRestricted"
    }
  }

  soft_delete_policy {
    retention_duration_seconds = var.vault_soft_delete_days * local.day_seconds
  }

  depends_on = [google_kms_crypto_key_iam_member.configuration]
}

resource "google_storage_bucket_iam_member" "configuration" {
  count  = length(google_storage_bucket.configuration)
  bucket = google_storage_bucket.configuration[0].name
  role   = google_project_iam_custom_role.configuration["backup/vault"].id
  member = google_service_account.function["backup"].member
}

resource "google_storage_bucket_iam_member" "configuration_doctor" {
  for_each = length(google_storage_bucket.configuration) == 0 ? toset([]) : var.operators
  bucket   = google_storage_bucket.configuration[0].name
  role     = google_project_iam_custom_role.configuration["doctor/vault"].id
  member   = each.value
}

# Where the vault is lost, a recovery reads this one in its place, and writes its fences here.
resource "google_storage_bucket_iam_member" "configuration_restore" {
  for_each = var.restore_until == null || length(google_storage_bucket.configuration) == 0 ? {} : {
    vault  = local.while_allowed
    fences = "${local.while_allowed} && (${join(" || ", [for folder in ["fences", "records/${var.project}"] : "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.configuration[0].name}/objects/${folder}/\")"])})"
  }
  bucket = google_storage_bucket.configuration[0].name
  role   = google_project_iam_custom_role.configuration["restore/${each.key}"].id
  member = google_service_account.restore.member

  condition {
    title      = "rebound_configuration_${each.key}"
    expression = each.value
  }
}
