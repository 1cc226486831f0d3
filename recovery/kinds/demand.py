"""What the recovery of one kind takes: bytes, jobs, and the limits that bind it. Pure."""

from typing import NamedTuple

from manifests.values import Value


class Quota(Value):
    """How much of a published limit something uses.

    Attributes:
        what: What is counted, as `jobs that write the table in a day`.
        used: How much of it one recovery takes, whatever others take on the same day.
        most: How much there may be.
        document: Where that is written.
    """

    what: str
    used: int
    most: int
    document: str

    @property
    def is_exceeded(self) -> bool:
        """Whether it is more than there may be."""
        return self.used > self.most

    @property
    def told(self) -> str:
        """Return it in words."""
        return f"{self.used:,} of {self.most:,} {self.what}"


class StepDemand(Value):
    """What one step takes.

    Attributes:
        name: The step's name.
        moved_bytes: Bytes that are read of the vault or of another source.
        jobs: Load, copy and query jobs of BigQuery that write, at least.
        scanned_bytes: Bytes that proving scans, which are billed.
        table_bytes: Logical bytes that the written table holds afterwards.
        object_bytes: Bytes of the objects that come back.
        documents: Documents that are written.
        location: Where their database is; empty where there are none.
        seconds: As long as a published limit alone takes.
        bound: Where that limit is written; empty where none is known.
        quotas: How much of each daily limit it uses, that of which it uses most first.
    """

    name: str
    moved_bytes: int = 0
    jobs: int = 0
    scanned_bytes: int = 0
    table_bytes: int = 0
    object_bytes: int = 0
    documents: int = 0
    location: str = ""
    seconds: float = 0.0
    bound: str = ""
    quotas: tuple[Quota, ...] = ()


class Demand(NamedTuple):
    """What the recovery of one kind takes.

    Attributes:
        steps: What each of its steps does.
        bounds: What each published limit alone takes in seconds, of all steps together, and where it
            is written.
        quotas: How much of each daily limit of the project all steps together use.
    """

    steps: tuple[StepDemand, ...] = ()
    bounds: tuple[tuple[float, str], ...] = ()
    quotas: tuple[Quota, ...] = ()

    @property
    def impossible(self) -> tuple[str, ...]:
        """Return what no quota of one day allows."""
        return (
            *(
                f"{step.name}: {quota.told} ({quota.document})"
                for step in self.steps
                for quota in step.quotas
                if quota.is_exceeded
            ),
            *(f"{quota.told} ({quota.document})" for quota in self.quotas if quota.is_exceeded),
        )
