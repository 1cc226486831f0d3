"""The rate at which Firestore asks for writes. Pure."""

FIRST_RATE, RAMP_FACTOR, RAMP_SECONDS = 500, 1.5, 300
"""Writes a second to a collection at first, and how much more after how long (Firestore, Best
practices, Ramping up traffic)."""


def ramp_seconds(writes: int) -> float:
    """Return how long so many writes to one collection take: 500/50/5, as `FIRST_RATE` says."""
    seconds, rate = 0.0, float(FIRST_RATE)
    while writes > rate * RAMP_SECONDS:
        writes -= int(rate * RAMP_SECONDS)
        seconds += RAMP_SECONDS
        rate *= RAMP_FACTOR
    return seconds + writes / rate
