resource "google_storage_bucket_iam_member" "protected" {
  for_each = local.buckets
  bucket   = each.value
  role     = google_project_iam_custom_role.side["backup/buckets"].id
  member   = google_service_account.function["backup"].member
}
