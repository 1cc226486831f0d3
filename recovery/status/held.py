"""Tells what of the project no run holds, and what of that somebody decided. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from manifests.catalog_decisions import LeftOut, left_out_by
from manifests.model.run import Manifest
from recovery.health import Health, HealthFinding
from recovery.plan.lost import left_out_text, unprotected_text
from recovery.status.model import Status
from recovery.units import counted, listed

IMAGES = "images"
PROTECTED = "protected"
"""The check of findings of what no run holds."""


def left_out(newest: Manifest | None, decisions: Iterable[LeftOut], on: date) -> Iterator[str]:
    """Tell what of the project is in no run by somebody's decision, and by whose."""
    for item in () if newest is None else newest.unprotected:
        for decision, names in left_out_by(decisions, item.kind, item.names, on=on).by.items():
            yield left_out_text(decision, item.kind, names)


def held_findings(status: Status) -> Iterator[HealthFinding]:
    """Tell what of the project the newest complete run does not hold, and by whose decision; or that it holds all."""
    lacking = [item for item in status.others if item.check == PROTECTED]
    yield from lacking
    for told in status.left_out:
        yield HealthFinding(PROTECTED, "", Health.HEALTHY, f"in no backup: {told}")
    if not lacking and not status.left_out:
        what = "the newest complete run holds everything that there is"
        yield HealthFinding(PROTECTED, "", Health.HEALTHY, what)


def unprotected_findings(
    newest: Manifest | None, decisions: Sequence[LeftOut], on: date
) -> Iterator[HealthFinding]:
    """Tell what the newest run says it does not hold, but for what somebody decided to leave out.

    Args:
        newest: The run; None where there is none.
        decisions: Those of the catalog.
        on: The day.
    """
    if newest is None:
        return
    mend = "name it in the catalog, or decide in its `left_out` that it is in no backup"
    for found in newest.unprotected:
        names = tuple(left_out_by(decisions, found.kind, found.names, on=on).others)
        fewer = len(found.names) - len(names)
        item = found.model_copy(update={"names": names, "count": found.count - fewer})
        if what := unprotected_text(item):
            health = Health.UNKNOWN if item.unknown else Health.WARNING
            yield HealthFinding(PROTECTED, f"{item.kind}s", health, what, mend)
    for dataset in newest.datasets:
        if dataset.unprotected:
            what = f"{counted(len(dataset.unprotected), 'table')}: {listed(dataset.unprotected)}"
            subject = f"dataset {dataset.dataset_id}"
            yield HealthFinding(PROTECTED, subject, Health.WARNING, f"not protected: {what}", mend)
    if newest.gone_images:
        number = counted(len(newest.gone_images), "image")
        what = (
            f"{number} gone, and what runs one cannot be made again: {listed(newest.gone_images)}"
        )
        mend = f"push it again, or deploy with another; `rebound show {newest.run_id}` names each"
        yield HealthFinding(IMAGES, "", Health.WARNING, what, mend)
    for lack in newest.lacking:
        what = f"run {newest.run_id} lacks it: {lack.message}"
        yield HealthFinding(PROTECTED, lack.part, Health.WARNING, what)
