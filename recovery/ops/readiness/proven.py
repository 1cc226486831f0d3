"""What readiness takes from `rebound status`: only what was restored and proven counts. Pure."""

from collections.abc import Iterator

from recovery.health import Health, HealthFinding, worst
from recovery.status.held import PROTECTED, held_findings
from recovery.status.model import PartStatus, Status

_NOT_SHOWN = "it was not shown to restore"


def proof_findings(status: Status) -> Iterator[HealthFinding]:
    """Yield how each part was shown to restore, and what else was found.

    A part that nobody restored is unknown, whatever the catalog decides about it or says that it counts: a
    decision says who accepts that, and proves nothing. A part that holds nothing to restore gives no
    points: it is left out, unless something is wrong with it.
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
