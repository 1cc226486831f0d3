"""What this process takes of memory, as the kernel counts it."""

from pathlib import Path

_SELF = Path("/proc/self")
_FORGET_THE_PEAK = "5"


class Peak:
    """What is taken beyond what there is when it is made.

    The kernel forgets the peak of before (proc(5), clear_refs). It is not bounded instead: a decoder that
    is refused memory says of its input that it is damaged, which is no failure.
    """

    def __init__(self) -> None:
        (_SELF / "clear_refs").write_text(_FORGET_THE_PEAK)
        self._before_kib = _kib("VmRSS")

    @property
    def more_mib(self) -> int:
        """Return how many mebibytes more it was at most since then."""
        return (_kib("VmHWM") - self._before_kib) // 1024


def _kib(name: str) -> int:
    lines = (_SELF / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
