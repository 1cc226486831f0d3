"""One difference, and how differences are found between pairs of values."""

import json

from manifests.values import Value

_PRESENCE = ("there", "not there")
_UNSET = "not set"
_SOUND = ("whole", "readable", "measured")


class Finding(Value):
    """One difference.

    Attributes:
        subject: The table, dataset or object.
        aspect: What about it differs.
        expected: The value at the recovery point.
        actual: The value now. When the expected value is "there", "not there", "whole", "readable"
        or "measured", it alone says what is wrong.
    """

    subject: str
    aspect: str
    expected: str
    actual: str

    @property
    def text(self) -> str:
        """Say what differs, for a person who knows the subject."""
        if self.expected in _PRESENCE:
            return f"{self.aspect} is {self.actual}"
        if self.expected == _UNSET:
            return f"{self.aspect} is {self.actual}, and was {_UNSET}"
        if self.expected in _SOUND:
            return f"{self.aspect}: {self.actual}"
        return f"{self.aspect} is {self.actual}, not {self.expected}"

    @property
    def was_nothing(self) -> bool:
        """Whether there was nothing where something is now."""
        return self.expected in (_PRESENCE[1], _UNSET)

    @property
    def text_to(self) -> str:
        """Say what it becomes where it is set to what is expected."""
        return f"{self.aspect}: {self.expected}, now {self.actual}"


def differences(subject: str, pairs: list[tuple[str, object, object]]) -> tuple[Finding, ...]:
    """Return a finding for each aspect whose expected and actual values differ."""
    return tuple(
        finding(subject, aspect, value_text(expected), value_text(actual))
        for aspect, expected, actual in pairs
        if expected != actual
    )


def finding(subject: str, aspect: str, expected: str, actual: str) -> Finding:
    """Return one finding."""
    return Finding(subject=subject, aspect=aspect, expected=expected, actual=actual)


def value_text(value: object) -> str:
    """Return a value as findings show it."""
    return _UNSET if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)


def present(value: object) -> object:
    """Treat what is empty like what is absent, as the REST API does."""
    return None if value in ({}, [], "", False) else value
