"""Reading and writing the documents of a run: write-once, manifest last, failing closed."""

from manifests.store.claims import MOST_SECONDS as MOST_SECONDS
from manifests.store.claims import Claim as Claim
from manifests.store.claims import Dated as Dated
from manifests.store.claims import lease_claim as lease_claim
from manifests.store.claims import pruned_until as pruned_until
from manifests.store.consistency import check_manifest as check_manifest
from manifests.store.decoded import Started as Started
from manifests.store.envelope import MOST_DOCUMENT_BYTES as MOST_DOCUMENT_BYTES
from manifests.store.envelope import decode as decode
from manifests.store.envelope import encode as encode
from manifests.store.object_store import ObjectStore as ObjectStore
from manifests.store.vault import Vault as Vault
