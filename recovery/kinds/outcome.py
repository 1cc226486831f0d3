"""How one thing of a recovery ended. Pure."""

from typing import Literal, NamedTuple

from manifests.errors import ReboundError
from manifests.kind import Backup
from manifests.values import Value
from recovery.compare.findings import Finding


class Failure(Value):
    """Why something was not recovered.

    Attributes:
        hint: What to do about it.
        exit_code: The exit code of the error.
    """

    message: str
    hint: str = ""
    exit_code: int = ReboundError.exit_code

    @classmethod
    def of(cls, error: ReboundError) -> "Failure":
        """Return what an error says, without what it happened to."""
        return cls(message=error.message, hint=error.hint, exit_code=error.exit_code)


class Outcome(Value):
    """How one thing ended.

    Attributes:
        kind: What it is, as a sentence names it.
        name: Its name at the recovery point.
        into: The name of what was written.
        action: What was done.
        undo: Where what was there before is kept; empty where there was nothing.
        findings: What is not equal; empty when all that was asked for is proven equal.
        failure: Why it was not recovered; None when it was.
    """

    kind: str
    name: str
    into: str
    action: str
    undo: str = ""
    findings: tuple[Finding, ...] = ()
    failure: Failure | None = None

    @property
    def title(self) -> str:
        """Return how a sentence names it."""
        return f"{self.kind} {self.into}"

    @property
    def error(self) -> str:
        """Return why it was not recovered; empty when it was."""
        return self.failure.message if self.failure else ""

    @property
    def hint(self) -> str:
        """Return what to do about the error."""
        return self.failure.hint if self.failure else ""

    @property
    def exit_code(self) -> int:
        """Return the exit code of the error; 0 when there is none."""
        return self.failure.exit_code if self.failure else 0

    @property
    def is_proven(self) -> bool:
        """Whether all that was asked for was recovered and is equal to the recovery point."""
        return self.failure is None and not self.findings

    @property
    def state(self) -> Literal["proven", "NOT EQUAL", "FAILED"]:
        """Return how the report says that it ended."""
        if self.is_proven:
            return "proven"
        return "NOT EQUAL" if self.findings else "FAILED"

    @property
    def stage(self) -> str:
        """Return how the progress says that it ended."""
        return self.state.lower()


class Restored(NamedTuple):
    """What of one part came back from the vault and is proven.

    Attributes:
        backup: The part.
        things: How many rows, objects, documents or resources.
        held: How many come back when all of the part is asked for.
    """

    backup: Backup
    things: int
    held: int
