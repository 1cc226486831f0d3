"""Cloud Functions, Eventarc and Cloud Run: what one makes of another, and what has to be there first."""

import io
import zipfile
from typing import Any

import pytest
import requests
from google.cloud import functions_v2

from tests.contract.platform.server import REGION, Server

PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"


def archive() -> bytes:
    """Return a source."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        zipped.writestr("main.py", "def main(request): return ''")
    return content.getvalue()


def parent(project: str, version: str = "cloudfunctions/v2") -> str:
    """Return the path of a region."""
    return f"{version}/projects/{project}/locations/{REGION}"


def uploaded(server: Server, project: str, content: bytes) -> dict[str, Any]:
    """Upload a source, and return how a function names it."""
    path = f"{parent(project)}/functions:generateUploadUrl"
    made = server.answer("POST", path, json={"environment": "GEN_2"})
    headers = {"Content-Type": "application/zip"}
    assert requests.put(made["uploadUrl"], data=content, headers=headers, timeout=240).ok
    return made["storageSource"]


def new_function(server: Server, project: str, content: bytes, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Make a function, and return the operation once it is done."""
    source = {"storageSource": uploaded(server, project, content)}
    build = {"runtime": "python313", "entryPoint": "main", "source": source}
    path = f"{parent(project)}/functions"
    how = {"params": {"functionId": "function"}, "json": {"buildConfig": build, **more}}
    return server.done("cloudfunctions", "v2", server.answer("POST", path, **how))


def test_a_source_comes_back_as_it_was(server: Server, project: str):
    """GenerateUploadUrl and generateDownloadUrl: no credentials, one content type, the same bytes."""
    content = archive()
    made = new_function(server, project, content)["response"]
    assert (
        made["buildConfig"]["source"]["storageSource"]["object"] == "function/function-source.zip"
    )
    name = f"{parent(project)}/functions/function"
    url = server.answer("POST", f"{name}:generateDownloadUrl", json={})["downloadUrl"]
    assert requests.get(url, timeout=240).content == content
    headers = {"Authorization": "Bearer token"}
    assert requests.get(url, headers=headers, timeout=240).status_code == 403
    path = f"{parent(project)}/functions:generateUploadUrl"
    upload = server.answer("POST", path, json={})["uploadUrl"]
    assert requests.put(upload, data=content, timeout=240).status_code == 403


def test_a_source_that_is_none_fails_the_build(server: Server, project: str):
    """The operation ends with an error, and the function is there in the state FAILED."""
    done = new_function(server, project, b"no archive")
    assert done["error"]["code"] == 3
    assert server.answer("GET", f"{parent(project)}/functions/function")["state"] == "FAILED"
    body = {"buildConfig": {"runtime": "python313", "entryPoint": "main"}}
    path = f"{parent(project)}/functions"
    refused = server.refusal("POST", path, params={"functionId": "sourceless"}, json=body)
    assert refused == (400, "INVALID_ARGUMENT")


def test_a_function_is_a_service_too(server: Server, project: str):
    """A function brings a Cloud Run service, a trigger and a subscription; they go with it."""
    topic = f"projects/{project}/topics/topic"
    trigger = {"eventType": PUBLISHED, "pubsubTopic": topic}
    server.answer("PUT", f"pubsub/v1/{topic}", json={})
    made = new_function(server, project, archive(), eventTrigger=trigger)["response"]
    services = f"{parent(project, 'run/v2')}/services"
    triggers = f"{parent(project, 'eventarc/v1')}/triggers"
    subscriptions = f"pubsub/v1/projects/{project}/subscriptions"
    service = server.answer("GET", services)["services"][0]
    assert service["labels"]["goog-managed-by"] == "cloudfunctions"
    assert made["url"] == service["uri"]
    carried = server.answer("GET", triggers)["triggers"][0]["transport"]["pubsub"]
    assert carried["topic"] == topic
    pushed = server.answer("GET", subscriptions)["subscriptions"][0]
    assert (pushed["name"], pushed["topic"]) == (carried["subscription"], topic)
    operation = server.answer("DELETE", f"{parent(project)}/functions/function")
    server.done("cloudfunctions", "v2", operation)
    assert [server.answer("GET", path) for path in (services, triggers, subscriptions)] == [{}] * 3
    server.answer("GET", f"pubsub/v1/{topic}")


def test_one_change_after_another(server: Server, project: str):
    """While an operation is under way, a second change is 409 ABORTED."""
    new_function(server, project, archive())
    server.order("operations", seconds=5)
    name = f"{parent(project)}/functions/function"
    how = {"params": {"updateMask": "labels"}, "json": {"labels": {"a": "b"}}}
    server.answer("PATCH", name, **how)
    assert server.answer("GET", name)["state"] == "DEPLOYING"
    assert server.refusal("PATCH", name, **how) == (409, "ABORTED")


def test_functions_of_every_location(server: Server, project: str):
    """functions.list: `-` is every location; those that cannot be reached are named, not refused."""
    new_function(server, project, archive())
    with server.client(functions_v2.FunctionServiceClient, "cloudfunctions") as client:
        pages = client.list_functions(parent=f"projects/{project}/locations/-")
        assert [item.build_config.runtime for item in pages] == ["python313"]
    server.order("unreachable", locations=[REGION])
    listed = server.answer("GET", f"cloudfunctions/v2/projects/{project}/locations/-/functions")
    assert listed == {"unreachable": [f"projects/{project}/locations/{REGION}"]}


def test_a_trigger_needs_its_destination(server: Server, project: str):
    """Eventarc makes topic and subscription of a trigger, once its destination is there."""
    triggers = f"{parent(project, 'eventarc/v1')}/triggers"
    body = {
        "eventFilters": [
            {"attribute": "type", "value": "google.cloud.storage.object.v1.finalized"}
        ],
        "destination": {"cloudRun": {"service": "service", "region": REGION}},
    }
    how = {"params": {"triggerId": "trigger"}, "json": body}
    assert server.refusal("POST", triggers, **how) == (400, "INVALID_ARGUMENT")
    new_service(server, project)
    made = server.done("eventarc", "v1", server.answer("POST", triggers, **how))["response"]
    topic = made["transport"]["pubsub"]["topic"]
    server.answer("GET", f"pubsub/v1/{topic}")
    server.answer("DELETE", f"{triggers}/trigger")
    assert server.refusal("GET", f"pubsub/v1/{topic}") == (404, "NOT_FOUND")


def new_service(server: Server, project: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Make a service whose image is there, and return the operation once it is done."""
    image = f"{REGION}-docker.pkg.dev/{project}/images/path/image"
    server.order("images", image=image)
    template = {"containers": [{"image": image}], **more}
    path = f"{parent(project, 'run/v2')}/services"
    how = {"params": {"serviceId": "service"}, "json": {"template": template}}
    return server.done("run", "v2", server.answer("POST", path, **how))


def test_what_a_function_is_built_into_is_an_image(server: Server, project: str):
    """Cloud Run functions, Build process overview: the image is in the repository gcf-artifacts."""
    new_function(server, project, archive())
    service = server.answer("GET", f"{parent(project, 'run/v2')}/services/function")
    image = service["template"]["containers"][0]["image"]
    repository = f"projects/{project}/locations/{REGION}/repositories/gcf-artifacts"
    found = server.answer("GET", f"artifactregistry/v1/{repository}/dockerImages")["dockerImages"]
    assert [it["uri"].rpartition("@")[0] for it in found] == [image]


def test_an_image_that_is_gone(server: Server, project: str):
    """A service of a missing image is there and not ready (Cloud Run, Troubleshooting)."""
    image = f"{REGION}-docker.pkg.dev/{project}/images/path/image"
    assert new_service(server, project)["response"]["terminalCondition"]["state"].endswith(
        "SUCCEEDED"
    )
    repository = f"artifactregistry/v1/projects/{project}/locations/{REGION}/repositories/images"
    found = server.answer("GET", f"{repository}/dockerImages")["dockerImages"]
    assert found[0]["uri"].startswith(f"{image}@sha256:")
    tag = server.answer("GET", f"{repository}/packages/path%2Fimage/tags/latest")
    server.answer("GET", f"artifactregistry/v1/{tag['version'].replace('%', '%25')}")
    server.order("images", image=image, is_gone=True)
    assert server.answer("GET", f"{repository}/dockerImages") == {}
    name = f"{parent(project, 'run/v2')}/services/service"
    body = {"template": {"containers": [{"image": image}], "timeout": "60s"}}
    done = server.done("run", "v2", server.answer("PATCH", name, json=body))
    assert done["error"]["code"] == 5
    assert server.answer("GET", name)["terminalCondition"]["reason"] == "CONTAINER_MISSING"


@pytest.mark.parametrize("account", ["nobody@{project}.iam.gserviceaccount.com"])
def test_an_account_that_is_not_there(server: Server, project: str, account: str):
    """Service identity: a service runs as an account that exists."""
    template = {
        "containers": [{"image": "us-docker.pkg.dev/cloudrun/container/hello"}],
        "serviceAccount": account.format(project=project),
    }
    how = {"params": {"serviceId": "service"}, "json": {"template": template}}
    path = f"{parent(project, 'run/v2')}/services"
    assert server.refusal("POST", path, **how) == (400, "INVALID_ARGUMENT")
