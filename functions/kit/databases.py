"""Steps about Firestore: `gcloud` makes a database, and a script without dependencies writes its documents. Pure."""

from collections.abc import Iterator
from itertools import batched

from functions.kit.buckets import gcloud
from functions.kit.script import KitStep, ShellCommand, stem, vault_uri
from manifests.kinds.databases.model import DatabaseBackup
from manifests.values import Resource

_FILES_OF_A_COMMAND = 500
_TYPES = {"FIRESTORE_NATIVE": "firestore-native", "DATASTORE_MODE": "datastore-mode"}
_EDITIONS = {"STANDARD": "standard", "ENTERPRISE": "enterprise"}
_LEFT = ("indexes, time-to-live policies and exemptions of fields",)


def database_steps(database: DatabaseBackup) -> Iterator[KitStep]:
    """Yield what makes a database, what reads and proves the documents of a run, and what writes them."""
    resource, name = database.resource, database.database_id
    if resource.get("locationId"):
        made = gcloud("firestore", "databases", "create", f"--database={name}", *_set(resource))
        yield KitStep("database", name, (made,), left=_LEFT)
    folder = f"documents/{stem(name)}"
    commands = [ShellCommand(("mkdir", "-p", folder))]
    uris = (vault_uri(item.stored.name) for item in database.files)
    commands += [
        gcloud("storage", "cp", *some, f"{folder}/")
        for some in batched(uris, _FILES_OF_A_COMMAND, strict=False)
    ]
    stored, shown = f"answers/{stem(name)}.stored.jsonl", f"answers/{stem(name)}.documents.jsonl"
    commands += [
        ShellCommand(("python3", "check.py", "documents", name, folder), stdout=stored),
        ShellCommand(("python3", "documents.py"), stdin=stored, stdout=shown),
    ]
    yield KitStep("documents", name, tuple(commands))
    written = ShellCommand(("python3", "firestore.py", name), stdin=shown)
    yield KitStep("writing", name, (written,))


def _set(resource: Resource) -> Iterator[str]:
    yield f"--location={resource['locationId']}"
    if kind := _TYPES.get(str(resource.get("type"))):
        yield f"--type={kind}"
    if resource.get("pointInTimeRecoveryEnablement") == "POINT_IN_TIME_RECOVERY_ENABLED":
        yield "--enable-pitr"
    if resource.get("deleteProtectionState") == "DELETE_PROTECTION_ENABLED":
        yield "--delete-protection"
    if edition := _EDITIONS.get(str(resource.get("databaseEdition"))):
        yield f"--edition={edition}"
    if key := (resource.get("cmekConfig") or {}).get("kmsKeyName"):
        yield f"--kms-key-name={key}"
