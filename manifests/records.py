"""Records of the Avro files that Rebound itself writes, read without trusting the file. Pure.

A decoder follows the schema in the file: a schema that refers to itself overflows the stack, and
one of nothing but nulls makes endless records out of no bytes. So nothing is
decoded before the header is found to be the one that such a file has, no block becomes larger than
a writer of ours makes it, and a record is made of some bytes.
"""

import io
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import fastavro

from manifests.avro import most_header_bytes, read_header, read_long
from manifests.errors import AvroDamagedError, ReboundError

CODEC = "deflate"
_RAW_DEFLATE = -15
_CHECKSUM_BYTES = 4


class RecordFile(NamedTuple):
    """What the files of one sort are.

    Attributes:
        schema: The schema of a record, as plain JSON.
        most_file_bytes: No file is larger.
        most_block_bytes: No block is larger once it is inflated.
        later: Fields that the first files of the sort do not have.
    """

    schema: dict[str, Any]
    most_file_bytes: int
    most_block_bytes: int
    later: frozenset[str] = frozenset()

    def check_header(self, metadata: Mapping[str, bytes], *, subject: str) -> dict[str, Any]:
        """Refuse a header that no file of this sort has; return the schema it tells.

        Raises:
            AvroDamagedError: The codec is another, or the schema.
        """
        codec = metadata.get("avro.codec", b"null")
        if codec != CODEC.encode():
            raise AvroDamagedError(f"its codec is {codec[:40]!r}, not {CODEC}", subject=subject)
        try:
            told = json.loads(metadata["avro.schema"])
            names = [field["name"] for field in told["fields"]]
        except (KeyError, RecursionError, TypeError, ValueError) as error:
            raise AvroDamagedError("no schema of records", subject=subject) from error
        fields = [
            field
            for field in self.schema["fields"]
            if field["name"] in names or field["name"] not in self.later
        ]
        if told != (wanted := {**self.schema, "fields": fields}):
            raise AvroDamagedError("its schema is not the one such a file has", subject=subject)
        return wanted

    def read(self, content: bytes, *, subject: str) -> Iterator[dict[str, Any]]:
        """Yield the records of a file, as many of them held as one block has.

        Args:
            content: The whole file.
            subject: Its name, for errors.

        Raises:
            AvroDamagedError: It is not a whole file of this sort.
        """
        if len(content) > self.most_file_bytes:
            raise AvroDamagedError(f"larger than {self.most_file_bytes} bytes", subject=subject)
        try:
            header = content[: most_header_bytes(len(self.schema["fields"]))]
            metadata, sync, at = read_header(header)
            schema = fastavro.parse_schema(self.check_header(metadata, subject=subject))
        except (IndexError, ValueError) as error:
            raise AvroDamagedError(f"not an Avro file: {error}", subject=subject) from error
        while at < len(content):
            try:
                records, at = self._block(content, at, sync, schema)
            except ReboundError:
                raise
            # For damaged bytes the decoder raises errors of any class.
            except Exception as error:
                raise AvroDamagedError(f"not a block: {error}", subject=subject) from error
            yield from records

    def _block(
        self,
        content: bytes,
        at: int,
        sync: bytes,
        schema: Any,  # noqa: ANN401 - fastavro's own form
    ) -> tuple[list[dict[str, Any]], int]:
        count, at = read_long(content, at)
        size_bytes, at = read_long(content, at)
        end = at + size_bytes
        if size_bytes < 0 or content[end : end + len(sync)] != sync:
            message = "its end is not where it belongs"
            raise ValueError(message)
        plain = _inflated(content[at:end], self.most_block_bytes)
        if not 0 <= count <= len(plain):
            message = f"{count} records in {len(plain)} bytes"
            raise ValueError(message)
        stream = io.BytesIO(plain)
        records: list[Any] = [fastavro.schemaless_reader(stream, schema) for _ in range(count)]
        if stream.tell() != len(plain):
            message = "bytes are left behind its records"
            raise ValueError(message)
        return records, end + len(sync)


def _inflated(data: bytes, most_bytes: int) -> bytes:
    inflating = zlib.decompressobj(_RAW_DEFLATE)
    plain = inflating.decompress(data, most_bytes)
    # Some writers append all or part of a checksum to the compressed stream.
    if not inflating.eof or len(inflating.unused_data) > _CHECKSUM_BYTES:
        message = f"it does not end, or not within {most_bytes} bytes"
        raise ValueError(message)
    return plain
