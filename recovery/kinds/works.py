"""How each kind is looked at and recovered."""

from collections.abc import Callable, Mapping
from typing import Any

from recovery.kinds.buckets.cloud.work import BucketWork
from recovery.kinds.completions.cloud.work import CompletionsWork
from recovery.kinds.databases.cloud.work import DatabaseWork
from recovery.kinds.resources.cloud.work import FoundationWork, ResourceWork
from recovery.kinds.tables.cloud.work import TableWork
from recovery.kinds.work import Tools, Work
from recovery.request import Target
from recovery.scenarios import RecoveryKind

WORKS: Mapping[RecoveryKind, Callable[[Tools, Target], Work[Any]]] = {
    "tables": TableWork,
    "buckets": BucketWork,
    "databases": DatabaseWork,
    "completions": CompletionsWork,
    "foundations": FoundationWork,
    "resources": ResourceWork,
}
