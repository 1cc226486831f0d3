"""The backup of a Firestore database goes on where an earlier attempt stopped, with what that one wrote."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import requests

from functions.own_files import OwnFiles
from manifests.cloud.clients import storage_api
from manifests.cloud.objects import Bucket
from manifests.documents import DocumentRecord, write_file
from manifests.model.run import Owner
from manifests.store.seal import Seal
from manifests.store.vault import Vault
from manifests.values import RunId
from tests.harness import Rebound
from tests.integration.databases.documents import back_up, moment, stored_documents
from tests.integration.orchestration import State, awkward, write_catalog
from tests.served import Function, serving


def test_killed_and_called_again(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """A run that was killed goes on where it stopped: what is stored is not read again."""
    rebound = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path))
    state = State(rebound)
    with rebound.cloud.minutes_ago(3):
        state.write(awkward(state.name))
    # Each collection is counted before anything is read, and what was read after.
    collections = len({path.split("/")[0] for path in awkward(state.name)})
    operation = "firestore.RunAggregationQuery"
    with (
        rebound.cloud.held("firestore", operation, skip=collections),
        serving(rebound) as function,
    ):
        caller = threading.Thread(target=_call, args=(function,))
        caller.start()
        rebound.cloud.await_fault("firestore")
        function.kill()
        caller.join()
    rebound.expire_lease("night")
    with serving(rebound) as function:
        function.complete("night")
        lines = [line for line in function.log_lines() if "stored already" in line["message"]]
    assert [line["found"] for line in lines] == [len(awkward(state.name))]
    manifest = rebound.json("show", "night")
    (database,) = manifest["databases"]
    assert stored_documents(rebound, database) == state.content(moment(manifest))
    assert manifest["abandoned"] == []
    assert rebound.json("verify", "night")["findings"] == []


def test_a_database_that_is_said_to_be_gone_is_looked_at_again(
    rebound: Rebound, function: Function
):
    """It is there: the call is made again, and a schedule tries again where both answers say so.

    One that is gone is refused (`test_missing_database`).
    """
    for operation in ("RunQuery", "RunAggregationQuery"):
        gone = {"reason": "NOT_FOUND", "times": 2}
        with rebound.cloud.fault("firestore", f"firestore.{operation}", "status", **gone):
            answer = function.manual("night")
        assert (answer.status_code, answer.json()["retryable"]) == (500, True)
        assert "contradicts itself" in answer.json()["message"]
    with rebound.cloud.fault("firestore", "firestore.*Query", "status", reason="NOT_FOUND"):
        function.complete("night")


def begin(rebound: Rebound) -> OwnFiles:
    """Begin the run `night`, of which nothing can be read yet, and return the files it may write."""
    unread = {"reason": "PERMISSION_DENIED", "times": None}
    with (
        rebound.cloud.fault("firestore", "firestore.RunQuery", "status", **unread),
        serving(rebound) as function,
    ):
        assert function.manual("night").status_code == 422
    api = storage_api(rebound.project)
    vault = Bucket(api, rebound.vault.name)
    owner = Owner(platform="orchestration", project=rebound.project)
    started = Vault(vault, owner, clock=api.clock).started(RunId("night"))
    assert started is not None
    return OwnFiles(vault, started, Seal())


FILE = "runs/night/databases/(default)/000/000000000000.avro"


def one_document(rebound: Rebound) -> bytes:
    """Return a file of one document of all that there are."""
    paths = sorted(awkward(State(rebound).name))
    return write_file([DocumentRecord(paths[len(paths) // 2], b"", 1, 1)])


def test_stored_documents_that_are_too_few(rebound: Rebound):
    """Where Firestore counts more than what an earlier call stored, the next one reads all again."""
    begin(rebound).put_once(FILE, one_document(rebound))
    with serving(rebound) as function:
        answer = function.manual("night")
        assert answer.status_code == 500
        assert "where Firestore counts" in answer.json()["message"]
    manifest = back_up(rebound)
    (database,) = manifest["databases"]
    assert all("/001/" in file["stored"]["name"] for file in database["files"])
    assert len(manifest["abandoned"]) > 0
    assert stored_documents(rebound, database) == State(rebound).content(moment(manifest))
    assert rebound.json("verify", "night")["findings"] == []


def test_documents_that_somebody_else_stored(rebound: Rebound):
    """What does not say that this run wrote it is not taken over, and the run says so and ends."""
    begin(rebound)
    rebound.vault.blob(FILE).upload_from_string(one_document(rebound))
    with serving(rebound) as function:
        answer = function.manual("night")
    assert answer.status_code == 422
    assert "it does not say which run wrote it" in answer.json()["message"]
    assert "this run can never be complete" in answer.json()["hint"]


def test_files_without_ranges_are_left_behind(rebound: Rebound):
    """Files of a version that kept no ranges are not continued: the run says they are no part of it.

    Nor is what has no name of ours.
    """
    folder = "runs/night/databases/(default)/"
    names = [f"{folder}000/000000000000.avro", f"{folder}999/000000000000.avro", f"{folder}garbage"]
    for name in names:
        rebound.vault.blob(name).upload_from_string(b"of another time")
    manifest = back_up(rebound)
    (database,) = manifest["databases"]
    assert [item["name"] for item in manifest["abandoned"]] == names
    assert all("/001/" in file["stored"]["name"] for file in database["files"])
    assert stored_documents(rebound, database).keys() == awkward(State(rebound).name).keys()


def _call(function: Function) -> None:
    with suppress(requests.ConnectionError):
        function.manual("night")
