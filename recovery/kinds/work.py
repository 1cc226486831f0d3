"""The interface through which the engine has a kind look at Google Cloud, recover and verify."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from manifests.catalog import Catalog
from manifests.cloud.clock import ServiceClock
from manifests.cloud.job_log import JobLog
from manifests.cloud.objects import Bucket
from manifests.cloud.rest import Rest
from manifests.store.seal import Seal
from manifests.values import Resource, Value
from recovery.compare.erased import LeftRows
from recovery.fence.store import Fences
from recovery.kinds.decision import Origin, Seen
from recovery.kinds.made import made_before
from recovery.kinds.outcome import Outcome
from recovery.kinds.step import Step
from recovery.progress import Progress
from recovery.reach import Reach
from recovery.request import Request, Target
from recovery.settings import Settings
from recovery.stored import Reading
from recovery.triggers import Listeners
from recovery.verify import Verdict


def made_rest(settings: Settings, reach: Reach) -> Rest:
    """Return what calls REST APIs, and tells at once of one that does not answer."""
    return Rest(settings.api_endpoint, require=reach.require)


class Tools(NamedTuple):
    """What every kind's work is done with.

    Attributes:
        vault: The bucket with the backups.
        landing: The bucket with journals and undo points.
        clock: Gives the present instant.
        reach: Insists that a service answers.
        own_id: Makes the ids of this process's jobs its own.
        started_at: When the command began.
        seal: Signs what is written in the landing bucket, and tells what of it is believed.
        left: Remembers what is left of tables without the rows that stay erased.
        listeners: Tells what listens to what is written.
        jobs: Remembers which jobs of BigQuery ran.
    """

    settings: Settings
    catalog: Catalog
    vault: Bucket
    landing: Bucket
    clock: ServiceClock
    reach: Reach
    own_id: str
    started_at: datetime
    seal: Seal
    left: LeftRows
    listeners: Listeners
    # One for the whole process: who names the jobs that ran takes them out of it.
    jobs: JobLog = JobLog()

    def rest(self) -> Rest:
        """Return what calls REST APIs, and tells at once of one that does not answer."""
        return made_rest(self.settings, self.reach)

    @property
    def fences(self) -> Fences:
        """Return the records of fences, which are kept in both buckets."""
        return Fences(self.landing, self.vault, self.seal)


class Entries(Protocol):
    """The journal of a recovery, as a kind writes it. An entry is a hint."""

    def record(self, folder: str, name: str, document: Value) -> None:
        """Write an entry, once."""

    def keep(self, folder: str, name: str, document: Value) -> None:
        """Write an entry that an undo needs, once.

        Raises:
            StrangeObjectError: Something lies there that the recovery did not write.
        """

    def entry[Written: Value](self, folder: str, name: str, kind: type[Written]) -> Written | None:
        """Return an entry, or None."""

    def entries[Written: Value](self, folder: str, kind: type[Written]) -> tuple[Written, ...]:
        """Return the entries of a folder, in order of their names."""

    def kept[Written: Value](
        self, folder: str, kind: type[Written], *, things: int = 0
    ) -> tuple[Written, ...]:
        """Return the entries of a folder that an undo needs, in order of their names.

        Raises:
            ManifestFormatError: Not all that the recovery may have written can be read.
        """


class Begun(NamedTuple):
    """A recovery of which something may be done.

    Attributes:
        at: When it began, as its journal says.
        steps: The steps of the kind in its journal.
        written_at: When its plan was written, on Cloud Storage's clock: nobody can set that.
    """

    at: datetime
    steps: Sequence[Step]
    written_at: datetime

    def older(self, live: Mapping[str, Resource | None]) -> frozenset[str]:
        """Return the names of things that are older than it: no attempt of it created them.

        One can have undeleted them: whether that changes when a thing was made stands on no page.

        Args:
            live: Each thing as it is, by the name of its step; None where there is none.
        """
        return made_before(live, self.written_at)


class Running(NamedTuple):
    """A recovery that is carried out.

    Attributes:
        recovery_id: Its id, of which the ids of jobs and undo points are made.
        started_at: When it began: what was written since is left alone.
        request: What was said yes to.
        journal: What was done so far.
        progress: Told how far each thing is.
    """

    recovery_id: str
    started_at: datetime
    request: Request
    journal: Entries
    progress: Progress


class Work[S: Seen](ABC):
    """Looks at the things of one kind in one project, and recovers them.

    It may be asked more than once.

    Args:
        tools: What the work is done with.
        target: Where the recovery writes.
    """

    @abstractmethod
    def __init__(self, tools: Tools, target: Target) -> None: ...

    @staticmethod
    def verify(parts: Sequence[Any], reading: Reading, /) -> Verdict:
        """Compare what is stored of parts of the kind with what their run says; nothing live is asked.

        A kind that comes from elsewhere than a run has nothing stored, and is never asked.

        Args:
            parts: What a run says of them.
            reading: How they are looked at.
        """
        raise NotImplementedError

    @abstractmethod
    def observe(self, origin: Origin, request: Request, begun: Begun | None = None) -> S:
        """Look at everything that a recovery could touch.

        Args:
            origin: What is brought back.
            request: What the operator asked for.
            begun: The recovery that is resumed; None before one has begun.

        Raises:
            UsageError: The request chooses what is not in the backup.
            BackupDamagedError: The run contradicts itself; a part with a damaged file is unseen.
            CloudError: Something could not be looked at, and can be later.
        """

    @abstractmethod
    def recover(self, steps: Sequence[Step], origin: Origin, running: Running) -> Iterator[Outcome]:
        """Carry steps out and prove each; one that fails is an outcome and stops no other.

        Args:
            steps: The steps of the kind.
            origin: What is brought back.
            running: The recovery.

        Raises:
            ReboundError: Nothing of the kind could be recovered.
        """

    def come_first(self, steps: Sequence[Step], origin: Origin) -> dict[str, str]:
        """Do what has to be done before the rest can be planned.

        Returns:
            What became of each thing, by how a sentence names it.
        """
        del steps, origin
        return {}
