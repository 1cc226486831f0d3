"""What a plan and a report say about the platform's configuration, as rows. Pure."""

from collections.abc import Iterator, Sequence

from manifests.kinds.resources.model import ResourceBackup
from recovery.document import Alike, Command, ProofLine, Row
from recovery.kinds.resources.rules.steps import ConfigurationOutcome, ConfigurationStep
from recovery.kinds.rows import failure_rows, proven_of
from recovery.kinds.told import held_text
from recovery.units import counted, listed, shown, size


def held_resources(backup: ResourceBackup) -> str:
    """Say how many resources of a type a run holds, and what nobody can bring back of them."""
    files = counted(len(backup.objects), "file")
    return held_text(backup, size(backup.size_bytes), files, *_not_held(backup))


def _not_held(backup: ResourceBackup) -> Iterator[str]:
    if backup.not_held and backup.entries:
        yield f"{listed(backup.not_held)} NOT HELD: no API returns them"
    if backup.gone_images:
        yield f"{counted(len(backup.gone_images), 'image')} NOT THERE: {listed(backup.gone_images)}"
    if backup.unseen_images:
        number = counted(len(backup.unseen_images), "image")
        yield f"{number} of other registries UNKNOWN: {listed(backup.unseen_images)}"


def resource_rows(steps: Sequence[ConfigurationStep]) -> Iterator[Row]:
    """Tell what happens to each resource; those that are equal are counted."""
    equal = [
        step for step in steps if not (step.changes or step.differs or step.left or step.is_missing)
    ]
    for step in steps:
        if step not in equal:
            yield _resource_row(step)
    if equal:
        yield Row(f"{counted(len(equal), 'resource')}: already equal", "leave")


def _resource_row(step: ConfigurationStep) -> Row:
    below = [Row(shown(item.text), "differs") for item in step.differs]
    if step.permits and step.changes:
        below.append(Row(", ".join(map(shown, step.permits)), "permits"))
    below += [Row(shown(place), "rewritten") for place in step.rewritten]
    below += [Row(f"{shown(place)}: in a region that others leave", "stays") for place in step.left]
    below += [Row(f"{shown(value)}, which no backup has", "needs") for value in step.needs]
    if step.lacks:
        told = f"who asks lacks {listed(step.lacks)} on the project; `rebound doctor --side restore` tells more"
        below.append(Row(told, "CANNOT"))
    if step.unasked:
        told = f"whether who asks may make it: nobody could ask: {shown(step.unasked)}"
        below.append(Row(told, "UNKNOWN"))
    below += [
        Row(
            f"{shown(image)}: nobody looked whether it is there, in a registry that is not the project's",
            "runs",
        )
        for image in step.unlooked
    ]
    why = f"({step.why})" if step.why else ""
    return _row(step.type, step.own_name, why, step.action, below)


def _row(sort: str, name: str, why: str, state: str, below: Sequence[Row]) -> Row:
    text = " ".join(filter(None, (sort, shown(name), why)))
    return Row(text, state, below=tuple(below), alike=Alike(name, sort, why))


def resource_outcome_rows(outcomes: Sequence[ConfigurationOutcome]) -> Iterator[Row]:
    """Tell how each resource ended; those that were left and are equal are counted."""
    left = [
        item for item in outcomes if item.is_proven and item.action == "leave" and not item.left
    ]
    for item in outcomes:
        if item not in left:
            yield _outcome_row(item)
    if left:
        yield Row(f"{counted(len(left), 'resource')}  (leave)", "proven")


def _outcome_row(outcome: ConfigurationOutcome) -> Row:
    below = [*failure_rows(outcome)]
    below += [Row(shown(item.text)) for item in outcome.findings]
    below += [Row(f"rewritten {shown(place)}") for place in outcome.rewritten]
    below += [Row(f"stays in a region that others leave {shown(place)}") for place in outcome.left]
    stopped = ", stopped until a thaw" if outcome.resumes else ""
    name = outcome.into.rpartition("/")[2]
    return _row(outcome.type, name, f" ({outcome.action}{stopped})", outcome.state, below)


def proven_resources(
    outcomes: Sequence[ConfigurationOutcome], what: str
) -> Iterator[ProofLine | Command]:
    """Tell how many resources are proven, and what resumes those that were made stopped.

    Args:
        outcomes: How each ended.
        what: What they are.
    """
    yield from proven_of(outcomes, f"{what} proven equal to the backup", ())
    if stopped := sum(item.resumes for item in outcomes):
        yield Command("to resume", "rebound thaw", f"{counted(stopped, 'resource')} made stopped")
