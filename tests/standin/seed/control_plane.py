"""The platform's configuration: its accounts, services, schedules and all that hangs together.

`tests/data/platform/inventory.json` has what is really there, as the APIs take it, in the order in
which it can be made. What its owner deleted is not there, nor anything secret.
"""

import base64
import io
import json
import os
import re
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import google.auth
import requests
from google.auth.transport.requests import AuthorizedSession

from tests.standin.projects import project_number

type Item = dict[str, Any]
type Inventory = dict[str, list[Any]]

REGION = "us-west2"
_INVENTORY = Path(__file__).resolve().parents[2] / "data" / "platform" / "inventory.json"
_ENDPOINT = "REBOUND_API_ENDPOINT"
_ANSWER_SECONDS = 60
_SERVICES = [
    "artifactregistry",
    "cloudasset",
    "cloudfunctions",
    "cloudscheduler",
    "eventarc",
    "pubsub",
    "run",
    "secretmanager",
    "workflowexecutions",
    "workflows",
    "bigqueryconnection",
    "bigquerydatatransfer",
    "iam",
    "cloudresourcemanager",
    "cloudbuild",
]
_ZIP_DATE = (2026, 1, 1, 0, 0, 0)
# How the inventory writes the address of a service, which is known once the service is made.
_ADDRESS = re.compile(r"https://([a-z0-9-]+)\.run(?=[/?\"]|$)")
_FLOW = "main:\n  steps:\n  - done:\n      return: {name}\n"


class ControlPlane:
    """The APIs of one project.

    Args:
        project: Its id.
    """

    def __init__(self, project: str) -> None:
        credentials, _ = google.auth.default()
        self.project = project
        self.parent = f"projects/{project}"
        self.region = f"{self.parent}/locations/{REGION}"
        self._endpoint = os.environ[_ENDPOINT]
        self._session = AuthorizedSession(credentials)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def call(self, method: str, path: str, body: Item | None = None, **query: str) -> Item:
        """Send a request and return the answer.

        Args:
            method: As `POST`.
            path: Begins with the short name of the API, as `pubsub/v1/projects/p/topics`.
            body: What is sent.
            query: The parameters.

        Raises:
            RuntimeError: It is refused.
        """
        api, _, rest = path.partition("/")
        url = f"{self._endpoint}/{api}.googleapis.com/{rest}"
        how: Item = {"json": body or {}} if method != "GET" else {}
        answer = self._session.request(method, url, params=query, timeout=_ANSWER_SECONDS, **how)
        if not answer.ok:
            message = f"{method} {path}: {answer.text}"
            raise RuntimeError(message)
        told: Item = answer.json()
        return told

    def order(self, name: str, **body: Any) -> None:  # noqa: ANN401 - JSON
        """Give an order that only a stand-in takes."""
        url = f"{self._endpoint}/standin/{name}"
        requests.post(url, json=body, timeout=_ANSWER_SECONDS).raise_for_status()

    def grant(self, resource: str, *bindings: tuple[str, str]) -> None:
        """Give members roles on a resource that has no policy yet.

        Args:
            resource: Its path, with its API.
            bindings: Roles, each with a member.
        """
        members = defaultdict(set)
        for role, member in bindings:
            members[role].add(member)
        written = [{"role": role, "members": sorted(its)} for role, its in sorted(members.items())]
        self.call("POST", f"{resource}:setIamPolicy", {"policy": {"bindings": written}})


def seed_inventory(plane: ControlPlane) -> None:
    """Make everything of the inventory, in a project that has nothing yet.

    Raises:
        RuntimeError: The control plane refuses something.
    """
    inventory = _inventory(plane.project)
    _make_ground(plane, inventory)
    _make_services(plane, inventory)
    _make_callers(plane, inventory, _addresses(plane))
    invokers = defaultdict(list)
    for service, member in inventory["invokers"]:
        invokers[service].append(("roles/run.invoker", member))
    for service, granted in invokers.items():
        plane.grant(f"run/v2/{plane.region}/services/{service}", *granted)


def _inventory(project: str) -> Inventory:
    text = _INVENTORY.read_text().replace("{project}", project)
    inventory: Inventory = json.loads(text.replace("{number}", project_number(project)))
    return inventory


def _make_ground(plane: ControlPlane, inventory: Inventory) -> None:
    """Make what services need: what is enabled, accounts with their roles, secrets, topics."""
    ids = [f"{name}.googleapis.com" for name in _SERVICES]
    services = f"serviceusage/v1/{plane.parent}/services"
    plane.call("POST", f"{services}:batchEnable", {"serviceIds": ids})
    for account in inventory["serviceAccounts"]:
        accounts = f"iam/v1/{plane.parent}/serviceAccounts"
        plane.call("POST", accounts, {"accountId": account})
    bindings = [(role, member) for role, member in inventory["projectRoles"]]
    plane.grant(f"cloudresourcemanager/v1/{plane.parent}", *bindings)
    for name in inventory["secrets"]:
        _make_secret(plane, name)
    for topic in inventory["topics"]:
        plane.call("PUT", f"pubsub/v1/{plane.parent}/topics/{topic['id']}", _body(topic))


def _make_callers(plane: ControlPlane, inventory: Inventory, addresses: dict[str, str]) -> None:
    """Make what calls services: subscriptions, workflows, jobs."""
    for item in inventory["subscriptions"]:
        path = f"pubsub/v1/{plane.parent}/subscriptions/{item['id']}"
        plane.call("PUT", path, _body(_addressed(item, addresses)))
    for name in inventory["workflows"]:
        flow = {"sourceContents": _FLOW.format(name=name)}
        plane.call("POST", f"workflows/v1/{plane.region}/workflows", flow, workflowId=name)
    for job in inventory["schedulerJobs"]:
        make_job(plane, _addressed(job, addresses))


def _make_secret(plane: ControlPlane, name: str) -> None:
    secrets = f"secretmanager/v1/{plane.parent}/secrets"
    plane.call("POST", secrets, {"replication": {"automatic": {}}}, secretId=name)
    data = base64.b64encode(f"value of {name}".encode()).decode()
    plane.call("POST", f"{secrets}/{name}:addVersion", {"payload": {"data": data}})


def _make_services(plane: ControlPlane, inventory: Inventory) -> None:
    for service in inventory["runServices"]:
        for container in service["template"]["containers"]:
            plane.order("images", image=container["image"])
        services = f"run/v2/{plane.region}/services"
        plane.call("POST", services, _body(service), serviceId=service["id"])
    for job in inventory["runJobs"]:
        for container in job["template"]["template"]["containers"]:
            plane.order("images", image=container["image"])
        plane.call("POST", f"run/v2/{plane.region}/jobs", _body(job), jobId=job["id"])
    for function in inventory["functions"]:
        make_function(plane, function)


def make_function(plane: ControlPlane, function: Item) -> None:
    """Make a function with a source of its own."""
    functions = f"cloudfunctions/v2/{plane.region}/functions"
    upload = plane.call("POST", f"{functions}:generateUploadUrl")
    kind = {"Content-Type": "application/zip"}
    content = _source(function["id"], function["buildConfig"]["entryPoint"])
    sent = requests.put(upload["uploadUrl"], content, headers=kind, timeout=_ANSWER_SECONDS)
    sent.raise_for_status()
    source = {"source": {"storageSource": upload["storageSource"]}}
    body = _body(function) | {"buildConfig": function["buildConfig"] | source}
    plane.call("POST", functions, body, functionId=function["id"])


def _source(name: str, entry_point: str) -> bytes:
    """Return the archive of a function, the same for the same function."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as zipped:
        main = f'"""{name}"""\n\n\ndef {entry_point}(request):\n    return "{name}"\n'
        zipped.writestr(zipfile.ZipInfo("main.py", _ZIP_DATE), main)
        zipped.writestr(zipfile.ZipInfo("requirements.txt", _ZIP_DATE), "functions-framework\n")
    return content.getvalue()


def make_job(plane: ControlPlane, job: Item, region: str = REGION) -> None:
    """Make a job, paused when it is."""
    body = _body(job)
    state = body.pop("state")
    for target, field in (("httpTarget", "body"), ("pubsubTarget", "data")):
        if field in body.get(target, {}):
            body[target][field] = base64.b64encode(body[target][field].encode()).decode()
    parent = f"{plane.parent}/locations/{region}"
    name = f"{parent}/jobs/{job['id']}"
    plane.call("POST", f"cloudscheduler/v1/{parent}/jobs", {"name": name} | body)
    if state == "PAUSED":
        plane.call("POST", f"cloudscheduler/v1/{name}:pause")


def _addresses(plane: ControlPlane) -> dict[str, str]:
    """Return where each service answers, by its id."""
    found: dict[str, str] = {}
    token = ""
    while True:
        page = plane.call("GET", f"run/v2/{plane.region}/services", pageToken=token)
        for service in page["services"]:
            found[service["name"].rpartition("/")[2]] = service["uri"]
        token = page.get("nextPageToken", "")
        if not token:
            return found


def _addressed(item: Item, addresses: dict[str, str]) -> Item:
    """Return an item with the addresses that services have here; some name services long gone."""

    def address(found: re.Match[str]) -> str:
        return addresses.get(found[1], f"https://{found[1]}-0a1b2c3d4e-wl.a.run.app")

    addressed: Item = json.loads(_ADDRESS.sub(address, json.dumps(item)))
    return addressed


def _body(item: Item) -> Item:
    return {key: value for key, value in item.items() if key != "id"}
