"""Which states are good news and which are bad; what is wrong is said in capitals. Pure."""

import re
from typing import Literal

type Tone = Literal["good", "warning", "bad", "plain"]

STATES = re.compile(
    r"(?<!\S)(proven|complete|partial|foreign|damaged|healthy|warning|unknown|critical|[A-Z]{3,}(?: [A-Z]+)+|FAILED|CRITICAL|UNKNOWN)(?!\S)"
)
"""The states in a text, which have a colour, too."""

_GOOD = ("proven", "pass", "complete", "can be done", "healthy", "SUCCEEDED")
_TONES: dict[str, Tone] = {
    **dict.fromkeys(_GOOD, "good"),
    "SKIPPED": "plain",
    "warning": "warning",
    "unknown": "bad",
    "critical": "bad",
    "partial": "warning",
    "foreign": "warning",
    "damaged": "bad",
}
_CAPITALS = re.compile(r"[A-Z]{3,}")


def tone_of(state: str) -> Tone:
    """Return the tone of what happens to a thing, or of how it ended."""
    return _TONES.get(state, "bad" if _CAPITALS.search(state) else "plain")
