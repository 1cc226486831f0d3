variable "project" {
  description = "The project that is protected; the functions run in it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project is named by its id: 6 to 30 lower-case letters, digits and dashes."
  }
}

variable "vault_project" {
  description = "The project of the vault: one of its own, with other administrators, so that the vault survives the loss of the platform's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.vault_project))
    error_message = "A project is named by its id: 6 to 30 lower-case letters, digits and dashes."
  }

  validation {
    condition     = var.vault_project != var.project || var.vault_in_platform
    error_message = "Whoever loses the platform's project loses a vault in it: name another one, or say vault_in_platform = true."
  }
}

variable "vault_in_platform" {
  description = "Whether the vault may be in the protected project, and be lost with it."
  type        = bool
  default     = false
}

variable "catalog" {
  description = "The catalog. Another one has to be in the bundle as well."
  type        = string
  default     = "../manifests/catalog.json"

  validation {
    condition     = can(jsondecode(file(var.catalog)).location)
    error_message = "The catalog is a JSON file with a location."
  }
}

variable "region" {
  description = "Where the functions and their schedules are; the catalog's location when null, which then has to be a region."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", coalesce(var.region, lower(jsondecode(file(var.catalog)).location))))
    error_message = "The catalog's location is no region, so that one has to be named, as us-west2."
  }
}

variable "vault_bucket" {
  description = "The name of the bucket that backups are kept in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", var.vault_bucket))
    error_message = "A bucket's name has 3 to 63 lower-case letters, digits, dashes, dots and underscores."
  }
}

variable "vault_location" {
  description = "Where the vault is; the catalog's location when null. Extracts are copied there."
  type        = string
  default     = null
}

variable "vault_retention_days" {
  description = "How long the vault keeps what `rebound expire` has released; 0 for no retention policy."
  type        = number
  default     = 30

  validation {
    condition     = var.vault_retention_days >= 0 && floor(var.vault_retention_days) == var.vault_retention_days
    error_message = "The retention is a number of whole days."
  }
}

variable "lock_vault_retention" {
  description = "Whether the retention policy is locked. NOBODY CAN UNDO THAT: it can then never be shortened or removed."
  type        = bool
  default     = false

  validation {
    condition     = !var.lock_vault_retention || var.vault_retention_days > 0
    error_message = "There is no retention policy to lock: vault_retention_days is 0."
  }
}

variable "vault_soft_delete_days" {
  description = "How long what is deleted from the vault can be brought back: 7 to 90 days, or 0."
  type        = number
  default     = 14

  validation {
    condition     = var.vault_soft_delete_days == 0 || (var.vault_soft_delete_days >= 7 && var.vault_soft_delete_days <= 90 && floor(var.vault_soft_delete_days) == var.vault_soft_delete_days)
    error_message = "Cloud Storage keeps deleted objects for 7 to 90 days, or not at all; here it is told in whole days."
  }
}

variable "noncurrent_days" {
  description = "How many days the vault keeps what was overwritten or deleted, by prefix, where it has no retention policy."
  type        = map(number)
  default = {
    "runs/"     = 90
    "contents/" = 90
    "holds/"    = 400
  }

  validation {
    condition     = alltrue([for days in values(var.noncurrent_days) : days >= 1])
    error_message = "Each prefix keeps its versions for a day at least."
  }
}

variable "vault_kms_key" {
  description = "The Cloud KMS key of the vault, in its location: projects/P/locations/L/keyRings/R/cryptoKeys/K. Google's own when null."
  type        = string
  default     = null

  validation {
    condition     = var.vault_kms_key == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.vault_kms_key))
    error_message = "A key is named by projects/P/locations/L/keyRings/R/cryptoKeys/K."
  }
}

variable "landing_bucket" {
  description = "The name of the bucket in which extracts land, and leases and journals are kept."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", var.landing_bucket))
    error_message = "A bucket's name has 3 to 63 lower-case letters, digits, dashes, dots and underscores."
  }

  validation {
    condition     = var.landing_bucket != var.vault_bucket
    error_message = "What lands is removed after a while: landing and vault are two buckets."
  }
}

variable "scratch_dataset" {
  description = "The dataset for frozen copies and staging."
  type        = string
  default     = "rebound_scratch"

  validation {
    condition     = can(regex("^[A-Za-z0-9_]+$", var.scratch_dataset))
    error_message = "A dataset's id has letters, digits and underscores."
  }
}

variable "undo_dataset" {
  description = "The dataset in which a recovery keeps what was there before it."
  type        = string
  default     = "rebound_undo"

  validation {
    condition     = can(regex("^[A-Za-z0-9_]+$", var.undo_dataset)) && lower(var.undo_dataset) != lower(var.scratch_dataset)
    error_message = "A dataset's id has letters, digits and underscores, and undo points need one of their own."
  }
}

variable "undo_days" {
  description = "How many days undo points of tables are kept."
  type        = number
  default     = 7

  validation {
    condition     = var.undo_days >= 1 && floor(var.undo_days) == var.undo_days
    error_message = "Undo points are kept for whole days, one at least."
  }
}

variable "adopt_databases" {
  description = "Whether Terraform takes over the catalog's Firestore databases, to set point-in-time recovery and deletion protection. Otherwise somebody else has to."
  type        = bool
  default     = true
}

variable "database_backup_days" {
  description = "How many days Google's own backups of the databases are kept: 98 at most."
  type        = number
  default     = 90

  validation {
    condition     = var.database_backup_days >= 1 && var.database_backup_days <= 98 && floor(var.database_backup_days) == var.database_backup_days
    error_message = "Firestore keeps a backup for 14 weeks at most; here it is told in whole days."
  }
}

variable "bundle" {
  description = "The packed functions, as `make bundle` names them: ../dist/functions-DIGEST.zip."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("(^|/)functions-[0-9a-f]{16}\\.zip$", var.bundle))
    error_message = "The bundle is named by its digest, as functions-0123456789abcdef.zip: with one name for all, a new one is not deployed."
  }
}

variable "drill_bundle" {
  description = "What drills, packed, as `make bundle` names it: ../dist/drill-DIGEST.zip. It is needed where there is a sandbox."
  type        = string
  default     = null

  validation {
    condition     = var.drill_bundle == null || can(regex("(^|/)drill-[0-9a-f]{16}\\.zip$", var.drill_bundle))
    error_message = "The bundle is named by its digest, as drill-0123456789abcdef.zip."
  }

  validation {
    condition     = (var.drill_bundle == null) == (var.sandbox == null)
    error_message = "What drills needs a sandbox, and a sandbox is for what drills."
  }
}

variable "ingress" {
  description = "From where the functions can be reached; IAM decides who may call. ALLOW_INTERNAL_ONLY lets schedules in, and no operator's manual run."
  type        = string
  default     = "ALLOW_ALL"

  validation {
    condition     = contains(["ALLOW_ALL", "ALLOW_INTERNAL_ONLY"], var.ingress)
    error_message = "It is ALLOW_ALL or ALLOW_INTERNAL_ONLY."
  }
}

variable "settings" {
  description = "More of the functions' settings, as REBOUND_PARALLEL_TABLES."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : can(regex("^REBOUND_[A-Z_]+$", name))])
    error_message = "Settings are named REBOUND_SOMETHING."
  }
}

variable "lease_seconds" {
  description = "How long a silent run keeps others out; retries are further apart."
  type        = number
  default     = 120

  validation {
    condition     = var.lease_seconds > 0 && var.lease_seconds <= 3570 && floor(var.lease_seconds) == var.lease_seconds
    error_message = "A lease lasts whole seconds, and half a minute less than the hour that retries can be apart."
  }
}

variable "schedules" {
  description = "When a function is called, as cron, other than terraform/schedules.tf says: { tick = \"47 * * * *\" }."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for schedule in values(var.schedules) : can(regex("^(\\S+ ){4}\\S+$", schedule))])
    error_message = "A schedule has five fields."
  }
}

variable "time_zone" {
  description = "The zone of the schedules; one with summer time moves them."
  type        = string
  default     = "Etc/UTC"
}

variable "operators" {
  description = "Who may act as the identity that recovers: user:, group: or serviceAccount: members."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.operators : can(regex("^(user|group|serviceAccount):[^@]+@[^@]+$", member))])
    error_message = "Members are people, groups and service accounts, never everybody or a domain."
  }
}

variable "restore_until" {
  description = "Until when the identity that recovers may recover, as 2026-12-01T18:00:00Z; not at all when null."
  type        = string
  default     = null

  validation {
    condition     = var.restore_until == null || can(formatdate("YYYY", var.restore_until))
    error_message = "It is a time as 2026-12-01T18:00:00Z."
  }
}

variable "expiry_members" {
  description = "Who may hold, release, expire and prune: the only people who can delete in the vault."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.expiry_members : can(regex("^(user|group|serviceAccount):[^@]+@[^@]+$", member))])
    error_message = "Members are people, groups and service accounts, never everybody or a domain."
  }
}

variable "second_vault" {
  description = "A second vault in another region, kept in step each day at an hour of UTC, when the night's run is long done; none when null."
  type = object({
    bucket   = string
    location = string
    hour     = optional(number, 14)
  })
  default = null

  validation {
    condition     = var.second_vault == null || try(lower(var.second_vault.location) != lower(coalesce(var.vault_location, jsondecode(file(var.catalog)).location)), false)
    error_message = "A second vault in the first one's location is lost with it."
  }

  validation {
    condition     = var.second_vault == null || try(!contains([var.vault_bucket, var.landing_bucket], var.second_vault.bucket), false)
    error_message = "A second vault is another bucket."
  }
}

variable "notification_channels" {
  description = "Who is told of alerts: projects/P/notificationChannels/ID. Without any, alerts are seen in the console only."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for channel in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[0-9]+$", channel))])
    error_message = "A channel is named by projects/P/notificationChannels/ID."
  }
}

variable "silent_hours" {
  description = "After how many hours without a complete run, a share that was read or a look for what is past its retention an alert is raised: a day, and what retries may take."
  type        = number
  default     = 27

  validation {
    condition     = var.silent_hours >= 2 && var.silent_hours <= 72 && floor(var.silent_hours) == var.silent_hours
    error_message = "It is a number of whole hours, from 2 to 72."
  }
}

variable "secrets" {
  description = "Settings of the functions that are secrets, each with the id of its secret in Secret Manager: { REBOUND_WEBHOOK_URL = \"rebound-webhook\" }."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.secrets) : contains(["REBOUND_WEBHOOK_URL", "REBOUND_HEARTBEAT_URL"], name)])
    error_message = "Secrets are REBOUND_WEBHOOK_URL and REBOUND_HEARTBEAT_URL."
  }
}

variable "sandbox" {
  description = "The project that drills recover to, made here with the label that they insist on, and after how many hours without one that passed an alert is raised; none when null."
  type = object({
    project         = string
    billing_account = string
    org_id          = optional(string)
    folder_id       = optional(string)
    silent_hours    = optional(number, 51)
  })
  default = null

  validation {
    condition     = var.sandbox == null || !contains([var.project, var.vault_project, try(var.second_place.project, "")], try(var.sandbox.project, ""))
    error_message = "A sandbox is another project than the platform's, the vault's and the second place's."
  }
}

variable "verify_nights" {
  description = "In how many nights everything that is stored is read once."
  type        = number
  default     = 7

  validation {
    condition     = var.verify_nights >= 1 && var.verify_nights <= 256 && floor(var.verify_nights) == var.verify_nights
    error_message = "It is a number of whole nights, from 1 to 256."
  }
}

variable "expire_armed" {
  description = "Whether the function expire deletes runs past their retention; otherwise it only says which they are."
  type        = bool
  default     = false
}

variable "most_growth_percent" {
  description = "By how much more than a week before the newest run may have parts, files and bytes, and the vault may grow, before an alert is raised."
  type        = number
  default     = 50

  validation {
    condition     = var.most_growth_percent > 0
    error_message = "It is a number above 0."
  }
}

variable "runbooks" {
  description = "Where the pages about alerts are; an address, so that a link can be followed."
  type        = string
  default     = "runbooks/alerts"
}

variable "second_place" {
  description = "Where the platform's configuration is kept as well, for configuration_days: a bucket in a project and a location that are neither the platform's nor the vault's, with a key of Cloud KMS there or Google's own; none when null."
  type = object({
    bucket   = string
    project  = string
    location = string
    kms_key  = optional(string)
  })
  default = null

  validation {
    condition     = var.second_place == null || try(!contains([var.project, var.vault_project], var.second_place.project), false)
    error_message = "A second place in the platform's or the vault's project is lost with it."
  }

  validation {
    condition     = var.second_place == null || try(lower(var.second_place.location) != lower(coalesce(var.vault_location, jsondecode(file(var.catalog)).location)), false)
    error_message = "A second place in the vault's location is lost with it."
  }

  validation {
    condition     = var.second_place == null || try(!contains([var.vault_bucket, var.landing_bucket, try(var.second_vault.bucket, "")], var.second_place.bucket), false)
    error_message = "A second place is another bucket."
  }

  validation {
    condition     = try(var.second_place.kms_key, null) == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.second_place.kms_key))
    error_message = "A key is named by projects/P/locations/L/keyRings/R/cryptoKeys/K."
  }
}

variable "configuration_days" {
  description = "How many days nobody can delete the platform's configuration from the second place."
  type        = number
  default     = 400

  validation {
    condition     = var.configuration_days >= 1 && floor(var.configuration_days) == var.configuration_days
    error_message = "It is a number of whole days."
  }
}

variable "signing_key" {
  description = "The version of a key of Cloud KMS that signs manifests, as projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/1, made with the algorithm EC_SIGN_P256_SHA256; null signs nothing."
  type        = string
  default     = null

  validation {
    condition     = var.signing_key == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+/cryptoKeyVersions/[1-9][0-9]*$", var.signing_key))
    error_message = "A key signs with one of its versions: its full name ends with cryptoKeyVersions/NUMBER."
  }

  validation {
    condition     = var.signing_key == null || var.trusted_keys != ""
    error_message = "Who signs has to trust the key: its public key belongs in trusted_keys."
  }
}

variable "trusted_keys" {
  description = "The public keys, in PEM and one behind the other, whose manifests are believed: that of signing_key, and those that were rotated out for as long as there are runs that they signed."
  type        = string
  default     = ""
}

variable "operator_key" {
  description = "The version of another key, as signing_key, that signs what who recovers writes: journals, fences and records of drills; null signs nothing."
  type        = string
  default     = null

  validation {
    condition     = var.operator_key == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+/cryptoKeyVersions/[1-9][0-9]*$", var.operator_key))
    error_message = "A key signs with one of its versions: its full name ends with cryptoKeyVersions/NUMBER."
  }

  validation {
    condition     = var.operator_key == null || var.signing_key == null || try(split("/cryptoKeyVersions/", var.operator_key)[0] != split("/cryptoKeyVersions/", var.signing_key)[0], true)
    error_message = "Who recovers could make a backup: it needs a key that does not sign manifests."
  }

  validation {
    condition     = (var.operator_key == null) == (var.operator_keys == "")
    error_message = "Who signs has to trust the key, and believes nothing where nobody signs: operator_key and operator_keys are set together."
  }
}

variable "operator_keys" {
  description = "The public keys, in PEM and one behind the other, whose journals and records are believed: that of operator_key, and those that were rotated out for as long as there is what they signed."
  type        = string
  default     = ""
}
