"""What readiness takes from `rebound status`: only what was restored and proven counts. Pure."""

from collections.abc import Iterator

from recovery.health import Health, HealthFinding, worst
from recovery.status.held import PROTECTED, held_findings
from recovery.status.model import PartStatus, Status

_NOT_SHOWN = "it was not shown to restore"


def proof_findings(status: Status) -> Iterator[HealthFinding]:
    """Yield how each part was shown to restore, and what else was found.

    A part that nobody restored is unknown, whatever was decided about it, and however little the catalog says
    that it counts: a decision says who lives with that, and shows nothing. One that holds nothing which could be
    restored is left out, so that it gives no points; unless something is wrong with it.
    """
    for part in status.parts:
        if part.proven != "nothing held" or part.health is not Health.HEALTHY:
            yield _finding(part)
    yield from (item for item in status.others if item.check != PROTECTED)
    yield from held_findings(status)


def _finding(part: PartStatus) -> HealthFinding:
    health, what = part.health, part.what or part.not_shown
    if part.proven == "none":
        health = worst([health, Health.UNKNOWN])
        what = what if what.startswith(_NOT_SHOWN) else f"{_NOT_SHOWN}: {what}"
    elif part.not_shown:
        # It was restored, too long ago to count whole.
        health = worst([health, Health.WARNING])
    mend = part.mend or ("" if health is Health.HEALTHY else "`rebound status` tells why")
    return HealthFinding("proof", part.label, health, what, mend=mend)
