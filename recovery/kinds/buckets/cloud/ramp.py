"""How fast a recovery writes objects: the rate that a bucket takes doubles every 20 minutes."""

import time
from collections.abc import Callable

from recovery.ramp import Ramp

_FIRST_RATE = 1000
_DOUBLES_AFTER_SECONDS = 20 * 60


def object_ramp(
    *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> Ramp:
    """Return the ramp that all share who write objects in one recovery.

    About 1,000 writes a second at first, and no more than twice as many every 20 minutes (Cloud
    Storage, Request rate and access distribution guidelines).

    Args:
        clock: Gives seconds that never go back.
        sleep: Waits for some seconds.
    """
    return Ramp(
        _FIRST_RATE,
        lambda elapsed: 2 ** (elapsed / _DOUBLES_AFTER_SECONDS),
        clock=clock,
        sleep=sleep,
    )
