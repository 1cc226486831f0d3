"""The end of the process that started this one."""

import contextlib
import os
import select
import time

_POLL_SECONDS = 0.25


def await_orphaned(parent: int) -> None:
    """Wait until this process's parent is gone: asleep where the system can wake it, else by asking.

    Args:
        parent: Its id, from when it was there for sure.
    """
    if hasattr(os, "pidfd_open"):
        with contextlib.suppress(OSError):
            watched = os.pidfd_open(parent)
            if os.getppid() == parent:
                select.select([watched], [], [])
            os.close(watched)
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
