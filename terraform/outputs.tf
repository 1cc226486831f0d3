output "environment" {
  description = "What `rebound` reads from its environment."
  value = merge(local.environment, local.signed_by_operators, {
    REBOUND_UNDO_DATASET = google_bigquery_dataset.working["undo"].dataset_id
    REBOUND_UNDO_DAYS    = tostring(var.undo_days)
    REBOUND_REGION       = local.region
    REBOUND_SANDBOX      = try(google_project.sandbox[0].project_id, "")
  })
}

output "restore_identity" {
  description = "The service account that recovers, for gcloud's --impersonate-service-account."
  value       = google_service_account.restore.email
}

output "functions" {
  description = "Where each function answers."
  value       = { for name, function in google_cloudfunctions2_function.rebound : name => function.service_config[0].uri }
}
