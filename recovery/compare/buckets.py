"""What a bucket is configured to be: what of it can be written, and what differs. Pure."""

import json

from manifests.values import Resource
from recovery.compare.findings import Finding, differences, present

_TOLD_BY_THE_SERVICE = frozenset(
    {
        "acl",
        "defaultObjectAcl",
        "etag",
        "generation",
        "hardDeleteTime",
        "id",
        "kind",
        "locationType",
        "metageneration",
        "name",
        "owner",
        "projectNumber",
        "satisfiesPZI",
        "satisfiesPZS",
        "selfLink",
        "softDeleteTime",
        "timeCreated",
        "updated",
    }
)
"""Properties of a bucket that no request sets, its name, and the access lists that projection `noAcl`
leaves out (Cloud Storage, Bucket resource). Every other one is written and compared."""

_TOLD_INSIDE = frozenset(
    {
        "bucketPolicyOnly",
        "effectiveTime",
        "isLocked",
        "lockedTime",
        "terminalStorageClassUpdateTime",
        "toggleTime",
    }
)
"""The same of properties inside others. `bucketPolicyOnly` is the old name of uniform access; the
lock of a retention policy is for ever, so that setting it again is a decision of its own."""


_FOR_EVER = frozenset(
    {"hierarchicalNamespace", "location", "objectRetention", "customPlacementConfig"}
)
"""Set when a bucket is created and never again."""

_ABSENT: Resource = {
    "softDeletePolicy": {"retentionDurationSeconds": "0"},
    "versioning": {"enabled": False},
}
"""How to take away what a patch cannot remove."""


def configuration(resource: Resource) -> Resource:
    """Return what somebody configured a bucket to be, in the form in which it is written."""
    return {
        key: _configured(value)
        for key, value in resource.items()
        if key not in _TOLD_BY_THE_SERVICE and present(_configured(value)) is not None
    }


def bucket_findings(expected: Resource, actual: Resource) -> tuple[Finding, ...]:
    """Compare a bucket's configuration with the one it had, every property of it."""
    before, now = configuration(expected), configuration(actual)
    return differences(
        f"bucket {expected['name']}",
        [(key, before.get(key), now.get(key)) for key in sorted({*before, *now})],
    )


def access_findings(name: str, expected: Resource, actual: Resource) -> tuple[Finding, ...]:
    """Compare who may use a bucket: the bindings of its IAM policy, in any order."""
    return differences(f"bucket {name}", [("access", _bindings(expected), _bindings(actual))])


def _bindings(policy: Resource) -> list[object]:
    bindings = [
        {**binding, "members": sorted(binding.get("members", []))}
        for binding in policy.get("bindings", [])
    ]
    return sorted(bindings, key=lambda binding: json.dumps(binding, sort_keys=True))


def changed_configuration(expected: Resource, actual: Resource) -> Resource:
    """Return the patch that gives a bucket its configuration back, as far as a patch can."""
    before, now = configuration(expected), configuration(actual)
    patch = {
        key: before.get(key, _ABSENT.get(key))
        for key in {*before, *now} - _FOR_EVER
        if before.get(key) != now.get(key)
    }
    if "labels" in patch:
        # A patch merges labels: a label that is to go has to be named.
        gone = dict.fromkeys(set(now.get("labels", {})) - set(before.get("labels", {})))
        patch["labels"] = {**gone, **before.get("labels", {})}
    return patch


def _configured(value: object) -> object:
    """Leave out what the service says by itself, and treat empty as absent."""
    if not isinstance(value, dict):
        return value
    told = {key: _configured(item) for key, item in value.items() if key not in _TOLD_INSIDE}
    return {key: item for key, item in told.items() if present(item) is not None}
