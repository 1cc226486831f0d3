"""Recovers databases one after the other: creates, writes, proves and tells how each ended."""

from collections.abc import Callable

from manifests import layout
from manifests.cloud.objects import Bucket
from manifests.errors import ManifestAlteredError, ReboundError
from manifests.model import DatabaseBackup, Manifest
from recovery.compare import Finding
from recovery.compare.documents import DatabaseState
from recovery.journal import Journal
from recovery.outcome import DatabaseOutcome
from recovery.plan.documents import DatabaseStep
from recovery.progress import Progress
from recovery.targets.documents.database import DatabaseTarget
from recovery.targets.documents.pace import Ramp, Unthrottled


class DatabaseRecovery:
    """The Firestore side of one recovery.

    Args:
        manifest: The manifest of the plan's run.
        project: The project of the databases that are written.
        vault: Where the backup is.
        landing: Where undo points are kept.
        journal: What was done so far.
        parallel: Parts of one database in flight at once.
        progress: Told how far each database is.
    """

    def __init__(
        self,
        manifest: Manifest,
        project: str,
        *,
        vault: Bucket,
        landing: Bucket,
        journal: Journal,
        parallel: int,
        progress: Progress,
    ) -> None:
        self._manifest = manifest
        self._project = project
        self._vault = vault
        self._landing = landing
        self._journal = journal
        self._parallel = parallel
        self._progress = progress

    def recover(self, step: DatabaseStep) -> DatabaseOutcome:
        """Recover one database and prove it; a failure is part of the outcome."""
        try:
            outcome = self._recovered(step)
        except ReboundError as error:
            self._progress(step.into, "failed")
            return DatabaseOutcome(
                database=step.database,
                into=step.into,
                action="restore",
                error=str(error),
                hint=error.hint,
                exit_code=error.exit_code,
            )
        self._progress(step.into, outcome.stage)
        if outcome.is_proven:
            self._journal.record_database(outcome)
        return outcome

    def _recovered(self, step: DatabaseStep) -> DatabaseOutcome:
        backup = self._manifest.database(step.database)
        if backup is None:
            raise ManifestAlteredError(
                "the plan's database is not in the manifest", subject=step.database
            )
        target = DatabaseTarget(
            backup, self._project, step.into, vault=self._vault, parallel=self._parallel
        )
        if step.create:
            self._progress(step.into, "creating")
            target.create()
        undo = _Undo(self._landing, self._journal.recovery_id, step.into)
        state = target.restore(
            step,
            undo=undo.keep,
            pace=Unthrottled() if step.unthrottled else Ramp(),
            progress=self._counting(step, backup),
        )
        return _outcome(step, state, undo=undo.uri)

    def _counting(self, step: DatabaseStep, backup: DatabaseBackup) -> Callable[[int], None]:
        done = 0

        def count(documents: int) -> None:
            nonlocal done
            done += documents
            told = f"{done:,} of {backup.document_count:,} documents"
            self._progress(step.into, told, done / max(1, backup.document_count))

        return count


class _Undo:
    """Keeps what is about to be replaced or removed, in files named by their content."""

    def __init__(self, landing: Bucket, recovery_id: str, database_id: str) -> None:
        self._landing = landing
        self._folder = f"{layout.recovery_prefix(recovery_id)}undo/databases/{database_id}/"

    @property
    def uri(self) -> str:
        """Where the documents are, or nothing; an interrupted process may have kept them."""
        kept = any(True for _ in self._landing.list_objects(self._folder))
        return self._landing.uri(self._folder) if kept else ""

    def keep(self, content: bytes, name: str) -> None:
        self._landing.put_if(
            f"{self._folder}{name}", content, generation=0, content_type="application/avro"
        )


def _outcome(step: DatabaseStep, state: DatabaseState, *, undo: str) -> DatabaseOutcome:
    states = {item.state for item in state.listed}
    left = {name: state.count(name) for name in sorted(states) if not step.is_kept(name)}
    listed = tuple(item for item in state.listed if step.is_kept(item.state))
    return DatabaseOutcome(
        database=step.database,
        into=step.into,
        action="restore" if step.changes else "leave",
        written=step.writes,
        removed=step.removes,
        equal=state.count("equal"),
        kept=listed,
        kept_count=step.keeps(state),
        undo=undo,
        never_restored=tuple(step.never_restored),
        findings=tuple(
            Finding(
                subject=step.into,
                aspect=f"{name} documents",
                expected="none",
                actual=f"{count}: {_first_paths(state, name)}",
            )
            for name, count in left.items()
        )
        + _newer_kept(step, state),
    )


def _newer_kept(step: DatabaseStep, state: DatabaseState) -> tuple[Finding, ...]:
    """Tell of documents of the backup that hold something else: kept as asked, and not equal."""
    count = 0 if step.overwrite else state.count("newer")
    if not count:
        return ()
    finding = Finding(
        subject=step.into,
        aspect="documents changed after the recovery point",
        expected="as in the backup",
        actual=f"{count} kept; `--overwrite '{step.into}'` replaces them",
    )
    return (finding,)


def _first_paths(state: DatabaseState, name: str) -> str:
    paths = [item.path for item in state.listed if item.state == name]
    return ", ".join(paths[:5]) + (", ..." if len(paths) > 5 else "")  # noqa: PLR2004 - enough to begin with
