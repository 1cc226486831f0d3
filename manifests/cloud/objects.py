"""A bucket in which Rebound stores things: write-once objects, exact generations, server-side copies."""

from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import zip_longest

import google_crc32c
from google.api_core.exceptions import Forbidden, NotFound, PreconditionFailed

from manifests.cloud.api import StorageApi, object_path
from manifests.cloud.batch import Query
from manifests.cloud.checksums import crc32c_text
from manifests.cloud.downloads import Download, piece, whole_document
from manifests.cloud.protection import refuse_protected
from manifests.cloud.retry import believed, calling, cloud_errors
from manifests.cloud.versions import VersionedBucket
from manifests.errors import CloudError, ObjectChangedError, ObjectMissingError, StrangeObjectError
from manifests.json_text import MOST_BYTES
from manifests.kinds.buckets.model import ObjectVersion
from manifests.store.claims import Dated
from manifests.store.decoded import STRANGE_HINT
from manifests.store.marks import said_in
from manifests.values import Listed, ObjectInfo, Resource

_READ_BYTES = 2 * 1024 * 1024
_DATED = "items(name,size,timeCreated{said}),nextPageToken"
_LISTED = "items(name,size,crc32c,generation),prefixes,nextPageToken"


class Bucket:
    """A bucket as backup and recovery store in it. Safe to share between threads.

    What Cloud Storage refuses becomes a `CloudError` here.

    Args:
        api: Makes the calls.
        name: The bucket.
        before_write: Called before anything is stored; raises where nothing may be any more.

    Attributes:
        versions: The same bucket, with all versions of its objects.
    """

    def __init__(
        self,
        api: StorageApi,
        name: str,
        *,
        before_write: Callable[[], None] = lambda: None,
    ) -> None:
        self._api = api
        self._before_write = before_write
        self.versions = VersionedBucket(api, name)
        self.name = name

    def uri(self, name: str) -> str:
        """Return the `gs://` address of an object."""
        return f"gs://{self.name}/{name}"

    def put_once(
        self, name: str, content: bytes, metadata: Mapping[str, str] | None = None
    ) -> bytes:
        """Store content where nothing is, and return what is there then: ours or another's.

        A 412 can also mean that an earlier try of this very call succeeded and its answer was lost; and an
        identity that may only create may be answered 403 in its place, which no documentation excludes. So
        after both the object is read back.
        """
        refused: CloudError | None = None
        try:
            if self.put_if(name, content, generation=0, metadata=metadata) is not None:
                return content
        except CloudError as error:
            if not isinstance(error.__cause__, Forbidden):
                raise
            refused = error
        found = self.read(name, most_bytes=max(len(content), MOST_BYTES))
        if found is None:
            raise refused or CloudError(
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
        metadata: Mapping[str, str] | None = None,
    ) -> int | None:
        """Store content if the live object has this generation (0: if there is none).

        Args:
            name: The object.
            content: What is stored.
            generation: What has to be there.
            content_type: That of the content.
            metadata: Custom metadata of the object.

        Returns:
            The new generation, or None when the condition did not hold.

        Raises:
            ProtectedError: A hold or a retention keeps what is there.
        """
        self._before_write()
        resource: Resource = {
            "name": name,
            "contentType": content_type,
            "crc32c": crc32c_text(google_crc32c.Checksum(content)),
        }
        if metadata:
            resource["metadata"] = dict(metadata)
        condition: Query = {"ifGenerationMatch": generation}
        with cloud_errors(self.uri(name)):
            try:
                stored = calling(lambda: self._api.upload(self.name, condition, resource, content))
            except PreconditionFailed:
                return None
            except Forbidden as error:
                refuse_protected(error, self.uri(name))
                raise
        return int(stored["generation"])

    def read(self, name: str, *, most_bytes: int = MOST_BYTES) -> bytes | None:
        """Return the live object's content as `whole_document` reads it, or None."""
        found = self._document(name, most_bytes)
        return None if found is None else found.content

    def read_with_generation(self, name: str) -> Download | None:
        """Return the live object's content as `whole_document` reads it and its generation."""
        return self._document(name, MOST_BYTES)

    def _document(self, name: str, most_bytes: int) -> Download | None:
        read = partial(whole_document, self._api, self.name, name, most_bytes=most_bytes)
        return self._unless_gone(name, None, read)

    def read_dated(self, name: str, *, most_bytes: int = MOST_BYTES) -> Dated | None:
        """Return the live object's content and when it was written, on Cloud Storage's clock."""
        while True:
            found = self._found(name, None)
            if found is None:
                return None
            read = self._document(name, most_bytes)
            if read is not None and read.generation == found.generation:
                return Dated(*read, found.created_at)

    def list_objects(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield the live objects below a prefix, in name order."""
        for page in self._listed_pages({"prefix": prefix, "fields": _LISTED}):
            for item in page.get("items", ()):
                name, generation = item["name"], int(item["generation"])
                # Of an object under a key of Cloud KMS a listing tells no checksum.
                told = _listed(item) if item.get("crc32c") else self.info(name, generation)
                if told is not None:
                    yield told

    def list_folders(self, prefix: str) -> Iterator[str]:
        """Yield the names below a prefix up to their next `/`, each once, in name order."""
        for page in self._listed_pages({"prefix": prefix, "delimiter": "/", "fields": _LISTED}):
            yield from sorted(page.get("prefixes", ()))

    def list_dated(
        self, prefix: str, *, glob: str | None = None, marked: bool = False
    ) -> Iterator[Listed]:
        """Yield the live objects below a prefix, and when each was written, in name order.

        Args:
            prefix: What their names begin with.
            glob: What their whole names have to match; pages can be empty (Objects: list, matchGlob).
            marked: Whether it is told what each says of itself.
        """
        fields = _DATED.format(said=",metadata" if marked else "")
        for page in self._listed_pages({"prefix": prefix, "matchGlob": glob, "fields": fields}):
            for item in page.get("items", ()):
                written_at = datetime.fromisoformat(item["timeCreated"])
                size_bytes, said = int(item.get("size", 0)), said_in(item.get("metadata"))
                yield Listed(item["name"], size_bytes, written_at, said)

    def _listed_pages(self, query: Query) -> Iterator[Resource]:
        with cloud_errors(self.uri(str(query["prefix"]))):
            yield from self._api.pages(f"b/{self.name}/o", query)

    def info(self, name: str, generation: int | None = None) -> ObjectInfo | None:
        """Return what Cloud Storage says about an object, or None when it is not there."""
        found = self._found(name, generation)
        return None if found is None else _info(found)

    def metadata(self, found: ObjectInfo) -> Mapping[str, str]:
        """Return the custom metadata of an exact generation; nothing where it is not there."""
        version = self._found(found.name, found.generation)
        return {} if version is None else version.settings.metadata

    def _found(self, name: str, generation: int | None) -> ObjectVersion | None:
        with cloud_errors(self.uri(name)):
            found = self.versions.find(name, generation)
            return None if found is None else self.versions.decrypted(found)

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
            return believed(answer, lambda: self.versions.lists(name, generation))

    def copy_here(self, source: "Bucket", found: ObjectInfo, name: str) -> ObjectInfo:
        """Copy one exact generation from another bucket, server-side, where nothing is.

        Returns:
            The object in this bucket; when an earlier try already copied it, that one.

        Raises:
            ObjectMissingError: The source generation is gone.
            ObjectChangedError: The copy differs from the source.
            StrangeObjectError: Something else is there.
        """
        self._before_write()
        origin = (source.name, found.name, found.generation)

        def copy() -> tuple[ObjectVersion | None, bool]:
            there, is_new = self.versions.rewrite_once(name, origin, settings={"name": name})
            if there is not None and not is_new:
                there = self.versions.decrypted(there)
            return there, is_new

        answer = source._unless_gone(found.name, found.generation, copy)  # noqa: SLF001 - same class
        if answer is None:
            raise ObjectMissingError("the object to copy is gone", subject=source.uri(found.name))
        there, is_new = answer
        if there is None:
            raise CloudError("it vanished while it was looked at", subject=name, retryable=True)
        copied = _info(there)
        is_like = (copied.crc32c, copied.size_bytes) == (found.crc32c, found.size_bytes)
        if is_new and not is_like:
            raise ObjectChangedError(
                f"the copy has crc32c {copied.crc32c}, the source {found.crc32c}",
                subject=self.uri(name),
            )
        # An earlier try put it there, or somebody else did: a CRC32C is easily made to fit.
        if not is_new and not (is_like and self._holds_bytes_of(copied, source, found)):
            raise StrangeObjectError(
                "something else lies there", subject=self.uri(name), hint=STRANGE_HINT
            )
        return copied

    def _holds_bytes_of(self, copied: ObjectInfo, source: "Bucket", found: ObjectInfo) -> bool:
        pairs = zip_longest(self.chunks(copied), source.chunks(found))
        return all(ours == theirs for ours, theirs in pairs)

    def delete(self, name: str, *, generation: int) -> None:
        """Delete one exact generation; one that is already gone is no error."""
        query: Query = {"generation": generation, "ifGenerationMatch": generation}

        def deleted() -> bool | None:
            try:
                self._api.call("DELETE", object_path(self.name, name), query)
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
        read = partial(piece, self._api, self.name, found.name, found.generation)
        for start in range(0, found.size_bytes, _READ_BYTES):
            end = min(start + _READ_BYTES, found.size_bytes) - 1
            ask = partial(read, start=start, end=end)
            chunk = self._unless_gone(found.name, found.generation, ask)
            if chunk is None:
                raise ObjectMissingError("the object is gone", subject=self.uri(found.name))
            yield chunk


def _listed(item: Resource) -> ObjectInfo:
    return ObjectInfo(
        name=item["name"],
        size_bytes=int(item.get("size", 0)),
        crc32c=item["crc32c"],
        generation=int(item["generation"]),
    )


def _info(version: ObjectVersion) -> ObjectInfo:
    return ObjectInfo.model_validate(version, from_attributes=True)
