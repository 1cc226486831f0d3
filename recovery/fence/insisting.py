"""Refuses to go on while what is fenced is not shown to be quiet. Pure."""

import shlex
from collections.abc import Iterable

from manifests.errors import ReboundError
from recovery.fence.model import Quiet


def require_quiet(quiet: Quiet, failure: ReboundError, command: str) -> None:
    """Refuse to go on while something is written, or runs, or could not be looked at and so may be written.

    Args:
        quiet: What was seen.
        failure: What it means for whoever waits; why is added.
        command: What takes the word that goes on all the same.

    Raises:
        ReboundError: The failure.
    """
    if why := quiet.not_quiet:
        failure.hint = (
            "wait for what runs to end, or find the writer that the catalog does not name"
        )
        if quiet.executions:
            failure.hint += _despite(quiet.executions, command)
    elif quiet.in_doubt:
        why = f"it could not be looked at whether anything writes to {quiet.in_doubt[0]}"
        failure.hint = f"see for yourself that nothing does{_despite(quiet.in_doubt, command)}"
    else:
        return
    failure.message = f"{failure.message}: {why}"
    raise failure


def _despite(names: Iterable[str], command: str) -> str:
    words = " ".join(f"--despite {shlex.quote(name)}" for name in dict.fromkeys(names))
    return f"; `{words}` of `{command}` goes on all the same"
