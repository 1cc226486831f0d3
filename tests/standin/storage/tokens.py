"""Rewrite tokens: how far a rewrite of several calls has come.

A token carries its own state, so that it survives a restart; the service keeps nothing.
"""

import base64
import hashlib
import json
from collections.abc import Mapping

from tests.standin.storage.errors import StorageError, invalid
from tests.standin.storage.preconditions import integer

MEBIBYTE = 1024 * 1024


def advance_rewrite(
    query: Mapping[str, str], what: str, size: int, *, moves: bool
) -> tuple[int, str | None]:
    """Return how many bytes are rewritten after this call, and the token when that is not all.

    Args:
        query: the parameters of the request.
        what: source and destination, which have to stay the same.
        size: length of the source in bytes.
        moves: whether source and destination differ in location or class; else the limit is for
            nothing (Objects: rewrite, maxBytesRewrittenPerCall).

    Raises:
        StorageError: the token belongs to another rewrite, or the limit is malformed.
    """
    limit = integer(query, "maxBytesRewrittenPerCall")
    if limit is not None and (limit <= 0 or limit % MEBIBYTE):
        raise invalid("maxBytesRewrittenPerCall must be a multiple of 1 MiB.")
    identity = hashlib.sha256(f"{what} {limit}".encode()).hexdigest()
    written = 0
    if token := query.get("rewriteToken"):
        try:
            state = json.loads(base64.urlsafe_b64decode(token))
        except ValueError as error:
            raise _bad_token() from error
        if state.get("identity") != identity:
            raise _bad_token()
        written = state["written"]
    written = min(written + limit, size) if limit is not None and moves else size
    if written == size:
        return written, None
    state = json.dumps({"identity": identity, "written": written})
    return written, base64.urlsafe_b64encode(state.encode()).decode()


def _bad_token() -> StorageError:
    return StorageError(400, "invalid", "The rewrite token is invalid.")
