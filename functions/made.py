"""When protected parts were made: before that there is nothing of them to be read."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import structlog

from manifests.errors import PointLostError, ReboundError
from manifests.values import Resource

log = structlog.get_logger()


def told_times(
    names: Iterable[str], look: Callable[[str], Resource | None], *, field: str
) -> Iterator[datetime]:
    """Yield when parts were made, of those that are there and can be asked.

    What cannot be asked fails no run: its part is backed up later, and says so then.

    Args:
        names: The parts.
        look: Reads the configuration of one; None where there is none.
        field: The field of it that says when it was made.
    """
    for name in names:
        try:
            resource = look(name)
        except ReboundError as error:
            log.warning("when it was made cannot be asked", part=name, reason=error.message)
            continue
        if (made := _made(resource or {}, field)) is not None:
            yield made


def require_there(resource: Resource, point: datetime, *, field: str, subject: str) -> None:
    """Refuse a part that was made after a run's instant, or made again.

    Args:
        resource: Its configuration.
        point: The run's instant.
        field: The field of the configuration that says when it was made.
        subject: The part.

    Raises:
        PointLostError: What it was at that instant cannot be read.
    """
    made = _made(resource, field)
    if made is not None and made > point:
        raise PointLostError(
            f"it was made after the recovery point, at {made:%Y-%m-%dT%H:%M:%SZ}", subject=subject
        )


def _made(resource: Resource, field: str) -> datetime | None:
    told = resource.get(field)
    return None if told is None else datetime.fromisoformat(str(told))
