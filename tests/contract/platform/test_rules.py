"""Rules that every API of the control plane shares, as Google's documentation has them."""

from typing import Any

import pytest
import requests

from tests.contract.platform.server import REGION, Server, running
from tests.standin.discovery.reported import taken

TOPICS = "pubsub/v1/projects/{project}/topics"
SECRETS = "secretmanager/v1/projects/{project}/secrets"
JOB = {"schedule": "0 6 * * *", "httpTarget": {"uri": "https://a.example/"}}


def jobs(project: str, region: str = REGION) -> str:
    """Return the path of a region's jobs."""
    return f"cloudscheduler/v1/projects/{project}/locations/{region}/jobs"


def new_job(server: Server, project: str, name: str = "j", **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Make a job."""
    full = f"projects/{project}/locations/{REGION}/jobs/{name}"
    return server.answer("POST", jobs(project), json={"name": full, **JOB, **fields})


def new_secret(server: Server, project: str, name: str = "KEY") -> dict[str, Any]:
    """Make a secret."""
    body = {"replication": {"automatic": {}}}
    return server.answer(
        "POST", SECRETS.format(project=project), params={"secretId": name}, json=body
    )


def test_a_service_that_is_not_enabled_refuses(server: Server):
    """Service Usage, Enabling and disabling services: a call before is 403 SERVICE_DISABLED."""
    project = server.new_project("cloudscheduler")
    response = server.call("GET", TOPICS.format(project=project))
    assert response.status_code == 403
    details = response.json()["error"]["details"]
    assert details[0]["reason"] == "SERVICE_DISABLED"
    listed = server.answer(
        "GET", f"serviceusage/v1/projects/{project}/services", params={"filter": "state:ENABLED"}
    )
    enabled = {item["config"]["name"] for item in listed["services"]}
    assert "cloudscheduler.googleapis.com" in enabled
    assert "pubsub.googleapis.com" not in enabled
    assert server.answer("GET", jobs(project)) == {}


def test_what_no_document_knows_is_refused(server: Server, project: str, reports: Any):  # noqa: ANN401 - a path
    """An unknown field, parameter, type or value is 400 (JSON transcoding)."""
    wrong = [
        {"json": {**JOB, "scedule": "x"}},
        {"json": {**JOB, "httpTarget": {"uri": "https://a.example/", "httpVerb": "GET"}}},
        {"json": {**JOB, "retryConfig": {"retryCount": "many"}}},
        {"json": {**JOB, "httpTarget": {"uri": "https://a.example/", "httpMethod": "FETCH"}}},
        {"json": JOB, "params": {"jobId": "j"}},
        {"data": "{"},
    ]
    for how in wrong:
        refused = server.refusal("POST", jobs(project), **how)
        assert refused == (400, "INVALID_ARGUMENT"), how
    assert len(taken(reports)) == len(wrong)


def test_what_is_output_only_is_ignored(server: Server, project: str, reports: Any):  # noqa: ANN401 - a path
    """AIP-203, Output only: the state that is sent counts for nothing."""
    made = new_job(server, project, state="PAUSED", lastAttemptTime="2026-01-01T00:00:00Z")
    assert made["state"] == "ENABLED"
    assert "lastAttemptTime" not in made
    assert len(taken(reports)) == 2


def test_what_has_its_default_is_not_told(server: Server, project: str):
    """ProtoJSON format: a field with its default value is left out of an answer."""
    name = f"{TOPICS.format(project=project)}/topic"
    assert server.answer("PUT", name, json={"labels": {}, "kmsKeyName": ""}) == {
        "name": f"projects/{project}/topics/topic"
    }
    assert server.answer("GET", jobs(project)) == {}


def test_lists_come_in_pages(server: Server, project: str):
    """AIP-158, Pagination: a page may hold fewer than asked, and a token leads to the next."""
    wanted = {new_job(server, project, f"j{at}")["name"] for at in range(5)}
    server.order("pages", most=2)
    found: list[str] = []
    token, pages = "", 0
    while pages == 0 or token:
        how = {"params": {"pageSize": 100, "pageToken": token}}
        page = server.answer("GET", jobs(project), **how)
        found += [job["name"] for job in page["jobs"]]
        token, pages = page.get("nextPageToken", ""), pages + 1
    assert (set(found), len(found), pages) == (wanted, 5, 3)
    how = {"params": {"pageToken": "%%%"}}
    assert server.refusal("GET", jobs(project), **how) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("pubsub/v1/projects/{project}/topics/none", (404, "NOT_FOUND")),
        ("run/v2/projects/{project}/locations/us-west2/services/none", (404, "NOT_FOUND")),
        ("run/v2/projects/{project}/locations/-/services", (400, "INVALID_ARGUMENT")),
        ("run/v2/projects/{project}/locations/atlantis/services", (403, "PERMISSION_DENIED")),
        ("pubsub/v1/projects/{project}/nothing", (404, "NOT_FOUND")),
        ("pubsub/v1/projects/123456/topics", (403, "PERMISSION_DENIED")),
        ("secretmanager/v1/projects/{project}/secrets/none:getIamPolicy", (404, "NOT_FOUND")),
    ],
)
def test_what_is_not_there(server: Server, project: str, path: str, status: tuple[int, str]):
    """AIP-193, Errors: each has its code; Cloud Run lists no location `-` (services.list)."""
    assert server.refusal("GET", path.format(project=project)) == status


def test_names_are_taken_once_and_have_a_form(server: Server, project: str):
    """A second creation is 409 ALREADY_EXISTS; a name against the rules is 400."""
    new_secret(server, project)
    path = SECRETS.format(project=project)
    body = {"replication": {"automatic": {}}}
    assert server.refusal("POST", path, params={"secretId": "KEY"}, json=body) == (
        409,
        "ALREADY_EXISTS",
    )
    for wrong in ("K.EY", "", "K" * 256):
        refused = server.refusal("POST", path, params={"secretId": wrong}, json=body)
        assert refused == (400, "INVALID_ARGUMENT")
    assert server.refusal("PUT", f"{TOPICS.format(project=project)}/goog-t", json={}) == (
        400,
        "INVALID_ARGUMENT",
    )


def test_projects_have_a_number_too(server: Server, project: str):
    """Secret Manager answers with the number of the project, and takes either."""
    made = new_secret(server, project)
    number = made["name"].split("/")[1]
    assert number.isdigit()
    by_number = server.answer("GET", f"secretmanager/v1/{made['name']}")
    by_id = server.answer("GET", f"{SECRETS.format(project=project)}/KEY")
    assert by_number == by_id == made


def test_masks(server: Server, project: str):
    """A mask names what changes; Secret Manager needs one, and takes no name of what is fixed."""
    path = f"{SECRETS.format(project=project)}/KEY"
    new_secret(server, project)
    sent = {"labels": {"a": "1"}, "annotations": {"b": "2"}}
    assert server.refusal("PATCH", path, json=sent)[0] == 400
    changed = server.answer("PATCH", path, params={"updateMask": "labels"}, json=sent)
    assert (changed["labels"], "annotations" in changed) == ({"a": "1"}, False)
    for mask in ("replication", "nothing", "create_time"):
        refused = server.refusal("PATCH", path, params={"updateMask": mask}, json=sent)
        assert refused == (400, "INVALID_ARGUMENT")
    cleared = server.answer("PATCH", path, params={"updateMask": "labels"}, json={})
    assert "labels" not in cleared


def test_an_etag_of_another_version_is_refused(server: Server, project: str):
    """Secret Manager, Use entity tags for optimistic concurrency control: 400, and a value changes none.

    Most others answer 409 ABORTED (AIP-154, Resource freshness validation).
    """
    path = f"{SECRETS.format(project=project)}/KEY"
    old = new_secret(server, project)["etag"]
    how = {"params": {"updateMask": "labels"}}
    server.answer("PATCH", path, **how, json={"labels": {"a": "1"}, "etag": old})
    refused = server.refusal("PATCH", path, **how, json={"labels": {"a": "2"}, "etag": old})
    assert refused == (400, "FAILED_PRECONDITION")
    assert server.refusal("DELETE", path, params={"etag": old}) == refused
    etag = server.answer("GET", path)["etag"]
    version = server.answer("POST", f"{path}:addVersion", json={"payload": {"data": "YQ=="}})
    disabling = f"secretmanager/v1/{version['name']}:disable"
    server.answer("POST", disabling, json={"etag": version["etag"]})
    assert server.refusal("POST", disabling, json={"etag": version["etag"]}) == refused
    server.answer("DELETE", path, params={"etag": etag})


def test_an_etag_of_another_job_is_refused(server: Server, project: str):
    """AIP-154, Resource freshness validation: 409 ABORTED."""
    path = f"run/v2/projects/{project}/locations/{REGION}/jobs"
    container = {"image": "us-docker.pkg.dev/cloudrun/container/hello"}
    body = {"template": {"template": {"containers": [container]}}}
    server.done("run", "v2", server.answer("POST", path, params={"jobId": "j"}, json=body))
    refused = server.refusal("DELETE", f"{path}/j", params={"etag": '"old"'})
    assert refused == (409, "ABORTED")


def test_operations_take_their_time(server: Server, project: str):
    """AIP-151, Long-running operations: not done at once, then done with what was made."""
    server.order("operations", seconds=0.5)
    path = f"run/v2/projects/{project}/locations/{REGION}/services"
    body = {"template": {"containers": [{"image": "us-docker.pkg.dev/cloudrun/container/hello"}]}}
    begun = server.answer("POST", path, params={"serviceId": "s"}, json=body)
    assert "done" not in begun
    assert server.answer("GET", f"{path}/s")["reconciling"]
    done = server.done("run", "v2", begun)
    assert done["response"]["name"] == f"projects/{project}/locations/{REGION}/services/s"
    assert "reconciling" not in server.answer("GET", f"{path}/s")


def test_a_field_younger_than_its_document(server: Server, project: str):
    """A field that the API has had for a day is kept and told, whatever a client knows of it."""
    server.order("fields", api="cloudscheduler.v1", schema="Job", field="futureField")
    made = new_job(server, project, futureField="kept")
    assert made["futureField"] == "kept"


def test_a_job_that_cannot_be_paused(server: Server, project: str):
    """Faults fire on the methods of the documents, before or after the work is done."""
    pause = "cloudscheduler.projects.locations.jobs.pause"
    names = [new_job(server, project, name)["name"] for name in ("stubborn", "unheard", "quiet")]
    server.order("faults", operation=pause, match="stubborn", kind="status", status=503)
    server.order("faults", operation=pause, match="unheard", kind="lost")
    stubborn, unheard, quiet = (f"cloudscheduler/v1/{name}" for name in names)
    assert server.refusal("POST", f"{stubborn}:pause", json={})[0] == 503
    with pytest.raises(requests.ConnectionError):
        server.call("POST", f"{unheard}:pause", json={})
    server.answer("POST", f"{quiet}:pause", json={})
    states = [server.answer("GET", path)["state"] for path in (stubborn, unheard, quiet)]
    assert states == ["ENABLED", "PAUSED", "PAUSED"]
    removed = requests.delete(f"{server.url}/standin/faults", timeout=240).json()
    assert [fault["fired"] for fault in removed] == [1, 1]


def test_everything_survives_a_kill(tmp_path: Any):  # noqa: ANN401 - a path
    """What was answered is there after the process was killed."""
    with running(tmp_path) as server:
        project = server.new_project()
        made = new_job(server, project)
        policy = {"policy": {"bindings": [{"role": "roles/viewer", "members": ["allUsers"]}]}}
        topic = f"{TOPICS.format(project=project)}/topic"
        server.answer("PUT", topic, json={})
        server.answer("POST", f"{topic}:setIamPolicy", json=policy)
        server.process.kill()
    with running(tmp_path) as server:
        assert server.answer("GET", f"cloudscheduler/v1/{made['name']}") == made
        assert server.answer("GET", f"{topic}:getIamPolicy")["bindings"]
