# Where drills recover to: a real project of its own, in which nothing else is. Its label is what
# `rebound drill` insists on before it writes or removes anything.
resource "google_project" "sandbox" {
  #checkov:skip=CKV_GCP_27:Compute Engine is not enabled in it, so that there is no network
  #checkov:skip=CKV2_GCP_5:nothing is in it but what a drill made an hour ago
  count           = var.sandbox == null ? 0 : 1
  project_id      = var.sandbox.project
  name            = var.sandbox.project
  org_id          = var.sandbox.org_id
  folder_id       = var.sandbox.folder_id
  billing_account = var.sandbox.billing_account
  labels          = merge(local.labels, { rebound-sandbox = "true" })
  deletion_policy = "PREVENT"
}

resource "google_project_service" "sandbox" {
  for_each = var.sandbox == null ? [] : toset([
    "bigquery.googleapis.com", "bigqueryconnection.googleapis.com", "cloudscheduler.googleapis.com",
    "firestore.googleapis.com", "iam.googleapis.com", "logging.googleapis.com", "monitoring.googleapis.com",
    "pubsub.googleapis.com", "secretmanager.googleapis.com", "storage.googleapis.com", "workflows.googleapis.com",
  ])
  project            = google_project.sandbox[0].project_id
  service            = each.value
  disable_on_destroy = false
}

# The types of configuration that a drill restores, of those that the catalog names.
locals {
  drilled_types = [
    for call in local.permissions.restore.resources : call
    if try(call.drilled, false) && contains(local.read_types, split(":", call.call)[0])
  ]
}

# What recovers may do in the sandbox at any time, and remove what a drill made there: that is withheld
# everywhere else. In the platform it waits for restore_until.
resource "google_project_iam_custom_role" "sandbox" {
  count       = var.sandbox == null ? 0 : 1
  project     = google_project.sandbox[0].project_id
  role_id     = "reboundDrill"
  title       = "Rebound: drills"
  description = "What a recovery needs, in a project where nothing can be lost."
  permissions = sort(distinct(flatten(concat(
    [for call in local.permissions.restore.project : call.needs if !startswith(call.call, "cloudkms")],
    [for call in local.drilled_types : call.needs],
  ))))
}

resource "google_project_iam_member" "drill" {
  count   = var.sandbox == null ? 0 : 1
  project = google_project.sandbox[0].project_id
  role    = google_project_iam_custom_role.sandbox[0].id
  member  = google_service_account.function["drill"].member
}

resource "google_project_iam_member" "sandbox" {
  count   = var.sandbox == null ? 0 : 1
  project = google_project.sandbox[0].project_id
  role    = google_project_iam_custom_role.sandbox[0].id
  member  = google_service_account.restore.member
}
