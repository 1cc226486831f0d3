"""Downloads of Cloud Storage: a piece at a time, as it is stored, no more than was asked for."""

import google_crc32c
from google.api_core.exceptions import RequestRangeNotSatisfiable
from google.cloud import storage

from manifests.cloud.checksums import crc32c_text
from manifests.errors import ObjectChangedError
from manifests.store import MOST_DOCUMENT_BYTES


def whole_document(blob: storage.Blob) -> bytes:
    """Read a live object as it is stored, and no more of it than a document may have and a byte.

    So whoever decodes it sees that it is too large. A client that takes anything would inflate what
    is stored as gzip, whatever becomes of it.

    Raises:
        ConnectionError: Other bytes came than are stored.
    """
    try:
        content = _range(blob, 0, MOST_DOCUMENT_BYTES)
    except RequestRangeNotSatisfiable:
        # There is no first byte.
        blob.reload(retry=None)
        content = b""
    is_whole = len(content) <= MOST_DOCUMENT_BYTES
    if is_whole and blob.crc32c not in (None, crc32c_text(google_crc32c.Checksum(content))):
        message = "other bytes came than are stored"
        raise ConnectionError(message)
    return content


def piece(blob: storage.Blob, start: int, end: int) -> bytes:
    """Read the bytes from one to another, inclusive.

    Raises:
        ObjectChangedError: The object is shorter.
        ConnectionError: They did not all come.
    """
    try:
        chunk = _range(blob, start, end)
        if len(chunk) == end - start + 1:
            return chunk
        # An answer that is cut, or all that there is: the last byte tells.
        _range(blob, end, end)
    except RequestRangeNotSatisfiable as error:
        raise ObjectChangedError(
            f"it has fewer than {end + 1} bytes", subject=str(blob.name)
        ) from error
    message = f"{len(chunk)} of {end - start + 1} bytes came"
    raise ConnectionError(message)


def _range(blob: storage.Blob, start: int, end: int) -> bytes:
    """Read the bytes from one to another, inclusive, or those of them that are there."""
    content: bytes = blob.download_as_bytes(
        start=start,
        end=end,
        raw_download=True,
        checksum=None,
        retry=None,
    )
    return content
