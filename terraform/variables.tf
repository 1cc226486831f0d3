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
  description = "The project of the vault; the protected one when null. In one of its own the vault survives the loss of the platform's."
  type        = string
  default     = null

  validation {
    condition     = var.vault_project == null || can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.vault_project))
    error_message = "A project is named by its id: 6 to 30 lower-case letters, digits and dashes."
  }
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
    condition     = var.vault_soft_delete_days == 0 || (var.vault_soft_delete_days >= 7 && var.vault_soft_delete_days <= 90)
    error_message = "Cloud Storage keeps deleted objects for 7 to 90 days, or not at all."
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
