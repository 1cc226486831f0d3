"""Which resources of the platform's configuration go back after a recovery. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import ResourceType
from manifests.values import Resource
from recovery.compare.digest import Digest
from recovery.compare.findings import Finding
from recovery.kinds.former import Former
from recovery.kinds.resources.rules.planning import findings
from recovery.kinds.resources.rules.policies import Grant, taken
from recovery.kinds.resources.rules.steps import ConfigurationOutcome
from recovery.undo.model import AS_BEFORE, UndoStep
from recovery.undo.shared import GONE, MADE, without_former
from recovery.units import counted

_STAYS = {
    "serviceusage/service": "a service that is enabled stays so: what uses it by now would stop",
    "iam/role": "a role that is deleted keeps its id for weeks, so that none could be made again",
}
"""What is not removed again (IAM, Create and manage custom roles, Deleting a custom role)."""
_MADE_AT = ("createTime", "creationTime")


class SeenAgain(NamedTuple):
    """What is known of one resource.

    Attributes:
        wanted: What the recovery made it: as the backup has it, with the names of now.
        live: It as it is; None where there is none.
        policy: Its IAM policy as it is.
        former: What it was before it was changed; None where nobody wrote that down.
        holds: What is in it that nothing brings back, as the values of a secret.
        began_at: When the recovery began.
        is_archive_ours: Whether it is built from what the recovery built it from.
        archive: The SHA-256 of what it would be built from again; empty where it is built from that,
            or was not built from anything else.
        archive_problem: Why that is not kept; empty where it is.
    """

    wanted: Resource
    live: Resource | None
    policy: Resource | None
    former: Former | None
    holds: str
    began_at: datetime
    is_archive_ours: bool = True
    archive: str = ""
    archive_problem: str = ""


def undo_resource(outcome: ConfigurationOutcome, seen: SeenAgain) -> UndoStep:
    """Decide what happens to one resource."""
    kind = resource_type(outcome.type)
    step = step_of(outcome).model_copy(update={"seen": _seen(seen)})
    if outcome.action in ("create", "undelete"):
        return _made(step, kind, outcome, seen)
    granted = () if seen.policy is None else granted_now(outcome.granted, seen.policy)
    taking = tuple(f"takes {item.role} from {item.member}" for item in granted)
    if outcome.action == "update":
        changed = _changed(step, kind, outcome, seen)
        if changed.action != "leave" or not taking:
            return changed.model_copy(update={"told": (*changed.told, *taking)})
    elif not outcome.granted:
        return step.because("leave", "the recovery left it as it was")
    if not taking:
        return step.because("leave", AS_BEFORE)
    return step.because("put back", f"without {counted(len(taking), 'grant')}", *taking)


def step_of(outcome: ConfigurationOutcome) -> UndoStep:
    """Return what is told of one resource before it is looked at."""
    return UndoStep(kind=outcome.kind, name=outcome.name, into=outcome.into, action="leave", why="")


def granted_now(grants: Sequence[Grant], policy: Resource) -> tuple[Grant, ...]:
    """Return those of some grants that a policy has."""
    return tuple(item for item in dict.fromkeys(grants) if taken(policy, [item]) is not None)


def fields_to_set(kind: ResourceType, former: Resource, live: Resource) -> frozenset[str]:
    """Return the fields in which a resource is not what it was."""
    return frozenset(map(_field, findings(kind, former, live)))


def _made(
    step: UndoStep, kind: ResourceType, outcome: ConfigurationOutcome, seen: SeenAgain
) -> UndoStep:
    if seen.live is None:
        return step.because("leave", GONE)
    if why := _stays(kind, outcome, seen.live, seen):
        return step.cannot(why)
    if since := _since(kind, seen, seen.live):
        return step.cannot("it was changed since the recovery", *since)
    lost = f"; with it go its {', '.join(kind.not_held)}" if kind.not_held else ""
    return step.because("remove", f"{MADE}{lost}")


def _stays(
    kind: ResourceType, outcome: ConfigurationOutcome, live: Resource, seen: SeenAgain
) -> str:
    """Return why a resource that was made stays, whatever it is; empty where it may go."""
    if kind.name in _STAYS:
        return _STAYS[kind.name]
    made_at = next((live[name] for name in _MADE_AT if name in live), None)
    if outcome.action == "create" and made_at and datetime.fromisoformat(made_at) < seen.began_at:
        return f"it was made at {made_at}, before the recovery began"
    return f"{seen.holds} would be lost with it" if seen.holds else ""


def _changed(
    step: UndoStep, kind: ResourceType, outcome: ConfigurationOutcome, seen: SeenAgain
) -> UndoStep:
    if seen.former is None or seen.former.resource is None:
        return step.because(*without_former(outcome))
    if seen.live is None:
        return step.cannot("it is gone")
    back = list(findings(kind, seen.former.resource, seen.live))
    if not back and not seen.archive:
        return step.because("leave", AS_BEFORE)
    # A field is set as a whole.
    since = {_field(item) for item in findings(kind, seen.wanted, seen.live)}
    theirs = [item.text for item in back if _field(item) in since]
    if seen.archive and not seen.is_archive_ours:
        theirs.append("what it is built from")
    if theirs or seen.archive_problem:
        why = f"what it was built from {seen.archive_problem}"
        return step.cannot("it was changed since the recovery" if theirs else why, *theirs)
    told = [item.text_to for item in back]
    told += [f"built again from what has the SHA-256 {seen.archive}"] if seen.archive else []
    return step.because("put back", "as it was before the recovery", *told)


def _field(item: Finding) -> str:
    return item.aspect.partition(".")[0]


def _since(kind: ResourceType, seen: SeenAgain, live: Resource) -> list[str]:
    """Return how a resource is not what the recovery made it, but for its being stopped or not."""
    field = kind.pause_of(seen.wanted).field if kind.pauses else ""
    wanted, now = (
        {key: value for key, value in item.items() if key != field} for item in (seen.wanted, live)
    )
    told = [item.text for item in findings(kind, wanted, now)]
    return told if seen.is_archive_ours else [*told, "what it is built from"]


def _seen(seen: SeenAgain) -> str:
    digest = Digest()
    digest.add(seen.live, seen.policy, seen.holds, seen.is_archive_ours, seen.archive)
    return digest.text
