"""The limits that Google publishes, as data with their document and date. Pure."""

import json
from functools import cache
from importlib.resources import files

from manifests.values import Value


class Limit(Value):
    """A published limit.

    Attributes:
        document: Its title, and the line of it.
        as_of: The day on which it was read there.
    """

    value: int
    document: str
    as_of: str


@cache
def limit(name: str) -> Limit:
    """Return a limit by its name in `limits.json`."""
    text = (files("recovery") / "limits.json").read_text(encoding="utf-8")
    return Limit.model_validate(json.loads(text)[name])
