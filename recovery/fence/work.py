"""Pauses and resumes writers, and looks at each again: an answer that it is done is not believed."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import structlog

from manifests.catalog_writers import TRIGGER, FenceRule
from manifests.cloud.configuration import Configuration
from manifests.errors import CloudError, ReboundError
from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import EVERYWHERE, Order, Pause, ResourceType
from manifests.values import Resource
from recovery.fence.addresses import addresses
from recovery.fence.model import Discarding, FencedWriter, FenceOutcome, FenceRecord, ThawStep
from recovery.fence.rules import carriers, writer_types
from recovery.units import counted

log = structlog.get_logger()

_REACHED = ("run/service", "functions/function", "scheduler/job", "pubsub/subscription")

_CALLERS = 4
_SUBSCRIPTION = "pubsub/subscription"
_SEEK = Order("POST", "seek")
_RUN = Order("POST", "run", {}, is_repeatable=False)


class Fencing:
    """Finds, pauses and resumes the writers of one project."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def found(self, rule: FenceRule) -> dict[str, list[Resource]]:
        """Return every resource of each type of writers, wherever it is.

        Of a service that the project has not enabled nothing runs.

        Raises:
            CloudError: A type could not be listed: what writes would be unknown.
        """
        return {
            kind.name: list(
                self._configuration.resources(
                    kind, (EVERYWHERE,), none_where_disabled=True
                ).values()
            )
            for kind in writer_types(rule)
        }

    def carriers(self, rule: FenceRule) -> frozenset[str]:
        """Return the subscriptions that carry the events of triggers that the catalog names.

        Raises:
            CloudError: The triggers could not be listed.
        """
        kind = resource_type(TRIGGER)
        if kind not in writer_types(rule):
            return frozenset()
        found = self._configuration.resources(kind, (EVERYWHERE,), none_where_disabled=True)
        return frozenset(name for _, name, _ in carriers(rule, found.values()) if name)

    def reached(self, locations: Sequence[str]) -> set[str]:
        """Return where services of the project are reached, and what its writers call now.

        A type that cannot be listed bears no address out.
        """
        found: set[str] = set()
        for kind in map(resource_type, _REACHED):
            try:
                listed = self._configuration.resources(kind, locations)
            except CloudError as error:
                log.warning("what is reached cannot be listed", type=kind.name, reason=str(error))
                continue
            found.update(address for item in listed.values() for address in addresses(kind, item))
        return found

    def project_number(self) -> str:
        """Return the number of the project, by which some services name it.

        Raises:
            CloudError: It could not be asked for.
        """
        return self._configuration.project_number()

    def pause(self, record: FenceRecord) -> list[FenceOutcome]:
        """Pause every writer of a fence and look whether it is; one that fails stops no other."""
        with ThreadPoolExecutor(_CALLERS, thread_name_prefix="fence") as pool:
            return list(pool.map(self._stopped, record.writers))

    def present(self, record: FenceRecord) -> Mapping[str, Resource | None]:
        """Return the writers of a fence as they are now, by name; None where there is none.

        Raises:
            CloudError: One could not be looked at.
        """
        with ThreadPoolExecutor(_CALLERS, thread_name_prefix="fence") as pool:
            found = pool.map(self._resource, record.writers)
            return {item.name: seen for item, seen in zip(record.writers, found, strict=True)}

    def resume(
        self,
        record: FenceRecord,
        steps: Sequence[ThawStep],
        *,
        discarding: Discarding | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> list[FenceOutcome]:
        """Resume the writers that a thaw resumes and look whether they run.

        What waits for subscriptions is discarded while they are pulled: a seek has its effect some
        time after it is answered, and till then what is pushed is delivered (Pub/Sub, Replay and
        purge messages with seek, Seek eventual consistency).

        Args:
            record: The fence.
            steps: What happens to each writer.
            discarding: What of the messages that wait is discarded; None discards nothing.
            sleep: Waits so many seconds.
        """
        chosen = {step.name for step in steps if step.action == "resume"}
        todo = [writer for writer in record.writers if writer.name in chosen]
        failed: dict[str, FenceOutcome] = {}
        with ThreadPoolExecutor(_CALLERS, thread_name_prefix="fence") as pool:
            if discarding and (pushed := [item for item in todo if item.type == _SUBSCRIPTION]):
                sought = pool.map(lambda item: self._sought(item, discarding.before), pushed)
                failed = {item.name: item for item in sought if item.failure}
                if len(failed) < len(pushed):
                    sleep(discarding.seconds)
            return list(pool.map(lambda item: failed.get(item.name) or self._started(item), todo))

    def resource(self, kind: ResourceType, name: str) -> Resource | None:
        """Return one resource, or None where there is none.

        Raises:
            CloudError: It could not be asked for.
        """
        return self._configuration.resource(kind, name)

    def run(self, kind: ResourceType, name: str) -> None:
        """Have a schedule run now.

        No page says that a paused schedule runs, too (Cloud Scheduler REST, jobs.run): the caller looks at
        what comes of it.

        Raises:
            CloudError: It was refused; or, retryable, it may run and nobody said so.
        """
        self._configuration.order(kind, name, _RUN, {})

    def _stopped(self, writer: FencedWriter) -> FenceOutcome:
        pause = resource_type(writer.type).pause_by(writer.field)
        return self._ordered(writer, pause, pause.stop, runs=False)

    def _sought(self, writer: FencedWriter, before: datetime) -> FenceOutcome:
        body = {"time": before.isoformat().replace("+00:00", "Z")}
        order = _SEEK._replace(body=body)
        try:
            self._configuration.order(resource_type(writer.type), writer.name, order, {})
        except ReboundError as error:
            return _outcome(writer, f"what waits could not be discarded: {error.message}")
        return _outcome(writer)

    def _started(self, writer: FencedWriter) -> FenceOutcome:
        pause = resource_type(writer.type).pause_by(writer.field)
        return self._ordered(writer, pause, pause.start, runs=True)

    def _ordered(
        self, writer: FencedWriter, pause: Pause, order: Order, *, runs: bool
    ) -> FenceOutcome:
        kind = resource_type(writer.type)
        failure = f"it was told to, and is not {'running' if runs else 'paused'}"
        try:
            # A call whose answer was lost may have been carried out: it is not made again then.
            now = self._resource(writer)
            if now is not None and pause.runs(now) != runs:
                try:
                    before = {pause.field: writer.before}
                    self._configuration.order(kind, writer.name, order, before)
                except ReboundError as error:
                    # Who thaws or fences at the same time may have done it: then it is refused, and done.
                    failure = error.message
                now = self._resource(writer)
        except ReboundError as error:
            return _outcome(writer, error.message)
        if now is None:
            return _outcome(writer, "" if not runs else "it was deleted meanwhile")
        return _outcome(writer, "" if pause.runs(now) == runs else failure)

    def _resource(self, writer: FencedWriter) -> Resource | None:
        return self._configuration.resource(resource_type(writer.type), writer.name)


def _outcome(writer: FencedWriter, failure: str = "") -> FenceOutcome:
    return FenceOutcome(type=writer.type, name=writer.name, failure=failure)


def failures(outcomes: Iterable[FenceOutcome]) -> list[FenceOutcome]:
    """Return the writers that did not become what they were to become."""
    return [item for item in outcomes if item.failure]


def require_all(outcomes: Iterable[FenceOutcome], *, hint: str) -> None:
    """Refuse to call a fence or a thaw done in which a writer failed.

    Raises:
        CloudError: One did.
    """
    if failed := failures(outcomes):
        first = failed[0]
        raise CloudError(
            f"{counted(len(failed), 'writer')} not as it should be, the first: {first.failure}",
            subject=first.name,
            hint=hint,
        )
