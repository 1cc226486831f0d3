"""Partial responses: the `fields` parameter, such as `items(name,size),nextPageToken`."""

import re
from functools import lru_cache
from typing import Any

from tests.standin.storage.errors import StorageError

type Tree = dict[str, "Tree"]

TOKEN = re.compile(r"[(),/]|[^(),/\s]+")


@lru_cache(maxsize=256)
def parse_fields(text: str) -> Tree:
    """Return the wanted fields as a tree; an empty tree wants all there is.

    Raises:
        StorageError: the parentheses do not match.
    """
    root: Tree = {}
    stack = [root]
    current = root
    for token in TOKEN.findall(text):
        if token == "(":  # noqa: S105 - punctuation, no secret
            stack.append(current)
        elif token == ")" and len(stack) == 1:  # noqa: S105 - punctuation, no secret
            raise _malformed(text)
        elif token == ")":  # noqa: S105 - punctuation, no secret
            current = stack.pop()
        elif token == ",":  # noqa: S105 - punctuation, no secret
            current = stack[-1]
        elif token != "/":  # noqa: S105 - punctuation, no secret
            current = current.setdefault(token, {})
    if len(stack) != 1:
        raise _malformed(text)
    return root


def _malformed(text: str) -> StorageError:
    return StorageError(400, "invalidParameter", f"Invalid field selection {text}")


def select(value: Any, tree: Tree) -> Any:  # noqa: ANN401 - any JSON value
    """Return the wanted part of a JSON value.

    Args:
        value: the whole.
        tree: the wanted fields.
    """
    if not tree or "*" in tree:
        return value
    if isinstance(value, list):
        return [select(item, tree) for item in value]
    if isinstance(value, dict):
        return {key: select(value[key], below) for key, below in tree.items() if key in value}
    return value
