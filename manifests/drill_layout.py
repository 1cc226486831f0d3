"""Where records keep drills: built and parsed here only.

drills/<drill>/begun.json          written before anything is made: what is to be shown, by which criteria
drills/<drill>/record.json         written once, when the drill ended, however it did
drills/<drill>/cleaned.json        what it left was removed: what has its names from then on is another's
drills/<drill>/signed.json         a verifier who is not the operator agreed with the record
drills/<drill>/findings/<n>.json   what is to be mended, who does it, and until when
drills/<drill>/closed/<n>.json     that it was mended, who says so, and what shows it

A drill is called after its scenario, when it was begun, and a mark that its things are named by:
drill-<scenario>-<YYYYMMDD>T<HHMMSS>Z-<mark>.
"""

import re
from datetime import datetime

from manifests.layout import between, checked_id, recovery_begun_at, recovery_id

DRILLS_PREFIX = "drills/"
DRILLED = "drill-"
"""The ids of drills, and of the recoveries of a drill, begin with it."""
_NUMBER = re.compile(r"[0-9]{3,9}")
_DRILL_ID = re.compile(r"drill-[a-z-]+-[0-9]{8}T[0-9]{6}Z-([0-9a-f]{6,12})")


def drill_id(scenario: str, begun_at: datetime, mark: str) -> str:
    """Name a drill by its scenario, when it was begun, and the mark of its things.

    Args:
        scenario: What is drilled.
        begun_at: When.
        mark: Six to twelve hexadecimal digits that no other drill has.
    """
    return parse_drill_id(recovery_id(f"{DRILLED}{scenario}", begun_at, mark))


def parse_drill_id(text: str) -> str:
    """Check a drill's id given by an operator.

    Raises:
        UsageError: It is not one.
    """
    checked_id(
        _DRILL_ID, text, why="not the id of a drill", hint="`rebound drill --history` lists them"
    )
    recovery_begun_at(text)
    return text


def mark_of(drill: str) -> str:
    """Return the mark that the things of a drill are named by."""
    return drill.rpartition("-")[2]


def begun_name(drill: str) -> str:
    """Return the name of the record of a drill's beginning."""
    return f"{DRILLS_PREFIX}{drill}/begun.json"


def record_name(drill: str) -> str:
    """Return the name of the record of a drill."""
    return f"{DRILLS_PREFIX}{drill}/record.json"


def cleaned_name(drill: str) -> str:
    """Return the name of the record that what a drill left was removed."""
    return f"{DRILLS_PREFIX}{drill}/cleaned.json"


def signed_name(drill: str) -> str:
    """Return the name of the record that somebody agreed with a drill's record."""
    return f"{DRILLS_PREFIX}{drill}/signed.json"


def findings_prefix(drill: str) -> str:
    """Return the folder of what is to be mended after a drill."""
    return f"{DRILLS_PREFIX}{drill}/findings/"


def finding_name(drill: str, number: int) -> str:
    """Return the name of the record of one thing to be mended."""
    return f"{findings_prefix(drill)}{number:03d}.json"


def finding_number(name: str) -> int | None:
    """Return the number by which a finding is called, from the name of its record; None where that is none."""
    found = _NUMBER.fullmatch(name.rpartition("/")[2].removesuffix(".json"))
    return int(found[0]) or None if found else None


def closed_prefix(drill: str) -> str:
    """Return the folder of what says that findings were mended."""
    return f"{DRILLS_PREFIX}{drill}/closed/"


def closed_name(drill: str, number: int) -> str:
    """Return the name of the record that one finding was mended."""
    return f"{closed_prefix(drill)}{number:03d}.json"


def drill_of(folder: str) -> str | None:
    """Return the drill whose folder a listing names, or None for any other."""
    return between(DRILLS_PREFIX, folder, "/", _DRILL_ID)
