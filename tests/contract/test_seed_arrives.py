import json
import uuid
from collections import Counter
from contextlib import closing
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from google.cloud import bigquery, firestore, storage

from tests.standin.bigquery.avro.fields import standard_type
from tests.standin.cloud import Cloud
from tests.standin.seed.objects import raw_objects, seed_storage
from tests.standin.seed.odd import odd_tables
from tests.standin.seed.resources import table_resources
from tests.standin.seed.rows import definitions, write_rows
from tests.standin.seed.states import seed_firestore, state_documents
from tests.standin.seed.volumes import VOLUMES, total_rows
from tests.standin.seed.warehouse import seed_bigquery

SCALE = 0.003
LOCATION = "us-west2"


@pytest.fixture
def project(cloud: Cloud) -> str:
    """Return a project that nothing else uses, on the local cloud."""
    assert cloud.env
    return f"seed-{uuid.uuid4().hex[:10]}"


def comparable(field: dict[str, Any]) -> dict[str, Any]:
    """Return a schema field with its type by one of its two names."""
    return {**field, "type": standard_type(field)}


def test_tables_arrive(project: str, tmp_path: Path):
    """Every table has its rows and every property it was made with."""
    seed_bigquery(project, SCALE)
    with closing(bigquery.Client(project=project, location=LOCATION)) as client:
        for name, wanted in table_resources(project, LOCATION).items():
            table = client.get_table(f"{project}.{name}")
            found = table.to_api_repr()
            assert table.num_rows == total_rows(VOLUMES[name], SCALE), name
            fields, wanted_fields = found.pop("schema"), wanted.pop("schema")
            assert list(map(comparable, fields["fields"])) == [
                comparable(field) for field in wanted_fields["fields"]
            ]
            assert {key: found.get(key) for key in wanted} == wanted
        odd = {table.table_id for table in client.list_tables("rebound_odd")}
        assert odd == {table.name for table in odd_tables()} | {"odd_types"}
        for table in odd_tables():
            rows = [row for rows in table.rows.values() for row in rows]
            found_table = client.get_table(f"{project}.rebound_odd.{table.name}")
            assert found_table.num_rows == len(rows) - bool(table.delete), table.name
        name = "nba_orchestration.workflow_decisions"
        found_rows = [dict(row) for row in client.list_rows(f"{project}.{name}")]
    rows = pq.read_table(write_rows(definitions()[name], SCALE, tmp_path)).to_pylist()
    for row in rows:
        row["context"] = row["context"] and json.loads(row["context"])
    key = itemgetter("decision_id")
    assert sorted(found_rows, key=key) == sorted(rows, key=key)


def test_objects_arrive(project: str):
    """Every object has its content, type, encoding, metadata, time, hold and class."""
    bucket = f"{project}-raw"
    seed_storage(project, SCALE, bucket=bucket)
    with closing(storage.Client(project=project)) as client:
        found = {blob.name: blob for blob in client.list_blobs(bucket)}
        made = client.get_bucket(bucket)
        replaced = list(client.list_blobs(bucket, soft_deleted=True))
        content = {name: blob.download_as_bytes(raw_download=True) for name, blob in found.items()}
    wanted = {item.name: item for item in raw_objects(SCALE)}
    assert content == {name: item.content for name, item in wanted.items()}
    for name, item in wanted.items():
        blob = found[name]
        assert (blob.content_type, blob.content_encoding) == (item.content_type, item.encoding)
        assert (blob.metadata or {}, blob.custom_time) == (item.metadata, item.custom_time)
        assert bool(blob.temporary_hold) == item.is_held
        assert blob.storage_class == (item.storage_class or "STANDARD")
    assert not made.versioning_enabled
    assert len(replaced) == 30


def test_documents_arrive(project: str):
    """Every collection has as many documents as were made, below missing parents too."""
    seed_firestore(project, SCALE)
    with closing(firestore.Client(project=project)) as client:
        wanted = Counter(path.split("/")[0] for path, _ in state_documents(client, SCALE)
                         if path.count("/") == 1)  # fmt: skip
        found = {item.id: len(list(item.stream())) for item in client.collections()}
        completions = sum(1 for _ in client.collection_group("completions").stream())
        below = sum(path.count("/completions/") for path, _ in state_documents(client, SCALE))
        odd = client.document("odd_values/every type").get().to_dict()
    assert found == wanted
    assert completions == below > 0
    assert odd["integers"][-1] == 2**53 + 1
