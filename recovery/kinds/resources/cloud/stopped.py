"""Writes down what a recovery makes stopped, for a thaw to resume it wherever the recovery breaks off."""

import hashlib
from collections.abc import Sequence

from manifests import fence_layout
from recovery.fence.model import FencedWriter, FenceRecord
from recovery.fence.store import Fences
from recovery.kinds.work import Running

THINGS = ("resources",)
"""What a fence of what is made anew is about."""


class MadeStopped:
    """The fence of what one recovery makes.

    Args:
        fences: Record what is stopped.
        running: The recovery.
        project: The project that is written.
    """

    def __init__(self, fences: Fences, running: Running, project: str) -> None:
        self._fences = fences
        self._running = running
        self._project = project

    def write_down(self, writers: Sequence[FencedWriter]) -> None:
        """Add writers to the fence; where there are none, nothing is begun.

        Nothing is recorded in a drill that sends calls to a host that never answers: what it makes is
        removed, and never resumed.

        Raises:
            CloudError: The fence could not be written.
        """
        if not writers or self._running.request.target.answering:
            return
        recovery_id = self._running.recovery_id
        suffix = hashlib.sha256(recovery_id.encode()).hexdigest()[:4]
        self._fences.add(
            FenceRecord(
                fence_id=fence_layout.fence_id(self._running.started_at, suffix),
                project=self._project,
                fenced_at=self._running.started_at,
                why=f"made by the recovery {recovery_id}",
                things=THINGS,
                writers=tuple(sorted(writers, key=lambda item: item.name)),
                recovery_id=recovery_id,
                is_made=True,
            )
        )
