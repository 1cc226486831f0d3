"""Answers of the JSON API."""

import json
import sqlite3
from typing import Any

from starlette.responses import Response

from tests.standin.storage.buckets import Bucket
from tests.standin.storage.keys import without_checksums
from tests.standin.storage.partial import parse_fields, select
from tests.standin.storage.resources import etag_of, resource_of
from tests.standin.storage.service import Call


def answer(
    call: Call,
    value: Any,  # noqa: ANN401 - any JSON value
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return JSON, reduced to the fields that the request asked for.

    Raises:
        StorageError: the field selection is malformed.
    """
    if fields := call.query.get("fields"):
        value = select(value, parse_fields(fields))
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    content = data.encode("utf-8", "surrogatepass")
    return Response(content, status, headers, media_type="application/json; charset=UTF-8")


def answer_object(
    call: Call, bucket: Bucket, version: sqlite3.Row, *, is_locked: bool = False
) -> Response:
    """Return the resource of a version; without checksums when the caller has not its key."""
    headers = {"etag": etag_of(version)}
    shown = resource_of(bucket, version, call.origin)
    return answer(call, without_checksums(shown) if is_locked else shown, headers=headers)
