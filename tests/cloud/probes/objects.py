"""Cloud Storage: how it refuses, and what it makes of objects in odd places."""

import time
from collections.abc import Callable
from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.cloud import storage

from tests.cloud.probes.asking import answered, only
from tests.cloud.sandbox import Sandbox


def soft_deleted_without_policy(sandbox: Sandbox) -> object:
    """Return how a listing of soft-deleted versions is answered where there is no policy."""
    bucket = sandbox.bucket("no-soft-delete")
    bucket.soft_delete_policy.retention_duration_seconds = 0
    bucket.patch()
    return answered(lambda: len(list(bucket.list_blobs(soft_deleted=True))))


def holds(sandbox: Sandbox) -> object:
    """Return how replacing and deleting a held object is refused, alone and in a batch."""
    found = {}
    for name, versioning in (("plain", False), ("versioned", True)):
        bucket = sandbox.bucket(f"holds-{name}", versioning_enabled=versioning)
        blob = _put(bucket, "held", b"1")
        blob.temporary_hold = True
        blob.patch()
        found[name] = {
            "delete": answered(blob.delete),
            "replace": answered(lambda bucket=bucket: _put(bucket, "held", b"2") and "replaced"),
            "delete in a batch": answered(lambda blob=blob: _in_batch(sandbox, blob.delete)),
        }
        blob.reload()
        blob.temporary_hold = False
        blob.patch()
    return found


def composed(sandbox: Sandbox) -> object:
    """Return the properties of a composed object for which nothing was said."""
    bucket = sandbox.bucket("composed")
    target = bucket.blob("target")
    target.compose([_put(bucket, "a", b"a"), _put(bucket, "b", b"b")])
    return only(target._properties, "contentType", "componentCount", "md5Hash")  # noqa: SLF001


def globs(sandbox: Sandbox) -> object:
    """Return what patterns match."""
    bucket = sandbox.bucket("globs")
    for name in ("x", "a/x", "a/b/x", "ax"):
        _put(bucket, name, b"")
    patterns = ("**/x", "*/x", "**x", "{x,ax}", "?x", "[a-b]x")
    return {
        pattern: answered(lambda p=pattern: [blob.name for blob in bucket.list_blobs(match_glob=p)])
        for pattern in patterns
    }


def conditions(sandbox: Sandbox) -> object:
    """Return how a policy with a condition is answered without uniform access."""
    bucket = sandbox.bucket("conditions")
    bucket.iam_configuration.uniform_bucket_level_access_enabled = False
    bucket.patch()
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.version = 3
    policy.bindings.append(
        {
            "role": "roles/storage.objectViewer",
            "members": [f"projectViewer:{sandbox.project}"],
            "condition": {"title": "t", "expression": 'resource.name.startsWith("x")'},
        }
    )
    return answered(lambda: len(bucket.set_iam_policy(policy).bindings) > 0)


def hierarchical(sandbox: Sandbox) -> object:
    """Return whether a renamed folder's objects keep when they were made."""
    bucket = sandbox.storage_client.bucket(f"{sandbox.name}-hierarchical")
    bucket.labels = sandbox.labels
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.hierarchical_namespace_enabled = True

    def renamed() -> object:
        made = sandbox.storage_client.create_bucket(bucket, location="us-west2")
        before = _put(made, "old/x", b"x")
        path = f"/b/{made.name}/folders/old%2F/renameTo/folders/new%2F"
        sandbox.storage_client._connection.api_request(method="POST", path=path)  # noqa: SLF001
        after = _eventually(lambda: made.get_blob("new/x"))
        return {
            "time kept": after.time_created == before.time_created,
            "generation kept": after.generation == before.generation,
        }

    return answered(renamed)


def moved(sandbox: Sandbox) -> object:
    """Return what an object's move keeps."""
    bucket = sandbox.bucket("moved")
    before = _put(bucket, "before", b"x")
    path = f"{bucket.path}/o/before/moveTo/o/after"
    connection = sandbox.storage_client._connection  # noqa: SLF001 - the client's own way to the API
    after = answered(lambda: connection.api_request(method="POST", path=path))
    if not isinstance(after, dict) or "generation" not in after:
        return after
    return {
        "generation kept": after["generation"] == str(before.generation),
        "left": [blob.name for blob in bucket.list_blobs()],
    }


def _put(bucket: storage.Bucket, name: str, content: bytes) -> storage.Blob:
    blob = bucket.blob(name)
    blob.upload_from_string(content)
    return blob


def _in_batch(sandbox: Sandbox, call: Callable[[], Any]) -> str:
    with sandbox.storage_client.batch():
        call()
    return "done"


def _eventually(look: Callable[[], storage.Blob | None]) -> storage.Blob:
    """Return what is there once it is there; a rename is a long operation."""
    deadline = time.monotonic() + 60
    while (found := look()) is None:
        if time.monotonic() > deadline:
            message = "it did not appear"
            raise GoogleAPICallError(message)
        time.sleep(0.5)
    return found


PROBES = (soft_deleted_without_policy, holds, composed, globs, conditions, hierarchical, moved)
