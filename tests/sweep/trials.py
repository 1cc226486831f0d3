"""One fault at one call of a work, and what became of it.

A call that fails loudly is made again, as the schedule or an operator would: then everything has to
be right. What ends well has to be right at once.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from tests.harness import Rebound
from tests.standin.cloud import SERVICES, Service
from tests.sweep.works import work_on
from tests.sweep.world import Worlds

type Verdict = Literal["not fired", "right at once", "loud", "wrong"]

_HTTP: tuple[Service, ...] = ("storage", "bigquery", "platform")


class FaultKind(NamedTuple):
    """What happens to a call.

    Attributes:
        how: The fault, as `tests.standin.faults` takes it.
        services: Where it can happen.
        is_final: Whether it says that another try would not help, so that none needs to be made.
    """

    how: Mapping[str, Any]
    services: tuple[Service, ...] = SERVICES
    is_final: bool = False


_STATUSES = (403, 404, 409, 412, 429, 503)
_FINAL = (403, 409, 412)
_CODES = ("NOT_FOUND", "ABORTED", "UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED")
KINDS = {
    **{
        str(status): FaultKind(
            {"kind": "status", "status": status}, _HTTP, is_final=status in _FINAL
        )
        for status in _STATUSES
    },
    **{code: FaultKind({"kind": "status", "reason": code}, ("firestore",)) for code in _CODES},
    "reset": FaultKind({"kind": "reset"}),
    "lost": FaultKind({"kind": "lost"}),
    "truncate": FaultKind({"kind": "truncate"}),
    "stall": FaultKind({"kind": "stall", "seconds": 0.2}, _HTTP),
    "latency": FaultKind({"kind": "latency", "seconds": 0.2}),
    # A flipped byte of JSON is for TLS to find; of content, checksums have to.
    "flip": FaultKind({"kind": "flip", "match": "alt=media"}, ("storage",)),
}


class Trial(NamedTuple):
    """One fault: in which work, at which call of which service."""

    work: str
    service: Service
    position: int
    kind: str


class Result(NamedTuple):
    """What became of a trial.

    Attributes:
        verdict: The outcome in a word.
        why: What was wrong, or how it was told.
        call: The call that the fault fired at.
    """

    trial: Trial
    verdict: Verdict
    why: str = ""
    call: str = ""


def calls(worlds: Worlds, work: str) -> dict[Service, list[str]]:
    """Return the calls that a work makes to each service, undisturbed."""
    worker = work_on(worlds, work)
    rebound = worker.rebound
    for service in SERVICES:
        _order(rebound, service, {"kind": "latency", "seconds": 0.0}, times=None)
    ended = worker.begin()
    removed = {service: rebound.cloud.clear_faults(service) for service in SERVICES}
    problem = ended.problem or worker.wrong()
    assert ended.is_done, ended
    assert not problem, problem
    worker.leave()
    return {
        service: [call for item in faults for call in item["calls"]]
        for service, faults in removed.items()
    }


def trials(worlds: Worlds, work: str, kinds: Iterable[str] = KINDS) -> list[Trial]:
    """Return every trial of a work with some kinds of faults."""
    return [
        Trial(work, service, position, kind)
        for service, made in calls(worlds, work).items()
        for kind in kinds
        if service in KINDS[kind].services
        for position in range(sum(KINDS[kind].how.get("match", "") in call for call in made))
    ]


def attempt(worlds: Worlds, trial: Trial) -> Result:
    """Do a work with one fault, and judge what it ended with."""
    kind = KINDS[trial.kind]
    worker = work_on(worlds, trial.work)
    _order(worker.rebound, trial.service, kind.how, skip=trial.position)
    try:
        ended = worker.begin(may_refuse=kind.is_final)
    finally:
        (fault,) = worker.rebound.cloud.clear_faults(trial.service)
    call = fault["calls"][0] if fault["calls"] else ""
    again = ended if ended.is_done else worker.go_on()
    problem = ended.problem or again.problem or ("" if again.is_done else f"then {again.told}")
    if wrong := problem or worker.wrong():
        worker.mend()
        return Result(trial, "wrong", f"{wrong}; told: {ended.told}", call)
    worker.leave()
    if not call:
        return Result(trial, "not fired")
    return Result(trial, "right at once" if ended.is_done else "loud", ended.told, call)


def _order(rebound: Rebound, service: Service, how: Mapping[str, Any], **more: Any) -> None:  # noqa: ANN401 - JSON
    match = f"{rebound.project}.*{how.get('match', '')}"
    rebound.cloud.order(service, "faults", operation=".*", **{**how, "match": match, **more})
