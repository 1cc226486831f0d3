"""Who ran a command that changes something, and why. Pure."""

from typing import NamedTuple

from manifests.values import Stored, UtcTime


class Operator(Stored):
    """Who gives a command.

    Attributes:
        identity: The account that Google Cloud knows; empty where the credentials do not tell.
        login: The person and machine as the machine calls them, `ana@laptop`: nobody checked it.
        command: The words of the command line.
        reason: Why, in the operator's words; empty when none were said.
    """

    identity: str
    login: str
    command: tuple[str, ...]
    reason: str = ""

    @property
    def told(self) -> str:
        """Return who it was, as a person reads it."""
        return f"{self.identity} ({self.login})" if self.identity else self.login


class Action(Stored):
    """What an operator did.

    Attributes:
        did_at: When.
        verb: The command, as `recover`.
        subject: The run, recovery or fence that it is about; empty where it is about all.
        project: The project that it was done to.
        operator: Who did it.
    """

    did_at: UtcTime
    verb: str
    subject: str
    project: str
    operator: Operator


class Acted(NamedTuple):
    """What an operator did, as it is written down.

    Attributes:
        doubt: Why nobody believes who wrote it; empty where it is believed, or nothing is checked.
    """

    action: Action
    doubt: str = ""
