"""One writer a run: an object with an expiry, changed only under its generation.

`max_instance_count` is no mutex (Cloud Functions, scaling), and Cloud Scheduler delivers at least
once, so the lock is an object: creating it needs that there is none, renewing it needs that nobody
changed it, and an expired one can be taken over.
"""

import hashlib
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import datetime, timedelta

import structlog

from manifests.claim_layout import PRUNE_NAME, lease_beside, lease_name, leases_beside
from manifests.cloud.objects import Bucket
from manifests.errors import LeaseLostError, ProtectedError, ReboundError, RunInProgressError
from manifests.model.run import LeaseRecord
from manifests.store.claims import MOST_SECONDS, Claim, lease_claim, pruned_until
from manifests.store.envelope import encode
from manifests.values import RunId

log = structlog.get_logger()


class Lease:
    """A held lease; `check` says whether it still is.

    Args:
        landing: The bucket leases are kept in.
        run_id: The run.
        holder: A name for this process that no other process has.
        lease_seconds: After how many silent seconds another process may take over, an hour at most.
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
        self._name = lease_name(run_id)
        self._is_over, self._is_lost = threading.Event(), threading.Event()
        self._renewing = threading.Lock()
        # Counted from before it is written: no other clock lets it end earlier.
        self._expires_at = clock() + self._term
        self._generation = self._acquire()

    def check(self) -> None:
        """Raise when the lease was taken over, or could have been: a process can be suspended.

        Raises:
            LeaseLostError: Another process writes this run now, or may.
        """
        if self._is_lost.is_set() or self._clock() >= self._expires_at:
            raise LeaseLostError("another process took the run over", subject=self._run_id)

    def renew(self) -> None:
        """Renew the lease again and again, until it is released or lost."""
        while not self._is_over.wait(self._term.total_seconds() / 3):
            try:
                self.confirm()
            except LeaseLostError:
                return
            except ReboundError as error:
                log.warning("lease not renewed", reason=str(error))

    def confirm(self) -> int:
        """Renew the lease now, and return the generation of it that nobody has taken over.

        Raises:
            LeaseLostError: Another process holds it.
        """
        with self._renewing:
            self.check()
            expires_at = self._clock() + self._term
            renewed = self._put(over=self._generation)
            if renewed is None:
                self._is_lost.set()
                self.check()
            else:
                self._generation, self._expires_at = renewed, expires_at
            return self._generation

    def refuse_while_pruning(self) -> None:
        """Refuse to write the run while contents are pruned: it could refer to one of them.

        A prune that begins later sees this lease.

        Raises:
            RunInProgressError: Contents are being pruned.
        """
        found = self._landing.read_dated(PRUNE_NAME)
        if found is None:
            return
        until = pruned_until(found)
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
        self._delete(self._generation)

    def _delete(self, generation: int) -> None:
        # A lease that could not be removed expires by itself. What is raised is how the run ended.
        try:
            self._landing.delete(self._name, generation=generation)
        except ReboundError as error:
            log.warning("lease not released", reason=str(error))

    def _acquire(self) -> int:
        found = self._landing.read_dated(self._name)
        self._refuse_others()
        if found is not None:
            claim = lease_claim(found, self._run_id)
            log.warning("taking over an expired lease", holder=claim.holder, problem=claim.problem)
        generation = self._put(over=found.generation if found is not None else 0)
        if generation is None:
            raise RunInProgressError(
                "another process was faster", subject=self._name, hint="call again later"
            )
        try:
            # One that began at the same time can have written under another name. Each looks behind
            # its own writing, so that one of the two sees the other.
            self._refuse_others()
        except ReboundError:
            self._delete(generation)
            raise
        return generation

    def _refuse_others(self) -> None:
        """Refuse the run while another process holds a lease of it.

        Raises:
            RunInProgressError: One does.
        """
        now = self._clock()
        since = now - timedelta(seconds=MOST_SECONDS)
        listed = self._landing.list_dated(leases_beside(self._run_id))
        beside = (item.name for item in listed if item.written_at > since)
        for name in (lease_name(self._run_id), *beside):
            found = self._landing.read_dated(name)
            claim = None if found is None else lease_claim(found, self._run_id)
            if claim is not None and claim.until > now and claim.holder != self._holder:
                raise _in_progress(claim, self._run_id)

    def _put(self, *, over: int) -> int | None:
        """Write the lease over a generation, and return its own, or None when another holds it.

        Where Cloud Storage lets nobody replace what is there, it is written beside that.
        """
        try:
            return self._put_at(self._name, over)
        except ProtectedError as error:
            log.warning("a lease is kept as it is, ours is written beside", reason=str(error))
            mark = hashlib.sha256(f"{self._name} {self._holder}".encode()).hexdigest()[:16]
            self._name = lease_beside(self._run_id, mark)
            return self._put_at(self._name, 0)

    def _put_at(self, name: str, over: int) -> int | None:
        """Write the lease; a refused write can have been our own first try, whose answer was lost."""
        record = LeaseRecord(
            run_id=self._run_id, holder=self._holder, term_seconds=self._term.total_seconds()
        )
        generation = self._landing.put_if(name, encode(record), generation=over)
        if generation is not None:
            return generation
        found = self._landing.read_dated(name)
        if found is None or lease_claim(found, self._run_id).holder != self._holder:
            return None
        return found.generation


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


def _in_progress(claim: Claim, run_id: RunId) -> RunInProgressError:
    if claim.problem:
        return RunInProgressError(
            f"its lease cannot be read, and keeps others out until {claim.until:%H:%M:%S}Z: "
            f"{claim.problem}",
            subject=run_id,
            hint=f"`rebound unlock {run_id} --why ...` breaks it",
        )
    return RunInProgressError(
        f"{claim.holder} is writing this run until {claim.until:%H:%M:%S}Z",
        subject=run_id,
        hint="call again later; a run that is complete answers 200",
    )
