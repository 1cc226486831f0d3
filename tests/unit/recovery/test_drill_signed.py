"""The record of a drill is evidence: who could write the landing bucket could have written it."""

from datetime import timedelta

import pytest

from manifests.drill_layout import (
    begun_name,
    drill_id,
    finding_name,
    record_name,
    signed_name,
)
from manifests.errors import CloudError, RefusedError, StrangeObjectError, UsageError
from manifests.signing import Signature, TrustedKeys
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from recovery.drill.audit import check_closing, check_verifier
from recovery.drill.called import OPERATOR, _is_believed, _own
from recovery.drill.document import history_document
from recovery.drill.model import DrillFinding, FindingClosed, SignOff
from recovery.drill.store import Drills
from recovery.report.text import text_of
from tests.unit.drills import BEGUN, DRILL_ID, NOW
from tests.unit.manifests.test_signing import Signer
from tests.unit.memory import MemoryBucket
from tests.unit.recovery.test_drill_records import RECORD


def told(bucket: MemoryBucket, seal: Seal) -> str:
    """Return what the history says, in one line."""
    return " ".join(text_of(history_document(Drills(bucket, seal).all(), now=NOW)).split())


def test_a_record_is_signed_and_one_that_somebody_wrote_is_told():
    """It is believed from who has the key, nobody agrees with another, and without keys that is said."""
    signer, bucket = Signer(), MemoryBucket()
    seal = Seal(TrustedKeys(signer.pem), signer)
    drills = Drills(bucket, seal)
    drills.begin(BEGUN)
    assert drills.end(RECORD) == RECORD
    (kept,) = drills.all()
    assert kept.trust is not None
    assert kept.trust.is_signed
    assert "not trusted" not in told(bucket, seal)
    assert "NOT CHECKED" in told(bucket, Seal())
    for forged in (encode(RECORD), encode(RECORD, sign=Signer())):
        bucket.objects[record_name(DRILL_ID)] = forged
        kept = drills.kept(DRILL_ID)
        assert kept.trust is not None
        assert "not trusted" in told(bucket, seal)
        with pytest.raises(RefusedError, match="its record is not trusted"):
            check_verifier(kept.record, "noor", doubt=kept.trust.problem)


def test_what_somebody_wrote_of_other_drills_hides_no_signed_record():
    """However large it is, and whenever these are said to have been."""
    signer, bucket = Signer(), MemoryBucket()
    drills = Drills(bucket, Seal(TrustedKeys(signer.pem), signer))
    drills.begin(BEGUN)
    drills.end(RECORD)
    for year in range(2090, 2099):
        planted = drill_id("complete-outage", NOW.replace(year=year), "ab12cd34")
        bucket.objects[record_name(planted)] = b" " * 3 * 1024 * 1024
    assert drills.all()[0].record == RECORD
    assert drills.all()[0].trust is not None


def test_a_drill_whose_record_cannot_be_signed_has_one():
    """What it showed is not lost; that nobody signed it is told ever after."""

    def refuse(digest: str) -> Signature:
        raise CloudError("Cloud KMS refused", subject=digest)

    bucket, signer = MemoryBucket(), Signer()
    keys = TrustedKeys(signer.pem)
    with pytest.raises(CloudError, match="refused"):
        Drills(bucket, Seal(keys, refuse)).begin(BEGUN)
    assert not bucket.objects, "nothing is made by a drill that nobody would believe"
    Drills(bucket, Seal(keys, signer)).begin(BEGUN)
    seal = Seal(keys, refuse)
    assert Drills(bucket, seal).end(RECORD) == RECORD
    assert "not trusted: it is not signed" in told(bucket, seal)


def test_what_somebody_planted_beside_a_record_says_nothing():
    """A drill that nobody began stops none, and nobody agreed or found anything without the key."""
    bucket, signer = MemoryBucket(), Signer()
    drills = Drills(bucket, Seal(TrustedKeys(signer.pem), signer, "operator"))
    drills.begin(BEGUN)
    drills.end(RECORD)
    signed = SignOff(drill_id=DRILL_ID, verifier="noor", signed_at=NOW, record_digest="0")
    finding = DrillFinding(
        drill_id=DRILL_ID, what="slow", owner="ben", found_at=NOW, due="2027-01-31"
    )
    theirs = drill_id("sample", NOW, "ab12cd34")
    begun = BEGUN.model_copy(update={"drill_id": theirs, "operator": OPERATOR})
    bucket.objects[signed_name(DRILL_ID)] = encode(signed)
    bucket.objects[finding_name(DRILL_ID, 1)] = encode(finding)
    bucket.objects[begun_name(theirs)] = encode(begun)
    kept = drills.kept(DRILL_ID)
    assert (kept.begun, kept.signed, kept.findings) == (BEGUN, None, ())
    assert not _own(drills, NOW, latest=NOW)
    assert len(_own(Drills(bucket, Seal()), NOW, latest=NOW)) == 1, "without keys it is believed"
    finding = drills.find(finding)
    assert finding.number == 2
    del bucket.objects[signed_name(DRILL_ID)]
    assert drills.sign(signed) == signed
    kept = drills.kept(DRILL_ID)
    assert (kept.signed, kept.findings) == (signed, (finding,))


def test_a_record_that_was_there_before_is_no_result():
    """Whoever sees a drill begin can write how it ended before it does."""
    bucket = MemoryBucket()
    drills = Drills(bucket, Seal())
    drills.begin(BEGUN)
    planted = encode(RECORD.model_copy(update={"why": "all is well"}))
    bucket.objects[record_name(DRILL_ID)] = planted
    with pytest.raises(StrangeObjectError, match="before it ended"):
        drills.end(RECORD)
    assert bucket.objects[record_name(DRILL_ID)] == planted


def test_only_a_drill_that_could_have_been_made_counts_for_a_schedule():
    """One of the future stops no drill, and one whose record is doubted stands for none."""
    begun = BEGUN.model_copy(update={"operator": OPERATOR})
    later = NOW + timedelta(days=1)
    future = drill_id("sample", later, "ab12cd34")
    bucket, signer = MemoryBucket(), Signer()
    drills = Drills(bucket, Seal(TrustedKeys(signer.pem), signer))
    drills.begin(begun)
    drills.begin(begun.model_copy(update={"drill_id": future, "began_at": later}))
    (found,) = _own(drills, NOW, latest=NOW)
    assert found.drill_id == DRILL_ID
    assert not _is_believed(found)
    record = RECORD.model_copy(update={"begun": begun})
    bucket.objects[record_name(DRILL_ID)] = encode(record)
    assert not _is_believed(drills.kept(DRILL_ID))
    bucket.objects.pop(record_name(DRILL_ID))
    drills.end(record)
    assert _is_believed(drills.kept(DRILL_ID))
    other = found.model_copy(update={"begun": BEGUN, "record": record})
    assert not _is_believed(other)


def test_an_older_finding_has_the_number_of_its_name():
    """Its record says none: closing one closes no other, and there is none of the number 0."""
    bucket = MemoryBucket()
    drills = Drills(bucket, Seal())
    drills.begin(BEGUN)
    found = DrillFinding(
        drill_id=DRILL_ID, found_at=NOW, what="slow", owner="mia", due="2027-01-31"
    )
    for number in (1, 2):
        bucket.objects[finding_name(DRILL_ID, number)] = encode(found)
    bucket.objects[finding_name(DRILL_ID, 0)] = encode(found)
    kept = drills.kept(DRILL_ID)
    assert [item.number for item in kept.open_findings] == [1, 2]
    with pytest.raises(UsageError, match="no finding 0; there are: 1, 2"):
        check_closing(kept, 0, {"`--by`": "ada"})
    for number in (0, 2):
        told = {"drill_id": DRILL_ID, "closed_at": NOW, "by": "ada", "shown_by": "a drill"}
        drills.close(FindingClosed(number=number, **told))
    assert [item.number for item in drills.kept(DRILL_ID).open_findings] == [1]
