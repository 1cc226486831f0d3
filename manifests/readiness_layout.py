"""Where the landing bucket keeps what readiness was: built and parsed here only.

readiness/<day>.json    the scores of a day, written once
"""

from datetime import date

READINESS_PREFIX = "readiness/"


def readiness_name(day: date) -> str:
    """Return the name of the record of a day."""
    return f"{READINESS_PREFIX}{day:%Y-%m-%d}.json"
