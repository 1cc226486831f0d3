"""What a recovery will take, as values. Pure."""

from manifests.values import UtcTime, Value
from recovery.kinds.demand import Quota
from recovery.units import duration

_FAR_APART = 1.5


class StepTakes(Value):
    """What one step of a recovery will take.

    Attributes:
        measured_seconds: Its share, by bytes, of what the whole was measured to take; None where
            nothing was, or it reads nothing.
        at_least_seconds: What the limit that binds it alone takes.
        binding: That limit, and where it is written; empty where none is known to bind it.
        moved_bytes: How many bytes are read of the vault.
        jobs: How many jobs of BigQuery write it, at least.
        scanned_bytes: How many bytes proving it scans.
        stored_bytes: How many bytes it holds afterwards that are billed by the month.
        documents: How many documents are written.
        usd: What scans and documents cost, at list price.
        usd_per_month: What storing it costs a month, at list price.
        quota: How much of a daily limit it uses, of that which is closest; None where none is known.
    """

    name: str
    measured_seconds: float | None = None
    at_least_seconds: float = 0.0
    binding: str = ""
    moved_bytes: int = 0
    jobs: int = 0
    scanned_bytes: int = 0
    stored_bytes: int = 0
    documents: int = 0
    usd: float = 0.0
    usd_per_month: float = 0.0
    quota: Quota | None = None


class Takes(Value):
    """What a recovery will take.

    Attributes:
        measured_seconds: As long as the newest proven recovery of the scenario took, for as many
            bytes; None where there was none.
        measured_least_seconds: As long as it took, where that is less: a part of the time does not
            grow with the bytes. Nothing in plans of before.
        measured_by: The recovery that was measured.
        measured_at: When.
        at_least_seconds: What the binding limit alone takes.
        binding: The published limit that takes longest, and where it is written; empty for none.
        jobs: How many load and copy jobs of BigQuery it makes, at least.
        scanned_bytes: How many bytes proving tables scans, which are billed.
        scanned_usd: What that costs, at list price.
        stored_usd: What storing what comes back costs a month, at list price.
        priced_on: When these prices were looked up; empty where nothing has one.
        priced_in: The location whose price of a scan is taken: that of the tables, else the first one in
            `prices.json`.
        moved_bytes: How many bytes are read of the vault.
        impossible: What no quota of one day allows.
        documents_usd: What writing documents costs, at list price.
        documents_in: The locations of which that is the price. Empty in plans of before.
        steps: What each step takes that writes rows, objects or documents. Nothing in plans of before.
    """

    measured_seconds: float | None = None
    measured_least_seconds: float | None = None
    measured_by: str = ""
    measured_at: UtcTime | None = None
    at_least_seconds: float = 0.0
    binding: str = ""
    jobs: int = 0
    scanned_bytes: int = 0
    scanned_usd: float = 0.0
    stored_usd: float = 0.0
    priced_on: str = ""
    priced_in: str = ""
    moved_bytes: int = 0
    impossible: tuple[str, ...] = ()
    documents_usd: float = 0.0
    documents_in: str = ""
    steps: tuple[StepTakes, ...] = ()

    @property
    def told(self) -> str:
        """Return how long it takes, as measured: from one time to another where those are far apart."""
        most, least = self.measured_seconds or 0.0, self.measured_least_seconds
        if least is None or most < _FAR_APART * least:
            return duration(most)
        return f"{duration(least)} to {duration(most)}"
