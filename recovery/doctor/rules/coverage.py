"""Compares the catalog with the project: each has to name what the other has. Pure."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path

from manifests.catalog import Catalog
from manifests.catalog_decisions import SHIPPED, LeftOut, confirming, left_out_by
from manifests.kinds.tables.kind import TABLES
from recovery.doctor.rules.problem import Problem, fine, warning
from recovery.lapsing import lapsing_findings, unconfirmed_findings
from recovery.plan.lost import left_out_text
from recovery.units import counted, listed

_RECOVERS = "rebound plan bigquery-dataset-loss"
_NAMES = "name it in the catalog, manifests/catalog.json"


def table_problems(
    found: tuple[Collection[str], Collection[str]], dataset_id: str, *, catalog: Catalog
) -> Iterator[Problem]:
    """Tell what of a protected dataset is gone, and what of it nobody protects.

    Args:
        found: The ids of everything in the dataset, and of what of it is no view.
        dataset_id: The dataset.
        catalog: What is protected.
    """
    there, own = found
    for entry in catalog.tables:
        if entry.dataset_id != dataset_id or entry.table_id in there:
            continue
        is_required = entry.backup == "required"
        what = f"table {entry.table} is gone"
        mend = f"{_RECOVERS} --table {entry.table}"
        yield Problem(what, mend) if is_required else warning(what, mend)
    left_out = {
        table_id
        for entry in catalog.datasets
        if entry.dataset == dataset_id
        for table_id in own
        if not entry.covers(f"{dataset_id}.{table_id}")
    }
    unprotected = sorted(
        table_id
        for table_id in set(own) - left_out
        if not catalog.protects(TABLES, f"{dataset_id}.{table_id}")
    )
    if unprotected:
        what = f"{counted(len(unprotected), 'table')} of it nobody protects: {listed(unprotected)}"
        yield warning(what, _NAMES)
    if left_out:
        what = f"{counted(len(left_out), 'table')} of it: {listed(sorted(left_out))}"
        yield fine(f"in no backup, as `exclude` in the catalog says: {what}")


def decision_problems(
    catalog: Catalog, *, on: date, catalog_file: Path = SHIPPED
) -> Iterator[Problem]:
    """Tell of decisions about what a drill shows, which change nothing, of nobody's, and of those that soon lapse.

    Args:
        catalog: What is decided.
        catalog_file: Where that is written.
        on: The day.
    """
    if unneeded := catalog.unneeded_decisions:
        what = f"`drills.not_shown` in the catalog is about what a drill shows: {listed(unneeded)}"
        mend = "take it out of `drills.not_shown`; `rebound drill --due` shows that it restores"
        yield warning(f"{what}; that decision changes nothing", mend)
    for item in unconfirmed_findings(catalog, on):
        again = "NAME answers for them; they hold until the day that is said there"
        yield warning(f"{item.what}: see `rebound status`; {again}", confirming(catalog_file))
    for item in lapsing_findings(catalog, on):
        yield warning(item.what, item.mend)


def unnamed_problems(
    there: Collection[str],
    noun: str,
    *,
    named: Collection[str],
    decisions: Sequence[LeftOut] = (),
    on: date,
) -> Iterator[Problem]:
    """Tell which datasets, buckets or databases nobody protects, and which by whose decision.

    Args:
        there: Those of the project.
        noun: What one of them is called.
        named: Those that the catalog names, and our own.
        decisions: What is left out, of the catalog.
        on: The day: a decision ends.
    """
    found = left_out_by(decisions, noun, sorted(set(there) - set(named)), on=on)
    if others := found.others:
        yield warning(f"nobody protects {counted(len(others), noun)}: {listed(others)}", _NAMES)
    for decision, names in found.by.items():
        yield fine(f"in no backup: {left_out_text(decision, noun, names)}")
