"""Whether what was written down of a thing can be what that thing was. Pure."""

from collections.abc import Callable

from manifests.errors import BackupDamagedError, ManifestAlteredError, UnsafeNameError
from manifests.resource_types import ResourceSort, check_resource
from manifests.store.decoded import judging
from manifests.values import Resource
from recovery.kinds.former import Former
from recovery.undo.model import UndoStep

_SORTS: dict[str, ResourceSort] = {"table": "table", "dataset": "dataset", "bucket": "bucket"}


def check_former(kind: str, into: str, former: Former) -> None:
    """Refuse a record of what a thing was that is of another kind, or of another thing.

    Args:
        kind: What the thing is, as a sentence names it.
        into: Its name.
        former: What was written down.

    Raises:
        BackupDamagedError: It cannot be what the thing was.
    """
    if former.resource is not None:
        is_view = former.resource.get("type") in ("VIEW", "MATERIALIZED_VIEW")
        if sort := "view" if is_view else _SORTS.get(kind):
            check_resource(sort, former.resource, subject=into)
        with judging(into):
            named = _name(kind, former.resource)
        if named not in ("", into):
            raise UnsafeNameError(f"what was written down is {named[:100]}'s", subject=into)
    for policy in former.policies:
        check_resource("row access policy", policy, subject=into)
    if former.access is not None:
        check_resource("access policy", former.access, subject=into)


def _name(kind: str, resource: Resource) -> str:
    match kind:
        case "table":
            reference = resource["tableReference"]
            return f"{reference['datasetId']}.{reference['tableId']}"
        case "dataset":
            return str(resource["datasetReference"]["datasetId"])
        case "database":
            return str(resource["name"]).rpartition("/")[2]
        case _:
            return str(resource.get("name", ""))


def decided(step: UndoStep, decide: Callable[[], UndoStep]) -> UndoStep:
    """Return what is decided about one thing; one of which nothing can be decided stops no other.

    Args:
        step: What is told of it.
        decide: Looks at it and at what was kept of it.

    Raises:
        ManifestAlteredError: The report of the recovery names what its plan or run has not.
    """
    try:
        with judging(step.into):
            return decide()
    except ManifestAlteredError:
        raise
    except BackupDamagedError as error:
        return step.cannot(f"what was kept of it cannot be used: {error.message}")
