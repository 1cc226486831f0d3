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
from manifests.model import LeaseRecord, PruneRecord, RunId
from manifests.store import decode, encode

log = structlog.get_logger()


class Lease:
    """A held lease; `check` says whether it still is.

    Args:
        landing: The bucket leases are kept in.
        run_id: The run.
        holder: A name for this process that no other process has.
        lease_seconds: After how many silent seconds another process may take over.
        clock: Gives the present instant.

    Raises:
        RunInProgressError: Another process holds it.
    """

    def __init__(
        self,
        landing: Bucket,
        run_id: RunId,
        *,
        holder: str,
        lease_seconds: float,
        clock: Callable[[], datetime],
    ) -> None:
        self._landing = landing
        self._run_id = run_id
        self._holder = holder
        self._term = timedelta(seconds=lease_seconds)
        self._clock = clock
        self._name = layout.lease_name(run_id)
        self._is_over, self._is_lost = threading.Event(), threading.Event()
        now = clock()
        self._expires_at = now + self._term
        self._generation = _acquire(
            landing, self._name, self._record(self._expires_at), holder=holder, now=now
        )

    def check(self) -> None:
        """Stop when the lease was taken over, or could have been: a machine can stand still.

        Raises:
            LeaseLostError: Another process writes this run now, or may.
        """
        if self._is_lost.is_set() or self._clock() >= self._expires_at:
            raise LeaseLostError("another process took the run over", subject=self._run_id)

    def renew(self) -> None:
        """Renew the lease again and again, until it is released or lost."""
        while not self._is_over.wait(self._term.total_seconds() / 3):
            expires_at = self._clock() + self._term
            try:
                renewed = _put(
                    self._landing,
                    self._name,
                    self._record(expires_at),
                    holder=self._holder,
                    over=self._generation,
                )
            except ReboundError as error:
                log.warning("lease not renewed", reason=str(error))
                continue
            if renewed is None:
                self._is_lost.set()
                return
            self._generation, self._expires_at = renewed, expires_at

    def refuse_while_pruning(self) -> None:
        """Refuse to write the run while contents are pruned, to one of which it could refer.

        A prune that begins later sees this lease.

        Raises:
            RunInProgressError: Contents are being pruned.
        """
        content = self._landing.read(layout.PRUNE_NAME)
        if content is None:
            return
        until = decode(content, PruneRecord, subject=layout.PRUNE_NAME).expires_at
        if until > self._clock():
            raise RunInProgressError(
                f"contents of buckets are being pruned, at least until {until:%H:%M:%S}Z",
                subject=self._run_id,
                hint="call again later",
            )

    def end_renewing(self) -> None:
        """Let `renew` return."""
        self._is_over.set()

    def release(self) -> None:
        """Let others write the run, when nothing renews the lease any more."""
        # One that could not be removed runs out by itself; what the run ended with is told instead.
        try:
            self._landing.delete(self._name, generation=self._generation)
        except ReboundError as error:
            log.warning("lease not released", reason=str(error))

    def _record(self, expires_at: datetime) -> bytes:
        return encode(LeaseRecord(run_id=self._run_id, holder=self._holder, expires_at=expires_at))


@contextmanager
def holding(lease: Lease) -> Generator[Lease]:
    """Keep a lease renewed until the work ends, then release it.

    Raises:
        RunInProgressError: Contents are being pruned.
    """
    renewing = threading.Thread(
        target=copy_context().run, args=(lease.renew,), name="lease", daemon=True
    )
    renewing.start()
    try:
        lease.refuse_while_pruning()
        yield lease
    finally:
        lease.end_renewing()
        renewing.join()
        lease.release()


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
