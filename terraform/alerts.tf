# Each alert is one row: what it says, and either the lines that raise it or a query. Its key is the
# name of its page, runbooks/alerts/KEY.md.
#
# Absence is asked of a query, because a condition on absence sees no more than 23.5 hours and says
# nothing of what never was (Cloud Monitoring, Metric-absence policies). `or vector(0)` is for that.
locals {
  dead_men = { backup = "missed-backup" } # of each function: what fires when it is silent

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
      lines = "jsonPayload.message=~\"^(an earlier (export|inventory) is damaged|damaged content is protected)\""
    }
    slow-backup = {
      title = "A run takes most of the time that a call may take"
      lines = "jsonPayload.message=\"backup complete\" AND jsonPayload.duration_seconds>${floor(0.8 * local.functions.backup.timeout_seconds)}"
    }
  }

  silent = "(sum(increase({\"logging.googleapis.com/user/rebound_%s\", monitored_resource=\"%s\"}[${var.silent_hours}h])) or vector(0)) < 0.5"

  on_queries = merge(
    {
      missed-backup = {
        title = "No run is complete for ${var.silent_hours} hours"
        query = format(local.silent, "backup_complete", "cloud_run_revision")
      }
      silent-schedule = {
        title = "No schedule has called for ${var.silent_hours} hours"
        query = format(local.silent, "attempts", "cloud_scheduler_job")
      }
      refused-schedule = {
        title = "A schedule's calls are all refused"
        query = "sum by (job_id) (increase({\"logging.googleapis.com/user/rebound_attempts_refused\", monitored_resource=\"cloud_scheduler_job\"}[3h])) > 5.5"
      }
    },
    var.vault_most_bytes == null ? {} : {
      vault-growth = {
        title = "The vault is larger than was thought"
        query = "sum({\"storage.googleapis.com/storage/v2/total_bytes\", monitored_resource=\"gcs_bucket\", bucket_name=\"${var.vault_bucket}\"}) > ${coalesce(var.vault_most_bytes, 0)}"
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
