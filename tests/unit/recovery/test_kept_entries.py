"""What a recovery wrote down for the way back is read whole, or nobody counts on it."""

from datetime import timedelta
from typing import cast

import pytest

from manifests.cloud.objects import Bucket
from manifests.errors import ManifestFormatError
from manifests.layout import recovery_begun_at
from manifests.signing import TrustedKeys
from manifests.store.seal import Seal
from recovery.journal import Journal
from recovery.kinds.former import FOLDER, Former
from recovery.outcome import PlannedRecovery
from tests.unit.manifests.test_signing import Signer
from tests.unit.memory import MemoryBucket
from tests.unit.worlds import plan, world

RECOVERY = "bigquery-dataset-loss-20261124T080000Z-abcd"
MANY = tuple(Former(resource={"description": f"{number} {'x' * 900_000}"}) for number in range(20))


@pytest.mark.parametrize("is_signed", [False, True], ids=["by its time", "signed"])
def test_what_a_recovery_wrote_down_is_read_whatever_it_takes(*, is_signed: bool):
    """An undo needs all of it; what others write beside it since takes no room."""
    bucket, began = MemoryBucket(), recovery_begun_at(RECOVERY)
    signer, ended = Signer(), began + timedelta(minutes=5)
    bucket.written_at = began
    seal = Seal(TrustedKeys(signer.pem), signer, "operator") if is_signed else Seal()
    journal = Journal(cast("Bucket", bucket), RECOVERY, seal)
    journal.begin(PlannedRecovery(recovery_id=RECOVERY, started_at=began, plan=plan(world())))
    folder = f"{FOLDER}/aside/b"
    for number, entry in enumerate(MANY):
        journal.keep(folder, f"{number:02d}", entry)
    assert sum(map(len, bucket.objects.values())) > 17 * 1024 * 1024
    planted = {f"recoveries/{RECOVERY}/{folder}/a{number}.json": b"1" for number in range(99)}
    planted[f"recoveries/{RECOVERY}/{folder}/large.json"] = b" " * 5 * 1024 * 1024
    bucket.objects |= planted
    bucket.dated = dict.fromkeys(planted, ended + timedelta(seconds=1))
    assert journal.during(ended).kept(folder, Former, things=len(MANY)) == MANY


def test_what_a_recovery_may_have_written_down_is_read_or_told():
    """Where nothing is signed an entry that cannot be read may be its own, and nobody counts on the rest."""
    bucket, began = MemoryBucket(), recovery_begun_at(RECOVERY)
    bucket.written_at = began
    journal = Journal(cast("Bucket", bucket), RECOVERY, Seal())
    journal.begin(PlannedRecovery(recovery_id=RECOVERY, started_at=began, plan=plan(world())))
    ours, folder = Former(resource={}), f"recoveries/{RECOVERY}/{FOLDER}/"
    journal.keep(FOLDER, "table nba.games", ours)
    assert journal.during(began).kept(FOLDER, Former) == (ours,)
    for content in (b"1", b" " * 5 * 1024 * 1024):
        bucket.objects[f"{folder}x.json"] = content
        with pytest.raises(ManifestFormatError, match="not all that it wrote down"):
            journal.during(began).kept(FOLDER, Former)
    signer = Signer()
    signed = Journal(
        cast("Bucket", bucket), RECOVERY, Seal(TrustedKeys(signer.pem), signer, "operator")
    )
    signed.keep(FOLDER, "table nba.odds", ours)
    assert signed.during(began).kept(FOLDER, Former) == (ours,)


def test_nobody_counts_on_entries_of_which_there_are_too_many(monkeypatch: pytest.MonkeyPatch):
    """Some are not read, and any of them can be the recovery's own."""
    monkeypatch.setattr("recovery.entries._MOST_OTHERS", 2)
    signer, bucket = Signer(), MemoryBucket()
    bucket.written_at = recovery_begun_at(RECOVERY)
    seal = Seal(TrustedKeys(signer.pem), signer, "operator")
    journal = Journal(cast("Bucket", bucket), RECOVERY, seal)
    journal.keep(FOLDER, "table nba.games", Former(resource={}))
    folder = f"recoveries/{RECOVERY}/{FOLDER}/"
    bucket.objects |= {f"{folder}{name}.json": b"1" for name in ("x", "y")}
    assert journal.kept(FOLDER, Former, things=1) == (Former(resource={}),)
    with pytest.raises(ManifestFormatError, match="1 of 3 records are not read"):
        journal.kept(FOLDER, Former)
