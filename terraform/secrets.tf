# Addresses that are secrets: somebody else makes them, each function may read them.
locals {
  read_secrets = {
    for pair in setproduct(keys(local.functions), keys(var.secrets)) :
    "${pair[0]}/${pair[1]}" => { function = pair[0], secret = var.secrets[pair[1]] }
  }
}

resource "google_secret_manager_secret_iam_member" "function" {
  for_each  = local.read_secrets
  project   = var.project
  secret_id = each.value.secret
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.function].member
}
