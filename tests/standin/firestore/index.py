"""Keys in order: cheap to fill in bulk, cheap to read in pages."""

import bisect

FEW = 32


class SortedKeys:
    """A growing set of strings, read in order. The caller holds a lock around each call."""

    __slots__ = ("_fresh", "_sorted")

    def __init__(self) -> None:
        self._sorted: list[str] = []
        self._fresh: list[str] = []

    def add(self, key: str) -> None:
        """Add a key that is not yet there."""
        self._fresh.append(key)

    def __len__(self) -> int:
        return len(self._sorted) + len(self._fresh)

    def _settle(self) -> list[str]:
        if len(self._fresh) < FEW:
            for key in self._fresh:
                bisect.insort(self._sorted, key)
        else:
            self._sorted += self._fresh
            self._sorted.sort()
        self._fresh.clear()
        return self._sorted

    def forward(self, start: str | None, count: int, *, inclusive: bool) -> list[str]:
        """Return up to count keys upwards from a start, or from the first."""
        keys = self._settle()
        if start is None:
            return keys[:count]
        find = bisect.bisect_left if inclusive else bisect.bisect_right
        begin = find(keys, start)
        return keys[begin : begin + count]

    def backward(self, start: str | None, count: int) -> list[str]:
        """Return up to count keys downwards from below a start, or from the last."""
        keys = self._settle()
        end = len(keys) if start is None else bisect.bisect_left(keys, start)
        return keys[max(0, end - count) : end][::-1]
