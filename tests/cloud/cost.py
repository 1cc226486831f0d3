"""What a run against the real cloud costs and how long it takes: what it does, at list prices.

Free tiers are not counted, and neither is storage: a few megabytes for half an hour, and for the week
in which soft delete keeps what was removed.
"""

import math
from typing import NamedTuple

from recovery.limits import price

COUNTED_ON = "2026-11-30"
"""When a whole run on the local cloud was counted, and the prices were looked up."""


class Item(NamedTuple):
    """One thing that is paid for.

    Attributes:
        what: What one is.
        count: So many a whole run takes.
        usd: The list price of one.
        source: Where the price is written down.
    """

    what: str
    count: int
    usd: float
    source: str


_SCANNED = price("scanned_usd_per_tib", "us-west2")
_DOCUMENTS = "Cloud Firestore pricing, multi-region nam5; a region such as us-west2 is cheaper"
_CALLS = "Cloud Storage pricing examples, Standard storage in a region"
ITEMS = (
    Item("MiB that queries are billed for", 2_450, _SCANNED.value / 2**20, _SCANNED.document),
    # Not counted: bounds of what some 9,000 calls of either service can come to.
    Item("document that is written", 50_000, 0.18 / 100_000, _DOCUMENTS),
    Item("document that is deleted", 50_000, 0.02 / 100_000, _DOCUMENTS),
    Item("document that is read", 50_000, 0.06 / 100_000, _DOCUMENTS),
    Item("call that writes or lists", 10_000, 0.005 / 1_000, _CALLS),
    Item("call that reads", 20_000, 0.0004 / 1_000, _CALLS),
    Item("schedule that is there on one day", 1, 0.10 / 31, "Cloud Scheduler pricing"),
)
JOBS = 1_139
"""Of BigQuery: 1,019 queries, 59 extracts, 32 loads and 29 copies were counted."""
CALLS = 20_000
"""Of the three services, at most; 7,652 of Firestore were counted."""
# Assumed, not measured: a short job, and a call from outside of Google; what is built for a while, and
# some 150 buckets, of which a project makes one in two seconds (Quotas and limits of Cloud Storage).
_JOB_SECONDS, _CALL_SECONDS = 1.5, 0.05
_BUILT_SECONDS, _BUCKETS_SECONDS = 800, 300


def cents() -> int:
    """Return what a run costs at most, in US cents."""
    return math.ceil(100 * sum(item.count * item.usd for item in ITEMS))


def minutes() -> int:
    """Return how long a run takes, one call after the other, in steps of five."""
    waited = _BUILT_SECONDS + _BUCKETS_SECONDS
    return 5 * math.ceil((JOBS * _JOB_SECONDS + CALLS * _CALL_SECONDS + waited) / 300)
