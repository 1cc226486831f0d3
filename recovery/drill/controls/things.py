"""Damage of objects, documents and schedules: planted in what was restored, which is a copy."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from google.cloud.firestore_v1 import types

from manifests.catalog_writers import FenceRule
from manifests.cloud.documents import Documents
from manifests.cloud.objects import Bucket
from manifests.errors import CloudError
from manifests.model.drill import Control
from manifests.names import EVERYTHING
from manifests.values import Resource
from recovery.drill.controls.planting import control, not_planted
from recovery.fence.rules import planned_fence
from recovery.kinds.buckets.rules.drilled import object_differences
from recovery.kinds.databases.rules.drilled import document_differences
from recovery.kinds.step import Step

_OBJECTS = "checksums of objects"
_DOCUMENTS = "contents of documents"
_SCHEDULES = "writers of a fence"
_JOB = "scheduler/job"

_Document: Any = types.Document.pb()


def object_control(bucket: Bucket, look: Callable[[], Sequence[Step]]) -> Control:
    """Write other bytes over one restored object.

    Args:
        bucket: The restored bucket.
        look: Returns what a plan says of it.
    """
    found = next(iter(bucket.list_objects("")), None)
    if found is None:
        why = "no object was restored"
        return not_planted("a changed object", f"bucket {bucket.name}", _OBJECTS, why)

    def plant() -> None:
        content = b"".join(bucket.chunks(found))
        other = bytes([content[0] ^ 1]) + content[1:] if content else b"x"
        if bucket.put_if(found.name, other, generation=found.generation) is None:
            raise CloudError("somebody else wrote it", subject=bucket.uri(found.name))

    return control(
        "a changed object",
        bucket.uri(found.name),
        _OBJECTS,
        look=lambda: object_differences(look()),
        plant=plant,
    )


def document_control(documents: Documents, look: Callable[[], Sequence[Step]]) -> Control:
    """Give one restored document a field that it had not.

    Args:
        documents: Those of the restored database.
        look: Returns what a plan says of it.
    """
    database = documents.connection.database
    found = next(iter(documents.read(EVERYTHING)), None)
    if found is None:
        why = "no document was restored"
        return not_planted("a changed document", database, _DOCUMENTS, why)

    def plant() -> None:
        message = _Document.FromString(found.fields)
        message.fields["rebound_drill"].boolean_value = True
        changed = found._replace(fields=message.SerializeToString())
        write = documents.put(changed, replaces_nanos=found.update_time_nanos)
        (status,) = documents.write([write])
        if status.code:
            raise CloudError(status.message, subject=f"{database}/{found.path}")

    return control(
        "a changed document",
        f"{database}/{found.path}",
        _DOCUMENTS,
        look=lambda: document_differences(look()),
        plant=plant,
    )


def schedule_controls(
    rule: FenceRule | None, things: Sequence[str], project: str, now: datetime
) -> Iterator[Control]:
    """Let a copy of a schedule run that writes to what is protected.

    Args:
        rule: The catalog's rule of what writes to what.
        things: What is protected, as `dataset nba_analytics`.
        project: Where the schedule would be.
        now: The present instant.
    """
    job = None if rule is None else _schedule(rule, project)
    if rule is None or job is None:
        why = "the catalog names no schedule that writes"
        yield not_planted("an unpaused schedule", "no schedule", _SCHEDULES, why)
        return
    state = {"state": "PAUSED"}

    def look() -> list[str]:
        found = {_JOB: [{**job, **state}]}
        record = planned_fence(rule, things, found, fence_id="", project=project, why="", now=now)
        return [f"{item.name} writes {', '.join(item.writes)}" for item in record.writers]

    yield control(
        "an unpaused schedule",
        job["name"],
        _SCHEDULES,
        look=look,
        plant=lambda: state.update(state="ENABLED"),
    )


def _schedule(rule: FenceRule, project: str) -> Resource | None:
    """Return a schedule that the catalog's rule is about; None where it is about none."""
    names = [name for item in rule.writers if item.type == _JOB for name in item.names]
    if not names:
        return None
    own = names[0].replace("*", "drill")
    return {"name": f"projects/{project}/locations/drill/jobs/{own}", "schedule": "0 0 1 1 *"}
