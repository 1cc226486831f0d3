"""Cloud Scheduler: a schedule that calls nobody, and where schedules can be."""

from google.api_core.exceptions import GoogleAPICallError

from tests.cloud.probes.asking import answered
from tests.cloud.sandbox import SCHEDULER, Sandbox, control_plane
from tests.harness import LOCATION

_NEVER = "0 0 29 2 *"
_NOBODY = "https://rebound-cloud.invalid/"


def nobody_called(sandbox: Sandbox) -> object:
    """Return whether a schedule is taken whose host never resolves (RFC 6761, 6.4)."""
    rest = control_plane()
    place = f"v1/projects/{sandbox.project}/locations/{LOCATION}/jobs"
    name = f"projects/{sandbox.project}/locations/{LOCATION}/jobs/{sandbox.name}-nobody"
    target = {"uri": _NOBODY, "httpMethod": "POST"}
    body = {"name": name, "schedule": _NEVER, "httpTarget": target}

    def made() -> object:
        job = rest.call("POST", SCHEDULER, place, body=body)
        try:
            rest.call("POST", SCHEDULER, f"v1/{name}:pause", body={})
            return {"uri": job["httpTarget"]["uri"], "schedule": job["schedule"]}
        finally:
            rest.call("DELETE", SCHEDULER, f"v1/{name}")

    return answered(made)


def locations(sandbox: Sandbox) -> object:
    """Return how lists of schedules are refused in locations that the service names itself."""
    rest = control_plane()

    def asked() -> object:
        path = f"v1/projects/{sandbox.project}/locations"
        found = rest.call("GET", SCHEDULER, path, query={"pageSize": 1000})
        refused = set()
        for item in found["locations"]:
            try:
                rest.call("GET", SCHEDULER, f"v1/{item['name']}/jobs", query={"pageSize": 1})
            except GoogleAPICallError as error:
                refused.add(str(error.code))
        return {
            "some": bool(found["locations"]),
            "of one page": "nextPageToken" not in found,
            "refused": sorted(refused),
        }

    return answered(asked)


PROBES = (nobody_called, locations)
