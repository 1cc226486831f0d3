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
    """A list price in US dollars; no discount, no free tier.

    Attributes:
        value: The price.
        location: Of which location it is.
        document: The title of its page, and the line of it.
        as_of: The day on which it was looked up there; prices of before or after may be others.
    """

    value: float
    location: str
    document: str
    as_of: str


class _Prices(Value):
    """What something costs, by location; the first one's is taken where a location was not looked up."""

    values: dict[str, float]
    document: str
    as_of: str


@cache
def price(name: str, location: str = "") -> Price:
    """Return a price by its name in `prices.json`.

    Args:
        name: The name.
        location: Where; the first location of the file stands for one that was not looked up.
    """
    text = (files("recovery") / "prices.json").read_text(encoding="utf-8")
    found = _Prices.model_validate(json.loads(text)[name])
    told = location if location in found.values else next(iter(found.values))
    return Price(
        value=found.values[told], location=told, document=found.document, as_of=found.as_of
    )
