"""Google's discovery documents as a judge: what it condemns, and that nothing goes past it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.responses import JSONResponse
from starlette.types import Message

from tests.standin.bigquery import routes as bigquery_routes
from tests.standin.cloud import Cloud
from tests.standin.discovery.documents import methods
from tests.standin.discovery.middleware import DiscoveryMiddleware
from tests.standin.discovery.reported import taken
from tests.standin.storage import routes as storage_routes

DATASET = {"projectId": "judged", "datasetId": "d"}


@pytest.mark.parametrize(
    ("method", "sent", "findings"),
    [
        ("tables.patch", {"descripton": "x"}, [".descripton is unknown"]),
        (
            "tables.insert",
            {"schema": {"fields": [{"name": "a"}, {"name": "b", "mod": "NULLABLE"}]}},
            [".schema.fields[1].mod is unknown"],
        ),
        (
            "tables.update",
            {"materializedView": {"query": "SELECT 1", "lastRefreshTime": "1"}, "numRows": "1"},
            [
                ".materializedView.lastRefreshTime is output only, and is sent",
                ".numRows is output only, and is sent",
            ],
        ),
        ("routines.update", {"buildStatus": {}}, [".buildStatus is output only, and is sent"]),
        (
            "jobs.insert",
            {"configuration": {"load": {"schema": [], "sourceUris": "gs://b/o"}}},
            [
                ".configuration.load.schema is no object: []",
                ".configuration.load.sourceUris is no list: 'gs://b/o'",
            ],
        ),
        (
            "tables.insert",
            {"defaultRoundingMode": "UP", "requirePartitionFilter": "yes", "labels": {"a": 1}},
            [
                ".defaultRoundingMode is no known value: 'UP'",
                ".requirePartitionFilter is no boolean: 'yes'",
                ".labels.a is no string: 1",
            ],
        ),
        ("datasets.patch", {"description": None, "defaultTableExpirationMs": 3600000}, []),
    ],
)
def test_wrong_fields_are_condemned(method: str, sent: dict[str, Any], findings: list[str]):
    """What is misspelt, output only, mistyped or no value of its list is named with its path."""
    check = methods("bigquery.v2")[f"bigquery.{method}"].request
    assert check is not None
    assert [f"{path} {problem}" for path, problem in check(sent)] == findings


def test_wrong_calls_are_named(cloud: Cloud, reports: Path):
    """A call in the body, the query, the metadata of an upload or a batch is told by its method."""
    bigquery, storage = cloud.urls["bigquery"], cloud.urls["storage"]
    datasets = f"{bigquery}/bigquery/v2/projects/judged/datasets"
    headers = {"User-Agent": "judged"}
    post = requests.post

    def send(url: str, **how: Any) -> None:  # noqa: ANN401 - what requests takes
        post(
            url, headers={**headers, **how.pop("headers", {})}, timeout=30, **how
        ).raise_for_status()

    send(datasets, json={"datasetReference": DATASET, "etag": "e"})
    send(f"{storage}/storage/v1/b?project=p&projekt=q", json={"name": "judged"})
    boundary = {"Content-Type": "multipart/related; boundary=x"}
    parts = (
        b'--x\r\nContent-Type: application/json\r\n\r\n{"name":"o","contentTpye":"a"}\r\n'
        b"--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x--"
    )
    upload = f"{storage}/upload/storage/v1/b/judged/o?uploadType=multipart"
    send(upload, data=parts, headers=boundary)
    batch = (
        b"--x\r\nContent-Type: application/http\r\nContent-ID: <1>\r\n\r\n"
        b"PATCH /storage/v1/b/judged/o/o HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
        b'{"metadata":{"a":1}}\r\n--x--'
    )
    mixed = {"Content-Type": "multipart/mixed; boundary=x"}
    send(f"{storage}/batch/storage/v1", data=batch, headers=mixed)
    found = [line.removesuffix(" (judged)") for line in taken(reports)]
    assert found == [
        "bigquery.datasets.insert: request.etag is output only, and is sent",
        "storage.buckets.insert: request?projekt is unknown",
        "storage.objects.insert: request.contentTpye is unknown",
        "storage.objects.patch: request.metadata.a is no string: 1 ()",
    ]


def test_bigquery_refuses_names_that_it_does_not_know(cloud: Cloud, reports: Path):
    """In the words of Google's parser; and what was refused is told to the test all the same."""
    url = f"{cloud.urls['bigquery']}/bigquery/v2/projects/judged"
    field = {"name": "a", "type": "INT64", "fields": [], "mod": "NULLABLE"}
    bodies = {
        "datasets": {"datasetReference": {"datasetId": "names"}, "descripton": "x"},
        "datasets/d/tables": {"schema": {"fields": [field]}},
        "jobs": {"configuration": {"load": {"sourceUri": []}, "lables": {}}},
    }
    headers = {"User-Agent": "judged"}
    answers = [
        requests.post(f"{url}/{path}", json=body, headers=headers, timeout=30)
        for path, body in bodies.items()
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    said = [f"{answer.json()['error']['message']}\n" for answer in answers]
    text = "Invalid JSON payload received. Unknown name \"{}\" at '{}': Cannot find field.\n"
    assert said == [
        text.format("descripton", "dataset"),
        text.format("mod", "table.schema.fields[0]"),
        text.format("sourceUri", "job.configuration.load")
        + text.format("lables", "job.configuration"),
    ]
    assert [line.removesuffix(" is unknown (judged)") for line in taken(reports)] == [
        "bigquery.datasets.insert: request.descripton",
        "bigquery.tables.insert: request.schema.fields[0].mod",
        "bigquery.jobs.insert: request.configuration.load.sourceUri",
        "bigquery.jobs.insert: request.configuration.lables",
    ]


def test_wrong_answers_are_named(reports: Path):
    """A stand-in that answers what the document does not know is told so."""
    answer = JSONResponse({"totalRows": 5, "statistics": {"query": {"totalRows": "5"}}})
    judge = DiscoveryMiddleware(answer, methods("bigquery.v2"), lambda _: "bigquery.jobs.get")
    path = "/bigquery/v2/projects/p/jobs/j"
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        pass

    asyncio.run(judge(scope, receive, send))
    assert taken(reports) == [
        "bigquery.jobs.get: answer.totalRows is unknown ()",
        "bigquery.jobs.get: answer.statistics.query.totalRows is unknown ()",
    ]


def test_stand_ins_answer_the_methods_of_the_documents():
    """An operation under a name of its own would go past the judge."""
    lines = (line.split() for line in storage_routes.JSON_ROUTES.split("\n") if line)
    answered = {(name, method) for name, method, _ in lines}
    answered |= {(name, method) for method, _, name in bigquery_routes.OPERATIONS}
    known = {
        (item.id, item.http_method)
        for api in ("bigquery.v2", "storage.v1")
        for item in methods(api).values()
    }
    assert answered <= known
