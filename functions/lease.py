"""One writer a run: an object with an expiry, changed only under its generation.

`max_instance_count` is no mutex (Cloud Functions, scaling), and Cloud Scheduler delivers at least
once, so the lock is an object: creating it needs that there is none, renewing it needs that nobody
changed it, and an expired one can be taken over.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import datetime, timedelta

import structlog

from manifests import layout
from manifests.cloud.objects import Bucket
from manifests.errors import LeaseLostError, ReboundError, RunInProgressError
from manifests.model import LeaseRecord, RunId
from manifests.store import decode, encode

log = structlog.get_logger()


class Lease:
    """A held lease; `check` says whether it still is."""

    def __init__(self, lost: threading.Event, run_id: RunId) -> None:
        self._lost = lost
        self._run_id = run_id

    def check(self) -> None:
        """Stop when the lease was taken over.

        Raises:
            LeaseLostError: Another process writes this run now.
        """
        if self._lost.is_set():
            raise LeaseLostError("another process took the run over", subject=self._run_id)


@contextmanager
def holding(
    landing: Bucket,
    run_id: RunId,
    *,
    holder: str,
    lease_seconds: float,
    clock: Callable[[], datetime],
) -> Generator[Lease]:
    """Hold the lease of a run, renewing it until the work ends.

    Args:
        landing: The bucket leases are kept in.
        run_id: The run.
        holder: A name no other process has.
        lease_seconds: How long a silent holder keeps others out.
        clock: Gives the present instant.

    Raises:
        RunInProgressError: Another process holds it.
    """
    name = layout.lease_name(run_id)

    def record() -> bytes:
        expires_at = clock() + timedelta(seconds=lease_seconds)
        return encode(LeaseRecord(run_id=run_id, holder=holder, expires_at=expires_at))

    generation = _acquire(landing, name, record(), holder=holder, now=clock())
    done, lost = threading.Event(), threading.Event()

    def renew() -> None:
        nonlocal generation
        expires_at = clock() + timedelta(seconds=lease_seconds)
        while not done.wait(lease_seconds / 3):
            renewed_at = clock()
            try:
                renewed = _put(landing, name, record(), holder=holder, over=generation)
            except ReboundError as error:
                log.warning("lease not renewed", reason=str(error))
                held = clock() < expires_at
            else:
                expires_at = renewed_at + timedelta(seconds=lease_seconds)
                held, generation = renewed is not None, renewed or generation
            if not held:
                lost.set()
                return

    renewing = threading.Thread(target=copy_context().run, args=(renew,), name="lease", daemon=True)
    renewing.start()
    try:
        yield Lease(lost, run_id)
    finally:
        done.set()
        renewing.join()
        _release(landing, name, generation)


def _acquire(landing: Bucket, name: str, content: bytes, *, holder: str, now: datetime) -> int:
    found = landing.read_with_generation(name)
    if found is not None:
        current = decode(found[0], LeaseRecord, subject=name)
        if current.expires_at > now:
            raise RunInProgressError(
                f"{current.holder} is writing this run until {current.expires_at:%H:%M:%S}Z",
                subject=current.run_id,
                hint="call again later; a run that is complete answers 200",
            )
        log.warning("taking over an expired lease", holder=current.holder)
    generation = _put(landing, name, content, holder=holder, over=found[1] if found else 0)
    if generation is None:
        raise RunInProgressError(
            "another process was faster", subject=name, hint="call again later"
        )
    return generation


def _put(landing: Bucket, name: str, content: bytes, *, holder: str, over: int) -> int | None:
    """Write a lease over a generation, and return its own, or None when another holds it.

    A refused write can have been our own first try, whose answer was lost.
    """
    generation = landing.put_if(name, content, generation=over)
    if generation is not None:
        return generation
    found = landing.read_with_generation(name)
    if found is None or decode(found[0], LeaseRecord, subject=name).holder != holder:
        return None
    return found[1]


def _release(landing: Bucket, name: str, generation: int) -> None:
    # A lease that could not be removed runs out by itself; what the run ended with is told instead.
    try:
        landing.delete(name, generation=generation)
    except ReboundError as error:
        log.warning("lease not released", reason=str(error))
