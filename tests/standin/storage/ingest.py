"""Receive the bytes of an upload into a content, and hold them against what the client says."""

import sqlite3
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from tests.standin.storage.contents import Content, Digest
from tests.standin.storage.errors import invalid
from tests.standin.storage.service import Service


@dataclass(frozen=True, slots=True)
class Expected:
    """Checksums that a client gave for the bytes it sends; None is not given."""

    crc32c: str | None = None
    md5: str | None = None

    @classmethod
    def of(cls, resource: Mapping[str, object], headers: Mapping[str, str]) -> "Expected":
        """Read the checksums of a request.

        Args:
            resource: the object resource sent with the upload.
            headers: the headers: `x-goog-hash` and `content-md5`.
        """
        given = {"md5": headers.get("content-md5")}
        for item in headers.get("x-goog-hash", "").split(","):
            kind, _, value = item.strip().partition("=")
            given[kind] = value or None
        return cls(
            crc32c=str(resource["crc32c"]) if resource.get("crc32c") else given.get("crc32c"),
            md5=str(resource["md5Hash"]) if resource.get("md5Hash") else given.get("md5"),
        )

    def check(self, content: Content) -> None:
        """Refuse a content that differs.

        Raises:
            StorageError: a checksum differs.
        """
        for kind, given, found in (
            ("CRC32C", self.crc32c, content.crc32c),
            ("MD5 hash", self.md5, content.md5),
        ):
            if given is not None and found is not None and given != found:
                raise invalid(
                    f'Provided {kind} "{given}" doesn\'t match calculated {kind} "{found}".'
                )


def content_of(content_id: str, digest: Digest) -> Content:
    """Return a content of which every byte passed a digest."""
    return Content(content_id, digest.size, digest.crc32c, digest.md5)


async def store(service: Service, pieces: AsyncIterator[bytes], expected: Expected) -> Content:
    """Store pieces as a content as they come, and remove it when they are refused.

    Raises:
        ClientDisconnect: the client went away before the end.
        StorageError: a checksum differs.
    """
    content_id = service.contents.new_id()
    digest = Digest()
    try:
        with service.contents.open(content_id, "wb") as file:
            async for piece in pieces:
                file.write(piece)
                digest.update(piece)
        content = content_of(content_id, digest)
        expected.check(content)
    except BaseException:
        service.contents.remove(content_id)
        raise
    return content


def stored_content(service: Service, version: sqlite3.Row) -> Content:
    """Return a second content with the bytes of a version, by which it can be copied."""
    return Content(
        service.contents.link(version["content"]),
        version["size"],
        version["crc32c"],
        version["md5"],
        version["components"],
    )
