"""What a recovery has done, written into the landing bucket so that another operator can go on.

    tables/<table>.json                        one table is published
    databases/<id>.json                        one database is written and proven
    buckets/<bucket>/<number>.json             what was written to one key range, now proven
    before/<kind> <name>.json                  what a thing was before it was written
    before/<kind> <name>.json~<mark>.json      the same, where somebody else wrote in its place
    before/objects/<bucket>/<digest>.json      objects whose metadata alone is set
    before/aside/<bucket>/<digest>.json        copies of objects whose content is about to go
    before/documents/<database>/<digest>.json  a file of documents that are about to be written over
    alone/<time>.json                          what was paused when an attempt ran processors again
    left/<time>.json                           what tables held when processors had run again
    granted/view <name>.json                   what was granted on a view that is deleted to be made again
    granted-undoing/view <name>.json           the same, where an undo deletes it
    undone/<time>.json                         how an undo ended

Each is below the folder of the recovery, where `manifests.journal_layout` says what else is.

Each is signed where the operator has a key, and read only if it is believed.

An entry is a hint. Nothing is skipped because of it: the destination is looked at again.
"""

from collections.abc import Iterator
from datetime import datetime

from manifests import layout
from manifests.cloud.recoveries import attempts_ended, recoveries_begun
from manifests.errors import (
    BackupDamagedError,
    ManifestAlteredError,
    RefusedError,
    StrangeObjectError,
    UsageError,
)
from manifests.json_text import parsed
from manifests.signing import Trust
from manifests.store.decoded import STRANGE_HINT
from manifests.store.envelope import opened
from manifests.values import Value
from recovery.entries import JournalEntries
from recovery.outcome import AbandonedRecovery, PlannedRecovery, RecoveryReport, contradiction
from recovery.units import meant
from recovery.within import Within

_MOST_NAMED = 20


class Journal(JournalEntries):
    """The journal of one recovery of what was backed up."""

    def begin(self, recovery: PlannedRecovery) -> None:
        """Write the plan, once.

        Raises:
            RefusedError: Another one is there.
        """
        name = self._names.plan
        ours = self._seal.encode(recovery, subject=name)
        if self._bucket.put_once(name, ours) != ours:
            raise RefusedError("another plan is there already", subject=name, hint="plan again")
        self._is_new = True

    def planned(self) -> PlannedRecovery:
        """Return the plan of a recovery that was begun.

        Raises:
            UsageError: There is no such recovery.
            RefusedError: An older version of Rebound began it.
            BackupDamagedError: It cannot be read, is another's, or nobody we trust signed it.
        """
        name, content = self._names.plan, self.require()
        if _is_older(content):
            raise RefusedError(
                "an older version of Rebound began it, and only that one can continue it",
                subject=self.recovery_id,
                hint=f"`rebound abandon {self.recovery_id} --why ...` closes it; then begin another",
            )
        planned = self._seal.believed(content, PlannedRecovery, subject=name)
        begun_at = layout.recovery_begun_at(self.recovery_id)
        if (planned.recovery_id, planned.started_at.replace(microsecond=0)) != (
            self.recovery_id,
            begun_at,
        ):
            raise ManifestAlteredError("it is the plan of another recovery", subject=name)
        return self._measured(planned)

    def require(self) -> bytes:
        """Return the stored plan of a recovery that was begun.

        Raises:
            UsageError: There is no such recovery.
        """
        content = self._bucket.read(self._names.plan)
        if content is None:
            begun = recoveries_begun(self._bucket).ids
            known = ", ".join(begun[-_MOST_NAMED:]) or "none"
            raise UsageError(
                f"no such recovery; there are: {known}",
                subject=self.recovery_id,
                hint=f"{meant(self.recovery_id, begun)}`rebound report` lists them",
            )
        return content

    def written_at(self) -> datetime:
        """Return when the plan was written, on Cloud Storage's clock; the plan itself is not read again.

        Raises:
            UsageError: There is no such recovery.
        """
        name = self._names.plan
        for listed in self._bucket.list_dated(name):
            if listed.name == name:
                return listed.written_at
        raise UsageError("its plan is gone", subject=self.recovery_id)

    def during(self, ended_at: datetime) -> "Journal":
        """Return the journal as it was when the recovery ended, where nobody signed it.

        What was written before or since is logged and left out.

        Args:
            ended_at: When the recovery ended.

        Raises:
            StrangeObjectError: Its plan was not written while it ran.
        """
        journal = Journal(self._bucket, self.recovery_id, self._seal, self._objectives)
        if not self._seal.is_checking:
            since = layout.recovery_begun_at(self.recovery_id)
            journal._source = Within(self._bucket, since, ended_at)
            journal._source.read(self._names.plan, most_bytes=1)
        return journal

    def trust(self) -> Trust:
        """Return whether the plan is from whom it should be."""
        content, name = self.require(), self._names.plan
        return self._seal.trust(opened(content, subject=name), subject=name)

    def abandon(self, abandoned: AbandonedRecovery) -> AbandonedRecovery:
        """Write that an operator closed the recovery; an earlier record stays and is returned."""
        return self._written(self._names.abandoned, abandoned)

    def abandoned(self) -> AbandonedRecovery | None:
        """Return that an operator closed the recovery, or None."""
        found = self._readable(self._names.abandoned, AbandonedRecovery)
        return found and found[0]

    def end(self, report: RecoveryReport) -> RecoveryReport:
        """Write how an attempt ended, and return what is written then.

        An attempt that proved everything writes the report, once: an earlier report stays.

        Raises:
            StrangeObjectError: What somebody else wrote lies there, and nobody could tell it from ours.
        """
        return self._end_once(report, lambda name: self._measured(self._written(name, report)))

    def _written[Written: Value](self, name: str, document: Written) -> Written:
        """Write a document, once, and return what is written then."""
        ours = self._seal.encode(document, subject=name)
        content = self._bucket.put_once(name, ours)
        if content != ours and self._is_new:
            raise StrangeObjectError(
                "it lay there before the recovery ended", subject=name, hint=STRANGE_HINT
            )
        return self._seal.believed(content, type(document), subject=name)

    def report(self) -> RecoveryReport | None:
        """Return the report, or None when not everything is proven."""
        found = self.dated_report()
        return found[0] if found and found[0].is_proven else None

    def last_report(self) -> RecoveryReport | None:
        """Return the report, else that of the last attempt, or None when none has ended."""
        found = self.dated_report()
        return found and found[0]

    def dated_report(
        self, planned: PlannedRecovery | None = None
    ) -> tuple[RecoveryReport, datetime] | None:
        """Return how the recovery, or its last attempt, ended, and when that was written.

        A report that cannot be read, or contradicts the plan, is ignored.

        Args:
            planned: The plan, where it was read already.
        """
        try:
            planned = planned or self.planned()
        except (BackupDamagedError, RefusedError, UsageError):
            return None
        return next(self.dated_reports(planned), None)

    def dated_reports(self, planned: PlannedRecovery) -> Iterator[tuple[RecoveryReport, datetime]]:
        """Yield how each attempt at the recovery ended, and when that was written, the last one first.

        A report that cannot be read, or contradicts the plan, is left out: somebody else can have written it.

        Args:
            planned: The plan.
        """
        for name in (self._names.report, *reversed(self._attempts())):
            found = self._readable(name, RecoveryReport)
            if found is not None and not contradiction(planned, *found):
                yield self._measured(found[0]), found[1]

    def _measured[Of: (PlannedRecovery, RecoveryReport)](self, found: Of) -> Of:
        """Return what was written, held against the objective of the catalog."""
        return self._measured_by(found, found.plan.request.scenario)

    def problem(self) -> str:
        """Return why the stored report is not believed; empty where it is."""
        found = self._readable(self._names.report, RecoveryReport)
        return contradiction(self.planned(), *found) if found else ""

    def ended_before(self) -> bool:
        """Whether an attempt has ended that an older version of Rebound made: it is not read."""
        names = (self._names.report, *self._attempts())
        return any(_is_older(self._bucket.read(name) or b"") for name in names)

    def _attempts(self) -> list[str]:
        return attempts_ended(self._bucket, self.recovery_id)

    def _readable[Written: Value](
        self, name: str, kind: type[Written]
    ) -> tuple[Written, datetime] | None:
        """Return what was written of how the recovery ended, and when, or None where it cannot be read.

        Who writes here could otherwise stop every command that looks for what is under way.
        """
        try:
            found = self._bucket.read_dated(name)
            return found and (
                self._seal.believed(found.content, kind, subject=name),
                found.written_at,
            )
        except BackupDamagedError:
            return None


def _is_older(content: bytes) -> bool:
    """Whether a plan or report was written when each kind had a list of its own in it."""
    try:
        plan = parsed(content)["document"]["plan"]
    except (ValueError, TypeError, KeyError):
        return False
    return isinstance(plan, dict) and "steps" not in plan and "tables" in plan
