# What is deployed today: one row a function. Its name is that of its entry point in the bundle's
# main.py, its identity and its schedule.
locals {
  functions = merge(local.nightly, local.drilled)

  nightly = {
    backup = {
      timeout_seconds = 3600 # the most there is
      memory          = "2Gi"
      cpu             = "2"
      instances       = 3 # one that works, and those that answer retries meanwhile
    }
    verify = {
      timeout_seconds = 3600 # a share has to be read in this time
      memory          = "2Gi"
      cpu             = "2"
      instances       = 1
    }
    expire = {
      timeout_seconds = 1800
      memory          = "1Gi"
      cpu             = "1"
      instances       = 1
    }
    tick = {
      timeout_seconds = 900 # every object of the vault is listed
      memory          = "1Gi"
      cpu             = "1"
      instances       = 1
    }
  }

  # Where there is a sandbox, a sample of what is stored is restored there, proven and removed.
  drilled = var.sandbox == null ? {} : {
    drill = {
      timeout_seconds = 3600
      memory          = "2Gi"
      cpu             = "2"
      instances       = 1
    }
  }

  environment = {
    REBOUND_PROJECT         = var.project
    REBOUND_VAULT_BUCKET    = google_storage_bucket.vault.name
    REBOUND_LANDING_BUCKET  = google_storage_bucket.landing.name
    REBOUND_SECOND_BUCKET   = try(google_storage_bucket.configuration[0].name, "")
    REBOUND_SCRATCH_DATASET = google_bigquery_dataset.working["scratch"].dataset_id
    REBOUND_TRUSTED_KEYS    = var.trusted_keys
    REBOUND_OPERATOR_KEYS   = var.operator_keys
  }

  signed_by_operators = var.operator_key == null ? {} : { REBOUND_OPERATOR_KEY = var.operator_key }
}

# The name tells the content apart, and a new name is what makes a new revision.
resource "google_storage_bucket_object" "bundle" {
  bucket = google_storage_bucket.landing.name
  name   = "deployed/${basename(var.bundle)}"
  source = var.bundle
}

# What drills is on the operator's side, so that it has a bundle of its own.
resource "google_storage_bucket_object" "drill" {
  count  = var.sandbox == null ? 0 : 1
  bucket = google_storage_bucket.landing.name
  name   = "deployed/${basename(var.drill_bundle)}"
  source = var.drill_bundle
}

resource "google_cloudfunctions2_function" "rebound" {
  #checkov:skip=CKV_GCP_124:IAM decides who may call; var.ingress closes it, and with it a backup by hand
  for_each    = local.functions
  name        = "rebound-${each.key}"
  location    = local.region
  description = "Rebound's ${each.key}, called by its schedule"
  labels      = local.labels

  build_config {
    runtime         = "python313"
    entry_point     = each.key
    service_account = google_service_account.build.id

    source {
      storage_source {
        bucket = google_storage_bucket.landing.name
        object = each.key == "drill" ? google_storage_bucket_object.drill[0].name : google_storage_bucket_object.bundle.name
      }
    }
  }

  service_config {
    timeout_seconds                  = each.value.timeout_seconds
    available_memory                 = each.value.memory
    available_cpu                    = each.value.cpu
    max_instance_count               = each.value.instances
    max_instance_request_concurrency = 1 # two were measured, and would have room: ARCHITECTURE.md, Decisions
    ingress_settings                 = var.ingress
    service_account_email            = google_service_account.function[each.key].email

    environment_variables = merge(
      local.environment,
      {
        REBOUND_LEASE_SECONDS = tostring(var.lease_seconds)
        REBOUND_VERIFY_NIGHTS = tostring(var.verify_nights)
        REBOUND_EXPIRE_ARMED  = tostring(var.expire_armed)
      },
      each.key == "drill" ? merge(local.signed_by_operators, { REBOUND_SANDBOX = google_project.sandbox[0].project_id }) : {},
      each.key == "drill" || var.signing_key == null ? {} : { REBOUND_SIGNING_KEY = var.signing_key },
      var.settings,
    )

    dynamic "secret_environment_variables" {
      for_each = var.secrets
      content {
        key        = secret_environment_variables.key
        project_id = var.project
        secret     = secret_environment_variables.value
        version    = "latest"
      }
    }
  }

  depends_on = [google_project_iam_member.build, google_project_service.used, google_secret_manager_secret_iam_member.function]
}

# The role is the service's, not the function's; a service that is made anew has lost it
# (terraform-provider-google#15264).
resource "google_cloud_run_v2_service_iam_member" "caller" {
  for_each = local.functions
  name     = google_cloudfunctions2_function.rebound[each.key].name
  location = local.region
  role     = "roles/run.invoker"
  member   = google_service_account.caller.member

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.rebound[each.key].id]
  }
}

# Who recovers makes a backup by hand through the function: a schedule that is run by force carries its
# next time, which the function refuses.
resource "google_cloud_run_v2_service_iam_member" "operator" {
  for_each = var.operators
  name     = google_cloudfunctions2_function.rebound["backup"].name
  location = local.region
  role     = "roles/run.invoker"
  member   = each.value

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.rebound["backup"].id]
  }
}
