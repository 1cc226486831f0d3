# The keys are made outside: like the vault they outlive what is deployed, and nobody can delete them.
# The role is on the key alone, which may be in any project.
resource "google_project_service" "signing" {
  count              = var.signing_key == null && var.operator_key == null ? 0 : 1
  service            = "cloudkms.googleapis.com" # in the project of the identity that calls, too
  disable_on_destroy = false
}

resource "google_kms_crypto_key_iam_member" "signing" {
  count         = var.signing_key == null ? 0 : 1
  crypto_key_id = split("/cryptoKeyVersions/", var.signing_key)[0]
  role          = "roles/cloudkms.signer"
  member        = google_service_account.function["backup"].member
}

# A signature alone changes nothing, so that who recovers may make one at any time: drills need it.
resource "google_kms_crypto_key_iam_member" "operator" {
  for_each = var.operator_key == null ? {} : merge(
    { restore = google_service_account.restore.member },
    var.sandbox == null ? {} : { drill = google_service_account.function["drill"].member },
  )
  crypto_key_id = split("/cryptoKeyVersions/", var.operator_key)[0]
  role          = "roles/cloudkms.signer"
  member        = each.value
}
