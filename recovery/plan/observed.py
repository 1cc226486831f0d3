"""What a plan is made from besides the backup: the world as it is."""

from collections.abc import Mapping

from manifests.model import Resource, UtcTime, Value
from manifests.references import TableRef
from recovery.compare import ObservedTable
from recovery.compare.documents import DatabaseState
from recovery.plan.bucket_access import PresentBucket
from recovery.plan.buckets import BucketPlan
from recovery.plan.unseen import Unseen


class Observed(Value):
    """The world before a recovery.

    Attributes:
        datasets: The resource of each dataset, or None where there is none.
        originals: The same of the datasets that a copy is made of; empty when none is made.
        account: Who makes a dataset that is not there; empty when all are.
        tables: Each table of the manifest as it is.
        definitions: Each view and routine, `dataset.name`, or None where there is none.
        databases: How each wanted database compares with its backup.
        buckets: What has to happen to each wanted bucket.
        present_buckets: Each of them that is made or set, and others of the run, by original name.
        observed_at: When it was looked at.
        missing: What views and routines that are gone read, and is neither there nor part of the
            recovery.
        undeleted: Datasets that this command tried to undelete, and whether they came back.
        unseen: What could not be looked at; it is nowhere else.
    """

    datasets: Mapping[str, Resource | None]
    tables: Mapping[str, ObservedTable]
    definitions: Mapping[str, Resource | None]
    observed_at: UtcTime
    originals: Mapping[str, Resource | None] = {}
    account: str = ""
    databases: Mapping[str, DatabaseState] = {}
    buckets: tuple[BucketPlan, ...] = ()
    present_buckets: Mapping[str, PresentBucket] = {}
    missing: tuple[TableRef, ...] = ()
    undeleted: Mapping[str, bool] = {}
    unseen: tuple[Unseen, ...] = ()
