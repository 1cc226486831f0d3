# Every mistake here is planted: test_terraform.py expects Terraform to find each, and nothing else.
terraform {
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 8.0, < 9.0"
    }
  }
}

resource "google_storage_bucket" "misspelt" {
  name                        = "misspelt"
  location                    = "US"
  uniform_bucket_level_acess  = true
  default_event_based_hold    = "perhaps"
  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  versioning {}

  retention_policy {
    retention_period = 1
    locked           = true
  }

  encryption_key {
    default_kms_key_name = "k"
  }
}

resource "google_storage_bucket" "incomplete" {
  name = "incomplete"
}

resource "google_storage_buckets" "unknown" {
  name = "unknown"
}

resource "google_cloudfunctions2_function" "function" {
  name     = "function"
  location = "us-west2"

  service_config {
    uri = "https://example.com"
  }
}

resource "google_cloudfunctions2_function" "whole" {
  name     = "whole"
  location = "us-west2"
}

resource "google_service_account" "whole" {
  account_id = "whole-account"
}

output "unknown_attribute" {
  value = google_service_account.whole.mail
}

output "unknown_nested_attribute" {
  value = google_cloudfunctions2_function.whole.service_config[0].url
}
