# Log-based metrics: what the functions print, one JSON object a line, and what Cloud Scheduler logs.
# Cloud Scheduler publishes no metric of its own; the lines that say an attempt is over are counted.
locals {
  said_by_functions = join(" AND ", [
    "resource.type=\"cloud_run_revision\"",
    "resource.labels.service_name=~\"^rebound-\"",
  ])
  said_of_attempts = join(" AND ", [
    "resource.type=\"cloud_scheduler_job\"",
    "resource.labels.job_id=~\"^rebound-\"",
    "jsonPayload.\"@type\"=\"type.googleapis.com/google.cloud.scheduler.logging.AttemptFinished\"",
  ])
  complete = "${local.said_by_functions} AND jsonPayload.message=\"backup complete\""

  # Of the ages that the hourly tick tells those are counted that are young: where none is, what is looked
  # at is too old, or nobody looks.
  counted = {
    young_points        = "${local.said_by_functions} AND jsonPayload.gauge=\"age_of_newest_point_seconds\" AND jsonPayload.value<=${local.limits.age_of_newest_point_seconds}"
    young_verifications = "${local.said_by_functions} AND jsonPayload.gauge=\"age_of_verification_seconds\" AND jsonPayload.value<=${local.limits.age_of_verification_seconds}"
    young_expiries      = "${local.said_by_functions} AND jsonPayload.gauge=\"age_of_expiry_seconds\" AND jsonPayload.value<=${local.limits.age_of_expiry_seconds}"
    young_samples       = "${local.said_by_functions} AND jsonPayload.gauge=\"age_of_sample_seconds\" AND jsonPayload.value<=${local.limits.age_of_sample_seconds}"
    ticks               = "${local.said_by_functions} AND jsonPayload.gauge=\"vault_bytes\""
    attempts            = local.said_of_attempts
    attempts_refused    = "${local.said_of_attempts} AND severity>=ERROR"
  }

  # What a complete run tells of itself, so that growth can be seen.
  measured = {
    duration_seconds = "s"
    stored_bytes     = "By"
    tables           = "1"
    rows             = "1"
    objects          = "1"
    documents        = "1"
  }
}

resource "google_logging_metric" "counted" {
  for_each    = local.counted
  name        = "rebound_${each.key}"
  description = "Rebound: lines that are counted"
  filter      = each.value

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }

  depends_on = [google_project_service.used]
}

resource "google_logging_metric" "measured" {
  for_each        = local.measured
  name            = "rebound_${each.key}"
  description     = "Rebound: ${each.key} of each complete run"
  filter          = local.complete
  value_extractor = "EXTRACT(jsonPayload.${each.key})"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = each.value
  }

  bucket_options {
    exponential_buckets {
      num_finite_buckets = 60
      growth_factor      = 2
      scale              = 1
    }
  }

  depends_on = [google_project_service.used]
}
