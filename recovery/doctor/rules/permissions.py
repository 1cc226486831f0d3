"""Which permissions a side needs on what, from the table of its calls. Pure.

`testIamPermissions` answers for who calls. Datasets have no such method: what is needed on them is asked of
one of their tables, as far as it is about tables (BigQuery REST, tables.testIamPermissions).
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

from recovery.doctor.rules.problem import APPLY, Problem, warning
from recovery.permitted import Table, needed

type Side = Literal["backup", "restore", "expiry", "verify", "watch", "drill"]

_OF_TABLES = frozenset(
    f"bigquery.tables.{verb}"
    for verb in ("delete", "export", "get", "getData", "update", "updateData")
)
_OF_PROJECTS = ("project", "resources")
_MOST_TOLD = 5
_SIDE_OF: Mapping[str, Side] = {
    "rebound-backup": "backup",
    "rebound-verify": "verify",
    "rebound-expire": "watch",
    "rebound-tick": "watch",
    "rebound-drill": "drill",
}
READING_SECOND: tuple[Side, ...] = ("backup", "restore")
"""Who has to do with the second place of the configuration."""


def side_of(email: str) -> Side:
    """Return which side an identity is for: that of its function, and any other recovers.

    Args:
        email: The service account that calls; empty for a person.
    """
    return _SIDE_OF.get(email.partition("@")[0], "restore")


def of_project(side: str, *, types: Collection[str], table: Table) -> frozenset[str]:
    """Return what a side needs on the project."""
    return frozenset().union(*(needed(side, on, types=types, table=table) for on in _OF_PROJECTS))


def of_table(side: str, *, table: Table) -> frozenset[str]:
    """Return what of a side's needs on datasets can be asked of one of their tables."""
    return needed(side, "datasets", types=(), table=table) & _OF_TABLES


def permission_problems(
    wanted: Collection[str], granted: Collection[str] | None, *, side: str, who: str
) -> Iterator[Problem]:
    """Tell what a side lacks.

    Args:
        wanted: What it needs.
        granted: What of that it has; None on a table that is not there.
        side: The side.
        who: Who was asked for.
    """
    if granted is None:
        what = f"it is missing, so that nobody can tell whether {who} can {side}"
        yield warning(what, "rebound plan bigquery-dataset-loss")
        return
    lacking = sorted(set(wanted).difference(granted))
    if not lacking:
        return
    more = f" and {len(lacking) - _MOST_TOLD} more" if len(lacking) > _MOST_TOLD else ""
    what = f"{who} cannot {side}: it lacks {', '.join(lacking[:_MOST_TOLD])}{more}"
    mends = {
        "restore": f"{APPLY} -var restore_until=...  # and act as rebound-restore",
        "expiry": f"{APPLY} -var 'expiry_members=[...]'",
    }
    yield Problem(what, mends.get(side, APPLY))
