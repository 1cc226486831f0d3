"""Damage of objects, documents and schedules: planted in what was restored, which is a copy."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from google.cloud.firestore_v1 import types

from manifests.catalog_writers import FenceRule
from manifests.cloud.configuration import Configuration
from manifests.cloud.documents import Documents
from manifests.cloud.objects import Bucket
from manifests.cloud.rest import Rest
from manifests.errors import CloudError, ReboundError
from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import EVERYWHERE
from manifests.model.drill import Control
from manifests.names import EVERYTHING
from manifests.values import Resource
from recovery.drill.controls.planting import control, not_planted
from recovery.drill.removing import SandboxRemoval
from recovery.drill.rules import schedule_pattern
from recovery.fence.rules import planned_fence
from recovery.fence.work import Fencing
from recovery.kinds.buckets.rules.drilled import object_differences
from recovery.kinds.databases.rules.drilled import document_differences
from recovery.kinds.places import Places
from recovery.kinds.resources.cloud.making import Making
from recovery.kinds.step import Step

_OBJECTS = "checksums of objects"
_DOCUMENTS = "contents of documents"
_SCHEDULES = "writers of a fence"
_JOB = "scheduler/job"
_UNPAUSED = "an unpaused schedule"

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


class PlantedSchedule(NamedTuple):
    """A schedule of the sandbox that the catalog's rule is about.

    Attributes:
        name: Its full name, with the drill's mark.
        resource: It, paused; it calls what never answers.
        pattern: What the catalog says of its name.
    """

    name: str
    resource: Resource
    pattern: str

    def named_by(self, rule: FenceRule) -> FenceRule:
        """Return the catalog's rule for schedules, with this one beside the name that it stands for.

        The drill plants none under a whole name of the catalog: a schedule of that name could be
        somebody's.
        """
        own = self.name.rpartition("/")[2]
        jobs = [
            item.model_copy(update={"names": (*item.names, own)})
            if "*" not in self.pattern and self.pattern in item.names
            else item
            for item in rule.writers
            if item.type == _JOB
        ]
        return rule.model_copy(update={"writers": tuple(jobs)})


def planted_schedule(
    rule: FenceRule | None, project: str, places: Places, location: str
) -> PlantedSchedule | None:
    """Return a schedule that the catalog says writes; None where the catalog names none.

    Args:
        rule: The catalog's rule of what writes to what.
        project: The sandbox.
        places: The drill's names.
        location: Where it is made if the rule names all places at once.
    """
    if rule is None or not (pattern := schedule_pattern(rule)):
        return None
    where = next((place for place in rule.locations if place != EVERYWHERE), location)
    own = (pattern if "*" in pattern else f"{pattern}-*").replace("*", places.label)
    name = f"projects/{project}/locations/{where}/jobs/{own}"
    resource: Resource = {
        "name": name,
        "description": places.label,
        # Due in the next leap year; it is removed at once.
        "schedule": "0 0 29 2 *",
        "httpTarget": {"uri": f"https://{places.answering}/"},
        "state": "PAUSED",
    }
    return PlantedSchedule(name, resource, pattern)


def schedule_control(
    rule: FenceRule, planted: PlantedSchedule, things: Sequence[str], rest: Rest, now: datetime
) -> Control:
    """Make a schedule in the sandbox that is paused, and let it run.

    Args:
        rule: The catalog's rule of what writes to what.
        planted: The schedule.
        things: What is protected, as `dataset nba_analytics`.
        rest: Calls the API.
        now: The present instant.
    """
    kind, project = resource_type(_JOB), planted.name.split("/")[1]
    configuration = Configuration(rest, project)
    making = Making(rest, configuration)
    own = planted.named_by(rule)

    def look() -> list[str]:
        listed = Fencing(configuration).found(own)[_JOB]
        found = {_JOB: [item for item in listed if item["name"] == planted.name]}
        if not found[_JOB]:
            raise CloudError("the list of schedules lacks it", subject=planted.name)
        record = planned_fence(own, things, found, fence_id="", project=project, why="", now=now)
        return [f"{item.name} writes {', '.join(item.writes)}" for item in record.writers]

    try:
        if _is_ours(configuration, planted) is False:
            raise CloudError("somebody else's is there", subject=planted.name)
        making.create(kind, planted.name, planted.resource)
    except ReboundError as error:
        return not_planted(_UNPAUSED, planted.name, _SCHEDULES, f"it could not be made: {error}")
    try:
        return control(
            _UNPAUSED,
            planted.name,
            _SCHEDULES,
            look=look,
            plant=lambda: configuration.order(
                kind, planted.name, kind.pause_of(planted.resource).start, {}
            ),
        )
    finally:
        with suppress(ReboundError):  # the clean-up finds it, and tells
            if _is_ours(configuration, planted):
                SandboxRemoval(rest, project).remove(kind, planted.name)


def _is_ours(configuration: Configuration, planted: PlantedSchedule) -> bool | None:
    """Whether the schedule that is there says that this drill made it; None where there is none."""
    found = configuration.resource(resource_type(_JOB), planted.name)
    return None if found is None else found.get("description") == planted.resource["description"]
