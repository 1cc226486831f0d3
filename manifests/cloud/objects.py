"""One Cloud Storage bucket: write-once objects, exact generations, server-side copies."""

from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple

from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud import storage

from manifests.cloud.downloads import piece, whole_document
from manifests.cloud.retry import believed, calling, cloud_errors
from manifests.errors import CloudError, ObjectChangedError, ObjectMissingError
from manifests.model import ObjectInfo
from manifests.store import Dated

_READ_BYTES = 2 * 1024 * 1024


class Bucket:
    """A bucket as backup and recovery use it. Safe to share between threads.

    Args:
        client: Gives the endpoint and the credentials.
        name: The bucket.
        before_write: Called before anything is stored; raises where nothing may be any more.
    """

    def __init__(
        self,
        client: storage.Client,
        name: str,
        *,
        before_write: Callable[[], None] = lambda: None,
    ) -> None:
        self._bucket = client.bucket(name)
        self._before_write = before_write
        self._client = client
        self.name = name

    def uri(self, name: str) -> str:
        """Return the `gs://` address of an object."""
        return f"gs://{self.name}/{name}"

    def put_once(self, name: str, content: bytes) -> bytes:
        """Store content where nothing is, and return what is there then: ours or another's.

        A 412 can also mean that an earlier try of this very call succeeded and its answer was
        lost, so the object is read back before anything is concluded.
        """
        if self.put_if(name, content, generation=0) is not None:
            return content
        found = self.read(name)
        if found is None:
            raise CloudError(
                "it vanished while it was read back", subject=self.uri(name), retryable=True
            )
        return found

    def put_if(
        self,
        name: str,
        content: bytes,
        *,
        generation: int,
        content_type: str = "application/json",
    ) -> int | None:
        """Store content if the live object has this generation (0: if there is none).

        Returns:
            The new generation, or None when the condition did not hold.
        """
        self._before_write()
        blob = self._bucket.blob(name)
        with cloud_errors(self.uri(name)):
            try:
                calling(
                    lambda: blob.upload_from_string(
                        content,
                        content_type=content_type,
                        if_generation_match=generation,
                        checksum="crc32c",
                        retry=None,
                    )
                )
            except PreconditionFailed:
                return None
        return int(blob.generation)

    def read(self, name: str) -> bytes | None:
        """Return the live object's content as `whole_document` reads it, or None."""
        found = self.read_with_generation(name)
        return None if found is None else found[0]

    def read_with_generation(self, name: str) -> tuple[bytes, int] | None:
        """Return the live object's content as `whole_document` reads it and its generation."""
        blob = self._bucket.blob(name)
        content = self._unless_gone(name, None, lambda: whole_document(blob))
        return None if content is None else (content, int(blob.generation))

    def read_dated(self, name: str) -> Dated | None:
        """Return the live object's content and when it was written, on Cloud Storage's clock."""
        while True:
            found = self._bucket.blob(name)
            if self._unless_gone(name, None, lambda: _reloaded(found)) is None:  # noqa: B023 - called at once
                return None
            read = self.read_with_generation(name)
            if read is not None and read[1] == found.generation:
                return Dated(*read, found.time_created)

    def list_objects(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield the live objects below a prefix, in name order."""
        for page, _ in self._pages(prefix, delimiter=None):
            for item in page:
                # Of an object under a key of Cloud KMS a listing tells no checksum.
                told = item if item.crc32c else self.info(item.name, item.generation)
                if told is not None:
                    yield told

    def list_folders(self, prefix: str) -> Iterator[str]:
        """Yield the names below a prefix up to their next `/`, each once, in name order."""
        for _, folders in self._pages(prefix, delimiter="/"):
            yield from sorted(folders)

    def _pages(
        self, prefix: str, *, delimiter: str | None
    ) -> Iterator[tuple[list[ObjectInfo], set[str]]]:
        token: str | None = None
        while True:
            page, folders, token = self._page(prefix, delimiter, token)
            yield page, folders
            if token is None:
                return

    def _page(
        self, prefix: str, delimiter: str | None, token: str | None
    ) -> tuple[list[ObjectInfo], set[str], str | None]:
        def fetch() -> tuple[list[ObjectInfo], set[str], str | None]:
            listing = self._client.list_blobs(
                self._bucket,
                prefix=prefix,
                delimiter=delimiter,
                page_token=token,
                fields="items(name,size,crc32c,generation),prefixes,nextPageToken",
                retry=None,
            )
            page = [_info(blob) for blob in next(listing.pages, ())]
            return page, set(listing.prefixes), listing.next_page_token

        with cloud_errors(self.uri(prefix)):
            return calling(fetch)

    def info(self, name: str, generation: int | None = None) -> ObjectInfo | None:
        """Return what Cloud Storage says about an object, or None when it is not there."""
        blob = self._bucket.blob(name, generation=generation)

        def told() -> ObjectInfo:
            blob.reload(retry=None)
            return _info(blob)

        return self._unless_gone(name, generation, told)

    def _unless_gone[Answer](
        self, name: str, generation: int | None, ask: Callable[[], Answer | None]
    ) -> Answer | None:
        """Make a call about an object; None where the object is gone, which a listing confirms."""

        def answer() -> Answer | None:
            try:
                return calling(ask)
            except NotFound:
                return None

        with cloud_errors(self.uri(name)):
            return believed(answer, lambda: self._is_listed(name, generation))

    def _is_listed(self, name: str, generation: int | None) -> bool:
        listed = (item for page, _ in self._pages(name, delimiter=None) for item in page)
        first = next(listed, None)
        return first is not None and first.name == name and generation in (None, first.generation)

    def copy_here(self, source: "Bucket", found: ObjectInfo, name: str) -> ObjectInfo:
        """Copy one exact generation from another bucket, server-side, where nothing is.

        Returns:
            The object in this bucket; when an earlier try already copied it, that one.

        Raises:
            ObjectMissingError: The source generation is gone.
            ObjectChangedError: What is in this bucket differs from the source.
        """
        self._before_write()
        origin = source._bucket.blob(found.name, generation=found.generation)  # noqa: SLF001 - same class
        target = self._bucket.blob(name)
        token: str | None = ""
        while token is not None:
            step = source._unless_gone(  # noqa: SLF001 - same class
                found.name,
                found.generation,
                lambda: _rewritten(target, origin, token),  # noqa: B023 - called at once
            )
            if step is None:
                raise ObjectMissingError(
                    "the object to copy is gone", subject=source.uri(found.name)
                )
            token = step.token
        copied = _info(target)
        if (copied.crc32c, copied.size_bytes) != (found.crc32c, found.size_bytes):
            raise ObjectChangedError(
                f"the copy has crc32c {copied.crc32c}, the source {found.crc32c}",
                subject=self.uri(name),
            )
        return copied

    def delete(self, name: str, *, generation: int) -> None:
        """Delete one exact generation; one that is already gone is no error."""
        blob = self._bucket.blob(name, generation=generation)

        def deleted() -> bool | None:
            try:
                blob.delete(if_generation_match=generation, retry=None)
            except PreconditionFailed:
                return None
            return True

        self._unless_gone(name, generation, deleted)

    def chunks(self, found: ObjectInfo) -> Generator[bytes]:
        """Yield an exact generation's bytes as stored, a few MiB at a time.

        Raises:
            ObjectMissingError: The generation is not there.
            ObjectChangedError: It has another size.
        """
        blob = self._bucket.blob(found.name, generation=found.generation)
        for start in range(0, found.size_bytes, _READ_BYTES):
            end = min(start + _READ_BYTES, found.size_bytes) - 1
            chunk = self._unless_gone(
                found.name,
                found.generation,
                lambda: piece(blob, start, end),  # noqa: B023 - called at once
            )
            if chunk is None:
                raise ObjectMissingError("the object is gone", subject=self.uri(found.name))
            yield chunk

    def stored_chunks(self, found: ObjectInfo) -> Generator[bytes]:
        """Yield the bytes of an object in the vault, or of its copy under another generation.

        A vault that was copied or restored has other generations. What Cloud Storage says of the
        copy is compared here; the reader compares the bytes.

        Raises:
            ObjectMissingError: Neither the generation nor such a copy is there.
        """
        begun = False
        try:
            for chunk in self.chunks(found):
                begun = True
                yield chunk
        except ObjectMissingError:
            wanted = (found.size_bytes, found.crc32c)
            copy = self.info(found.name)
            if begun or copy is None or (copy.size_bytes, copy.crc32c) != wanted:
                raise
            yield from self.chunks(copy)


def _reloaded(blob: storage.Blob) -> bool:
    blob.reload(retry=None)
    return True


class _CopyStep(NamedTuple):
    """One step of a copy; the token with which the next goes on, None where it was the last."""

    token: str | None


def _rewritten(target: storage.Blob, origin: storage.Blob, token: str | None) -> _CopyStep:
    """Go on with a copy; where something is already, an earlier try put it there."""
    try:
        token, _, _ = target.rewrite(origin, token=token or None, if_generation_match=0, retry=None)
    except PreconditionFailed:
        target.reload(retry=None)
        token = None
    return _CopyStep(token)


def _info(blob: Any) -> ObjectInfo:  # noqa: ANN401 - storage.Blob carries no types
    return ObjectInfo(
        name=blob.name,
        size_bytes=int(blob.size or 0),
        crc32c=str(blob.crc32c or ""),
        generation=int(blob.generation),
    )
