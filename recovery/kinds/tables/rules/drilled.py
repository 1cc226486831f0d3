"""What a drill restores of tables, and what it finds to differ. Pure."""

from collections.abc import Iterator, Sequence

from manifests.model.run import Manifest
from recovery.kinds.drilled import Draw, Drilled, StoredFile
from recovery.kinds.kind import of
from recovery.kinds.places import Places, labelled
from recovery.kinds.step import Step
from recovery.kinds.tables.rules.tables import TableStep

_ROWS = ("partition ", "content")


def drilled_tables(manifest: Manifest, places: Places) -> Iterator[Drilled]:
    """Yield one recovery of all tables, if there are any."""
    if manifest.tables:
        yield Drilled("tables", {"prefix": places.prefix})


def sampled_table(manifest: Manifest, places: Places, draw: Draw) -> Iterator[Drilled]:
    """Yield the recovery of one table with rows."""
    if tables := [item for item in manifest.tables if item.count]:
        name = draw.oldest(tables).name
        yield Drilled(name, {"prefix": places.prefix}, {"tables": (name,)})


def labelled_tables(manifest: Manifest, mark: str) -> Manifest:
    """Return a run whose datasets, tables and views have the label of a drill; routines have none."""
    datasets = (
        item.model_copy(
            update={
                "resource": labelled(item.resource, mark),
                "views": tuple(labelled(view, mark) for view in item.views),
            }
        )
        for item in manifest.datasets
    )
    tables = (
        item.model_copy(update={"resource": labelled(item.resource, mark)})
        for item in manifest.tables
    )
    return manifest.model_copy(update={"datasets": tuple(datasets), "tables": tuple(tables)})


def table_files(manifest: Manifest) -> Iterator[StoredFile]:
    """Yield each file with rows."""
    for table in manifest.tables:
        for export in table.exports:
            for stored in export.objects:
                only = export.model_copy(update={"objects": (stored,)})
                yield StoredFile(table.model_copy(update={"exports": (only,)}), stored)


def row_differences(steps: Sequence[Step]) -> list[str]:
    """Return what differs in the rows of tables; what else of a table does is no row."""
    found = (item for step in of(steps, TableStep) for item in step.damage)
    return [item.text for item in found if item.aspect.startswith(_ROWS)]


def property_differences(steps: Sequence[Step], aspect: str) -> list[str]:
    """Return what differs in one aspect of tables."""
    found = (item for step in of(steps, TableStep) for item in step.damage)
    return [item.text for item in found if item.aspect == aspect]
