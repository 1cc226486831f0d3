"""IAM policies, service accounts and custom roles, as IAM's documentation has them."""

from typing import Any

import pytest

from tests.contract.platform.server import Server

VIEWER = {"role": "roles/viewer", "members": ["user:a@example.com"]}


@pytest.fixture
def topic(server: Server, project: str) -> str:
    """Return the path of a topic."""
    path = f"pubsub/v1/projects/{project}/topics/topic"
    server.answer("PUT", path, json={})
    return path


def account(server: Server, project: str, name: str = "runner-one") -> dict[str, Any]:
    """Make a service account."""
    path = f"iam/v1/projects/{project}/serviceAccounts"
    return server.answer("POST", path, json={"accountId": name})


def write(server: Server, resource: str, *bindings: Any, **policy: Any) -> Any:  # noqa: ANN401 - JSON
    """Write a policy."""
    body = {"policy": {"bindings": list(bindings), **policy}}
    return server.answer("POST", f"{resource}:setIamPolicy", json=body)


def test_a_policy_is_written_once_for_one_reading(server: Server, topic: str):
    """Policy.etag: of two writes after one reading, the second is 409 ABORTED."""
    etag = server.answer("GET", f"{topic}:getIamPolicy")["etag"]
    write(server, topic, VIEWER, etag=etag)
    body = {"policy": {"bindings": [], "etag": etag}}
    refused = server.refusal("POST", f"{topic}:setIamPolicy", json=body)
    assert refused == (409, "ABORTED")
    assert server.answer("GET", f"{topic}:getIamPolicy")["bindings"] == [VIEWER]


def test_conditions_need_version_three(server: Server, project: str):
    """Policy versions: written with 3 alone; read without it, a role only says that it has one."""
    path = f"cloudresourcemanager/v1/projects/{project}"
    condition = {"title": "until", "expression": "request.time < timestamp('2027-01-01T00:00:00Z')"}
    conditional = {**VIEWER, "condition": condition}
    body = {"policy": {"bindings": [conditional]}}
    refused = server.refusal("POST", f"{path}:setIamPolicy", json=body)
    assert refused == (400, "INVALID_ARGUMENT")
    write(server, path, conditional, version=3)
    asked = {"options": {"requestedPolicyVersion": 3}}
    full = server.answer("POST", f"{path}:getIamPolicy", json=asked)
    assert (full["version"], full["bindings"]) == (3, [conditional])
    bare = server.answer("POST", f"{path}:getIamPolicy", json={})["bindings"][0]
    assert bare["role"].startswith("roles/viewer_withcond_")
    assert "condition" not in bare


@pytest.mark.parametrize(
    "binding",
    [
        {"role": "viewer", "members": ["user:a@example.com"]},
        {"role": "roles/viewer", "members": ["a@example.com"]},
        {"role": "roles/viewer", "members": ["serviceAccount:nobody@{project}.iam.gserviceaccount.com"]},
        {"role": "projects/{project}/roles/none", "members": ["user:a@example.com"]},
    ],
)  # fmt: skip
def test_who_and_what_is_not_there_cannot_be_granted(
    server: Server,
    project: str,
    topic: str,
    binding: Any,  # noqa: ANN401 - JSON
):
    """A policy names accounts and roles that exist (IAM, Policies, Limitations)."""
    named = {key: _named(item, project) for key, item in binding.items()}
    body = {"policy": {"bindings": [named]}}
    assert server.refusal("POST", f"{topic}:setIamPolicy", json=body)[0] == 400


def _named(value: Any, project: str) -> Any:  # noqa: ANN401 - JSON
    many = [item.format(project=project) for item in value] if isinstance(value, list) else None
    return many or value.format(project=project)


def test_an_account_made_again_is_another(server: Server, project: str, topic: str):
    """IAM, Delete and undelete service accounts: grants follow the undeleted account alone."""
    made = account(server, project)
    member = f"serviceAccount:{made['email']}"
    write(server, topic, {"role": "roles/viewer", "members": [member]})
    path = f"iam/v1/{made['name']}"
    server.answer("DELETE", path)
    left = server.answer("GET", f"{topic}:getIamPolicy")["bindings"][0]["members"]
    assert left == [f"deleted:{member}?uid={made['uniqueId']}"]
    again = account(server, project)
    assert again["uniqueId"] != made["uniqueId"]
    undelete = f"iam/v1/projects/{project}/serviceAccounts/{made['uniqueId']}:undelete"
    assert server.refusal("POST", undelete, json={}) == (400, "FAILED_PRECONDITION")
    server.answer("DELETE", path)
    restored = server.answer("POST", undelete, json={})["restoredAccount"]
    assert restored["uniqueId"] == made["uniqueId"]
    assert server.answer("GET", f"{topic}:getIamPolicy")["bindings"][0]["members"] == [member]


def test_roles(server: Server, project: str):
    """IAM REST, roles: a list shows no permissions, and no role that was deleted; both can be asked."""
    path = f"iam/v1/projects/{project}/roles"
    role = {"title": "Reader", "includedPermissions": ["storage.objects.get"], "stage": "GA"}
    made = server.answer("POST", path, json={"roleId": "reader", "role": role})
    assert made["includedPermissions"] == ["storage.objects.get"]
    assert "includedPermissions" not in server.answer("GET", path)["roles"][0]
    full = server.answer("GET", path, params={"view": "FULL"})["roles"][0]
    assert full["includedPermissions"] == ["storage.objects.get"]
    server.answer("DELETE", f"{path}/reader")
    assert server.answer("GET", path) == {}
    body = {"roleId": "reader", "role": role}
    assert server.answer("GET", f"{path}/reader")["deleted"]
    assert server.refusal("POST", path, json=body) == (400, "FAILED_PRECONDITION")
    server.answer("POST", f"{path}/reader:undelete", json={})
    assert server.refusal("POST", path, json=body) == (409, "ALREADY_EXISTS")
    assert len(server.answer("GET", path)["roles"]) == 1


def test_schemas_of_a_list_lack_their_definition(server: Server, project: str):
    """Pub/Sub REST, SchemaView: a list has names and types, and definitions only when asked."""
    path = f"pubsub/v1/projects/{project}/schemas"
    body = {"type": "AVRO", "definition": '{"type":"string"}'}
    server.answer("POST", path, params={"schemaId": "schema"}, json=body)
    assert "definition" not in server.answer("GET", path)["schemas"][0]
    full = server.answer("GET", path, params={"view": "FULL"})["schemas"][0]
    assert full["definition"] == body["definition"]
