"""Tells good states from bad ones; what is wrong is written in capitals. Pure."""

import re
from typing import Literal

type Tone = Literal["good", "warning", "bad", "plain"]

STATES = re.compile(
    r"(?<!\S)(?!CREATE OR )(?!REPLACE TABLE )(?:[A-Z]{3,}(?: [A-Z]+)+|FAILED|CRITICAL|UNKNOWN)(?![^\s:,;.])"
    r"|(?:(?<=^)|(?<=^\s)|(?<=\s\s)|(?<=: )|(?<=\bstate ))"
    r"(?:proven|complete|partial|foreign|damaged|healthy|warning|unknown|critical)(?=\s\s|[,;]|$)",
    re.MULTILINE,
)
"""Finds the states in a text, which are coloured: those in capitals anywhere, others only in a state's place.

"not proven", "proven never" and "the newest complete run" are words of a sentence, `CREATE OR REPLACE` of a statement.
"""

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
