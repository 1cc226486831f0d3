"""Where everything is: the one place that builds and parses object names and ids.

    vault    runs/<run>/start.json                                      fixes the recovery point
             runs/<run>/receipts/<kind>/<name>.json                     one table, bucket or database
                                                                        is done
             runs/<run>/tables/<dataset.table>/<partition>/<attempt>/<file>.avro
             runs/<run>/attempts/<time>.json                            an attempt that failed, and why
             runs/<run>/manifest.json                                   last: the backup exists
             holds/<run>.json                                           the run never expires
    landing  extracts/<run>/…                                           the same tree below tables/
             leases/<run>.json                                          one writer a run
             recoveries/<recovery>/…                                    the journal of a recovery

Names come back from manifests and listings, so every parser refuses what no builder here makes.
"""

import re
from datetime import UTC, datetime
from typing import Literal

from manifests.errors import UnsafeNameError, UsageError
from manifests.model import RunId

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,99}")
_TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z0-9_-]+")
_PARTITION = re.compile(r"[A-Za-z0-9_-]+")
_FILE = re.compile(r"[0-9]{12}\.avro")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_DATABASE = re.compile(r"\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9]")
_PARTS = {"tables": _TABLE, "buckets": _BUCKET, "databases": _DATABASE}

type PartKind = Literal["tables", "buckets", "databases"]
"""What a run is made of: each part has a folder of its own and a receipt."""


def parse_run_id(text: str) -> RunId:
    """Check a run id given by a caller.

    Raises:
        UsageError: The text is not 3 to 100 letters, digits, `-` and `_`.
    """
    if not _RUN_ID.fullmatch(text):
        raise UsageError(
            "a run id is 3 to 100 letters, digits, '-' and '_'", subject=repr(text[:120])
        )
    return RunId(text)


def scheduled_run_id(schedule: str, scheduled_at: datetime) -> RunId:
    """Name the run of one schedule at one scheduled time, the same for every retry of it."""
    return parse_run_id(f"{schedule}-{scheduled_at.astimezone(UTC):%Y%m%dT%H%M%SZ}")


def run_prefix(run_id: RunId) -> str:
    """Return the folder that holds everything of one run in the vault."""
    return f"runs/{run_id}/"


def start_name(run_id: RunId) -> str:
    """Return the name of the run's first record."""
    return f"{run_prefix(run_id)}start.json"


def manifest_name(run_id: RunId) -> str:
    """Return the name of the run's manifest."""
    return f"{run_prefix(run_id)}manifest.json"


def receipt_name(run_id: RunId, kind: PartKind, name: str) -> str:
    """Return the name of the receipt of a table, bucket or database."""
    return f"{run_prefix(run_id)}receipts/{kind}/{_checked(_PARTS[kind], name)}.json"


def attempt_name(run_id: RunId, attempted_at: datetime) -> str:
    """Return the name of the record of a failed attempt."""
    return f"{run_prefix(run_id)}attempts/{attempted_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}.json"


def hold_name(run_id: RunId) -> str:
    """Return the name of the object that keeps a run from expiring."""
    return f"holds/{run_id}.json"


def held_run_id(name: str) -> RunId | None:
    """Return the run that a hold or lease object is about, or None for any other object."""
    parts = name.removesuffix(".json").split("/")
    if len(parts) != 2 or not _RUN_ID.fullmatch(parts[1]):  # noqa: PLR2004 - holds/<run>.json
        return None
    return RunId(parts[1])


def lease_name(run_id: RunId) -> str:
    """Return the name of the run's lease in the landing bucket."""
    return f"leases/{run_id}.json"


def extract_folder(run_id: RunId, table: str, partition: str, attempt: int) -> str:
    """Return the folder, relative to a root, that one extract attempt writes into."""
    return f"{run_id}/tables/{_checked(_TABLE, table)}/{_checked(_PARTITION, partition)}/{attempt:03d}/"


def landing_folder(run_id: RunId, table: str, partition: str, attempt: int) -> str:
    """Return the folder of one extract attempt in the landing bucket."""
    return f"extracts/{extract_folder(run_id, table, partition, attempt)}"


def vault_name(landing_name: str) -> str:
    """Return where the vault keeps an object that landed.

    Raises:
        UnsafeNameError: The name is not one an extract of ours writes.
    """
    name = landing_name.replace("extracts/", "runs/", 1)
    _split_data_name(name)
    return name


def check_data_name(name: str, *, run_id: RunId, table: str) -> None:
    """Refuse an object name that does not belong to this run and table.

    Raises:
        UnsafeNameError: The name escapes the run's and table's own folder.
    """
    parts = _split_data_name(name)
    if parts != (run_id, table):
        raise UnsafeNameError(f"does not belong to {table} of run {run_id}", subject=name)


def run_id_of(name: str) -> RunId | None:
    """Return the run a vault object belongs to, or None for an object that is no part of a run."""
    parts = name.split("/")
    if len(parts) < 3 or parts[0] != "runs" or not _RUN_ID.fullmatch(parts[1]):  # noqa: PLR2004 - runs/<run>/<rest>
        return None
    return RunId(parts[1])


def _split_data_name(name: str) -> tuple[str, str]:
    parts = name.split("/")
    shape = (
        re.compile("runs"),
        _RUN_ID,
        re.compile("tables"),
        _TABLE,
        _PARTITION,
        re.compile(r"[0-9]{3}"),
        _FILE,
    )
    if len(parts) != len(shape) or not all(
        pattern.fullmatch(part) for pattern, part in zip(shape, parts, strict=True)
    ):
        raise UnsafeNameError("not the name of a file of a backup", subject=name)
    return parts[1], parts[3]


def _checked(pattern: re.Pattern[str], part: str) -> str:
    if not pattern.fullmatch(part):
        raise UnsafeNameError("cannot be part of an object name", subject=part)
    return part
