"""What the rules of every kind of things that go back have in common. Pure."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from manifests.errors import CloudError, NotEqualError, ReboundError, RefusedError
from manifests.kinds.tables.properties import settings
from manifests.references import text_of
from manifests.values import Resource
from recovery.compare.digest import Digest
from recovery.compare.observed import ObservedTable
from recovery.compare.properties import comparable
from recovery.kinds.outcome import Outcome
from recovery.undo.model import UndoAction, UndoStep
from recovery.units import shown

MADE = "the recovery made it, and nobody wrote to it since"
GONE = "it is gone already"
_MOST_TOLD = 5
_TEXTS = ("view.query", "materializedView.query", "definitionBody")


def without_former(outcome: Outcome, *, was_to_change: bool = False) -> tuple[UndoAction, str]:
    """Return the action for a thing whose earlier state nobody wrote down, and the reason.

    Args:
        outcome: How the recovery of it ended, by its last attempt.
        was_to_change: Whether the recovery's plan was to change it: then the recovery wrote its state down
            first, and somebody removed that entry since.
    """
    if outcome.action == "leave" and not was_to_change:
        return "leave", "the recovery left it as it was"
    if outcome.failure is not None and not outcome.undo:
        return "leave", "the recovery did not write it"
    return "cannot", "what it was before was not kept"


def definition_lines(definition: Resource) -> Iterator[str]:
    """Yield all that a view, routine or external table would be again, but for its columns.

    They are shown because the definition comes from a journal: who can write there could have a view read
    another table, or a function call a service.
    """
    yield from (f"| {line}" for line in text_of(definition).splitlines())
    own = {key: value for key, value in settings(definition).items() if key != "schema"}
    yield from (f"{name}: {json.dumps(value)}" for name, value in _flat(own) if name not in _TEXTS)


def _flat(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield the values in a resource, each with its dotted name."""
    if isinstance(value, dict):
        for key in sorted(value):
            yield from _flat(value[key], f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for item in value:
            yield from _flat(item, name)
    else:
        yield name, value


def state_seen(live: Resource | None) -> str:
    """Return which state of what has no rows was looked at; empty for none."""
    if live is None:
        return ""
    digest = Digest()
    digest.add(live.get("creationTime"), comparable(live))
    return digest.text


def table_seen(table: ObservedTable) -> str:
    """Return which state of a table was looked at; empty for none."""
    if table.resource is None:
        return ""
    digest = Digest()
    digest.add(table.resource.get("creationTime"), comparable(table.resource))
    digest.add([comparable(policy) for policy in table.row_access_policies])
    for name, content in sorted((table.partitions or {}).items()):
        digest.add(name, content.row_count, content.xor, content.low_sum, content.high_sum)
    return digest.text


def made_before(live: Resource, began_at: datetime) -> str:
    """Return that a thing is older than a recovery that says it made it; empty where it is not."""
    made_at = datetime.fromtimestamp(int(live.get("creationTime", 0)) / 1000, UTC)
    if made_at >= began_at:
        return ""
    return f"it was made at {made_at:%Y-%m-%d %H:%M:%S} UTC, before the recovery began"


def few(lines: Iterable[str]) -> Iterator[str]:
    """Yield the first of some lines, and how many more there are."""
    found = list(lines)
    yield from found[:_MOST_TOLD]
    if len(found) > _MOST_TOLD:
        yield f"... {len(found) - _MOST_TOLD:,} more"


def not_as_planned(step: UndoStep, now: UndoStep) -> RefusedError:
    """Return the refusal of a step that would be another one now."""
    why = f": {now.why}" if now.why != step.why else ""
    return RefusedError(
        f"it is not what the plan saw{why}; it is left",
        subject=step.into,
        hint="the same command looks again",
    )


def unfinished(
    what: str,
    into: str,
    wrong: Sequence[str],
    overtaken: Collection[str],
    refused: Mapping[str, str],
) -> ReboundError | None:
    """Return the error of an undo that left some things as they are; None where all are as before the recovery.

    Args:
        what: What the things are called.
        into: What they are in.
        wrong: The names of those that are not as they were.
        overtaken: Those of which another version was there than the plan saw.
        refused: Those that Google Cloud refused, and why.
    """
    refusals = [name for name in wrong if name in refused]
    theirs = [name for name in wrong if name in overtaken and name not in refused]
    unequal = [name for name in wrong if name not in overtaken and name not in refused]
    if unequal:
        return NotEqualError(f"not as before: {_some(unequal, what)}", subject=into)
    if refusals:
        why = f"Google Cloud refused {_some(refusals, what)}: {refused[refusals[0]]}"
        return CloudError(why, subject=into)
    if theirs:
        return RefusedError(
            f"changed since the plan, and left: {_some(theirs, what)}",
            subject=into,
            hint="pause what writes (`rebound fence`), then undo again",
        )
    return None


def _some(names: Sequence[str], what: str) -> str:
    return f"{len(names)} {what}, as {shown(names[0])}"


def undo_point_problem(
    snapshot: Resource, table: str, *, began_at: datetime, ended_at: datetime
) -> str:
    """Return why a table cannot be the undo point of another; empty where it can.

    Args:
        snapshot: Its resource.
        table: The full id of the table that is undone.
        began_at: When the recovery began.
        ended_at: When it ended.
    """
    definition = snapshot.get("snapshotDefinition") or {}
    base = definition.get("baseTableReference") or {}
    of = ".".join(str(base.get(key, "")) for key in ("projectId", "datasetId", "tableId"))
    if of != table:
        return f"what lies in the place of its undo point is one of {of if base else 'nothing'}"
    taken_at = datetime.fromisoformat(str(definition.get("snapshotTime")))
    if not began_at <= taken_at <= ended_at:
        return (
            "what lies in the place of its undo point was taken at "
            f"{taken_at:%Y-%m-%d %H:%M:%S} UTC, when the recovery did not run"
        )
    return ""
