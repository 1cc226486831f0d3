"""What of a copy refers to the original: foreign keys, and the texts of views and routines. Pure."""

from collections.abc import Iterable, Iterator

from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest
from manifests.references import definitions_of, references
from manifests.shapes import inner
from manifests.values import Resource
from recovery.kinds.tables.rules.asked import wanted_tables
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.request import Request, Target
from recovery.units import counted, listed


def referring_to_copy(manifest: Manifest, request: Request) -> Manifest:
    """Let the foreign keys to what is copied refer to the copy; others stay as they are."""
    target = request.target
    copied = {item.name for item in wanted_tables(manifest, request)}

    def renamed(key: Resource) -> Resource:
        named = key["referencedTable"]
        if named["projectId"] != manifest.project or _named(named) not in copied:
            return key
        dataset_id = target.dataset_id(named["datasetId"])
        moved = {**named, "projectId": target.project, "datasetId": dataset_id}
        return {**key, "referencedTable": moved}

    def moved(table: TableBackup) -> TableBackup:
        constraints = inner(table.resource, "tableConstraints")
        if not constraints.get("foreignKeys"):
            return table
        keys = [renamed(key) for key in constraints["foreignKeys"]]
        resource = {**table.resource, "tableConstraints": {**constraints, "foreignKeys": keys}}
        return table.model_copy(update={"resource": resource})

    return manifest.model_copy(update={"tables": tuple(map(moved, manifest.tables))})


def referring_to_original(
    manifest: Manifest,
    wanted: Iterable[TableBackup],
    steps: Iterable[DefinitionStep],
    request: Request,
) -> Iterator[str]:
    """Say what of a copy refers to the original datasets.

    Args:
        manifest: The run's manifest, with foreign keys as they will be.
        wanted: The tables that are copied.
        steps: The views and routines that are.
        request: What the operator asked for.
    """
    if request.target == Target(project=manifest.project):
        return
    copies = list(wanted)
    keyed = [table.name for table in copies if _refers_to_original(table, copies, request)]
    if keyed:
        way = (
            "what they refer to is not copied"
            if request.rewrite_references
            else "`--rewrite-references` lets those to what is copied refer to the copy"
        )
        yield (
            f"foreign keys of {counted(len(keyed), 'table')} that refer to the original "
            f"({listed(keyed)}): {way}"
        )
    resources = {
        name: resource for item in manifest.datasets for name, _, resource in definitions_of(item)
    }
    original = {item.dataset_id for item in manifest.datasets}
    reading = [
        step.name
        for step in steps
        if any(
            (project, dataset in original) == (manifest.project, True)
            for project, dataset, _ in references(resources[step.name])
        )
    ]
    if reading:
        yield (
            f"views and routines that read the copy: the text of {len(reading):,} names the "
            f"original datasets ({listed(reading)})"
        )


def _refers_to_original(
    table: TableBackup, copies: Iterable[TableBackup], request: Request
) -> bool:
    """Whether a foreign key of a table refers to what no copy is made of."""
    made = {(request.target.project, request.target.name(item.name)) for item in copies}
    keys = inner(table.resource, "tableConstraints").get("foreignKeys") or ()
    return any(
        (key["referencedTable"]["projectId"], _named(key["referencedTable"])) not in made
        for key in keys
    )


def _named(table: Resource) -> str:
    return f"{table['datasetId']}.{table['tableId']}"
