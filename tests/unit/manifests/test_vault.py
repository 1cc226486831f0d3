import json
from datetime import UTC, datetime

import pytest

from manifests import layout
from manifests.errors import (
    BackupDamagedError,
    ManifestAlteredError,
    ManifestFormatError,
    ManifestMissingError,
    ManifestTruncatedError,
    StrangeObjectError,
    UnsafeNameError,
)
from manifests.kinds.tables.kind import TABLES
from manifests.kinds.tables.model import TableBackup
from manifests.model.run import FailedAttempt, Owner, PartFailure, Receipt, RunStart
from manifests.store.decoded import Started
from manifests.store.envelope import encode
from manifests.store.vault import Vault
from manifests.values import Stored
from tests.unit.memory import MemoryBucket
from tests.unit.samples import BASE_POINT, BASE_RUN, POINT, RUN, arrivals, games, manifest

OWNER = Owner(platform=manifest().platform, project=manifest().project)
NOW = datetime(2026, 11, 25, tzinfo=UTC)
START = RunStart(
    run_id=RUN, platform="basketball", recovery_point=POINT, started_at=POINT, base_run_id=BASE_RUN
)
BEGUN = Started(START, 1, POINT)
FAILURE = FailedAttempt(
    run_id=RUN,
    attempted_at=datetime(2026, 11, 24, 8, 2, tzinfo=UTC),
    failures=(PartFailure(part="nba.games", message="no rows can be read", retryable=False),),
)


@pytest.fixture
def bucket() -> MemoryBucket:
    """Return an empty bucket."""
    return MemoryBucket()


@pytest.fixture
def vault(bucket: MemoryBucket) -> Vault:
    """Return the vault in that bucket."""
    return Vault(bucket, OWNER, clock=lambda: NOW)


def test_a_manifest_is_read_as_it_was_written(vault: Vault):
    """What is put is what is read."""
    assert vault.put_manifest(manifest()) == manifest()
    assert vault.manifest(RUN) == manifest()


def test_a_second_manifest_changes_nothing(vault: Vault, bucket: MemoryBucket):
    """A manifest is written once: a second writer is given the first one's."""
    vault.put_manifest(manifest())
    before = dict(bucket.objects)
    assert vault.put_manifest(manifest(rebound_version="9")) == manifest()
    assert bucket.objects == before


def test_a_manifest_that_contradicts_itself_is_not_written(vault: Vault, bucket: MemoryBucket):
    """What could not be read back is never stored."""
    with pytest.raises(BackupDamagedError):
        vault.put_manifest(manifest(datasets=()))
    assert not bucket.objects


@pytest.mark.parametrize("already", [b"", b"{", encode(manifest())[:-100]])
def test_something_broken_in_the_place_of_a_manifest_is_no_backup(
    vault: Vault, bucket: MemoryBucket, already: bytes
):
    """A manifest is only written when it can be read: what is there instead is told of."""
    bucket.objects[layout.manifest_name(RUN)] = already
    with pytest.raises(ManifestTruncatedError):
        vault.put_manifest(manifest())
    with pytest.raises(ManifestTruncatedError):
        vault.manifest(RUN)


def test_a_missing_manifest_is_its_own_error(vault: Vault):
    """No manifest: no backup."""
    vault.start(START)
    with pytest.raises(ManifestMissingError) as caught:
        vault.manifest(RUN)
    assert caught.value.subject == RUN
    assert "rebound list" in caught.value.hint


def test_the_manifest_of_another_run_is_refused(vault: Vault, bucket: MemoryBucket):
    """A manifest that was copied to another run's folder is altered, not that run's backup."""
    bucket.objects[layout.manifest_name(BASE_RUN)] = encode(manifest())
    with pytest.raises(ManifestAlteredError, match=f"belongs to run {RUN}"):
        vault.manifest(BASE_RUN)


def test_the_first_start_record_stays(vault: Vault):
    """A retry is given the recovery point that the first attempt fixed."""
    assert vault.started(RUN) is None
    assert vault.start(START) == BEGUN
    assert vault.start(START.model_copy(update={"recovery_point": BASE_POINT})) == BEGUN
    assert vault.started(RUN) == BEGUN


def test_the_start_of_another_run_is_refused(vault: Vault, bucket: MemoryBucket):
    """A start record fixes the recovery point of its own run only."""
    bucket.objects[layout.start_name(BASE_RUN)] = encode(START)
    with pytest.raises(ManifestAlteredError):
        vault.start(START.model_copy(update={"run_id": BASE_RUN}))


def test_the_first_receipt_stays(vault: Vault):
    """A part is done once: a second writer is given the first one's result."""
    assert vault.part(BEGUN, TABLES, "nba.games") is None
    assert vault.put_part(BEGUN, TABLES, games()) == games()
    second = games().model_copy(update={"group": "other"})
    assert vault.put_part(BEGUN, TABLES, second) == games()
    assert vault.part(BEGUN, TABLES, "nba.games") == games()


@pytest.mark.parametrize(
    ("run_id", "table"), [(BASE_RUN, games()), (RUN, arrivals())], ids=["run", "table"]
)
def test_a_receipt_of_something_else_is_refused(
    vault: Vault, bucket: MemoryBucket, run_id: str, table: TableBackup
):
    """A receipt proves nothing about another run or another table."""
    receipt = Receipt[TableBackup].model_validate({"run_id": run_id, "part": table})
    bucket.objects[TABLES.receipt_name(RUN, "nba.games")] = encode(receipt)
    with pytest.raises(ManifestAlteredError, match="elsewhere"):
        vault.part(BEGUN, TABLES, "nba.games")


def test_a_receipt_says_its_kind(vault: Vault, bucket: MemoryBucket):
    """It is written with the name of its kind."""
    vault.put_part(BEGUN, TABLES, games())
    stored = json.loads(bucket.objects[TABLES.receipt_name(RUN, "nba.games")])
    assert stored["document"]["kind"] == "tables"


def test_a_receipt_from_before_format_1_3_says_no_kind(vault: Vault, bucket: MemoryBucket):
    """Its place says which it is."""
    made = Receipt[TableBackup](run_id=RUN, start_generation=1, part=games())
    receipt = made.model_dump(mode="json", exclude={"kind"})
    bucket.objects[TABLES.receipt_name(RUN, "nba.games")] = encode(Stored.model_validate(receipt))
    stored = json.loads(bucket.objects[TABLES.receipt_name(RUN, "nba.games")])
    assert "kind" not in stored["document"]
    assert vault.part(BEGUN, TABLES, "nba.games") == games()


def test_a_receipt_of_another_kind_is_refused(vault: Vault, bucket: MemoryBucket):
    """A tag that is not that of its place is believed: the receipt belongs elsewhere."""
    receipt = Receipt[TableBackup](run_id=RUN, kind="buckets", part=games())
    bucket.objects[TABLES.receipt_name(RUN, "nba.games")] = encode(receipt)
    with pytest.raises(ManifestAlteredError, match="elsewhere"):
        vault.part(BEGUN, TABLES, "nba.games")


@pytest.mark.parametrize("generation", [None, 2], ids=["none", "another"])
def test_a_receipt_that_lay_there_before_is_not_believed(
    vault: Vault, bucket: MemoryBucket, generation: int | None
):
    """It cannot name the start record, whose generation nobody knew; nor is it written over."""
    receipt = Receipt[TableBackup](
        run_id=RUN, kind="tables", start_generation=generation, part=games()
    )
    bucket.objects[TABLES.receipt_name(RUN, "nba.games")] = encode(receipt)
    for take in (
        lambda: vault.part(BEGUN, TABLES, "nba.games"),
        lambda: vault.put_part(BEGUN, TABLES, games()),
    ):
        with pytest.raises(StrangeObjectError, match="does not name this run's start"):
            take()


def test_a_receipt_for_a_bad_name_is_never_written(vault: Vault, bucket: MemoryBucket):
    """A table's name cannot lead its receipt out of the run's folder."""
    with pytest.raises(UnsafeNameError):
        vault.put_part(BEGUN, TABLES, games().model_copy(update={"table_id": "../../x"}))
    assert not bucket.objects


def test_a_complete_run(vault: Vault, bucket: MemoryBucket):
    """A run with a manifest is complete, whatever attempts failed before."""
    vault.start(START)
    vault.record_failure(FAILURE)
    vault.put_manifest(manifest())
    bucket.objects["holds/x.json"] = b""
    (run,) = vault.runs()
    assert (run.run_id, run.state, run.recovery_point, run.reason) == (RUN, "complete", POINT, "")


def test_an_interrupted_run_is_partial(vault: Vault):
    """A run without a manifest and without a record of failure was interrupted."""
    vault.start(START)
    (run,) = vault.runs()
    assert (run.state, run.recovery_point) == ("partial", POINT)
    assert run.reason == "no manifest: interrupted or still running"


def test_a_failed_run_says_why(vault: Vault):
    """The last attempt's reason is the run's."""
    vault.start(START)
    vault.record_failure(FAILURE.model_copy(update={"attempted_at": POINT, "failures": ()}))
    vault.record_failure(FAILURE)
    (run,) = vault.runs()
    assert run.reason == "no manifest: not backed up: nba.games"
    assert run.failures == FAILURE.failures


def test_a_damaged_record_of_a_failure_hides_no_run(vault: Vault, bucket: MemoryBucket):
    """What is wrong with the record of a failed attempt must not keep other runs from use."""
    vault.start(START)
    bucket.objects[layout.attempt_name(RUN, POINT)] = b"{"
    vault.put_manifest(manifest(run_id=RUN))
    other = START.model_copy(update={"run_id": BASE_RUN})
    vault.start(other)
    bucket.objects[layout.attempt_name(BASE_RUN, POINT)] = b"{"
    states = {run.run_id: run.state for run in vault.runs()}
    assert states == {BASE_RUN: "partial", RUN: "complete"}


@pytest.mark.parametrize("content", [b"", b"{", encode(START)])
def test_a_damaged_manifest_makes_a_damaged_run(vault: Vault, bucket: MemoryBucket, content: bytes):
    """A run whose manifest cannot be read is never complete, and says why."""
    vault.start(START)
    bucket.objects[layout.manifest_name(RUN)] = content
    (run,) = vault.runs()
    assert (run.state, run.recovery_point) == ("damaged", None)
    assert run.reason


def test_a_damaged_start_record_makes_a_damaged_run(vault: Vault, bucket: MemoryBucket):
    """A run whose recovery point cannot be read is damaged."""
    bucket.objects[layout.start_name(RUN)] = b"{"
    (run,) = vault.runs()
    assert run.state == "damaged"


def test_a_run_that_lost_its_documents_is_still_listed(vault: Vault, bucket: MemoryBucket):
    """Files without documents are shown, so that they do not lie there unseen for ever."""
    bucket.objects[games().objects[0].name] = b"x"
    (run,) = vault.runs()
    assert (run.run_id, run.state) == (BASE_RUN, "partial")
    assert run.reason == "no manifest, no start record"


def test_what_is_no_part_of_a_run_is_no_run(vault: Vault, bucket: MemoryBucket):
    """Objects that nobody here wrote are not taken for runs."""
    for name in ("runs/readme.txt", "runs/../manifest.json", "runs/a/manifest.json", "other"):
        bucket.objects[name] = b""
    assert not vault.runs()


def test_each_way_to_be_wrong_is_told_apart(bucket: MemoryBucket):
    """Missing, truncated, altered, of an unknown version, contradicting: five different errors."""
    whole = encode(manifest())
    altered = json.loads(whole)
    altered["document"]["project"] = "other"
    table = games().model_copy(update={"exports": games().exports[:1]})
    expected = {
        ManifestTruncatedError: whole[:500],
        ManifestAlteredError: json.dumps(altered).encode(),
        ManifestFormatError: encode(manifest(format_version="2.0")),
        BackupDamagedError: encode(manifest(tables=(table,))),
    }
    for error, content in expected.items():
        bucket.objects[layout.manifest_name(RUN)] = content
        with pytest.raises(BackupDamagedError) as caught:
            Vault(bucket, OWNER, clock=lambda: NOW).manifest(RUN)
        assert type(caught.value) is error


def test_a_manifest_is_always_the_one_that_was_read_first(vault: Vault, bucket: MemoryBucket):
    """Between what is shown and what is done nobody puts another in its place, however whole."""
    vault.put_manifest(manifest())
    assert [run.state for run in vault.runs()] == ["complete"]
    digest = vault.digest(RUN)
    ours = bucket.objects[layout.manifest_name(RUN)]
    bucket.objects[layout.manifest_name(RUN)] = encode(manifest(rebound_version="9"))
    with pytest.raises(ManifestAlteredError, match="not what was read a moment ago"):
        vault.manifest(RUN)
    bucket.objects[layout.manifest_name(RUN)] = ours
    assert vault.manifest(RUN) == manifest()
    assert vault.digest(RUN) == digest
