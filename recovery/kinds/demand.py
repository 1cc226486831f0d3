"""What the recovery of one kind takes: bytes, jobs, and the limits that bind it. Pure."""

from typing import NamedTuple


class Demand(NamedTuple):
    """What the recovery of one kind takes.

    Attributes:
        moved_bytes: Bytes that are read of the vault or of another source.
        jobs: Load and copy jobs of BigQuery, at least.
        scanned_bytes: Bytes that proving scans, which are billed.
        table_bytes: Logical bytes that the written tables hold afterwards.
        object_bytes: Bytes of the objects that come back.
        bounds: What each published limit alone takes in seconds, and where it is written.
        impossible: What no quota of one day allows.
    """

    moved_bytes: int = 0
    jobs: int = 0
    scanned_bytes: int = 0
    table_bytes: int = 0
    object_bytes: int = 0
    bounds: tuple[tuple[float, str], ...] = ()
    impossible: tuple[str, ...] = ()
