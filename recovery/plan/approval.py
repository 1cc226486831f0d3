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


def read_plan(content: str, *, subject: str) -> Plan:
    """Read a plan that was written to a file.

    Raises:
        UsageError: It is none.
    """
    try:
        return PlanFile.model_validate_json(content).plan
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"not a plan that `rebound plan --out` wrote: {where} {first['msg']}", subject=subject
        ) from error


def approved(plan: Plan, now: Plan, *, subject: str) -> Plan:
    """Return the plan that was approved, if it is still what would be planned.

    Args:
        plan: The plan that was approved.
        now: What is planned for the same request now.
        subject: Where the approved plan lies.

    Raises:
        RefusedError: The world moved; what differs is named.
    """
    moved = list(_moved(plan, now))
    if not moved and plan.seen != now.seen:
        moved = ["something that it saw was written since"]
    if moved:
        raise RefusedError(
            f"the world is not what the plan saw: {', '.join(moved)}",
            subject=subject,
            hint="make a new plan with `rebound plan ... --out`, and have that one approved",
        )
    return plan


def _moved(plan: Plan, now: Plan) -> Iterator[str]:
    """Yield what is planned otherwise now."""
    was, would_be = dict(_steps(plan)), dict(_steps(now))
    for name in sorted(was.keys() | would_be.keys()):
        if was.get(name) != would_be.get(name):
            yield name


def _steps(plan: Plan) -> Iterator[tuple[str, object]]:
    yield from ((step.title, step.decided) for step in plan.steps)
    yield "who may see what", [_plain(item) for item in plan.access]
    yield "what could not be looked at", [_plain(item) for item in plan.unseen]
    yield "the run", (plan.run_id, plan.manifest_digest, plan.trust)
    yield "the older runs", [_plain(item) for item in plan.fallen_back]
    yield "the request", _plain(plan.request)
    fence = plan.fence
    yield "what is paused", None if fence is None else sorted(item.name for item in fence.writers)


def _plain(item: Value) -> object:
    return item.model_dump(mode="json")
