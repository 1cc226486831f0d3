"""What of a table goes back after a recovery, and what was written since. Pure.

What the recovery left is known by its content: in each partition that it wrote, what the run holds. A
partition goes back only where that is what is there now, whenever it was written.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from manifests.expiration import expired
from manifests.kinds.tables.model import TableBackup
from manifests.partitions import WHOLE_TABLE
from manifests.values import Fingerprint, Resource
from recovery.compare.observed import ObservedTable
from recovery.compare.tables import property_findings, shape_findings
from recovery.kinds.former import Former
from recovery.kinds.tables.rules.access import table_changes
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.kinds.tables.rules.tables import holds_rows, is_table
from recovery.request import Request
from recovery.undo.model import AS_BEFORE, UndoAction, UndoStep
from recovery.undo.shared import (
    GONE,
    MADE,
    definition_lines,
    few,
    made_before,
    table_seen,
    without_former,
)
from recovery.units import counted, listed


class SeenTable(NamedTuple):
    """What is known of one table.

    Attributes:
        left: What the recovery brought back, as the run has it.
        former: What it was before; None where nobody wrote that down.
        kept: Its undo point with its content; without a resource where there is none.
        live: It as it is, with its content.
        removed: The partitions that the recovery was to remove.
        problem: Why what lies in the place of the undo point is none; empty where it is.
        began_at: When the recovery began: what is older it did not make, whatever it says.
    """

    left: TableBackup
    former: Former | None
    kept: ObservedTable
    live: ObservedTable
    removed: Collection[str]
    began_at: datetime
    problem: str = ""


class TableBack(NamedTuple):
    """How a table goes back.

    Attributes:
        step: What is told of it.
        former: What it becomes, but for its rows; None where it goes.
        partitions: Those that the undo point's take the place of.
        removed: Those that go.
        expected: What is in all of these now.
        is_whole: Whether it is put back as a whole: it had another shape, or is gone.
        with_properties: Whether its properties go back: not where somebody changed them since.
        is_back: Whether it has its shape and rows already.
        live: It as it was looked at, or what an undo that broke off set aside of it.
    """

    step: UndoStep
    former: TableBackup | None = None
    partitions: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    expected: Mapping[str, Fingerprint] = {}
    is_whole: bool = False
    with_properties: bool = True
    is_back: bool = False
    live: Resource | None = None

    def because(self, action: UndoAction, why: str, *told: str) -> "TableBack":
        """Return it with what happens, and why."""
        return self._replace(step=self.step.because(action, why, *told))


class _Split(NamedTuple):
    """The partitions of a table, told apart.

    Attributes:
        back: What the undo point has of them takes their place.
        gone: The recovery brought them, and there were none.
        others: The recovery did not touch them, and they are not as they were.
        theirs: What was written since, told.
    """

    back: tuple[str, ...]
    gone: tuple[str, ...]
    others: tuple[str, ...]
    theirs: tuple[str, ...]


def undo_table(outcome: TableOutcome, seen: SeenTable, request: Request) -> TableBack:
    """Decide what happens to one table.

    Args:
        outcome: How the recovery of it ended.
        seen: What is known of it.
        request: What the recovery was asked for.
    """
    step = step_of(outcome, request).model_copy(update={"seen": table_seen(seen.live)})
    back = TableBack(step, live=seen.live.resource)
    if (former := seen.former) is None:
        return back.because(*without_former(outcome))
    if why := _obstacle(former, seen):
        return back.because("cannot", why)
    if former.resource is None:
        return _made(back, outcome, seen, request)
    was = seen.left.model_copy(
        update={"resource": former.resource, "row_access_policies": former.policies}
    )
    back = back._replace(former=was)
    live = seen.live.resource
    source = "" if seen.kept.resource is None else _full_name(seen.kept.resource)
    back = back._replace(step=back.step.model_copy(update={"source": source}))
    if live is None or shape_findings(was, live):
        return _whole(back, was, outcome, seen, request)
    return _in_place(back, was, outcome, seen, request)


def step_of(outcome: TableOutcome, request: Request) -> UndoStep:
    """Return what is told of one table before it is looked at."""
    into = request.target.name(outcome.name)
    return UndoStep(kind="table", name=outcome.name, into=into, action="leave", why="")


def _obstacle(former: Former, seen: SeenTable) -> str:
    """Return why a table cannot go back whatever is in it; empty where it may."""
    if (seen.live.resource or {}).get("streamingBuffer"):
        return "rows were streamed into it that would be lost"
    # A snapshot leaves out what is still in the streaming buffer (BigQuery, Table snapshots).
    if (former.resource or {}).get("streamingBuffer"):
        return "rows were in its streaming buffer when it was kept, which no undo point has"
    if seen.problem:
        return seen.problem
    was = former.resource
    if was is not None and is_table(was) and holds_rows(was) and seen.kept.resource is None:
        return "its undo point is not kept any more"
    return ""


def _made(back: TableBack, outcome: TableOutcome, seen: SeenTable, request: Request) -> TableBack:
    """Decide what happens to a table that was not there before."""
    if (live := seen.live.resource) is None:
        return back.because("leave", GONE)
    if why := made_before(live, seen.began_at):
        return back.because("cannot", why)
    if theirs := _not_ours(outcome, seen, request):
        return back.because("cannot", *_since(theirs))
    return back._replace(is_whole=True, expected=seen.live.partitions or {}).because("remove", MADE)


def _whole(
    back: TableBack, was: TableBackup, outcome: TableOutcome, seen: SeenTable, request: Request
) -> TableBack:
    """Decide what happens to a table, or view, that the recovery made anew in another shape."""
    if seen.live.resource is not None and (theirs := _not_ours(outcome, seen, request)):
        return back.because("cannot", *_since(theirs))
    back = back._replace(is_whole=True, expected=seen.live.partitions or {})
    if not is_table(was.resource):
        what = str(was.resource.get("type")).lower().replace("_", " ")
        lines = definition_lines(was.resource)
        return back.because("put back", f"as the {what} that it was", *lines)
    rows = sum(item.row_count for item in (seen.kept.partitions or {}).values())
    told: tuple[str, ...] = ()
    access = tuple(table_changes(was, seen.live, request.target))
    back = back._replace(step=back.step.model_copy(update={"access": access}))
    if seen.live.resource is not None:
        told = tuple(item.text_to for item in property_findings(was, seen.live))
    return back.because("put back", f"as it was, with {counted(rows, 'row')}", *told)


def _in_place(
    back: TableBack, was: TableBackup, outcome: TableOutcome, seen: SeenTable, request: Request
) -> TableBack:
    """Decide what happens to a table whose shape is what it was."""
    split = _split(was, outcome, seen, request)
    wanted, live = property_findings(was, seen.live), seen.live.partitions or {}
    ours = {item.aspect for item in property_findings(seen.left, seen.live)}
    changed = [f"its {item.aspect}" for item in wanted if item.aspect in ours]
    touched = (*split.back, *split.gone)
    back = back._replace(is_back=not (touched or split.theirs or split.others))
    settings = [] if changed else [item.text_to for item in wanted]
    theirs = (*split.theirs, *changed)
    if theirs and not (touched or settings):
        return back.because("cannot", *_since(theirs))
    others = tuple(
        f"left: partition {name}, which the recovery did not touch" for name in split.others
    )
    if not touched and not settings:
        return back.because("leave", AS_BEFORE, *few(others))
    before = seen.kept.partitions or {}
    rows = sum(before[name].row_count for name in split.back)
    goes = sum(live[name].row_count for name in touched if name in live)
    told = [f"{counted(len(touched), 'partition')}: {counted(rows, 'row')} for {goes:,}"] * bool(
        touched
    )
    names = [f"partition {name} as it was" for name in split.back]
    names += [f"partition {name} goes" for name in split.gone]
    access = () if changed else tuple(table_changes(was, seen.live, request.target))
    left = f"written since the recovery, and stays: {listed(theirs)}" if theirs else ""
    return back._replace(
        step=back.step.model_copy(update={"access": access, "left": left}),
        with_properties=not changed,
        partitions=split.back,
        removed=split.gone,
        expected={name: live[name] for name in touched if name in live},
    ).because(
        "put back",
        "; ".join([*told, *(["its properties"] if settings else [])]),
        *few(names),
        *settings,
        *few(others),
    )


def _split(was: TableBackup, outcome: TableOutcome, seen: SeenTable, request: Request) -> _Split:
    before = _lasting(was.resource, seen.kept.partitions or {}, seen.live)
    wrote = _lasting(seen.left.resource, seen.left.fingerprints, seen.live)
    live = _lasting(seen.live.resource or {}, seen.live.partitions or {}, seen.live)
    gone: list[str] = []
    back, others, theirs = list[str](), list[str](), list[str]()
    for name in sorted({*before, *wrote, *live}):
        now, then, ours = live.get(name), before.get(name), wrote.get(name)
        if now == then:
            continue
        is_chosen = name in wrote and (not request.partitions or name in request.partitions)
        is_touched = is_chosen or name in seen.removed or name == WHOLE_TABLE
        if then == ours or not is_touched:
            others.append(name)
        elif now != ours and not (now is None and outcome.failure):
            theirs.append(_told(name, now, ours, then))
        elif then is None:
            gone.append(name)
        else:
            back.append(name)
    return _Split(tuple(back), tuple(gone), tuple(others), tuple(theirs))


def _not_ours(outcome: TableOutcome, seen: SeenTable, request: Request) -> tuple[str, ...]:
    """Return how a table is not what the recovery made; nothing where it is."""
    live = seen.live.resource or {}
    if shape := shape_findings(seen.left, live):
        return tuple(f"its {item.aspect}" for item in shape)
    wrote = _lasting(seen.left.resource, seen.left.fingerprints, seen.live)
    if request.partitions:
        wrote = {name: wrote[name] for name in request.partitions if name in wrote}
    present = _lasting(live, seen.live.partitions or {}, seen.live)
    rows = [
        _told(name, present.get(name), wrote.get(name), None)
        for name in sorted({*present, *wrote})
        if present.get(name) != wrote.get(name) and not (name not in present and outcome.failure)
    ]
    # Half of what a recovery does is no write of somebody else.
    changed = () if outcome.failure else property_findings(seen.left, seen.live)
    return *rows, *(f"its {item.aspect}" for item in changed)


def _lasting(
    resource: Resource, partitions: Mapping[str, Fingerprint], live: ObservedTable
) -> dict[str, Fingerprint]:
    """Return partitions without those that a table's own rule has let expire by now."""
    gone = expired(resource, partitions, live.read_at)
    return {name: content for name, content in partitions.items() if name not in gone}


def _told(
    name: str, now: Fingerprint | None, ours: Fingerprint | None, before: Fingerprint | None
) -> str:
    """Tell how many rows a partition has, had when the recovery left it, and had before."""
    what = "its rows" if name == WHOLE_TABLE else f"partition {name}"
    was = "" if before is None else f", before it {_rows(before)}"
    changed = " others" if now and ours and now.row_count == ours.row_count else ""
    return f"{what}: {_rows(now)}{changed} now, the recovery left {_rows(ours)}{was}"


def _rows(content: Fingerprint | None) -> str:
    return "none" if content is None else f"{content.row_count:,}"


def _since(theirs: Collection[str]) -> tuple[str, ...]:
    """Return why a table cannot go back, and each thing that was written since."""
    return (f"written since the recovery: {listed(tuple(theirs), 1)}", *few(theirs))


def _full_name(resource: Resource) -> str:
    reference = resource["tableReference"]
    return ".".join(str(reference[key]) for key in ("projectId", "datasetId", "tableId"))
