# Each alert is one row: what it says, and either the lines that raise it or a query. Its key is the
# name of its page, runbooks/alerts/KEY.md.
#
# Absence is judged on the hourly tick, which tells how old the newest of each thing is, not on the daily
# job: a look that finds it young is counted, and three hours in which none does raise the alert, be it
# old or be nobody looking. It is a query, because a condition on absence says nothing of what never was
# (Cloud Monitoring, Metric-absence policies): `or vector(0)` is for that. A query names its project: one that
# monitors others sees their metrics, too (Cloud Logging, Log-based metrics overview).
locals {
  # Of each function: what fires when it is silent.
  dead_men = merge(
    {
      backup = "missed-backup"
      verify = "silent-verify"
      expire = "silent-expire"
      tick   = "silent-tick"
    },
    var.sandbox == null ? {} : { drill = "silent-drill" },
  )

  # From where on a gauge of the hourly tick raises an alert. An age counts from 1970 where there is
  # nothing yet, so that it is raised where nothing ever was.
  drills = merge({ every_days = 92, proof_days = 120 }, try(local.catalog.drills, {}))
  limits = {
    age_of_newest_point_seconds = var.silent_hours * 3600
    age_of_verification_seconds = var.silent_hours * 3600
    age_of_expiry_seconds       = var.silent_hours * 3600
    age_of_sample_seconds       = try(var.sandbox.silent_hours, 51) * 3600
    age_of_proven_point_seconds = local.drills.proof_days * local.day_seconds
    age_of_drill_seconds        = local.drills.every_days * local.day_seconds
    age_of_fence_seconds        = floor(try(local.catalog.fence.most_hours, 12) * 3600)
    growth_percent              = var.most_growth_percent
    vault_times                 = coalesce(try(local.catalog.retention.most_vault_times, null), local.usual_times)
  }

  # In the days that runs are kept each table is exported whole so many times; what changes in between may
  # take as much again.
  usual_times = 2 * (ceil(local.catalog.retention.keep_days / local.catalog.full_every_days) + 1)

  on_lines = {
    backup-failed = {
      title = "A run is not complete"
      lines = "jsonPayload.message=\"run is not complete\""
    }
    permission-denied = {
      title = "Google Cloud refuses Rebound something"
      lines = "jsonPayload.reason=~\"answered 403|accessDenied\""
    }
    call-refused = {
      title = "A call names no run that could be made"
      lines = "jsonPayload.message=\"call refused\""
    }
    tables-gone = {
      title = "Tables that the last run holds are gone"
      lines = "jsonPayload.message=\"tables that the last run holds are gone\""
    }
    tables-unprotected = {
      title = "Tables of a protected dataset are in no backup"
      lines = "jsonPayload.message=\"tables that no backup holds\""
    }
    damaged-backup = {
      title = "What an earlier run stored is damaged"
      lines = "jsonPayload.message=~\"^(an earlier (export|inventory) is damaged|damaged content is stored anew)\""
    }
    verify-failed = {
      title = "What is stored is damaged, or was not read"
      lines = "jsonPayload.message=\"share is not verified\""
    }
    expire-failed = {
      title = "Runs past their retention are not looked at"
      lines = "jsonPayload.message=\"runs are not expired\""
    }
    point-too-old = {
      title = "The newest recovery point is too old"
      lines = "jsonPayload.gauge=\"age_of_newest_point_seconds\" AND jsonPayload.value>${local.limits.age_of_newest_point_seconds}"
    }
    proof-too-old = {
      title = "The newest proven recovery point is too old"
      lines = "jsonPayload.gauge=\"age_of_proven_point_seconds\" AND jsonPayload.value>${local.limits.age_of_proven_point_seconds}"
    }
    drill-overdue = {
      title = "A drill is overdue"
      lines = "jsonPayload.gauge=\"age_of_drill_seconds\" AND jsonPayload.value>${local.limits.age_of_drill_seconds}"
    }
    drill-failed = {
      title = "A drill failed"
      lines = "jsonPayload.message=\"drill failed\""
    }
    fence-standing = {
      title = "A fence was left standing"
      lines = "jsonPayload.gauge=\"age_of_fence_seconds\" AND jsonPayload.value>${local.limits.age_of_fence_seconds}"
    }
    run-growth = {
      title = "A run has many more parts, files or bytes than a week before"
      lines = "jsonPayload.gauge=~\"^growth_of_\" AND jsonPayload.value>${local.limits.growth_percent}"
    }
    vault-growth = {
      title = "The vault grew by much more in a week than in the one before"
      lines = "jsonPayload.gauge=\"vault_growth_percent\" AND jsonPayload.value>${local.limits.growth_percent}"
    }
    vault-large = {
      title = "The vault holds many times as much as a run"
      lines = "jsonPayload.gauge=\"vault_times\" AND jsonPayload.value>${local.limits.vault_times}"
    }
    slow-backup = {
      title = "A run takes most of the time that a call may take"
      lines = "jsonPayload.message=\"backup complete\" AND jsonPayload.duration_seconds>${floor(0.8 * local.functions.backup.timeout_seconds)}"
    }
  }

  silent = "(sum(increase({\"logging.googleapis.com/user/rebound_%s\", monitored_resource=\"%s\", project_id=\"${var.project}\"}[%dh])) or vector(0)) < 0.5"

  on_queries = merge(
    {
      missed-backup = {
        title = "No run is complete for ${var.silent_hours} hours"
        query = format(local.silent, "young_points", "cloud_run_revision", 3)
      }
      silent-verify = {
        title = "Nothing that is stored was read for ${var.silent_hours} hours"
        query = format(local.silent, "young_verifications", "cloud_run_revision", 3)
      }
      silent-expire = {
        title = "Nobody looked for runs past their retention for ${var.silent_hours} hours"
        query = format(local.silent, "young_expiries", "cloud_run_revision", 3)
      }
      silent-tick = {
        title = "No gauge was read for 3 hours: nobody would be told"
        query = format(local.silent, "ticks", "cloud_run_revision", 3)
      }
      silent-schedule = {
        title = "No schedule has called for 3 hours"
        query = format(local.silent, "attempts", "cloud_scheduler_job", 3)
      }
      refused-schedule = {
        title = "A schedule's calls are all refused"
        query = "sum by (job_id) (increase({\"logging.googleapis.com/user/rebound_attempts_refused\", monitored_resource=\"cloud_scheduler_job\", project_id=\"${var.project}\"}[3h])) > 5.5"
      }
    },
    var.sandbox == null ? {} : {
      silent-drill = {
        title = "No drill has passed for ${try(var.sandbox.silent_hours, 51)} hours"
        query = format(local.silent, "young_samples", "cloud_run_revision", 3)
      }
    },
  )
}

resource "google_monitoring_alert_policy" "line" {
  for_each              = local.on_lines
  display_name          = "Rebound: ${each.value.title}"
  combiner              = "OR"
  notification_channels = var.notification_channels
  user_labels           = merge(local.labels, { alert = each.key })

  conditions {
    display_name = each.value.title
    condition_matched_log {
      filter = "${local.said_by_functions} AND ${each.value.lines}"
      label_extractors = {
        run_id = "EXTRACT(jsonPayload.run_id)"
        hint   = "EXTRACT(jsonPayload.hint)"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    subject   = "Rebound: ${each.value.title}"
    content   = "What to do: ${var.runbooks}/${each.key}.md\n\nRun $${log.extracted_label.run_id}: $${log.extracted_label.hint}"
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.used]
}

resource "google_monitoring_alert_policy" "query" {
  for_each              = local.on_queries
  display_name          = "Rebound: ${each.value.title}"
  combiner              = "OR"
  notification_channels = var.notification_channels
  user_labels           = merge(local.labels, { alert = each.key })

  conditions {
    display_name = each.value.title
    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = "0s"
      evaluation_interval       = "300s"
      disable_metric_validation = true # a metric of lines has no point before the first line
    }
  }

  documentation {
    subject   = "Rebound: ${each.value.title}"
    content   = "What to do: ${var.runbooks}/${each.key}.md"
    mime_type = "text/markdown"
  }

  # A policy about a metric that is not there is refused.
  depends_on = [google_logging_metric.counted, google_project_service.used]
}
