"""Views that nothing can replace at once: deleted, made again as what they are to be, and never lost between.

No REST method changes the query of a materialized view (BigQuery, Create materialized views), or puts a table
in the place of a view. CREATE OR REPLACE MATERIALIZED VIEW is documented (GoogleSQL, Data definition language);
that it fails where the query differs is reported (dataform-co/dataform#1190, mozilla/bigquery-etl#1856).
Nobody tried it for Rebound.
"""

from collections.abc import Callable

from manifests.cloud.resources import Resources
from manifests.cloud.table_paths import table_reference
from manifests.errors import CloudError, PartialError, ReboundError
from manifests.kinds.tables.properties import settings
from manifests.values import Resource
from recovery.kinds.former import DELETED, FormerGrants
from recovery.units import printable

_BY_HAND = "grant it by hand: nothing else knows of it"


def definition_body(kind: str, project: str, name: str, resource: Resource) -> Resource:
    """Return what is sent to make a view or routine.

    Args:
        kind: `view` or `routine`.
        project: Where it is made.
        name: `dataset.name` there.
        resource: As it is to be.
    """
    if kind == "routine":
        dataset_id, routine_id = name.split(".", 1)
        reference = {"projectId": project, "datasetId": dataset_id, "routineId": routine_id}
        return {"routineReference": reference, **settings(resource)}
    # "Schema field shouldn't be used as input with a view": googleapis/google-cloud-python#7246.
    own = {key: value for key, value in settings(resource).items() if key != "schema"}
    return {"tableReference": table_reference(project, name), **own}


def made_instead(
    resources: Resources,
    name: str,
    old: Resource,
    make: Callable[[], object],
    *,
    lost: list[str],
    keep: Callable[[FormerGrants], None] | None = None,
    is_view: bool = True,
) -> None:
    """Delete a view and make what takes its place; where that cannot be made, make the view again.

    What was granted on the view alone goes with it (BigQuery, Manage views, Delete views), and is granted again
    on a view; on a table it would show what the view hid. Where it is killed between, nothing of that name is
    there, and whoever goes on makes what is to be, without these grants: `not_granted_again` tells them.

    Args:
        resources: Those of its project.
        name: `dataset.view`.
        old: It as it was looked at.
        make: Makes what takes its place.
        lost: Is given what was granted on the view alone and is not granted again: another try would find
            nothing of it, and nothing else knows of it by then.
        keep: Writes down what is granted on the view, before it goes.
        is_view: Whether what takes its place is a view.

    Raises:
        PartialError: What takes its place could not be made, nor the view again.
        CloudError: It could not be made; the view is there. Or the view is another one by now; it stays.
    """
    dataset_id, own_id = name.split(".", 1)
    collection = f"datasets/{dataset_id}/tables"
    path = f"{collection}/{own_id}"
    granted = resources.granted(path, subject=own_id)
    if keep is not None and granted.get("bindings"):
        keep(FormerGrants.of(granted))
    resources.delete(path, etag=str(old["etag"]), subject=own_id)
    try:
        make()
    except ReboundError as error:
        try:
            again = definition_body("view", resources.project, name, old)
            resources.create(collection, again, subject=own_id)
        except ReboundError as left:
            raise PartialError(
                f"{error.message}; the view that was there is deleted, and could not be made again: "
                f"{left.message}",
                subject=name,
                hint="do it again; `rebound undo` of the recovery makes what was there before",
            ) from error
        gone = _grant_again(resources, path, granted)
        lost += gone
        told = (
            f"{error.message}; the view that was there is made again: a dataset that let it read has to be "
            "told so again"
        )
        raise CloudError(
            "; ".join((told, *gone)),
            subject=name,
            retryable=error.retryable,
        ) from error
    if is_view:
        lost += _grant_again(resources, path, granted)


def not_granted_again(resources: Resources, name: str, former: FormerGrants) -> list[str]:
    """Tell what an attempt that was killed did not grant again; it is not granted by what a journal says.

    Args:
        resources: Those of its project.
        name: `dataset.view`.
        former: What was granted on it before it was deleted.

    Raises:
        CloudError: What is granted now could not be read.
    """
    dataset_id, own_id = name.split(".", 1)
    now = resources.granted(f"datasets/{dataset_id}/tables/{own_id}", subject=own_id)
    if not (gone := former.lacking(FormerGrants.of(now))):
        return []
    what = "what was granted on the view alone, as the journal says, went when an earlier attempt deleted it"
    told = "; ".join(map(printable, gone))
    return [f"{what} ({told}); find out who had it before you grant it by hand"]


def _grant_again(resources: Resources, path: str, granted: Resource) -> list[str]:
    """Grant on a view that is made again what was granted on it, but not to members that were deleted.

    Returns:
        What is not granted again, and to whom; empty where all is.
    """
    bindings = list(granted.get("bindings") or ())
    living = [_binding(item, deleted=False) for item in bindings]
    again = [item for item in living if item["members"]]
    # The etag is that of the policy that went.
    policy = {key: value for key, value in granted.items() if key != "etag"}
    try:
        if again:
            resources.grant(path, {**policy, "bindings": again}, subject=path.rpartition("/")[2])
    except ReboundError as error:
        what = f"what was granted on the view alone is gone ({_told(bindings)}): {error.message}"
        return [f"{what}; {_BY_HAND}"]
    if gone := _told([_binding(item, deleted=True) for item in bindings]):
        what = (
            f"what was granted on the view alone is not granted again to who was deleted ({gone})"
        )
        return [f"{what}; {_BY_HAND}"]
    return []


def _binding(item: Resource, *, deleted: bool) -> Resource:
    """Return a binding with those of its members that were deleted, or that were not."""
    members = [it for it in item.get("members") or () if it.startswith(DELETED) == deleted]
    return {**item, "members": members}


def _told(bindings: list[Resource]) -> str:
    named = (item for item in bindings if item.get("members"))
    return "; ".join(f"{item['role']} of {', '.join(item['members'])}" for item in named)
