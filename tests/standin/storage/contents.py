"""The contents of objects: one immutable file each, in 256 folders.

A copy is a hard link, so that the file system counts who still needs the bytes. Whoever changes
a file (only the imitation of bit rot does) gives the object a file of its own first.
"""

import base64
import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import google_crc32c

CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Content:
    """Stored bytes and what is known of them.

    Attributes:
        id: name of the file.
        size: length in bytes.
        crc32c: checksum, big-endian, in base64.
        md5: digest in base64; None for what was composed.
        components: number of parts it was composed of; None for a plain upload.
    """

    id: str
    size: int
    crc32c: str
    md5: str | None = None
    components: int | None = None


class Digest:
    """Running checksums of bytes that pass by."""

    def __init__(self) -> None:
        self.size = 0
        self._crc32c = google_crc32c.Checksum()
        self._md5 = hashlib.md5(usedforsecurity=False)

    def update(self, data: bytes) -> None:
        """Take the next bytes in."""
        self.size += len(data)
        self._crc32c.update(data)
        self._md5.update(data)

    @property
    def crc32c(self) -> str:
        """The CRC32C in the form of the API."""
        return base64.b64encode(self._crc32c.digest()).decode()

    @property
    def md5(self) -> str:
        """The MD5 in the form of the API."""
        return base64.b64encode(self._md5.digest()).decode()


class ContentStore:
    """Files of contents in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for number in range(256):
            (folder / f"{number:02x}").mkdir(parents=True, exist_ok=True)

    def new_id(self) -> str:
        """Return an id that no content has."""
        return secrets.token_hex(12)

    def path(self, content_id: str) -> Path:
        """Return where a content is stored."""
        return self._folder / content_id[:2] / content_id

    def open(self, content_id: str, mode: str) -> BinaryIO:
        """Open a content's file without buffering."""
        return open(self.path(content_id), mode, buffering=0)  # noqa: PTH123 - the hot path

    def remove(self, content_id: str) -> None:
        """Remove a content, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path(content_id))  # noqa: PTH108 - the hot path

    def link(self, content_id: str) -> str:
        """Return the id of a second content with the same bytes."""
        copy = self.new_id()
        try:
            os.link(self.path(content_id), self.path(copy))
        except OSError:  # a file has a limited number of links
            shutil.copyfile(self.path(content_id), self.path(copy))
        return copy

    def concatenate(self, content_ids: list[str]) -> tuple[str, Digest]:
        """Store contents one after the other as a new one; takes time with its size.

        Returns:
            The new content's id and its checksums.
        """
        joined = self.new_id()
        digest = Digest()
        with self.open(joined, "wb") as target:
            for content_id in content_ids:
                with self.open(content_id, "rb") as source:
                    while data := source.read(CHUNK_BYTES):
                        target.write(data)
                        digest.update(data)
        return joined, digest

    def digest(self, content_id: str) -> Digest:
        """Read a content and return its checksums; takes time with its size."""
        digest = Digest()
        with self.open(content_id, "rb") as source:
            while data := source.read(CHUNK_BYTES):
                digest.update(data)
        return digest

    def flip(self, content_id: str, at_byte: int) -> None:
        """Flip every bit of one stored byte, in this content and none that shares its bytes.

        Args:
            content_id: the content.
            at_byte: position of the byte.
        """
        own = self.path(content_id).with_suffix(".flipped")
        shutil.copyfile(self.path(content_id), own)
        with own.open("r+b") as file:
            file.seek(at_byte)
            (byte,) = file.read(1)
            file.seek(at_byte)
            file.write(bytes([byte ^ 0xFF]))
        own.replace(self.path(content_id))

    def ids(self) -> Iterator[str]:
        """Yield the id of every stored content."""
        for folder in self._folder.iterdir():
            yield from (path.name for path in folder.iterdir())
