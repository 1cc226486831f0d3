"""Firestore: aggregations, values and queries at the edges, and reading after a mass delete."""

from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.vector import Vector

from tests.cloud.probes.asking import answered
from tests.cloud.sandbox import Sandbox

_DELETED = 2_000
_BATCH = 400


def values(sandbox: Sandbox) -> object:
    """Return what is read back of values at the edges."""
    client = sandbox.database("values")
    written: dict[str, Any] = {
        "negative zero": -0.0,
        "nan": float("nan"),
        "long text": "x" * 2000,
        "vector": Vector([1.0, -0.0]),
        "vector of nan": Vector([float("nan")]),
        "late": datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
    }
    found = {}
    for name, value in written.items():
        document = client.document(f"values/{name.replace(' ', '_')}")
        found[name] = answered(lambda d=document, v=value: _read_back(d, v))
    return found


def _read_back(document: firestore.DocumentReference, value: object) -> str:
    document.set({"v": value})
    return repr(document.get().to_dict()["v"])


def counts(sandbox: Sandbox) -> object:
    """Return kindless counts at the root and below, and aggregations of odd shapes."""
    client = sandbox.database("counts")
    for path in ("a/1", "a/1/b/2", "a/3", "a/3/b/4/c/5", "d/6"):
        client.document(path).set({"n": 1})
    everything = {"from_": [{"all_descendants": True}]}
    count = [{"alias": "n", "count": {}}]
    return {
        "root": answered(lambda: _count(client, "", everything, count)),
        "below": answered(lambda: _count(client, "/a/1", everything, count)),
        "none": answered(lambda: _count(client, "", everything, [])),
        "twice": answered(lambda: _count(client, "", everything, count * 2)),
        "limited": answered(lambda: _count(client, "", {**everything, "limit": 2}, count)),
    }


def _count(client: firestore.Client, below: str, query: object, aggregations: object) -> object:
    request = {
        "parent": f"{client._database_string}/documents{below}",  # noqa: SLF001 - the full name
        "structured_aggregation_query": {
            "structured_query": query,
            "aggregations": aggregations,
        },
    }
    api = client._firestore_api  # noqa: SLF001 - the high-level client counts no kindless query
    answers = api.run_aggregation_query(request=request, metadata=client._rpc_metadata)  # noqa: SLF001
    return [types.AggregationResult.to_dict(answer.result) for answer in answers]


def preconditions(sandbox: Sandbox) -> object:
    """Return how a precondition in the future is refused."""
    client = sandbox.database("preconditions")
    document = client.document("a/1")
    document.set({"n": 1})
    option = client.write_option(last_update_time=datetime.now(UTC) + timedelta(hours=1))
    return answered(lambda: document.update({"n": 2}, option=option) and "written")


def just_deleted(sandbox: Sandbox) -> object:
    """Return what is found where many documents were deleted a moment ago."""
    client = sandbox.database("deleted")
    for change in ("set", "delete"):
        for start in range(0, _DELETED, _BATCH):
            batch = client.batch()
            for number in range(start, start + _BATCH):
                document = client.document(f"a/{number:06}")
                batch.set(document, {"n": number}) if change == "set" else batch.delete(document)
            batch.commit()
    return answered(lambda: len(list(client.collection("a").stream())))


def missing_database(sandbox: Sandbox) -> object:
    """Return how a read of a database that does not exist is answered."""
    client = firestore.Client(project=sandbox.project, database=f"{sandbox.name}-none")
    return answered(lambda: client.document("a/1").get().exists)


PROBES = (values, counts, preconditions, just_deleted, missing_database)
