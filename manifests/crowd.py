"""Chooses which objects are read where there are too many, so that planted ones hide no others. Pure.

Who can write one object can write a hundred thousand, and each that is read costs some calls. So only as
many are read as can be read in time, and some of every period by the bucket's clock: whatever somebody
writes in one period hides nothing of another.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def some_of_each[Key: str](
    written: Mapping[Key, datetime],
    most: int,
    period: timedelta,
    rank: Callable[[Key], Any] = lambda _: 0,
) -> set[Key]:
    """Choose a number of objects: as many of each period, those that were written first in it.

    Args:
        written: When each was written.
        most: How many.
        period: How long a period is.
        rank: Ranks what was written in one period, before its time does: the lowest is chosen first.
    """
    if len(written) <= most:
        return set(written)
    of_period = Counter[int]()
    ranked: list[tuple[int, int, Key]] = []
    order = sorted(written.items(), key=lambda item: (rank(item[0]), item[1], item[0]))
    for key, written_at in order:
        number = int(written_at.timestamp() // period.total_seconds())
        ranked.append((of_period[number], -number, key))
        of_period[number] += 1
    return {key for _, _, key in sorted(ranked)[:most]}
