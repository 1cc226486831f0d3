"""A drill from its first look to its record: the phases one after the other, and what each showed."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import starmap

from manifests import layout
from manifests.cloud.configuration import Configuration
from manifests.drill_layout import DRILLED
from manifests.errors import CloudError, ReboundError, RefusedError
from manifests.journal_layout import JournalNames
from manifests.model.drill import Control
from manifests.model.proof import ProofHow
from recovery.drill.cleaning import Cleaning
from recovery.drill.damage import planted_controls
from recovery.drill.looks import differences_of, in_the_way
from recovery.drill.lost import written_since
from recovery.drill.model import DrilledPart, DrillJob, DrillRecord, DrillVerdict, PhaseName
from recovery.drill.parts import drilled_parts, not_looked_at, with_since
from recovery.drill.prepared import Prepared
from recovery.drill.rules import measured, verdict
from recovery.drill.store import drills_of
from recovery.drill.tasks import Task
from recovery.fence.rules import planned_fence
from recovery.fence.work import Fencing
from recovery.journal import Journal
from recovery.kinds.works import verify_parts
from recovery.operator import Operator
from recovery.outcome import AbandonedRecovery, PlannedRecovery, RecoveryReport
from recovery.plan.model import Plan
from recovery.plan.unread import unread
from recovery.progress import Progress
from recovery.running import execute, remember
from recovery.stored import Reading

_MOST_JOBS = 1000
_LONGEST_STATEMENT = 1000


class Drill:
    """One drill under way.

    Args:
        prepared: What it is to show; nothing of it is made yet.
        progress: Told how far each thing is.
    """

    def __init__(self, prepared: Prepared, progress: Progress) -> None:
        self._session = prepared.session
        self._watch = prepared.watch
        self._places = prepared.places
        self._begun = prepared.begun
        self._prepared = prepared
        self._progress = progress
        self._cleaning = Cleaning(self._session, prepared.begun.sandbox)
        self._plans: list[tuple[Task, Plan]] = []
        self._unlooked: dict[str, CloudError] = {}
        self._reports: list[RecoveryReport] = []
        self._parts: tuple[DrilledPart, ...] = ()
        self._controls: tuple[Control, ...] = ()
        self._deviations: list[str] = list(prepared.begun.passed_over)
        self._made: tuple[str, ...] = ()
        self._operator: Operator | None = None
        self._jobs: list[DrillJob] = []

    def record(self) -> DrillRecord:
        """Go through the phases and return what it came to, written down.

        Raises:
            CloudError: The record could not be written.
        """
        drills = drills_of(self._session.tools)
        drills.begin(self._begun)
        self._operator = self._session.actions.begin("drill", self._begun.drill_id, "")
        is_whole = (
            self._phase("PREPARING", self._prepare)
            and self._phase("FENCING", self._fence)
            and self._phase("RESTORING", self._restore)
            and self._phase("PROVING", self._prove)
        )
        found, why = self._verdict()
        left = self._clean(keep=found != "pass" or not is_whole)
        if found == "pass" and left:
            found, why = "fail", "not everything that was made could be removed"
        if found in ("pass", "fail"):
            for report in self._reports:
                how: ProofHow = "sample" if self._begun.is_sample else "drill"
                drill = self._begun.drill_id, self._begun.scenario
                remember(self._session, report, how, drill=drill, passed=found == "pass")
        return drills.end(self._record(found, why, left))

    def _phase(self, name: PhaseName, work: Callable[[], str]) -> bool:
        """Go through a phase; its work returns why it was skipped, or nothing."""
        try:
            skipped = work()
        except ReboundError as error:
            self._watch.end(name, "FAILED", str(error), exit_code=error.exit_code)
            self._deviations.append(f"{name}: {error}")
            return False
        finally:
            self._jobs += [
                DrillJob(
                    phase=name, job_id=ran.job_id, statement=ran.statement[:_LONGEST_STATEMENT]
                )
                for ran in self._session.tools.jobs.taken()
            ]
        self._watch.end(name, "SKIPPED" if skipped else "SUCCEEDED", skipped)
        return True

    def _prepare(self) -> str:
        """Plan each recovery, and read the files that are restored."""
        session, stored = self._session, self._prepared.stored
        for task in self._prepared.tasks:
            try:
                plan = self._look(task)
            except CloudError as error:
                # Of the others something can be shown all the same.
                self._unlooked[task.name] = error
                continue
            if damaged := next((item for item in plan.unseen if item.is_damaged), None):
                raise damaged.error
            session.refuse(plan, confirmed_projects=(), access=True, untrusted=False)
            self._deviations += [f"not restored: {item}" for item in plan.cannot_bring_back]
            self._plans.append((task, plan))
        if not self._plans and self._unlooked:
            raise next(iter(self._unlooked.values()))
        # Nothing is planted in, or compared with, what was not restored.
        self._prepared = self._prepared._replace(tasks=tuple(task for task, _ in self._plans))
        parts = [part for _, plan in self._plans for part in unread(plan, stored)]
        reading = Reading(session.vault_bucket, stored.run_id, read_bytes=True)
        verify_parts(parts, reading).require(stored.run_id)
        return ""

    def _look(self, task: Task, *, exact: bool = False) -> Plan:
        """Look at what is restored; to see whether it is equal nothing that differs is left out."""
        left = task.request.only_missing and not exact
        return self._prepared.plan(
            task.request.model_copy(update={"exact": exact, "only_missing": left})
        )

    def _fence(self) -> str:
        """Make sure that nobody else writes to what is restored: all of its names are new."""
        if there := self._cleaning.look(self._places.mark).told:
            raise RefusedError("it is there already", subject=there[0])
        if others := [it for _, plan in self._plans for it in in_the_way(plan)]:
            raise RefusedError(
                "it is in the sandbox already, and no drill made it or one did not end",
                subject=others[0],
                hint=f"`rebound drill --clean --project {self._begun.sandbox}`, or remove it by hand",
            )
        rule = self._session.catalog.fence
        if rule is None:
            return "the catalog names no writers, and the names of what is restored are new"
        rest = self._session.tools.rest()
        try:
            found = Fencing(Configuration(rest, self._begun.sandbox)).found(rule)
        except CloudError as error:
            return f"the writers of the sandbox could not be listed: {error.message}"
        things = [f"{step.kind} {step.into}" for _, plan in self._plans for step in plan.steps]
        record = planned_fence(
            rule,
            things,
            found,
            fence_id="",
            project=self._begun.sandbox,
            why=self._begun.drill_id,
            now=self._begun.began_at,
        )
        if record.writers:
            raise RefusedError("it writes to what is restored", subject=record.writers[0].name)
        return ""

    def _restore(self) -> str:
        for number, (_, plan) in enumerate(self._plans):
            self._reports.append(self._recovered(plan, number))
        parts = drilled_parts(self._reports, self._prepared.manifest, self._begun.began_at)
        self._parts = (*parts, *starmap(not_looked_at, self._unlooked.items()))
        return ""

    def _recovered(self, plan: Plan, number: int) -> RecoveryReport:
        """Carry out one recovery as any other is; nobody resumes one that did not prove everything."""
        session, began = self._session, self._session.begun_at()
        own = f"{self._places.mark}{number:02x}"
        recovery_id = layout.recovery_id(f"{DRILLED}{plan.request.scenario}", began, own)
        journal = session.journal(recovery_id)
        planned = PlannedRecovery(
            recovery_id=recovery_id, started_at=began, plan=plan, operator=self._operator
        )
        journal.begin(planned)
        try:
            report, _ = execute(
                session, journal, planned, progress=self._progress, tell=lambda _: None
            )
        except ReboundError:
            self._close(journal)
            raise
        if not report.is_proven:
            self._close(journal)
        return report

    def _close(self, journal: Journal) -> None:
        with suppress(ReboundError):
            journal.abandon(
                AbandonedRecovery(
                    recovery_id=journal.recovery_id,
                    abandoned_at=self._session.clock.latest(),
                    why=f"a part of {self._begun.drill_id}",
                )
            )

    def _prove(self) -> str:
        """Look at everything again, and plant what the checks have to tell of."""
        for task, _ in self._plans:
            if told := tuple(differences_of(self._look(task, exact=True))):
                again = f"{task.name}, looked at again"
                seen = DrilledPart(label=again, into="", state="NOT EQUAL", findings=told[:20])
                self._parts = (*self._parts, seen)
        if self._prepared.looks_at_platform:
            self._parts = with_since(self._parts, written_since(self._prepared))
        self._controls = tuple(planted_controls(self._prepared))
        return ""

    def _verdict(self) -> tuple[DrillVerdict, str]:
        phases = self._watch.phases
        results = tuple(measured(self._begun, phases, self._parts))
        return verdict(self._begun.criteria, phases, self._parts, self._controls, results)

    def _clean(self, *, keep: bool) -> tuple[str, ...]:
        """Remove what was made, or keep it as evidence; return what is there then."""
        left: list[str] = []

        def clean() -> str:
            found = self._cleaning.look(self._places.mark)
            self._made = tuple(item.label for item in found.made)
            if keep:
                left.extend(found.told)
                return "kept as evidence: `rebound drill --clean` removes it"
            self._deviations += self._cleaning.remove(found.made)
            left.extend(self._cleaning.look(self._places.mark).told)
            return ""

        if not self._phase("CLEANING_UP", clean):
            left.append("nobody knows")
        return tuple(left)

    def _evidence(self) -> dict[str, str]:
        """Return the digest of what each recovery wrote of its plan and its end."""
        landing, found = self._session.landing, {}
        for report in self._reports:
            names = JournalNames(report.recovery_id)
            for name in (names.plan, names.report):
                with suppress(ReboundError):  # without it the record says less, and is there
                    if (content := landing.read(name)) is not None:
                        found[name] = hashlib.sha256(content).hexdigest()
        return found

    def _record(self, found: DrillVerdict, why: str, left: Sequence[str]) -> DrillRecord:
        phases, ended_at = self._watch.phases, self._session.clock.latest()
        return DrillRecord(
            begun=self._begun,
            verdict=found,
            why=why,
            ended_at=ended_at,
            seconds=(ended_at - self._begun.began_at).total_seconds(),
            phases=phases,
            measured=tuple(measured(self._begun, phases, self._parts)),
            parts=self._parts,
            controls=self._controls,
            recoveries=tuple(item.recovery_id for item in self._reports),
            deviations=tuple(self._deviations),
            made=self._made,
            left=tuple(left),
            identity=self._operator.identity if self._operator else "",
            jobs=tuple(self._jobs[-_MOST_JOBS:]),
            evidence=self._evidence(),
            next_due_at=self._session.catalog.drills.due_after(ended_at),
            keep_until=self._session.catalog.drills.record_kept_until(ended_at),
        )
