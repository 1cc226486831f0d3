"""Reading and writing the documents of a run: write-once, manifest last, failing closed."""

from manifests.store.consistency import check_manifest as check_manifest
from manifests.store.envelope import decode as decode
from manifests.store.envelope import encode as encode
from manifests.store.vault import PART_KINDS as PART_KINDS
from manifests.store.vault import ObjectStore as ObjectStore
from manifests.store.vault import Vault as Vault
