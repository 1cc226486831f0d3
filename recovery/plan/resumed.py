"""Decides again what is left of a plan that was begun: what its journal says is not believed. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from manifests.errors import ManifestAlteredError
from recovery.kinds.decision import Origin, Seen
from recovery.kinds.kind import Rules
from recovery.kinds.known import rules_of
from recovery.kinds.step import Step
from recovery.plan.model import Plan
from recovery.plan.whole import World, lost_of, point_of, visible, with_access
from recovery.unseen import FALL_BACK, Unseen


def resumed(plan: Plan, origin: Origin, world: World) -> Plan:
    """Return what of a begun plan is left, as the world is now.

    Args:
        plan: The plan from the journal.
        origin: What is brought back, without what the plan could not look at.
        world: The world as it is now.

    Raises:
        ManifestAlteredError: The plan is about something else than was asked for, or about it twice, or
            what it says was replaced is nothing that could have been.
    """
    covered = rules_of(plan.request.kinds)
    for step in plan.steps:
        if not any(rules.of((step,)) for rules in covered):
            _refuse_other(f"{step.kind} {step.name}")
    unseen = tuple(item for seen in world.values() for item in seen.unseen)
    known = visible(origin, {item.name for item in unseen}, plan.request)
    for rules in covered:
        if rules.from_run:
            _check_asked(rules, plan, origin)
    decided = {
        rules.kind: rules.resumed(rules.of(plan.steps), known, world[rules.kind], plan.request)
        for rules in covered
    }
    steps = tuple(step for item in decided.values() for step in item.steps)
    left = plan.model_copy(
        update={
            "recovery_point": (point := point_of(known, decided)),
            "cannot_bring_back": lost_of(known, decided, plan.request, plan.fallen_back, point),
            "steps": steps,
            "left_alone": tuple(name for item in decided.values() for name in item.left_alone),
            "came_first": tuple(_came_first(plan, steps)),
            "unseen": (*map(_as_begun, plan.unseen), *unseen),
            "passed_over": (),
        }
    )
    return with_access(left, known, world)


def _came_first(plan: Plan, steps: Iterable[Step]) -> Iterator[str]:
    """Tell what a journal says was done first, without its own words, and only of what is in the plan."""
    for step in steps:
        if any(told.startswith(f"{step.title}: ") for told in plan.came_first):
            yield f"{step.title}: done before the rest was planned, as the journal says"


def _as_begun(unseen: Unseen) -> Unseen:
    """Return what a journal says was not seen, without its own words: others can write there."""
    if unseen.is_damaged:
        why = "a file of it was damaged when the recovery began"
        return Unseen(name=unseen.name, why=why, hint=FALL_BACK, is_damaged=True)
    return Unseen(name=unseen.name, why="it could not be looked at when the recovery began")


def _check_asked(rules: Rules[Seen], plan: Plan, origin: Origin) -> None:
    """Refuse a plan that is not about what was asked for, once each."""
    planned = Counter(step.name for step in rules.of(plan.steps) if step.followed)
    # What differs may have been left: the plan says so where only what is missing was asked for.
    left: Collection[str] = plan.left_alone if plan.request.only_missing else ()
    asked = rules.asked(origin.run, plan.request)
    twice = {name for name, count in planned.items() if count > 1}
    lacking = set() if rules.leaves_out else asked - planned.keys() - set(left)
    if other := (planned.keys() - asked) | lacking | twice:
        _refuse_other(f"{rules.noun} {min(other)}")


def _refuse_other(subject: str) -> None:
    raise ManifestAlteredError("the plan is not about what was asked for", subject=subject)
