"""The options of a recovery that runs missed dates again. Pure."""

from typing import Annotated

from manifests.values import Value
from recovery.options.option import Option

RUN_AGAIN = ""
"""What an option asks of dates that are run again: they have a request of their own."""


class ProcessorOptions(Value):
    """Which dates of which processors."""

    since: Annotated[
        str | None, Option("Only dates from this one on, as 2024-10-22.", RUN_AGAIN)
    ] = None
    processor: Annotated[tuple[str, ...], Option("Only this processor's dates.", RUN_AGAIN)] = ()
    date: Annotated[tuple[str, ...], Option("Only this date, as 2024-10-22.", RUN_AGAIN)] = ()
