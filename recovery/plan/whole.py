"""Decides a whole recovery, kind by kind."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from manifests.errors import NoRecoveryPointError
from manifests.selection import PassedOver
from recovery.kinds.decision import Decision, Origin, Seen
from recovery.kinds.known import rules_of
from recovery.plan.asked import check_covered, check_names
from recovery.plan.fallen import FallBack, written_between
from recovery.plan.lost import never_held
from recovery.plan.model import Plan
from recovery.request import Request
from recovery.scenarios import RecoveryKind

type World = Mapping[RecoveryKind, Seen]
"""The things of each kind that a recovery is about, as they are."""


def make_plan(
    origin: Origin,
    world: World,
    request: Request,
    *,
    passed_over: tuple[PassedOver, ...] = (),
    fallen_back: tuple[FallBack, ...] = (),
) -> Plan:
    """Decide what a recovery does.

    Args:
        origin: What is brought back, in the form in which it is.
        world: The world as it is.
        request: What the operator asked for.
        passed_over: The runs that could not be chosen, and why.
        fallen_back: What comes from an older run.

    Raises:
        NoRecoveryPointError: Nothing holds anything of what the scenario brings back.
        UsageError: Something that was asked for is not in the run.
    """
    if origin.manifest is not None:
        check_covered(origin.manifest, request)
        check_names(origin.manifest, request, protected=origin.protected)
    unseen = tuple(item for seen in world.values() for item in seen.unseen)
    origin = visible(origin, {item.name for item in unseen}, request)
    decided = {
        rules.kind: rules.plan(origin, world[rules.kind], request)
        for rules in rules_of(request.kinds)
    }
    point = point_of(origin, decided)
    made = Plan(
        request=request,
        run_id=None if origin.manifest is None else origin.manifest.run_id,
        recovery_point=point,
        steps=tuple(step for item in decided.values() for step in item.steps),
        fallen_back=fallen_back,
        cannot_bring_back=lost_of(origin, decided, request, fallen_back, point),
        passed_over=passed_over,
        unseen=unseen,
        left_alone=tuple(name for item in decided.values() for name in item.left_alone),
    )
    return with_access(made, origin, world)


def visible(origin: Origin, hidden: set[str], request: Request) -> Origin:
    """Return what of a run can be planned: all but what could not be looked at.

    Args:
        origin: What is brought back.
        hidden: What could not be looked at.
        request: What the operator asked for.
    """
    if origin.manifest is None:
        return origin
    manifest = origin.manifest
    for rules in rules_of(request.kinds):
        manifest = rules.visible(manifest, hidden)
    return origin._replace(manifest=manifest)


def with_access(plan: Plan, origin: Origin, world: World) -> Plan:
    """Return a plan that says what it changes about who may see what.

    Args:
        plan: The plan, which may come from a journal: what that says of access is not believed.
        origin: What is brought back.
        world: Who may see what now.

    Raises:
        ManifestAlteredError: The plan names what is not in its run.
    """
    changes = (
        change
        for rules in rules_of(plan.request.kinds)
        for change in rules.access(
            rules.of(plan.steps), origin, world[rules.kind], plan.request.target
        )
    )
    return plan.model_copy(update={"access": tuple(changes)})


def point_of(origin: Origin, decided: Mapping[RecoveryKind, Decision]) -> datetime:
    """Return the recovery point: that of the run, or the oldest to which anything goes back."""
    if origin.manifest is not None:
        return origin.manifest.recovery_point
    points = [item.point for item in decided.values() if item.point is not None]
    if not points:
        raise NoRecoveryPointError("no run was chosen, and what is brought back comes from one")
    return min(points)


def lost_of(
    origin: Origin,
    decided: Mapping[RecoveryKind, Decision],
    request: Request,
    fallen_back: Iterable[FallBack],
    point: datetime,
) -> tuple[str, ...]:
    """Return what no recovery brings back.

    Args:
        origin: What is brought back.
        decided: What is decided of each kind.
        request: What the operator asked for.
        fallen_back: What comes from an older run.
        point: The recovery point.
    """
    return (
        *written_between(fallen_back, point),
        *(note for item in decided.values() for note in item.lost),
        *_never_held(origin, request),
    )


def _never_held(origin: Origin, request: Request) -> Iterator[str]:
    if origin.manifest is not None:
        unlisted = {name for rules in rules_of(request.kinds) for name in rules.unlisted}
        yield from never_held(origin.manifest, unlisted)
