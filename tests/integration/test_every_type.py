"""Data and every type of configuration are lost together, and both come back."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from manifests.errors import PartialError
from manifests.kinds.resources.fields import settable
from manifests.kinds.resources.table import TYPES
from manifests.kinds.resources.types import ResourceType
from manifests.model.run import Manifest
from tests.harness import LOCATION, Rebound, make_rebound
from tests.integration import lake
from tests.integration.configuration import call, subscription, subscriptions
from tests.integration.every_type import BUILT, FUTURE, VALUE, bucket, build, lose, runs, state
from tests.served import serving
from tests.standin.cloud import Cloud
from tests.standin.projects import project_number


class Outage(NamedTuple):
    """What there was of each type before, while all was lost, and after; and what was told."""

    rebound: Rebound
    before: dict[str, Any]
    gone: dict[str, Any]
    after: dict[str, Any]
    rows: list[Any]
    told: str


@pytest.fixture(scope="module")
def outage(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Outage:
    """Lose a table and one resource of each type, recover all of it at once, and resume it."""
    rebound = build(cloud, tmp_path_factory.mktemp("every"))
    before = {kind.name: state(rebound, kind) for kind in TYPES}
    rows = lake.rows(rebound, lake.GAMES)
    assert rows
    lose(rebound)
    rebound.bigquery_client.delete_table(lake.GAMES)
    gone = {kind.name: state(rebound, kind) for kind in TYPES}
    assert not [
        item
        for item in rebound.bigquery_client.list_tables(lake.DATASET)
        if item.table_id == lake.GAMES.partition(".")[2]
    ]
    done = rebound.run("recover", "complete-outage", "--access", "--yes")
    rebound.run("thaw", "--yes")
    assert runs(rebound)
    after = {kind.name: state(rebound, kind) for kind in TYPES}
    return Outage(rebound, before, gone, after, rows, done.stdout)


@pytest.mark.parametrize("name", [kind.name for kind in TYPES])
def test_what_was_lost_of_each_type_is_as_it_was(outage: Outage, name: str):
    """One of each row of the table: it was there, it was gone, and it is equal again."""
    assert outage.before[name]
    assert outage.gone[name] != outage.before[name]
    if name != "serviceusage/service":
        assert outage.gone[name] == []
    assert outage.after[name] == outage.before[name]


def test_a_field_that_no_client_knows_comes_back(outage: Outage):
    """It is stored as the API tells it, and sent again."""
    (job,) = outage.after["scheduler/job"]
    assert job[FUTURE] == "kept"


def test_data_comes_back_with_it(outage: Outage):
    """One recovery brings back both, each proven."""
    assert lake.rows(outage.rebound, lake.GAMES) == outage.rows
    assert "resources proven equal to the backup" in outage.told


def test_the_image_of_a_function_may_be_gone(outage: Outage):
    """No function needs it, and what makes the function again builds it: nothing is told of it."""
    rebound = outage.rebound
    image = BUILT.format(project=rebound.project)
    services = f"run.googleapis.com/v2/projects/{rebound.project}/locations/{LOCATION}/services"
    assert image in json.dumps(call(rebound, "GET", f"{services}/alert"))
    run = rebound.manifest("whole")
    told = {name for it in run.resources for name in (*it.gone_images, *it.unseen_images)}
    assert image not in told
    assert "gone" not in run.lacks
    assert image not in rebound.run("show", "whole").stdout
    assert "image is gone" not in outage.told


def test_no_value_of_a_secret_is_stored(outage: Outage):
    """Which versions existed is kept, and whether they could be read; what they say is nowhere."""
    rebound = outage.rebound
    (part,) = (it for it in rebound.manifest("whole").resources if it.type.endswith("/secret"))
    text = rebound.vault.blob(part.stored.name).download_as_text()
    for number, shown in (("1", "ENABLED"), ("2", "DISABLED")):
        assert f'slack/versions/{number}"' in text
        assert shown in text
    for blob in rebound.vault.list_blobs():
        content = blob.download_as_bytes()
        assert VALUE.encode() not in content
        assert b"aHVudGVyMi1kb3M" not in content, "nor in base64"


def test_a_second_backup_equals_the_first(outage: Outage):
    """But for when it was read, and what services name anew: of every type all that can be set is the same."""
    with serving(outage.rebound) as function:
        function.complete("again")
    first, second = (outage.rebound.manifest(name) for name in ("whole", "again"))
    for kind in TYPES:
        assert stored(outage.rebound, first, kind) == stored(outage.rebound, second, kind)
    tables = [{it.name: it.fingerprint for it in run.tables} for run in (first, second)]
    assert tables[0] == tables[1]
    assert tables[0]


def test_a_run_has_the_resources_that_the_catalog_names(outage: Outage, tmp_path: Path):
    """By patterns of their own names; what none names is in no run, and the type is there all the same."""
    rebound = outage.rebound
    catalog = json.loads(Path(rebound.env["REBOUND_CATALOG"]).read_text())
    named = {
        "pubsub/topic": ["do*", "nobody"],
        "logging/metric": ["*s"],
        "secretmanager/secret": ["Slack", "lack", "slac"],
    }
    chosen = [
        {**item, "names": named[item["type"]]}
        for item in catalog["resources"]
        if item["type"] in named
    ]
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps({**catalog, "tables": [], "buckets": [], "resources": chosen}))
    some = replace(rebound, env={**rebound.env, "REBOUND_CATALOG": str(path)})
    with serving(some) as function:
        function.complete("named")
    held = {
        part.type: [entry.name.rpartition("/")[2] for entry in part.entries]
        for part in rebound.manifest("named").resources
    }
    assert held == {
        "pubsub/topic": ["done"],
        "logging/metric": ["failures"],
        "secretmanager/secret": [],
    }


def test_into_an_empty_project_a_second_backup_equals_the_first(outage: Outage, tmp_path: Path):
    """Another project, its number, and other names of data: all else that can be set is as it was.

    So are the bytes of archives, the rows, and what runs. What differs the report names: it rewrote it.
    """
    rebound, prefix = outage.rebound, "dr"
    other = f"{rebound.project}-dr"
    words = ("--into-project", other, "--confirm-project", other)
    names = ("--into-prefix", f"{prefix}_", "--into-bucket-prefix", f"{prefix}-")
    done = rebound.run(
        "recover", "complete-outage", "--run", "whole", "--access", "--yes", *words, *names
    )
    rebound.run("thaw", "--no-check", "--yes", REBOUND_PROJECT=other)
    catalog = json.loads(Path(rebound.env["REBOUND_CATALOG"]).read_text())
    for item in catalog["tables"]:
        item["table"] = f"{prefix}_{item['table']}"
    catalog["buckets"] = [{"bucket": f"{prefix}-{bucket(rebound.project)}"}]
    for item in catalog["resources"]:
        if item["type"] == "storage/notification":
            item["locations"] = [catalog["buckets"][0]["bucket"]]
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(catalog))
    there = make_rebound(rebound.cloud, tmp_path, other, REBOUND_CATALOG=str(path))
    with serving(there) as function:
        function.complete("elsewhere")
    first, second = rebound.manifest("whole"), there.manifest("elsewhere")
    words_of = {
        f"{bucket(rebound.project)}": f"{prefix}-{bucket(rebound.project)}",
        f"{rebound.project}": other,
        f"{project_number(rebound.project)}": project_number(other),
        f'"{lake.DATASET}"': f'"{prefix}_{lake.DATASET}"',
    }
    for kind in TYPES:
        before, after = stored(rebound, first, kind), stored(there, second, kind)
        assert [renamed(item, words_of) for item in before] == after, kind.name
    tables = [{it.table_id: it.fingerprint for it in run.tables} for run in (first, second)]
    assert tables[0] == tables[1]
    assert archives(rebound, first) == archives(there, second)
    assert f"rewritten destination: storage.googleapis.com/{prefix}-" in done.stdout


def test_what_is_gone_while_its_owner_is_there_is_made_or_told(outage: Outage):
    """What carries the events of a trigger is made; what a function makes is told with its command."""
    rebound = outage.rebound
    with serving(rebound) as function:
        function.complete("third")
    services = f"run.googleapis.com/v2/projects/{rebound.project}/locations/{LOCATION}/services"
    call(rebound, "DELETE", f"{services}/alert")
    (carrier,) = (name for name in subscriptions(rebound) if name.startswith("eventarc-"))
    before = subscription(rebound, carrier)
    pubsub = f"pubsub.googleapis.com/v1/projects/{rebound.project}/subscriptions"
    call(rebound, "DELETE", f"{pubsub}/{carrier}")
    assert carrier not in subscriptions(rebound)
    words = ("complete-outage", "--only-missing", "--access", "--yes")
    done = rebound.run("recover", *words, code=PartialError.exit_code)
    told = done.stdout + done.stderr
    assert "gcloud functions deploy alert --gen2" in told
    rebound.run("thaw", "--yes")
    assert subscription(rebound, carrier) == before


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Return a text with every name in it replaced by its new one, each once."""
    return re.sub("|".join(map(re.escape, names)), lambda found: names[found[0]], text)


def archives(rebound: Rebound, run: Manifest) -> list[bytes]:
    """Return the bytes of each archive that a function of a run is built from."""
    found = [
        rebound.vault.blob(item.name).download_as_bytes()
        for part in run.resources
        for item in part.sources
    ]
    assert found
    assert all(found)
    return found


def stored(rebound: Rebound, run: Manifest, kind: ResourceType) -> list[str]:
    """Return what a run has of a type that somebody can set, and who may do what with it."""
    (part,) = (item for item in run.resources if item.type == kind.name)
    text = rebound.vault.blob(part.stored.name).download_as_text()
    found = map(json.loads, text.splitlines())
    return sorted(
        json.dumps(
            [settable(kind, item["resource"]), (item.get("policy") or {}).get("bindings")],
            sort_keys=True,
        )
        for item in found
        # Eventarc makes its own again, under other names.
        if "/eventarc-" not in item["name"]
    )
