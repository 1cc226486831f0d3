"""What a recovery would change about who may see what. Pure.

A manifest says who had access at the recovery point, and whoever can write a manifest could say
anything there. So nobody is given access that is not there now, nothing becomes public, and no
protection of rows, columns or objects goes, without a word.

A word that every recovery needs is said without reading. So what gives nothing new needs none, and
is only told:

- A dataset or bucket that is made gives what every new one gives to its project's owners, editors
  and viewers, and a dataset is owned by whoever makes it: BigQuery and Cloud Storage would give that
  anyway.
- It gives a member the very role that another one of the run gives him now, or the original of
  which it is a copy. That is how a platform's own accounts come back without a word, and somebody
  whom nothing there knows does not. It holds for what is made: who is missing in the access of what
  is there was taken from it, and that others know him is no reason to let him in again.
- The row access policies of a table that has none now only take rows away from those who may read
  its dataset, whomever they name: also a grantee must have access to the table first (BigQuery, Use
  row-level security).

What else is for everybody needs the word always, unless it is there now; so do views that are authorized,
since what they show is decided by their query, which also comes from the manifest.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from manifests.errors import ManifestAlteredError
from manifests.kinds.tables.kind import TABLES
from manifests.kinds.tables.model import DatasetBackup, TableBackup, encryption_key
from manifests.model.run import Manifest
from manifests.shapes import inner
from manifests.values import Resource
from recovery.access_change import AccessChange, given, keyed, removed
from recovery.compare.observed import ObservedTable
from recovery.compare.properties import is_authorized, same_entry
from recovery.kinds.tables.rules.datasets import DatasetStep, authorized_name
from recovery.kinds.tables.rules.seen import TablesSeen
from recovery.kinds.tables.rules.tables import TableStep
from recovery.request import Target

# What a new dataset gives to whoever has a basic role in its project (BigQuery, Basic roles).
_OF_EVERY_DATASET: tuple[Resource, ...] = (
    {"role": "OWNER", "specialGroup": "projectOwners"},
    {"role": "WRITER", "specialGroup": "projectWriters"},
    {"role": "READER", "specialGroup": "projectReaders"},
)
_MEMBERS = ("userByEmail", "groupByEmail", "domain", "specialGroup", "iamMember")


def access_changes(
    manifest: Manifest,
    target: Target,
    present: TablesSeen,
    *,
    datasets: Iterable[DatasetStep],
    tables: Iterable[TableStep],
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

    Raises:
        ManifestAlteredError: A step is about something that is not in the run.
    """
    steps = list(datasets)
    undeleted = {step.name for step in steps if step.undelete}
    backed_up = {item.dataset_id: item for item in manifest.datasets}
    for step in steps:
        backup = _held(backed_up.get(step.name), step.name)
        if step.name not in undeleted:
            yield from _of_dataset(step, backup, present, target)
    for item in tables:
        table = _held(manifest.part(TABLES, item.name), item.name)
        if table.dataset_id not in undeleted:
            yield from table_changes(table, present.tables[item.name], target)


def _of_dataset(
    step: DatasetStep, backup: DatasetBackup, present: TablesSeen, target: Target
) -> Iterator[AccessChange]:
    subject, now = (
        f"dataset {target.dataset_id(step.name)}",
        present.datasets[step.name],
    )
    is_set = step.create or step.sets
    owner = {"role": "OWNER", "userByEmail": present.account}
    known = [*_OF_EVERY_DATASET, *_entries(now), *([owner] if now is None else [])]
    for entry in _entries(backup.resource) if is_set else ():
        if not any(same_entry(entry, other) for other in known):
            also_on = _also_on(entry, present, target) if now is None else ""
            yield given(subject, *_told(entry), also_on=also_on)
    for entry in step.authorizes:
        # The entry may be listed now, but the view or routine in it is made or changed.
        yield given(subject, *_told(entry))
    if is_set:
        yield from keyed(
            subject,
            wanted=_default_key(backup.resource),
            present=_default_key(now or {}),
            project=target.project,
        )


def dataset_changes(
    subject: str, wanted: Resource, now: Resource, *, project: str
) -> Iterator[AccessChange]:
    """Yield what changes when a dataset that is there is set.

    Args:
        subject: The dataset.
        wanted: What it becomes.
        now: What it is.
        project: The project that it is in.
    """
    known = [*_OF_EVERY_DATASET, *_entries(now)]
    for entry in _entries(wanted):
        if not any(same_entry(entry, other) for other in known):
            yield given(subject, *_told(entry))
    yield from keyed(
        subject, wanted=_default_key(wanted), present=_default_key(now), project=project
    )


def _also_on(entry: Resource, present: TablesSeen, target: Target) -> str:
    """Return a dataset that gives the same now; empty when none does."""
    if is_authorized(entry):
        return ""
    there = {target.dataset_id(name): item for name, item in present.datasets.items()}
    for name, item in (*present.originals.items(), *there.items()):
        if any(same_entry(entry, other) for other in _entries(item)):
            return f"dataset {name}"
    return ""


def table_changes(
    table: TableBackup, actual: ObservedTable, target: Target
) -> Iterator[AccessChange]:
    """Yield what changes when a table that is there becomes another, but for its rows."""
    subject = f"table {target.prefix}{table.name}"
    yield from _of_policies(
        subject, _by_id(table.row_access_policies), _by_id(actual.row_access_policies)
    )
    wanted_tags = _tags(table.resource)
    for path, names in _tags(actual.resource).items():
        for name in sorted(names - wanted_tags.get(path, set())):
            yield removed(subject, f"policy tag {name} of the column {path}")
    now = encryption_key(actual.resource or {})
    wanted = encryption_key(table.resource)
    yield from keyed(subject, wanted=wanted, present=now, project=target.project)


def _of_policies(
    subject: str, wanted: Mapping[str, Resource], present: Mapping[str, Resource]
) -> Iterator[AccessChange]:
    for policy_id, policy in wanted.items():
        before = present.get(policy_id, {})
        same_rows = before.get("filterPredicate") == policy["filterPredicate"]
        known = set(before.get("grantees") or ()) if same_rows else set()
        rows = f"rows where {policy['filterPredicate']} (policy {policy_id})"
        for member in sorted(set(policy.get("grantees") or ()) - known):
            if present:
                yield given(subject, member, rows)
            else:
                what = f"{rows} to {member}"
                yield AccessChange(change="limits access", subject=subject, what=what)
    for policy_id in sorted(set(present) - set(wanted)):
        rows = f"row access policy {policy_id}, where {present[policy_id].get('filterPredicate')}"
        yield removed(subject, rows)


def _held[Backup](backup: Backup | None, name: str) -> Backup:
    if backup is None:
        raise ManifestAlteredError("the plan names what is not in its run", subject=name)
    return backup


def _entries(dataset: Resource | None) -> list[Resource]:
    return (dataset or {}).get("access") or []


def authorized(subject: str, entry: Resource) -> AccessChange:
    """Return that a dataset lets a view or routine read what is in it."""
    return given(subject, *_told(entry))


def _told(entry: Resource) -> tuple[str, str]:
    """Return to whom an entry of a dataset's access gives what."""
    if is_authorized(entry):
        kind, *names = authorized_name(entry)
        return f"{kind} {'.'.join(names)}", "all rows"
    member = next((f"{key} {entry[key]}" for key in _MEMBERS if entry.get(key)), str(entry))
    condition = f" if {entry['condition']}" if entry.get("condition") else ""
    return member, f"{entry.get('role')}{condition}"


def _default_key(dataset: Resource) -> str:
    return str(inner(dataset, "defaultEncryptionConfiguration").get("kmsKeyName") or "")


def _by_id(policies: Iterable[Resource]) -> dict[str, Resource]:
    return {policy["rowAccessPolicyReference"]["policyId"]: policy for policy in policies}


def _tags(resource: Resource | None, prefix: str = "") -> dict[str, set[str]]:
    """Return the policy tags of each column that has any, by its path."""
    found: dict[str, set[str]] = {}
    schema: Mapping[str, Any] = inner(resource, "schema")
    for field in schema.get("fields") or ():
        path = f"{prefix}{str(field['name']).lower()}"
        if names := inner(field, "policyTags").get("names"):
            found[path] = set(names)
        found |= _tags({"schema": field}, f"{path}.")
    return found
