"""Where the vault keeps what belongs to protected tables: built and parsed here only.

vault    runs/<run>/tables/<dataset.table>/<partition>/<attempt>/<file>.avro
landing  extracts/<run>/tables/…                         the same tree, before it is proven
"""

import re
import unicodedata

from manifests.errors import UnsafeNameError
from manifests.layout import EXTRACTS_PREFIX, RUN_ID, RUNS_PREFIX, checked_segment, run_prefix
from manifests.table_folders import FOLDER, table_folder
from manifests.values import RunId

_PARTITION = re.compile(r"[A-Za-z0-9_-]+")
_ATTEMPT = re.compile(r"[0-9]{3}")
_FILE = re.compile(r"[0-9]{12}\.avro")
_DATASET = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_POLICY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
WHOLE = "all"
"""Stands for a partition in names, where a whole table is exported."""


def tables_prefix(run_id: RunId) -> str:
    """Return the folder of the files of all tables of a run."""
    return f"{run_prefix(run_id)}tables/"


def table_prefix(run_id: RunId, table: str) -> str:
    """Return the folder that holds the files of one table of one run in the vault."""
    return f"{tables_prefix(run_id)}{table_folder(table)}/"


def export_id(run_id: RunId, partition_id: str | None) -> str:
    """Return the id of the export of one partition, or of a whole table, by one run."""
    return (
        f"{run_id}/{WHOLE if partition_id is None else checked_segment(_PARTITION, partition_id)}"
    )


def extract_folder(run_id: RunId, table: str, partition: str, attempt: int) -> str:
    """Return the folder, relative to a root, that one extract attempt writes into."""
    number = checked_segment(_ATTEMPT, f"{attempt:03d}")
    return (
        f"{run_id}/tables/{table_folder(table)}/{checked_segment(_PARTITION, partition)}/{number}/"
    )


def landing_folder(run_id: RunId, table: str, partition: str, attempt: int) -> str:
    """Return the folder of one extract attempt in the landing bucket."""
    return f"{EXTRACTS_PREFIX}{extract_folder(run_id, table, partition, attempt)}"


def data_files(folder: str) -> str:
    """Return what names the files of an extract before it is made.

    Always a wildcard: one file holds 1 GB at most (BigQuery, Export table data).
    """
    return f"{folder}*.avro"


def data_file_name(folder: str, number: int) -> str:
    """Return the name that BigQuery gives a file of an extract: they are counted from 0."""
    return f"{folder}{number:012d}.avro"


def vault_name(landing_name: str) -> str:
    """Return where the vault keeps an object that landed.

    Raises:
        UnsafeNameError: The name is not one an extract of ours writes.
    """
    if not landing_name.startswith(EXTRACTS_PREFIX):
        raise UnsafeNameError("not the name of an extract", subject=landing_name)
    name = f"{RUNS_PREFIX}{landing_name.removeprefix(EXTRACTS_PREFIX)}"
    _split_data_name(name)
    return name


def check_data_name(name: str, *, run_id: RunId, table: str) -> None:
    """Refuse an object name that does not belong to this run and table.

    Raises:
        UnsafeNameError: The name escapes the run's and table's own folder.
    """
    found = _split_data_name(name)
    if found != (run_id, table_folder(table)):
        raise UnsafeNameError(f"does not belong to {table} of run {run_id}", subject=name)


def check_dataset_id(dataset_id: str) -> None:
    """Refuse a name that no dataset has; raises as `checked_segment`."""
    checked_segment(_DATASET, dataset_id)


def check_partition_id(partition_id: str) -> None:
    """Refuse a name that no partition has; raises as `checked_segment`."""
    checked_segment(_PARTITION, partition_id)


def check_policy_id(policy_id: str) -> None:
    """Refuse a name that no row access policy has; raises as `checked_segment`."""
    checked_segment(_POLICY, policy_id)


def check_definition_id(definition_id: str) -> None:
    """Refuse a name that no view or routine has; raises as `checked_segment`.

    Letters, marks, numbers, connectors, dashes and spaces of any script are allowed (BigQuery,
    Table naming), which leaves out whatever ends a path segment or a quotation.
    """
    categories = {unicodedata.category(character) for character in definition_id}
    allowed = all(name[0] in "LMN" or name in {"Pc", "Pd", "Zs"} for name in categories)
    if not definition_id.strip() or not allowed:
        raise UnsafeNameError("cannot be the name of a view or routine", subject=definition_id)


def _split_data_name(name: str) -> tuple[str, str]:
    segments = name.split("/")
    shape = (
        re.compile("runs"),
        RUN_ID,
        re.compile("tables"),
        FOLDER,
        _PARTITION,
        _ATTEMPT,
        _FILE,
    )
    if len(segments) != len(shape) or not all(
        pattern.fullmatch(segment) for pattern, segment in zip(shape, segments, strict=True)
    ):
        raise UnsafeNameError("not the name of a file of a backup", subject=name)
    return segments[1], segments[3]
