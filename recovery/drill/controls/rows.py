"""Damage of rows: planted in a clone of one restored table."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from manifests.cloud.jobs import Jobs
from manifests.cloud.resources import Resources
from manifests.control_statements import (
    changeable_column,
    copied,
    row_changed,
    row_doubled,
    row_dropped,
    unfiltered,
)
from manifests.errors import CloudError
from manifests.kinds.tables.model import TableBackup, generated_columns
from manifests.model.drill import Control
from manifests.partitions import demands_filter
from manifests.values import Resource
from recovery.drill.controls.planting import control, not_planted
from recovery.kinds.places import labelled
from recovery.kinds.step import Step
from recovery.kinds.tables.rules.drilled import property_differences, row_differences

_CHECK = "fingerprints of rows"
_TAGS = "column properties"
_TAGGED = {"names": ["projects/1/locations/us/taxonomies/1/policyTags/1"]}


class PlantedTable(NamedTuple):
    """A restored table, and the clone of it in which damage is planted.

    Attributes:
        table: The table in the manifest.
        column: A column whose value can be changed.
        restored: The full id of the table that was restored.
        copy: The full id of the clone.
    """

    table: TableBackup
    column: str
    restored: str
    copy: str


def plantable(tables: Sequence[TableBackup]) -> tuple[TableBackup, str] | None:
    """Choose a table to clone: the smallest with rows that all can be read, and a column to change."""
    found = [
        (table, column)
        for table in tables
        if table.count
        and not table.row_access_policies
        and not generated_columns(table.resource)
        and (column := changeable_column(table.resource)) is not None
    ]
    return min(found, key=lambda item: (item[0].size_bytes, item[0].name), default=None)


def row_controls(
    jobs: Jobs,
    resources: Resources,
    planted: PlantedTable,
    look: Callable[[], Sequence[Step]],
    *,
    mark: str,
) -> Iterator[Control]:
    """Change, remove and double a row, each in a clone of its own.

    Args:
        jobs: Those of the sandbox.
        resources: Those of the sandbox.
        planted: The table.
        look: Returns what a plan says of the clone, as a recovery would compare it.
        mark: Makes the ids of jobs the drill's own.
    """
    table, copy = planted.table, planted.copy
    _make_dataset(resources, planted, mark)
    damages = {
        "a changed row": row_changed(copy, table.resource, planted.column),
        "a missing row": row_dropped(copy, planted.column),
        "a leftover row": row_doubled(copy, table.resource, planted.column),
    }
    for number, (name, statement) in enumerate(damages.items()):
        made = [copied(copy, planted.restored)]
        made += [unfiltered(copy)] if demands_filter(table.resource) else []

        def run(step: int, sql: str, number: int = number) -> None:
            jobs.query(f"rebound-drill-{mark}-{number}-{step}", sql, subject=table.name)

        for step, sql in enumerate(made):
            run(step, sql)
        yield control(
            name,
            f"table {table.name}",
            _CHECK,
            look=lambda: row_differences(look()),
            plant=lambda sql=statement, run=run: run(9, sql),  # type: ignore[misc]  # bound at once
        )


def no_row_controls() -> Iterator[Control]:
    """Say that there is no table in a clone of which damage could be planted."""
    why = "no restored table has rows, a column to change, and no row access policy"
    yield not_planted("a changed row", "no table", _CHECK, why)


def has_tags(table: TableBackup) -> bool:
    """Whether a column of a table has a policy tag."""
    return any("policyTags" in field for field in table.resource["schema"]["fields"])


def tag_control(
    resources: Resources,
    table: TableBackup,
    restored: str,
    look: Callable[[TableBackup], Sequence[Step]],
) -> Control:
    """Take the policy tags of a restored table away.

    Where no table that is restored has any, a copy of the manifest says that its column had one: the
    table in the sandbox lacks it.

    Args:
        resources: Those of the sandbox.
        table: The table in the manifest.
        restored: The full id of the table that was restored.
        look: Returns what a plan says of what was restored, by a description of it.
    """
    said = [table]

    def plant() -> None:
        if not has_tags(table):
            first, *others = table.resource["schema"]["fields"]
            said[0] = _described(table, [{**first, "policyTags": _TAGGED}, *others])
            return
        _, dataset_id, table_id = restored.split(".")
        live = resources.table(f"{dataset_id}.{table_id}")
        if live is None:
            raise CloudError("it is not there", subject=restored)
        fields = [_untagged(field) for field in live.resource["schema"]["fields"]]
        changed = resources.patch(
            f"datasets/{dataset_id}/tables/{table_id}",
            {"schema": {**live.resource["schema"], "fields": fields}},
            etag=str(live.resource["etag"]),
            subject=restored,
        )
        if not changed:
            raise CloudError("somebody else changed it", subject=restored)

    return control(
        "a missing policy tag",
        f"table {table.name}",
        _TAGS,
        look=lambda: property_differences(look(said[0]), _TAGS),
        plant=plant,
    )


def _untagged(field: Resource) -> Resource:
    """Return a column without its policy tag.

    What is not sent stays as it is, and an empty list takes the tag (python-bigquery, issue 558 and pull
    request 703; BigQuery's reference does not say so).
    """
    return {**field, "policyTags": {"names": []}} if "policyTags" in field else field


def _described(table: TableBackup, fields: Sequence[Resource]) -> TableBackup:
    schema: Resource = {**table.resource["schema"], "fields": list(fields)}
    return table.model_copy(update={"resource": {**table.resource, "schema": schema}})


def _make_dataset(resources: Resources, planted: PlantedTable, mark: str) -> None:
    project, dataset_id, _ = planted.copy.split(".")
    reference = {"projectId": project, "datasetId": dataset_id}
    location = planted.table.resource.get("location")
    resource = labelled({"datasetReference": reference}, mark)
    if location:
        resource["location"] = location
    resources.create("datasets", resource, subject=dataset_id)
