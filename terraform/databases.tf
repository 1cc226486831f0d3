# The databases are the platform's. With adopt_databases Terraform takes them over as they are, and
# sets nothing but point-in-time recovery and the protection against deletion.
import {
  for_each = var.adopt_databases ? local.databases : []
  to       = google_firestore_database.protected[each.value]
  id       = "projects/${var.project}/databases/${each.value}"
}

resource "google_firestore_database" "protected" {
  for_each                          = var.adopt_databases ? local.databases : []
  name                              = each.value
  location_id                       = local.catalog.location
  type                              = "FIRESTORE_NATIVE"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = "DELETE_PROTECTION_ENABLED"
  deletion_policy                   = "ABANDON"

  lifecycle {
    prevent_destroy = true
    ignore_changes = [
      location_id, type, concurrency_mode, app_engine_integration_mode, database_edition, cmek_config,
    ]
  }
}

# Google's own backup, beside ours: it is gone with the project, and restores a whole database only.
resource "google_firestore_backup_schedule" "daily" {
  for_each  = local.databases
  database  = each.value
  retention = "${var.database_backup_days * local.day_seconds}s"

  daily_recurrence {}

  depends_on = [google_project_service.used]
}
