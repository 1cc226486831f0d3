"""How names, texts and instants are written in a GoogleSQL statement. Pure.

Everything from outside passes here before it is written into a statement, and is refused where it
is not of its type: otherwise a text that looks like a name could inject SQL.
"""

import re
from datetime import datetime

from manifests.errors import SourceUnreadableError

# What ends a quotation, escapes in it, or is no character of a line.
_BREAKS_NAME = re.compile(r"[`\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Texts, names and comments: what is in them is no part of an expression's shape.
_OPAQUE = re.compile(
    r"""--[^\n]*|\#[^\n]*|/\*.*?\*/|'{3}.*?'{3}|"{3}.*?"{3}"""
    r"""|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`[^`]*`""",
    re.DOTALL,
)
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


def expression(text: str) -> str:
    """Return a text between parentheses, where it is one expression whatever it is.

    Raises:
        SourceUnreadableError: It could end them and begin something of its own, or hides what is behind it.
    """
    depth, shape = 0, _OPAQUE.sub(" ", text)
    for character in shape:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0 or character == ";":
            break
    else:
        if not depth and not re.search(r"['\"`]|/\*", shape):
            # A comment at its end would hide the parenthesis.
            return f"(\n{text}\n)"
    raise SourceUnreadableError("is no expression of its own", subject=repr(text)[:200])


def moment(kind: str, at: datetime) -> str:
    """Write an instant in UTC as a literal.

    Args:
        kind: `DATE`, `DATETIME` or `TIMESTAMP`.
        at: The instant.
    """
    day = at.date().isoformat()
    # An explicit offset: without one an instant would be read in another zone (BigQuery, Data types).
    zone = "+00:00" if kind == "TIMESTAMP" else ""
    time = f"{at:%H:%M:%S.%f}" if at.microsecond else f"{at:%H:%M:%S}"
    return f"DATE '{day}'" if kind == "DATE" else f"{kind} '{day} {time}{zone}'"


def _plain(text: object, breaks: re.Pattern[str]) -> str:
    if not isinstance(text, str) or not text or breaks.search(text):
        raise SourceUnreadableError("cannot be written in a statement", subject=repr(text)[:200])
    return text
