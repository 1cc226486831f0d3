"""A vault whose manifests somebody rewrote, consistently and without the key, is refused."""

import json
import uuid
from datetime import UTC, datetime

import pytest

from manifests.cloud.clients import storage_api
from manifests.cloud.objects import Bucket
from manifests.kinds.tables.kind import TABLES
from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest, Receipt, RunStart
from manifests.signing import TrustedKeys
from manifests.store.envelope import decode, encode
from manifests.store.marks import is_marked
from manifests.store.seal import Seal
from manifests.values import RunId
from recovery.kinds.former import Former
from tests.harness import LOCATION, Rebound, make_rebound, minutes_ago
from tests.integration import lake
from tests.integration.configuration import call, enable
from tests.integration.forged_runs import NIGHT, SCENARIO, states
from tests.served import serving
from tests.standin.cloud import Cloud

EARLIER, TONIGHT = "earlier", "tonight"


def signing_key(rebound: Rebound, name: str = "manifests") -> str:
    """Make a key that signs, and return the name of its first version."""
    enable(rebound, "cloudkms.googleapis.com")
    project = f"projects/{rebound.project}"
    ring = f"cloudkms.googleapis.com/v1/{project}/locations/{LOCATION}/keyRings"
    if name == "manifests":
        call(rebound, "POST", ring, {}, keyRingId="rebound")
    kind = {"purpose": "ASYMMETRIC_SIGN", "versionTemplate": {"algorithm": "EC_SIGN_P256_SHA256"}}
    call(rebound, "POST", f"{ring}/rebound/cryptoKeys", kind, cryptoKeyId=name)
    return f"{project}/locations/{LOCATION}/keyRings/rebound/cryptoKeys/{name}/cryptoKeyVersions/1"


def public_key(rebound: Rebound, key: str) -> str:
    """Return the public key of a version of a key."""
    answer = call(rebound, "GET", f"cloudkms.googleapis.com/v1/{key}/publicKey")
    return str(answer["pem"])


@pytest.fixture(scope="module")
def signed(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform with an earlier run that is not signed, and with one of tonight that is."""
    folder = tmp_path_factory.mktemp("signed")
    project = f"signed-{uuid.uuid4().hex[:10]}"
    made = make_rebound(cloud, folder, project, REBOUND_CATALOG=lake.write_catalog(folder))
    lake.fill(made)
    with serving(made) as function:
        function.complete(EARLIER, recovery_point=minutes_ago(3))
    key = signing_key(made)
    trusting = {
        "REBOUND_SIGNING_KEY": key,
        "REBOUND_TRUSTED_KEYS": public_key(made, key),
    }
    made.env.update(trusting)
    with serving(made) as function:
        answer = function.complete(TONIGHT)
    assert answer["run_id"] == TONIGHT
    return made


def manifest_blob(rebound: Rebound, run_id: str) -> bytes:
    """Return the bytes of a manifest."""
    content: bytes = rebound.vault.blob(f"runs/{run_id}/manifest.json").download_as_bytes()
    return content


def rewrite(rebound: Rebound, run_id: str, manifest: Manifest) -> None:
    """Write a manifest that holds together, without the key."""
    rebound.vault.blob(f"runs/{run_id}/manifest.json").upload_from_string(encode(manifest))


def test_what_is_signed_is_used_and_says_so(signed: Rebound):
    """The night's run is trusted; the one from before there was a key is not, and no alarm."""
    assert states(signed) == {EARLIER: "untrusted", TONIGHT: "complete"}
    assert "manifest: signed with projects/" in signed.run("show", TONIGHT).stdout
    assert "manifest: signed with projects/" in signed.run("verify").stdout
    refused = signed.run("verify", EARLIER, code=4)
    assert "not trusted: it is not signed" in refused.stderr
    assert signed.json("plan", SCENARIO)["run_id"] == TONIGHT
    unaware = signed.run("show", TONIGHT, REBOUND_TRUSTED_KEYS="")
    assert "NOT CHECKED: REBOUND_TRUSTED_KEYS is not set" in unaware.stdout


def test_a_listing_tells_which_run_is_signed(signed: Rebound):
    """Nothing is read of it; the run from before there was a key says nothing of itself."""
    vault = Bucket(storage_api(signed.project), signed.vault.name)
    seal = Seal(TrustedKeys(signed.env["REBOUND_TRUSTED_KEYS"]))
    for glob in ("runs/*/manifest.json", "runs/*/start.json"):
        listed = vault.list_dated("runs/", glob=glob, marked=True)
        told = {item.name.split("/")[1]: is_marked(item, seal) for item in listed}
        assert told == {EARLIER: False, TONIGHT: True}
    assert not any(item.said for item in vault.list_dated("runs/"))


def test_a_rewritten_manifest_is_refused(signed: Rebound):
    """Nothing is restored from it by itself, a check goes red over it, and a word takes it."""
    genuine = manifest_blob(signed, TONIGHT)
    fewer = signed.manifest(TONIGHT)
    rewrite(signed, TONIGHT, fewer.model_copy(update={"rebound_version": "9"}))
    try:
        assert states(signed) == {EARLIER: "untrusted", TONIGHT: "untrusted"}
        assert "untrusted: it is not signed" in signed.run("plan", SCENARIO, code=3).stderr
        assert "not signed" in signed.run("verify", code=4).stderr
        kept = {item["run_id"]: item for item in signed.json("expire")}
        assert kept[TONIGHT]["keep"]
        assert kept[EARLIER]["keep"]
        words = ("recover", SCENARIO, "--run", TONIGHT, "--yes")
        refused = signed.run(*words, code=5)
        assert "the run is not trusted: it is not signed" in refused.stderr
        assert "`--untrusted` takes it" in refused.stderr
        assert "NOT TRUSTED: it is not signed" in refused.stdout
        assert not signed.recoveries
        done = signed.run(*words, "--untrusted")
        assert "manifest of the run: it is not signed" in done.stdout
    finally:
        signed.vault.blob(f"runs/{TONIGHT}/manifest.json").upload_from_string(genuine)
    assert states(signed)[TONIGHT] == "complete"


def test_a_night_builds_on_no_run_that_it_does_not_trust(signed: Rebound):
    """A run of its name that somebody wrote is no run; one that nobody signed is no base."""
    newer = signed.manifest(TONIGHT).model_copy(update={"run_id": NIGHT, "kit": None})
    rewrite(signed, NIGHT, newer)
    with serving(signed) as function:
        refused = function.manual(NIGHT)
        assert refused.status_code == 422
        assert refused.json()["error"] == "ManifestUntrustedError"
        function.complete("next")
    start = signed.vault.blob("runs/next/start.json").download_as_bytes()
    assert f'"base_run_id":"{TONIGHT}"'.encode() in start


def test_a_night_that_cannot_sign_writes_nothing(signed: Rebound):
    """Cloud KMS refuses: the run is not begun, and the next call makes it complete."""
    key = signed.env["REBOUND_SIGNING_KEY"]
    path = f"cloudkms.googleapis.com/v1/{key}"
    with serving(signed) as function:
        call(signed, "PATCH", path, {"state": "DISABLED"}, updateMask="state")
        refused = function.manual("unsigned")
        call(signed, "PATCH", path, {"state": "ENABLED"}, updateMask="state")
        assert refused.status_code == 500
        assert (refused.json()["error"], refused.json()["subject"]) == ("MisconfiguredError", key)
        assert "unsigned" not in states(signed)
        function.complete("unsigned")
    assert states(signed)["unsigned"] == "complete"


def scheduled_id(at: datetime) -> str:
    """Return the id of the run that the schedule's call of a time makes."""
    return f"nightly-{at:%Y%m%dT%H%M%SZ}"


def test_what_somebody_plants_during_a_night_is_not_in_its_run(signed: Rebound):
    """He knows the run and how it began, and has not the key: no start, receipt or file of his counts.

    The next call of the schedule makes another run, of what is really there.
    """
    at = datetime.now(UTC).replace(microsecond=0)
    placed, tonight = (scheduled_id(at), f"{scheduled_id(at)}-r2")
    start = json.loads(signed.vault.blob(f"runs/{TONIGHT}/start.json").download_as_bytes())
    begun = RunStart.model_validate({**start["document"], "run_id": placed})
    with serving(signed) as function:
        signed.vault.blob(f"runs/{placed}/start.json").upload_from_string(encode(begun))
        unread = {"status": 403, "match": f"{signed.project}.*/types\\b", "times": None}
        with signed.cloud.fault("bigquery", "bigquery.tables.get", "status", **unread):
            assert "1 of 4 parts failed" in function.scheduled(at).text
        receipts = {
            blob.name for blob in signed.vault.list_blobs(prefix=f"runs/{tonight}/receipts")
        }
        assert len(receipts) == 3
        started = signed.vault.get_blob(f"runs/{tonight}/start.json")
        (types,) = (table for table in signed.manifest(TONIGHT).tables if table.name == lake.TYPES)
        forged = Receipt[TableBackup](
            run_id=RunId(tonight), kind="tables", start_generation=started.generation, part=types
        )
        name = TABLES.receipt_name(RunId(tonight), lake.TYPES)
        signed.vault.blob(name).upload_from_string(encode(forged))
        ended = function.scheduled(at)
        assert ended.status_code == 500
        assert "it is not signed" in ended.json()["message"]
        assert "this run can never be complete" in ended.json()["hint"]
        whole = function.scheduled(at)
        assert whole.status_code == 200, whole.text
        assert whole.json()["run_id"] == f"{scheduled_id(at)}-r3"
        told = [line for line in function.log_lines() if "passed_over" in line]
    assert {line["passed_over"]: line["reason"] for line in told} == {
        placed: "not trusted: it is not signed",
        tonight: f"runs/{tonight}/attempts/last.json says that no attempt can complete it",
    }
    assert (states(signed)[placed], states(signed)[tonight]) == ("partial", "partial")


def test_who_did_what_and_why_is_written_down(signed: Rebound):
    """Each hold, release, expiry and recovery has a record that no later command changes."""
    signed.run("hold", TONIGHT, "--reason", "audit of 2026")
    before = {blob.name: blob.generation for blob in signed.vault.list_blobs(prefix="records/")}
    signed.run("release", TONIGHT)
    signed.run("recover", SCENARIO, "--yes", "--reason", "a table is gone")
    # Two commands of one second have no order: each has its own idea of the services' time.
    done = {item["operator"]["reason"]: item for item in signed.json("actions")}
    recovered, held = done["a table is gone"], done["audit of 2026"]
    recovery = recovered["subject"]
    assert (held["verb"], held["subject"]) == ("hold", TONIGHT)
    assert (recovered["verb"], recovered["operator"]["command"][:2]) == (
        "recover",
        ["recover", SCENARIO],
    )
    assert ("release", TONIGHT) in {(it["verb"], it["subject"]) for it in signed.json("actions")}
    assert "begun by" in signed.run("report", recovery).stdout
    after = {blob.name: blob.generation for blob in signed.vault.list_blobs(prefix="records/")}
    assert before.items() <= after.items()


def test_an_undo_believes_what_an_operators_key_signed(signed: Rebound):
    """Who rewrites what a recovery wrote down, while it runs or since, chooses nothing that goes back."""
    key = signing_key(signed, "operators")
    env = {"REBOUND_OPERATOR_KEY": key, "REBOUND_OPERATOR_KEYS": public_key(signed, key)}
    games = f"`{signed.project}.{lake.GAMES}`"
    signed.query(f"ALTER TABLE {games} SET OPTIONS(description='before')")
    words = ("--run", TONIGHT, "--overwrite", "*", "--settings", "--yes")
    recovery = signed.json("recover", SCENARIO, *words, **env)["recovery_id"]
    blob = signed.landing.blob(f"recoveries/{recovery}/before/table {lake.GAMES}.json")
    genuine = blob.download_as_bytes()
    former = decode(genuine, Former, subject="before")
    evil = former.model_copy(
        update={"resource": {**(former.resource or {}), "description": "evil"}}
    )
    blob.upload_from_string(encode(evil))
    told = signed.run("undo", recovery, "--yes", code=5, **env)
    assert "it is not signed" in told.stderr
    assert "what it was before was not kept" in told.stdout
    blob.upload_from_string(genuine)
    told = signed.run("undo", recovery, "--yes", **env)
    assert f"signed with {key}" in " ".join(told.stdout.split())
    table = signed.bigquery_client.get_table(f"{signed.project}.{lake.GAMES}")
    assert table.description == "before"
    refused = signed.run(
        "undo",
        recovery,
        "--yes",
        code=4,
        REBOUND_OPERATOR_KEYS=public_key(signed, signing_key(signed, "others")),
    )
    assert "its signature is by no key that REBOUND_OPERATOR_KEYS holds" in refused.stderr
