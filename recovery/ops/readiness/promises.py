"""Promises about the platform that only people can measure. Pure."""

from collections.abc import Mapping

from manifests.values import Value


class Promise(Value):
    """A number that was promised, and that nothing here can measure.

    Attributes:
        bound: The worst number that meets it, in its unit.
        why: Why nothing here measures it.
        unit: What the number counts.
        is_least: Whether higher numbers are better.
    """

    bound: float
    why: str
    unit: str = ""
    is_least: bool = False

    @property
    def target(self) -> str:
        """Return the number that was promised, for a person."""
        return f"at {'least' if self.is_least else 'most'} {self.told(self.bound)}"

    def told(self, value: float) -> str:
        """Return a number with its unit."""
        return f"{value:g} {self.unit}".rstrip()

    def is_met_by(self, value: float) -> bool:
        """Whether a number, in the unit of the promise, is good enough."""
        return value >= self.bound if self.is_least else value <= self.bound


_NO_PROBE = "nothing outside asks it each minute: an uptime check would"
_NO_INCIDENTS = "incidents are in no table: reports of them are files that people keep"
_NO_TRAFFIC = "it takes load, which nobody puts on the platform for a look"

PROMISES: Mapping[str, Promise] = {
    "availability": Promise(bound=99, why=_NO_PROBE, unit="%", is_least=True),
    "mean absolute error of the model": Promise(
        bound=4.5, why="predictions are in tables that the catalog does not name"
    ),
    "a batch of predictions": Promise(
        bound=60, why="its service logs no time that a look could read", unit="s"
    ),
    "an incident is noticed": Promise(bound=30, why=_NO_INCIDENTS, unit="min"),
    "somebody begins with a P0": Promise(bound=1, why=_NO_INCIDENTS, unit="h"),
    "somebody begins with a P1": Promise(bound=4, why=_NO_INCIDENTS, unit="h"),
    "the dashboard is up": Promise(bound=95, why=_NO_PROBE, unit="%", is_least=True),
    "services scale": Promise(bound=2, why=_NO_TRAFFIC, unit="min"),
    "services recover by themselves": Promise(
        bound=75, why="nothing tells a repair by itself from one by hand", unit="%", is_least=True
    ),
    "infrastructure is up": Promise(bound=99, why=_NO_PROBE, unit="%", is_least=True),
}
