"""What requests of processors cost, by what the catalog says. Pure."""

import math
from collections.abc import Mapping

from manifests.catalog_processors import Processors


def priced(rules: Processors, dates: Mapping[str, int]) -> float | None:
    """Return what one request for each date costs in US dollars; None where one has no price.

    Args:
        rules: The catalog's processors.
        dates: How many dates of each processor are run, by its name.
    """
    services = {item.name: rules.service(item) for item in rules.processors}
    prices = [(number, services[name].usd_a_request) for name, number in dates.items() if number]
    known = [number * usd for number, usd in prices if usd is not None]
    return sum(known) if len(known) == len(prices) else None


def usd_left(rules: Processors, sent: int) -> float:
    """Return what requests may still cost; those of earlier attempts count as the dearest.

    Args:
        rules: The catalog's processors.
        sent: How many requests were sent before.
    """
    if rules.bounds.usd is None:
        return math.inf
    return rules.bounds.usd - sent * max(item.usd_a_request or 0.0 for item in rules.services)
