"""A hundred thousand folders that somebody made neither hide a run nor cost a call each."""

from datetime import UTC, datetime, timedelta

import pytest

from manifests import layout
from manifests.model.run import Owner, RunStart
from manifests.run_folders import FEW, MOST_BEGUN, MOST_MANIFESTS, run_folders
from manifests.signing import TrustedKeys
from manifests.store.marks import MARK, is_marked, marked
from manifests.store.seal import Seal
from manifests.store.vault import Vault
from manifests.values import Listed, RunId
from tests.unit.manifests.test_signing import Signer
from tests.unit.memory import MemoryBucket
from tests.unit.samples import POINT, RUN, manifest

OWNER = Owner(platform=manifest().platform, project=manifest().project)
NOW = datetime(2026, 11, 30, tzinfo=UTC)
MANY = 100_000
DAY = timedelta(days=1)
NIGHTS = 35
SIGNER = Signer()


class CountingBucket(MemoryBucket):
    """A bucket that counts what is asked of it, a listing once for each thousand names it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def read(self, name: str, **bounds: int) -> bytes | None:
        """Count a read, and the listing that confirms that nothing is there."""
        found = super().read(name, **bounds)
        self.calls += 1 if found is not None else 2
        return found


@pytest.fixture
def bucket() -> CountingBucket:
    """Return a bucket with one genuine run."""
    made = CountingBucket()
    Vault(made, OWNER, clock=lambda: NOW).put_manifest(manifest())
    made.calls = 0
    return made


def vault_of(bucket: MemoryBucket) -> Vault:
    """Return the runs of a bucket."""
    return Vault(bucket, OWNER, clock=lambda: NOW)


def test_planted_folders_cost_no_call_each(bucket: CountingBucket):
    """A list of runs shows the genuine one, and one row for all that hold no manifest."""
    bucket.objects |= {f"runs/planted{number}/x.json": b"" for number in range(MANY)}
    found = vault_of(bucket).runs()
    assert [(run.run_id, run.state) for run in found] == [
        (RUN, "complete"),
        ("planted0", "damaged"),
    ]
    assert "99,999 more folders with no manifest" in found[-1].reason
    assert bucket.calls < 10
    assert vault_of(bucket).run_ids() == (RUN,)


def test_a_few_folders_are_looked_into_whatever_they_hold(bucket: CountingBucket):
    """One that holds nothing of a run is shown as such."""
    bucket.objects["runs/odd/x"] = b""
    found = {run.run_id: run for run in vault_of(bucket).runs()}
    assert (found[RUN].state, found[RunId("odd")].reason) == (
        "complete",
        "no manifest, no start record",
    )


def test_planted_manifests_hide_no_run_of_another_day():
    """Of each day as many are read, whatever was written on one of them."""
    genuine = {RunId(f"nightly-{number}"): POINT - number * DAY for number in range(400)}
    planted = {RunId(f"aa-planted-{number}"): POINT + DAY for number in range(MANY)}
    written = genuine | planted
    records = [Listed(layout.manifest_name(run_id), 1, at) for run_id, at in written.items()]
    found = run_folders(sorted(written), records)
    assert genuine.keys() <= set(found.read)
    assert len(found.read) == MOST_MANIFESTS
    assert len(found.unread) == len(written) - MOST_MANIFESTS
    assert not found.strays


@pytest.mark.parametrize(
    "planted",
    ["x{day:03}-{number}", "rebound-backup-{at:%Y%m%dT%H%M%S}Z", "a-{at:%Y%m%d}T080000Z-r{number}"],
)
def test_planted_manifests_hide_no_run_of_their_own_day(planted: str):
    """A hundred each day, before the night's own is written: the schedule that wrote longest is first."""
    records = []
    genuine = [RunId(f"rebound-backup-{POINT - day * DAY:%Y%m%d}T080000Z") for day in range(NIGHTS)]
    for day, run_id in enumerate(genuine):
        began = (POINT - day * DAY).replace(hour=8, minute=0, second=0)
        records.append(Listed(layout.manifest_name(run_id), 1, began + timedelta(minutes=40)))
        if day == NIGHTS - 1:
            continue
        for number in range(100):
            at = began.replace(hour=0) + timedelta(seconds=number)
            name = RunId(planted.format(day=day, number=number, at=at))
            records.append(Listed(layout.manifest_name(name), 1, at))
    found = run_folders([], records)
    assert len(found.read) == MOST_MANIFESTS < len(records)
    assert set(genuine) <= set(found.read)


def test_the_run_of_tonight_is_looked_into_whatever_else_was_begun():
    """What was begun and is not looked into can need others, until it expires."""
    nights = [RunId(f"rebound-backup-{POINT - day * DAY:%Y%m%d}T080000Z") for day in range(3)]
    planted_at = POINT.replace(hour=7)
    written = {layout.start_name(RunId(f"begun-{it}")): planted_at for it in range(FEW)}
    written[layout.start_name(nights[0])] = POINT.replace(hour=8)
    written |= {
        layout.manifest_name(it): (POINT - day * DAY).replace(hour=9)
        for day, it in enumerate(nights[1:], 1)
    }
    ids = sorted({found for name in written if (found := layout.run_id_of(name))})
    found = run_folders([*ids, RunId("stray")], [Listed(it, 1, at) for it, at in written.items()])
    assert set(nights) <= set(found.read)
    assert len(found.begun) == FEW + 1 - MOST_BEGUN
    assert found.needing == found.begun
    assert set(found.strays) == {*found.begun, RunId("stray")}


def test_planted_start_records_are_no_backups():
    """A few of the runs that were only begun are looked into; the others are folders like any."""
    planted = [RunId(f"begun-{number}") for number in range(FEW * 2)]
    records = [Listed(layout.start_name(run_id), 1, POINT) for run_id in planted]
    found = run_folders([*planted, RUN], [*records, Listed(layout.manifest_name(RUN), 1, POINT)])
    assert RUN in found.read
    assert len(found.read) == MOST_BEGUN + 1
    assert len(found.strays) == len(planted) - MOST_BEGUN
    assert not found.unread


def test_a_run_under_way_is_looked_into_among_planted_folders(bucket: CountingBucket):
    """What was begun and has no manifest yet is told as partial."""
    begun = RunId("nightly-20261125T080000Z")
    start = RunStart(
        run_id=begun, platform="basketball", recovery_point=POINT, started_at=POINT, base_run_id=RUN
    )
    vault_of(bucket).start(start)
    bucket.objects |= {f"runs/planted{number}/x": b"" for number in range(FEW)}
    assert {run.run_id: run.state for run in vault_of(bucket).runs()} == {
        RUN: "complete",
        begun: "partial",
        "planted0": "damaged",
    }


def signing(bucket: MemoryBucket, signer: Signer | None = None) -> Vault:
    """Return the runs of a bucket, whose records are signed, with a key that is trusted."""
    trusted = TrustedKeys(SIGNER.pem)
    return Vault(bucket, OWNER, clock=lambda: NOW, trusted=trusted, sign=signer or SIGNER)


def test_nothing_planted_hides_a_run_that_is_signed():
    """Not by names, nor by marks: an own one, or one that was copied, is good for no other name."""
    bucket = CountingBucket()
    vault = signing(bucket)
    vault.put_manifest(manifest())
    begun = RunId("zz-begun")
    vault.start(
        RunStart(
            run_id=begun,
            platform=OWNER.platform,
            recovery_point=POINT,
            started_at=POINT,
            base_run_id=None,
        )
    )
    other = Seal(TrustedKeys(), Signer())
    for name, many in (
        (layout.manifest_name(RUN), MOST_MANIFESTS),
        (layout.start_name(begun), 300),
    ):
        for number in range(many):
            planted = f"runs/a{many}-{number}/{name.rpartition('/')[2]}"
            bucket.objects[planted] = b""
            own = marked(planted, b"", other)[MARK]
            bucket.said[planted] = bucket.said[name] if number % 2 else own
    found = vault.folders()
    assert {RUN, begun} <= set(found.read)
    assert found.unread
    assert vault_of(bucket).folders().read != found.read
    assert begun not in vault_of(bucket).folders().read


def test_a_mark_is_good_for_its_own_object_alone():
    """Another key's, another name's, none at all and what is no mark tell nothing."""
    seal, other = Seal(TrustedKeys(SIGNER.pem), SIGNER), Seal(TrustedKeys(), Signer())
    name = layout.manifest_name(RUN)
    said = marked(name, b"content", seal)[MARK]

    def tells(text: str, of: str = name, by: Seal = seal) -> bool:
        return is_marked(Listed(of, 1, POINT, text), by)

    assert tells(said)
    assert not tells(said, layout.manifest_name(RunId("another")))
    assert not tells(said, by=Seal())
    wrong = (marked(name, b"", other)[MARK], marked(name, b"", Seal())[MARK], "", "{", "\ud800")
    assert not any(map(tells, wrong))
