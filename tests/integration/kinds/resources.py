"""A platform of resources, as the tests that hold for every kind see it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from tests.harness import LOCATION
from tests.integration import lake
from tests.integration.configuration import (
    PUBSUB,
    call,
    enable,
    jobs_path,
    make_job,
    make_subscription,
    pause_job,
)
from tests.integration.kinds.worlds import Reading, World
from tests.judges.resource_fields import output_only


class Resources(World):
    """Two schedules, one of them paused on purpose, a topic with what reads it, a scheduled query."""

    words = ("complete-outage", "--overwrite", "*")
    agreed = ("--access", "--yes")
    kind = "resources"
    _LISTS: ClassVar[dict[str, tuple[str, str]]] = {
        "scheduler/job": ("{jobs}", "jobs"),
        "pubsub/topic": (f"{PUBSUB}/projects/{{project}}/topics", "topics"),
        "pubsub/subscription": (f"{PUBSUB}/projects/{{project}}/subscriptions", "subscriptions"),
        "bigquery/transfer": ("{transfers}", "transferConfigs"),
    }

    @classmethod
    def catalog(cls, folder: Path, project: str) -> str:
        """Write the catalog of the types."""
        del project
        resources = [{"type": name, "locations": [LOCATION]} for name in cls._LISTS]
        return lake.write_catalog(folder, tables=(), resources=resources)

    def fill(self) -> None:
        """Make the resources."""
        services = ("cloudscheduler", "pubsub", "bigquerydatatransfer")
        enable(self.rebound, *(f"{name}.googleapis.com" for name in services))
        make_job(self.rebound, "hourly", description="Stündlich", retryConfig={"retryCount": 3})
        make_job(self.rebound, "paused")
        pause_job(self.rebound, "paused")
        make_subscription(self.rebound, "raw-sub", "raw", "https://loader.example/process")
        topic = f"projects/{self.rebound.project}/topics/raw"
        export = {"topic": topic, "cloudStorageConfig": {"bucket": "lake"}}
        call(self.rebound, "PUT", f"{self._subscriptions}/export", export)
        query = {
            "displayName": "totals",
            "dataSourceId": "scheduled_query",
            "schedule": "every day",
        }
        params = {"destinationDatasetId": "lake", "params": {"query": "SELECT 1 AS one"}}
        call(self.rebound, "POST", self._transfers, {**query, **params})
        binding = {"role": "roles/pubsub.publisher", "members": ["user:a@example.com"]}
        policy = {"policy": {"bindings": [binding]}}
        call(self.rebound, "POST", f"{self._topics}/raw:setIamPolicy", policy)

    @property
    def _topics(self) -> str:
        return f"{PUBSUB}/projects/{self.rebound.project}/topics"

    @property
    def _transfers(self) -> str:
        parent = f"projects/{self.rebound.project}/locations/{LOCATION}"
        return f"bigquerydatatransfer.googleapis.com/v1/{parent}/transferConfigs"

    def _transfer(self) -> str:
        (found,) = call(self.rebound, "GET", self._transfers)["transferConfigs"]
        return f"bigquerydatatransfer.googleapis.com/v1/{found['name']}"

    @property
    def _subscriptions(self) -> str:
        return f"{PUBSUB}/projects/{self.rebound.project}/subscriptions"

    def _lose(self, *paths: str) -> None:
        for path in paths:
            call(self.rebound, "DELETE", path)

    @property
    def damages(self) -> Mapping[str, Callable[[], object]]:
        """Return ways to lose resources and what they say."""
        hourly = f"{jobs_path(self.rebound)}/hourly"
        readers = [f"{self._subscriptions}/{name}" for name in ("raw-sub", "export")]
        return {
            "a schedule": lambda: self._lose(hourly),
            "a scheduled query": lambda: self._lose(self._transfer()),
            "a setting": lambda: self._change(hourly, readers[0]),
            "a topic, its policy and its readers": lambda: self._lose(
                *readers, f"{self._topics}/raw"
            ),
        }

    def _change(self, job: str, reader: str) -> None:
        """Set fields of a schedule by a mask beside it, and of a subscription by one around it."""
        call(self.rebound, "PATCH", job, {"schedule": "0 9 * * *"}, updateMask="schedule")
        fields = {"ackDeadlineSeconds": 77, "labels": {"more": "x"}}
        mask = {"updateMask": ",".join(fields)}
        call(self.rebound, "PATCH", reader, {"subscription": fields, **mask})

    @property
    def reading(self) -> Reading:
        """Return the look at a schedule."""
        return Reading(
            "platform", "cloudscheduler.projects.locations.jobs.get", self.rebound.project
        )

    def settle(self) -> None:
        """Resume what was made stopped; where nothing was, no fence stands."""
        thawed = self.rebound.ended("thaw", "--yes")
        assert thawed.returncode == 0 or "no fence stands" in thawed.stderr, thawed.stderr

    def state(self) -> object:
        """Return what somebody set of every resource, whether it runs, and who may use topics."""
        told: dict[str, object] = {}
        for kind, (path, items) in self._LISTS.items():
            own = {"etag", *output_only()[kind]} - {"state"}
            where = path.format(
                jobs=jobs_path(self.rebound),
                project=self.rebound.project,
                transfers=self._transfers,
            )
            own |= {"name"} if kind == "bigquery/transfer" else set()
            for number, item in enumerate(call(self.rebound, "GET", where).get(items, ())):
                # One that is made anew has another name.
                name = f"{number} {item['displayName']}" if "displayName" in item else item["name"]
                told[name] = {key: item[key] for key in sorted({*item} - own)}
                if kind == "pubsub/topic":
                    policy = call(self.rebound, "GET", f"{PUBSUB}/{item['name']}:getIamPolicy")
                    told[f"{item['name']} policy"] = policy.get("bindings")
        return told
