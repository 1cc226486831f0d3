"""The one switch of the contract tests: the stand-ins, or the real cloud.

Where REBOUND_CLOUD_PROJECT names a sandbox project everything goes to the real cloud, and what is made
there carries the label by which `python -m tests.cloud` removes it. A test is written so that it holds
on both; one that cannot be is `local_only`, with one of the reasons below. `passing.py` holds every
run to that, also where the stand-ins answer.
"""

import functools
import os
import time
from typing import Any

import google.auth
import pytest
import requests
from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession
from google.cloud import bigquery, storage
from google.oauth2.credentials import Credentials as Token

from tests.cloud.sandbox import LABEL, PROJECT_VARIABLE

PROJECT = os.environ.get(PROJECT_VARIABLE)
NAME = PROJECT or "p-test"
"""The project of the tests."""
LABELS = {LABEL: "contract"}
BIGQUERY = os.environ.get("BIGQUERY_EMULATOR_HOST", "https://bigquery.googleapis.com")
STORAGE = os.environ.get("STORAGE_EMULATOR_HOST", "https://storage.googleapis.com")

# Why a test cannot be held against the real cloud: each reason once.
ORDER = "it orders what only a stand-in can be ordered: a fault, a time, a limit"
PROCESS = "it starts, kills or looks into processes of the stand-in"
CODE = "it calls code of the stand-in and asks no cloud"
TOOL = "it gives a command the address and the credentials of a stand-in"
OTHER_PROJECT = "it writes to a second project"
DATABASES = "it makes databases, which take minutes, and some an id that is free again after days"
KMS = "it names keys of Cloud KMS, which a project keeps for ever"
POLICY_TAGS = "it names policy tags of a taxonomy that is not there"
PEOPLE = "it names people, who have to be there"
TOPIC = "it names a topic to which the service's agent may publish"
PAYER = "who may bill the bucket's own project need not say who pays"
LOCKED = "what it retains could not be removed for years"
RATE = "the real cloud says of its rate only that there is one"
BROKEN = "how much of a request that broke off is kept, the real cloud leaves open"
STRICTER = "the stand-in refuses what it cannot imitate"
INDEX = "it needs a composite index, which the stand-in does not ask for"
AGE = "it reads a past that a database has not which was made for the tests"

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_ANSWER_SECONDS = 240
# One bucket each two seconds (Quotas and limits of Cloud Storage, Buckets).
_MORE_ATTEMPTS, _PAUSE_SECONDS = 30, 4

served: set[str] = set()
"""The addresses that are behind the switch."""
orders: list[str] = []
"""What the test under way has ordered."""


def local_only(reason: str) -> pytest.MarkDecorator:
    """Return the mark of a test that cannot be held against the real cloud, with the reason."""
    return pytest.mark.local_only(reason)


def order(method: str, url: str, /, **body: Any) -> Any:  # noqa: ANN401 - JSON
    """Give a stand-in an order and return its answer.

    Raises:
        requests.HTTPError: It refused.
    """
    if PROJECT:
        pytest.fail(f"{url} is for a stand-in; mark the test local_only")
    orders.append(url)
    answer = requests.request(
        method, url, json=body if method == "POST" else None, timeout=_ANSWER_SECONDS
    )
    answer.raise_for_status()
    return answer.json() if answer.content else None


@functools.cache
def credentials() -> Credentials:
    """Return the credentials of the environment, or what a stand-in takes for some."""
    if not PROJECT:
        return Token(token="local")  # noqa: S106 - it opens nothing
    found: Credentials = google.auth.default(scopes=[_SCOPE])[0]
    return found


def send(method: str, url: str, **how: Any) -> requests.Response:  # noqa: ANN401 - what requests takes
    """Send a request with credentials; a dataset or bucket that it makes is labelled."""
    makes = method == "POST" and url.split("?", maxsplit=1)[0].endswith(("/datasets", "/v1/b"))
    if makes and "json" in how:
        labels = {**how["json"].get("labels", {}), **LABELS}
        how["json"] = {**how["json"], "labels": labels}
    with AuthorizedSession(credentials()) as session:
        answer = session.request(method, url, timeout=_ANSWER_SECONDS, **how)
        for _ in range(_MORE_ATTEMPTS if PROJECT and makes else 0):
            if answer.status_code != requests.codes.too_many_requests:
                break
            time.sleep(_PAUSE_SECONDS)
            answer = session.request(method, url, timeout=_ANSWER_SECONDS, **how)
        return answer


def without_label(labels: dict[str, str]) -> dict[str, str]:
    """Return labels without the one that everything carries."""
    return {key: value for key, value in labels.items() if key != LABEL}


class BigQueryClient(bigquery.Client):
    """The real client, which labels the datasets it makes."""

    def create_dataset(
        self,
        dataset: str | bigquery.Dataset,
        *words: Any,  # noqa: ANN401 - as the base class
        **how: Any,  # noqa: ANN401 - as the base class
    ) -> bigquery.Dataset:
        """Make a dataset."""
        if not isinstance(dataset, bigquery.Dataset):
            dataset = bigquery.Dataset(f"{self.project}.{dataset}")
        dataset.labels = {**dataset.labels, **LABELS}
        return super().create_dataset(dataset, *words, **how)


class StorageClient(storage.Client):
    """The real client, which labels the buckets it makes."""

    def create_bucket(
        self,
        bucket_or_name: str | storage.Bucket,
        *words: Any,  # noqa: ANN401 - as the base class
        **how: Any,  # noqa: ANN401 - as the base class
    ) -> storage.Bucket:
        """Make a bucket."""
        named = isinstance(bucket_or_name, str)
        bucket = self.bucket(bucket_or_name) if named else bucket_or_name
        bucket.labels = {**bucket.labels, **LABELS}
        return super().create_bucket(bucket, *words, **how)
