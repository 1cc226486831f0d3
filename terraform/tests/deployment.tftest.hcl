mock_provider "google" {}

variables {
  project         = "some-platform"
  vault_project   = "some-vault-project"
  vault_bucket    = "some-vault"
  landing_bucket  = "some-landing"
  bundle          = "../dist/functions-0123456789abcdef.zip"
  adopt_databases = false
}

run "identities_have_what_they_use" {
  assert {
    condition     = toset(google_project_iam_custom_role.side["backup/vault"].permissions) == toset(["storage.buckets.get", "storage.objects.create", "storage.objects.get", "storage.objects.list"])
    error_message = "The backup may only add to the vault."
  }
  assert {
    condition     = google_storage_bucket_iam_member.vault_backup.role == google_project_iam_custom_role.side["backup/vault"].id
    error_message = "The backup has to have its role on the vault, and no other."
  }
  assert {
    condition     = length(google_project_iam_member.restore) == 0 && length(google_storage_bucket_iam_member.vault_restore) == 0
    error_message = "Who recovers has nothing until it is granted."
  }
  assert {
    condition     = length(google_storage_bucket_iam_member.vault_expiry) == 0
    error_message = "Nobody may delete in the vault unless named."
  }
}

run "who_looks_each_hour_writes_the_history_alone" {
  assert {
    condition     = alltrue([for grant in google_storage_bucket_iam_member.landing_history : strcontains(grant.condition[0].expression, "/objects/history/")])
    error_message = "Who looks may replace nothing in landing but the history."
  }
  assert {
    condition     = google_storage_bucket_iam_member.landing_function["tick"].role == google_project_iam_custom_role.side["watch/landing"].id
    error_message = "Elsewhere in landing it only reads."
  }
}

run "only_an_armed_expire_deletes" {
  assert {
    condition     = google_storage_bucket_iam_member.vault_function["expire"].role == google_project_iam_custom_role.side["watch/vault"].id
    error_message = "Until it is armed, expire only reads."
  }
  assert {
    condition     = google_cloudfunctions2_function.rebound["expire"].service_config[0].environment_variables["REBOUND_EXPIRE_ARMED"] == "false"
    error_message = "Nobody armed it."
  }
}

run "an_armed_expire_may_delete" {
  variables {
    expire_armed = true
  }
  assert {
    condition     = google_storage_bucket_iam_member.vault_function["expire"].role == google_project_iam_custom_role.side["expiry/vault"].id && google_storage_bucket_iam_member.landing_function["expire"].role == google_project_iam_custom_role.side["expiry/landing"].id
    error_message = "What deletes has to be allowed to."
  }
  assert {
    condition     = google_storage_bucket_iam_member.vault_function["tick"].role == google_project_iam_custom_role.side["watch/vault"].id
    error_message = "Nothing else is armed with it."
  }
}

run "everything_of_the_catalog_is_reached" {
  assert {
    condition     = keys(google_bigquery_dataset_iam_member.protected) == ["nba_analytics", "nba_orchestration", "nba_precompute", "nba_reference"]
    error_message = "The backup has to read each dataset of the catalog."
  }
  assert {
    condition     = keys(google_storage_bucket_iam_member.protected) == ["nba-scraped-data"]
    error_message = "The backup has to read each bucket of the catalog."
  }
  assert {
    condition     = keys(google_firestore_backup_schedule.daily) == ["(default)"]
    error_message = "Each database of the catalog has to have a backup schedule."
  }
}

run "working_datasets_lose_no_partition" {
  assert {
    condition = alltrue([
      for dataset in google_bigquery_dataset.working :
      dataset.location == "us-west2" && dataset.default_table_expiration_ms > 0
    ])
    error_message = "Working datasets have to be where the tables are, and to expire."
  }
  assert {
    condition     = alltrue([for dataset in google_bigquery_dataset.working : coalesce(dataset.default_partition_expiration_ms, 0) == 0])
    error_message = "No partition may expire in a working dataset."
  }
}

run "a_cut_run_is_called_again" {
  assert {
    condition = alltrue([
      for job in google_cloud_scheduler_job.rebound :
      job.attempt_deadline == "1800s" && job.retry_config[0].retry_count == 5
    ])
    error_message = "A call has to be given its half hour, and to be made again."
  }
  assert {
    condition = alltrue([
      for job in google_cloud_scheduler_job.rebound :
      tonumber(trimsuffix(job.retry_config[0].min_backoff_duration, "s")) > var.lease_seconds
    ])
    error_message = "Retries have to be further apart than a lease lasts."
  }
  assert {
    condition = alltrue([
      for name, job in google_cloud_scheduler_job.rebound :
      tonumber(trimsuffix(job.retry_config[0].max_retry_duration, "s")) >=
      google_cloudfunctions2_function.rebound[name].service_config[0].timeout_seconds + var.lease_seconds + 150 + 1800
    ])
    error_message = "Retries have to go on until a killed call's lease has run out, and for one more call."
  }
}

run "schedules_call_as_themselves_and_for_one_function_alone" {
  assert {
    condition = alltrue([
      for name, job in google_cloud_scheduler_job.rebound :
      job.http_target[0].oidc_token[0].service_account_email == google_service_account.caller.email &&
      job.http_target[0].oidc_token[0].audience == google_cloudfunctions2_function.rebound[name].service_config[0].uri &&
      job.http_target[0].uri == google_cloudfunctions2_function.rebound[name].service_config[0].uri
    ])
    error_message = "A call has to carry a token of the schedule's identity, for the function that it calls."
  }
  assert {
    condition     = length(distinct([for function in google_cloudfunctions2_function.rebound : function.service_config[0].uri])) == length(local.functions)
    error_message = "The mock has to tell functions apart, or nothing above says anything."
  }
  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.rebound : job.http_target[0].http_method == "POST" && length(job.http_target[0].oauth_token) == 0])
    error_message = "A function takes POST, and an OIDC token."
  }
  assert {
    condition     = alltrue([for grant in google_cloud_run_v2_service_iam_member.caller : grant.member == google_service_account.caller.member && grant.role == "roles/run.invoker"])
    error_message = "Who calls has to be allowed to."
  }
}

run "what_was_asked_for_is_kept_for_90_days" {
  assert {
    condition     = local.catalog.retention.keep_days == 90
    error_message = "The shipped catalog keeps runs for 90 days."
  }
}

run "long_leases_move_the_retries" {
  variables {
    lease_seconds = 900
  }
  assert {
    condition     = google_cloud_scheduler_job.rebound["backup"].retry_config[0].min_backoff_duration == "930s"
    error_message = "Retries have to be further apart than a lease lasts."
  }
  assert {
    condition     = google_cloudfunctions2_function.rebound["backup"].service_config[0].environment_variables["REBOUND_LEASE_SECONDS"] == "900"
    error_message = "The function has to have the lease that retries are made for."
  }
}

run "functions_are_nobodys_but_the_schedules" {
  assert {
    condition     = keys(google_cloud_run_v2_service_iam_member.caller) == keys(google_cloudfunctions2_function.rebound)
    error_message = "Each function has to have its caller."
  }
  assert {
    condition     = keys(google_cloud_scheduler_job.rebound) == keys(google_cloudfunctions2_function.rebound)
    error_message = "Each function has to have its schedule."
  }
  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.rebound : function.service_config[0].max_instance_request_concurrency == 1])
    error_message = "A call has to have its instance to itself."
  }
  assert {
    condition     = length(distinct([for function in google_cloudfunctions2_function.rebound : function.service_config[0].service_account_email])) == length(local.functions)
    error_message = "Each function has to have an identity of its own."
  }
}

run "restore_is_granted_for_a_time" {
  variables {
    restore_until = "2026-12-01T18:00:00Z"
    operators     = ["group:oncall@example.com"]
  }
  assert {
    condition = google_storage_bucket_iam_member.vault_fences[0].condition[0].expression == join("", [
      "request.time < timestamp(\"2026-12-01T18:00:00Z\") && (",
      "resource.name.startsWith(\"projects/_/buckets/${var.vault_bucket}/objects/fences/\") || ",
      "resource.name.startsWith(\"projects/_/buckets/${var.vault_bucket}/objects/erasures/\") || ",
      "resource.name.startsWith(\"projects/_/buckets/${var.vault_bucket}/objects/records/${var.project}/\"))",
    ])
    error_message = "Without it nobody can write down what stays erased; with more a recovery could plant backups."
  }
  assert {
    condition = alltrue([
      for member in concat([google_project_iam_member.restore[0].condition[0]], [google_storage_bucket_iam_member.vault_restore[0].condition[0]]) :
      member.expression == "request.time < timestamp(\"2026-12-01T18:00:00Z\")"
    ])
    error_message = "A grant has to end by itself."
  }
  assert {
    condition     = keys(google_project_iam_member.audit) == ["group:oncall@example.com"] && google_project_iam_member.audit["group:oncall@example.com"].project == "some-vault-project" && google_project_iam_custom_role.side["doctor/audit"].project == "some-vault-project"
    error_message = "`rebound security` has to read the vault's project, by a role of that project."
  }
  assert {
    condition     = [for grant in google_cloud_run_v2_service_iam_member.operator : grant.name] == ["rebound-backup"]
    error_message = "Who recovers makes a backup by hand, and calls nothing else."
  }
}

run "secrets_are_read_by_functions_alone" {
  variables {
    secrets = { REBOUND_WEBHOOK_URL = "some-webhook" }
  }
  assert {
    condition     = length(google_secret_manager_secret_iam_member.function) == length(local.functions)
    error_message = "Each function has to read the secret, and nobody else."
  }
  assert {
    condition     = one(google_cloudfunctions2_function.rebound["backup"].service_config[0].secret_environment_variables).secret == "some-webhook"
    error_message = "A secret is named, never told."
  }
}

run "a_sandbox_has_the_label_that_drills_insist_on" {
  variables {
    sandbox      = { project = "some-sandbox", billing_account = "012345-6789AB-CDEF01" }
    drill_bundle = "../dist/drill-0123456789abcdef.zip"
  }
  assert {
    condition     = google_project.sandbox[0].labels["rebound-sandbox"] == "true"
    error_message = "`rebound drill` refuses a project without it."
  }
  assert {
    condition     = length(setsubtract(google_project_iam_custom_role.side["restore/project"].permissions, google_project_iam_custom_role.sandbox[0].permissions)) == 0
    error_message = "A drill does what a recovery does."
  }
  assert {
    condition = alltrue([
      for need in ["bigquery.datasets.delete", "datastore.databases.delete", "storage.buckets.delete", "iam.roles.delete"] :
      contains(google_project_iam_custom_role.sandbox[0].permissions, need) && !contains(google_project_iam_custom_role.side["restore/project"].permissions, need)
    ])
    error_message = "A drill removes what it made, and `rebound drill` refuses a sandbox in which it could not."
  }
  assert {
    condition = length(local.drilled_types) > 0 && alltrue([
      for call in local.drilled_types : length(setsubtract(call.needs, google_project_iam_custom_role.sandbox[0].permissions)) == 0
    ])
    error_message = "Each type of configuration that a drill restores takes its row of manifests/permissions.json."
  }
  assert {
    condition = alltrue([
      for need in ["iam.roles.create", "iam.serviceAccounts.create", "secretmanager.secrets.create", "pubsub.topics.create", "cloudscheduler.jobs.delete", "logging.sinks.delete", "workflows.workflows.create"] :
      contains(google_project_iam_custom_role.sandbox[0].permissions, need)
    ])
    error_message = "A drill restores configuration, too."
  }
  assert {
    condition     = !contains(google_project_iam_custom_role.sandbox[0].permissions, "resourcemanager.projects.setIamPolicy") && !contains(google_project_iam_custom_role.sandbox[0].permissions, "run.services.create")
    error_message = "What no drill restores, no drill may make: it grants nobody anything."
  }
  assert {
    condition     = google_cloudfunctions2_function.rebound["drill"].build_config[0].source[0].storage_source[0].object == "deployed/drill-0123456789abcdef.zip" && google_cloudfunctions2_function.rebound["drill"].service_config[0].environment_variables["REBOUND_SANDBOX"] == "some-sandbox"
    error_message = "What drills has a bundle of its own, and knows where it may write."
  }
  assert {
    condition     = google_storage_bucket_iam_member.vault_function["drill"].role == google_project_iam_custom_role.side["drill/vault"].id && toset(google_project_iam_custom_role.side["drill/landing"].permissions) == toset(["storage.buckets.get", "storage.objects.create", "storage.objects.get", "storage.objects.list"])
    error_message = "What drills reads the vault, and only adds to the landing bucket."
  }
  assert {
    condition     = keys(local.dead_men) == keys(google_cloudfunctions2_function.rebound) && contains(keys(google_monitoring_alert_policy.query), "silent-drill")
    error_message = "That nothing was drilled has to be told."
  }
  assert {
    condition     = output.environment["REBOUND_SANDBOX"] == "some-sandbox"
    error_message = "`rebound drill` has to know the sandbox."
  }
}

run "who_recovers_signs_with_a_key_that_no_backup_uses" {
  variables {
    drill_bundle  = "../dist/drill-0123456789abcdef.zip"
    sandbox       = { project = "some-sandbox", billing_account = "000000-000000-000000" }
    signing_key   = "projects/p/locations/l/keyRings/r/cryptoKeys/manifests/cryptoKeyVersions/1"
    trusted_keys  = "one"
    operator_key  = "projects/p/locations/l/keyRings/r/cryptoKeys/operators/cryptoKeyVersions/1"
    operator_keys = "other"
  }
  assert {
    condition     = toset([for it in google_kms_crypto_key_iam_member.operator : it.crypto_key_id]) == toset(["projects/p/locations/l/keyRings/r/cryptoKeys/operators"]) && keys(google_kms_crypto_key_iam_member.operator) == ["drill", "restore"]
    error_message = "Who recovers and who drills sign with their key, and with no other."
  }
  assert {
    condition     = google_kms_crypto_key_iam_member.signing[0].crypto_key_id == "projects/p/locations/l/keyRings/r/cryptoKeys/manifests"
    error_message = "The backup signs with its own."
  }
  assert {
    condition     = google_cloudfunctions2_function.rebound["drill"].service_config[0].environment_variables["REBOUND_OPERATOR_KEY"] == var.operator_key && !contains(keys(google_cloudfunctions2_function.rebound["drill"].service_config[0].environment_variables), "REBOUND_SIGNING_KEY")
    error_message = "What drills has to sign as operators do, and not as the backup does."
  }
  assert {
    condition     = output.environment["REBOUND_OPERATOR_KEY"] == var.operator_key && output.environment["REBOUND_OPERATOR_KEYS"] == "other"
    error_message = "`rebound` has to be told of the key."
  }
}

run "refuses_one_key_for_both" {
  command = plan
  variables {
    signing_key   = "projects/p/locations/l/keyRings/r/cryptoKeys/one/cryptoKeyVersions/1"
    trusted_keys  = "one"
    operator_key  = "projects/p/locations/l/keyRings/r/cryptoKeys/one/cryptoKeyVersions/2"
    operator_keys = "two"
  }
  expect_failures = [var.operator_key]
}

run "refuses_a_key_that_nobody_believes" {
  command = plan
  variables {
    operator_key = "projects/p/locations/l/keyRings/r/cryptoKeys/one/cryptoKeyVersions/1"
  }
  expect_failures = [var.operator_key]
}

run "drills_nowhere_without_a_sandbox" {
  assert {
    condition     = !contains(keys(google_cloudfunctions2_function.rebound), "drill") && output.environment["REBOUND_SANDBOX"] == ""
    error_message = "Nothing drills where there is nowhere to."
  }
}

run "refuses_a_sandbox_that_is_the_platform" {
  command = plan
  variables {
    sandbox      = { project = "some-platform", billing_account = "012345-6789AB-CDEF01" }
    drill_bundle = "../dist/drill-0123456789abcdef.zip"
    secrets      = { REBOUND_PROJECT = "x" }
  }
  expect_failures = [var.sandbox, var.secrets]
}

run "refuses_a_sandbox_in_which_nothing_drills" {
  command = plan
  variables {
    sandbox = { project = "some-sandbox", billing_account = "012345-6789AB-CDEF01" }
  }
  expect_failures = [var.drill_bundle]
}

run "a_second_vault_follows" {
  variables {
    second_vault = { bucket = "some-second-vault", location = "us-east1" }
  }
  assert {
    condition     = google_storage_bucket.second_vault[0].default_event_based_hold && google_storage_bucket.second_vault[0].retention_policy[0].retention_period == google_storage_bucket.vault.retention_policy[0].retention_period
    error_message = "The second vault has to be protected as the first."
  }
  assert {
    condition     = one(google_storage_transfer_job.second_vault[0].transfer_spec[0].transfer_options).overwrite_when == "NEVER"
    error_message = "The second vault is only added to."
  }
}

run "refuses_a_second_vault_beside_the_first" {
  command = plan
  variables {
    second_vault = { bucket = "some-second-vault", location = "US-WEST2" }
  }
  expect_failures = [var.second_vault]
}

run "refuses_what_opens_or_never_ends" {
  command = plan
  variables {
    operators      = ["allUsers"]
    expiry_members = ["allAuthenticatedUsers"]
    restore_until  = "tomorrow"
    bundle         = "functions.zip"
    lease_seconds  = 7200
  }
  expect_failures = [var.operators, var.expiry_members, var.restore_until, var.bundle, var.lease_seconds]
}
