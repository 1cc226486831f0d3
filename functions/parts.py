"""Backs up the parts of one run: several at once, each of them once."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import structlog

from functions.exporter import Exporter
from functions.lease import Lease
from functions.log import LoggingPool, logged_step
from manifests.errors import (
    BackupDamagedError,
    NeverThereError,
    PartialError,
    PointLostError,
    ReboundError,
    StrangeObjectError,
)
from manifests.kind import Backup, CatalogPart, PartKind
from manifests.model.run import FailedAttempt, PartFailure
from manifests.store.decoded import Started
from manifests.store.vault import Vault

log = structlog.get_logger()

# A receipt that is not ours cannot be replaced, so ours cannot be written.
_LOST = (PointLostError, StrangeObjectError)


class PartWork(NamedTuple):
    """One part of a run that has to be done.

    Attributes:
        kind: What the part is.
        entry: What the catalog says of it.
        back_up: Backs it up and returns what the manifest says about it.
    """

    kind: PartKind[Any]
    entry: CatalogPart
    back_up: Callable[[], Backup]

    @property
    def label(self) -> str:
        """Return how the part is called among those of every kind."""
        return self.kind.labelled(self.entry.name)


class Parts(NamedTuple):
    """The parts of a run that can be complete.

    Attributes:
        done: Those that are backed up, each with its kind, in the order of the work.
        lacking: Those that could not be, and that the catalog does not require.
    """

    done: tuple[tuple[PartKind[Any], Backup], ...]
    lacking: tuple[PartFailure, ...]

    def of(self, kind: PartKind[Any]) -> tuple[Any, ...]:
        """Return those of one kind that are backed up."""
        return tuple(part for its_kind, part in self.done if its_kind is kind)


class FailedPart(NamedTuple):
    """A part that failed.

    Attributes:
        why: The reason.
        is_spared: Whether the run can be complete without it.
        is_lost: Whether no attempt at this run can back it up any more.
    """

    why: PartFailure
    is_spared: bool = False
    is_lost: bool = False


def every_part(
    exporters: Sequence[Exporter[Any, Any]],
    earlier: Callable[[PartKind[Any], str], Backup | None],
) -> list[PartWork]:
    """Return what has to be done for each part of the catalog.

    Args:
        exporters: What backs each kind up.
        earlier: Gives a part of the run whose unchanged content may be referenced, or None.
    """

    def back_up(exporter: Exporter[Any, Any], entry: CatalogPart) -> Backup:
        done: Backup = exporter.back_up(entry, earlier(exporter.kind, entry.name))
        return done

    return [
        PartWork(exporter.kind, entry, partial(back_up, exporter, entry))
        for exporter in exporters
        for entry in exporter.entries
    ]


def complete_parts(
    vault: Vault,
    run: Started,
    work: Sequence[PartWork],
    lease: Lease,
    *,
    parallel: int,
    clock: Callable[[], datetime],
    is_scheduled: bool,
    missed: Callable[[Sequence[Backup]], Iterable[FailedPart]] = lambda _: (),
) -> Parts:
    """Do every part that has no receipt.

    A part that fails does not stop the others; what is done stays done.

    Args:
        vault: Where receipts are kept.
        run: The run.
        work: Every part of the run.
        lease: Checked before a part begins; the vault checks it before anything is written.
        parallel: Parts in flight at once.
        clock: Gives the present instant.
        is_scheduled: Whether a schedule calls for the run, and again until one is complete.
        missed: Says what a run that has these parts should have besides.

    Raises:
        PartialError: A part that is required failed; why is also recorded in the vault.
        LeaseLostError: Another process took the run over.
    """

    def attempt(part: PartWork) -> Backup | FailedPart | None:
        about = {"run_id": run.run_id, "kind": part.kind.noun, "part": part.entry.name}
        with structlog.contextvars.bound_contextvars(**about):
            return _attempt(vault, run, part, lease)

    with LoggingPool(parallel, thread_name_prefix="part") as pool:
        ended = list(pool.map(attempt, work))
    done = tuple(
        (part.kind, item)
        for part, item in zip(work, ended, strict=True)
        if not isinstance(item, FailedPart | None)
    )
    failed = [item for item in ended if isinstance(item, FailedPart)]
    failed += missed([part for _, part in done])
    whys = tuple(sorted((item.why for item in failed), key=lambda why: why.part))
    if all(item.is_spared for item in failed):
        return Parts(done, whys)
    attempt_ended = FailedAttempt(run_id=run.run_id, attempted_at=clock(), failures=whys)
    is_last = any(item.is_lost for item in failed)
    # Where another process took the run over, the vault refuses, and says so.
    vault.record_failure(attempt_ended, is_last=is_last)
    if is_last:
        raise _impossible(attempt_ended, of=len(work), is_scheduled=is_scheduled)
    raise _partial(attempt_ended, of=len(work))


def _attempt(
    vault: Vault, run: Started, part: PartWork, lease: Lease
) -> Backup | FailedPart | None:
    """Do one part, or say in words why it could not be done; a bug is told with the rest.

    Returns None where it was not there.
    """
    try:
        return _complete(vault, run, part, lease)
    except NeverThereError as error:
        log.warning("the table was not there at the recovery point", reason=error.message)
        return None
    except ReboundError as error:
        # What is wrong with something that is stored is told of that very object.
        what = str(error) if isinstance(error, BackupDamagedError) else error.message
        message = f"{what} ({error.hint})" if error.hint else what
        is_spared = part.entry.backup == "best effort"
        log.error("part failed", reason=message, retryable=error.may_pass)  # noqa: TRY400 - no stack trace
        return FailedPart(
            PartFailure(part=part.label, message=message, retryable=error.may_pass),
            is_spared=is_spared,
            is_lost=isinstance(error, _LOST) and not is_spared,
        )
    except Exception as error:
        log.exception("part failed with a bug")
        message = f"a bug: {type(error).__name__}: {error}"
        return FailedPart(PartFailure(part=part.label, message=message, retryable=False))


def _complete(vault: Vault, run: Started, part: PartWork, lease: Lease) -> Backup:
    lease.check()
    done: Backup | None = vault.part(run, part.kind, part.entry.name)
    if done is not None:
        log.info("part is already done")
        return done
    with logged_step("back up"):
        stored: Backup = vault.put_part(run, part.kind, part.back_up())
        return stored


def _partial(ended: FailedAttempt, *, of: int) -> PartialError:
    """Return the error of an attempt that failed, where the next one can complete the run."""
    is_retryable = any(item.retryable for item in ended.failures)
    hint = "the same call continues the run; what is done is kept"
    return PartialError(
        _told(ended, of),
        subject=ended.run_id,
        hint=hint if is_retryable else f"mend what the log says of each part, then {hint}",
        retryable=is_retryable,
    )


def _impossible(ended: FailedAttempt, *, of: int, is_scheduled: bool) -> PartialError:
    """Return the error of a run that no attempt can complete; the next call of a schedule makes another."""
    what_helps = (
        "the schedule's next call begins another, at a later instant"
        if is_scheduled
        else "make another, with another run_id and a later instant"
    )
    return PartialError(
        _told(ended, of),
        subject=ended.run_id,
        hint=f"this run can never be complete: {what_helps}",
        retryable=is_scheduled,
    )


def _told(ended: FailedAttempt, of: int) -> str:
    first = ended.failures[0]
    return f"{len(ended.failures)} of {of} parts failed, the first: {first.part}: {first.message}"
