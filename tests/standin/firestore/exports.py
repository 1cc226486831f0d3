"""Managed exports to Cloud Storage and imports from it, in a simple format of our own.

`PREFIX/all_namespaces/all_kinds/output-N` holds serialised documents, each after its length
in four bytes. `PREFIX/LAST.overall_export_metadata`, with LAST the last part of PREFIX, is
JSON: `{"collectionIds": [...], "documents": n, "files": [{"name", "size", "crc32"}]}`, written
last. An import refuses an export whose files are missing, changed or renamed.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import grpc
from google.protobuf.message import Message

from tests.standin.firestore.messages import Document, RequestError, Write, invalid
from tests.standin.firestore.paths import split_name
from tests.standin.firestore.queries import Source
from tests.standin.firestore.store import Store
from tests.standin.firestore.writes import apply

FILE_BYTES = 16 * 1024 * 1024
LENGTH_BYTES = 4
BATCH = 500
TIMEOUT_SECONDS = 60

type Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Location:
    """A folder in a bucket, and the Cloud Storage that it is in."""

    storage: str
    bucket: str
    prefix: str

    @property
    def metadata_name(self) -> str:
        """Return the name of the object that makes an export whole."""
        return f"{self.prefix}/{self.prefix.rpartition('/')[2]}.overall_export_metadata"

    def _request(self, url: str, data: bytes | None) -> bytes:
        request = urllib.request.Request(f"{self.storage}{url}", data=data)  # noqa: S310 - ours
        request.add_header("Content-Type", "application/octet-stream")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                return response.read()
        except urllib.error.HTTPError as error:
            code = grpc.StatusCode.NOT_FOUND if error.code == 404 else grpc.StatusCode.UNAVAILABLE
            raise RequestError(code, f"Google Cloud Storage: {error}: {url}") from error
        except OSError as error:
            raise RequestError(grpc.StatusCode.UNAVAILABLE, str(error)) from error

    def write(self, name: str, data: bytes) -> None:
        """Write an object.

        Raises:
            RequestError: If it cannot be written.
        """
        name = urllib.parse.quote(name, safe="")
        self._request(f"/upload/storage/v1/b/{self.bucket}/o?uploadType=media&name={name}", data)

    def read(self, name: str) -> bytes:
        """Return an object's content.

        Raises:
            RequestError: If it cannot be read.
        """
        name = urllib.parse.quote(name, safe="")
        return self._request(f"/storage/v1/b/{self.bucket}/o/{name}?alt=media", None)


def location(storage: str | None, uri: str) -> Location:
    """Return where a `gs://bucket/prefix` is.

    Raises:
        RequestError: If it is none, or the server knows no Cloud Storage.
    """
    scheme, _, rest = uri.partition("://")
    bucket, _, prefix = rest.partition("/")
    if scheme != "gs" or not bucket:
        raise invalid(f"Invalid Google Cloud Storage URI: {uri}")
    if storage is None:
        raise RequestError(grpc.StatusCode.UNIMPLEMENTED, "The server runs without --storage.")
    return Location(storage, bucket, prefix.rstrip("/"))


@dataclass
class _Writer:
    """Writes documents into files of a bearable size."""

    place: Location
    files: list[dict[str, object]] = field(default_factory=list)
    documents: int = 0
    exported_bytes: int = 0
    _parts: bytearray = field(default_factory=bytearray)

    def add(self, document: bytes) -> None:
        self._parts += len(document).to_bytes(LENGTH_BYTES, "little") + document
        self.documents += 1
        self.exported_bytes += len(document)
        if len(self._parts) >= FILE_BYTES:
            self.flush()

    def flush(self) -> None:
        data = bytes(self._parts)
        name = f"all_namespaces/all_kinds/output-{len(self.files)}"
        self.place.write(f"{self.place.prefix}/{name}", data)
        self.files.append({"name": name, "size": len(data), "crc32": zlib.crc32(data)})
        self._parts.clear()


def export(source: Source, collection_ids: list[str], place: Location, progress: Progress) -> None:
    """Export a database at an instant.

    Args:
        source: The database and the instant; its parent is the root.
        collection_ids: The collection groups to export; empty for all.
        place: Where to.
        progress: Told the documents and bytes so far.

    Raises:
        RequestError: If an export is already there, or Cloud Storage refuses.
    """
    try:
        place.read(place.metadata_name)
    except RequestError as error:
        if error.code is not grpc.StatusCode.NOT_FOUND:
            raise
    else:
        raise RequestError(
            grpc.StatusCode.ALREADY_EXISTS, f"Path already exists: {place.metadata_name}"
        )
    writer = _Writer(place)
    for document in source.database.walk("", source.stamp):
        if collection_ids and document.path.split("/")[-2] not in collection_ids:
            continue
        writer.add(source.database.serialised(document))
        if writer.documents % BATCH == 0:
            progress(writer.documents, writer.exported_bytes)
    writer.flush()
    progress(writer.documents, writer.exported_bytes)
    content = {
        "collectionIds": collection_ids,
        "documents": writer.documents,
        "files": writer.files,
    }
    place.write(place.metadata_name, json.dumps(content).encode())


def _documents(place: Location, files: list[dict[str, object]]) -> Iterator[Message]:
    for file in files:
        data = place.read(f"{place.prefix}/{file['name']}")
        if len(data) != file["size"] or zlib.crc32(data) != file["crc32"]:
            raise invalid(f"Export file is damaged: {file['name']}")
        position = 0
        while position < len(data):
            begin = position + LENGTH_BYTES
            position = begin + int.from_bytes(data[begin - LENGTH_BYTES : begin], "little")
            yield Document.FromString(data[begin:position])


def _batches(documents: Iterable[Message]) -> Iterator[list[Message]]:
    batch: list[Message] = []
    for document in documents:
        batch.append(document)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def restore(
    store: Store, database: str, collection_ids: list[str], place: Location, progress: Progress
) -> None:
    """Import an export: its documents overwrite those of the same name, others stay.

    Raises:
        RequestError: If there is no whole export, or it cannot be imported like this.
    """
    content = json.loads(place.read(place.metadata_name))
    if missing := set(collection_ids) - set(content["collectionIds"]):
        raise invalid(
            "Only an export made with collection ids can be imported by collection id:"
            f" {', '.join(sorted(missing))}."
        )
    documents = imported_bytes = 0
    for batch in _batches(_documents(place, content["files"])):
        with store.writing(database) as commit:
            for document in batch:
                path = split_name(document.name)[1]
                if collection_ids and path.split("/")[-2] not in collection_ids:
                    continue
                document.name = f"{database}/documents/{path}"
                apply(commit, Write(update=document))
                documents += 1
                imported_bytes += document.ByteSize()
        progress(documents, imported_bytes)
