"""A drill of which everything is looked at and written down, and nothing is made yet."""

from typing import NamedTuple

from manifests.model.run import Manifest
from manifests.selection import Selection
from recovery.drill.model import DrillBegun
from recovery.drill.phases import Stopwatch
from recovery.drill.tasks import Task
from recovery.kinds.places import Places
from recovery.plan.model import Plan
from recovery.request import Request
from recovery.session import Session


class Prepared(NamedTuple):
    """A drill of which nothing is made yet.

    Attributes:
        session: The clients; their scratch dataset is the drill's own.
        manifest: What is restored, without what the catalog does not name.
        stored: The manifest as it is stored.
        looks_at_platform: Whether what was written there since is looked for.
    """

    session: Session
    watch: Stopwatch
    places: Places
    begun: DrillBegun
    selection: Selection
    manifest: Manifest
    stored: Manifest
    tasks: tuple[Task, ...]
    looks_at_platform: bool = True

    def plan(self, request: Request, manifest: Manifest | None = None) -> Plan:
        """Compare what a request is about with the run, as any recovery does.

        Args:
            request: What is compared.
            manifest: What the run is said to hold; as it is stored when None.
        """
        return self.session.plan((self.selection, manifest or self.stored), request)
