"""Who writes records beside ours stops no reader of them, and fills nobody's memory."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from manifests import drill_layout, fence_layout, layout
from manifests.claim_layout import action_name
from manifests.cloud.proofs import Proofs
from manifests.cloud.verdicts import Verdicts
from manifests.errors import BackupDamagedError
from manifests.model.proof import ProofRecord, ProvenPart
from manifests.model.run import VerdictRecord
from manifests.proof_layout import proof_name
from manifests.readiness_layout import readiness_name
from manifests.signing import TrustedKeys
from manifests.store.bounded import Records, read
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from manifests.values import RunId, Stored
from recovery.actions import Actions
from recovery.drill.store import Drills
from recovery.fence.model import FenceRecord
from recovery.fence.store import Fences
from recovery.journal import Journal
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.operator import Acted, Action, Operator
from recovery.ops.readiness.model import ReadinessRecord
from recovery.ops.readiness.store import past_records, record
from tests.unit.drills import BEGUN as DRILL
from tests.unit.drills import NOW
from tests.unit.manifests.test_signing import Signer
from tests.unit.memory import MemoryBucket

MIB = 1024 * 1024
SMALL, LARGE = b" " * MIB, b" " * (31 * MIB)
RECOVERY = layout.recovery_id("bigquery-dataset-loss", NOW, "abcd")
TABLE = TableOutcome(name="nba.games", into="nba.games", action="create")
OPERATOR = Operator(identity="", login="ana@laptop", command=("hold",))
ACTION = Action(did_at=NOW, verb="hold", subject="night", project="p", operator=OPERATOR)
VERDICT = VerdictRecord(run_id=RunId("night"), verified_at=NOW, damaged=("x",))
PROOF = ProofRecord(
    recovery_id=RECOVERY, scenario="x", proven_at=NOW, how="drill", seconds=1, parts=()
)
READY = ReadinessRecord(looked_at=NOW, score=70, dimensions={})


class Landing(MemoryBucket):
    """A bucket that counts what is read of it."""

    def __init__(self) -> None:
        super().__init__()
        self.read_bytes = 0

    def read(self, name: str, *, most_bytes: int = 32 * MIB) -> bytes | None:
        """Return an object's content, cut behind one byte too many, or None."""
        content = super().read(name, most_bytes=most_bytes)
        self.read_bytes += len(content or b"")
        return content


def actions(landing: Any) -> list[Action]:  # noqa: ANN401 - as little of a bucket as is needed
    """Return what operators did."""
    return [item.action for item in acted(landing, Seal()).all()]


def acted(landing: Any, seal: Seal) -> Actions:  # noqa: ANN401 - as above
    """Return the records of what operators did."""
    return Actions(landing, identity="", project="p", seal=seal, own_id="1", clock=lambda: NOW)


def proofs(landing: Any) -> list[ProofRecord]:  # noqa: ANN401 - as above
    """Return what was proven within a year."""
    return list(Proofs(landing, Seal()).since(NOW - timedelta(days=365), now=NOW))


def earlier(number: int) -> datetime:
    """Return an instant before now, and after a year ago."""
    return NOW - timedelta(days=100) + timedelta(hours=number)


def older_drill(number: int) -> str:
    """Return the name of the record of an earlier drill's beginning."""
    return drill_layout.begun_name(
        drill_layout.drill_id("complete-outage", earlier(number), "ab12cd34")
    )


PLACES: dict[str, tuple[str, Stored | TableOutcome, Callable[[int], str], Callable[[Any], Any]]] = {
    "actions": (
        action_name(NOW, "1"),
        ACTION,
        lambda number: action_name(earlier(number), "1"),
        actions,
    ),
    "entries": (
        f"recoveries/{RECOVERY}/tables/nba.games.json",
        TABLE,
        lambda number: f"recoveries/{RECOVERY}/tables/a{number:03d}.json",
        lambda landing: list(Journal(landing, RECOVERY, Seal()).entries("tables", TableOutcome)),
    ),
    "verdicts": (
        "verdicts/night.json",
        VERDICT,
        lambda number: f"verdicts/a{number:03d}.json",
        lambda landing: list(Verdicts(landing).all()),
    ),
    "proofs": (
        proof_name(RECOVERY),
        PROOF,
        lambda number: proof_name(layout.recovery_id("zzz", earlier(number), "abcd")),
        proofs,
    ),
    "readiness": (
        readiness_name(NOW.date()),
        READY,
        lambda number: readiness_name(earlier(24 * (number % 99)).date()),
        lambda landing: list(past_records(landing)),
    ),
    "drills": (
        drill_layout.begun_name(DRILL.drill_id),
        DRILL,
        older_drill,
        lambda landing: list(filter(None, (kept.begun for kept in Drills(landing, Seal()).all()))),
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("planted", [SMALL, LARGE], ids=["many", "large"])
def test_who_plants_records_fills_no_memory(place: str, planted: bytes):
    """What is newest is read, as far as it fits into memory together."""
    name, ours, other, all_of = PLACES[place]
    landing = Landing()
    for number in range(60):
        landing.objects[other(number)] = planted
    landing.objects[name] = encode(ours)
    assert all_of(landing) == [ours]
    assert landing.read_bytes < 24 * MIB


@pytest.mark.parametrize("place", ["actions", "entries", "readiness", "verdicts"])
@pytest.mark.parametrize("planted", [b" " * 1024 * 64, SMALL], ids=["medium", "large"])
def test_large_records_that_are_newer_push_none_of_ours_out(place: str, planted: bytes):
    """Who plants records gives them any name: what is as large as ours comes first."""
    _, ours, other, all_of = PLACES[place]
    landing = Landing()
    for number in range(1, 99 if place == "readiness" else 600):
        landing.objects[other(number)] = planted
    landing.objects[other(0)] = encode(ours)
    assert all_of(landing) == [ours]
    assert landing.read_bytes < 24 * MIB


@pytest.mark.parametrize("place", PLACES)
def test_what_cannot_be_read_hides_nothing_else(place: str):
    """It is none, and the others are as they were."""
    name, ours, other, all_of = PLACES[place]
    landing = Landing()
    landing.objects |= {other(1): b"garbage", other(2): b"", name: encode(ours)}
    assert all_of(landing) == [ours]


def test_what_is_left_out_is_told(capsys: pytest.CaptureFixture[str]):
    """Each that cannot be read is named, and how many are not read."""
    landing = Landing()
    landing.objects |= {action_name(earlier(number), "1"): LARGE for number in range(3)}
    landing.objects[action_name(earlier(4), "1")] = b"garbage"
    assert actions(landing) == []
    told = capsys.readouterr()
    assert "3 of 4 records are not read" in told.out + told.err
    assert action_name(earlier(4), "1") in told.out + told.err


def test_what_was_done_before_a_time_is_not_read():
    """So who looks at a shorter time sees what was not read of a longer one."""
    landing: Any = Landing()
    landing.objects |= {action_name(earlier(0), "1"): SMALL, action_name(NOW, "1"): encode(ACTION)}
    assert acted(landing, Seal()).all(since=NOW) == (Acted(ACTION),)
    assert landing.read_bytes < MIB


def test_what_an_operator_did_is_signed_in_its_place():
    """What somebody else wrote, or copied to another time, is told to be so."""
    landing: Any = Landing()
    signer = Signer()
    told = acted(landing, Seal(TrustedKeys(signer.pem), signer, "operator"))
    told.begin("hold", "night", "audit")
    (ours,) = landing.objects
    landing.objects[action_name(earlier(0), "1")] = landing.objects[ours]
    landing.objects[action_name(earlier(1), "1")] = encode(ACTION)
    copied, planted, own = told.all()
    assert own.doubt == ""
    assert copied.doubt
    assert planted.doubt


def test_an_entry_that_cannot_be_read_is_none(capsys: pytest.CaptureFixture[str]):
    """Neither whoever reads it ends, nor whoever writes where it lies; both tell of it."""
    landing: Any = Landing()
    name = f"recoveries/{RECOVERY}/tables/nba.games.json"
    journal = Journal(landing, RECOVERY, Seal())
    for planted in (b"garbage", LARGE, encode(ACTION)):
        landing.objects[name] = planted
        assert journal.entry("tables", "nba.games", TableOutcome) is None
        assert journal.entries("tables", TableOutcome) == ()
        capsys.readouterr()
        journal.record("tables", "nba.games", TABLE)
        told = capsys.readouterr()
        assert name in told.out + told.err
    del landing.objects[name]
    journal.record("tables", "nba.games", TABLE)
    assert journal.entry("tables", "nba.games", TableOutcome) == TABLE


def test_a_fence_that_cannot_be_read_whole_is_not_taken_for_less(
    capsys: pytest.CaptureFixture[str],
):
    """A writer that nobody can read of would stay paused; each is written into the vault first."""
    landing, vault = Landing(), Landing()
    fence = fence_layout.fence_id(NOW, "00ff")
    record = FenceRecord(fence_id=fence, project="p", fenced_at=NOW, why="", things=(), writers=())
    fences = Fences(landing, vault, Seal())
    fences.begin(record)
    planted = f"{fence_layout.more_prefix(fence)}x.json"
    for content in (b"garbage", LARGE):
        landing.objects[planted] = content
        assert fences.fence(fence).record == record
        assert "a record is not read" in "".join(capsys.readouterr())
        vault.objects[planted] = content
        with pytest.raises(BackupDamagedError) as damaged:
            fences.fence(fence)
        assert "remove it" in damaged.value.hint
        (found,) = fences.standing()
        assert (found.name, found.record) == (fence, None)
        assert fences.readable() == []
        del vault.objects[planted]


def test_what_nobody_signed_pushes_out_nothing_that_is_signed():
    """However much there is of it, and however small: of what is not believed nothing is kept."""
    landing: Any = Landing()
    signer = Signer()
    seal = Seal(TrustedKeys(signer.pem), signer, "operator")
    parts = tuple(
        ProvenPart(
            kind="tables",
            name=f"nba.{number:06d}",
            run_id=RunId("night"),
            recovery_point=NOW,
            restored=1,
            held=1,
        )
        for number in range(500)
    )
    ours = PROOF.model_copy(update={"parts": parts})
    Proofs(landing, seal).record(ours)
    for number in range(600):
        planted = proof_name(layout.recovery_id("zzz", earlier(number), "abcd"))
        landing.objects[planted] = b" " * 1024 * 30
    assert len(landing.objects[proof_name(RECOVERY)]) > 1024 * 60
    assert list(Proofs(landing, seal).since(NOW - timedelta(days=365), now=NOW)) == [ours]


def test_one_record_is_as_large_as_any():
    """What is larger is none, and no more of it is read than tells that."""
    landing = Landing()
    landing.objects["a"] = LARGE
    found = Records(landing).one("a", Action)
    assert found is not None
    assert read(found) is None
    assert landing.read_bytes == MIB + 1
    assert Records(landing).one("b", Action) is None


def test_a_day_has_one_record_of_readiness():
    """An earlier word of the same day stays."""
    landing: Any = Landing()
    record(landing, READY)
    record(landing, READY.model_copy(update={"score": 90.0}))
    assert past_records(landing) == (READY,)
    assert readiness_name(date(2026, 11, 24)) in landing.objects
