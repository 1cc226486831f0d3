"""Tells of decisions of the catalog that nobody answers for, and of those that soon hold no more. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from manifests.catalog import Catalog
from manifests.catalog_decisions import CatalogDecision, LeftOut, NotShown
from recovery.health import Health, HealthFinding
from recovery.units import counted, listed

DECISIONS = "decisions"
"""The check of findings of decisions."""
_WARNED = timedelta(days=30)
"""How long before its last day a decision is told of: what it covers has to be shown, or decided again."""


def unconfirmed_findings(catalog: Catalog, on: date) -> Iterator[HealthFinding]:
    """Tell how many decisions hold that no owner has confirmed: what is left by them is nobody's choice yet.

    Args:
        catalog: What is decided.
        on: The day.
    """
    every = (*catalog.drills.not_shown, *catalog.left_out)
    if nobodys := [it for it in every if it.holds(on) and not it.is_confirmed]:
        what = f"{counted(len(nobodys), 'decision')} nobody has confirmed"
        mend = "`rebound doctor` says how to confirm them"
        yield HealthFinding(DECISIONS, "", Health.WARNING, what, mend)


def lapsing_findings(catalog: Catalog, on: date) -> Iterator[HealthFinding]:
    """Tell which decisions hold no more in thirty days, where no other one holds longer.

    Args:
        catalog: What is decided.
        on: The day.
    """
    rule, unneeded = catalog.drills, catalog.unneeded_decisions
    for decision in _ending(rule.not_shown, on):
        parts = [it for it in decision.parts if rule.accepts(it, decision.until) is decision]
        if left := [it for it in parts if it not in unneeded]:
            what = f"{counted(len(left), 'part')} that no drill shows: {listed(left)}"
            mend = (
                "a recovery into an empty project shows them; or decide again in `drills.not_shown`"
            )
            yield _finding(decision, what, mend)
    for omitted in _ending(catalog.left_out, on):
        others = [it for it in catalog.left_out if it.until > omitted.until]
        if names := [it for it in omitted.names if not _is_renewed(omitted.kind, it, others)]:
            what = f"what is in no backup: {counted(len(names), omitted.kind)}: {listed(names)}"
            mend = "name it in the catalog, so that it is backed up; or decide again in `left_out`"
            yield _finding(omitted, what, mend)


def _ending[D: (NotShown, LeftOut)](decisions: Iterable[D], on: date) -> Iterator[D]:
    return (it for it in decisions if it.holds(on) and it.until - on <= _WARNED)


def _is_renewed(kind: str, name: str, others: Iterable[LeftOut]) -> bool:
    return any(it.is_about(kind, name) for it in others)


def _finding(decision: CatalogDecision, what: str, mend: str) -> HealthFinding:
    told = f"{decision.told} lapses then, about {what}"
    return HealthFinding(
        DECISIONS,
        "",
        Health.WARNING,
        told,
        f"{mend}, with a later day and the name of who answers for it",
    )
