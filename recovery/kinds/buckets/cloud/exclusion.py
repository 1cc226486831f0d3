"""Lets no run be written while contents are pruned: a run could refer to one of them.

Each side writes to the landing bucket before it looks for the other: a run its lease, a prune its
own record. So of two that begin at once at least one sees the other, and stops.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from manifests.claim_layout import PRUNE_NAME
from manifests.cloud.objects import Bucket
from manifests.errors import RefusedError
from manifests.model.run import PruneRecord
from manifests.store.claims import pruned_until
from manifests.store.envelope import encode

_TERM = timedelta(minutes=15)


class Pruning:
    """The record that contents are being pruned; it counts for 15 minutes, and has to be renewed.

    Args:
        landing: The bucket with the leases.
        clock: Gives the present instant.
        holder: A name for this process that no other process has.

    Raises:
        RefusedError: Somebody else prunes.
    """

    def __init__(self, landing: Bucket, clock: Callable[[], datetime], *, holder: str) -> None:
        self._landing = landing
        self._clock = clock
        self._record = encode(PruneRecord(holder=holder, term_seconds=_TERM.total_seconds()))
        found = landing.read_dated(PRUNE_NAME)
        if found is not None and (until := pruned_until(found)) > clock():
            raise _refused(f"somebody else prunes until {until:%H:%M:%S}Z")
        self._say(over=found.generation if found is not None else 0)

    def go_on(self) -> None:
        """Renew the record when that is due.

        Raises:
            RefusedError: It was not renewed in time, so that a run may have begun.
        """
        now = self._clock()
        if now >= self._expires_at:
            raise _refused("the machine stood still for too long")
        if now >= self._expires_at - _TERM / 2:
            self._say(over=self._generation)

    def end(self) -> None:
        """Delete the record, so that runs can be written again.

        Raises:
            CloudError: It could not be deleted; it expires by itself.
        """
        self._landing.delete(PRUNE_NAME, generation=self._generation)

    def _say(self, *, over: int) -> None:
        self._expires_at = self._clock() + _TERM
        generation = self._landing.put_if(PRUNE_NAME, self._record, generation=over)
        if generation is None:
            found = self._landing.read_with_generation(PRUNE_NAME)
            # A refused write can have been our own first try, whose answer was lost.
            if found is None or found[0] != self._record:
                raise _refused("somebody else prunes")
            generation = found[1]
        self._generation = generation


def _refused(why: str) -> RefusedError:
    return RefusedError(
        why, subject="prune", hint="`rebound prune` begins again; what is deleted nobody needs"
    )
