"""What somebody asks of a drill. Pure."""

from typing import NamedTuple

from recovery.drill.model import Criteria


class Asked(NamedTuple):
    """What somebody asks of a drill.

    Attributes:
        scenario: What is drilled; `sample` for single parts of each kind.
        sandbox: The project that is written to.
        run: The run whose recovery point is restored; the newest that can be where None.
        is_random: Whether it is any complete run, drawn.
        criteria: What was written down; None for what the catalog agrees on.
        criteria_from: The file that has it; empty for the catalog's.
        operator: Who runs the drill.
        approver: Who allowed it.
        looks_at_platform: Whether it is told what was written there since the recovery point: that is
            read of the platform, which what drills by itself may not.
    """

    scenario: str
    sandbox: str
    run: str | None
    is_random: bool
    criteria: Criteria | None
    criteria_from: str
    operator: str
    approver: str
    looks_at_platform: bool = True
