"""The limits and list prices that Google publishes, as data with their document and date. Pure."""

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


class Price(Value):
    """A list price in US dollars; no discount, no free tier, and of a location that is not dear.

    Attributes:
        document: Its title, and the line of it.
        as_of: The day on which it was looked up.
    """

    value: float
    document: str
    as_of: str


@cache
def price(name: str) -> Price:
    """Return a price by its name in `prices.json`."""
    text = (files("recovery") / "prices.json").read_text(encoding="utf-8")
    return Price.model_validate(json.loads(text)[name])
