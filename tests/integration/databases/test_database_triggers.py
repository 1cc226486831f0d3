"""What listens to documents that a recovery writes, whether the catalog knows it or not."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import Rebound, minutes_ago
from tests.integration.configuration import make_trigger
from tests.integration.orchestration import State, write_catalog
from tests.served import serving

SCENARIO = "firestore-state-loss"


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform whose catalog has one database, which starts nothing."""
    return new_rebound(REBOUND_CATALOG=write_catalog(tmp_path))


def test_triggers_of_every_location_are_backed_up(rebound: Rebound):
    """Where documents are, triggers are too: in another place than the platform (Eventarc locations)."""
    catalog = Path(rebound.env["REBOUND_CATALOG"])
    triggers = {"type": "eventarc/trigger", "locations": ["-"]}
    content = json.loads(catalog.read_text()) | {"resources": [triggers]}
    catalog.write_text(json.dumps(content))
    written = "google.cloud.firestore.document.v1.written"
    make_trigger(rebound, "far", location="us-east1", type=written, database="(default)")
    with serving(rebound) as function:
        function.complete("night", recovery_point=minutes_ago(0))
    (backup,) = rebound.manifest("night").resources
    assert [item.name for item in backup.entries] == [
        f"projects/{rebound.project}/locations/us-east1/triggers/far"
    ]


def test_triggers_that_no_run_knows(rebound: Rebound):
    """A trigger that was made since needs the word; where Eventarc does not say, so does that."""
    state = State(rebound)
    with rebound.cloud.minutes_ago(3):
        state.write({f"games/{number}": {"n": number} for number in range(3)})
    before = state.content()
    with serving(rebound) as function:
        function.complete("night")
    written = "google.cloud.firestore.document.v1.written"
    make_trigger(rebound, "late", type=written, database="(default)")
    state.lose(*before)
    told = rebound.run("plan", SCENARIO).stdout
    assert "by each document's event: nothing by the catalog; trigger late in us-west2" in told
    refused = rebound.run("recover", SCENARIO, "--yes", code=5).stderr
    assert "documents starts trigger late in us-west2" in refused
    unlisted = rebound.cloud.fault(
        *("platform", "eventarc.projects.locations.triggers.list", "status"),
        status=403,
        reason="PERMISSION_DENIED",
        times=None,
    )
    with unlisted:
        unknown = rebound.run("recover", SCENARIO, "--yes", code=5).stderr
    assert "unknown what of Eventarc" in unknown
    assert state.content() == {}
    rebound.run("recover", SCENARIO, "--yes", "--notify")
    assert state.content() == before
