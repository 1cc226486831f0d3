"""Which objects of a bucket a recovery is about: all, those below a prefix, those like a pattern."""

import glob
import re
from functools import cached_property

from manifests.values import Value

_SPECIAL = re.compile(r"[*?\[]")
_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


class ObjectScope(Value):
    """A choice of object names.

    Attributes:
        prefix: What names begin with; empty for any.
        pattern: A glob that whole names match: `*` and `?` within one folder, `**` any folders;
            empty for any.
    """

    prefix: str = ""
    pattern: str = ""

    @cached_property
    def _expression(self) -> re.Pattern[str] | None:
        if not self.pattern:
            return None
        return re.compile(
            glob.translate(self.pattern, recursive=True, include_hidden=True, seps="/")
        )

    @property
    def is_all(self) -> bool:
        """Whether every name is chosen."""
        return not self.prefix and not self.pattern

    def matches(self, name: str) -> bool:
        """Whether a name is chosen."""
        if not name.startswith(self.prefix):
            return False
        return self._expression is None or self._expression.match(name) is not None

    def within(self, start: str, end: str | None) -> tuple[str, str | None] | None:
        """Narrow a key range to where chosen names can be; None when none can be in it.

        Args:
            start: The first name of the range, inclusive.
            end: The first name that is too far; None for no end.
        """
        literal = _SPECIAL.split(self.pattern, maxsplit=1)[0]
        prefix = max(self.prefix, literal, key=len)
        start = max(start, prefix)
        ends = [item for item in (end, _after(prefix)) if item is not None]
        narrowed = min(ends, default=None)
        if narrowed is not None and start >= narrowed:
            return None
        return start, narrowed

    def __str__(self) -> str:
        if self.is_all:
            return "all objects"
        told = [f"below {self.prefix!r}" if self.prefix else ""]
        told.append(f"like {self.pattern!r}" if self.pattern else "")
        return "objects " + " and ".join(filter(None, told))


def _after(prefix: str) -> str | None:
    """Return the first string behind all strings with a prefix, or None when there is none."""
    while prefix:
        code = ord(prefix[-1]) + 1
        if code <= _LAST_CODE_POINT:
            return prefix[:-1] + chr(_SURROGATES.stop if code in _SURROGATES else code)
        prefix = prefix[:-1]
    return None
