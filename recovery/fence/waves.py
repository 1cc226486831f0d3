"""In which order a thaw resumes writers. Pure."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from manifests.catalog_writers import Wave
from recovery.fence.model import ThawStep

_REST = "the rest"


def in_waves(waves: Sequence[Wave], steps: Iterable[ThawStep]) -> list[tuple[str, list[ThawStep]]]:
    """Return the steps of a thaw in the order of the catalog's waves; those of none come last."""
    found: dict[str, list[ThawStep]] = {wave.name: [] for wave in waves}
    for step in steps:
        named = (wave.name for wave in waves if _is_of(wave, step))
        found.setdefault(next(named, _REST), []).append(step)
    return list(found.items())


def _is_of(wave: Wave, step: ThawStep) -> bool:
    own = step.name.rpartition("/")[2]
    return wave.type in (None, step.type) and any(fnmatchcase(own, item) for item in wave.names)
