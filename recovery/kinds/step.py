"""What happens to one thing of a recovery. Pure."""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from manifests.errors import RefusedError
from manifests.values import Value
from recovery.listening import without_causes
from recovery.request import Request


class MissingWord(NamedTuple):
    """A word that a step needs and nobody said.

    Attributes:
        what: What it would do: lose, start or write to.
        subject: To what, or where.
        hint: The word that allows it.
        name: Which of several things of the subject it is; steps that do the same are told together.
    """

    what: str
    subject: str
    hint: str
    name: str = ""


class Step(Value):
    """What happens to one thing.

    Attributes:
        kind: What it is, as a sentence names it: a table, a bucket.
        name: Its name at the recovery point.
        into: The name of what is written.
        action: What is done.
        why: Why that is done; empty where the action says it.
        losing: How many rows, objects or documents that are there now are replaced or removed.
    """

    kind: str
    name: str
    into: str
    action: str
    why: str = ""
    losing: int = 0

    @property
    def title(self) -> str:
        """Return how a sentence names it."""
        return f"{self.kind} {self.into}"

    @property
    def followed(self) -> str:
        """Return under which name its progress is told; empty where it is not."""
        return self.into

    @property
    def written(self) -> str:
        """Return what of the platform's own is written, as the catalog's writers name it.

        Empty where nothing is that other writers write to: a copy is nobody's.
        """
        return ""

    @property
    def changes(self) -> bool:
        """Whether executing the step would change anything."""
        return self.action != "leave"

    @property
    def falls_short(self) -> bool:
        """Whether the thing is not as it was at the recovery point, whatever would become of it."""
        return self.changes

    @property
    def create(self) -> bool:
        """Whether it is made: created, or undeleted with what it still has."""
        return self.action in ("create", "undelete")

    @property
    def is_told(self) -> bool:
        """Whether a report tells how it ended: also of what is left, which is looked at again."""
        return True

    @property
    def comes_first(self) -> bool:
        """Whether it has to be done before the rest can be planned."""
        return False

    @property
    def decided(self) -> object:
        """Return what of it was decided, as plain values: another decision is another plan."""
        return without_causes(self.model_dump(mode="json"))

    def missing_words(
        self, request: Request, *, confirmed_projects: Collection[str]
    ) -> Iterator[MissingWord]:
        """Yield the words that the step needs and nobody said.

        Args:
            request: What the operator asked for.
            confirmed_projects: The projects that the operator named.
        """
        raise NotImplementedError


def refusals(words: Iterable[MissingWord]) -> Iterator[RefusedError]:
    """Yield a refusal for each word that is missing; what lacks the same word is told together."""
    found: dict[tuple[str, str], list[MissingWord]] = {}
    for word in words:
        found.setdefault((word.what, word.subject), []).append(word)
    for (what, subject), lacking in found.items():
        names = ", ".join(word.name for word in lacking if word.name)
        yield RefusedError(
            f"{what}: {names}" if names else what, subject=subject, hint=lacking[0].hint
        )
