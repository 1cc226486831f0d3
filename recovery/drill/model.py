"""The record of a drill, which an auditor files, and what it is made of. Pure."""

from typing import Literal

from pydantic import Field

from manifests.model.drill import DrillEnd, DrillStart
from manifests.signing import Trust
from manifests.values import Stored, UtcTime, Value

PhaseName = Literal["PREPARING", "FENCING", "RESTORING", "PROVING", "CLEANING_UP"]
"""The words of Google's restore verification, where there is one (Backup and DR)."""
PhaseState = Literal["SUCCEEDED", "FAILED", "SKIPPED"]
NOT_LOOKED_AT = "NOT LOOKED AT"
"""The state of what was to be drilled and was not, because nobody could look at it."""
DrillVerdict = Literal["pass", "fail", "void", "incomplete"]
"""What a drill came to.

    pass        everything restored, is proven, and every criterion is met
    fail        something is not proven, or a criterion is not met
    void        a check did not tell of what was planted, so that no check of it shows anything
    incomplete  it did not come to its end, or something could not be looked at and was not drilled
"""

type Chosen = Literal["newest", "named", "random"]


class Criteria(Stored):
    """What has to be so for a drill to pass, written down before it begins.

    Attributes:
        rto_seconds: From its beginning until everything is proven.
        rpo_seconds: How old the recovery point may be when it begins.
        newest_point: Whether it has to be the newest point that can be restored.
        fewest_controls: So many damages have to be planted, at least; never fewer than are planted
            in each kind that is drilled.
    """

    rto_seconds: float = Field(gt=0)
    rpo_seconds: float = Field(gt=0)
    newest_point: bool = True
    fewest_controls: int = Field(default=1, ge=1)


class Phase(Stored):
    """One phase of a drill, by a clock that nobody sets.

    Attributes:
        ended_at: When it ended; None in records of before.
        seconds: How long it took; together the phases take as long as the drill.
        what: Why it failed or was skipped; empty where it succeeded.
        exit_code: That of the error with which it failed; 0 where it did not.
    """

    name: PhaseName
    state: PhaseState
    began_at: UtcTime
    ended_at: UtcTime | None = None
    seconds: float = Field(ge=0)
    what: str = ""
    exit_code: int = 0


class DrillJob(Stored):
    """A job of BigQuery that a drill ran.

    Attributes:
        statement: What it ran, cut where it is long; empty where it was no query.
    """

    phase: PhaseName
    job_id: str
    statement: str = ""


class Since(Stored):
    """What was written to a part of the platform since its recovery point.

    Attributes:
        things: How many rows, objects or documents; None where nobody can tell.
        why: Why nobody can, or what is not counted.
    """

    things: int | None = None
    why: str = ""


class DrilledPart(Stored):
    """One thing that a drill restored.

    Attributes:
        held: How many rows, objects or documents the run holds of it.
        restored: How many came back from the vault.
        lost_seconds: How old its recovery point was when the drill began: what was written since
            would have been lost.
        since: What was written to it on the platform since then; None where nobody looked.
        findings: What is not equal.
    """

    label: str
    into: str
    state: str
    held: int = 0
    restored: int = 0
    lost_seconds: float = 0.0
    since: Since | None = None
    findings: tuple[str, ...] = ()


class Measured(Stored):
    """A target and what was measured.

    Attributes:
        basis: How it was measured.
        is_met: Whether it is as good as the target.
    """

    name: str
    target: str
    measured: str
    basis: str
    is_met: bool


class DrillBegun(DrillStart):
    """What a drill is to show, written before anything is made.

    Attributes:
        threat: What the scenario is about.
        exercise: Whether all of it is restored, or parts of it (NIST SP 800-34, 3.5: functional, full).
        criteria_from: The file that they were read from; empty for the catalog's.
        criteria_digest: SHA-256 of the criteria, in hexadecimal.
        scope: What is restored.
        out_of_scope: What of the scenario no drill restores, and why.
        sandbox: The project that is written to.
        isolation: Why nothing protected is in reach.
        chosen: How the recovery point was chosen.
        passed_over: Runs that could not be, and why.
        manifest_digest: SHA-256 of the run's manifest.
        catalog_digest: SHA-256 of the catalog.
        pages: The SHA-256 of each page of the runbooks that was there to be followed.
    """

    threat: str
    exercise: Literal["functional", "full", ""] = ""
    criteria: Criteria
    criteria_from: str
    criteria_digest: str
    scope: tuple[str, ...]
    out_of_scope: tuple[str, ...]
    sandbox: str
    isolation: tuple[str, ...]
    operator: str
    approver: str
    chosen: Chosen
    is_newest: bool
    passed_over: tuple[str, ...]
    rebound_version: str
    manifest_digest: str
    catalog_digest: str
    pages: dict[str, str] = Field(default_factory=dict)


class DrillRecord(DrillEnd):
    """How a drill ended.

    Attributes:
        recoveries: Its recoveries, whose journals tell every step.
        deviations: What went otherwise than planned.
        made: What was made in the sandbox.
        left: What of it is there still; empty where it was shown to be gone.
        identity: The account that ran it, as Google Cloud knows it; empty where nobody can tell.
        jobs: The jobs of BigQuery that ended well, among them the queries by which rows were compared.
        evidence: The SHA-256 of each plan and report of its recoveries, by the object's name.
        keep_until: Until when the record is kept, at least; None in records of before.
    """

    begun: DrillBegun
    verdict: DrillVerdict
    phases: tuple[Phase, ...]
    measured: tuple[Measured, ...]
    parts: tuple[DrilledPart, ...]
    recoveries: tuple[str, ...]
    deviations: tuple[str, ...]
    made: tuple[str, ...]
    left: tuple[str, ...]
    identity: str = ""
    jobs: tuple[DrillJob, ...] = ()
    evidence: dict[str, str] = Field(default_factory=dict)
    keep_until: UtcTime | None = None


class SignOff(Stored):
    """That somebody else than the operator agreed with a record.

    Attributes:
        record_digest: SHA-256 of the record that was looked at.
        identity: The account of the verifier, as Google Cloud knows it; empty where nobody can tell.
    """

    drill_id: str
    verifier: str
    identity: str = ""
    signed_at: UtcTime
    record_digest: str


class DrillCleaned(Stored):
    """That what a drill left was removed: what has its names from then on is somebody else's.

    Attributes:
        removed: What was.
        left: What was there and is left, and why.
    """

    drill_id: str
    cleaned_at: UtcTime
    removed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class DrillFinding(Stored):
    """What is to be mended after a drill.

    Attributes:
        number: What it is closed by: that of its name, which records of before do not say.
        due: The day until which it is.
        ticket: Where it is followed.
    """

    drill_id: str
    number: int = 0
    found_at: UtcTime
    what: str
    owner: str
    due: str
    ticket: str = ""


class FindingClosed(Stored):
    """That a finding was mended.

    Attributes:
        number: That of the finding.
        by: Who says so.
        identity: Their account, as Google Cloud knows it; empty where nobody can tell.
        shown_by: What shows it: another drill, a change, a ticket.
    """

    drill_id: str
    number: int
    closed_at: UtcTime
    by: str
    identity: str = ""
    shown_by: str


class Kept(Value):
    """Everything that is kept of one drill.

    Attributes:
        begun: What it was to show; None where that cannot be read, or is not believed.
        record: How it ended; None where it did not, or that cannot be read.
        record_digest: SHA-256 of the stored record, in hexadecimal.
        trust: Whether the record is believed to be from whom it should be; None without one.
        signed: Who agreed with it; None where nobody did who is believed.
        findings: What is to be mended, as far as it is believed.
        closed: What of it was, as far as that is believed.
    """

    drill_id: str
    begun: DrillBegun | None = None
    record: DrillRecord | None = None
    record_digest: str = ""
    trust: Trust | None = None
    signed: SignOff | None = None
    findings: tuple[DrillFinding, ...] = ()
    closed: tuple[FindingClosed, ...] = ()

    @property
    def open_findings(self) -> tuple[DrillFinding, ...]:
        """Return what nobody has said to be mended."""
        numbers = {item.number for item in self.closed}
        return tuple(item for item in self.findings if item.number not in numbers)

    @property
    def has_ended(self) -> bool:
        """Whether there is a record of its end that nobody doubts."""
        return self.record is not None and not (self.trust and self.trust.problem)
