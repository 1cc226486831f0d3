# The key is made outside: like the vault it outlives what is deployed, and nobody can delete it.
# The role is on the key alone, which may be in any project.
resource "google_project_service" "signing" {
  count              = var.signing_key == null ? 0 : 1
  service            = "cloudkms.googleapis.com" # in the project of the identity that calls, too
  disable_on_destroy = false
}

resource "google_kms_crypto_key_iam_member" "signing" {
  count         = var.signing_key == null ? 0 : 1
  crypto_key_id = split("/cryptoKeyVersions/", var.signing_key)[0]
  role          = "roles/cloudkms.signer"
  member        = google_service_account.function["backup"].member
}
