# Where BigQuery's extracts land. It has neither retention nor soft delete: an extract writes its
# files again, which either would refuse or bill (BigQuery, Export table data).
resource "google_storage_bucket" "landing" {
  #checkov:skip=CKV_GCP_62:what lands is copied on within minutes; audit logs tell who did what
  #checkov:skip=CKV_GCP_78:an extract writes its files again, and versions of it would be billed
  name                        = var.landing_bucket
  location                    = local.catalog.location
  labels                      = local.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  deletion_policy             = "PREVENT"

  encryption {
    customer_supplied_encryption_enforcement_config {
      restriction_mode = "FullyRestricted" # nobody else could read what is written under such a key
    }
    customer_managed_encryption_enforcement_config {
      restriction_mode = "FullyRestricted" # nor what is under one of Cloud KMS that its owner disables
    }
  }

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  # Only extracts, which a run that is done has removed itself. Leases, verdicts and the records of
  # broken leases are small; journals and what a recovery put aside end when somebody says so.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 8 # no run is resumed after the seven days of time travel
      matches_prefix = ["extracts/"]
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
}

resource "google_storage_bucket_iam_member" "landing_backup" {
  bucket = google_storage_bucket.landing.name
  role   = google_project_iam_custom_role.side["backup/landing"].id
  member = google_service_account.function["backup"].member
}

resource "google_storage_bucket_iam_member" "landing_function" {
  for_each = local.works_as
  bucket   = google_storage_bucket.landing.name
  role     = google_project_iam_custom_role.side["${each.value}/landing"].id
  member   = google_service_account.function[each.key].member
}

resource "google_storage_bucket_iam_member" "landing_doctor" {
  for_each = var.operators
  bucket   = google_storage_bucket.landing.name
  role     = google_project_iam_custom_role.side["doctor/landing"].id
  member   = each.value
}

resource "google_storage_bucket_iam_member" "landing_expiry" {
  for_each = var.expiry_members
  bucket   = google_storage_bucket.landing.name
  role     = google_project_iam_custom_role.side["expiry/landing"].id
  member   = each.value
}

# What SQL reads of runs and drills is written anew each hour, that runs past their retention were looked
# for each day, and nothing else is by who does.
moved {
  from = google_storage_bucket_iam_member.landing_history
  to   = google_storage_bucket_iam_member.landing_history["tick"]
}

resource "google_storage_bucket_iam_member" "landing_history" {
  for_each = toset(["expire", "tick"])
  bucket   = google_storage_bucket.landing.name
  role     = google_project_iam_custom_role.side["watch/history"].id
  member   = google_service_account.function[each.key].member

  condition {
    title      = "rebound_history"
    expression = "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.landing.name}/objects/history/\")"
  }
}
