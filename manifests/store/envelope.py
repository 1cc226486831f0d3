"""The envelope of every document: its content, and the digest of its canonical text.

A document that was cut or edited is recognised whatever the storage says about it. The digest is
no signature: it tells of accidents, not of an author. What a forged document could do is prevented
by checking every name in it (`manifests.store.consistency`).
"""

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ValidationError

from manifests.errors import (
    ManifestAlteredError,
    ManifestFormatError,
    ManifestTruncatedError,
)
from manifests.model import FORMAT_VERSION

OTHER_RUN_HINT = "`rebound list` shows the runs that can be restored"


def encode(document: BaseModel) -> bytes:
    """Return a document in its envelope, as canonical JSON."""
    body = document.model_dump(mode="json")
    return _canonical({"digest": _digest(body), "document": body}) + b"\n"


def decode[Document: BaseModel](content: bytes, kind: type[Document], *, subject: str) -> Document:
    """Read a document out of its envelope.

    Raises:
        ManifestTruncatedError: The content is not one whole JSON document.
        ManifestAlteredError: The content does not match its digest.
        ManifestFormatError: The document does not fit its kind, or is of an unknown major version.
    """
    envelope = _parsed(content, subject=subject)
    if not isinstance(envelope, dict) or set(envelope) != {"digest", "document"}:
        raise ManifestFormatError("not a document of ours", subject=subject, hint=OTHER_RUN_HINT)
    body = envelope["document"]
    if envelope["digest"] != _digest(body):
        raise ManifestAlteredError(
            "the content does not match its digest", subject=subject, hint=OTHER_RUN_HINT
        )
    _check_version(body, kind, subject=subject)
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ManifestFormatError(
            f"{where}: {first['msg']}", subject=subject, hint=OTHER_RUN_HINT
        ) from error


def _parsed(content: bytes, *, subject: str) -> Any:  # noqa: ANN401 - JSON of any shape
    try:
        envelope = json.loads(content)
        # What cannot be written again is no document either: NaN, or nesting without an end.
        _canonical(envelope)
    except (ValueError, RecursionError) as error:
        raise ManifestTruncatedError(
            f"not a whole JSON document: {error}", subject=subject, hint=OTHER_RUN_HINT
        ) from error
    return envelope


def _check_version(body: Any, kind: type[BaseModel], *, subject: str) -> None:  # noqa: ANN401 - JSON of any shape
    found = body.get("format_version") if isinstance(body, dict) else None
    if found is None and "format_version" not in kind.model_fields:
        return
    if str(found).split(".")[0] != FORMAT_VERSION.split(".")[0]:
        raise ManifestFormatError(
            f"format {found or 'unknown'} is not one this version reads ({FORMAT_VERSION})",
            subject=subject,
            hint="install the Rebound version that wrote it, or newer",
        )


def _canonical(value: object) -> bytes:
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode("utf-8", "surrogatepass")


def _digest(body: object) -> str:
    return "sha256:" + hashlib.sha256(_canonical(body)).hexdigest()
