"""Documents of a Firestore database as raw messages, read and written without any work on them.

This is what a backup and a restore cannot do without. It uses Google's client for nothing but its
channel, and has as much in flight as they have.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1 import types

from tests.standin.firestore.creation import create_database

COLLECTION = "processor_runs"
PARALLEL = 4
_RANGE_DOCUMENTS = 10_000
_BATCH_WRITES = 300
_SERVICE = "/google.firestore.v1.Firestore"

_Document: Any = types.Document.pb()
_Write: Any = types.Write.pb()


def path_of(number: int) -> str:
    """Return the path of a document."""
    return f"{COLLECTION}/2025-{number:06d}"


def fields_of(number: int) -> Any:  # noqa: ANN401 - a protobuf message
    """Return a document of about 500 bytes, without a name."""
    fields = {
        "processor": {"string_value": f"BoxScoreProcessor{number % 40}"},
        "game_date": {"string_value": f"2025-{number % 12 + 1:02d}-{number % 28 + 1:02d}"},
        "rows": {"integer_value": number * 7919},
        "seconds": {"double_value": number / 7},
        "is_complete": {"boolean_value": number % 2 == 0},
        "error": {"null_value": 0},
        "finished_at": {"timestamp_value": {"seconds": 1_760_000_000 + number, "nanos": 123_000}},
        "message": {"string_value": f"{number} rows were written to the staging table. " * 4},
        "metadata": {
            "map_value": {"fields": {key: {"integer_value": number} for key in "abcdefgh"}}
        },
        "games": {
            "array_value": {
                "values": [{"string_value": f"00225{number + i:05d}"} for i in range(6)]
            }
        },
    }
    return _Document(fields=fields)


class RawDatabase:
    """One database, through the channel of Google's client.

    Args:
        project: The project.
        database_id: The database; it is created if there is none.
    """

    def __init__(self, project: str, database_id: str) -> None:
        create_database(project, database_id)
        client = firestore.Client(project=project, database=database_id)
        self._name = f"projects/{project}/databases/{database_id}"
        self._root = f"{self._name}/documents"
        channel = client._firestore_api.transport.grpc_channel  # noqa: SLF001 - nothing public gives it
        self._query = channel.unary_stream(
            f"{_SERVICE}/RunQuery",
            lambda request: request.SerializeToString(),
            types.RunQueryResponse.pb().FromString,
        )
        self._batch = channel.unary_unary(
            f"{_SERVICE}/BatchWrite",
            lambda request: request.SerializeToString(),
            types.BatchWriteResponse.pb().FromString,
        )

    def writes(self, count: int) -> list[Any]:
        """Return the writes that create so many documents."""
        found = []
        for number in range(count):
            document = fields_of(number)
            document.name = f"{self._root}/{path_of(number)}"
            found.append(_Write(update=document, current_document={"exists": False}))
        return found

    def write(self, writes: Sequence[Any]) -> None:
        """Send writes in batches, and insist that each was done."""

        def send(batch: tuple[Any, ...]) -> None:
            request = types.BatchWriteRequest.pb()(database=self._name, writes=batch)
            refused = [item for item in self._batch(request).status if item.code]
            if refused:
                raise RuntimeError(refused[0].message)

        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(send, batched(writes, _BATCH_WRITES, strict=False)))

    def read(self, count: int) -> int:
        """Read so many documents in ranges of their names, and return how many came."""

        def one_range(first: int) -> int:
            return sum(answer.HasField("document") for answer in self._query(self._request(first)))

        with ThreadPoolExecutor(PARALLEL) as pool:
            return sum(pool.map(one_range, range(0, count, _RANGE_DOCUMENTS)))

    def _request(self, first: int) -> Any:  # noqa: ANN401 - a protobuf message
        start, end = (
            {"values": [{"reference_value": f"{self._root}/{path_of(number)}"}], "before": True}
            for number in (first, first + _RANGE_DOCUMENTS)
        )
        query = {
            "from_": [{"all_descendants": True}],
            "order_by": [{"field": {"field_path": "__name__"}, "direction": 1}],
            "start_at": start,
            "end_at": end,
        }
        return types.RunQueryRequest.pb()(parent=self._root, structured_query=query)
