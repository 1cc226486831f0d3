"""Documents of a run, read without trusting who wrote them."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from manifests import layout
from manifests.errors import (
    ManifestAlteredError,
    ManifestFormatError,
    ReboundError,
    StrangeObjectError,
)
from manifests.kind import Backup, PartKind
from manifests.model.run import Receipt, RunStart
from manifests.signing import Trust
from manifests.store.envelope import OTHER_RUN_HINT
from manifests.store.seal import Seal
from manifests.values import RunId

STRANGE_HINT = f"find out who wrote it; {OTHER_RUN_HINT}"


class Started(NamedTuple):
    """A run that was begun.

    Attributes:
        start: Its start record.
        generation: The record's generation. Each receipt of the run names it, which a receipt from
            before the run cannot.
        written_at: When the record was written, on Cloud Storage's clock.
        doubt: Why nobody believes the record; empty where it is believed.
    """

    start: RunStart
    generation: int
    written_at: datetime
    doubt: str = ""

    @property
    def run_id(self) -> RunId:
        """Return which run it is."""
        return self.start.run_id


@contextmanager
def judging(subject: str) -> Generator[None]:
    """Report a document as damaged when a check of it raises any error.

    A stranger may have written it.
    """
    try:
        yield
    except ReboundError:
        raise
    except Exception as error:
        raise ManifestFormatError(
            f"it cannot be checked: {type(error).__name__}: {error}",
            subject=subject,
            hint=OTHER_RUN_HINT,
        ) from error


def decoded_start(content: bytes, run_id: RunId, seal: Seal) -> tuple[RunStart, Trust]:
    """Return the start record of a run, and whether it is believed.

    Raises:
        BackupDamagedError: It cannot be read, or belongs to another run.
    """
    name = layout.start_name(run_id)
    with judging(name):
        start, trust = seal.decode(content, RunStart, subject=name)
    if start.run_id != run_id:
        raise ManifestAlteredError(f"it belongs to run {start.run_id}", subject=name)
    return start, trust


def received[B: Backup](
    content: bytes, run: Started, kind: PartKind[B], name: str, *, seal: Seal
) -> B:
    """Return the part that a receipt is of.

    Args:
        content: The receipt.
        run: Its run, whose start record it names.
        kind: The kind it should be of.
        name: Where it was found.
        seal: Tells whether it is believed.

    Raises:
        StrangeObjectError: It lay there before the run began, nobody we trust signed it, or an older
            version wrote it.
        BackupDamagedError: It cannot be read, or belongs elsewhere.
    """
    form: type[Receipt[B]] = Receipt[kind.model]  # type: ignore[name-defined]  # a kind's own form
    with judging(name):
        receipt, trust = seal.decode(content, form, subject=name)
    is_kind = receipt.kind in ("", kind.name)
    if not is_kind or name != kind.receipt_name(receipt.run_id, receipt.part.name):
        raise ManifestAlteredError("it belongs elsewhere", subject=name)
    if receipt.start_generation != run.generation:
        raise StrangeObjectError(
            "it does not name this run's start: somebody else wrote it, or an older version",
            subject=name,
            hint=STRANGE_HINT,
        )
    if trust.problem:
        raise StrangeObjectError(trust.problem, subject=name, hint=STRANGE_HINT)
    return receipt.part
