"""The options that choose the backup a recovery comes from. Pure."""

from datetime import datetime
from typing import Annotated

from manifests.values import Value
from recovery.options.option import Option

CHOOSES = ""
"""What an option asks that chooses the backup: the request is about whatever that is."""


class BackupOptions(Value):
    """Which run it is, and what becomes of what is damaged in it."""

    run: Annotated[str | None, Option("This run instead of the newest complete one.", CHOOSES)] = (
        None
    )
    at: Annotated[
        datetime | None,
        Option("The newest complete run at or before this time, as 2026-11-24T09:00Z.", CHOOSES),
    ] = None
    fall_back: Annotated[
        bool,
        Option("Take what is damaged from the newest older run in which it is whole.", CHOOSES),
    ] = False
