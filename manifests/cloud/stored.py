"""Small files as they are in the vault: read whole, and compared with size and checksum as the manifest has them."""

from collections.abc import Callable, Generator, Iterable

import google_crc32c

from manifests.cloud.checksums import crc32c_text
from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError, ObjectChangedError, ObjectMissingError
from manifests.values import ObjectInfo


def whole(read: Callable[[], Iterable[bytes]], stored: ObjectInfo, *, most_bytes: int) -> bytes:
    """Return a whole file, once its size and checksum are what the manifest says.

    It is read once more before it is called damaged: a byte can change on its way.

    Args:
        read: Reads its bytes, which are not asked for when they are too many.
        stored: What is said of it.
        most_bytes: How large a file of its sort is at most.

    Raises:
        ObjectMissingError: Bytes are missing.
        ObjectChangedError: It is larger than any such file, or holds other bytes.
    """
    if stored.size_bytes > most_bytes:
        raise ObjectChangedError(
            f"{stored.size_bytes:,} bytes, more than any such file has", subject=stored.name
        )
    try:
        return _compared(read(), stored)
    except BackupDamagedError:
        return _compared(read(), stored)


def stored_chunks(vault: Bucket, found: ObjectInfo) -> Generator[bytes]:
    """Yield the bytes of an object in the vault, or of its copy under another generation.

    A vault that was copied or restored has other generations. What Cloud Storage says of the
    copy is compared here; the reader compares the bytes.

    Raises:
        ObjectMissingError: Neither the generation nor such a copy is there.
    """
    begun = False
    try:
        for chunk in vault.chunks(found):
            begun = True
            yield chunk
    except ObjectMissingError:
        wanted = (found.size_bytes, found.crc32c)
        copy = vault.info(found.name)
        if begun or copy is None or (copy.size_bytes, copy.crc32c) != wanted:
            raise
        yield from vault.chunks(copy)


def _compared(chunks: Iterable[bytes], stored: ObjectInfo) -> bytes:
    content = b"".join(chunks)
    if len(content) != stored.size_bytes:
        raise ObjectMissingError("bytes are missing", subject=stored.name)
    crc32c = crc32c_text(google_crc32c.Checksum(content))
    if crc32c != stored.crc32c:
        raise ObjectChangedError(
            f"its bytes have crc32c {crc32c}, not {stored.crc32c}", subject=stored.name
        )
    return content
