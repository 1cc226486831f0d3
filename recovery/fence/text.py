"""Tells a person of a fence and of a thaw, line by line. Pure."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from manifests.catalog_writers import FlowCheck
from recovery.fence.due import Due
from recovery.fence.model import (
    Discarding,
    FencedWriter,
    FenceOutcome,
    FenceRecord,
    Quiet,
    ThawStep,
)
from recovery.fence.regions import called_alike, in_region
from recovery.units import age, counted, duration, listed, shown

_HOUR_SECONDS = 3600
_MOST_TIMES = 6
_SUBSCRIPTION = "pubsub/subscription"
_KEPT = (
    "note   what waits for a subscription is kept for its retention, 7 days unless set, and one "
    "that nobody uses expires, after 31 days unless set"
)
"""Pub/Sub REST, Subscription: messageRetentionDuration, expirationPolicy."""
_OF_EVENTARC = "eventarc-"
"""Eventarc, Retry events: the id of each subscription that it makes begins so."""
_EVENTS = "note   events that wait for a trigger of Eventarc are kept for 24 hours unless set"

_ANSWERING = (
    "  note   requests that services of Cloud Run answer, and Storage Transfer jobs, are in no list here: "
    "what they write is seen only if they write while it is looked"
)
"""A request of before a fence may take an hour (Cloud Run, Set request timeout); no API lists them.

Cloud Monitoring counts them when they are answered (run.googleapis.com/request_count), and shows some minutes
late how many an instance answered at once (run.googleapis.com/container/max_request_concurrencies): whether
that is nothing when the last one ended is unproven.
"""


def fence_lines(record: FenceRecord) -> list[str]:
    """Say what a fence pauses, and what it leaves."""
    lines = [f"fence {', '.join(record.things)}"]
    alike = called_alike(record.writers, (*record.unsubscribed, *record.idle))
    for item in record.writers:
        region = in_region(item.name) if item.name in alike else ""
        told = f"{short_name(item)}{region}  {writes_text(item, record.things)}"
        other = record.held_by.get(item.name)
        lines.append(f"  paused {told} (by {other} already)" if other else f"  pause  {told}")
    lines += [f"  leave  {unsubscribed_text(name)}" for name in record.unsubscribed]
    lines += [f"  leave  {name} (it does not run)" for name in record.idle]
    if any(item.type == _SUBSCRIPTION for item in record.writers):
        lines.append(f"  {_KEPT}")
    if any(_own_name(item).startswith(_OF_EVENTARC) for item in record.writers):
        lines.append(f"  {_EVENTS}")
    paused = sum(item.name in record.held_by for item in record.writers)
    to_pause = counted(len(record.writers) - paused, "writer")
    told = f"{to_pause} to pause, {paused + len(record.idle)} paused already"
    gone = len(record.unsubscribed)
    lines.append(f"{told}, {counted(gone, 'trigger')} without a subscription" if gone else told)
    return lines


def writes_text(writer: FencedWriter, things: Collection[str]) -> str:
    """Say what of all that is fenced a writer writes."""
    is_all = len(things) > 1 and set(things) <= set(writer.writes)
    return f"writes {'all that is fenced' if is_all else ', '.join(map(shown, writer.writes))}"


def unsubscribed_text(name: str) -> str:
    """Say why a trigger writes nothing."""
    return f"{name}: its subscription is gone, and it delivers nothing"


def thaw_lines(
    record: FenceRecord, steps: Sequence[ThawStep], check: FlowCheck | None = None
) -> list[str]:
    """Say what a thaw resumes, what it leaves and why, and how long it may wait in between.

    Args:
        record: The fence.
        steps: What happens to each writer.
        check: The flow check that is run in between; None for none.
    """
    lines = [f"thaw {record.fence_id} ({', '.join(record.things)})"]
    lines += [
        f"  resume  {short_name(step)}{_to(step)}" for step in steps if step.action == "resume"
    ]
    lines += _leaving(step for step in steps if step.action == "leave")
    resumed = sum(step.action == "resume" for step in steps)
    lines.append(f"{counted(resumed, 'writer')} to resume, {len(steps) - resumed} left as they are")
    if check is not None:
        most = duration(check.within_seconds)
        lines.append(
            f"behind wave {check.after} it runs {check.schedule}, and waits for at most {most} until "
            f"{check.produces} is written: `--no-check` leaves that out"
        )
    return lines


def _leaving(steps: Iterable[ThawStep]) -> Iterator[str]:
    """Say which writers a thaw leaves, and why: a reason that several have once, above their names."""
    for why, alike in _by_reason(steps).items():
        if len(alike) == 1:
            yield f"  leave   {short_name(alike[0])}: {why}"
        else:
            yield f"  leave   {counted(len(alike), 'writer')}: {why}"
            yield from (f"          {short_name(step)}" for step in alike)


def _by_reason(steps: Iterable[ThawStep]) -> dict[str, list[ThawStep]]:
    reasons: dict[str, list[ThawStep]] = {}
    for step in steps:
        reasons.setdefault(step.why, []).append(step)
    return reasons


def flow_line(check: FlowCheck, later: int) -> str:
    """Say what a flow check awaits, for how long, what ends it, and what is paused until then.

    Args:
        check: The check.
        later: How many writers are resumed behind it.
    """
    most, writers = duration(check.within_seconds), counted(later, "writer")
    return (
        f"flow check: {check.schedule} is run, {check.produces} awaited for at most {most}; nothing by then "
        f"ends it with exit code 7, Ctrl-C with 130, and leaves {writers} of later waves paused; "
        "`--no-check` leaves it out"
    )


def staying_lines(steps: Iterable[ThawStep]) -> list[str]:
    """Say which writers stay paused behind a thaw: those of one reason in one line."""
    return [_staying(why, alike) for why, alike in _by_reason(steps).items()]


def _staying(why: str, alike: Sequence[ThawStep]) -> str:
    if len(alike) == 1:
        command = f": `rebound thaw {alike[0].held_by}`" if alike[0].held_by else ""
        return f"stays paused: {short_name(alike[0])}: {why}{command}"
    number = f"{len(alike)} writers stay paused"
    if not (fence := alike[0].held_by):
        return f"{number}, the first: {short_name(alike[0])}: {why}"
    held = f"{number}, {fence} holds them: `rebound thaw {fence}`"
    return "; ".join(filter(None, (held, alike[0].doubt)))


def due_lines(
    coming: Sequence[tuple[ThawStep, Due]], record: FenceRecord, *, seek_past: bool
) -> list[str]:
    """Tell what writers do within the next hour, once they are resumed.

    Args:
        coming: What each does.
        record: Their fence.
        seek_past: Whether what waits for subscriptions is to be discarded.
    """
    lines = []
    for step, item in coming:
        name = short_name(step)
        if item.times is None:
            lines.append(f"  unknown  {name}: its schedule is in words")
        elif item.times:
            times = ", ".join(f"{time:%H:%M}" for time in item.times[:_MOST_TIMES])
            left = len(item.times) - _MOST_TIMES
            lines.append(f"  fires    {name} at {times}{f' and {left} more' * (left > 0)} UTC")
    since = f"since {record.fenced_at:%Y-%m-%d %H:%M} UTC"
    then = "is sought past" if seek_past else "is delivered at once"
    does = "seeks" if seek_past else "delivers"
    lines += [f"  {does:<8} {waiting} {since} {then}" for waiting in _waiting(coming)]
    if any(item.waits for _, item in coming) and not seek_past:
        lines.append("  hint: `--seek-past` discards what waits, also what comes until then")
    return [f"in the hour after a thaw of {record.fence_id}:", *lines] if lines else []


def _waiting(coming: Iterable[tuple[ThawStep, Due]]) -> Iterator[str]:
    """Say what waits for each subscription; those for which as many messages wait are told as one."""
    alike: dict[int | None, list[ThawStep]] = {}
    for step, item in coming:
        if item.waits:
            alike.setdefault(item.messages, []).append(step)
    for messages, steps in alike.items():
        who, each = short_name(steps[0]), ""
        if len(steps) > 1:
            names = listed([_own_name(step) for step in steps])
            who, each = f"{counted(len(steps), 'subscription')} ({names})", " each"
        told = "nobody knows how many messages,"
        if messages is not None:
            told = f"{counted(messages, 'message')}{each} some minutes ago,"
        yield f"{who}: what waits, {told}"


def outcome_lines(outcomes: Iterable[FenceOutcome], done: str) -> list[str]:
    """Say what became of each writer.

    Args:
        outcomes: How each ended.
        done: What they were to become: `paused`, `resumed`.
    """
    found = list(outcomes)
    lines = [f"  FAILED  {short_name(item)}: {item.failure}" for item in found if item.failure]
    good = sum(not item.failure for item in found)
    return [*lines, f"{good} of {counted(len(found), 'writer')} {done}"]


def sought_lines(resumed: Sequence[FenceOutcome], discarding: Discarding) -> list[str]:
    """Say what was discarded, once no push can deliver it any more.

    Args:
        resumed: The subscriptions that are pushed again.
        discarding: What was discarded, and how long that was waited for.
    """
    return [
        f"  discarded  what waited for {short_name(item)} before "
        f"{discarding.before:%Y-%m-%dT%H:%M:%SZ}; it is pushed again {duration(discarding.seconds)} "
        "after that was ordered"
        for item in resumed
        if item.type == _SUBSCRIPTION and not item.failure
    ]


def quiet_lines(found: Quiet) -> list[str]:
    """Say whether anything was written after the writers were paused."""
    sorts = [counted(number, sort) for sort, number in found.looked_at.items()]
    looked = f"{', '.join(sorts) or 'nothing'} looked at for {duration(found.seconds)}"
    took = f", the longest look took {duration(found.look_seconds)}"
    lines = [f"  WRITTEN {name}" for name in found.changed]
    lines += [f"  RUNNING {name}" for name in found.running]
    lines.append(f"{looked}: {len(found.changed)} of them written{took}")
    lines += [f"  UNKNOWN {name}" for name in found.unknown]
    return [*lines, _ANSWERING]


def standing_lines(
    standing: Sequence[FenceRecord], *, now: datetime, most_hours: float
) -> list[str]:
    """List the fences that stand, and which of them stand too long."""
    lines = []
    for record in standing:
        seconds = (now - record.fenced_at).total_seconds()
        late = f"  LONGER THAN {most_hours:g} h" if is_late(record, now, most_hours) else ""
        lines += [
            f"{record.fence_id}  {age(seconds)}  {counted(len(record.writers), 'writer')}{late}",
            f"    {', '.join(record.things)}{f': {record.why}' if record.why else ''}",
        ]
        if any(item.type == _SUBSCRIPTION for item in record.writers):
            lines.append(f"    {_KEPT}")
    return lines or ["no fence stands"]


def is_late(record: FenceRecord, now: datetime, most_hours: float) -> bool:
    """Whether a fence stands longer than the catalog allows."""
    return (now - record.fenced_at).total_seconds() > most_hours * _HOUR_SECONDS


def _to(step: ThawStep) -> str:
    account = f" as {step.account}" if step.account else ""
    return f"  sends to {step.address}{account}" if step.address else ""


def short_name(item: FencedWriter | ThawStep | FenceOutcome) -> str:
    """Return how a line names a writer."""
    return f"{item.type} {_own_name(item)}"


def _own_name(item: FencedWriter | ThawStep | FenceOutcome) -> str:
    return item.name.rpartition("/")[2]
