"""Looks at Firestore databases, and recovers them."""

from collections.abc import Iterator, Sequence
from functools import partial

from manifests.cloud.databases import Databases
from manifests.errors import CloudError
from manifests.values import Resource
from recovery.kinds.databases.cloud.observe import observe_databases
from recovery.kinds.databases.cloud.recover import DatabaseRecovery
from recovery.kinds.databases.cloud.stored import verify_databases
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.databases.rules.seen import DatabasesSeen
from recovery.kinds.decision import Origin
from recovery.kinds.kind import of
from recovery.kinds.outcome import Outcome
from recovery.kinds.step import Step
from recovery.kinds.work import Begun, Running, Tools, Work
from recovery.request import Request, Target


class DatabaseWork(Work[DatabasesSeen]):
    """The Firestore databases of one project.

    Args:
        tools: What the work is done with.
        target: Where the recovery writes.
    """

    verify = staticmethod(verify_databases)

    def __init__(self, tools: Tools, target: Target) -> None:
        self._rest, self._now = tools.rest(), tools.started_at
        self._project = target.project
        self._triggers = partial(tools.listeners.triggers, target.project)
        self._vault = tools.vault
        self._landing = tools.landing
        self._parallel = tools.settings.parallel_streams

    def observe(
        self, origin: Origin, request: Request, begun: Begun | None = None
    ) -> DatabasesSeen:
        """Compare each wanted database, or what stands for it, with its backup.

        Raises:
            UsageError: A path that was asked for is not in the backup.
            BackupDamagedError: A file of such a path is damaged, or the run contradicts itself.
            CloudError: Firestore cannot be reached, or a database can be read later.
        """
        databases, unseen = observe_databases(
            origin.run,
            request,
            rest=self._rest,
            vault=self._vault,
            parallel=self._parallel,
            now=self._now,
            triggers=self._triggers,
            erased=origin.erased,
            begun_at=begun.at if begun else None,
        )
        older = self._older(begun, request) if begun else frozenset[str]()
        return DatabasesSeen(databases=databases, unseen=unseen, older=older)

    def _older(self, begun: Begun, request: Request) -> frozenset[str]:
        """Return the databases that a resumed recovery says it made, but that are older than it.

        One that may not be looked at is left out.
        """
        found: dict[str, Resource | None] = {}
        for step in begun.steps:
            if step.create:
                into = request.target.database or step.name
                try:
                    found[step.name] = Databases(self._rest, self._project, into).resource()
                except CloudError as error:
                    if error.retryable:
                        raise
        return begun.older(found)

    def recover(self, steps: Sequence[Step], origin: Origin, running: Running) -> Iterator[Outcome]:
        """Recover databases one after the other, and prove each."""
        recovery = DatabaseRecovery(
            origin.run,
            rest=self._rest,
            vault=self._vault,
            landing=self._landing,
            parallel=self._parallel,
            erased=origin.erased,
            now=self._now,
            running=running,
        )
        yield from map(recovery.recover, of(steps, DatabaseStep))
