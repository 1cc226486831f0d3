"""Where everything is: the one place that builds and parses object names and ids.

    vault    runs/<run>/start.json                                      fixes the recovery point
             runs/<run>/receipts/<kind>/<name>.json                     one part is done
             runs/<run>/tables/<dataset.table>/<partition>/<attempt>/<file>.avro
             runs/<run>/attempts/<time>.json                            an attempt that failed, and why
             runs/<run>/attempts/last.json                              one that no other can follow
             runs/<run>/manifest.json                                   last: the backup exists
             holds/<run>.json                                           the run never expires
    landing  extracts/<run>/…                                           the same tree below tables/
             recoveries/<recovery>/…                                    the journal of a recovery

Names come back from manifests and listings, so every parser refuses what no builder here makes.
"""

import hashlib
import re
import unicodedata
from datetime import UTC, datetime

from manifests.errors import UnsafeNameError, UsageError
from manifests.table_folders import FOLDER, table_folder
from manifests.values import RunId

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,99}")
_SCHEDULED = re.compile(r"-\d{8}T\d{6}Z(-r\d+)?$")
_PARTITION = re.compile(r"[A-Za-z0-9_-]+")
_ATTEMPT = re.compile(r"[0-9]{3}")
_FILE = re.compile(r"[0-9]{12}\.avro")
_DATASET = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_POLICY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_PART = 1024
_LONGEST_OF_TABLE = 400
WHOLE = "all"
"""Stands for a partition in names, where a whole table is exported."""
_RECOVERY_ENDING = re.compile(r"-([0-9]{8}T[0-9]{6})Z-[0-9a-f]+$")
RUNS_PREFIX = "runs/"


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


def is_run_id(text: str) -> bool:
    """Whether a text is a run id."""
    return bool(_RUN_ID.fullmatch(text))


def parse_manual_run_id(text: str) -> RunId:
    """Check the run id of a manual run, which can never be that of a scheduled one.

    Raises:
        UsageError: It is no run id, or a schedule could have it: such a run would stand for a
            night that has not come yet.
    """
    run_id = parse_run_id(text)
    if _SCHEDULED.search(run_id):
        raise UsageError(
            "a manual run cannot have the id of a scheduled one",
            subject=run_id,
            hint="leave the time at its end out",
        )
    return run_id


def scheduled_run_id(schedule: str, scheduled_at: datetime) -> RunId:
    """Name the run of one schedule at one scheduled time, the same for every retry of it."""
    return parse_run_id(f"{schedule}-{scheduled_at.astimezone(UTC):%Y%m%dT%H%M%SZ}")


def work_id(owner: str, table: str) -> str:
    """Name the scratch tables, undo points and jobs of one table of a run or recovery.

    The mark at its end keeps names apart that are only alike once their dots or ends are gone.
    """
    mark = hashlib.sha256(table.encode()).hexdigest()
    name = table_folder(table).partition("~")[0].replace(".", "__")
    digits = 8 if len(name) <= _LONGEST_OF_TABLE else 32
    return f"{owner}__{name[:_LONGEST_OF_TABLE]}__{mark[:digits]}"


def parse_recovery_id(text: str) -> str:
    """Check a recovery id given by an operator; it has the form of a run id.

    Raises:
        UsageError: It has not.
    """
    if not _RUN_ID.fullmatch(text):
        raise UsageError(
            "not a recovery id", subject=repr(text[:120]), hint="`rebound report` needs one"
        )
    return text


def recovery_id(scenario: str, begun_at: datetime, mark: str) -> str:
    """Name a recovery by its scenario, when it was begun, and a mark no other one has."""
    return parse_recovery_id(f"{scenario}-{begun_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{mark}")


def recovery_begun_at(recovery_id: str) -> datetime:
    """Return when a recovery was begun, from its id alone: a journal can be unreadable.

    Raises:
        UsageError: The id is not one that `recovery_id` makes.
    """
    found = _RECOVERY_ENDING.search(parse_recovery_id(recovery_id))
    try:
        return datetime.strptime(f"{found[1] if found else ''}+0000", "%Y%m%dT%H%M%S%z")
    except ValueError as error:
        raise UsageError("not a recovery id", subject=recovery_id) from error


def recovery_prefix(recovery_id: str) -> str:
    """Return the folder of a recovery's journal in the landing bucket."""
    return f"recoveries/{recovery_id}/"


def landing_prefix(run_id: RunId) -> str:
    """Return the folder that holds everything of one run in the landing bucket."""
    return f"extracts/{run_id}/"


def run_prefix(run_id: RunId) -> str:
    """Return the folder that holds everything of one run in the vault."""
    return f"{RUNS_PREFIX}{run_id}/"


def tables_prefix(run_id: RunId) -> str:
    """Return the folder of the files of all tables of a run."""
    return f"{run_prefix(run_id)}tables/"


def table_prefix(run_id: RunId, table: str) -> str:
    """Return the folder that holds the files of one table of one run in the vault."""
    return f"{tables_prefix(run_id)}{table_folder(table)}/"


def start_name(run_id: RunId) -> str:
    """Return the name of the run's first record."""
    return f"{run_prefix(run_id)}start.json"


def manifest_name(run_id: RunId) -> str:
    """Return the name of the run's manifest."""
    return f"{run_prefix(run_id)}manifest.json"


def receipts_prefix(run_id: RunId) -> str:
    """Return the folder of the receipts of a run."""
    return f"{run_prefix(run_id)}receipts/"


def receipt_name(run_id: RunId, kind: str, segment: str) -> str:
    """Return the name of the receipt of a part.

    Args:
        run_id: The run.
        kind: The name of its kind.
        segment: What stands for the part in names of objects.
    """
    return f"{receipts_prefix(run_id)}{kind}/{segment}.json"


def attempts_prefix(run_id: RunId) -> str:
    """Return the folder of the records of a run's failed attempts."""
    return f"{run_prefix(run_id)}attempts/"


def attempt_name(run_id: RunId, attempted_at: datetime) -> str:
    """Return the name of the record of a failed attempt."""
    return f"{attempts_prefix(run_id)}{attempted_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}.json"


def hold_name(run_id: RunId) -> str:
    """Return the name of the object that keeps a run from expiring."""
    return f"holds/{run_id}.json"


def held_run_id(name: str) -> RunId | None:
    """Return the run that a hold is about, or None for any other object."""
    run_id = name.removeprefix("holds/").removesuffix(".json")
    known = is_run_id(run_id) and name == hold_name(RunId(run_id))
    return RunId(run_id) if known else None


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
    return f"extracts/{extract_folder(run_id, table, partition, attempt)}"


def vault_name(landing_name: str) -> str:
    """Return where the vault keeps an object that landed.

    Raises:
        UnsafeNameError: The name is not one an extract of ours writes.
    """
    root, _, rest = landing_name.partition("/")
    if root != "extracts":
        raise UnsafeNameError("not the name of an extract", subject=landing_name)
    name = f"runs/{rest}"
    _split_data_name(name)
    return name


def check_data_name(name: str, *, run_id: RunId, table: str) -> None:
    """Refuse an object name that does not belong to this run and table.

    Raises:
        UnsafeNameError: The name escapes the run's and table's own folder.
    """
    parts = _split_data_name(name)
    if parts != (run_id, table_folder(table)):
        raise UnsafeNameError(f"does not belong to {table} of run {run_id}", subject=name)


def check_dataset_id(dataset_id: str) -> None:
    """Refuse a name that no dataset has; raises as `table_folder`."""
    checked_segment(_DATASET, dataset_id)


def check_partition_id(partition_id: str) -> None:
    """Refuse a name that no partition has; raises as `table_folder`."""
    checked_segment(_PARTITION, partition_id)


def check_policy_id(policy_id: str) -> None:
    """Refuse a name that no row access policy has; raises as `table_folder`."""
    checked_segment(_POLICY, policy_id)


def check_definition_id(definition_id: str) -> None:
    """Refuse a name that no view or routine has; raises as `table_folder`.

    Letters, marks, numbers, connectors, dashes and spaces of any script are allowed (BigQuery,
    Table naming), which leaves out whatever ends a path segment or a quotation.
    """
    categories = {unicodedata.category(character) for character in definition_id}
    allowed = all(name[0] in "LMN" or name in {"Pc", "Pd", "Zs"} for name in categories)
    if not definition_id.strip() or not allowed:
        raise UnsafeNameError("cannot be the name of a view or routine", subject=definition_id)


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
        FOLDER,
        _PARTITION,
        _ATTEMPT,
        _FILE,
    )
    if len(parts) != len(shape) or not all(
        pattern.fullmatch(part) for pattern, part in zip(shape, parts, strict=True)
    ):
        raise UnsafeNameError("not the name of a file of a backup", subject=name)
    return parts[1], parts[3]


def checked_segment(pattern: re.Pattern[str], part: str) -> str:
    """Return a segment of an object's name, if it is one that a pattern allows.

    Raises:
        UnsafeNameError: It could escape the folder, statement or path it becomes part of.
    """
    if not pattern.fullmatch(part) or len(part) > _LONGEST_PART:
        raise UnsafeNameError("cannot be part of an object name", subject=part)
    return part
