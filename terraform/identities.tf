# Each function has an identity of its own; another one calls them.
resource "google_service_account" "function" {
  for_each     = local.functions
  account_id   = "rebound-${each.key}"
  display_name = "Rebound: the function ${each.key}"
}

resource "google_service_account" "caller" {
  account_id   = "rebound-schedule"
  display_name = "Rebound: calls the functions"
}

resource "google_service_account" "build" {
  account_id   = "rebound-build"
  display_name = "Rebound: builds the functions"
}

resource "google_project_iam_member" "build" {
  #checkov:skip=CKV_GCP_49:the builder acts as nobody but itself: its role is Google's for builds
  project = var.project
  role    = "roles/cloudbuild.builds.builder"
  member  = google_service_account.build.member
}

resource "google_project_iam_member" "backup" {
  project = var.project
  role    = google_project_iam_custom_role.side["backup/project"].id
  member  = google_service_account.function["backup"].member
}

# What the others may do in the vault and in landing: only an armed expire deletes backups.
locals {
  works_as = merge(
    {
      verify = "verify"
      expire = var.expire_armed ? "expiry" : "watch"
      tick   = "watch"
    },
    var.sandbox == null ? {} : { drill = "drill" },
  )
}

# Who may act as the one who recovers may look at everything by themselves, with `rebound doctor`.
resource "google_project_iam_member" "doctor" {
  for_each = var.operators
  project  = var.project
  role     = google_project_iam_custom_role.side["doctor/project"].id
  member   = each.value
}

# `rebound security` reads who did what in the vault's project, too, and who has what above the vault.
resource "google_project_iam_member" "audit" {
  for_each = var.operators
  project  = var.vault_project
  role     = google_project_iam_custom_role.side["doctor/audit"].id
  member   = each.value
}

# Who recovers has nothing until restore_until is set, and nothing after it has passed.
resource "google_service_account" "restore" {
  account_id   = "rebound-restore"
  display_name = "Rebound: recovers, while it is allowed to"
}

resource "google_service_account_iam_member" "operator" {
  for_each           = var.operators
  service_account_id = google_service_account.restore.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = each.value
}

resource "google_project_iam_member" "restore" {
  count   = var.restore_until == null ? 0 : 1
  project = var.project
  role    = google_project_iam_custom_role.side["restore/project"].id
  member  = google_service_account.restore.member

  condition {
    title      = "rebound_restore"
    expression = local.while_allowed
  }
}

# The platform's configuration is made again by whoever recovers, where the catalog names types of it.
resource "google_project_iam_member" "restore_configuration" {
  count   = var.restore_until != null && contains(keys(local.roles), "restore/resources") ? 1 : 0
  project = var.project
  role    = google_project_iam_custom_role.side["restore/resources"].id
  member  = google_service_account.restore.member

  condition {
    title      = "rebound_restore"
    expression = local.while_allowed
  }
}

locals {
  while_allowed = "request.time < timestamp(\"${coalesce(var.restore_until, "never")}\")"
}
