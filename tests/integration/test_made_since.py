"""What was made since a run's instant: a new run waits for one that serves it, a run begun before ends."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.harness import LOCATION, Rebound
from tests.integration import lake
from tests.integration.bucket_objects import platform
from tests.integration.test_hard_nights import errors, game, make_lake
from tests.served import serving
from tests.standin.firestore.creation import create_database


def test_table_made_since_the_last_minute(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """A table that was made seconds ago is in a run of the next minute, which is waited for."""
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path, ("lake.games",)))
    make_lake(rebound)
    now = datetime.now(UTC)
    ahead = now.replace(second=57, microsecond=0) - now
    with serving(rebound) as function, rebound.cloud.minutes_ago(-ahead.total_seconds() / 60):
        game(rebound, "lake.games", 1)
        assert function.complete("night")["rows"] == 1
    manifest = rebound.manifest("night")
    table = rebound.bigquery_client.get_table("lake.games")
    assert table.created < manifest.recovery_point <= manifest.started_at
    assert manifest.recovery_point < table.created + timedelta(minutes=2)


def test_table_made_since_the_recovery_point(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """A run at whose instant there was no table ends, and the schedule's next call makes another."""
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path, ("lake.games",)))
    make_lake(rebound)
    scheduled_at = datetime.now(UTC)
    with serving(rebound) as function:
        first = function.scheduled(scheduled_at)
        assert "lake.games: does not exist" in first.json()["message"]
        assert "the same call continues the run" in first.json()["hint"]
        game(rebound, "lake.games", 7)
        ended = function.scheduled(scheduled_at)
        assert ended.status_code == 500
        assert "made after the recovery point" in ended.json()["message"]
        assert "this run can never be complete" in ended.json()["hint"]
        with rebound.cloud.minutes_ago(-2):
            other = function.scheduled(scheduled_at)
            assert other.status_code == 200, other.text
            assert other.json()["run_id"] == f"{ended.json()['subject']}-r2"
            assert other.json()["rows"] == 1
            assert function.scheduled(scheduled_at).json()["run_id"] == other.json()["run_id"]


def protect(folder: Path, rebound: Rebound, *kinds: str) -> None:
    """Write a catalog of a bucket, of a database, or of both."""
    listed = {
        "buckets": [{"bucket": platform(rebound)}],
        "databases": [{"database": "fresh", "triggers": []}],
    }
    lake.write_catalog(folder, (), **{kind: listed[kind] for kind in kinds})


def make(rebound: Rebound, kind: str) -> None:
    """Make the bucket, or the database, now."""
    if kind == "buckets":
        rebound.storage_client.create_bucket(platform(rebound), location=LOCATION)
    else:
        create_database(rebound.project, "fresh")


def test_bucket_and_database_made_since_the_last_minute(
    new_rebound: Callable[..., Rebound], tmp_path: Path
):
    """What was made seconds ago is in a run of the next minute, whatever its kind."""
    rebound = new_rebound(REBOUND_CATALOG=str(tmp_path / "catalog.json"))
    with serving(rebound) as function:
        for minutes, kind in enumerate(("buckets", "databases")):
            protect(tmp_path, rebound, kind)
            now = datetime.now(UTC)
            ahead = now.replace(second=57, microsecond=0) - now + timedelta(minutes=minutes)
            with rebound.cloud.minutes_ago(-ahead.total_seconds() / 60):
                made_after = now + ahead
                make(rebound, kind)
                function.complete(kind)
            assert made_after < rebound.manifest(kind).recovery_point
            assert rebound.manifest(kind).recovery_point < made_after + timedelta(minutes=2)


def test_bucket_and_database_made_since_the_recovery_point(
    new_rebound: Callable[..., Rebound], tmp_path: Path
):
    """A run at whose instant there was none says so of each, and the next call makes another."""
    rebound = new_rebound(REBOUND_CATALOG=str(tmp_path / "catalog.json"))
    protect(tmp_path, rebound, "buckets", "databases")
    scheduled_at = datetime.now(UTC)
    with serving(rebound) as function:
        assert function.scheduled(scheduled_at).json()["message"].startswith("2 of 2 parts failed")
        make(rebound, "buckets")
        make(rebound, "databases")
        ended = function.scheduled(scheduled_at)
        assert ended.status_code == 500
        assert "this run can never be complete" in ended.json()["hint"]
        told = [line["reason"] for line in errors(function) if line["message"] == "part failed"]
        assert [reason[:38] for reason in told[2:]] == [
            "it was made after the recovery point, "
        ] * 2
        with rebound.cloud.minutes_ago(-2):
            other = function.scheduled(scheduled_at)
        assert other.status_code == 200, other.text
        assert other.json()["run_id"] == f"{ended.json()['subject']}-r2"
