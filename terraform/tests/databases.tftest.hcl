mock_provider "google" {}

# A mock gives nothing to import: this stands for the database that is there.
override_resource {
  target = google_firestore_database.protected
}

variables {
  project        = "some-platform"
  vault_project  = "some-vault-project"
  vault_bucket   = "some-vault"
  landing_bucket = "some-landing"
  bundle         = "../dist/functions-0123456789abcdef.zip"
}

run "databases_are_taken_over_and_protected" {
  command = plan

  assert {
    condition = alltrue([
      for database in google_firestore_database.protected :
      database.point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED" &&
      database.delete_protection_state == "DELETE_PROTECTION_ENABLED" &&
      database.deletion_policy == "ABANDON"
    ])
    error_message = "Every database has to be read at past instants, and neither Terraform nor anybody deletes it."
  }
  assert {
    condition     = keys(google_firestore_database.protected) == keys(google_firestore_backup_schedule.daily)
    error_message = "Every database of the catalog is taken over."
  }
}

run "databases_can_be_left_alone" {
  command = plan
  variables {
    adopt_databases = false
  }

  assert {
    condition     = length(google_firestore_database.protected) == 0 && length(google_firestore_backup_schedule.daily) == 1
    error_message = "Without adoption only Google's own backups are made."
  }
}
