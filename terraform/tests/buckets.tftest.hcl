mock_provider "google" {}

variables {
  project         = "some-platform"
  vault_project   = "some-vault-project"
  vault_bucket    = "some-vault"
  landing_bucket  = "some-landing"
  bundle          = "../dist/functions-0123456789abcdef.zip"
  adopt_databases = false
}

run "vault_keeps_what_it_holds" {

  assert {
    condition     = google_storage_bucket.vault.default_event_based_hold
    error_message = "What is written to the vault has to be held."
  }
  assert {
    condition     = google_storage_bucket.vault.retention_policy[0].retention_period == tostring(30 * 86400)
    error_message = "The vault has to keep what was released for 30 days."
  }
  assert {
    condition     = !google_storage_bucket.vault.retention_policy[0].is_locked
    error_message = "A lock that nobody can undo is nobody's default."
  }
  assert {
    condition     = google_storage_bucket.vault.soft_delete_policy[0].retention_duration_seconds == 14 * 86400
    error_message = "What is deleted has to be there for 14 days."
  }
  assert {
    condition     = !google_storage_bucket.vault.versioning[0].enabled
    error_message = "A bucket with a retention policy takes no versioning."
  }
  assert {
    condition = alltrue([
      for rule in google_storage_bucket.vault.lifecycle_rule :
      one(rule.action).type != "Delete" || one(rule.condition).with_state == "ARCHIVED"
    ])
    error_message = "No rule may delete what is live: runs share their content."
  }
}

run "buckets_are_private" {

  assert {
    condition = alltrue([
      for bucket in [google_storage_bucket.vault, google_storage_bucket.landing] :
      bucket.uniform_bucket_level_access && bucket.public_access_prevention == "enforced"
    ])
    error_message = "Both buckets have to be private, by IAM alone."
  }
}

run "landing_spares_journals" {

  assert {
    condition     = length(google_storage_bucket.landing.retention_policy) == 0
    error_message = "BigQuery has to be able to write an extract again."
  }
  assert {
    condition = toset(flatten([
      for rule in google_storage_bucket.landing.lifecycle_rule :
      one(rule.condition).matches_prefix if one(rule.action).type == "Delete"
    ])) == toset(["extracts/"])
    error_message = "Only extracts may go by themselves."
  }
}

run "without_a_policy_versions_keep" {
  variables {
    vault_retention_days = 0
  }

  assert {
    condition     = google_storage_bucket.vault.versioning[0].enabled && length(google_storage_bucket.vault.retention_policy) == 0
    error_message = "Without a retention policy the vault has to keep versions."
  }
  assert {
    condition = {
      for rule in google_storage_bucket.vault.lifecycle_rule :
      one(one(rule.condition).matches_prefix) => one(rule.condition).days_since_noncurrent_time if one(rule.action).type == "Delete"
    } == { "runs/" = 90, "contents/" = 90, "holds/" = 400 }
    error_message = "What was overwritten or deleted has to be kept for 90 days, and what says what never expires for longer."
  }
}

run "vault_of_its_own_project_with_a_key" {
  variables {
    vault_kms_key        = "projects/k/locations/us-west2/keyRings/r/cryptoKeys/v"
    lock_vault_retention = true
  }

  assert {
    condition     = google_storage_bucket.vault.project == "some-vault-project" && google_storage_bucket.landing.project != "some-vault-project"
    error_message = "Only the vault is in the vault's project."
  }
  assert {
    condition     = google_storage_bucket.vault.encryption[0].default_kms_key_name == var.vault_kms_key && google_storage_bucket.vault.encryption[0].customer_supplied_encryption_enforcement_config[0].restriction_mode == "FullyRestricted"
    error_message = "The vault has to use the key."
  }
  assert {
    condition     = google_storage_bucket.vault.retention_policy[0].is_locked
    error_message = "The lock was asked for."
  }
}

run "the_configuration_is_kept_where_nobody_loses_it_with_the_vault" {
  variables {
    operators          = ["group:oncall@example.com"]
    restore_until      = "2026-12-01T18:00:00Z"
    configuration_days = 500
    second_place = {
      bucket   = "some-second"
      project  = "some-third-project"
      location = "us-east1"
      kms_key  = "projects/k/locations/us-east1/keyRings/r/cryptoKeys/c"
    }
  }

  assert {
    condition     = google_storage_bucket.configuration[0].project == "some-third-project" && google_storage_bucket.configuration[0].location == "us-east1" && google_storage_bucket.configuration[0].name == "some-second"
    error_message = "The second place has a project, a location and a name of its own."
  }
  assert {
    condition     = google_storage_bucket.configuration[0].retention_policy[0].retention_period == tostring(500 * 86400)
    error_message = "The configuration is kept for longer than data."
  }
  assert {
    condition     = google_storage_bucket.configuration[0].encryption[0].default_kms_key_name == var.second_place.kms_key && google_kms_crypto_key_iam_member.configuration[0].crypto_key_id == var.second_place.kms_key
    error_message = "The second place has to use its key, and Cloud Storage to be allowed to."
  }
  assert {
    condition     = alltrue([for role in google_project_iam_custom_role.configuration : role.project == "some-third-project"]) && toset([for role in google_project_iam_custom_role.configuration : role.role_id]) == toset(["reboundBackupVault", "reboundDoctorVault", "reboundRestoreVault", "reboundRestoreFences"])
    error_message = "A project's role can be granted nowhere else."
  }
  assert {
    condition = toset([
      for grant in concat(google_storage_bucket_iam_member.configuration, values(google_storage_bucket_iam_member.configuration_doctor), values(google_storage_bucket_iam_member.configuration_restore)) : grant.role
    ]) == toset([for role in google_project_iam_custom_role.configuration : role.id])
    error_message = "On the second place only roles of its own project are granted."
  }
  assert {
    condition     = google_cloudfunctions2_function.rebound["backup"].service_config[0].environment_variables["REBOUND_SECOND_BUCKET"] == "some-second" && output.environment["REBOUND_SECOND_BUCKET"] == "some-second"
    error_message = "The backup and `rebound` have to know the second place."
  }
}

run "without_a_second_place_there_is_none" {
  assert {
    condition     = length(google_storage_bucket.configuration) == 0 && output.environment["REBOUND_SECOND_BUCKET"] == ""
    error_message = "Nobody named one."
  }
}

run "refuses_a_second_place_in_the_vaults_project" {
  command = plan
  variables {
    second_place = { bucket = "some-second", project = "some-vault-project", location = "us-east1" }
  }
  expect_failures = [var.second_place]
}

run "refuses_a_second_place_in_the_platforms_project" {
  command = plan
  variables {
    second_place = { bucket = "some-second", project = "some-platform", location = "us-east1" }
  }
  expect_failures = [var.second_place]
}

run "refuses_a_second_place_in_the_vaults_location" {
  command = plan
  variables {
    second_place = { bucket = "some-second", project = "some-third-project", location = "US-WEST2" }
  }
  expect_failures = [var.second_place]
}

run "refuses_a_vault_that_is_lost_with_the_platform" {
  command = plan
  variables {
    vault_project = "some-platform"
  }
  expect_failures = [var.vault_project]
}

run "takes_it_from_whoever_says_so" {
  command = plan
  variables {
    vault_project     = "some-platform"
    vault_in_platform = true
  }
  assert {
    condition     = google_storage_bucket.vault.project == "some-platform"
    error_message = "It was asked for."
  }
}

run "refuses_one_bucket_for_both" {
  command = plan
  variables {
    landing_bucket = "some-vault"
  }
  expect_failures = [var.landing_bucket]
}

run "refuses_what_cloud_storage_refuses" {
  command = plan
  variables {
    vault_soft_delete_days = 3
    vault_kms_key          = "my-key"
    vault_bucket           = "A Bucket"
    project                = "My Project"
  }
  expect_failures = [var.vault_soft_delete_days, var.vault_kms_key, var.vault_bucket, var.project]
}

run "refuses_parts_of_days" {
  command = plan
  variables {
    undo_days              = 1.5
    database_backup_days   = 90.5
    vault_soft_delete_days = 7.5
  }
  expect_failures = [var.undo_days, var.database_backup_days, var.vault_soft_delete_days]
}
