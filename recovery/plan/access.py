"""What a recovery would change about who may see what. Pure.

A manifest says who had access at the recovery point, and whoever can write a manifest could say
anything there. So nobody is given access that is not there now, nothing becomes public, and no
protection of rows or columns goes, without a word.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from manifests.errors import ManifestAlteredError
from manifests.model import (
    BucketBackup,
    DatasetBackup,
    Frozen,
    Manifest,
    Resource,
    TableBackup,
    encryption_key,
)
from recovery.compare import ObservedTable, is_authorized, same_entry
from recovery.plan.buckets import BucketPlan
from recovery.plan.definitions import DatasetStep, authorized_name
from recovery.plan.request import Target
from recovery.plan.tables import TableStep

type Change = Literal["gives access", "makes public", "removes protection", "encrypts"]

_PUBLIC = ("allUsers", "allAuthenticatedUsers")
# What a new dataset gives to whoever has a basic role in its project (BigQuery, Basic roles).
_OF_EVERY_DATASET: tuple[Resource, ...] = (
    {"role": "OWNER", "specialGroup": "projectOwners"},
    {"role": "WRITER", "specialGroup": "projectWriters"},
    {"role": "READER", "specialGroup": "projectReaders"},
)
# The same of a new bucket (Cloud Storage, IAM roles).
_OF_EVERY_BUCKET = {
    "projectOwner": ("roles/storage.legacyBucketOwner", "roles/storage.legacyObjectOwner"),
    "projectEditor": ("roles/storage.legacyBucketOwner", "roles/storage.legacyObjectOwner"),
    "projectViewer": ("roles/storage.legacyBucketReader", "roles/storage.legacyObjectReader"),
}
_MEMBERS = ("userByEmail", "groupByEmail", "domain", "specialGroup", "iamMember")


class AccessChange(Frozen):
    """One thing that changes about who may see what.

    Attributes:
        change: Whether access is given, what is given becomes public, a protection goes, or only
            the key of an encryption is another than now.
        subject: The dataset, table or bucket.
        what: To whom, or which protection.
    """

    change: Change
    subject: str
    what: str

    @property
    def needs_word(self) -> bool:
        """Whether it is done only when an operator says that it may be."""
        return self.change != "encrypts"


class PresentAccess(Frozen):
    """Who may see what now.

    Attributes:
        datasets: The resource of each dataset of a plan, or None, by its original id.
        tables: Each of its tables as it is, by its original name.
        buckets: The IAM policy of each bucket that is made or set, by its original name.
    """

    datasets: Mapping[str, Resource | None]
    tables: Mapping[str, ObservedTable]
    buckets: Mapping[str, Resource]


def access_changes(
    manifest: Manifest,
    target: Target,
    present: PresentAccess,
    *,
    datasets: Iterable[DatasetStep],
    tables: Iterable[TableStep],
    buckets: Iterable[BucketPlan],
) -> Iterator[AccessChange]:
    """Yield what the steps of a plan change about who may see what.

    Steps may come from a journal, where others can write: what they say was seen is not believed.
    What is undeleted comes back with its own access, and is planned again after that.

    Args:
        manifest: The manifest of the plan's run.
        target: Where things are written.
        present: Who may see what now.
        datasets: What happens to each dataset.
        tables: What happens to each table.
        buckets: What happens to each bucket.

    Raises:
        ManifestAlteredError: A step is about something that is not in the run.
    """
    steps = list(datasets)
    undeleted = {step.dataset_id for step in steps if step.undelete}
    backed_up = {item.dataset_id: item for item in manifest.datasets}
    for step in steps:
        backup = _held(backed_up.get(step.dataset_id), step.dataset_id)
        if step.dataset_id not in undeleted:
            yield from _of_dataset(step, backup, present.datasets[step.dataset_id], target)
    for item in tables:
        table = _held(manifest.table(item.table), item.table)
        if table.dataset_id not in undeleted:
            yield from _of_table(table, present.tables[item.table], target)
    for bucket in buckets:
        held = _held(manifest.bucket(bucket.bucket), bucket.bucket)
        if bucket.create or bucket.sets:
            yield from _of_bucket(held, present.buckets.get(bucket.bucket, {}), target)


def _of_dataset(
    step: DatasetStep, backup: DatasetBackup, actual: Resource | None, target: Target
) -> Iterator[AccessChange]:
    subject = f"dataset {target.dataset_id(step.dataset_id)}"
    present = [*_OF_EVERY_DATASET, *((actual or {}).get("access") or ())]
    is_set = step.create or step.sets
    for entry in (backup.resource.get("access") or []) if is_set else []:
        if not any(same_entry(entry, other) for other in present):
            yield _given(subject, *_entry(entry))
    for entry in step.authorizes:
        # That it is listed now means nothing: what it names is made, or changed.
        yield _given(subject, *_entry(entry))
    before = _default_key(actual or {})
    if is_set:
        yield from _key_change(subject, _default_key(backup.resource), before)


def _of_table(table: TableBackup, actual: ObservedTable, target: Target) -> Iterator[AccessChange]:
    subject = f"table {target.prefix}{table.name}"
    wanted, present = _by_id(table.row_access_policies), _by_id(actual.row_access_policies)
    for policy_id, policy in wanted.items():
        before = present.get(policy_id, {})
        same_rows = before.get("filterPredicate") == policy["filterPredicate"]
        known = set(before.get("grantees") or ()) if same_rows else set()
        rows = f"rows where {policy['filterPredicate']} (policy {policy_id})"
        for member in sorted(set(policy.get("grantees") or ()) - known):
            yield _given(subject, member, rows)
    for policy_id in sorted(set(present) - set(wanted)):
        rows = f"row access policy {policy_id}, where {present[policy_id].get('filterPredicate')}"
        yield AccessChange(change="removes protection", subject=subject, what=rows)
    kept = _tags(table.resource)
    for path, names in _tags(actual.resource).items():
        for name in sorted(names - kept.get(path, set())):
            tag = f"policy tag {name} of the column {path}"
            yield AccessChange(change="removes protection", subject=subject, what=tag)
    now = encryption_key(actual.resource or {})
    yield from _key_change(subject, encryption_key(table.resource), now)


def _of_bucket(backup: BucketBackup, actual: Resource, target: Target) -> Iterator[AccessChange]:
    subject = f"bucket {target.bucket or backup.bucket}"
    of_project = {
        (f"{kind}:{target.project}", role)
        for kind, roles in _OF_EVERY_BUCKET.items()
        for role in roles
    }
    present = {*of_project, *_granted(actual)}
    for member, role in _granted(backup.access or {}):
        if (member, role) not in present:
            yield _given(subject, member, role)
    key = (backup.resource.get("encryption") or {}).get("defaultKmsKeyName")
    if key:
        yield AccessChange(change="encrypts", subject=subject, what=f"with the key {key}")


def _held[Backup](backup: Backup | None, name: str) -> Backup:
    if backup is None:
        raise ManifestAlteredError("the plan names what is not in its run", subject=name)
    return backup


def _given(subject: str, member: str, what: str) -> AccessChange:
    is_public = member.rsplit(" ", maxsplit=1)[-1] in _PUBLIC
    change: Change = "makes public" if is_public else "gives access"
    return AccessChange(change=change, subject=subject, what=f"{what} to {member}")


def _key_change(subject: str, wanted: str, present: str) -> Iterator[AccessChange]:
    if wanted and wanted != present:
        yield AccessChange(change="encrypts", subject=subject, what=f"with the key {wanted}")
    elif present and not wanted:
        lost = f"encryption with the key {present}"
        yield AccessChange(change="removes protection", subject=subject, what=lost)


def _entry(entry: Resource) -> tuple[str, str]:
    """Return to whom an entry of a dataset's access gives what."""
    if is_authorized(entry):
        kind, *names = authorized_name(entry)
        return f"{kind} {'.'.join(names)}", "all rows"
    member = next((f"{key} {entry[key]}" for key in _MEMBERS if entry.get(key)), str(entry))
    return member, f"{entry.get('role')}{_condition(entry)}"


def _granted(policy: Resource) -> Iterator[tuple[str, str]]:
    """Yield to whom an IAM policy gives what."""
    for binding in policy.get("bindings") or ():
        for member in binding.get("members") or ():
            yield member, f"{binding['role']}{_condition(binding)}"


def _condition(entry: Resource) -> str:
    return f" if {entry['condition']}" if entry.get("condition") else ""


def _default_key(dataset: Resource) -> str:
    return str((dataset.get("defaultEncryptionConfiguration") or {}).get("kmsKeyName") or "")


def _by_id(policies: Iterable[Resource]) -> dict[str, Resource]:
    return {policy["rowAccessPolicyReference"]["policyId"]: policy for policy in policies}


def _tags(resource: Resource | None, prefix: str = "") -> dict[str, set[str]]:
    """Return the policy tags of each column that has any, by its path."""
    found: dict[str, set[str]] = {}
    schema: Mapping[str, Any] = (resource or {}).get("schema") or {}
    for field in schema.get("fields") or ():
        path = f"{prefix}{str(field['name']).lower()}"
        if names := (field.get("policyTags") or {}).get("names"):
            found[path] = set(names)
        found |= _tags({"schema": field}, f"{path}.")
    return found
