"""Recovers one database: creates it, writes its documents, proves them and tells how it ended."""

from collections.abc import Callable
from datetime import datetime

from manifests.cloud.objects import Bucket
from manifests.cloud.rest import Rest
from manifests.erasures import Erasures
from manifests.errors import ManifestAlteredError, ReboundError
from manifests.kinds.databases.kind import DATABASES
from manifests.kinds.databases.model import DatabaseBackup
from manifests.model.run import Manifest
from recovery.compare.documents import DatabaseState
from recovery.compare.findings import Finding
from recovery.firestore.throttle import Throttled, Unthrottled
from recovery.kinds.databases.cloud.database import DatabaseTarget
from recovery.kinds.databases.cloud.done import RestoredDatabase
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.databases.rules.outcomes import FOLDER, DatabaseOutcome
from recovery.kinds.documents import refused_documents
from recovery.kinds.former import FOLDER as FORMER
from recovery.kinds.former import former_name
from recovery.kinds.former_documents import FormerDocuments
from recovery.kinds.outcome import Failure
from recovery.kinds.work import Running


class DatabaseRecovery:
    """The Firestore side of one recovery.

    Args:
        manifest: The manifest of the plan's run.
        rest: Calls the Firestore Admin API.
        vault: Where the backup is.
        landing: The bucket where undo points are kept.
        parallel: Parts of one database in flight at once.
        erased: What stays erased.
        now: The present instant.
        running: The recovery.
    """

    def __init__(
        self,
        manifest: Manifest,
        *,
        rest: Rest,
        vault: Bucket,
        landing: Bucket,
        parallel: int,
        erased: Erasures,
        now: datetime,
        running: Running,
    ) -> None:
        self._erased = erased
        self._now = now
        self._manifest = manifest
        self._rest = rest
        self._vault = vault
        self._landing = landing
        self._parallel = parallel
        self._running = running
        self._progress = running.progress

    def recover(self, step: DatabaseStep) -> DatabaseOutcome:
        """Recover one database and prove it; a failure is part of the outcome."""
        try:
            outcome = self._recovered(step)
        except ReboundError as error:
            self._progress(step.into, "failed")
            failure = Failure.of(error).model_copy(update={"message": str(error)})
            return DatabaseOutcome(
                name=step.name, into=step.into, action="restore", failure=failure
            )
        self._progress(step.into, outcome.stage)
        if outcome.is_proven:
            self._running.journal.record(FOLDER, outcome.into, outcome)
        return outcome

    def _recovered(self, step: DatabaseStep) -> DatabaseOutcome:
        backup = self._manifest.part(DATABASES, step.name)
        if backup is None:
            raise ManifestAlteredError(
                "the plan's database is not in the manifest", subject=step.name
            )
        target = DatabaseTarget(
            backup,
            self._running.request.target.project,
            step.into,
            rest=self._rest,
            vault=self._vault,
            parallel=self._parallel,
            rewrites=step.rewrites,
            erased=self._erased.documents(step.name),
        )
        if step.create:
            self._progress(step.into, "creating")
            target.settings.create()
        former = target.settings.former() if step.sets else None
        if former is not None:
            # Set before documents are written: a time to live may delete one, an index refuse one.
            journal, name = self._running.journal, former_name(step.kind, step.into)
            journal.keep(FORMER, name, former)
            target.settings.set_indexes(step.settings)
        undo = FormerDocuments(
            self._landing, self._running.journal, self._running.recovery_id, step.into
        )
        restored = target.restore(
            step,
            begun_at=self._running.started_at,
            kept=undo,
            removed_before=set(undo.removed()),
            throttle=Unthrottled() if step.unthrottled else Throttled(),
            now=self._now,
            advance=self._counting(step, backup),
        )
        if former is not None:
            target.settings.set(former.resource or {}, step.settings)
        settings = target.settings.findings() if step.compares or step.create else ()
        outcome = _outcome(step, restored, undo=undo.uri)
        return outcome.model_copy(update={"findings": (*outcome.findings, *settings)})

    def _counting(self, step: DatabaseStep, backup: DatabaseBackup) -> Callable[[int], None]:
        done = 0

        def count(documents: int) -> None:
            nonlocal done
            done += documents
            told = f"{done:,} of {backup.document_count:,} documents"
            self._progress(step.into, told, done / max(1, backup.document_count))

        return count


def _outcome(step: DatabaseStep, restored: RestoredDatabase, *, undo: str) -> DatabaseOutcome:
    """Return the outcome of a database, with what earlier attempts of the same recovery did to it."""
    state, written = restored.state, restored.written
    states = {item.state for item in state.listed}
    left = {name: state.count(name) for name in sorted(states) if not step.is_kept(name)}
    listed = tuple(item for item in state.listed if step.is_kept(item.state))
    return DatabaseOutcome(
        name=step.name,
        into=step.into,
        action="restore" if step.create or written or restored.removed else "leave",
        written=written,
        removed=restored.removed,
        equal=state.count("equal"),
        erased=state.count("erased"),
        expired=state.count("expired"),
        expiring=restored.expiring,
        kept=listed,
        kept_count=step.keeps(state),
        left_count=step.leaves(state),
        undo=undo,
        ephemeral=tuple(step.ephemeral),
        failure=refused_documents(restored.refused),
        findings=tuple(
            Finding(
                subject=step.into,
                aspect=f"{name} documents",
                expected="none",
                actual=f"{count}: {_first_paths(state, name)}",
            )
            for name, count in left.items()
        )
        + _newer_kept(step, state)
        + tuple(
            Finding(
                subject=step.into,
                aspect=f"documents past their time, by {name}",
                expected="none",
                actual=f"{count}: it was set since the plan, and deletes them again",
            )
            for name, count in restored.untold.items()
        ),
    )


def _newer_kept(step: DatabaseStep, state: DatabaseState) -> tuple[Finding, ...]:
    """Tell of documents that were kept and are not equal to the backup."""
    kept = {
        "documents changed after the recovery point": (
            0 if step.overwrite or step.only_missing else state.count("newer"),
            f"`--overwrite '{step.into}'` replaces them",
        ),
        "documents changed since the recovery began": (
            state.count("later"),
            "a new plan shows them as they are",
        ),
    }
    return tuple(
        Finding(
            subject=step.into,
            aspect=aspect,
            expected="as in the backup",
            actual=f"{count} kept; {advice}",
        )
        for aspect, (count, advice) in kept.items()
        if count
    )


def _first_paths(state: DatabaseState, name: str) -> str:
    paths = [item.path for item in state.listed if item.state == name]
    return ", ".join(paths[:5]) + (", ..." if len(paths) > 5 else "")  # noqa: PLR2004 - enough to begin with
