output "environment" {
  description = "What `rebound` reads from its environment."
  value = {
    REBOUND_PROJECT        = var.project
    REBOUND_VAULT_BUCKET   = google_storage_bucket.vault.name
    REBOUND_LANDING_BUCKET = google_storage_bucket.landing.name
  }
}
