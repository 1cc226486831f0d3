"""What a bucket is configured to be: what of it can be written, and what differs. Pure."""

from manifests.model import Resource
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


def _configured(value: object) -> object:
    """Leave out what the service says by itself, and treat empty as absent."""
    if not isinstance(value, dict):
        return value
    kept = {key: _configured(item) for key, item in value.items() if key not in _TOLD_INSIDE}
    return {key: item for key, item in kept.items() if present(item) is not None}
