"""The one list of the kinds that can be brought back. A new one is a folder and a line here. Pure."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field

from recovery.kinds.buckets.rules.kind import BucketRules
from recovery.kinds.completions.rules.kind import CompletionsRules
from recovery.kinds.databases.rules.kind import DatabaseRules
from recovery.kinds.kind import Rules
from recovery.kinds.outcome import Outcome
from recovery.kinds.resources.rules.kind import FoundationRules, ResourceRules
from recovery.kinds.step import Step
from recovery.kinds.tables.rules.kind import TableRules
from recovery.scenarios import RecoveryKind

RULES: tuple[Rules[Any], ...] = (
    TableRules(),
    BucketRules(),
    DatabaseRules(),
    CompletionsRules(),
    FoundationRules(),
    ResourceRules(),
)


def rules_of(kinds: Sequence[RecoveryKind]) -> tuple[Rules[Any], ...]:
    """Return the rules of some kinds, in their order."""
    known = {rules.kind: rules for rules in RULES}
    return tuple(known[kind] for kind in kinds)


def _tagged(classes: Iterable[type[BaseModel]]) -> object:
    """Return the union of some classes, told apart by what they are about."""
    return Annotated[reduce(or_, classes), Field(discriminator="kind")]


if TYPE_CHECKING:
    type AnyStep = Step
    type AnyOutcome = Outcome
else:
    AnyStep = _tagged(item for rules in RULES for item in rules.steps)
    AnyOutcome = _tagged(item for rules in RULES for item in rules.outcomes)
