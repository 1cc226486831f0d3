"""What schedules, workflows and logs say of the platform's health. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from manifests.values import Resource
from recovery.health import Health, HealthFinding
from recovery.ops.facts import Execution, Facts, Frame, Logged, graded
from recovery.units import counted, listed

_PAGE = "runbooks/README.md"
_READ = "gcloud logging read 'severity>=ERROR' --freshness=1d --limit=50"
_BROKEN = ("DISABLED", "UPDATE_FAILED")
"""States that Cloud Scheduler sets, and no person (Cloud Scheduler REST, Job.State)."""
_GOOD = ("SUCCEEDED", "ACTIVE", "QUEUED")


def schedule_findings(jobs: Sequence[Resource], frame: Frame, _: Facts) -> Iterator[HealthFinding]:
    """Judge how the last call of each schedule ended; one that is paused calls nothing."""
    states = Counter(str(job.get("state", "ENABLED")) for job in jobs)
    enabled = [job for job in jobs if job.get("state", "ENABLED") == "ENABLED"]
    failed = sorted(_short(job) for job in enabled if job.get("status", {}).get("code"))
    broken = sorted(_short(job) for job in jobs if job.get("state") in _BROKEN)
    if broken:
        what = f"{counted(len(broken), 'schedule')} that the service stopped: {listed(broken)}"
        mend = _described(frame, broken[0])
        yield HealthFinding("schedules", "", Health.CRITICAL, what, mend=mend, page=_PAGE)
    share = len(failed) / len(enabled) if enabled else 0.0
    told = f"{counted(len(enabled), 'schedule')} call, {states['PAUSED']:,} are paused"
    if failed:
        health = graded(share, frame.operations.failed_schedules)
        what = f"{told}; the last call failed of {len(failed):,}: {listed(failed)}"
        mend = _described(frame, failed[0])
        yield HealthFinding("schedules", "", health, what, mend=mend, page=_PAGE)
    elif not broken:
        yield HealthFinding("schedules", "", Health.HEALTHY, f"{told}; no last call failed")


def workflow_findings(
    executions: Sequence[Execution], frame: Frame, _: Facts
) -> Iterator[HealthFinding]:
    """Judge how the last execution of each workflow ended, and when one last ended well."""
    if not executions:
        return
    bad = [item for item in executions if item.state not in _GOOD]
    for state in dict.fromkeys(item.state for item in bad):
        its = [item for item in bad if item.state == state]
        health = Health.WARNING if state else Health.UNKNOWN
        what = f"the last execution is {state}" if state else "never executed"
        names = [item.workflow for item in its]
        subject, told = (names[0], what) if len(its) == 1 else ("", f"{what}: {listed(names)}")
        mend = _executions(frame, its[0])
        yield HealthFinding("workflows", subject, health, told, mend=mend, page=_PAGE)
    good = len(executions) - len(bad)
    health = graded(good / len(executions), frame.operations.succeeded)
    if health is not Health.WARNING:
        what = f"{good} of {counted(len(executions), 'workflow')} ended well the last time"
        mend, page = (_executions(frame, bad[0]), _PAGE) if bad else ("", "")
        yield HealthFinding("workflows", "", health, what, mend=mend, page=page)
    yield from _last_good(executions, frame)


def _last_good(executions: Sequence[Execution], frame: Frame) -> Iterator[HealthFinding]:
    hours = frame.operations.workflow_hours
    since = frame.now - timedelta(hours=hours)
    if frame.is_off_season or any((it.succeeded_at or since) > since for it in executions):
        return
    what = f"no workflow has ended well for {hours:g} h"
    mend = _executions(frame, executions[0])
    yield HealthFinding("workflows", "", Health.WARNING, what, mend=mend, page=_PAGE)


def error_findings(logged: Logged, frame: Frame, _: Facts) -> Iterator[HealthFinding]:
    """Judge how many errors were logged since yesterday."""
    number = sum(logged.counts.values())
    health = graded(number, frame.operations.errors)
    most = sorted(logged.counts.items(), key=lambda item: (-item[1], item[0]))
    names = listed([f"{name} {count:,}" for name, count in most])
    told = counted(number, "error") if logged.is_whole else f"at least {counted(number, 'error')}"
    what = f"{told} in 24 h" + (f": {names}" if names else "")
    mend, page = (_READ, _PAGE) if number else ("", "")
    yield HealthFinding("errors", "", health, what, mend=mend, page=page)


def _short(job: Resource) -> str:
    return str(job["name"]).rpartition("/")[2]


def _described(frame: Frame, name: str) -> str:
    return f"gcloud scheduler jobs describe {name}{_located(frame)}"


def _executions(frame: Frame, item: Execution) -> str:
    return f"gcloud workflows executions list {item.workflow}{_located(frame)}"


def _located(frame: Frame) -> str:
    return "".join(f" --location={it}" for it in frame.operations.locations[:1])
