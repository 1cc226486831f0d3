"""The ledger of erased keys: which entries are believed, and what a recovery does where not all are. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

from manifests.erasure_layout import LAST_NUMBER, erasure_name
from manifests.erasures import Erasure, Erasures, revoked_by
from manifests.errors import RefusedError, UsageError
from manifests.values import Value
from recovery.request import Request
from recovery.units import counted

_HINT = (
    "find out who wrote to erasures/ in the vault; `rebound erasures` lists it, and "
    "`rebound erase --revoke N --reason ...` says that an entry counts no more"
)

REMOVED_OR_PLANTED = (
    "removed from the vault, or planted: without REBOUND_OPERATOR_KEYS nobody can tell"
)
"""What is told of copies behind the newest entry."""


class LedgerTold(Value):
    """What a plan tells of the ledger.

    Attributes:
        keys: How many keys stay erased.
        unsigned: How many entries no trusted key signed.
        unreadable: What cannot be read of it, and why.
        gone: How many entries are gone from the vault, and count by their copies.
        doubtful: Entries of which there are copies alone, where no key tells who wrote those.
    """

    keys: int = 0
    unsigned: int = 0
    unreadable: tuple[str, ...] = ()
    gone: int = 0
    doubtful: tuple[int, ...] = ()


class FoundEntry(NamedTuple):
    """What was found where an entry of the ledger has its place.

    Attributes:
        number: Which entry it is.
        entry: None where it cannot be read.
        problem: Why not.
        sha256: Of what is stored, in hexadecimal.
        is_signed: Whether a trusted key signed it.
        is_copy: Whether it lies in the landing bucket.
    """

    number: int
    entry: Erasure | None = None
    problem: str = ""
    sha256: str = ""
    is_signed: bool = False
    is_copy: bool = False

    def counts(self, *, is_checking: bool) -> bool:
        """Tell whether it is believed: signed where that is checked, else readable."""
        return self.is_signed if is_checking else self.entry is not None


class Last(NamedTuple):
    """The entry before another one, as that names it: by its number and its digest."""

    number: int = 0
    sha256: str = ""


class Ledger(NamedTuple):
    """The ledger as it was read.

    Attributes:
        believed: The entries that a trusted key signed.
        unsigned: The others, but for those that a believed one revokes.
        unreadable: What cannot be read of it, and why: entries that may say what stays erased.
        numbers: Those that were ever given: of entries, also unread, missing and revoked ones.
        last: What the next entry comes behind.
        gone: The entries that are not in the vault as they were written, and count by their copies.
        kept: The others that count, as they lie in the vault.
        doubtful: The numbers behind the newest that copies alone have, where no key tells who wrote those:
            somebody removed the entries, or planted the copies.
    """

    believed: tuple[Erasure, ...] = ()
    unsigned: tuple[Erasure, ...] = ()
    unreadable: tuple[str, ...] = ()
    numbers: frozenset[int] = frozenset()
    last: Last = Last()
    gone: tuple[Last, ...] = ()
    kept: tuple[Last, ...] = ()
    doubtful: tuple[int, ...] = ()

    def all(self) -> Erasures:
        """Return what stays erased by every readable entry; an unsigned one revokes unsigned ones only."""
        return Erasures((*Erasures(self.believed).entries, *Erasures(self.unsigned).entries))

    def applied(self, *, with_unsigned: bool) -> Erasures:
        """Return what stays erased in a recovery: by signed entries, and by unsigned ones where they were allowed."""
        return self.all() if with_unsigned else Erasures(self.believed)

    def told(self, request: Request) -> LedgerTold:
        """Return what a plan tells of it."""
        applied = self.applied(with_unsigned=request.unsigned_erasures).entries
        return LedgerTold(
            keys=sum(len(item.digests) for item in applied),
            unsigned=len(self.unsigned),
            unreadable=self.unreadable,
            gone=len(self.gone),
            doubtful=self.doubtful,
        )

    def require_readable(self) -> None:
        """Refuse what could bring back what was erased.

        Raises:
            RefusedError: Not all of it can be read.
        """
        if self.unreadable:
            raise _unreadable(self.unreadable, _HINT)

    def require_signed(self) -> None:
        """Refuse unsigned entries: rows would be left out because of what anybody could have written.

        Raises:
            RefusedError: Somebody else wrote an entry.
        """
        if self.unsigned:
            raise _unsigned(len(self.unsigned), _HINT)

    def check_revoked(self, numbers: Sequence[int]) -> None:
        """Refuse to revoke an entry that never was.

        Raises:
            UsageError: No entry has, or had, the number.
        """
        if unknown := sorted(set(numbers) - self.numbers):
            raise UsageError(
                f"the ledger has no entry {unknown[0]}", hint="`rebound erasures` lists the entries"
            )

    def following(self, entry: Erasure) -> Erasure:
        """Return an entry as the next one: it names the one before, and has a number that none had.

        Raises:
            RefusedError: No number is left: somebody wrote one with the last.
        """
        free = count(self.last.number + 1)
        number = next(item for item in free if item not in self.numbers)
        if number > LAST_NUMBER:
            raise RefusedError(
                "no number is left for an entry",
                subject=erasure_name(self.last.number),
                hint="find out who wrote it; with REBOUND_OPERATOR_KEYS only what they signed counts",
            )
        previous = {"previous": self.last.number, "previous_sha256": self.last.sha256}
        return entry.model_copy(update={"number": number, **previous})


def ledger_of(
    stored: Sequence[FoundEntry], numbers: frozenset[int], *, is_checking: bool
) -> Ledger:
    """Return the ledger of what is stored.

    What is missing is what a believed entry names as the one before it. What nobody signed cannot
    say that something is missing; where no key is trusted, that is all there is.

    Args:
        stored: What lies in the places of entries.
        numbers: The numbers of all that lie there, also of those that are not read.
        is_checking: Whether only what is signed is believed.
    """
    copied = {item.number for item in stored if item.is_copy}
    stored = [
        item for item in stored if item.is_copy or not (item.problem and item.number in copied)
    ]
    read = [item for item in stored if item.entry is not None]
    believed = _entries(item for item in read if item.is_signed)
    own = [item for item in read if item.is_signed or not is_checking]
    revoked = frozenset(number for item in _entries(own) for number in item.revokes)
    there = {(item.number, item.sha256) for item in own}
    named = {(it.previous, it.previous_sha256) for it in _entries(own) if it.previous}
    missing = {number for number, _ in named - there} - revoked_by(_entries(own))
    unreadable = [item.problem for item in stored if item.problem and item.number not in revoked]
    unreadable += [
        f"{erasure_name(number)}: it is missing, or changed, and a later one names it"
        for number in sorted(missing)
    ]
    newest = max(own, key=lambda item: item.number, default=None)
    return Ledger(
        believed=believed,
        unsigned=_entries(
            item
            for item in read
            if not item.is_signed and not (is_checking and item.number in revoked)
        ),
        unreadable=tuple(unreadable),
        numbers=numbers | missing | revoked,
        last=Last() if newest is None else Last(newest.number, newest.sha256),
        gone=tuple(Last(item.number, item.sha256) for item in stored if item.is_copy),
        kept=tuple(Last(item.number, item.sha256) for item in own if not item.is_copy),
    )


def ledger_refusals(told: LedgerTold | None, request: Request) -> Iterator[RefusedError]:
    """Yield why the ledger keeps a recovery from being carried out: what was erased could come back."""
    if told is None or request.skip_erasures:
        return
    if told.unreadable:
        hint = f"{_HINT}; `--skip-erasures` restores all the same: what it names comes back"
        yield _unreadable(told.unreadable, hint)
    if told.unsigned and not request.unsigned_erasures:
        hint = (
            "`--unsigned-erasures` leaves out of what comes back what they name too; "
            "`--skip-erasures` brings it back; `rebound erase --revoke N --reason ...` says that one does not count"
        )
        yield _unsigned(told.unsigned, hint)


def _unreadable(why: Sequence[str], hint: str) -> RefusedError:
    return RefusedError(f"the ledger of erasures cannot be read: {why[0]}", hint=hint)


def _unsigned(number: int, hint: str) -> RefusedError:
    told = f"no trusted key signed {counted(number, 'erasure')} of the ledger"
    return RefusedError(told, hint=hint)


def _entries(stored: Iterable[FoundEntry]) -> tuple[Erasure, ...]:
    return tuple(item.entry for item in stored if item.entry is not None)
