"""The one small platform on which all pages are followed.

Its making and its night cost more than a page does, so that pages share it: what a page destroys,
the page brings back, and a page that does not leaves the platform to nobody.
"""

import json
import os
import sys
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness import LOCATION, Rebound, command_server, make_rebound, whole_minute
from tests.integration import bucket_objects
from tests.integration.configuration import APIS, call, configure, enable, states, subscriptions
from tests.integration.orchestration import State
from tests.integration.processors import platform
from tests.integration.processors.services import Phases, serving_phases
from tests.runbooks.console import Shell
from tests.served import Function, serving
from tests.standin.cloud import Cloud
from tests.standin.firestore.creation import create_database

_GCLOUD = f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("gcloud.py")}" "$@"\n'
_TYPES = (
    "secretmanager/secret",
    "pubsub/topic",
    "run/service",
    "pubsub/subscription",
    "scheduler/job",
)
_DATABASE_AGE_MINUTES = 24 * 60
DOCUMENTS = {
    f"phase{phase}_completion/2024-11-{day}": {"_completed_count": 2, "_triggered": True}
    for phase in (3, 4)
    for day in (29, 30)
}


@dataclass(frozen=True)
class World:
    """The platform after its night.

    Attributes:
        function: Its backup function, served.
        phases: The services of its processors.
        run_id: The night's run.
    """

    rebound: Rebound
    function: Function
    phases: Phases
    run_id: str

    def shell(self, folder: Path) -> Shell:
        """Return the terminal of an operator of the platform, with a folder of its own."""
        tools = folder / "bin"
        tools.mkdir()
        command_server().write_command(tools / "rebound")
        gcloud = tools / "gcloud"
        gcloud.write_text(_GCLOUD)
        gcloud.chmod(0o755)
        env = {**self.rebound.env, "PATH": f"{tools}:{os.environ['PATH']}"}
        env |= {"FUNCTION": self.function.url}
        where = {"REGION": LOCATION, "PROJECT": self.rebound.project}
        return Shell(folder, env, {"DATE": uuid.uuid4().hex[:8], **where})

    def picture(self) -> dict[str, object]:
        """Return all there is of what is protected; nothing of Rebound takes part in it."""
        rebound, client = self.rebound, self.rebound.bigquery_client
        there = {
            f"{item.dataset_id}.{item.table_id}"
            for dataset in client.list_datasets()
            if dataset.dataset_id in ("stats", "cache")
            for item in client.list_tables(dataset.dataset_id)
        }
        return {
            "tables": there,
            "rows": {
                name: rows_of(rebound, name) for name in there & set(platform.TABLES.values())
            },
            "objects": bucket_objects.looked_at(self.bucket),
            "documents": State(rebound).content(),
            "schedules": states(rebound),
            "subscriptions": subscriptions(rebound),
        }

    @property
    def bucket(self) -> Any:  # noqa: ANN401 - a bucket of Google's client
        """Return the protected bucket."""
        return self.rebound.storage_client.bucket(bucket_objects.platform(self.rebound))


def rows_of(rebound: Rebound, table: str) -> list[str]:
    """Return a table's rows, whenever they were written."""
    found = rebound.query(f"SELECT day, game, who, minutes FROM {table}")
    return sorted(map(str, found))


@contextmanager
def making(cloud: Cloud, folder: Path) -> Generator[World]:
    """Make the platform, as if some minutes ago, and its first backup."""
    project = f"p-{uuid.uuid4().hex[:10]}"
    with serving_phases(folder) as phases:
        catalog = _write_catalog(folder, project, phases.url)
        with cloud.minutes_ago(_DATABASE_AGE_MINUTES, ("firestore",)):
            create_database(project)
        rebound = make_rebound(cloud, folder, project, REBOUND_CATALOG=catalog, **phases.env)
        phases.rebound = rebound
        platform.create(rebound)
        bucket_objects.fill(rebound, bucket_objects.make_bucket(rebound))
        with cloud.minutes_ago(5):
            State(rebound).write(DOCUMENTS)
        enable(rebound, *APIS)
        configure(rebound)
        _make_restorer(rebound)
        with serving(rebound) as function:
            answer = function.scheduled(whole_minute(), job="rebound-backup")
            assert answer.status_code == 200, answer.text
            yield World(rebound, function, phases, answer.json()["run_id"])


def _make_restorer(rebound: Rebound) -> None:
    """Make the identity that recovers, with its roles, as Terraform does; it is granted none."""
    iam = f"iam.googleapis.com/v1/projects/{rebound.project}"
    account = {"accountId": "rebound-restore", "serviceAccount": {}}
    call(rebound, "POST", f"{iam}/serviceAccounts", account)
    for name in ("Project", "Resources", "Vault", "Fences"):
        role = {"roleId": f"reboundRestore{name}", "role": {"includedPermissions": []}}
        call(rebound, "POST", f"{iam}/roles", role)
    vault = rebound.vault
    vault.reload()
    vault.iam_configuration.uniform_bucket_level_access_enabled = True
    vault.patch()


def _write_catalog(folder: Path, project: str, url: str) -> str:
    path = Path(platform.write_catalog(folder, platform.processors(url)))
    everything = {"names": ["load-*", "raw-*"], "writes": ["*"]}
    content = {
        **json.loads(path.read_text()),
        "protected_projects": [project],
        "buckets": [{"bucket": f"{project}-raw"}],
        "databases": [{"database": "(default)", "triggers": []}],
        "resources": [{"type": name, "locations": [LOCATION]} for name in _TYPES],
        "fence": {
            "locations": [LOCATION],
            "quiet_seconds": 1,
            "writers": [
                {"type": "scheduler/job", **everything},
                {"type": "pubsub/subscription", **everything},
            ],
        },
    }
    path.write_text(json.dumps(content))
    return str(path)
