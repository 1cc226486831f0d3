"""The envelope of every document: its content, and the digest of its canonical text.

A document that was cut or edited is recognised whatever the storage says about it. The digest tells
of accidents, not of an author: for that a document can be signed (`manifests.signing`). What a forged
document could do is prevented by checking every name in it (`manifests.store.consistency`).
"""

import hashlib
import json
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from manifests.errors import (
    ManifestAlteredError,
    ManifestFormatError,
    ManifestTruncatedError,
)
from manifests.json_text import TooLargeError, check_size, parsed
from manifests.model.run import FORMAT_VERSION
from manifests.signing import Sign, Signature

_NEEDED = {"digest", "document"}
OTHER_RUN_HINT = "`rebound list` shows the runs that can be restored"


class Opened(NamedTuple):
    """What is in an envelope.

    Attributes:
        body: The document, as JSON.
        digest: The document's own, which was found to be right.
        signature: None where nobody signed it.
    """

    body: Any
    digest: str
    signature: Signature | None


def encode(document: BaseModel, *, sign: Sign | None = None) -> bytes:
    """Return a document in its envelope, as canonical JSON.

    Args:
        document: What is stored.
        sign: Signs its digest; None leaves it unsigned.

    Raises:
        ManifestFormatError: It is larger than any document that is read, or holds half of a
            surrogate pair.
    """
    subject = type(document).__name__
    body = document.model_dump(mode="json")
    try:
        envelope: dict[str, Any] = {"digest": _digest(body), "document": body}
        if sign is not None:
            envelope["signature"] = sign(envelope["digest"]).model_dump(mode="json")
        content = _canonical(envelope) + b"\n"
    except UnicodeEncodeError as error:
        raise ManifestFormatError(f"cannot be written: {error}", subject=subject) from error
    try:
        check_size(content)
    except TooLargeError as error:
        raise ManifestFormatError(str(error), subject=subject) from error
    return content


def decode[Document: BaseModel](content: bytes, kind: type[Document], *, subject: str) -> Document:
    """Read a document out of its envelope.

    Raises:
        ManifestTruncatedError: The content is not one whole JSON document.
        ManifestAlteredError: The content does not match its digest.
        ManifestFormatError: The document does not fit its kind, is of an unknown major version, or
            is larger than any of ours.
    """
    return read(opened(content, subject=subject), kind, subject=subject)


def opened(content: bytes, *, subject: str) -> Opened:
    """Take a document out of its envelope, whatever it is.

    Raises:
        ManifestTruncatedError: The content is not one whole JSON document.
        ManifestAlteredError: The content does not match its digest.
        ManifestFormatError: It is no envelope, or larger than any of ours.
    """
    envelope = _parsed(content, subject=subject)
    if not isinstance(envelope, dict) or envelope.keys() - {"signature"} != _NEEDED:
        raise ManifestFormatError("not a document of ours", subject=subject, hint=OTHER_RUN_HINT)
    body, digest = envelope["document"], _digest(envelope["document"])
    if envelope["digest"] != digest:
        raise ManifestAlteredError(
            "the content does not match its digest", subject=subject, hint=OTHER_RUN_HINT
        )
    return Opened(body, digest, _signature(envelope, subject=subject))


def read[Document: BaseModel](envelope: Opened, kind: type[Document], *, subject: str) -> Document:
    """Return the document of an envelope that was opened.

    Raises:
        ManifestFormatError: The document does not fit its kind, or is of an unknown major version.
    """
    body = envelope.body
    _check_version(body, kind, subject=subject)
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        is_later = first["type"] == "extra_forbidden"
        raise ManifestFormatError(
            f"{where}: {'this version does not know it' if is_later else first['msg']}",
            subject=subject,
            hint="use the Rebound version that wrote it" if is_later else OTHER_RUN_HINT,
        ) from error
    except (OverflowError, RecursionError) as error:
        raise ManifestFormatError(
            f"it cannot be read: {error}", subject=subject, hint=OTHER_RUN_HINT
        ) from error


def _signature(envelope: dict[str, Any], *, subject: str) -> Signature | None:
    if "signature" not in envelope:
        return None
    try:
        return Signature.model_validate(envelope["signature"])
    except ValidationError as error:
        raise ManifestFormatError(
            "its signature is none of ours", subject=subject, hint=OTHER_RUN_HINT
        ) from error


def _parsed(content: bytes, *, subject: str) -> Any:  # noqa: ANN401 - JSON of any shape
    try:
        envelope = parsed(content)
        # A value that cannot be written again, as NaN or half of a surrogate pair, is refused too.
        _canonical(envelope)
    except TooLargeError as error:
        raise ManifestFormatError(str(error), subject=subject, hint=OTHER_RUN_HINT) from error
    except ValueError as error:
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
            f"format {found or 'unknown'} is not one this version reads ({FORMAT_VERSION}): upgrade",
            subject=subject,
            hint="install the Rebound version that wrote it, or newer",
        )


def _canonical(value: object) -> bytes:
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def _digest(body: object) -> str:
    return "sha256:" + hashlib.sha256(_canonical(body)).hexdigest()
