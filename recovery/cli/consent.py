"""The yes that a command needs before it changes something: given beforehand, or asked for."""

import sys

import typer

from manifests.errors import RefusedError
from recovery.waiting import WAITING


def unanswered(*, yes: bool, changes: bool = True) -> tuple[RefusedError, ...]:
    """Return the refusal of what needs a yes that was not given and that nobody is there to give.

    Args:
        yes: Whether the operator gave it beforehand.
        changes: Whether what was shown changes anything: else it needs none.
    """
    if yes or not changes or sys.stdin.isatty():
        return ()
    return (RefusedError("nobody is there to say yes", hint="`--yes` says it"),)


def agree(*, yes: bool, changes: bool = True) -> None:
    """Ask whether what was shown is to be done, where it needs a yes that was not given.

    Args:
        yes: Whether the operator gave it beforehand.
        changes: Whether what was shown changes anything: else it needs none.

    Raises:
        RefusedError: The answer is no, or nobody is there to give one.
        KeyboardInterrupt: The operator interrupted the question.
    """
    if yes or not changes:
        return
    for refusal in unanswered(yes=yes):
        raise refusal
    try:
        with WAITING.others():
            is_agreed = typer.confirm("Do this?", err=True)
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    if not is_agreed:
        raise RefusedError("not confirmed, nothing was changed")
