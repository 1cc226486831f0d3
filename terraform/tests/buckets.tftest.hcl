mock_provider "google" {}

variables {
  project         = "some-platform"
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
}

run "vault_of_its_own_project_with_a_key" {
  variables {
    vault_project        = "some-vault-project"
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
