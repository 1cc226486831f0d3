"""Targets that work: they write the rows of a date to BigQuery, or say so and do not."""

import uuid
from typing import Any

import pytest
import requests
from google.cloud import bigquery

from tests.contract.platform.server import REGION, SERVICES
from tests.standin.cloud import Cloud

TRUTH = "INSERT INTO truth.games SELECT DATE '2026-01-0{day}', n FROM UNNEST([1, 2, 3, 4]) AS n"
WHOLE = "INSERT INTO live.games SELECT * FROM truth.games WHERE day = @date"


class Processor:
    """A processor on Cloud Run that an account may call."""

    def __init__(self, cloud: Cloud) -> None:
        self._root = cloud.urls["platform"]
        self.project = f"p-{uuid.uuid4().hex[:10]}"
        ids = [f"{name}.googleapis.com" for name in SERVICES]
        parent = f"projects/{self.project}"
        self.call(f"serviceusage.googleapis.com/v1/{parent}/services:batchEnable", serviceIds=ids)
        accounts = f"iam.googleapis.com/v1/{parent}/serviceAccounts"
        self._email = self.call(accounts, accountId="operator")["email"]
        services = f"run.googleapis.com/v2/{parent}/locations/{REGION}/services"
        template = {"containers": [{"image": "us-docker.pkg.dev/cloudrun/container/hello"}]}
        made = self.call(f"{services}?serviceId=phase-three", template=template)
        self.url = made["metadata"]["uri"]
        member = f"serviceAccount:{self._email}"
        policy = {"bindings": [{"role": "roles/run.invoker", "members": [member]}]}
        self.call(f"{services}/phase-three:setIamPolicy", policy=policy)

    def call(self, path: str, headers: Any = None, **body: Any) -> Any:  # noqa: ANN401 - JSON
        """Send a request to a host, and return what it answers."""
        answer = requests.post(f"{self._root}/{path}", json=body, headers=headers, timeout=240)
        answer.raise_for_status()
        return answer.json()

    def process(self, audience: str | None = None, **body: Any) -> Any:  # noqa: ANN401 - JSON
        """Call the processor with a token of the account."""
        account = f"projects/-/serviceAccounts/{self._email}"
        path = f"iamcredentials.googleapis.com/v1/{account}:generateIdToken"
        token = self.call(path, audience=audience or self.url)["token"]
        path = f"{self.url.removeprefix('https://')}/process-date-range"
        return self.call(path, {"Authorization": f"Bearer {token}"}, **body)


@pytest.fixture
def processor(cloud: Cloud) -> Processor:
    """Return a processor, with two tables of its project."""
    made = Processor(cloud)
    with bigquery.Client(project=made.project, location=REGION) as client:
        for dataset in ("truth", "live"):
            client.create_dataset(dataset)
            client.query_and_wait(f"CREATE TABLE {dataset}.games (day DATE, n INT64)")
        for day in (5, 6, 7):
            client.query_and_wait(TRUTH.format(day=day))
    return made


def rows(processor: Processor) -> dict[str, int]:
    """Return how many rows each date has."""
    statement = "SELECT day, COUNT(*) AS n FROM live.games GROUP BY day ORDER BY day"
    with bigquery.Client(project=processor.project, location=REGION) as client:
        return {str(row["day"]): row["n"] for row in client.query_and_wait(statement)}


def test_a_target_writes_the_dates_it_is_asked_for(cloud: Cloud, processor: Processor):
    """Each date of the range is written, once for each call."""
    cloud.order("platform", "targets", url=processor.url, statements={"Games": WHOLE})
    told = processor.process(start_date="2026-01-05", end_date="2026-01-06", processors=["Games"])
    assert told == {
        "status": "completed",
        "results": [{"processor": "Games", "status": "success"}],
    }
    assert rows(processor) == {"2026-01-05": 4, "2026-01-06": 4}


def test_a_target_may_do_less_than_it_says(cloud: Cloud, processor: Processor):
    """Half of the rows, none at all, or a failure, always with 200 and completed."""
    body = {"status": "completed"}
    half = {"Games": f"{WHOLE} AND MOD(n, 2) = 0"}
    cloud.order("platform", "targets", url=processor.url, statements=half, body=body)
    assert processor.process(start_date="2026-01-05") == body
    assert rows(processor) == {"2026-01-05": 2}
    cloud.order("platform", "targets", url=processor.url, body=body)
    assert processor.process(start_date="2026-01-06") == body
    broken = {"Games": "INSERT INTO live.nothing SELECT 1"}
    cloud.order("platform", "targets", url=processor.url, statements=broken)
    told = processor.process(start_date="2026-01-07")
    assert (told["status"], told["results"][0]["status"]) == ("completed", "failed")
    assert rows(processor) == {"2026-01-05": 2}


def test_a_token_for_another_service_is_refused(processor: Processor):
    """The audience of a token has to be the service (Cloud Run, Service-to-service)."""
    with pytest.raises(requests.HTTPError, match="403"):
        processor.process(audience="https://another.example", start_date="2026-01-05")
