"""Preconditions on generation and metageneration."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from tests.standin.storage.errors import condition_not_met, invalid

INT64_MOST = 2**63 - 1
XML_HEADERS = {
    "x-goog-if-generation-match": "ifGenerationMatch",
    "x-goog-if-metageneration-match": "ifMetagenerationMatch",
}


def integer(parameters: Mapping[str, str], name: str) -> int | None:
    """Return a parameter as an integer, or None when it is not given.

    Raises:
        StorageError: it is no integer.
    """
    text = parameters.get(name)
    if text is None:
        return None
    try:
        number = int(text)
    except (TypeError, ValueError) as error:
        raise invalid(f"Invalid value for {name}: {text}") from error
    if abs(number) > INT64_MOST:
        raise invalid(f"Invalid value for {name}: {text}")
    return number


@dataclass(frozen=True, slots=True)
class Preconditions:
    """What has to hold of the version that an operation meets; None is not asked."""

    generation: int | None = None
    not_generation: int | None = None
    metageneration: int | None = None
    not_metageneration: int | None = None

    @classmethod
    def of(cls, parameters: Mapping[str, str], prefix: str = "if") -> "Preconditions":
        """Read the preconditions of a request.

        Args:
            parameters: its query.
            prefix: `if`, or `ifSource` for those on the source of a copy.

        Raises:
            StorageError: one is no integer.
        """
        return cls(
            integer(parameters, f"{prefix}GenerationMatch"),
            integer(parameters, f"{prefix}GenerationNotMatch"),
            integer(parameters, f"{prefix}MetagenerationMatch"),
            integer(parameters, f"{prefix}MetagenerationNotMatch"),
        )

    def check(self, version: sqlite3.Row | None, *, unmodified: int = 412) -> None:
        """Refuse when a precondition does not hold.

        Args:
            version: what is there, or None.
            unmodified: status when a not-match precondition fails: 304 on reads.

        Raises:
            StorageError: a precondition does not hold.
        """
        generation = version["generation"] if version else 0
        metageneration = version["metageneration"] if version else None
        if self.generation is not None and self.generation != generation:
            raise condition_not_met()
        if self.metageneration is not None and self.metageneration != metageneration:
            raise condition_not_met()
        if self.not_generation is not None and (self.not_generation == generation or not version):
            raise condition_not_met(unmodified)
        if self.not_metageneration is not None and self.not_metageneration == metageneration:
            raise condition_not_met(unmodified)
