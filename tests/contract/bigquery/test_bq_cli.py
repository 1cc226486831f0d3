"""Google's own command, `bq`, against the stand-in."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract import real
from tests.contract.bigquery.conftest import Query
from tests.contract.bigquery.server import PROJECT, Server

pytestmark = real.local_only(real.TOOL)

type Bq = Callable[..., Any]


@pytest.fixture
def bq(server: Server, tmp_path: Path) -> Bq:
    """Return what runs `bq` and gives the JSON that it prints."""
    command = shutil.which("bq")
    if command is None:
        pytest.skip("bq is not installed: Google's command was NOT tried against the stand-in")
    environment = {
        **os.environ,
        "CLOUDSDK_CONFIG": str(tmp_path),
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
    }

    def run(*words: str) -> Any:  # noqa: ANN401 - JSON
        flags = [f"--api={server.url}", f"--project_id={PROJECT}", "--headless", "--quiet"]
        flags.append("--oauth_access_token=any")  # else each starts gcloud twice to ask for one
        done = subprocess.run(
            [command, *flags, "--format=json", *words],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        try:
            return json.loads(done.stdout.strip().splitlines()[-1])
        except (ValueError, IndexError):
            return done.stdout

    return run


def test_bq_reads_and_writes(bq: Bq, query: Query, *, dataset: str, bucket: str, server: Server):
    """Tables are queried, extracted and copied."""
    query("CREATE TABLE t AS SELECT 1 AS a, 'x' AS s")
    sql = f"SELECT a, s FROM {dataset}.t"
    assert bq("query", "--nouse_legacy_sql", sql) == [{"a": "1", "s": "x"}]
    bq("extract", "--destination_format=AVRO", f"{dataset}.t", f"gs://{bucket}/*.avro")
    assert list(server.objects(bucket)) == ["000000000000.avro"]
    bq("cp", f"{dataset}.t", f"{dataset}.u")
    assert query("SELECT a FROM u") == [(1,)]
