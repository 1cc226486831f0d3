"""What was shown to restore: the age of proof, and drills that would have told of damage.

One small platform with tables, a bucket and a database serves all of these tests.
"""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Rebound, make_rebound
from tests.integration import bucket_objects, lake
from tests.integration.orchestration import State
from tests.served import serving
from tests.standin.cloud import SERVICES, Cloud
from tests.standin.firestore.creation import create_database

TABLES = (lake.GAMES, lake.EMPTY)
DOCUMENTS: dict[str, dict[str, Any]] = {"done/one": {"n": 1}, "done/two": {"n": 2.5}}


@pytest.fixture(scope="module")
def rebound(local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rebound]:
    """Return the platform with one complete night."""
    folder, project = tmp_path_factory.mktemp("drills"), f"p-{uuid.uuid4().hex[:10]}"
    with local_cloud.minutes_ago(100, ("firestore",)):
        create_database(project)
    catalog = lake.write_catalog(
        folder,
        TABLES,
        buckets=[{"bucket": f"{project}-raw"}],
        databases=[{"database": "(default)", "triggers": []}],
        protected_projects=[project],
    )
    made = make_rebound(local_cloud, folder, project, REBOUND_CATALOG=catalog)
    lake.fill(made)
    bucket_objects.fill(made, bucket_objects.make_bucket(made))
    with local_cloud.minutes_ago(3):
        State(made).write(DOCUMENTS)
    with serving(made) as function:
        function.complete("night")
    yield made
    for service in SERVICES:
        local_cloud.clear_faults(service)


def part_of(told: dict[str, Any], label: str) -> dict[str, Any]:
    """Return what a status tells of one part."""
    (found,) = (item for item in told["parts"] if item["label"] == label)
    assert isinstance(found, dict)
    return found


def test_status_tells_what_was_shown_to_restore_and_what_never_was(
    rebound: Rebound, tmp_path: Path
):
    """What no recovery brought back from the vault is unknown; what one did has an age."""
    never = part_of(rebound.json("status", code=10), lake.EMPTY)
    assert (never["health"], never["run_id"], never["proven_at"]) == ("unknown", "night", None)
    words = ("--table", lake.EMPTY, "--into-prefix", "shown_", "--confirm-project", rebound.project)
    rebound.run("recover", "bigquery-dataset-loss", *words, "--yes")
    page = tmp_path / "status.html"
    shown = part_of(rebound.json("status", "--html", str(page), code=10), lake.EMPTY)
    assert (shown["health"], shown["how"], shown["proven_point"]) == (
        "healthy",
        "recovery",
        shown["recovery_point"],
    )
    assert shown["estimated_seconds"] > 0
    told = rebound.run("status", code=10)
    assert told.stdout.splitlines()[1].startswith("Nobody knows: ")
    assert "datasets" in told.stdout or "dataset lake" in told.stdout
    assert "was not shown to restore within" in page.read_text()
    assert "hint: " in told.stderr


def test_status_tells_what_it_could_not_look_at(rebound: Rebound):
    """A screen that cannot read the proofs says so, and is not healthy."""
    refused = {"status": 403, "match": "proofs", "times": None}
    with rebound.cloud.fault("storage", "storage.objects.list", "status", **refused):
        told = rebound.json("status", code=10)
    assert ("proofs", "unknown") in [(item["check"], item["health"]) for item in told["others"]]
    assert {item["proven_at"] for item in told["parts"]} == {None}
