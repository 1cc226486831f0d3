"""What was promised of the platform and is measured by people alone. Pure."""

from collections.abc import Mapping

from manifests.values import Value


class Promise(Value):
    """A number that was promised, and that nothing here can measure.

    Attributes:
        bound: The worst number that keeps it.
        unit: What the number counts.
        is_least: Whether higher numbers are better.
    """

    bound: float
    unit: str = ""
    is_least: bool = False

    @property
    def target(self) -> str:
        """Return it for a person."""
        return f"at {'least' if self.is_least else 'most'} {self.told(self.bound)}"

    def told(self, value: float) -> str:
        """Return a number with its unit."""
        return f"{value:g} {self.unit}".rstrip()

    def is_kept(self, value: float) -> bool:
        """Whether a number is good enough."""
        return value >= self.bound if self.is_least else value <= self.bound


PROMISES: Mapping[str, Promise] = {
    "availability": Promise(bound=99, unit="%", is_least=True),
    "mean absolute error of the model": Promise(bound=4.5),
    "a batch of predictions": Promise(bound=60, unit="s"),
    "the model is trained again": Promise(bound=7, unit="d"),
    "an incident is noticed": Promise(bound=30, unit="min"),
    "somebody begins with a P0": Promise(bound=1, unit="h"),
    "somebody begins with a P1": Promise(bound=4, unit="h"),
    "services scale": Promise(bound=2, unit="min"),
    "services recover by themselves": Promise(bound=75, unit="%", is_least=True),
    "infrastructure is up": Promise(bound=99, unit="%", is_least=True),
}
