"""Looks at BigQuery, and recovers it."""

import uuid
from collections.abc import Iterator, Sequence
from functools import partial

from recovery.kinds.decision import Origin
from recovery.kinds.outcome import Outcome
from recovery.kinds.step import Step
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.cloud.datasets import undelete_dataset
from recovery.kinds.tables.cloud.recover import TableRecovery
from recovery.kinds.tables.cloud.stored import verify_tables
from recovery.kinds.tables.cloud.undeleted import Undeletions
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.kinds.tables.rules.outcomes import DatasetOutcome
from recovery.kinds.tables.rules.seen import TablesSeen
from recovery.kinds.work import Begun, Running, Tools, Work
from recovery.request import Request, Target


def bigquery_target(tools: Tools, target: Target) -> BigQueryTarget:
    """Return the project whose tables a recovery observes and writes.

    Raises:
        CloudError: BigQuery cannot be reached.
    """
    made = BigQueryTarget(
        tools.settings,
        target,
        location=tools.catalog.location,
        own_id=uuid.uuid4().hex[:12],
        clock=tools.clock,
        log=tools.jobs,
    )
    tools.reach.require(made.endpoint)
    return made


class TableWork(Work[TablesSeen]):
    """Tables with their datasets, views and routines in one project.

    Args:
        tools: What the work is done with.
        target: Where the recovery writes.

    Raises:
        CloudError: BigQuery cannot be reached.
    """

    verify = staticmethod(verify_tables)

    def __init__(self, tools: Tools, target: Target) -> None:
        self._vault = tools.vault
        self._left = tools.left
        self._clock = tools.clock
        self._target = bigquery_target(tools, target)
        self._undeleted: dict[str, bool] = {}
        self._undeletions = Undeletions(tools.landing, tools.seal, tools.own_id)
        self._listening = partial(tools.listeners.of_tables, target.project)

    def observe(self, origin: Origin, request: Request, begun: Begun | None = None) -> TablesSeen:
        """Look at everything a recovery could touch."""
        seen = self._target.observe(origin.run, request)
        found = ((item.name, self._left.of(item)) for item in origin.run.tables)
        left = {name: left for name, left in found if left}
        older = begun.older(seen.datasets) if begun else frozenset[str]()
        # A command that was killed right after an undeletion has no journal that tells of it.
        open_ones = self._undeletions.open()
        back = {name: True for name, found in seen.datasets.items() if found and name in open_ones}
        told = {
            "undeleted": {**back, **self._undeleted},
            "left": left,
            "listening": self._listening(),
        }
        return seen.model_copy(update={**told, "older": older})

    def recover(self, steps: Sequence[Step], origin: Origin, running: Running) -> Iterator[Outcome]:
        """Stage, prove and publish tables, and put back datasets, views and routines."""
        recovery = TableRecovery(
            self._target,
            origin.run,
            vault=self._vault,
            erased=origin.erased,
            left=self._left,
            running=running,
        )
        failed = False
        for outcome in recovery.recover(steps):
            failed = failed or (isinstance(outcome, DatasetOutcome) and not outcome.is_proven)
            yield outcome
        if not failed:
            self._undeletions.end({step.name for step in steps if isinstance(step, DatasetStep)})

    def come_first(self, steps: Sequence[Step], origin: Origin) -> dict[str, str]:
        """Undelete datasets; the next plan creates those that do not come back.

        Returns:
            What became of each dataset, for a person.

        Raises:
            RefusedError: A dataset of the same name came back that is in another location.
            CloudError: One could not be undeleted, or that could not be written down.
        """
        named = {step.name for step in steps}
        done: dict[str, bool] = {}
        for item in origin.run.datasets:
            if item.dataset_id in named:
                self._undeletions.begin(item.dataset_id)
                done[item.dataset_id] = undelete_dataset(self._target, item)
        self._undeleted |= done
        return {
            f"dataset {name}": "undeleted"
            if is_back
            else "cannot be undeleted any more, so it is created"
            for name, is_back in done.items()
        }
