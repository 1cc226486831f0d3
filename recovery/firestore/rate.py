"""The rate at which Firestore asks for writes. Pure."""

from recovery.limits import limit

FIRST_RATE = limit("document_writes_per_second").value
"""Writes a second to a collection at first."""
RAMP_FACTOR = 1 + limit("document_ramp_percent").value / 100
"""How much more after `RAMP_SECONDS`."""
RAMP_SECONDS = limit("document_ramp_seconds").value


def ramp_seconds(writes: int) -> float:
    """Return how long so many writes to one collection take: 500/50/5, as `limits.json` says."""
    seconds, rate = 0.0, float(FIRST_RATE)
    while writes > rate * RAMP_SECONDS:
        writes -= int(rate * RAMP_SECONDS)
        seconds += RAMP_SECONDS
        rate *= RAMP_FACTOR
    return seconds + writes / rate
