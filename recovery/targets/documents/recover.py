"""Recovers databases one after the other: creates, writes, proves and tells how each ended."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from manifests import layout
from manifests.cloud.objects import Bucket
from manifests.documents import read_file
from manifests.errors import ManifestAlteredError, PartialError, ReboundError
from manifests.model import DatabaseBackup, Manifest
from recovery.compare import Finding
from recovery.compare.documents import DatabaseState
from recovery.journal import Journal
from recovery.outcome import DatabaseOutcome
from recovery.plan.documents import DatabaseStep
from recovery.progress import Progress
from recovery.targets.documents.database import REMOVED, DatabaseTarget
from recovery.targets.documents.done import Restored
from recovery.targets.documents.pace import Ramp, Unthrottled
from recovery.units import counted

_TOO_MANY_ENTRIES = "too many index entries"


class DatabaseRecovery:
    """The Firestore side of one recovery.

    Args:
        manifest: The manifest of the plan's run.
        begun_at: When the recovery began.
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
        begun_at: datetime,
        vault: Bucket,
        landing: Bucket,
        journal: Journal,
        parallel: int,
        progress: Progress,
    ) -> None:
        self._manifest = manifest
        self._begun_at = begun_at
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
            backup,
            self._project,
            step.into,
            vault=self._vault,
            parallel=self._parallel,
            rewrites=step.rewrites,
        )
        if step.create:
            self._progress(step.into, "creating")
            target.create()
        undo = _Undo(self._landing, self._journal.recovery_id, step.into)
        restored = target.restore(
            step,
            begun_at=self._begun_at,
            undo=undo.keep,
            removed_before=undo.removed(),
            pace=Unthrottled() if step.unthrottled else Ramp(),
            progress=self._counting(step, backup),
        )
        if step.sets:
            target.set()
        settings = target.settings_findings() if step.settings else ()
        earlier = self._journal.last_report()
        outcome = _outcome(
            step,
            restored,
            undo=undo.uri,
            earlier=None if earlier is None else earlier.database(step.into),
        )
        return outcome.model_copy(update={"findings": (*outcome.findings, *settings)})

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

    def removed(self) -> set[str]:
        """Return the paths of documents that earlier attempts removed, or were about to."""
        return {
            record.path
            for item in self._landing.list_objects(f"{self._folder}{REMOVED}")
            for record in read_file(self._landing.read(item.name) or b"", subject=item.name)
        }

    def keep(self, content: bytes, name: str) -> None:
        self._landing.put_if(
            f"{self._folder}{name}", content, generation=0, content_type="application/avro"
        )


def _outcome(
    step: DatabaseStep, restored: Restored, *, undo: str, earlier: DatabaseOutcome | None
) -> DatabaseOutcome:
    """Say how a database ended, with what earlier attempts of the same recovery did to it."""
    state = restored.state
    written = restored.written + (earlier.written if earlier else 0)
    states = {item.state for item in state.listed}
    left = {name: state.count(name) for name in sorted(states) if not step.is_kept(name)}
    listed = tuple(item for item in state.listed if step.is_kept(item.state))
    return DatabaseOutcome(
        database=step.database,
        into=step.into,
        action="restore" if step.create or written or restored.removed else "leave",
        written=written,
        removed=restored.removed,
        equal=state.count("equal"),
        kept=listed,
        kept_count=step.keeps(state),
        undo=undo,
        never_restored=tuple(step.never_restored),
        **_refusals(restored.refused),
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


def _refusals(refused: Mapping[str, str]) -> dict[str, Any]:
    """Say what Firestore refused; all else was written."""
    if not refused:
        return {}
    path, why = next(iter(sorted(refused.items())))
    hint = "`rebound resume` tries them again"
    if _TOO_MANY_ENTRIES in why:
        hint = (
            "the database lacks an index exemption that it had: "
            "`gcloud firestore indexes fields update` makes it, then resume"
        )
    return {
        "error": f"Firestore refused {counted(len(refused), 'document')}; first {path}: {why}",
        "hint": hint,
        "exit_code": PartialError.exit_code,
    }


def _newer_kept(step: DatabaseStep, state: DatabaseState) -> tuple[Finding, ...]:
    """Tell of documents of the backup that hold something else: kept, and not equal."""
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
