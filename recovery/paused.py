"""What fences have paused, as far as something beside their records bears it out."""

from collections.abc import Callable, Collection, Iterable, Mapping

from manifests.cloud.configuration import Configuration
from manifests.errors import BackupDamagedError, ReboundError, RefusedError, UsageError
from manifests.kinds.resources.table import resource_type
from manifests.values import Resource
from recovery.fence.doubts import doubts, projects_of
from recovery.fence.model import FenceRecord
from recovery.fence.work import Fencing
from recovery.kinds.resources.rules.steps import FOLDER, ConfigurationOutcome
from recovery.session import Session

type Tell = Callable[[str], None]


def fencing_of(session: Session) -> Fencing:
    """Return what pauses and resumes the writers of the project."""
    rest = session.tools.rest()
    return Fencing(Configuration(rest, session.settings.project))


def doubted(
    session: Session,
    record: FenceRecord,
    present: Mapping[str, Resource | None],
    alone: Collection[str] = (),
) -> dict[str, str]:
    """Return the writers of a fence that nothing but its record confirms: by name, each with the reason.

    Args:
        session: The clients.
        record: The fence.
        present: Its writers as they are.
        alone: The names of those that only one of its two records has.

    Raises:
        CloudError: The project's number, or its triggers of Eventarc, could not be asked for.
    """
    rule = session.catalog.fence
    projects = {session.settings.project}
    if projects_of(record) - projects:
        projects.add(fencing_of(session).project_number())
    made = _made(session, record) if record.is_made else frozenset()
    if rule is not None:
        made |= fencing_of(session).carriers(rule)
    return doubts(record, present, rule, projects=projects, made=made, alone=alone)


def _made(session: Session, record: FenceRecord) -> frozenset[str]:
    """Return the names of what the recovery of a fence makes; of none where its plan is not there.

    What its service names is in the journal alone, when it is made.
    """
    journal = session.journal(record.recovery_id)
    try:
        planned = journal.planned()
        ended = journal.entries(FOLDER, ConfigurationOutcome)
    except (BackupDamagedError, RefusedError, UsageError):
        return frozenset()
    made = {step.into for step in planned.plan.steps if step.changes}
    return frozenset(made | {item.into for item in ended if item.action == "create"})


def paused_by(session: Session, recovery_id: str, tell: Tell) -> frozenset[str]:
    """Return the full names of the writers that a recovery paused, by its fences that stand.

    Args:
        session: The clients.
        recovery_id: The recovery.
        tell: Told what only the record of a fence names: that is none of them.

    Raises:
        CloudError: A writer could not be looked at.
    """
    own = own_fences(session, session.tools.fences.readable(), recovery_id, tell)
    return frozenset(writer.name for item in own for writer in item.writers)


def own_fences(
    session: Session, standing: Iterable[FenceRecord], recovery_id: str, tell: Tell
) -> list[FenceRecord]:
    """Return what a recovery paused, with the writers that something else bears out.

    Args:
        session: The clients.
        standing: The fences that stand.
        recovery_id: The recovery.
        tell: Told what only the record of a fence names: that is left alone.

    Raises:
        CloudError: A writer could not be looked at.
    """
    own = (item for item in standing if item.recovery_id == recovery_id and not item.is_made)
    return [_borne_out(session, item, tell) for item in own if item.writers]


def require_paused(session: Session, paused: Iterable[FenceRecord], failure: ReboundError) -> None:
    """Refuse to go on where a writer runs again: a thaw that looked before a fence began can resume it behind it.

    Args:
        session: The clients.
        paused: The fences whose writers were paused.
        failure: What it means for whoever waits; why is added.

    Raises:
        CloudError: One could not be looked at.
        ReboundError: The failure.
    """
    fencing = fencing_of(session)
    for record in paused:
        present = fencing.present(record)
        for writer in record.writers:
            found = present[writer.name]
            if found is not None and resource_type(writer.type).pause_by(writer.field).runs(found):
                failure.message += f": {writer.name} was paused, and runs again"
                failure.hint = "find out who resumed it; the same again pauses it again"
                raise failure


def _borne_out(session: Session, record: FenceRecord, tell: Tell) -> FenceRecord:
    """Return a fence with the writers that something else bears out; the others are left alone."""
    strange = doubted(session, record, fencing_of(session).present(record))
    if not strange:
        return record
    for name, why in strange.items():
        tell(f"left alone: {name}: {why}")
    writers = tuple(item for item in record.writers if item.name not in strange)
    return record.model_copy(update={"writers": writers})
