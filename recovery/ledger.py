"""The ledger of keys that stay erased: what of it is believed, and what a recovery does where not all is. Pure."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from manifests.erasures import Erasure, Erasures
from manifests.errors import RefusedError
from manifests.values import Value
from recovery.request import Request
from recovery.units import counted

_HINT = "find out who wrote to erasures/ in the vault; `rebound erasures` lists it"


class LedgerTold(Value):
    """What a plan tells of the ledger.

    Attributes:
        keys: How many keys stay erased.
        unsigned: How many entries no trusted key signed.
        unreadable: What cannot be read of it, and why.
    """

    keys: int = 0
    unsigned: int = 0
    unreadable: tuple[str, ...] = ()


class Ledger(NamedTuple):
    """The ledger as it was read.

    Attributes:
        believed: The entries that a trusted key signed.
        unsigned: The others.
        unreadable: What cannot be read of it, and why: entries that may say what stays erased.
    """

    believed: tuple[Erasure, ...] = ()
    unsigned: tuple[Erasure, ...] = ()
    unreadable: tuple[str, ...] = ()

    def all(self) -> Erasures:
        """Return what stays erased by every entry that can be read."""
        return Erasures((*self.believed, *self.unsigned))

    def applied(self, request: Request) -> Erasures:
        """Return what stays erased in a recovery: also by what nobody signed, where that was allowed."""
        return self.all() if request.unsigned_erasures else Erasures(self.believed)

    def told(self, request: Request) -> LedgerTold:
        """Return what a plan tells of it."""
        applied = self.applied(request).entries
        return LedgerTold(
            keys=sum(len(item.digests) for item in applied),
            unsigned=len(self.unsigned),
            unreadable=self.unreadable,
        )

    def require_readable(self) -> None:
        """Refuse what could bring back what was erased.

        Raises:
            RefusedError: Not all of it can be read.
        """
        if self.unreadable:
            raise _unreadable(self.unreadable, _HINT)


def ledger_refusals(told: LedgerTold | None, request: Request) -> Iterator[RefusedError]:
    """Yield what keeps a recovery from being carried out: what was erased could come back."""
    if told is None or request.skip_erasures:
        return
    if told.unreadable:
        hint = f"{_HINT}; `--skip-erasures` restores all the same, erased keys too"
        yield _unreadable(told.unreadable, hint)
    if told.unsigned and not request.unsigned_erasures:
        yield RefusedError(
            f"no trusted key signed {counted(told.unsigned, 'erasure')} of the ledger",
            hint="`--unsigned-erasures` leaves out of what comes back what they name too; "
            "`--skip-erasures` brings it back",
        )


def _unreadable(why: Sequence[str], hint: str) -> RefusedError:
    return RefusedError(f"the ledger of erasures cannot be read: {why[0]}", hint=hint)


def next_number(numbers: Collection[int]) -> int:
    """Return the first number that no entry has."""
    return next(number for number in range(1, len(numbers) + 2) if number not in numbers)
