"""The real cloud in the place of the stand-ins, where REBOUND_CLOUD_PROJECT names a sandbox project.

Everything that is made then carries the label by which `python -m tests.cloud` removes it. A test
that gives an order which only a stand-in takes is skipped.
"""

import os
from typing import Any, NoReturn

import google.auth
import pytest
import requests
from google.auth.transport.requests import AuthorizedSession
from google.cloud import bigquery

from tests.cloud.sandbox import LABEL, PROJECT_VARIABLE

PROJECT = os.environ.get(PROJECT_VARIABLE)
LABELS = {LABEL: "contract"}
BIGQUERY = os.environ.get("BIGQUERY_EMULATOR_HOST", "https://bigquery.googleapis.com")
STORAGE = os.environ.get("STORAGE_EMULATOR_HOST", "https://storage.googleapis.com")
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_ANSWER_SECONDS = 240


def skip_order(*_words: object, **_body: object) -> NoReturn:
    """Skip the test that gives an order."""
    pytest.skip("an order that only a stand-in takes")


def send(method: str, url: str, **how: Any) -> requests.Response:  # noqa: ANN401 - what requests takes
    """Send a request with the credentials of the environment; what it makes is labelled."""
    credentials, _ = google.auth.default(scopes=[_SCOPE])
    makes = method == "POST" and url.split("?", maxsplit=1)[0].endswith(("/datasets", "/v1/b"))
    if makes and "json" in how:
        labels = {**how["json"].get("labels", {}), **LABELS}
        how["json"] = {**how["json"], "labels": labels}
    with AuthorizedSession(credentials) as session:
        return session.request(method, url, timeout=_ANSWER_SECONDS, **how)


class LabellingClient(bigquery.Client):
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
