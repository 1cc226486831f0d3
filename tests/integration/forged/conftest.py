"""A platform with one genuine run, and what forges another."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from manifests.model.run import Manifest
from manifests.store.envelope import encode
from tests.harness import Rebound, make_rebound
from tests.integration import lake
from tests.integration.forged_runs import FORGED, NIGHT
from tests.served import serving
from tests.standin.cloud import Cloud


@pytest.fixture(scope="module")
def rebound(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform with one genuine run, `night`; each test removes what it forged."""
    folder = tmp_path_factory.mktemp("forged")
    project = f"forged-{folder.parent.name[-6:]}-{datetime.now(UTC):%H%M%S}".lower()
    made = make_rebound(cloud, folder, project, REBOUND_CATALOG=lake.write_catalog(folder))
    lake.fill(made)
    with serving(made) as function:
        function.complete(NIGHT)
    return made


@pytest.fixture
def forge(rebound: Rebound) -> Any:  # noqa: ANN401 - a generator of a function
    """Return what writes a forged run's manifest, which is gone after the test."""
    genuine = rebound.manifest(NIGHT)
    blob = rebound.vault.blob(f"runs/{FORGED}/manifest.json")

    def write(**changes: Any) -> Manifest:  # noqa: ANN401 - fields of the model
        later = genuine.recovery_point + timedelta(minutes=1)
        made = genuine.model_copy(
            update={"run_id": FORGED, "kit": None, "recovery_point": later, **changes}
        )
        made = made.model_copy(
            update={
                "started_at": changes.get("started_at", later),
                "finished_at": changes.get("finished_at", later),
            }
        )
        blob.upload_from_string(encode(made))
        return made

    yield write
    blob.delete()
