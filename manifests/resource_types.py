"""The types of what Rebound reads in the resources of a manifest, checked once. Pure.

A resource is what a Google API answered, kept as it was; in a vault it is what somebody wrote.
Everything that is looked into, written into a statement or counted with is here, with its type; what
is only kept and compared may be anything.
"""

from typing import Any, Literal

from pydantic import Field, ValidationError

from manifests.errors import BackupDamagedError
from manifests.table_types import (
    AnyResource,
    Encryption,
    Key,
    Number,
    RoutineReference,
    Timed,
    Typed,
    TypedTable,
    View,
)
from manifests.values import Resource


class _Routine(AnyResource):
    routine_reference: RoutineReference


class _PolicyReference(Typed):
    policy_id: str


class _Policy(AnyResource):
    row_access_policy_reference: _PolicyReference
    filter_predicate: str


class _DatasetReference(Typed):
    dataset_id: str


class _Dataset(Timed):
    dataset_reference: _DatasetReference
    default_table_expiration_ms: Number = 0
    default_partition_expiration_ms: Number = 0
    max_time_travel_hours: Number = 0
    default_encryption_configuration: Encryption | None = None


class _Binding(Typed):
    role: str
    members: list[str] | None = None
    condition: dict[str, Any] | None = None


class _AccessPolicy(Typed):
    bindings: list[_Binding] | None = None
    version: int = 1


class _Rule(Typed):
    action: dict[str, Any]


class _Lifecycle(Typed):
    rule: list[_Rule] | None = None


class _SoftDelete(Typed):
    retention_duration_seconds: Number = 0


class _Switch(Typed):
    enabled: bool | None = None


class _Retention(Typed):
    retention_period: Number = 0


class _BucketAccess(Typed):
    public_access_prevention: str | None = None
    uniform_bucket_level_access: _Switch | None = None


class _BucketKey(Typed):
    default_kms_key_name: Key | None = None


class _Bucket(Typed):
    name: str
    generation: Number = 0
    versioning: _Switch | None = None
    autoclass: _Switch | None = None
    hierarchical_namespace: _Switch | None = None
    soft_delete_policy: _SoftDelete | None = None
    lifecycle: _Lifecycle | None = None
    retention_policy: _Retention | None = None
    iam_configuration: _BucketAccess | None = None
    encryption: _BucketKey | None = None
    ip_filter: dict[str, Any] | None = None
    default_event_based_hold: bool | None = None
    labels: dict[str, str] = Field(default_factory=dict)


type ResourceSort = Literal[
    "table", "view", "routine", "row access policy", "dataset", "bucket", "access policy"
]
_TYPES: dict[ResourceSort, type[Typed]] = {
    "table": TypedTable,
    "view": View,
    "routine": _Routine,
    "row access policy": _Policy,
    "dataset": _Dataset,
    "bucket": _Bucket,
    "access policy": _AccessPolicy,
}


def check_resource(sort: ResourceSort, resource: Resource, *, subject: str) -> None:
    """Refuse a resource in which something that is looked into has another type.

    Args:
        sort: What it is the resource of.
        resource: The resource.
        subject: What it is about, for errors.

    Raises:
        BackupDamagedError: It is none of that sort; the message says where.
    """
    try:
        _TYPES[sort].model_validate(resource)
    except (RecursionError, ValidationError) as error:
        raise BackupDamagedError(
            f"its resource is not a {sort}'s: {_first(error)}", subject=subject
        ) from error


def _first(error: RecursionError | ValidationError) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
