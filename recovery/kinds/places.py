"""Where a drill writes: names that no other thing of a sandbox has. Pure."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from manifests.shapes import inner
from manifests.values import Resource

_DATASET = re.compile(r"rebound_drill_([0-9a-f]{6,12})_\w*")
_BUCKET = re.compile(r"rebound-drill-([0-9a-f]{6,12})-[0-9a-z]+")
DRILL_LABEL = "rebound-drill"
"""The label of what a drill made: its value is the mark of the drill."""
_MARK = re.compile(r"[0-9a-f]{6,12}")
_MOST_LABELS = 64
"""Of a resource (BigQuery, Introduction to labels; Cloud Storage, Bucket labels; Resource Manager, Labels overview)."""
_LABEL = re.compile(r"rebound-drill-([0-9a-f]{6,12})")
_DATABASE = re.compile(r"rebound-drill-([0-9a-f]{6,12})-[0-9]+")


class Places(NamedTuple):
    """The names of one drill's things.

    Attributes:
        mark: What tells them from those of other drills.
    """

    mark: str

    @property
    def prefix(self) -> str:
        """Return what every dataset of the drill begins with."""
        return f"rebound_drill_{self.mark}_"

    @property
    def planted_prefix(self) -> str:
        """Return what the datasets begin with in which damage is planted."""
        return f"{self.prefix}planted_"

    @property
    def scratch_dataset(self) -> str:
        """Return the dataset of staging tables."""
        return f"{self.prefix}scratch"

    @property
    def undo_dataset(self) -> str:
        """Return the dataset of undo points, of which a drill needs none."""
        return f"{self.prefix}undo"

    def bucket(self, number: int) -> str:
        """Return the bucket that takes the place of one of the platform."""
        return f"{self.label}-{number}"

    @property
    def planted_bucket(self) -> str:
        """Return the bucket with copies of stored files in which damage is planted."""
        return f"{self.label}-planted"

    @property
    def label(self) -> str:
        """Return what says of a thing that a drill made it, where its name cannot."""
        return f"rebound-drill-{self.mark}"

    @property
    def answering(self) -> str:
        """Return the host that stands for what answers on the platform: nothing ever does (RFC 6761)."""
        return f"{self.label}.invalid"

    @property
    def role_suffix(self) -> str:
        """Return what the ids of custom roles end with.

        For up to 44 days none can have that of a deleted one (IAM, Create and manage custom roles).
        """
        return f"_rebound_drill_{self.mark}"

    def database(self, number: int) -> str:
        """Return the database that takes the place of one of the platform."""
        return f"{self.label}-{number}"


def mark_of_dataset(name: str) -> str | None:
    """Return the mark of the drill that made a dataset, or None for any other."""
    found = _DATASET.fullmatch(name)
    return found[1] if found else None


def mark_of_bucket(name: str) -> str | None:
    """Return the mark of the drill that made a bucket, or None for any other."""
    found = _BUCKET.fullmatch(name)
    return found[1] if found else None


def mark_of_database(name: str) -> str | None:
    """Return the mark of the drill that made a database, or None for any other."""
    found = _DATABASE.fullmatch(name)
    return found[1] if found else None


def mark_of_label(label: str) -> str | None:
    """Return the mark of the drill that a thing says made it, or None for any other."""
    found = _LABEL.fullmatch(label)
    return found[1] if found else None


def labelled(resource: Resource, mark: str, field: str = "labels") -> Resource:
    """Return a resource with the label that says which drill made it.

    One with as many labels as there may be stays as it is: the journal of the drill tells of it.

    Args:
        resource: The resource.
        mark: That of the drill.
        field: The field that holds its labels; empty where it can have none.
    """
    labels = {**inner(resource, field), DRILL_LABEL: mark}
    if not field or len(labels) > _MOST_LABELS:
        return resource
    return {**resource, field: labels}


def mark_of_labels(labels: Mapping[str, Any] | None) -> str | None:
    """Return the mark of the drill that a label says made a thing, or None for any other."""
    found = str(labels.get(DRILL_LABEL, "")) if isinstance(labels, Mapping) else ""
    return found if _MARK.fullmatch(found) else None
