# The roles are made of the calls that the code makes: each side, on each thing, has exactly the
# permissions of its calls there. What is withheld is in the table with its reason, and of the
# platform's configuration only the types are read that the catalog names.
locals {
  permissions = jsondecode(file("${path.module}/../manifests/permissions.json"))

  # Beside them, what is asked of the project where any type is protected.
  read_types = concat(
    [for entry in try(local.catalog.resources, []) : entry.type],
    length(try(local.catalog.resources, [])) > 0 ? ["project", "serviceusage/service"] : [],
  )

  all_roles = merge([
    for side, things in local.permissions : {
      for on, calls in things : "${side}/${on}" => {
        side = side
        on   = on
        permissions = sort(distinct(flatten([
          for call in calls : call.needs
          if !contains(keys(call), "withheld") && (on != "resources" || contains(local.read_types, split(":", call.call)[0]))
        ])))
      }
    }
  ]...)
  roles = { for name, role in local.all_roles : name => role if length(role.permissions) > 0 }
}

resource "google_project_iam_custom_role" "side" {
  for_each    = local.roles
  project     = contains(["vault", "fences", "records", "audit"], each.value.on) ? var.vault_project : var.project
  role_id     = "rebound${title(each.value.side)}${title(each.value.on)}"
  title       = "Rebound: ${each.value.side}, ${each.value.on}"
  description = "Exactly what the calls of manifests/permissions.json need."
  permissions = each.value.permissions
}
