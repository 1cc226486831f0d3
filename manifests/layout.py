"""Names and ids of everything in a run that belongs to no kind of part: built and parsed here only.

    vault    runs/<run>/start.json                                      fixes the recovery point
             runs/<run>/receipts/<kind>/<name>.json                     one part is done
             runs/<run>/attempts/<time>.json                            an attempt that failed, and why
             runs/<run>/attempts/last.json                              one that no other can follow
             runs/<run>/manifest.json                                   last: the backup exists
             holds/<run>.json                                           the run never expires
    landing  extracts/<run>/…                                           what lands of the run
             recoveries/<recovery>/…                                    the journal of a recovery

Names come back from manifests and listings, so every parser refuses what no builder here makes.
"""

import hashlib
import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple

from manifests.errors import UnsafeNameError, UsageError
from manifests.table_folders import table_folder
from manifests.values import RunId

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,99}")
_SCHEDULED = re.compile(r"-(\d{8})T(\d{6})Z(?:-r(\d+))?$")
_LONGEST_SEGMENT = 1024
_LONGEST_OF_TABLE = 400
_BEGUN = re.compile(r"-([0-9]{8}T[0-9]{6})Z-[0-9a-f]+$")
_SEGMENT = re.compile(r"[^/]+")
_NO_RECOVERY = "not a recovery id"
_RECOVERIES = "`rebound report` lists them"
RUNS_PREFIX = "runs/"
RECORDS_GLOB = f"{RUNS_PREFIX}*/*.json"
"""Matches the records by which runs are told from folders that somebody made; other names, too."""
EXTRACTS_PREFIX = "extracts/"
HOLDS_PREFIX = "holds/"


def parse_run_id(text: str) -> RunId:
    """Check a run id given by a caller.

    Raises:
        UsageError: The text is not 3 to 100 letters, digits, `-` and `_`.
    """
    return RunId(checked_id(RUN_ID, text, why="a run id is 3 to 100 letters, digits, '-' and '_'"))


def is_run_id(text: str) -> bool:
    """Whether a text is a run id."""
    return bool(RUN_ID.fullmatch(text))


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


class OfSchedule(NamedTuple):
    """A run as its id tells of it.

    Attributes:
        schedule: The name of the schedule, and its time of the day.
        at: Its time.
        number: Which run of that time it is: 0 for the first, more for one that took its place.
    """

    schedule: str
    at: datetime
    number: int


def of_schedule(run_id: RunId) -> OfSchedule | None:
    """Return of which schedule a run is, by its id; None for one that no schedule can have begun."""
    found = _SCHEDULED.search(run_id)
    at = found and time_in(f"{found[1]}T{found[2]}", "%Y%m%dT%H%M%S")
    if not (found and at):
        return None
    return OfSchedule(f"{run_id[: found.start()]}T{found[2]}", at, int(found[3] or 0))


def replaces(run_id: RunId, first: RunId) -> bool:
    """Whether a run takes the place of the first one of a schedule's time."""
    return run_id.startswith(f"{first}-r") and run_id.removeprefix(f"{first}-r").isdecimal()


def replacing_starts(first: RunId) -> str:
    """Return a glob of the start records of runs that may take the place of a first one."""
    return f"{RUNS_PREFIX}{first}-r*/start.json"


def work_id(owner: str, table: str) -> str:
    """Name the scratch tables, undo points and jobs of one table of a run or recovery.

    The hash at its end tells apart tables whose names are equal once they are shortened.
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
    return checked_id(RUN_ID, text, why=_NO_RECOVERY, hint=_RECOVERIES)


def recovery_id(scenario: str, begun_at: datetime, mark: str) -> str:
    """Name a recovery by its scenario, when it was begun, and a mark no other one has."""
    return parse_recovery_id(begun_id(scenario, begun_at, mark))


def recovery_begun_at(recovery_id: str) -> datetime:
    """Return when a recovery was begun, from its id alone: a journal can be unreadable.

    Raises:
        UsageError: The id is not one that `recovery_id` makes.
    """
    if (found := begun_at(parse_recovery_id(recovery_id))) is None:
        raise UsageError(_NO_RECOVERY, subject=recovery_id, hint=_RECOVERIES)
    return found


def recovery_prefix(recovery_id: str) -> str:
    """Return the folder of a recovery's journal in the landing bucket."""
    return f"recoveries/{recovery_id}/"


def landing_prefix(run_id: RunId) -> str:
    """Return the folder that holds everything of one run in the landing bucket."""
    return f"{EXTRACTS_PREFIX}{run_id}/"


def run_prefix(run_id: RunId) -> str:
    """Return the folder that holds everything of one run in the vault."""
    return f"{RUNS_PREFIX}{run_id}/"


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


def received_part(run_id: RunId, name: str) -> str:
    """Return which part a receipt is of, `tables/nba.games`, by the receipt's name."""
    return name.removeprefix(receipts_prefix(run_id)).removesuffix(".json")


def attempts_prefix(run_id: RunId) -> str:
    """Return the folder of the records of a run's failed attempts."""
    return f"{run_prefix(run_id)}attempts/"


def attempt_name(run_id: RunId, attempted_at: datetime) -> str:
    """Return the name of the record of a failed attempt."""
    return f"{attempts_prefix(run_id)}{attempted_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}.json"


def last_attempt_name(run_id: RunId) -> str:
    """Return the name of the record of an attempt that no other can follow, behind all the others."""
    return f"{attempts_prefix(run_id)}last.json"


def hold_name(run_id: RunId) -> str:
    """Return the name of the object that keeps a run from expiring."""
    return f"{HOLDS_PREFIX}{run_id}.json"


def held_run_id(name: str) -> RunId | None:
    """Return the run that a hold is about, or None for any other object."""
    run_id = between(HOLDS_PREFIX, name, ".json", RUN_ID)
    return None if run_id is None else RunId(run_id)


def run_id_of(name: str) -> RunId | None:
    """Return the run a vault object belongs to, or None for an object that is no part of a run."""
    run_id, slash, _ = name.removeprefix(RUNS_PREFIX).partition("/")
    is_ours = name.startswith(RUNS_PREFIX) and slash and is_run_id(run_id)
    return RunId(run_id) if is_ours else None


def is_run_record(run_id: RunId, name: str, kinds: Collection[str]) -> bool:
    """Whether an object is a document of a run: its start, its manifest, a receipt or an attempt.

    Args:
        run_id: The run.
        name: The object.
        kinds: The names of the kinds of parts that have receipts.
    """
    if name in (start_name(run_id), manifest_name(run_id)):
        return True
    folders = (attempts_prefix(run_id), *(f"{receipts_prefix(run_id)}{kind}/" for kind in kinds))
    return any(between(folder, name, ".json", _SEGMENT) is not None for folder in folders)


def begun_id(name: str, begun_at: datetime, mark: str) -> str:
    """Name a recovery, drill or fence by when it was begun, and a mark no other one has."""
    return f"{name}-{begun_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{mark}"


def begun_at(text: str) -> datetime | None:
    """Return when what has an id of `begun_id` was begun; None where its digits are no time."""
    found = _BEGUN.search(text)
    return time_in(found[1], "%Y%m%dT%H%M%S") if found else None


def time_in(text: str, form: str) -> datetime | None:
    """Return the time that a text tells, in UTC; None where it tells none in that form.

    Args:
        text: The text.
        form: As of `strptime`, without a zone.
    """
    try:
        return datetime.strptime(f"{text}+0000", f"{form}%z")
    except ValueError:
        return None


def checked_id(pattern: re.Pattern[str], text: str, *, why: str, hint: str = "") -> str:
    """Return an id that somebody gave, if it is one that a pattern allows.

    Args:
        pattern: What ids look like.
        text: What was given.
        why: What the error says where it is not one.
        hint: Where the existing ones are listed.

    Raises:
        UsageError: It is not one.
    """
    if not pattern.fullmatch(text):
        raise UsageError(why, subject=repr(text[:120]), hint=hint)
    return text


def between(prefix: str, name: str, ending: str, pattern: re.Pattern[str]) -> str | None:
    """Return the id that stands between the prefix and the ending of a name; None where none does."""
    found = name.removeprefix(prefix).removesuffix(ending)
    is_ours = pattern.fullmatch(found) and name == f"{prefix}{found}{ending}"
    return found if is_ours else None


def checked_segment(pattern: re.Pattern[str], segment: str) -> str:
    """Return a segment of an object's name, if it is one that a pattern allows.

    Raises:
        UnsafeNameError: It could escape the folder, statement or path it becomes part of.
    """
    if not pattern.fullmatch(segment) or len(segment) > _LONGEST_SEGMENT:
        raise UnsafeNameError("cannot be part of an object name", subject=segment)
    return segment
