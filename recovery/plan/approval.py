"""A plan that somebody approves is carried out as it is, or not at all. Pure."""

import hashlib
import json
from collections.abc import Iterator

from pydantic import ValidationError

from manifests.errors import RefusedError, UsageError
from manifests.values import UtcTime, Value
from recovery.kinds.known import RULES
from recovery.plan.model import Plan
from recovery.plan.whole import World


class PlanFile(Value):
    """A plan as `rebound plan --out` writes it."""

    made_at: UtcTime
    plan: Plan


def seen_digest(world: World) -> str:
    """Return a digest of what a plan saw: it changes when anything is written that it is about."""
    known = {rules.kind: rules for rules in RULES}
    seen = {kind: known[kind].digested(item) for kind, item in world.items()}
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def read_plan(content: object, *, subject: str) -> Plan:
    """Read a plan that was written to a file.

    Args:
        content: The file, as JSON.
        subject: Where it lies.

    Raises:
        UsageError: It is none.
    """
    try:
        return PlanFile.model_validate(content).plan
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"not a plan that `rebound plan --out` wrote: {where} {first['msg']}", subject=subject
        ) from error


def approved(plan: Plan, now: Plan, *, subject: str) -> Plan:
    """Return what is planned now, if it is what was approved.

    The file says what somebody agreed to; what is carried out is planned from what is there.

    Args:
        plan: The plan that was approved.
        now: What is planned for the same request now.
        subject: Where the approved plan lies.

    Raises:
        RefusedError: The world moved, or the file is not as it was written; what differs is named.
    """
    moved = [name for name, was, would_be in _compared(plan, now) if was != would_be]
    if not moved and plan.seen != now.seen:
        moved = ["something that it saw was written since"]
    if moved:
        raise RefusedError(
            f"the world is not what the plan saw: {', '.join(moved)}",
            subject=subject,
            hint="make a new plan with `rebound plan ... --out`, and have that one approved",
        )
    return now


_DECIDED_ELSEWHERE = {"steps", "seen", "fence", "takes", "passed_over"}
"""Fields that are compared in another way; how long it takes, and which other runs there are, decide
nothing."""


def _compared(plan: Plan, now: Plan) -> Iterator[tuple[str, object, object]]:
    """Yield what each plan says of everything that it decides, with a name for it."""
    was, would_be = _steps(plan), _steps(now)
    for title in sorted(was.keys() | would_be.keys()):
        yield title, was.get(title), would_be.get(title)
    for name in Plan.model_fields.keys() - _DECIDED_ELSEWHERE:
        yield _NAMES.get(name, name), getattr(plan, name), getattr(now, name)
    yield "what is paused", _paused(plan), _paused(now)


_NAMES = {
    "request": "the request",
    "run_id": "the run",
    "manifest_digest": "the run",
    "trust": "the run",
    "access": "who may see what",
    "unseen": "what could not be looked at",
    "fallen_back": "the older runs",
    "recovery_point": "the recovery point",
    "cannot_bring_back": "what cannot be brought back",
    "foreign": "whose run it is",
    "left_out": "what the catalog leaves out",
    "not_held": "what the run does not hold",
    "leaning": "what leans on a damaged file",
    "left_alone": "what is left as it is",
}
"""How a sentence names what a field says."""


def _steps(plan: Plan) -> dict[str, list[object]]:
    """Return what is decided of each thing; a thing may have more steps than one."""
    decided: dict[str, list[object]] = {}
    for step in plan.steps:
        decided.setdefault(step.title, []).append(step.decided)
    return decided


def _paused(plan: Plan) -> list[str] | None:
    return None if plan.fence is None else sorted(item.name for item in plan.fence.writers)
