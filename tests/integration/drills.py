"""A small protected platform with tables, a bucket and a database; a project that drills may fill."""

import json
import uuid
from pathlib import Path
from typing import Any

from google.cloud import bigquery, storage

from tests.harness import LOCATION, Rebound, make_rebound
from tests.integration import bucket_objects, configuration, lake
from tests.integration.configuration import call
from tests.integration.orchestration import State
from tests.served import serving
from tests.standin.cloud import Cloud
from tests.standin.firestore.creation import create_database

AGREED = {"firestore-state-loss": {"rto_seconds": 3000, "rpo_seconds": 50_000}}
"""What this platform's catalog agrees on; of other scenarios it says nothing."""
APIS = (
    *configuration.APIS,
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
)
_DOCUMENTS: dict[str, dict[str, Any]] = {
    "done/one": {"n": 1},
    "done/two": {"n": 2.5},
    "done/three": {"n": 3},
}


RESOURCES = (
    *configuration.TYPES,
    "cloudresourcemanager/project",
    "iam/role",
    "logging/sink",
    "monitoring/channel",
)
"""Types of the platform's configuration, some of which no sandbox takes."""
TAG = "projects/p/locations/us-west2/taxonomies/1/policyTags/2"
WRITERS = ({"type": "scheduler/job", "names": ["load-*"], "writes": ["dataset *"]},)


def platform(local_cloud: Cloud, folder: Path, *, is_configured: bool = False) -> Rebound:
    """Make the platform, and one complete night.

    Args:
        local_cloud: Where.
        folder: Where its catalog is written.
        is_configured: Whether it has a configuration, too.
    """
    project = f"p-{uuid.uuid4().hex[:10]}"
    with local_cloud.minutes_ago(100, ("firestore",)):
        create_database(project)
    catalog = lake.write_catalog(
        folder,
        buckets=[{"bucket": f"{project}-raw"}],
        databases=[{"database": "(default)", "triggers": []}],
        protected_projects=[project],
        objectives=AGREED,
    )
    if is_configured:
        _protect_configuration(catalog)
    made = make_rebound(local_cloud, folder, project, REBOUND_CATALOG=catalog)
    lake.fill(made)
    bucket_objects.fill(made, bucket_objects.make_bucket(made))
    with local_cloud.minutes_ago(3):
        State(made).write(_DOCUMENTS)
    if is_configured:
        configure(made)
        with local_cloud.minutes_ago(3):
            tag(made)
    with serving(made) as function:
        function.complete("night")
    return made


def tag(rebound: Rebound) -> None:
    """Give a column of a table a policy tag."""
    table = rebound.bigquery_client.get_table(f"{rebound.project}.{lake.TYPES}")
    fields = [item.to_api_repr() for item in table.schema]
    (clock,) = (item for item in fields if item["name"] == "clock")
    clock["policyTags"] = {"names": [TAG]}
    table.schema = [bigquery.SchemaField.from_api_repr(item) for item in fields]
    rebound.bigquery_client.update_table(table, ["schema"])


def _protect_configuration(catalog: str) -> None:
    path = Path(catalog)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["resources"] = [{"type": name, "locations": [LOCATION]} for name in RESOURCES]
    path.write_text(json.dumps(content), encoding="utf-8")
    configuration.with_fence(catalog, writers=WRITERS)


def configure(rebound: Rebound) -> None:
    """Make a service, what calls it and what that needs; a channel whose name the service gives."""
    configuration.enable(rebound, *APIS)
    configuration.configure(rebound)
    place = f"{configuration.RUN}/projects/{rebound.project}/locations/{LOCATION}"
    role = {"title": "Ausroller", "stage": "GA", "includedPermissions": ["run.services.get"]}
    roles = f"{configuration.ACCOUNTS}/projects/{rebound.project}/roles"
    call(rebound, "POST", roles, {"roleId": "deployer", "role": role})
    own = call(rebound, "GET", f"{place}/services/loader")["uri"]
    target = {"uri": f"{own}/load", "httpMethod": "POST"}
    configuration.make_job(rebound, "load-own", httpTarget=target)
    channel = {
        "type": "email",
        "displayName": "Wächter",
        "labels": {"email_address": "a@b.example"},
    }
    path = f"monitoring.googleapis.com/v3/projects/{rebound.project}/notificationChannels"
    call(rebound, "POST", path, channel)


def sandbox(rebound: Rebound) -> str:
    """Return a project that is labelled as a sandbox."""
    project = f"{rebound.project}-box"
    configuration.make_sandbox(rebound, project)
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
