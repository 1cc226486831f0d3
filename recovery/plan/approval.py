"""A plan that somebody approves is carried out as it is, or not at all. Pure."""

import hashlib
import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from manifests.errors import RefusedError, UsageError
from manifests.values import UtcTime, Value
from recovery.fence.model import PlannedFence
from recovery.kinds.known import RULES
from recovery.kinds.processors.rules.plan import ProcessorPlan
from recovery.listening import without_causes
from recovery.plan.model import Plan
from recovery.plan.whole import World

PlanSort = Literal["recovery", "dates", "undo", "repair"]
_WRITTEN_BY: Mapping[PlanSort, str] = {
    "recovery": "rebound plan --out",
    "dates": "rebound plan --out",
    "undo": "rebound undo --out",
    "repair": "rebound repair --out",
}
_TAKEN_BY: Mapping[PlanSort, str] = {
    "recovery": "rebound recover",
    "dates": "rebound recover",
    "undo": "rebound undo",
    "repair": "rebound repair",
}


class PlanFile(Value):
    """A plan as `--out` writes it.

    Attributes:
        of: What it is a plan of; the absence of that meant a recovery.
    """

    of: PlanSort = "recovery"
    made_at: UtcTime
    plan: dict[str, Any]


class Decided(NamedTuple):
    """What a plan decides.

    Attributes:
        said: All of it, each under a name that a sentence takes.
        seen: A digest of what was observed; empty where `said` tells of each thing.
    """

    said: Mapping[str, object]
    seen: str = ""


def seen_digest(world: World) -> str:
    """Return a digest of what a plan saw: it changes when anything is written that it is about."""
    known = {rules.kind: rules for rules in RULES}
    seen = {kind: without_causes(known[kind].digested(item)) for kind, item in world.items()}
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def plan_file(sort: PlanSort, plan: Value, *, made_at: UtcTime) -> PlanFile:
    """Return the file of a plan."""
    return PlanFile(of=sort, made_at=made_at, plan=plan.model_dump(mode="json"))


def read_file_of_plan(content: object, *, subject: str) -> PlanFile:
    """Read a file of any plan without looking at the plan in it.

    Args:
        content: The file, as JSON.
        subject: Where it lies.

    Raises:
        UsageError: It is not one.
    """
    try:
        return PlanFile.model_validate(content)
    except ValidationError as error:
        raise _no_plan("rebound plan --out", error, subject) from error


def carrying_out(sort: PlanSort, file: str) -> str:
    """Return the hint with the command that carries out a plan of a file."""
    return f"`{_TAKEN_BY[sort]} --plan {shlex.quote(file)}` carries it out"


def read_plan[P: Value](content: object, sort: PlanSort, model: type[P], *, subject: str) -> P:
    """Read a plan that was written to a file.

    Args:
        content: The file, as JSON.
        sort: What it is to be a plan of.
        model: What such plans are.
        subject: Where it lies.

    Raises:
        UsageError: It is none, or of something else.
    """
    file = read_file_of_plan(content, subject=subject)
    if file.of != sort:
        raise UsageError(
            f"it is a plan that `{_WRITTEN_BY[file.of]}` wrote",
            subject=subject,
            hint=carrying_out(file.of, subject),
        )
    try:
        return model.model_validate(file.plan)
    except ValidationError as error:
        raise _no_plan(_WRITTEN_BY[sort], error, subject) from error


def _no_plan(command: str, error: ValidationError, subject: str) -> UsageError:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return UsageError(f"not a plan that `{command}` wrote: {where} {first['msg']}", subject=subject)


def approved[P](plan: P, now: P, decided: Callable[[P], Decided], *, subject: str) -> P:
    """Return what is planned now, if it is what was approved.

    The file says what somebody agreed to; what is carried out is planned from what is there.

    Args:
        plan: The plan that was approved.
        now: What is planned for the same request now.
        decided: What plans of their sort decide.
        subject: Where the approved plan lies.

    Raises:
        RefusedError: The world moved, or the file is not as it was written; what differs is named.
    """
    was, would_be = decided(plan), decided(now)
    names = dict.fromkeys((*was.said, *would_be.said))
    moved = [name for name in names if was.said.get(name) != would_be.said.get(name)]
    if not moved and was.seen != would_be.seen:
        moved = ["something that it saw was written since"]
    if moved:
        raise RefusedError(
            f"the world is not what the plan saw: {', '.join(moved)}",
            subject=subject,
            hint="make a new plan with `--out`, and have that one approved",
        )
    return now


def decided_of_recovery(plan: Plan) -> Decided:
    """Return what a plan of a recovery decides."""
    return Decided(dict(_said(plan)), plan.seen)


def decided_of_dates(plan: ProcessorPlan) -> Decided:
    """Return what a plan of missed dates decides; how many others are due changes with each day."""
    steps = {step.processor: step.model_dump(exclude={"due"}) for step in plan.steps}
    others = {step.processor: sorted(step.lacking) for step in plan.others}
    said = {
        "the request": plan.request,
        **steps,
        "the processors that others wait for": others,
        "what is paused": paused(plan.fence),
    }
    return Decided(said, plan.seen)


_DECIDED_ELSEWHERE = {"steps", "seen", "fence", "takes", "passed_over", "came_first", "agreed"}
"""Fields that are compared in another way; how long it takes, and which other runs there are, decide
nothing."""


def _said(plan: Plan) -> Iterator[tuple[str, object]]:
    """Yield what a plan says of everything that it decides, with a name for it."""
    yield from sorted(_steps(plan).items())
    for name in sorted(Plan.model_fields.keys() - _DECIDED_ELSEWHERE - _OF_RUN):
        yield _NAMES.get(name, name), getattr(plan, name)
    yield "the run", tuple(getattr(plan, name) for name in sorted(_OF_RUN))
    yield "what is paused", paused(plan.fence)


_OF_RUN = {"run_id", "manifest_digest", "trust"}
_NAMES = {
    "request": "the request",
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


def paused(fence: PlannedFence | None) -> list[str] | None:
    """Return the names of what a plan pauses; None where it pauses nothing."""
    return None if fence is None else sorted(item.name for item in fence.writers)
