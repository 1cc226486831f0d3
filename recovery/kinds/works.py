"""How each kind is looked at and recovered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from manifests.kind import Backup, KindName
from manifests.parts import PARTS, kind_of
from recovery.kinds.buckets.cloud.contents import verify_buckets
from recovery.kinds.buckets.cloud.work import BucketWork
from recovery.kinds.completions.cloud.work import CompletionsWork
from recovery.kinds.databases.cloud.stored import verify_databases
from recovery.kinds.databases.cloud.work import DatabaseWork
from recovery.kinds.resources.cloud.stored import verify_resources
from recovery.kinds.resources.cloud.work import FoundationWork, ResourceWork
from recovery.kinds.tables.cloud.stored import verify_tables
from recovery.kinds.tables.cloud.work import TableWork
from recovery.kinds.work import Tools, Work
from recovery.request import Target
from recovery.scenarios import RecoveryKind
from recovery.stored import Reading
from recovery.verify import Verdict

WORKS: Mapping[RecoveryKind, Callable[[Tools, Target], Work[Any]]] = {
    "tables": TableWork,
    "buckets": BucketWork,
    "databases": DatabaseWork,
    "completions": CompletionsWork,
    "foundations": FoundationWork,
    "resources": ResourceWork,
}

VERIFY: Mapping[KindName, Callable[[Sequence[Any], Reading], Verdict]] = {
    "tables": verify_tables,
    "databases": verify_databases,
    "buckets": verify_buckets,
    "resources": verify_resources,
}


def verify_parts(parts: Sequence[Backup], reading: Reading) -> Verdict:
    """Compare what is stored of some parts of a run with what it says of them; nothing live is asked."""
    verdict = Verdict()
    for kind in PARTS:
        if own := [part for part in parts if kind_of(part) is kind]:
            verdict = verdict.with_more(VERIFY[kind.name](own, reading))
    return verdict
