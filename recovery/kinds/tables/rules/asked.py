"""Which tables, and which datasets, a request is about. Pure."""

from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest
from recovery.request import Request


def wanted_tables(manifest: Manifest, request: Request) -> tuple[TableBackup, ...]:
    """Return the tables of a run that a request is about."""
    if not request.covers("tables"):
        return ()
    return tuple(item for item in manifest.tables if _is_wanted(item, request))


def _is_wanted(table: TableBackup, request: Request) -> bool:
    if not {table.name, table.dataset_id}.isdisjoint(request.exclude):
        return False
    if not request.datasets and not request.tables:
        return True
    return table.name in request.tables or table.dataset_id in request.datasets


def wants_definitions(request: Request, dataset_id: str) -> bool:
    """Whether a dataset's views and routines are part of the recovery."""
    wanted = dataset_id in request.datasets or not (request.datasets or request.tables)
    return wanted and dataset_id not in request.exclude


def compares_settings(request: Request, origin: str, dataset_id: str) -> bool:
    """Whether the settings of a dataset are part of the recovery: those of a copy are its own.

    Args:
        request: What the operator asked for.
        origin: The project the backup was made of.
        dataset_id: The dataset.
    """
    is_own = request.target.project == origin and not request.target.prefix
    return is_own and wants_definitions(request, dataset_id)
