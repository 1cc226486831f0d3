"""What differs between an inventory and a bucket, object by object."""

from datetime import datetime
from typing import Literal

from manifests.kinds.buckets.model import ObjectRecord, ObjectVersion
from manifests.object_retention import RetentionRules
from manifests.values import Resource
from manifests.versions import needs_new_content, same_content, settings_patch
from recovery.compare.findings import Finding, differences, finding

Damage = Literal["missing", "overwritten", "corrupted", "metadata changed", "extra"]
"""What is wrong with an object.

    missing           nothing is live under its name
    overwritten       other content is live, written after the recovery point
    corrupted         other content is live that should have been there at the recovery point
    metadata changed  the content is the same, its metadata is not
    extra             the recovery point does not know the name
"""


def damage_of(
    expected: ObjectRecord | None,
    live: ObjectVersion | None,
    recovery_point: datetime,
    retention: RetentionRules | None = None,
) -> Damage | None:
    """Return what is wrong with one name, or None when it is as it was.

    Args:
        expected: Its record in the inventory; None when the inventory does not know it.
        live: What is live under it now, or None.
        recovery_point: The instant of the inventory.
        retention: What is done about retention of its own that it lost; None for nothing.
    """
    if expected is None:
        return None if live is None else "extra"
    if live is None:
        return "missing"
    if not same_content(expected.version, live) and not _is_same_version(expected.version, live):
        is_newer = live.created_at > recovery_point
        is_other = live.generation != expected.version.generation
        return "overwritten" if is_newer and is_other else "corrupted"
    wanted, present = expected.version.settings, live.settings
    lost = retention.patch(wanted, present) if retention is not None else {}
    if settings_patch(wanted, present) or needs_new_content(expected.version, live) or lost:
        return "metadata changed"
    return None


def _is_same_version(expected: ObjectVersion, live: ObjectVersion) -> bool:
    """Whether a version without readable checksums is the very one that was there."""
    return not expected.crc32c and expected.generation == live.generation


def object_finding(
    expected: ObjectRecord | None, live: ObjectVersion | None, damage: Damage
) -> Finding:
    """Describe the damage of one object."""
    name = expected.version.name if expected is not None else live.name if live is not None else ""
    if expected is None or live is None:
        if expected is None:
            return finding(name, "object", "not there", "not in the backup")
        return finding(name, "object", "there", "missing")
    if damage == "metadata changed":
        return differences(
            name, [(damage, _told(expected.version, live), _told(live, expected.version))]
        )[0]
    return finding(name, damage, _content(expected.version), _content(live))


def _told(version: ObjectVersion, other: ObjectVersion) -> Resource:
    """Return those settings of one version that are not the same in another."""
    told = settings_patch(version.settings, other.settings)
    for key, value, beside in (
        ("retention", version.settings.retention, other.settings.retention),
        ("kmsKeyName", version.settings.kms_key, other.settings.kms_key),
        ("storageClass", version.storage_class, other.storage_class),
    ):
        if value != beside:
            told[key] = value
    return told


def _content(version: ObjectVersion) -> str:
    return f"{version.size_bytes} bytes, crc32c {version.crc32c}"
