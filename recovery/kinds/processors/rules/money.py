"""What requests of processors cost, by what the catalog says. Pure.

It is counted in decimals: three times $0.10 is what a bound of $0.30 allows.
"""

from collections.abc import Mapping
from decimal import Decimal

from manifests.catalog_processors import Processors


def exact(usd: float) -> Decimal:
    """Return the amount of US dollars that somebody wrote."""
    return Decimal(str(usd))


def priced(rules: Processors, dates: Mapping[str, int]) -> float | None:
    """Return what one request for each date costs in US dollars; None where one has no price.

    Args:
        rules: The catalog's processors.
        dates: How many dates of each processor are run, by its name; of one that the catalog does not name
            any more they count as the dearest.
    """
    prices = {item.name: rules.service(item).usd_a_request for item in rules.processors}
    every = [item.usd_a_request for item in rules.services]
    dearest = None if None in every else max(usd for usd in every if usd is not None)
    found = [(number, prices.get(name, dearest)) for name, number in dates.items() if number]
    known = [number * exact(usd) for number, usd in found if usd is not None]
    return float(sum(known)) if len(known) == len(found) else None


def usd_left(rules: Processors, sent: Mapping[str, int]) -> Decimal:
    """Return what requests may still cost in US dollars: below nothing where more was spent.

    Args:
        rules: The catalog's processors.
        sent: How many requests of each processor were sent before, by its name.
    """
    if rules.bounds.usd is None:
        return Decimal("Infinity")
    return exact(rules.bounds.usd) - exact(priced(rules, sent) or 0.0)
