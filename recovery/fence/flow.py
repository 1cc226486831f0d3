"""Shows that a platform that was made anew works: runs one schedule, and waits for what it has to write."""

import time
from collections.abc import Callable

from manifests.catalog_writers import FenceRule, FlowCheck
from manifests.errors import CloudError, NotEqualError, UsageError
from manifests.kinds.resources.table import resource_type
from manifests.values import Resource
from recovery.fence.quiet import FenceLooks, changed
from recovery.fence.work import Fencing
from recovery.units import duration

_JOB = resource_type("scheduler/job")
_PAUSE_SECONDS = 5.0
_TOLD_EVERY_SECONDS = 30.0


def run_flow_check(
    fencing: Fencing,
    looking: FenceLooks,
    rule: FenceRule,
    check: FlowCheck,
    *,
    project: str,
    tell: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> float:
    """Run the schedule of a check, and wait until what it produces is written.

    Args:
        fencing: Runs the schedule.
        looking: Looks at what it produces.
        rule: Where schedules are.
        check: The check.
        project: The project of the schedule.
        tell: Told every half minute how much time has passed.
        sleep: Waits so many seconds.

    Returns:
        How many seconds it took, about.

    Raises:
        NotEqualError: Nothing was written in time.
        UsageError: There is no such schedule.
        CloudError: It could not be run.
    """
    name, _ = _schedule(fencing, rule, check, project)
    before = looking.look((check.produces,))
    if why := before.unknown.get(check.produces):
        raise NotEqualError(f"it could not be looked at: {why}", subject=check.produces)
    unsaid = _run(fencing, name)
    waited, told = 0.0, 0.0
    while waited < check.within_seconds:
        pause = min(_PAUSE_SECONDS, max(0.25, waited / 4), check.within_seconds - waited)
        sleep(pause)
        waited += pause
        if changed(before, looking.look((check.produces,))):
            return waited
        if waited - told >= _TOLD_EVERY_SECONDS:
            told = waited
            most = duration(check.within_seconds)
            tell(f"flow check: {duration(waited)} of at most {most} passed, nothing written yet")
    _, job = _schedule(fencing, rule, check, project)
    code = (job.get("status") or {}).get("code")
    ended = f"; the schedule ended with code {code}" if code else ""
    raise NotEqualError(
        f"nothing was written to {check.produces} within {check.within_seconds} s{ended}{unsaid}",
        subject=f"flow check {check.schedule}",
        hint="writers of later waves stay paused; find out why, then `rebound thaw` goes on, with "
        "`--no-check` without it",
    )


def _run(fencing: Fencing, name: str) -> str:
    """Run a schedule once, and return what is to be told of that; it may run though nobody says so.

    Raises:
        CloudError: It was refused.
    """
    try:
        fencing.run(_JOB, name)
    except CloudError as error:
        if not error.retryable:
            raise
        return f"; whether it ran was not answered: {error.message}"
    return ""


def _schedule(
    fencing: Fencing, rule: FenceRule, check: FlowCheck, project: str
) -> tuple[str, Resource]:
    """Return the schedule of a check, in the first location that has it."""
    for location in rule.locations:
        name = f"projects/{project}/locations/{location}/jobs/{check.schedule}"
        if (job := fencing.resource(_JOB, name)) is not None:
            return name, job
    raise UsageError(
        f"no such schedule in {', '.join(rule.locations)}",
        subject=check.schedule,
        hint="the catalog's `flow_check` names it; `--no-check` goes on without",
    )
