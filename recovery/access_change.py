"""One change that a recovery makes to who may see what. Pure."""

from collections.abc import Iterator
from typing import Literal

from manifests.values import Value

type Change = Literal[
    "gives access",
    "gives as now",
    "makes public",
    "limits access",
    "removes protection",
    "encrypts",
    "uses a foreign key",
]
"""What changes.

    gives access        somebody may see what he may not see now
    gives as now        what is made gives what another one like it gives now
    makes public        everybody may
    limits access       rows that all readers of a dataset would see are seen by fewer
    removes protection  a protection that is there now goes
    encrypts            there is a key where Google's own is now, or nothing
    uses a foreign key  the same, and the key is of another project: who has it can take it away
"""

_NEED_WORD: tuple[Change, ...] = (
    "gives access",
    "makes public",
    "removes protection",
    "uses a foreign key",
)
_DANGERS: tuple[Change, ...] = ("makes public", "removes protection", "uses a foreign key")
_PUBLIC = ("allUsers", "allAuthenticatedUsers")


class AccessChange(Value):
    """One thing that changes about who may see what.

    Attributes:
        subject: The dataset, table or bucket.
        what: To whom, or which protection.
    """

    change: Change
    subject: str
    what: str

    @property
    def is_danger(self) -> bool:
        """Whether it opens what is closed to everybody, or can close it for good: it is told first."""
        return self.change in _DANGERS

    @property
    def needs_word(self) -> bool:
        """Whether it is done only when an operator says that it may be."""
        return self.change in _NEED_WORD


def given(subject: str, member: str, what: str, *, also_on: str = "") -> AccessChange:
    """Return the change that gives somebody access to something.

    Args:
        subject: By what.
        member: Who.
        what: What he may.
        also_on: What gives him the same now; empty when nothing does.
    """
    text = f"{what} to {member}"
    if member.rsplit(" ", maxsplit=1)[-1] in _PUBLIC:
        return AccessChange(change="makes public", subject=subject, what=text)
    if also_on:
        return AccessChange(change="gives as now", subject=subject, what=f"{text}, as {also_on}")
    return AccessChange(change="gives access", subject=subject, what=text)


def removed(subject: str, protection: str) -> AccessChange:
    """Return the change that removes a protection."""
    return AccessChange(change="removes protection", subject=subject, what=protection)


def keyed(subject: str, *, wanted: str, present: str, project: str) -> Iterator[AccessChange]:
    """Yield what changes about a key of Cloud KMS; an empty one is Google's own.

    Args:
        subject: What is encrypted.
        wanted: The key that a document names.
        present: The key now.
        project: The project that is recovered: whoever has a key of another can lock it all up.
    """
    if present and wanted != present:
        yield removed(subject, f"encryption with the key {present}")
    if wanted and wanted != present:
        yield encrypted(subject, wanted, project=project)


def encrypted(subject: str, key: str, *, project: str) -> AccessChange:
    """Return the change that encrypts something with another key."""
    is_own = key.startswith(f"projects/{project}/")
    change: Change = "encrypts" if is_own else "uses a foreign key"
    return AccessChange(change=change, subject=subject, what=f"with the key {key}")
