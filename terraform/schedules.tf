# Cloud Scheduler cuts a call after 30 minutes. The function goes on until its own timeout, or stands
# still; then its lease runs out and the next call does what is left. So retries are further apart
# than a lease lasts, and go on until two calls have been killed and a third has had its time. Both
# limits have to be reached before Cloud Scheduler gives up (Cloud Scheduler REST, RetryConfig).
locals {
  schedules = merge({
    backup = "0 8 * * *"
    verify = "0 11 * * *"
    expire = "0 13 * * *"
    drill  = "0 15 * * *"
    tick   = "17 * * * *"
  }, var.schedules)
  attempt_seconds = 1800 # the most there is
  backoff_seconds = var.lease_seconds + 30
  retry_seconds = {
    for name, function in local.functions :
    name => 2 * (function.timeout_seconds + var.lease_seconds + local.backoff_seconds) + local.attempt_seconds
  }
}

resource "google_cloud_scheduler_job" "rebound" {
  for_each         = local.functions
  name             = "rebound-${each.key}"
  region           = local.region
  description      = "Calls Rebound's ${each.key}"
  schedule         = local.schedules[each.key]
  time_zone        = var.time_zone
  attempt_deadline = "${local.attempt_seconds}s"

  retry_config {
    retry_count          = 5
    max_retry_duration   = "${local.retry_seconds[each.key]}s"
    min_backoff_duration = "${local.backoff_seconds}s"
    max_backoff_duration = "${local.backoff_seconds}s"
  }

  http_target {
    uri         = google_cloudfunctions2_function.rebound[each.key].service_config[0].uri
    http_method = "POST"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode("{}")

    oidc_token {
      service_account_email = google_service_account.caller.email
      audience              = google_cloudfunctions2_function.rebound[each.key].service_config[0].uri
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.caller]
}
