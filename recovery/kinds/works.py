"""What looks at each kind and recovers it: found beside the rules of the kind, which `known` lists.

What decides imports the list, and must not import what talks to Google. So the list names rules only,
and the class of `Work` is found by its name: `recovery.kinds.buckets.cloud.work.BucketWork` belongs to
`recovery.kinds.buckets.rules.kind.BucketRules`.
"""

from collections.abc import Mapping, Sequence
from pkgutil import resolve_name
from typing import Any

from manifests.kind import Backup
from manifests.parts import PARTS, kind_of
from recovery.kinds.kind import Rules
from recovery.kinds.known import RULES
from recovery.kinds.work import Work
from recovery.scenarios import RecoveryKind
from recovery.stored import Reading
from recovery.verify import Verdict


def _work_beside(rules: Rules[Any]) -> type[Work[Any]]:
    decides = type(rules)
    module = decides.__module__.replace(".rules.kind", ".cloud.work")
    found: type[Work[Any]] = resolve_name(f"{module}:{decides.__name__.replace('Rules', 'Work')}")
    return found


WORKS: Mapping[RecoveryKind, type[Work[Any]]] = {rules.kind: _work_beside(rules) for rules in RULES}


def verify_parts(parts: Sequence[Backup], reading: Reading) -> Verdict:
    """Compare what is stored of some parts of a run with what it says of them; nothing live is asked."""
    verdict = Verdict()
    for kind in PARTS:
        if own := [part for part in parts if kind_of(part) is kind]:
            verdict = verdict.with_more(WORKS[kind.name].verify(own, reading))
    return verdict
