"""What the tests of the real cloud make in a sandbox project, and how all of it is removed again.

Everything carries the label `rebound-cloud` or, where there are no labels (Firestore databases,
schedules), a name that begins with it. So what a run that was killed left over is found by the next one.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from google.api_core.exceptions import Forbidden, GoogleAPIError
from google.cloud import bigquery, firestore, storage
from google.cloud.firestore_admin_v1 import FirestoreAdminClient
from google.cloud.firestore_admin_v1.services.firestore_admin.transports import (
    FirestoreAdminGrpcTransport,
)

from manifests.catalog import load_catalog
from manifests.cloud.configuration import is_disabled
from manifests.cloud.rest import Rest
from tests.harness import LOCATION

LABEL = "rebound-cloud"
SCHEDULER = "cloudscheduler.googleapis.com"
PROJECT_VARIABLE = "REBOUND_CLOUD_PROJECT"
_ANSWER_SECONDS = 300


class ProtectedProjectError(Exception):
    """The project is one that the catalog protects."""


@dataclass(frozen=True)
class Sandbox:
    """The names and clients of one run in a sandbox project.

    Attributes:
        project: The sandbox project.
        run: Tells this run's things from those of another; lower case letters and digits.
    """

    project: str
    run: str

    @property
    def name(self) -> str:
        """Return what the names of everything begin with."""
        return f"{LABEL}-{self.run}"

    @property
    def labels(self) -> dict[str, str]:
        """Return the labels of everything that has labels."""
        return {LABEL: self.run}

    @property
    def bigquery_client(self) -> bigquery.Client:
        """Return a BigQuery client of the project."""
        return bigquery.Client(project=self.project, location=LOCATION)

    @property
    def storage_client(self) -> storage.Client:
        """Return a Cloud Storage client of the project."""
        return storage.Client(project=self.project)

    def dataset(self, name: str, **settings: object) -> str:
        """Make a dataset and return its id."""
        dataset = bigquery.Dataset(f"{self.project}.{self.dataset_id(name)}")
        dataset.location, dataset.labels = LOCATION, self.labels
        for key, value in settings.items():
            setattr(dataset, key, value)
        self.bigquery_client.create_dataset(dataset)
        return dataset.dataset_id

    def dataset_id(self, name: str) -> str:
        """Return the id of a dataset of this run."""
        return f"{self.name}_{name}".replace("-", "_")

    def bucket(self, name: str, **settings: object) -> storage.Bucket:
        """Make a bucket and return it."""
        bucket = self.storage_client.bucket(f"{self.name}-{name}")
        bucket.labels = self.labels
        for key, value in settings.items():
            setattr(bucket, key, value)
        return self.storage_client.create_bucket(bucket, location=LOCATION)

    def database(self, name: str) -> firestore.Client:
        """Make a Firestore database and return a client of it."""
        database_id = f"{self.name}-{name}"
        firestore_admin(self.project).create_database(
            parent=f"projects/{self.project}",
            database_id=database_id,
            database={"location_id": LOCATION, "type_": "FIRESTORE_NATIVE"},
        ).result(_ANSWER_SECONDS)
        return firestore.Client(project=self.project, database=database_id)


def refuse_protected(project: str) -> None:
    """Refuse a project that the catalog protects.

    Raises:
        ProtectedProjectError: It does.
    """
    protected = load_catalog().protected_projects
    if project in protected:
        message = f"{project} is protected by the catalog; name a sandbox project"
        raise ProtectedProjectError(message)


def remove_everything(project: str) -> Iterator[tuple[str, str]]:
    """Remove what any run made in a project: yield each thing, and why it stays; empty when it is gone.

    What cannot be removed keeps nothing else.
    """
    kinds = {
        "datasets": _datasets,
        "buckets": _buckets,
        "databases": _databases,
        "schedules": _schedules,
    }
    for kind, found in kinds.items():
        things: list[tuple[str, Callable[[], object]]] = []
        if problem := _problem(lambda things=things, found=found: things.extend(found(project))):
            yield f"one of the {kind}", problem
        for name, remove in things:
            yield name, _problem(remove)


def _problem(work: Callable[[], object]) -> str:
    """Do something, and return why it could not be done; empty when it is done."""
    try:
        work()
    except GoogleAPIError as error:
        return str(error)
    return ""


def _datasets(project: str) -> Iterator[tuple[str, Callable[[], object]]]:
    client = bigquery.Client(project=project)
    for item in client.list_datasets(filter=f"labels.{LABEL}"):
        remove = partial(client.delete_dataset, delete_contents=True, not_found_ok=True)
        yield f"dataset {item.dataset_id}", partial(remove, item.reference)


def _buckets(project: str) -> Iterator[tuple[str, Callable[[], object]]]:
    client = storage.Client(project=project)
    for bucket in client.list_buckets(prefix=LABEL):
        if LABEL in bucket.labels:
            yield f"bucket {bucket.name}", partial(_remove_bucket, client, bucket)


def _remove_bucket(client: storage.Client, bucket: storage.Bucket) -> None:
    if bucket.requester_pays:
        bucket = client.bucket(bucket.name, user_project=client.project)
        bucket.reload()
    if bucket.retention_period and not bucket.retention_policy_locked:
        bucket.retention_period = None
        bucket.patch()
    for blob in client.list_blobs(bucket, versions=True):
        if blob.temporary_hold or blob.event_based_hold:
            blob.temporary_hold = blob.event_based_hold = False
            blob.patch()
        blob.delete()
    if bucket.hierarchical_namespace_enabled:
        _remove_folders(client, bucket.name)
    bucket.delete()


def _remove_folders(client: storage.Client, name: str) -> None:
    """Remove the folders of a bucket that has some, the deepest first (Cloud Storage REST, Folders)."""
    call, path = client._connection.api_request, f"/b/{name}/folders"  # noqa: SLF001 - the client has no call for them
    while found := call(method="GET", path=path).get("items", []):
        for folder in sorted((item["name"] for item in found), reverse=True):
            call(method="DELETE", path=f"{path}/{quote(folder, safe='')}")


def _databases(project: str) -> Iterator[tuple[str, Callable[[], object]]]:
    admin = firestore_admin(project)
    for database in admin.list_databases(parent=f"projects/{project}").databases:
        database_id = database.name.rsplit("/", 1)[1]
        if database_id.startswith(LABEL):
            yield f"database {database_id}", partial(_remove_database, admin, database.name)


def _remove_database(admin: FirestoreAdminClient, name: str) -> None:
    admin.delete_database(name=name).result(_ANSWER_SECONDS)


def _schedules(project: str) -> Iterator[tuple[str, Callable[[], object]]]:
    rest = control_plane()
    try:
        path = f"v1/projects/{project}/locations/{LOCATION}/jobs"
        found = rest.call("GET", SCHEDULER, path, query={"pageSize": 500})
    except Forbidden as error:
        if is_disabled(error):
            return
        raise
    for item in found.get("jobs", ()):
        job = item["name"].rpartition("/")[2]
        if job.startswith(LABEL):
            yield f"schedule {job}", partial(rest.call, "DELETE", SCHEDULER, f"v1/{item['name']}")


def control_plane() -> Rest:
    """Return what calls the APIs of the control plane."""
    return Rest(os.environ.get("REBOUND_API_ENDPOINT", "https:/"))


def firestore_admin(project: str) -> FirestoreAdminClient:
    """Return a client of Firestore's administration."""
    if "FIRESTORE_EMULATOR_HOST" not in os.environ:
        return FirestoreAdminClient()
    # The administration's client does not know that variable, the documents' client does.
    channel = firestore.Client(project=project)._firestore_api.transport.grpc_channel  # noqa: SLF001
    return FirestoreAdminClient(transport=FirestoreAdminGrpcTransport(channel=channel))
