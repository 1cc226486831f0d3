"""One measured ratio, what is wanted of it, and whether it was met."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Ratio:
    """A ratio of two things measured in one run.

    Attributes:
        what: What is divided by what.
        value: The ratio.
        wanted: `at most` or `at least`.
        bound: The bound.
        detail: The two measured values, with their units.
    """

    what: str
    value: float
    wanted: Literal["at most", "at least"]
    bound: float
    detail: str

    @property
    def is_met(self) -> bool:
        """Whether the ratio is within its bound."""
        return self.value <= self.bound if self.wanted == "at most" else self.value >= self.bound

    def __str__(self) -> str:
        verdict = "met" if self.is_met else "NOT MET"
        return (
            f"{self.value:8.2f}  {self.what} ({self.detail}); wanted {self.wanted} "
            f"{self.bound:g}: {verdict}"
        )
