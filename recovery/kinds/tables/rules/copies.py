"""What of a copy refers to the original: foreign keys, and the texts of views and routines. Pure."""

from collections.abc import Iterable, Iterator

from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest
from manifests.references import definitions_of, references
from manifests.values import Resource
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.request import Request, Target
from recovery.units import counted, listed


def referring_to_copy(manifest: Manifest, target: Target) -> Manifest:
    """Let the foreign keys of what is copied refer to the copy."""
    copied = {item.dataset_id for item in manifest.datasets}

    def renamed(key: Resource) -> Resource:
        named = key["referencedTable"]
        if named["projectId"] != manifest.project or named["datasetId"] not in copied:
            return key
        dataset_id = target.dataset_id(named["datasetId"])
        moved = {**named, "projectId": target.project, "datasetId": dataset_id}
        return {**key, "referencedTable": moved}

    def moved(table: TableBackup) -> TableBackup:
        constraints = table.resource.get("tableConstraints") or {}
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
    keyed = [table.name for table in wanted if _refers(table.resource, manifest, request.target)]
    if keyed:
        yield (
            f"foreign keys of {counted(len(keyed), 'table')} that refer to the original "
            f"({listed(keyed)}): `--rewrite-references` lets them refer to the copy"
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


def _refers(resource: Resource, manifest: Manifest, target: Target) -> bool:
    copied = {target.dataset_id(item.dataset_id) for item in manifest.datasets}
    keys = (resource.get("tableConstraints") or {}).get("foreignKeys") or ()
    return any(
        (key["referencedTable"]["projectId"], key["referencedTable"]["datasetId"] in copied)
        != (target.project, True)
        for key in keys
    )
