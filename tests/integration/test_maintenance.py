"""What is called beside the backup: the vault is read, runs expire, gauges are logged."""

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
import requests

from manifests.store.envelope import encode
from manifests.verification import ShareRecord
from manifests.verified_layout import share_name
from tests.harness import LOCATION, Rebound, make_rebound, whole_minute
from tests.integration import lake
from tests.integration.bucket_objects import backup_of, records_of
from tests.judges.alert_lines import raised
from tests.served import Function, serving
from tests.standin.cloud import Cloud


@pytest.fixture(scope="module")
def rebound(local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform of two tables and a bucket."""
    folder, project = tmp_path_factory.mktemp("maintenance"), f"p-{uuid.uuid4().hex[:10]}"
    raw = f"{project}-raw"
    catalog = lake.write_catalog(
        folder, [f"{lake.DATASET}.a", f"{lake.DATASET}.b"], buckets=[{"bucket": raw}]
    )
    made = make_rebound(local_cloud, folder, project, REBOUND_CATALOG=catalog)
    with local_cloud.minutes_ago(30):
        bucket = made.storage_client.create_bucket(raw, location=LOCATION)
        for name in ("x", "ü y"):
            bucket.blob(name).upload_from_string(name * 100)
        tables = "; ".join(
            f"CREATE TABLE `{{lake}}.{name}` AS SELECT 1 AS id, '{name}' AS note" for name in "ab"
        )
        lake.fill_with(made, tables)
    return made


@pytest.fixture(scope="module")
def functions(rebound: Rebound) -> Iterator[dict[str, Function]]:
    """Serve each function."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(serving(rebound, name, REBOUND_VERIFY_NIGHTS="1"))
            for name in ("backup", "verify", "tick", "expire")
        }


def lines(function: Function, message: str) -> list[dict[str, Any]]:
    """Return the lines of a function with a message."""
    return [line for line in function.log_lines() if line["message"] == message]


def alerts(function: Function) -> set[str]:
    """Return the alerts that the lines of a function raise."""
    return {alert for line in function.log_lines() for alert in raised(line)}


def night(days: int) -> datetime:
    """Return the time of a schedule, some days ago."""
    return whole_minute(timedelta(days=days))


def test_nobody_says_beforehand_what_will_be_read(rebound: Rebound, functions: dict[str, Function]):
    """The record of a share lies where others can write: one that lay there before is none."""
    functions["backup"].complete("one")
    tonight = night(5)
    record = ShareRecord(verified_at=tonight, share=0, shares=1, objects=9, read_bytes=9)
    forged = rebound.landing.blob(share_name(tonight))
    with rebound.cloud.minutes_ago(6 * 24 * 60, ("storage",)):
        forged.upload_from_string(encode(record))
    refused = functions["verify"].scheduled(tonight, "rebound-verify", body=None)
    forged.delete()
    assert refused.status_code == 409, refused.text
    told = refused.json()["message"]
    assert "tonight's share is whole" in told, "it was read all the same"
    assert "before its time" in told


def test_damage_is_found_and_stored_anew(rebound: Rebound, functions: dict[str, Function]):
    """A share that is damaged answers 500, to its retries too, until the next night has mended it."""
    backup, verify = functions["backup"], functions["verify"]
    backup.complete("one")
    whole = verify.scheduled(night(5), "rebound-verify", body=None)
    assert whole.status_code == 200, whole.text
    told = whole.json()
    assert (told["share"], told["shares"]) == (0, 1)
    read = {blob.name for blob in rebound.vault.list_blobs() if blob.name.endswith(".avro")}
    contents = {blob.name for blob in rebound.vault.list_blobs(prefix="contents/")}
    assert told["objects"] == len(read | contents) > 4

    table = next(name for name in sorted(read) if "/tables/" in name)
    content = min(contents)
    for name in (table, content):
        rebound.cloud.order("storage", "corrupt", bucket=rebound.vault.name, object=name)
    damaged = verify.scheduled(night(4), "rebound-verify", body=None)
    assert damaged.status_code == 500, damaged.text
    assert "what is stored is damaged" in damaged.json()["message"]
    assert alerts(verify) == {"verify-failed"}
    assert {line["object"] for line in lines(verify, "an object is not what it has to be")} == {
        table,
        content,
    }
    retry = verify.scheduled(night(4), "rebound-verify", body=None)
    assert retry.status_code == 500
    assert len(lines(verify, "an object is not what it has to be")) == 2

    listed = {item["run_id"]: item for item in rebound.json("list")}
    assert set(listed["one"]["damaged_parts"]) == {f"{lake.DATASET}.a", f"{rebound.project}-raw"}
    backup.complete("two")
    told_anew = {line["message"] for line in backup.log_lines()}
    assert "an earlier export is damaged" in told_anew
    assert rebound.json("verify", "two", "--all-contents")["findings"] == []
    again = verify.scheduled(night(3), "rebound-verify", body=None)
    assert again.status_code == 500, "what the earlier run has is still there, and damaged"
    assert again.json()["message"].endswith(f"{content} and 1 more")


def test_what_is_gone_is_damaged(rebound: Rebound, functions: dict[str, Function]):
    """A content that the newest run lists and the vault has not, a manifest that cannot be read."""
    verify = functions["verify"]
    listed = records_of(rebound, backup_of(rebound, "two")).values()
    content = max(record.stored_as or "" for record in listed)
    kept = rebound.vault.blob(content).download_as_bytes(raw_download=True)
    rebound.vault.blob(content).delete()
    rebound.vault.blob("runs/odd/manifest.json").upload_from_string("{")
    found = verify.scheduled(night(2), "rebound-verify", body=None)
    assert found.status_code == 500
    record = max(blob.name for blob in rebound.landing.list_blobs(prefix="verified/"))
    document = json.loads(rebound.landing.blob(record).download_as_bytes())["document"]
    assert {content, "odd"} <= set(document["damaged"])
    rebound.vault.blob(content).upload_from_string(kept)
    rebound.vault.blob("runs/odd/manifest.json").delete()


def test_a_forced_run_stands_for_no_other_night(rebound: Rebound, functions: dict[str, Function]):
    """A schedule that is run by force carries its next time, or none: it is about now."""
    tomorrow = f"{night(-1):%Y%m%dT%H%M%SZ}"
    before = {blob.name for blob in rebound.landing.list_blobs(prefix="verified/")}
    for scheduled_at in (night(-1), None):
        functions["verify"].scheduled(scheduled_at, "rebound-verify", body=None)
    made = {blob.name for blob in rebound.landing.list_blobs(prefix="verified/")} - before
    assert made
    assert not [name for name in made if name.removeprefix("verified/") >= tomorrow]
    assert functions["tick"].scheduled(None, "rebound-tick").status_code == 200


def test_gauges_are_logged_and_printed(rebound: Rebound, functions: dict[str, Function]):
    """One line a gauge, with the numbers that `rebound metrics` prints."""
    tick = functions["tick"]
    answer = tick.call()
    assert answer.status_code == 200, answer.text
    told = {line["gauge"]: line["value"] for line in lines(tick, "gauge")}
    assert told == answer.json()
    assert told["run_parts"] == 3
    assert told["vault_objects"] == sum(1 for _ in rebound.vault.list_blobs())
    assert told["damaged_objects"] >= 1
    assert 0 <= told["age_of_newest_point_seconds"] < 3600
    assert alerts(tick) == {"proof-too-old", "drill-overdue"}
    text = rebound.run("metrics").stdout
    assert f'rebound_vault_bytes{{platform="lake"}} {told["vault_bytes"]:g}' in text
    assert rebound.json("metrics").keys() == told.keys()


def test_expire_is_dry_until_it_is_armed(rebound: Rebound, functions: dict[str, Function]):
    """It says what it would delete, and deletes it once somebody armed it; held runs stay."""
    for days, name in ((120, "old"), (121, "held"), (3, "young"), (2, "younger"), (1, "newest")):
        _copy_run(rebound, name, days)
    rebound.run("hold", "held")
    dry = functions["expire"].call()
    assert dry.json() == {"state": "dry", "kept": 6, "expired": 1}, dry.text
    assert [it["run_id"] for it in lines(functions["expire"], "run is past its retention")] == [
        "old"
    ]
    assert rebound.vault.blob("runs/old/manifest.json").exists()
    with serving(rebound, "expire", REBOUND_EXPIRE_ARMED="true") as armed:
        assert armed.call().json() == {"state": "deleted", "kept": 6, "expired": 1}
        assert [it["run_id"] for it in lines(armed, "run is deleted")] == ["old"]
    assert not list(rebound.vault.list_blobs(prefix="runs/old/"))
    assert rebound.vault.blob("runs/held/manifest.json").exists()


def _copy_run(rebound: Rebound, name: str, days: int) -> None:
    """Store a run of some days ago that holds nothing."""
    run = rebound.manifest("one")
    changes = {
        "run_id": name,
        "kit": None,
        "recovery_point": run.recovery_point - timedelta(days=days),
        **dict.fromkeys(("tables", "buckets", "databases", "datasets", "skews", "abandoned"), ()),
    }
    content = encode(run.model_copy(update=changes))
    rebound.vault.blob(f"runs/{name}/manifest.json").upload_from_string(content)


class Outside(BaseHTTPRequestHandler):
    """Takes what the outside is told; refuses it where `refused` says so."""

    heard: ClassVar[list[tuple[str, str]]] = []
    status: ClassVar[int] = 200

    def do_POST(self) -> None:
        """Take a notice."""
        content = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.heard.append((self.path, content))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as the base class
        """Say nothing."""


@pytest.fixture
def outside() -> Iterator[str]:
    """Serve what is told the outside; return where."""
    Outside.heard.clear()
    Outside.status = 200
    server = ThreadingHTTPServer(("127.0.0.1", 0), Outside)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_outside_is_told_of_a_night(rebound: Rebound, outside: str):
    """Beginning, success and failure reach webhook and heartbeat; deaf ones fail nothing."""
    env = {
        "REBOUND_WEBHOOK_URL": f"{outside}/hook/secret",
        "REBOUND_HEARTBEAT_URL": f"{outside}/beat",
    }
    with serving(rebound, **env) as function:
        function.complete("told")
        assert [path for path, _ in Outside.heard] == [
            "/hook/secret",
            "/beat/start",
            "/hook/secret",
            "/beat",
        ]
        texts = [json.loads(text)["text"] for path, text in Outside.heard if "hook" in path]
        assert texts == [
            "backup begins. Next: `rebound status`",
            "backup told: complete. Next: `rebound status`",
        ]
        Outside.status = 500
        Outside.heard.clear()
        assert function.manual("../odd").status_code == 400
        assert [path for path, _ in Outside.heard] == [
            "/hook/secret",
            "/beat/start",
            "/hook/secret",
            "/beat/fail",
        ]
        assert "FAILED" in Outside.heard[2][1]
        assert len(lines(function, "a notice was not delivered")) == 4
        assert "secret" not in function.log.read_text()


@pytest.mark.parametrize("name", ["verify", "expire", "tick"])
def test_calls_that_are_refused(rebound: Rebound, functions: dict[str, Function], name: str):
    """Only POST is a call; a schedule's time has to be one; what is set wrongly is no caller's."""
    function = functions[name]
    assert requests.get(function.url, timeout=60).status_code == 405
    headers = {"X-CloudScheduler-JobName": "j", "X-CloudScheduler-ScheduleTime": "soon"}
    assert requests.post(function.url, headers=headers, timeout=60).status_code == 400
    if name == "tick":
        with serving(rebound, name, REBOUND_CATALOG="nowhere.json") as wrong:
            assert wrong.call().status_code == 500


@pytest.mark.parametrize("planted", ["whole", "no record"])
def test_nobody_says_for_the_vault_that_it_is_whole(
    rebound: Rebound, functions: dict[str, Function], planted: str
):
    """A record from after the schedule's time, before the share was read, spares no reading."""
    scheduled_at = night(1) if planted == "whole" else night(6)
    record = ShareRecord(verified_at=scheduled_at, share=0, shares=1, objects=9, read_bytes=9)
    content = encode(record) if planted == "whole" else b"{"
    forged = rebound.landing.blob(share_name(scheduled_at))
    forged.upload_from_string(content)
    odd = rebound.vault.blob("runs/odd/manifest.json")
    odd.upload_from_string("{")
    answer = functions["verify"].scheduled(scheduled_at, "rebound-verify", body=None)
    odd.delete()
    forged.delete()
    assert answer.status_code == 500, answer.text
    assert "what is stored is damaged" in answer.json()["message"]
