"""How long a lease is believed: by the bucket's clock, an hour at most, whatever it says."""

from datetime import UTC, datetime, timedelta

import pytest

from manifests.model.run import LeaseRecord, PruneRecord
from manifests.store.claims import Dated, lease_claim, pruned_until
from manifests.store.envelope import encode
from manifests.values import RunId
from tests.unit.samples import BASE_RUN, RUN

WRITTEN = datetime(2026, 11, 24, 8, tzinfo=UTC)


def dated(content: bytes) -> Dated:
    """Return a document as it is in the bucket."""
    return Dated(content, 7, WRITTEN)


def lease(run_id: RunId = RUN, term_seconds: float = 120) -> bytes:
    """Return a lease."""
    return encode(LeaseRecord(run_id=run_id, holder="me", term_seconds=term_seconds))


@pytest.mark.parametrize(("term", "seconds"), [(120, 120), (0, 0), (10**9, 3600), (1e300, 3600)])
def test_a_term_counts_from_the_writing(term: float, seconds: float):
    """A holder that asks for a year gets an hour."""
    claim = lease_claim(dated(lease(term_seconds=term)), RUN)
    assert claim == ("me", WRITTEN + timedelta(seconds=seconds), "")
    prune = dated(encode(PruneRecord(holder="me", term_seconds=term)))
    assert pruned_until(prune) == WRITTEN + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 10**6,
        lease()[:-9],
        lease(BASE_RUN),
        encode(PruneRecord(holder="", term_seconds=1)),
    ],
)
def test_what_cannot_be_read_is_believed_for_an_hour(content: bytes):
    """Nobody is at work for ever because nobody can tell who."""
    claim = lease_claim(dated(content), RUN)
    assert (claim.holder, claim.until) == ("", WRITTEN + timedelta(hours=1))
    assert claim.problem


def test_a_prune_that_cannot_be_read_is_believed_for_an_hour():
    """The same of who prunes."""
    assert pruned_until(dated(b"{")) == WRITTEN + timedelta(hours=1)
