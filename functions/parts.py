"""The parts of one run, all in flight at once within a limit, each done once."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import structlog

from functions.lease import Lease
from functions.log import LoggingPool, logged_step
from manifests.errors import PartialError, ReboundError
from manifests.model import (
    BucketBackup,
    DatabaseBackup,
    FailedAttempt,
    Part,
    PartFailure,
    RunId,
    TableBackup,
)
from manifests.store import Vault

_LABELS: dict[type, str] = {
    TableBackup: "table",
    BucketBackup: "bucket",
    DatabaseBackup: "database",
}

log = structlog.get_logger()


class PartWork(NamedTuple):
    """One part of a run that has to be done.

    Attributes:
        kind: What the part is.
        name: Its name in the catalog.
        back_up: Backs it up and returns what the manifest says about it.
    """

    kind: type[Part]
    name: str
    back_up: Callable[[], Part]


def complete_parts(
    vault: Vault,
    run_id: RunId,
    work: Sequence[PartWork],
    lease: Lease,
    *,
    parallel: int,
    clock: Callable[[], datetime],
) -> tuple[Part, ...]:
    """Do every part that has no receipt, and return all parts in the order of the work.

    A part that fails does not stop the others; what is done stays done.

    Args:
        vault: Where receipts are kept.
        run_id: The run.
        work: Every part of the run.
        lease: Checked before a part begins; the vault checks it before anything is written.
        parallel: Parts in flight at once.
        clock: Gives the present instant.

    Raises:
        PartialError: A part failed; why is also recorded in the vault.
        LeaseLostError: Another process took the run over.
    """
    failures: list[PartFailure] = []

    def attempt(part: PartWork) -> Part | None:
        with structlog.contextvars.bound_contextvars(
            run_id=run_id, kind=_LABELS[part.kind], part=part.name
        ):
            try:
                return _complete(vault, run_id, part, lease)
            except ReboundError as error:
                log.exception("part failed", retryable=error.retryable, hint=error.hint)
                message = f"{error.message} ({error.hint})" if error.hint else error.message
                failures.append(
                    PartFailure(part=part.name, message=message, retryable=error.retryable)
                )
            except Exception as error:  # a bug is told with the rest
                log.exception("part failed with a bug")
                message = f"a bug: {type(error).__name__}: {error}"
                failures.append(PartFailure(part=part.name, message=message, retryable=False))
            return None

    with LoggingPool(parallel, thread_name_prefix="part") as pool:
        parts = list(pool.map(attempt, work))
    if failures:
        _fail(vault, run_id, failures, of=len(work), at=clock())
    return tuple(part for part in parts if part is not None)


def _complete(vault: Vault, run_id: RunId, part: PartWork, lease: Lease) -> Part:
    lease.check()
    done: Part | None = vault.part(run_id, part.kind, part.name)
    if done is not None:
        log.info("part is already done")
        return done
    with logged_step("back up"):
        return vault.put_part(run_id, part.back_up())


def _fail(
    vault: Vault, run_id: RunId, failures: list[PartFailure], *, of: int, at: datetime
) -> None:
    ordered = tuple(sorted(failures, key=lambda failure: failure.part))
    # Where another process took the run over, that is why parts failed: the vault refuses, and says so.
    vault.record_failure(FailedAttempt(run_id=run_id, attempted_at=at, failures=ordered))
    reasons = "; ".join(f"{failure.part}: {failure.message}" for failure in ordered)
    raise PartialError(
        f"{len(ordered)} of {of} parts failed: {reasons}",
        subject=run_id,
        hint="the same call continues the run; what is done is kept",
        retryable=any(failure.retryable for failure in ordered),
    )
