"""Puts views and routines back, and proves that they are what they were before."""

from collections import defaultdict
from functools import partial

from manifests.errors import ManifestAlteredError, NotEqualError, PartialError
from manifests.references import definitions_of
from manifests.values import Resource
from recovery.compare.properties import changes, is_authorized
from recovery.compare.tables import definition_findings
from recovery.kinds.former import GRANTED_UNDOING, FormerGrants, former_name
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.cloud.datasets import authorize
from recovery.kinds.tables.cloud.remaking import definition_body, made_instead, not_granted_again
from recovery.kinds.tables.rules.access import authorized
from recovery.kinds.tables.rules.datasets import DatasetStep, authorized_name
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.outcomes import DefinitionOutcome
from recovery.kinds.work import Entries
from recovery.request import Target
from recovery.undo.definition_rules import undo_definition
from recovery.undo.ended import Ended, planned_of
from recovery.undo.model import AS_BEFORE, UndoStep
from recovery.undo.undoer import Undoer


class DefinitionUndo(Undoer[DefinitionOutcome]):
    """The views and routines of one recovery.

    Args:
        target: The project that was recovered.
        ended: The recovery.
        journal: Its journal as it is now: undos write there what was granted on what they delete.
    """

    outcomes = (DefinitionOutcome,)

    def __init__(self, target: BigQueryTarget, ended: Ended, journal: Entries) -> None:
        super().__init__(ended)
        self._target = target
        self._journal = journal
        self._lost: defaultdict[str, list[str]] = defaultdict(list)

    def undo(self, step: UndoStep) -> str:
        """Carry out one step and prove it.

        Raises:
            PartialError: What was granted on it alone is not granted again, now or by an earlier try.
            NotEqualError: It is not what it was before.
        """
        # Read before it is decided again, so that its etag is not that of what nobody looked at.
        present = self._target.definition(step.kind, step.name)
        before = planned_of(self._ended, DefinitionStep, self._as_planned(step)).replaced
        authorizing, earlier = self._authorizing(step), self._granted_before(step)
        self._write(step, before, present)
        if before is not None:
            self._authorize(authorizing)
        live = self._target.definition(step.kind, step.name)
        if before is not None and live is not None and step.kind == "view":
            live = self._with_details(step, before, live)
        is_gone = before is None and live is None
        if not is_gone and (before is None or definition_findings(before, live, subject=step.into)):
            raise NotEqualError("it is not what it was before", subject=step.into)
        lost = self._lost[step.into]
        if earlier is not None and not lost:
            lost += not_granted_again(self._target.resources, step.into, earlier)
        if lost:
            raise PartialError("; ".join(lost), subject=step.into)
        return ""

    def _step(self, outcome: DefinitionOutcome) -> UndoStep:
        name = outcome.name
        planned = planned_of(self._ended, DefinitionStep, outcome)
        expected = {
            known: resource
            for item in self._ended.origin.run.datasets
            for known, kind, resource in definitions_of(item)
            if kind == outcome.kind
        }
        if name not in expected:
            raise ManifestAlteredError("its report names what is not in the run", subject=name)
        step = undo_definition(
            outcome,
            planned,
            expected[name],
            self._target.definition(outcome.kind, name),
            into=self._ended.request.target.name(name),
            began_at=self._ended.began_at,
        )
        if step.action != "put back":
            return self._with_lost(step)
        # It needs the word even where it is authorized now, because what it shows changes.
        access = tuple(
            authorized(f"dataset {dataset_id}", entry)
            for dataset_id, entries in self._authorizing(step).items()
            for entry in entries
        )
        return step.model_copy(update={"access": access})

    def _with_lost(self, step: UndoStep) -> UndoStep:
        """Return a step with what an undo that was killed left of what was granted on the view alone."""
        if step.why != AS_BEFORE or (earlier := self._granted_before(step)) is None:
            return step
        lost = not_granted_again(self._target.resources, step.into, earlier)
        return step.model_copy(update={"left": "; ".join(lost)})

    def _granted_before(self, step: UndoStep) -> FormerGrants | None:
        """Return what was granted on a view before an earlier undo deleted it; None where none did."""
        if step.kind != "view":
            return None
        return self._journal.entry(GRANTED_UNDOING, former_name(step.kind, step.into), FormerGrants)

    def _authorizing(self, step: UndoStep) -> dict[str, list[Resource]]:
        """Return the entries that let a view or routine read datasets, by their ids."""
        if self._target.target != Target(project=self._ended.origin.run.project):
            return {}
        own = (step.kind, self._target.target.project, *step.into.split(".", 1))
        found = {
            name: [
                entry
                for entry in (resource or {}).get("access") or ()
                if is_authorized(entry) and authorized_name(entry) == own
            ]
            for name, resource in self._target.datasets(self._ended.origin.run).items()
        }
        return {name: entries for name, entries in found.items() if entries}

    def _authorize(self, authorizing: dict[str, list[Resource]]) -> None:
        """Let it read again what it could: BigQuery takes that from what is changed or made.

        Raises:
            NotEqualError: It is not so then.
        """
        for name, entries in authorizing.items():
            step = DatasetStep(name=name, into=name, authorizes=tuple(entries))
            if lacking := authorize(self._target, step):
                raise NotEqualError(lacking[0].text, subject=f"dataset {name}")

    def _write(self, step: UndoStep, before: Resource | None, live: Resource | None) -> None:
        """Make it what it was, if it still is what was looked at.

        No REST method changes what of a materialized view is fixed when it is made: it is made again.
        """
        dataset_id, own_id = step.into.split(".", 1)
        collection = f"datasets/{dataset_id}/{'routines' if step.kind == 'routine' else 'tables'}"
        path = f"{collection}/{own_id}"
        etag = str((live or {}).get("etag"))
        if before is None:
            if live is not None:
                self._target.resources.delete(path, etag=etag, subject=own_id)
            return
        body = definition_body(step.kind, self._target.target.project, step.into, before)
        make = partial(self._target.resources.create, collection, body, subject=own_id)
        if live is None:
            make()
        elif step.kind == "routine" or ("view" in before and "view" in live):
            self._target.resources.replace(path, body, etag=etag, subject=own_id)
        else:
            keep = partial(self._journal.keep, GRANTED_UNDOING, former_name(step.kind, step.into))
            lost = self._lost[step.into]
            made_instead(self._target.resources, step.into, live, make, lost=lost, keep=keep)

    def _with_details(self, step: UndoStep, before: Resource, live: Resource) -> Resource | None:
        """Set descriptions and tags of a view's columns, once its query has given it these columns."""
        if not definition_findings(before, live, subject=step.into):
            return live
        dataset_id, own_id = step.into.split(".", 1)
        self._target.resources.patch(
            f"datasets/{dataset_id}/tables/{own_id}",
            changes(before, live),
            etag=str(live["etag"]),
            subject=own_id,
        )
        return self._target.definition(step.kind, step.name)
