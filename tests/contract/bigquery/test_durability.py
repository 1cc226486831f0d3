"""What survives: a restart, and a kill in the middle of writing."""

import contextlib
import signal
import threading
import time
from pathlib import Path

import pytest
import requests
from google.api_core.exceptions import Conflict, NotFound
from google.cloud import bigquery

from tests.contract import real
from tests.contract.bigquery.server import Server, end, process, running

pytestmark = real.local_only(real.PROCESS)

_ANSWER_SECONDS = 240


def kill(server: Server) -> None:
    """Kill a server as a power failure would."""
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(_ANSWER_SECONDS)


def test_everything_survives_a_restart(tmp_path: Path):
    """Rows, resources, history, jobs and their results are there after a restart."""
    with running(tmp_path) as server:
        client = server.client()
        client.create_dataset("d")
        client.query("CREATE TABLE d.t AS SELECT 1 AS a").result()
        client.query("CREATE VIEW d.v AS SELECT a FROM d.t").result()
        time.sleep(0.01)
        moment = time.time_ns() // 1000
        time.sleep(0.01)
        client.query("UPDATE d.t SET a = 2 WHERE TRUE").result()
        job = client.query("SELECT a FROM d.t")
        assert [row[0] for row in job.result()] == [2]
        etag = client.get_table("d.t").etag
        client.close()
    with running(tmp_path) as server:
        client = server.client()
        assert client.get_table("d.t").etag == etag
        assert [row[0] for row in client.get_job(job.job_id).result()] == [2]
        past = f"SELECT a FROM d.t FOR SYSTEM_TIME AS OF TIMESTAMP_MICROS({moment})"
        assert [row[0] for row in client.query(past).result()] == [1]
        assert [row[0] for row in client.query("SELECT a FROM d.v").result()] == [2]
        with pytest.raises(Conflict):
            client.query("SELECT 1", job_id=job.job_id, retry=None, job_retry=None)
        client.close()


def test_a_killed_job_has_failed(tmp_path: Path):
    """A job that waited when the server was killed has ended with backendError, without effect."""
    with running(tmp_path) as server:
        client = server.client()
        client.create_dataset("d")
        server.order("latency", seconds=60, kinds=["query"])
        job = client.query("CREATE TABLE d.t AS SELECT 1 AS a", job_id="waiting", job_retry=None)
        assert job.state in ("PENDING", "RUNNING")
        kill(server)
        client.close()
    with running(tmp_path) as server:
        client = server.client()
        found = client.get_job("waiting")
        assert (found.state, found.error_result["reason"]) == ("DONE", "backendError")
        with pytest.raises(NotFound):
            client.get_table("d.t")
        client.close()


def test_a_kill_leaves_no_half_write(tmp_path: Path):
    """After a kill at any moment a two-table transaction is in both tables or in neither."""
    for _ in range(3):
        with running(tmp_path) as server:
            client = server.client()
            client.create_dataset("d", exists_ok=True)
            for name in ("t", "u"):
                client.query(f"CREATE TABLE IF NOT EXISTS d.{name} (a INT64)").result()
            writers = [threading.Thread(target=_write, args=(client,)) for _ in range(3)]
            for writer in writers:
                writer.start()
            while not client.get_table("d.t").num_rows:
                time.sleep(0.05)
            kill(server)
            for writer in writers:
                writer.join()
            client.close()
        with running(tmp_path) as server:
            client = server.client()
            counts = [client.get_table(f"d.{name}").num_rows for name in ("t", "u")]
            sql = "SELECT (SELECT COUNT(*) FROM d.t), (SELECT COUNT(*) FROM d.u)"
            assert list(next(iter(client.query(sql).result()))) == counts
            assert counts[0] == counts[1] > 0
            client.close()


def _write(client: bigquery.Client) -> None:
    sql = "BEGIN TRANSACTION; INSERT INTO d.t VALUES (1); INSERT INTO d.u VALUES (1); COMMIT TRANSACTION;"
    with contextlib.suppress(requests.RequestException, ConnectionError):
        while True:
            client.query(sql, retry=None, job_retry=None).result(
                retry=None, job_retry=None, timeout=_ANSWER_SECONDS
            )


def test_it_ends_on_sigterm(tmp_path: Path):
    """A server that answers ends cleanly when it is told to."""
    started, url = process("tests.standin.bigquery", "--data-dir", str(tmp_path))
    assert requests.get(f"{url}/standin/health", timeout=_ANSWER_SECONDS).json() == {"status": "ok"}
    end(started)
    assert started.returncode in (0, -signal.SIGTERM)
