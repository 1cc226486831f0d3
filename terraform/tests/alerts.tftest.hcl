mock_provider "google" {}

variables {
  project         = "some-platform"
  vault_project   = "some-vault-project"
  vault_bucket    = "some-vault"
  landing_bucket  = "some-landing"
  bundle          = "../dist/functions-0123456789abcdef.zip"
  adopt_databases = false
}

run "each_function_is_missed_when_silent" {
  assert {
    condition     = keys(local.dead_men) == keys(google_cloudfunctions2_function.rebound)
    error_message = "Each function has to have an alert for its silence."
  }
  assert {
    condition     = alltrue([for id in values(local.dead_men) : contains(keys(google_monitoring_alert_policy.query), id)])
    error_message = "An alert for silence has to be a query: absence is not seen otherwise."
  }
  assert {
    condition     = alltrue([for id in concat(values(local.dead_men), ["silent-schedule"]) : strcontains(local.on_queries[id].query, "or vector(0)")])
    error_message = "Silence has to be told of what never was, too."
  }
  assert {
    condition     = alltrue([for alert in values(local.on_queries) : strcontains(alert.query, ", project_id=\"some-platform\"}[3h]")])
    error_message = "What is counted has to be of this project: one that monitors others sees their metrics, too."
  }
  assert {
    condition     = alltrue([for id in values(local.dead_men) : length(regexall("rebound_(young_[a-z]+|ticks)\".*\\[3h\\]", local.on_queries[id].query)) == 1])
    error_message = "Absence is judged on the hourly gauge, not on the daily job."
  }
}

run "silence_is_longer_than_a_day_and_its_retries" {
  assert {
    condition     = var.silent_hours * 3600 >= 86400 + local.retry_seconds.backup
    error_message = "A run that its last retry completes is not missed."
  }
}

run "gauges_raise_alerts_from_where_the_tests_say" {
  assert {
    condition = local.limits == {
      age_of_newest_point_seconds = 27 * 3600
      age_of_verification_seconds = 27 * 3600
      age_of_expiry_seconds       = 27 * 3600
      age_of_sample_seconds       = 51 * 3600
      age_of_proven_point_seconds = 120 * 86400
      age_of_drill_seconds        = 92 * 86400
      age_of_fence_seconds        = 12 * 3600
      growth_percent              = 50
      vault_times                 = 28
    }
    error_message = "tests/judges/alert_lines.py holds the lines against these."
  }
}

run "each_alert_says_what_to_do_and_tells_somebody" {
  variables {
    notification_channels = ["projects/some-platform/notificationChannels/1"]
    runbooks              = "https://example.com/rebound/runbooks/alerts"
  }
  assert {
    condition = alltrue([
      for id, policy in merge(google_monitoring_alert_policy.line, google_monitoring_alert_policy.query) :
      strcontains(policy.documentation[0].content, "https://example.com/rebound/runbooks/alerts/${id}.md") &&
      policy.notification_channels == tolist(["projects/some-platform/notificationChannels/1"])
    ])
    error_message = "Each alert has to name its page and to reach somebody."
  }
  assert {
    condition     = contains(keys(google_monitoring_alert_policy.line), "vault-growth")
    error_message = "The vault's growth has to be told, whether or not somebody said how much is much."
  }
  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.line : policy.alert_strategy[0].notification_rate_limit[0].period == "3600s"])
    error_message = "An alert on lines needs a limit (Cloud Monitoring REST, AlertStrategy)."
  }
}
