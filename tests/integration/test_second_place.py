"""The second place of the platform's configuration: a vault of its own, which restores where the first is lost."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from manifests.store.envelope import encode
from tests.harness import LOCATION, Rebound
from tests.integration import lake
from tests.integration.configuration import (
    APIS,
    TYPES,
    configure,
    enable,
    lose,
    states,
    subscription,
)
from tests.served import serving


@pytest.fixture
def rebound(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform whose configuration is protected, with its rows."""
    made = new_rebound(REBOUND_CATALOG=str(tmp_path / "catalog.json"))
    lake.fill(made)
    enable(made, *APIS)
    configure(made)
    return made


NAMED = "is this the second place? then REBOUND_SECOND_BUCKET names it"


def says_unsigned(told: str) -> None:
    """Insist that it is told that no key signs: everything is believed that is in the vault."""
    assert re.search(r"manifest( of the run)?:? NOT SIGNED", " ".join(told.split())), told


def test_a_second_place_brings_the_configuration_back(rebound: Rebound, tmp_path: Path):
    """With its vault lost, and its project's configuration, the second place alone makes all of it again.

    A run of it was there before the run's own manifest, so that whoever finds that finds both.
    """
    second = rebound.storage_client.create_bucket(f"{rebound.project}-second", location=LOCATION)
    resources = [{"type": name, "locations": [LOCATION]} for name in TYPES]
    catalog = lake.write_catalog(tmp_path, resources=resources)
    elsewhere = {"REBOUND_CATALOG": catalog, "REBOUND_VAULT_BUCKET": second.name}
    with serving(rebound, REBOUND_CATALOG=catalog, REBOUND_SECOND_BUCKET=second.name) as function:
        fault = {"status": 403, "match": f"/b/{second.name}/o", "skip": len(TYPES)}
        with rebound.cloud.fault("storage", "storage.objects.insert", "status", **fault):
            assert function.manual("first").status_code >= 400
        assert not rebound.vault.blob("runs/first/manifest.json").exists()
        function.complete("first")
    whole, own = (
        json.loads(bucket.blob("runs/first/manifest.json").download_as_bytes())["document"]
        for bucket in (rebound.vault, second)
    )
    assert own["resources"] == whole["resources"]
    assert (bool(whole["tables"]), own["tables"]) == (True, [])

    rebound.vault.delete_blobs(list(rebound.vault.list_blobs()))
    rebound.vault.delete()
    lose(rebound)
    assert "does not exist" in rebound.run("list", code=9, REBOUND_CATALOG=catalog).stderr
    assert NAMED in rebound.run("show", "first", code=4, **elsewhere).stderr
    elsewhere["REBOUND_SECOND_BUCKET"] = second.name
    (listed,) = rebound.json("list", **elsewhere)
    assert (listed["run_id"], listed["state"]) == ("first", "complete")
    says_unsigned(rebound.run("verify", "first", "--all-contents", **elsewhere).stdout)
    # Of the data it says that it is not held.
    told = rebound.run(
        "recover", "complete-outage", "--access", "--yes", code=7, **elsewhere
    ).stdout
    assert re.search(r"(\d+) of \1 resources proven equal to the backup", told), told
    says_unsigned(told)
    assert states(rebound) == {"load-hourly": "PAUSED", "load-paused": "PAUSED"}
    rebound.run("thaw", "--yes", **elsewhere)
    assert states(rebound) == {"load-hourly": "ENABLED", "load-paused": "PAUSED"}
    assert subscription(rebound, "raw-sub")["pushConfig"]["pushEndpoint"]


def test_what_lies_in_the_second_place_before_is_refused(rebound: Rebound, tmp_path: Path):
    """A night writes over nothing there, a file or a manifest, and says what it found."""
    second = rebound.storage_client.create_bucket(f"{rebound.project}-second", location=LOCATION)
    resources = [{"type": name, "locations": [LOCATION]} for name in ("scheduler/job",)]
    catalog = lake.write_catalog(tmp_path, tables=(), resources=resources)
    with serving(rebound, REBOUND_CATALOG=catalog, REBOUND_SECOND_BUCKET=second.name) as function:
        function.complete("first")
        (part,) = rebound.manifest("first").resources
        assert second.blob(part.stored.name).download_as_bytes().count(b"\n") == 2
        name = part.stored.name.replace("/first/", "/next/")
        second.blob(name).upload_from_string("[]")
        refused = function.manual("next")
        assert refused.status_code == 422
        assert f"{second.name}/{name}: something else lies there" in refused.json()["message"]
        manifest = rebound.manifest("first").model_copy(
            update={"run_id": "third", "resources": (), "kit": None}
        )
        second.blob("runs/third/manifest.json").upload_from_string(encode(manifest))
        other = function.manual("third")
    assert other.status_code == 422, other.text
    assert "the manifest in the second place is not what this run says" in other.json()["message"]
    assert not rebound.vault.blob("runs/third/manifest.json").exists()


def test_what_the_second_place_says_of_a_run_is_no_run_of_the_vault(
    rebound: Rebound, tmp_path: Path
):
    """Whoever copies it there in the place of the run's own makes no complete run of it."""
    second = rebound.storage_client.create_bucket(f"{rebound.project}-second", location=LOCATION)
    resources = [{"type": "scheduler/job", "locations": [LOCATION]}]
    catalog = lake.write_catalog(tmp_path, tables=(), resources=resources)
    name = "runs/first/manifest.json"
    with serving(rebound, REBOUND_CATALOG=catalog, REBOUND_SECOND_BUCKET=second.name) as function:
        function.complete("first")
        rebound.vault.delete_blob(name)
        second.copy_blob(second.blob(name), rebound.vault, name)
        assert function.manual("first").status_code == 422
    (planted,) = rebound.json("list", REBOUND_CATALOG=catalog)
    assert (planted["state"], "second place" in planted["reason"]) == ("damaged", True)
