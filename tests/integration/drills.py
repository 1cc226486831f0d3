"""A small protected platform with tables, a bucket and a database; a project that drills may fill."""

import uuid
from pathlib import Path
from typing import Any

from google.cloud import bigquery, storage

from tests.harness import Rebound, make_rebound
from tests.integration import bucket_objects, lake
from tests.integration.configuration import call
from tests.integration.orchestration import State
from tests.served import serving
from tests.standin.cloud import Cloud
from tests.standin.firestore.creation import create_database

_DOCUMENTS: dict[str, dict[str, Any]] = {
    "done/one": {"n": 1},
    "done/two": {"n": 2.5},
    "done/three": {"n": 3},
}


def platform(local_cloud: Cloud, folder: Path) -> Rebound:
    """Make the platform, and one complete night."""
    project = f"p-{uuid.uuid4().hex[:10]}"
    with local_cloud.minutes_ago(100, ("firestore",)):
        create_database(project)
    catalog = lake.write_catalog(
        folder,
        buckets=[{"bucket": f"{project}-raw"}],
        databases=[{"database": "(default)", "triggers": []}],
        protected_projects=[project],
    )
    made = make_rebound(local_cloud, folder, project, REBOUND_CATALOG=catalog)
    lake.fill(made)
    bucket_objects.fill(made, bucket_objects.make_bucket(made))
    with local_cloud.minutes_ago(3):
        State(made).write(_DOCUMENTS)
    with serving(made) as function:
        function.complete("night")
    return made


def sandbox(rebound: Rebound) -> str:
    """Return a project that is labelled as a sandbox."""
    project = f"{rebound.project}-box"
    label(rebound, project, {"rebound-sandbox": "true"})
    return project


def label(rebound: Rebound, project: str, labels: dict[str, str]) -> None:
    """Give a project labels, and no others."""
    path = f"cloudresourcemanager.googleapis.com/v3/projects/{project}"
    call(rebound, "PATCH", path, {"labels": labels}, updateMask="labels")


def left(rebound: Rebound, sandbox: str) -> list[str]:
    """Return what there is in the sandbox, by our own look."""
    datasets = bigquery.Client(project=sandbox).list_datasets(include_all=True)
    buckets = storage.Client(project=sandbox).list_buckets()
    admin = State(rebound, project=rebound.project).admin
    databases = admin.list_databases(parent=f"projects/{sandbox}").databases
    names = [*(item.dataset_id for item in datasets), *(item.name for item in buckets)]
    return [*names, *(item.name for item in databases)]
