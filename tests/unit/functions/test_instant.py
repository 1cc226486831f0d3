from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from functions.earlier import Base
from functions.instant import current_run, refuse_placed, serving_point
from manifests import layout
from manifests.errors import RefusedError
from manifests.kinds.tables.kind import TABLES
from manifests.model.run import FailedAttempt, Manifest, Owner, RunStart
from manifests.signing import TrustedKeys
from manifests.store.decoded import Started
from manifests.store.envelope import encode
from manifests.store.vault import Vault
from manifests.values import RunId
from tests.unit.manifests.test_signing import Signer, pem_of
from tests.unit.memory import MemoryBucket
from tests.unit.samples import POINT, RUN, manifest

NOW = datetime(2026, 11, 24, 8, 1, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("seconds_ago", "point"),
    [
        ([], POINT),
        ([3600.0, 31.0], POINT),
        ([30.0], POINT),
        ([3600.0, 29.999], POINT + MINUTE),
        ([0.0], POINT + MINUTE),
    ],
)
def test_point_that_serves_every_table(seconds_ago: list[float], point: datetime):
    """The last whole minute serves, unless a table was made since: then the next one does."""
    created = [NOW - timedelta(seconds=seconds) for seconds in seconds_ago]
    assert serving_point(NOW, created) == point


def begun(run_id: str) -> RunStart:
    """Return how a run begins."""
    return RunStart.model_validate(
        {"run_id": run_id, "platform": "lake", "recovery_point": POINT, "started_at": NOW}
        | {"base_run_id": None}
    )


def fail(vault: Vault, run_id: str) -> None:
    """Write that a run can never be complete."""
    ended = FailedAttempt(run_id=RunId(run_id), attempted_at=NOW, failures=())
    vault.record_failure(ended, is_last=True)


def test_run_that_takes_the_place_of_others():
    """A schedule's time has another run after each that can never be complete, and no other."""
    vault = Vault(MemoryBucket(), Owner(platform="lake", project="p"), clock=lambda: NOW)
    for failed, current in ((RUN, f"{RUN}-r2"), (f"{RUN}-r2", f"{RUN}-r3")):
        vault.start(begun(failed))
        vault.record_failure(FailedAttempt(run_id=RunId(failed), attempted_at=NOW, failures=()))
        assert run_of(vault) == failed
        fail(vault, failed)
        assert run_of(vault) == current


def run_of(vault: Vault, *, holder: str = "me", since: datetime = POINT) -> RunId:
    """Return the run of the schedule's time."""
    return current_run(vault, RUN, since=since, holder=holder)


def test_what_was_written_beforehand_keeps_no_night_from_its_end():
    """Behind many runs that somebody wrote, one has a number that he could not know; it is gone on with."""
    bucket = MemoryBucket()
    vault = Vault(bucket, Owner(platform="lake", project="p"), clock=lambda: NOW)
    fail(vault, RUN)
    for number in range(2, 51):
        fail(vault, f"{RUN}-r{number}")
    bucket.objects |= {f"runs/{RUN}-r{number}/start.json": b"{}" for number in range(51, 500)}
    bucket.dated = dict.fromkeys(bucket.objects, POINT - timedelta(days=1))
    first, second = run_of(vault, holder="me"), run_of(vault, holder="you")
    assert layout.replaces(first, RUN)
    assert first != second
    vault.start(begun(first))
    assert run_of(vault, holder="you") == first
    fail(vault, first)
    assert run_of(vault, holder="you") == second


def test_a_receipt_that_lay_there_before_the_run_began_fails_no_part():
    """What lies in the folder of a run that nobody began is somebody else's: the run is another."""
    bucket = MemoryBucket()
    vault = Vault(bucket, Owner(platform="lake", project="p"), clock=lambda: NOW)
    bucket.objects[f"runs/{RUN}/receipts/tables/nba.games.json"] = b"{}"
    assert run_of(vault) == f"{RUN}-r2"
    vault.start(begun(f"{RUN}-r2"))
    bucket.objects[f"runs/{RUN}-r2/receipts/tables/nba.games.json"] = b"{}"
    assert run_of(vault) == f"{RUN}-r2", "a run that was begun is gone on with"


def test_run_that_takes_the_place_of_what_somebody_wrote():
    """What lies where tonight's run would be, and is not believed, keeps no night from its end."""
    signer = Signer()
    stored, bucket = manifest(), MemoryBucket()
    owner = Owner(platform=stored.platform, project=stored.project)
    keys = TrustedKeys(signer.pem)

    def vault() -> Vault:
        return Vault(bucket, owner, clock=lambda: stored.finished_at, trusted=keys, sign=signer)

    start = RunStart(base_run_id=None, **_said(stored))
    for name, content in (
        (layout.start_name(RUN), encode(start)),
        (layout.start_name(RUN), b"{"),
        (layout.manifest_name(RUN), encode(stored)),
        (layout.manifest_name(RUN), b"{"),
    ):
        bucket.objects[name] = content
        assert run_of(vault()) == f"{RUN}-r2"
        del bucket.objects[name]
    vault().start(start)
    assert run_of(vault()) == RUN
    vault().put_manifest(stored)
    # A run that was begun before there was a key has an unsigned start for ever.
    bucket.objects[layout.start_name(RUN)] = encode(start)
    assert run_of(vault()) == RUN


def test_a_base_that_is_lost_costs_no_night():
    """What was named as the base when the run began can be gone or damaged when it goes on."""
    stored, bucket = manifest(), MemoryBucket()
    owner = Owner(platform=stored.platform, project=stored.project)

    def base() -> Base | None:
        return Base.of(Vault(bucket, owner, clock=lambda: stored.finished_at), RUN)

    assert base() is None
    bucket.objects[layout.start_name(RUN)] = encode(RunStart(base_run_id=None, **_said(stored)))
    bucket.objects[layout.manifest_name(RUN)] = encode(stored)
    assert base() is not None
    bucket.objects[layout.manifest_name(RUN)] = encode(stored)[:-9]
    assert base() is None


def test_a_signed_run_is_built_on_without_its_receipts():
    """Who has the key said what it holds: receipts of before there was one are not asked."""
    signer = Signer()
    stored, bucket = manifest(), MemoryBucket()
    owner = Owner(platform=stored.platform, project=stored.project)
    keys = TrustedKeys(signer.pem)
    vault = Vault(bucket, owner, clock=lambda: stored.finished_at, trusted=keys, sign=signer)
    vault.put_manifest(stored)
    base = Base.of(vault, RUN)
    assert base is not None
    games, *_ = stored.tables
    assert base.part(TABLES, games.name) == games


@pytest.mark.parametrize(
    ("scheduled_at", "point", "started_at", "written_at", "why"),
    [
        (POINT, POINT, NOW, NOW, ""),
        (None, POINT, NOW, NOW, ""),
        (NOW, POINT, NOW, NOW - 2 * MINUTE, "before its time"),
        (None, POINT + 5 * MINUTE, NOW, NOW, "not in order"),
        (POINT, POINT, NOW + MINUTE, NOW, "not in order"),
    ],
)
def test_a_start_record_that_lay_there_is_not_tonights(
    scheduled_at: datetime | None,
    point: datetime,
    started_at: datetime,
    written_at: datetime,
    why: str,
):
    """When it was written Cloud Storage says: a run is not begun before its time, nor before itself."""
    start = RunStart(
        run_id=RUN,
        platform="basketball",
        recovery_point=point,
        started_at=started_at,
        base_run_id=None,
    )
    run = Started(start, 1, written_at)
    if not why:
        refuse_placed(run, scheduled_at)
        return
    with pytest.raises(RefusedError, match=why):
        refuse_placed(run, scheduled_at)


def test_an_earlier_run_is_built_on_as_far_as_its_records_agree():
    """A manifest alone is none to build on; a part counts when its receipt says the same."""
    stored, bucket = manifest(), MemoryBucket()
    owner = Owner(platform=stored.platform, project=stored.project)
    vault = Vault(bucket, owner, clock=lambda: stored.finished_at)
    vault.put_manifest(stored)
    assert Base.of(vault, RUN) is None
    start = RunStart(base_run_id=None, **_said(stored))
    run = vault.start(start)
    base = Base.of(vault, RUN)
    assert base is not None
    games, arrivals, *_ = stored.tables
    vault.put_part(run, TABLES, games)
    vault.put_part(run, TABLES, arrivals.model_copy(update={"group": "other"}))
    held = {table.name: base.part(TABLES, table.name) for table in stored.tables}
    assert held == dict.fromkeys(held) | {games.name: games}

    elsewhere = Owner(platform=stored.platform, project="staging")
    assert Base.of(Vault(bucket, elsewhere, clock=lambda: stored.finished_at), RUN) is None
    keys = TrustedKeys(pem_of(ec.generate_private_key(ec.SECP256R1()).public_key()))
    believing = Vault(bucket, owner, clock=lambda: stored.finished_at, trusted=keys)
    assert Base.of(believing, RUN) is None

    other = Vault(MemoryBucket(), owner, clock=lambda: stored.finished_at)
    other.put_manifest(stored)
    other.start(start.model_copy(update={"recovery_point": POINT - MINUTE}))
    assert Base.of(other, RUN) is None


def _said(run: Manifest) -> dict[str, Any]:
    names = ("run_id", "platform", "recovery_point", "started_at")
    return {name: getattr(run, name) for name in names}
