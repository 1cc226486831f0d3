"""The world as it is, or without something of a run; and runs whose configuration somebody changed."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

from manifests import fence_layout
from manifests.kinds.resources.kind import RESOURCES
from manifests.kinds.resources.layout import resources_name
from manifests.kinds.resources.lines import StoredResource, file_of, resources_of
from manifests.kinds.resources.model import ResourceBackup, ResourceEntry
from manifests.kinds.resources.table import resource_type
from manifests.model.run import Manifest
from manifests.references import definitions_of
from manifests.values import StoredObject
from recovery.compare.documents import CollectionState, DatabaseState
from recovery.compare.observed import ObservedTable
from recovery.fence.model import FenceRecord
from recovery.fence.rules import fenced
from recovery.kinds.buckets.rules.access import PresentBucket
from recovery.kinds.buckets.rules.buckets import SeenBucket
from recovery.kinds.buckets.rules.seen import BucketsSeen
from recovery.kinds.databases.rules.seen import DatabasesSeen
from recovery.kinds.resources.rules.planning import check_apart, check_owner
from recovery.kinds.resources.rules.seen import ResourcesSeen, SeenResource
from recovery.kinds.tables.rules.seen import TablesSeen
from recovery.plan.whole import World
from recovery.scenarios import ScenarioName
from tests.fuzz.targets import NOW
from tests.fuzz.values import edited
from tests.unit.samples import POINT, RUN
from tests.unit.worlds import world

EQUAL, NOTHING = world(), TablesSeen(datasets={}, tables={}, definitions={}, observed_at=NOW)
_PROJECT = "projects/platform"
_PLACE = f"{_PROJECT}/locations/us-west2"
_GRANTED = {"bindings": [{"role": "roles/viewer", "members": ["group:scouts@example.com"]}]}

CONFIGURED = {
    "iam/role": StoredResource(
        name=f"{_PROJECT}/roles/scout",
        resource={
            "name": f"{_PROJECT}/roles/scout",
            "title": "Scout",
            "includedPermissions": ["bigquery.tables.get"],
        },
    ),
    "iam/service-account": StoredResource(
        name=f"{_PROJECT}/serviceAccounts/loader@platform.iam.gserviceaccount.com",
        resource={"email": "loader@platform.iam.gserviceaccount.com", "displayName": "Loader"},
        policy=_GRANTED,
    ),
    "pubsub/topic": StoredResource(
        name=f"{_PROJECT}/topics/scores",
        resource={"name": f"{_PROJECT}/topics/scores", "labels": {"tier": "raw"}},
        policy=_GRANTED,
    ),
    "run/service": StoredResource(
        name=f"{_PLACE}/services/loader",
        resource={
            "name": f"{_PLACE}/services/loader",
            "urls": ["https://loader-75.us-west2.run.app"],
            "template": {
                "serviceAccount": "loader@platform.iam.gserviceaccount.com",
                "containers": [
                    {
                        "image": "us-west2-docker.pkg.dev/platform/r/loader:v1",
                        "env": [
                            {
                                "name": "KEY",
                                "valueSource": {"secretKeyRef": {"secret": "key", "version": "1"}},
                            }
                        ],
                    }
                ],
            },
        },
        policy=_GRANTED,
        images={"us-west2-docker.pkg.dev/platform/r/loader:v1": "sha256:" + "a" * 64},
    ),
    "eventarc/trigger": StoredResource(
        name=f"{_PLACE}/triggers/loaded",
        resource={
            "name": f"{_PLACE}/triggers/loaded",
            "labels": {"tier": "raw"},
            "transport": {
                "pubsub": {
                    "topic": f"{_PROJECT}/topics/eventarc-1",
                    "subscription": f"{_PROJECT}/subscriptions/eventarc-1",
                }
            },
            "destination": {"cloudRun": {"service": "loader", "region": "us-west2"}},
        },
    ),
    "cloudresourcemanager/project": StoredResource(
        name=_PROJECT, resource={"name": _PROJECT, "projectId": "platform"}, policy=_GRANTED
    ),
}
"""A resource of each sort: before data and after it, with and without a policy, and the project itself."""


def configured(whole: Manifest, random: Random | None = None) -> tuple[Manifest, World]:
    """Return a run of configuration alone, and a world without it but for the project itself.

    Args:
        whole: The rest of the run.
        random: Has one resource edited, and what the manifest says of it, as who can write both would.

    Raises:
        ReboundError: A reader does not take the file.
    """
    parts: list[ResourceBackup] = []
    items: list[SeenResource] = []
    chosen = random and random.choice(list(CONFIGURED))
    for name, stored in CONFIGURED.items():
        content = file_of([stored])
        if random is not None and name == chosen:
            body = edited(random, json.loads(content))
            content = json.dumps(body, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        body = json.loads(content)
        own = str(body.get("name")) if isinstance(body, dict) else ""
        entry = ResourceEntry(name=own, sha256=hashlib.sha256(content[:-1]).hexdigest())
        part = ResourceBackup(
            type=name,
            read_at=POINT,
            entries=(entry,),
            stored=StoredObject(
                name=resources_name(RUN, name, content),
                size_bytes=len(content),
                crc32c="",
                generation=1,
                row_count=1,
            ),
        )
        RESOURCES.check(part, RUN)
        parts.append(part)
        is_project = name == "cloudresourcemanager/project"
        items += (
            SeenResource(
                type=name,
                stored=found,
                resource=stored.resource if is_project else None,
                policy={} if is_project else None,
            )
            for found in resources_of(content, part)
        )
    _check_names(items)
    others: dict[str, Any] = dict.fromkeys(("datasets", "tables", "buckets", "databases"), ())
    run = whole.model_copy(update={**others, "resources": tuple(parts)})
    return run, {
        "foundations": _seen(item for item in items if resource_type(item.type).before_data),
        "tables": NOTHING,
        "buckets": BucketsSeen(),
        "databases": DatabasesSeen(),
        "resources": _seen(item for item in items if not resource_type(item.type).before_data),
    }


def _seen(items: Iterable[SeenResource]) -> ResourcesSeen:
    return ResourcesSeen(items=tuple(items), own=frozenset({"platform", "75"}))


def _check_names(items: Sequence[SeenResource]) -> None:
    """Refuse what `ConfigurationWork.observe` refuses."""
    names = [item.stored.name for item in items]
    check_apart(names)
    check_owner(names, project="platform", number=lambda: "75")


def tables_as(known: TablesSeen, found: Manifest) -> World:
    """Return BigQuery as it is, where nothing is that only this manifest names."""
    return {
        "tables": TablesSeen(
            datasets={it.dataset_id: known.datasets.get(it.dataset_id) for it in found.datasets},
            tables={
                it.name: known.tables.get(it.name, ObservedTable(resource=None))
                for it in found.tables
            },
            definitions={
                name: known.definitions.get(name)
                for item in found.datasets
                for name, _, _ in definitions_of(item)
            },
            observed_at=NOW,
        )
    }


def buckets_gone(found: Manifest) -> World:
    """Return Cloud Storage without the buckets of a run."""
    nothing = SeenBucket(
        exists=False, keeps_replaced=True, objects=0, equal=0, counts=(), samples=()
    )
    return {
        "buckets": BucketsSeen(
            buckets={item.bucket: nothing for item in found.buckets},
            present={item.bucket: PresentBucket() for item in found.buckets},
        )
    }


def databases_gone(found: Manifest) -> World:
    """Return Firestore without the databases of a run; of the files of each it reads one document."""
    documents = CollectionState(collection_id="states", missing=1)
    gone = DatabaseState(exists=False, collections=(documents,))
    return {"databases": DatabasesSeen(databases={item.name: gone for item in found.databases})}


WORLDS: dict[str, tuple[ScenarioName, Callable[[Manifest], World]]] = {
    "equal": ("bigquery-dataset-loss", lambda found: tables_as(EQUAL, found)),
    "tables gone": ("bigquery-dataset-loss", lambda found: tables_as(NOTHING, found)),
    "buckets gone": ("gcs-bucket-corruption", buckets_gone),
    "databases gone": ("firestore-state-loss", databases_gone),
}

FENCE = FenceRecord(
    fence_id=fence_layout.fence_id(NOW, "00ff"),
    project="platform",
    fenced_at=NOW,
    why="a loss",
    things=("dataset nba",),
    writers=(
        fenced(
            resource_type("scheduler/job"),
            {"name": "projects/platform/locations/l/jobs/a", "state": "ENABLED"},
            ("dataset nba",),
        ),
        fenced(
            resource_type("pubsub/subscription"),
            {
                "name": "projects/platform/subscriptions/s",
                "pushConfig": {
                    "pushEndpoint": "https://loader-75.us-west2.run.app/",
                    "oidcToken": {"serviceAccountEmail": "push@platform.iam.gserviceaccount.com"},
                },
            },
            ("dataset nba",),
        ),
    ),
)
"""A fence of a schedule and of a subscription that pushes."""
