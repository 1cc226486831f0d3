"""Looks at what a deployment is made of; each look is a few calls and decides nothing."""

import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import google.auth

from manifests.cloud.api import StorageApi
from manifests.cloud.batch import Query
from manifests.cloud.bigquery import bigquery_client
from manifests.cloud.configuration import Configuration
from manifests.cloud.databases import Databases
from manifests.cloud.granted import granted
from manifests.cloud.proofs import Proofs
from manifests.cloud.resources import Resources
from manifests.cloud.rest import Rest
from manifests.cloud.retry import cloud_errors
from manifests.cloud.table_paths import table_path
from manifests.cloud.verdicts import Verdicts
from manifests.cloud.versions import VersionedBucket
from manifests.errors import UsageError
from manifests.json_text import read_file
from manifests.kinds.resources.table import resource_type
from manifests.model.proof import ProofRecord
from manifests.model.run import Manifest, VerdictRecord
from manifests.selection import RunSummary
from manifests.store.vault import Vault
from manifests.values import Resource
from manifests.verified_layout import SHARES_PREFIX, verified_nights
from recovery.kinds.work import Tools

_PAGE = 200


class Looks:
    """Looks at one project and its backups. Safe to share between threads.

    Args:
        tools: What every command has.
        api: Calls Cloud Storage.
        documents: The runs in the vault.
        proofs: What was shown to restore.
    """

    def __init__(self, tools: Tools, api: StorageApi, documents: Vault, proofs: Proofs) -> None:
        self.tools = tools
        self._api = api
        self._documents = documents
        self._proofs = proofs
        self.project = tools.settings.project
        self.region = tools.settings.region or tools.catalog.location.lower()
        client = bigquery_client(self.project, tools.catalog.location)
        self._resources = Resources(client, self.project)
        self._bigquery = client

    @cached_property
    def _rest(self) -> Rest:
        return self.tools.rest()

    @cached_property
    def _configuration(self) -> Configuration:
        return Configuration(self._rest, self.project)

    @cached_property
    def project_number(self) -> str:
        return self._configuration.project_number()

    def enabled(self) -> frozenset[str]:
        """Return the APIs that the project has enabled, by host."""
        path = f"v1/projects/{self.project}/services"
        asked: dict[str, str | int] = {"pageSize": _PAGE, "filter": "state:ENABLED"}
        with cloud_errors(f"services of {self.project}", "serviceusage.services.list"):
            listed = self._rest.pages("serviceusage.googleapis.com", path, asked)
            return frozenset(
                str(item["config"]["name"]) for page in listed for item in page.get("services", ())
            )

    def account(self, email: str) -> Resource | None:
        """Return a service account of the project, or None."""
        name = f"projects/{self.project}/serviceAccounts/{email}"
        return self._configuration.resource(resource_type("iam/service-account"), name)

    def function(self, name: str) -> Resource | None:
        """Return a function in the region, or None."""
        place = f"projects/{self.project}/locations/{self.region}"
        kind = resource_type("functions/function")
        return self._configuration.resource(kind, f"{place}/functions/{name}")

    def job(self, name: str) -> Resource | None:
        """Return a schedule in the region, or None."""
        place = f"projects/{self.project}/locations/{self.region}"
        return self._configuration.resource(resource_type("scheduler/job"), f"{place}/jobs/{name}")

    def bucket(self, name: str) -> Resource | None:
        """Return a bucket, or None."""
        with cloud_errors(f"gs://{name}", "storage.buckets.get"):
            return VersionedBucket(self._api, name).resource()

    def dataset(self, dataset_id: str) -> Resource | None:
        """Return a dataset, or None."""
        return self._resources.dataset(dataset_id)

    def tables(self, dataset_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the ids of everything in a dataset, and of what of it is no view."""
        return self._resources.table_ids(dataset_id), self._resources.own_tables(dataset_id)

    def others(self, noun: str) -> Sequence[str]:
        """Return the names of all datasets, buckets or databases of the project."""
        if noun == "dataset":
            return self._resources.dataset_ids()
        if noun == "bucket":
            return self._api.bucket_names(self.project)
        return self._databases("(default)").ids()

    def database(self, database_id: str) -> Resource | None:
        """Return a database, or None."""
        return self._databases(database_id).resource()

    def _databases(self, database_id: str) -> Databases:
        return Databases(self._rest, self.project, database_id)

    @cached_property
    def runs(self) -> tuple[RunSummary, ...]:
        """Every run in the vault."""
        return self._documents.runs()

    def verdicts(self) -> tuple[VerdictRecord, ...]:
        """Return what `verify` found of each run."""
        return tuple(Verdicts(self.tools.landing).all())

    def shares(self) -> tuple[datetime, ...]:
        """Return since when shares of the vault are known to be read."""
        listed = self.tools.landing.list_dated(SHARES_PREFIX)
        shares = ((item.name, item.written_at) for item in listed)
        return verified_nights(shares, now=self.tools.started_at)

    @cached_property
    def newest(self) -> Manifest | None:
        """Return the manifest of the newest complete run, or None."""
        complete = [
            (run.recovery_point, run.run_id)
            for run in self.runs
            if run.state == "complete" and run.recovery_point
        ]
        return self._documents.manifest(max(complete)[1]) if complete else None

    def proofs(self) -> tuple[ProofRecord, ...]:
        """Return what was shown to restore, and is not forgotten."""
        now, days = self.tools.started_at, self.tools.catalog.drills.proof_days
        return tuple(self._proofs.since(now - timedelta(days=days), now=now))

    def on_project(self, project: str, permissions: Collection[str]) -> frozenset[str]:
        """Return which of some permissions the caller has on a project."""
        with cloud_errors(project):
            return granted(self._rest, project, permissions)

    def on_table(self, table: str, permissions: Collection[str]) -> frozenset[str] | None:
        """Return which of some permissions the caller has on `dataset.table`; None without the table.

        On what is not there nobody is told to have any (BigQuery REST, tables.testIamPermissions).
        """
        path = f"/projects/{self.project}/{table_path(table)}:testIamPermissions"
        with cloud_errors(table):
            answer = self._bigquery._connection.api_request(  # noqa: SLF001 - as manifests.cloud.resources
                method="POST", path=path, data={"permissions": sorted(permissions)}
            )
        has = frozenset(map(str, answer.get("permissions", ())))
        dataset_id, _, table_id = table.partition(".")
        return has if has or table_id in self._resources.table_ids(dataset_id) else None

    def on_bucket(self, name: str, permissions: Collection[str]) -> frozenset[str]:
        """Return which of some permissions the caller has on a bucket."""
        query: Query = {"permissions": sorted(permissions)}
        with cloud_errors(f"gs://{name}"):
            answer = self._api.call("GET", f"b/{name}/iam/testPermissions", query)
        return frozenset(answer.get("permissions", ()))

    def who(self) -> str:
        """Return the email of the service account that calls; empty for a person."""
        with cloud_errors("credentials"):
            credentials, _ = google.auth.default()
        return str(getattr(credentials, "service_account_email", "") or "")

    def machine_time(self) -> datetime:
        """Return what this machine's clock says, which is compared and never believed."""
        return datetime.fromtimestamp(time.time_ns() / 1_000_000_000, UTC)

    def contacts(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Return what a file of contacts says.

        Raises:
            UsageError: There is none, or it is no JSON.
        """
        return read_file(Path(path), UsageError, hint="set REBOUND_CONTACTS")
