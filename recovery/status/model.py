"""What is known of the parts of a platform, and how they stand. Pure."""

from typing import Literal, NamedTuple

from manifests.catalog_objectives import ScenarioName
from manifests.model.proof import ProofHow, ProofRecord, ProvenPart
from manifests.parts import KindName
from manifests.values import RunId, UtcTime, Value
from recovery.health import Health, HealthFinding, worst

Proven = Literal["all", "some", "none", "nothing held"]
"""How much of a part came back from the vault and was proven; `nothing held`: there was nothing to bring
back."""


class PartName(NamedTuple):
    """A part, whichever run holds it."""

    kind: KindName
    name: str


class Point(NamedTuple):
    """The newest complete run that holds a part, and how much of it.

    Attributes:
        things: How many rows, objects, documents or resources a recovery can make of it.
        is_leaning: Whether it leans on a file that `rebound verify` found damaged.
    """

    run_id: RunId
    recovery_point: UtcTime
    things: int
    size_bytes: int
    is_leaning: bool = False


class Shown(NamedTuple):
    """That a part was shown to restore."""

    proof: ProofRecord
    part: ProvenPart


class PartFacts(NamedTuple):
    """What was found out about one part.

    Attributes:
        label: What it is called among parts of every kind.
        is_required: Whether no run is complete without it.
        newest: The newest complete run that holds it; None where none of those that were read does.
        whole: The newest proof of all of it; None where there is none that still counts.
        some: The newest proof of some of it.
        has_runs: Whether the vault holds any run.
    """

    part: PartName
    label: str
    is_required: bool
    newest: Point | None
    whole: Shown | None
    some: Shown | None
    has_runs: bool = True


class PartStatus(Value):
    """How one part stands.

    Attributes:
        label: What it is called among parts of every kind.
        scenario: The one that brings it back.
        rpo_seconds: How old its recovery point may be.
        rto_seconds: How long bringing it back may take.
        estimated_seconds: How long it takes, as measured when it was last proven; None where it
            was not. With it came back what the recovery was about besides, so it is an upper bound.
        drill_due_at: When a drill has to show it again; 1970 where nothing has yet, None where no drill
            is asked for: none could restore it, or there is nothing to restore.
        proven: How much of it was shown to restore, whatever somebody decided.
        not_shown: Why no drill can show it, and by whose decision that counts as it does; empty where
            it was shown, or has to be.
        what: What is wrong, in a sentence; empty where nothing is.
        mend: The command that mends it.
    """

    label: str
    scenario: ScenarioName
    run_id: RunId | None = None
    recovery_point: UtcTime | None = None
    proven_point: UtcTime | None = None
    proven_at: UtcTime | None = None
    how: ProofHow | None = None
    recovery_id: str = ""
    rpo_seconds: int
    rto_seconds: int
    estimated_seconds: float | None = None
    drill_due_at: UtcTime | None = None
    health: Health
    proven: Proven = "none"
    not_shown: str = ""
    what: str = ""
    mend: str = ""


NOT_SHOWN = "not shown"


def stands(part: PartStatus) -> str:
    """Return how a part is; what was not shown to restore is never called healthy."""
    is_accepted = part.not_shown and part.health is Health.HEALTHY
    return NOT_SHOWN if is_accepted else part.health


class ScenarioStatus(Value):
    """What of a scenario was shown to restore together, by one drill or recovery.

    Attributes:
        proven_point: The oldest recovery point of it; None where nothing was.
        by: That drill or recovery.
        parts: How many of the protected parts it brought back whole.
        of: How many there are that the scenario is about.
        drill_due_at: When a drill has to show it again; 1970 where nothing has yet, None where none can.
        not_drilled: Why no drill can; empty where one does.
    """

    scenario: ScenarioName
    proven_point: UtcTime | None = None
    proven_at: UtcTime | None = None
    how: ProofHow | None = None
    by: str = ""
    parts: int = 0
    drill_due_at: UtcTime | None = None
    not_drilled: str = ""
    of: int


class Status(Value):
    """How everything stands.

    Attributes:
        answer: Whether the platform could be recovered now, in a sentence.
        parts: Each part, in the catalog's order.
        scenarios: Each scenario that brings something back from a run.
        others: What was looked at besides.
        left_out: What is in no run by somebody's decision, and by whose.
    """

    project: str
    platform: str
    looked_at: UtcTime
    answer: str
    parts: tuple[PartStatus, ...]
    others: tuple[HealthFinding, ...]
    left_out: tuple[str, ...] = ()
    scenarios: tuple[ScenarioStatus, ...] = ()

    @property
    def health(self) -> Health:
        """Return the worst of everything."""
        return worst([self.health_of_parts, *(it.health for it in self.others)])

    @property
    def health_of_parts(self) -> Health:
        """Return the worst of all parts; unknown where none of them was ever shown to restore."""
        told = [item.health for item in self.parts]
        is_shown = any(item.proven_at for item in self.parts)
        return worst(told if is_shown else [*told, Health.UNKNOWN])

    @property
    def not_shown(self) -> tuple[str, ...]:
        """Return the parts that count by somebody's decision, and were not shown."""
        return tuple(item.label for item in self.parts if item.not_shown)
