"""Glob patterns of `matchGlob`."""

import re
from functools import lru_cache

from tests.standin.storage.errors import invalid

TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]]+\]|[{},]|\\.|.", re.DOTALL)
SIMPLE = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}


@lru_cache(maxsize=256)
def compile_glob(glob: str) -> re.Pattern[str]:
    """Return a pattern for whole names: `*` and `?` stop at slashes, `**` does not.

    Raises:
        StorageError: the glob is malformed.
    """
    depth = 0
    parts = []
    for token in TOKEN.findall(glob):
        depth += (token == "{") - (token == "}")  # noqa: S105 - a token of the glob, no secret
        if token in SIMPLE:
            parts.append(SIMPLE[token])
        elif token == "," and depth:  # noqa: S105 - a token of the glob, no secret
            parts.append("|")
        elif token.startswith("[") and len(token) > 1:
            parts.append("[^" + token[2:] if token.startswith("[!") else token)
        else:
            parts.append(re.escape(token.removeprefix("\\") or token))
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error as error:
        raise invalid(f"Invalid glob: {glob}") from error
