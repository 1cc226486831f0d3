"""A whole recovery, decided: a plan."""

from manifests.catalog_objectives import Objective
from manifests.selection import PassedOver
from manifests.signing import Trust
from manifests.values import RunId, UtcTime, Value
from recovery.access_change import AccessChange
from recovery.fence.model import PlannedFence
from recovery.kinds.known import AnyStep
from recovery.kinds.step import Step
from recovery.ledger import LedgerTold
from recovery.plan.fallen import FallBack
from recovery.plan.takes import Takes
from recovery.request import Request
from recovery.scenarios import scenario
from recovery.unseen import Unseen


class Plan(Value):
    """A whole recovery, decided."""

    request: Request
    run_id: RunId | None
    recovery_point: UtcTime
    steps: tuple[AnyStep, ...]
    cannot_bring_back: tuple[str, ...]
    passed_over: tuple[PassedOver, ...] = ()
    """Runs that could not be chosen, and why: damaged, partial and foreign ones."""
    manifest_digest: str = ""
    """Of the run's manifest, from which alone the plan is carried out."""
    fallen_back: tuple[FallBack, ...] = ()
    """What comes from an older run, because a file of this one is damaged."""
    foreign: str = ""
    """Whose run it is, when it is another platform's."""
    trust: Trust | None = None
    """Whether the run's manifest is signed by whom we trust; None where nothing comes from a run."""
    seen: str = ""
    """A digest of what was observed; empty where nothing was."""
    left_out: tuple[str, ...] = ()
    """What the run holds and the catalog does not name."""
    not_held: tuple[str, ...] = ()
    """What was asked for, as the scenario is about it, and the run does not hold."""
    leaning: tuple[str, ...] = ()
    """What leans on a file of the vault that `verify` found damaged."""
    unseen: tuple[Unseen, ...] = ()
    """What could not be looked at, and is left as it is."""
    left_alone: tuple[str, ...] = ()
    """What differs and is left, because only what is missing was asked for."""
    access: tuple[AccessChange, ...] = ()
    """What changes about who may see what."""
    erasures: LedgerTold | None = None
    """What the ledger says stays erased; None where nobody looked."""
    fence: PlannedFence | None = None
    """What is paused before anything is written; None where the catalog names no writers of it."""
    came_first: tuple[str, ...] = ()
    """What was done before the rest could be planned: `dataset lake: undeleted`."""
    takes: Takes | None = None
    """What it will take; None where nothing comes from a run, or nobody looked."""
    agreed: Objective | None = None
    """What the catalog agrees on, read anew from it, not from a journal; None where it does not."""

    def of[Some: Step](self, kind: type[Some]) -> tuple[Some, ...]:
        """Return the steps of a kind, in their order."""
        return tuple(step for step in self.steps if isinstance(step, kind))

    @property
    def changes(self) -> bool:
        """Whether executing the plan would change anything."""
        return any(step.changes for step in self.steps)

    @property
    def oldest_point(self) -> UtcTime:
        """Return the recovery point of what is brought back from the oldest run."""
        return min([self.recovery_point, *(item.recovery_point for item in self.fallen_back)])

    @property
    def objective(self) -> Objective:
        """Return what is asked of the recovery: what was agreed, or what holds for the scenario."""
        return self.agreed or scenario(self.request.scenario).objective

    @property
    def followed(self) -> list[str]:
        """Return the name of everything whose progress is told."""
        return [step.followed for step in self.steps if step.followed]

    @property
    def come_first(self) -> tuple[Step, ...]:
        """Return the steps that have to be done before the rest can be planned."""
        return tuple(step for step in self.steps if step.comes_first)
