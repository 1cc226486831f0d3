"""Looks at several things at once: one that cannot be read is reported so, and stops no other."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from manifests.errors import ReboundError
from recovery.ops.facts import Facts, Unread

type Looks = Mapping[str, Callable[[], Any]]


def looked_at(looks: Looks, answered: Callable[[], object]) -> Facts:
    """Look at everything at once.

    Args:
        looks: The functions that look, by the name of the check.
        answered: Called after each look, whether it succeeded or not.

    Returns:
        What each function returned, by the same names; `Unread` where it raised a `ReboundError`.
    """

    def read(name: str) -> Any:  # noqa: ANN401 - of each check its own
        try:
            return looks[name]()
        except ReboundError as error:
            return Unread(str(error), error.hint)
        finally:
            answered()

    with ThreadPoolExecutor(max(1, len(looks)), thread_name_prefix="looking") as pool:
        return dict(zip(looks, pool.map(read, looks), strict=True))
