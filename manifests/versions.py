"""Versions of objects: read from a listing, and which of them was live at an instant. Pure.

A version was live at an instant when it was created by then and had not ended: neither become
noncurrent nor been soft-deleted. So the state of a bucket in the past follows from its live,
noncurrent and soft-deleted versions together (Cloud Storage, Object versioning and Soft delete).
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import groupby
from operator import attrgetter
from typing import Any, Literal

from manifests.errors import CloudError
from manifests.kinds.buckets.model import ObjectSettings, ObjectVersion
from manifests.shapes import inner
from manifests.values import Resource

type Kind = Literal["live", "all", "soft-deleted"]
"""Which versions a listing holds: the live ones, those with the noncurrent ones, or the others."""

LISTED_FIELDS = (
    "name,generation,metageneration,size,crc32c,md5Hash,timeCreated,updated,timeDeleted,"
    "softDeleteTime,contentType,contentEncoding,contentDisposition,contentLanguage,cacheControl,"
    "metadata,customTime,temporaryHold,eventBasedHold,contexts,kmsKeyName,retention,storageClass"
)
"""The fields of the JSON API's object resource that `version_of` reads."""

_MOST_KEPT = 100
_KEY_VERSION = "/cryptoKeyVersions/"
_TEXTS = {
    "content_type": "contentType",
    "content_encoding": "contentEncoding",
    "content_disposition": "contentDisposition",
    "content_language": "contentLanguage",
    "cache_control": "cacheControl",
    "custom_time": "customTime",
}


def version_of(item: Resource, *, soft_deleted: bool = False) -> ObjectVersion:
    """Read an object resource of the JSON API.

    Args:
        item: The resource.
        soft_deleted: Whether it comes from a listing of soft-deleted versions.

    Raises:
        CloudError: It is not such a resource.
    """
    try:
        return _version_of(item, soft_deleted=soft_deleted)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CloudError(
            f"what Cloud Storage answered is no whole object resource: {error!r}",
            subject=str(item)[:200],
        ) from error


def _version_of(item: Resource, *, soft_deleted: bool) -> ObjectVersion:
    get = item.get
    ends = [item[key] for key in ("timeDeleted", "softDeleteTime") if key in item]
    # In the order of the fields: naming them takes nearly as long again, and there are millions.
    settings = ObjectSettings(
        get("contentType"),
        get("contentEncoding"),
        get("contentDisposition"),
        get("contentLanguage"),
        get("cacheControl"),
        get("metadata") or {},
        get("customTime"),
        get("temporaryHold", False),
        get("eventBasedHold", False),
        _contexts(get("contexts")),
        (get("kmsKeyName") or "").partition(_KEY_VERSION)[0] or None,
        json.dumps(item["retention"], sort_keys=True) if get("retention") else None,
    )
    return ObjectVersion(
        item["name"],
        int(item["generation"]),
        int(item["metageneration"]),
        int(get("size", 0)),
        get("crc32c", ""),
        get("md5Hash"),
        datetime.fromisoformat(item["timeCreated"]),
        datetime.fromisoformat(item["updated"]),
        get("storageClass", "STANDARD"),
        settings,
        "soft-deleted" if soft_deleted else "noncurrent" if ends else "live",
        min(map(datetime.fromisoformat, ends)) if ends else None,
    )


def _contexts(contexts: Resource | None) -> dict[str, str]:
    custom = (contexts or {}).get("custom") or {}
    return {key: payload.get("value", "") for key, payload in custom.items()}


def settings_resource(settings: ObjectSettings) -> dict[str, Any]:
    """Return settings as the JSON API takes them when an object is written."""
    given = {key: getattr(settings, name) for name, key in _TEXTS.items()}
    resource = {key: value for key, value in given.items() if value is not None}
    if settings.metadata:
        resource["metadata"] = dict(settings.metadata)
    if settings.contexts:
        values = {key: {"value": value} for key, value in settings.contexts.items()}
        resource["contexts"] = {"custom": values}
    if settings.temporary_hold:
        resource["temporaryHold"] = True
    if settings.event_based_hold:
        resource["eventBasedHold"] = True
    return resource


def settings_patch(wanted: ObjectSettings, present: ObjectSettings) -> dict[str, Any]:
    """Return the patch that turns present settings into the wanted ones; empty when equal."""
    patch: dict[str, Any] = {}
    for name, key in _TEXTS.items():
        value, now = getattr(wanted, name), getattr(present, name)
        if value != now and not _same_instant(name, value, now):
            patch[key] = value
    if metadata := _changes(wanted.metadata, present.metadata):
        patch["metadata"] = metadata
    if contexts := _changes(wanted.contexts, present.contexts):
        values = {
            key: None if value is None else {"value": value} for key, value in contexts.items()
        }
        patch["contexts"] = {"custom": values}
    if wanted.temporary_hold != present.temporary_hold:
        patch["temporaryHold"] = wanted.temporary_hold
    if wanted.event_based_hold != present.event_based_hold:
        patch["eventBasedHold"] = wanted.event_based_hold
    return patch


def _changes(wanted: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str | None]:
    """Return what turns present entries into the wanted ones; None removes one."""
    return {
        key: wanted.get(key) for key in {*wanted, *present} if wanted.get(key) != present.get(key)
    }


def _same_instant(name: str, one: str | None, other: str | None) -> bool:
    """Whether two texts are one instant, written differently."""
    if name != "custom_time" or one is None or other is None:
        return False
    return datetime.fromisoformat(one) == datetime.fromisoformat(other)


def needs_new_content(wanted: ObjectVersion, present: ObjectVersion) -> bool:
    """Whether only content that is written anew turns one version into the other.

    So it is with a custom time that would go back, a key of Cloud KMS, and the storage class. Of a
    wanted version without key or class it does not matter what the bucket gives.
    """
    return (
        turns_back(wanted.settings, present.settings)
        or wanted.settings.kms_key not in (None, present.settings.kms_key)
        or wanted.storage_class not in ("", present.storage_class)
    )


def turns_back(wanted: ObjectSettings, present: ObjectSettings) -> bool:
    """Whether a patch would move a custom time back, which only new content can do.

    Custom-Time can never decrease or be removed once it is set (Cloud Storage, Object metadata).
    """
    if present.custom_time is None:
        return False
    if wanted.custom_time is None:
        return True
    return datetime.fromisoformat(wanted.custom_time) < datetime.fromisoformat(present.custom_time)


def same_content(one: ObjectVersion, other: ObjectVersion) -> bool:
    """Whether two versions hold the same bytes, as far as their checksums tell."""
    if (one.crc32c, one.size_bytes) != (other.crc32c, other.size_bytes) or not one.crc32c:
        return False
    return one.md5 == other.md5 or one.md5 is None or other.md5 is None


def keeps_replaced(bucket: Resource) -> bool:
    """Whether a bucket keeps what is overwritten or deleted, for a while at least."""
    return bool(inner(bucket, "versioning").get("enabled")) or soft_delete_seconds(bucket) > 0


def tells_its_past(bucket: Resource) -> bool:
    """Whether a listing of a bucket tells what was there at an earlier instant."""
    return keeps_replaced(bucket) and not is_hierarchical(bucket)


def moves_classes(bucket: Resource) -> bool:
    """Whether a bucket changes the storage class of its objects by itself."""
    if inner(bucket, "autoclass").get("enabled"):
        return True
    rules = inner(bucket, "lifecycle").get("rule") or ()
    return any(inner(rule, "action").get("type") == "SetStorageClass" for rule in rules)


def soft_delete_seconds(bucket: Resource) -> int:
    """Return how long a bucket keeps what is deleted from it; 0 is not at all."""
    return int(inner(bucket, "softDeletePolicy").get("retentionDurationSeconds", 0))


def check_one_live(versions: Sequence[ObjectVersion]) -> None:
    """Refuse versions of one name of which more than one is live.

    Raises:
        CloudError: There are two.
    """
    if sum(version.state == "live" for version in versions) > 1:
        raise CloudError(
            "the listing says that two versions of it are live",
            subject=versions[0].name,
            hint="the listing leaves out when versions ended, or the object was just written",
            retryable=True,
        )


def is_hierarchical(bucket: Resource) -> bool:
    """Whether a bucket's folders are things of their own, which can be renamed."""
    return bool(inner(bucket, "hierarchicalNamespace").get("enabled"))


def listed_kinds(bucket: Resource) -> tuple[Kind, ...]:
    """Return which listings hold every version that is there beside the live ones.

    Those of soft-deleted versions are refused for a bucket without a soft delete policy.
    """
    return ("all", "soft-deleted") if soft_delete_seconds(bucket) else ("all",)


def live_of(versions: Sequence[ObjectVersion]) -> ObjectVersion | None:
    """Return the live one of the versions of a name, or None.

    Raises:
        CloudError: There are two: then the listing cannot be believed.
    """
    check_one_live(versions)
    return next((version for version in versions if version.state == "live"), None)


def was_live(version: ObjectVersion, moment: datetime) -> bool:
    """Whether a version was live at an instant."""
    return version.created_at <= moment and (version.ended_at is None or version.ended_at > moment)


def live_at(versions: Sequence[ObjectVersion], moment: datetime) -> ObjectVersion | None:
    """Return the version of one object that was live at an instant, or None.

    Args:
        versions: Every version of the object that a listing shows.
        moment: The instant.

    Raises:
        CloudError: Two of them are live now: then the listing cannot be believed.
    """
    check_one_live(versions)
    then = [version for version in versions if was_live(version, moment)]
    return max(then, key=attrgetter("created_at"), default=None)


def few(
    versions: Iterable[ObjectVersion],
    *,
    is_needed: Callable[[ObjectVersion], bool],
    can_serve: Callable[[ObjectVersion], bool],
) -> tuple[ObjectVersion, ...]:
    """Return the few versions of a name that count, however many it has.

    A name that is written every second has hundreds of thousands of versions in a week.

    Args:
        versions: All versions of a name.
        is_needed: Says which are returned beside the live ones.
        can_serve: Says of which others the last hundred are returned.
    """
    needed: list[ObjectVersion] = []
    others: deque[ObjectVersion] = deque(maxlen=_MOST_KEPT)
    for version in versions:
        if version.state == "live" or is_needed(version):
            needed.append(version)
        elif can_serve(version):
            others.append(version)
    return *needed, *others


def by_name(*listings: Iterable[ObjectVersion]) -> Iterator[tuple[str, Iterator[ObjectVersion]]]:
    """Join listings, each in name order, into the versions of each name, in name order.

    The versions of a name can be read until the next name is asked for.
    """
    joined = merge(*listings, key=attrgetter("name"))
    yield from groupby(joined, key=attrgetter("name"))
