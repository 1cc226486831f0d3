"""How names, texts and instants are written in a GoogleSQL statement. Pure.

Everything from outside passes here before it is written into a statement, and is refused where it
is not of its type: otherwise a text that looks like a name could inject SQL.
"""

import re
from datetime import datetime

from manifests.errors import SourceUnreadableError

# What ends a quotation, escapes in it, or is no character of a line.
_BREAKS_NAME = re.compile(r"[`\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BREAKS_TEXT = re.compile(r"['\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def quoted(name: object) -> str:
    """Quote an identifier for GoogleSQL.

    Raises:
        SourceUnreadableError: It is no text, or holds a character that could end the quotation.
    """
    return f"`{_plain(name, _BREAKS_NAME)}`"


def literal(text: object) -> str:
    """Write a text as a literal.

    Raises:
        SourceUnreadableError: It is no text, or holds a character that could end the literal.
    """
    return f"'{_plain(text, _BREAKS_TEXT)}'"


def moment(kind: str, at: datetime) -> str:
    """Write an instant in UTC as a literal.

    Args:
        kind: `DATE`, `DATETIME` or `TIMESTAMP`.
        at: The instant.
    """
    day = at.date().isoformat()
    # An explicit offset: without one an instant would be read in another zone (BigQuery, Data types).
    zone = "+00:00" if kind == "TIMESTAMP" else ""
    return f"DATE '{day}'" if kind == "DATE" else f"{kind} '{day} {at:%H:%M:%S}{zone}'"


def _plain(text: object, breaks: re.Pattern[str]) -> str:
    if not isinstance(text, str) or not text or breaks.search(text):
        raise SourceUnreadableError("cannot be written in a statement", subject=repr(text)[:200])
    return text
