"""Entries of the ledger that are gone, or that somebody planted: what of them counts."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from manifests.erasure_layout import erasure_copy_name, erasure_name
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from recovery.ledger_store import read_ledger
from recovery.report.erasures import ledger_document
from recovery.report.text import text_of
from tests.unit.manifests.test_erasures import entry
from tests.unit.memory import MemoryBucket
from tests.unit.recovery.test_ledger import (
    ASKED,
    RAW,
    SIGNING,
    added,
    ledger_in,
    planted,
    refusal,
    revoking,
)


@pytest.mark.parametrize("damage", ["removed", "garbage", "another's"])
def test_an_entry_that_is_gone_counts_by_its_copy(damage: str):
    """Also the newest, of which no later one tells; the next entry puts it back where nothing is."""
    vault, landing = MemoryBucket(), MemoryBucket()
    added(vault, SIGNING, RAW, entry("bucket", "raw", "b"), landing=landing)
    genuine = vault.objects.pop(erasure_name(2))
    if damage == "garbage":
        vault.objects[erasure_name(2)] = b"garbage"
    elif damage == "another's":
        planted(vault, RAW.model_copy(update={"number": 2}))
    alone = ledger_in(vault, SIGNING)
    assert not alone.applied(with_unsigned=True).objects("raw").holds_object("b")
    ledger = read_ledger(vault, landing, SIGNING)
    assert ledger.applied(with_unsigned=False).objects("raw").holds_object("b")
    assert not ledger.unreadable
    assert [item.number for item in ledger.gone] == [2]
    assert ledger.told(ASKED).gone == 1
    assert bool(refusal(ledger)) == (damage == "another's")
    assert added(vault, SIGNING, RAW, landing=landing) == [3]
    assert (vault.objects[erasure_name(2)] == genuine) == (damage == "removed")
    assert len(read_ledger(vault, landing, SIGNING).gone) == (damage != "removed")


def test_a_copy_that_somebody_planted_is_none():
    """Unsigned, of another number, under another name, also one that revokes; with keys and without."""
    vault, landing = MemoryBucket(), MemoryBucket()
    added(vault, SIGNING, RAW, landing=landing)
    signed = vault.objects[erasure_name(1)]
    unsigned = encode(revoking(1, number=4))
    landing.objects |= {
        erasure_copy_name(2, hashlib.sha256(signed).hexdigest()): signed,
        erasure_copy_name(3, "0" * 64): signed,
        erasure_copy_name(4, hashlib.sha256(unsigned).hexdigest()): unsigned,
        erasure_copy_name(5, "1" * 64): b"garbage",
        "erasures/other": b"",
    }
    ledger = read_ledger(vault, landing, SIGNING)
    assert (len(ledger.believed), ledger.gone, ledger.unreadable) == (1, (), ())
    assert not refusal(ledger)
    believing = read_ledger(vault, landing, Seal())
    assert (believing.gone, believing.unreadable) == ((), ())
    assert believing.all().objects("raw").holds_object("a")
    added(vault, Seal(), RAW, landing=landing)
    assert erasure_name(4) not in vault.objects


def test_without_keys_a_copy_counts_that_a_later_entry_names():
    """And those behind it; the newest does not, for anybody could have written it."""
    vault, landing = MemoryBucket(), MemoryBucket()
    others = [entry("bucket", "raw", name) for name in "abcd"]
    added(vault, Seal(), *others, landing=landing)
    for number in (1, 2, 4):
        del vault.objects[erasure_name(number)]
    ledger = read_ledger(vault, landing, Seal())
    assert [item.number for item in ledger.gone] == [1, 2]
    assert not ledger.unreadable
    erased = ledger.all().objects("raw")
    assert [erased.holds_object(name) for name in "abcd"] == [True, True, True, False]


def test_without_keys_it_is_told_that_the_newest_may_be_gone():
    """A copy behind the newest that is there: nobody can tell whether it is planted, so it stops nobody."""
    vault, landing = MemoryBucket(), MemoryBucket()
    added(vault, Seal(), RAW, RAW, landing=landing)
    assert read_ledger(vault, landing, Seal()).doubtful == ()
    del vault.objects[erasure_name(2)]
    ledger = read_ledger(vault, landing, Seal())
    assert (ledger.doubtful, ledger.unreadable) == ((2,), ())
    assert "removed from the vault, or planted" in text_of(ledger_document(ledger))
    assert ledger.told(ASKED).doubtful == (2,)


def test_what_is_signed_is_read_before_what_is_planted(monkeypatch: pytest.MonkeyPatch):
    """No number of small entries pushes it out; each of those is told, and `--skip-erasures` heeds it."""
    vault, landing = MemoryBucket(), MemoryBucket()
    added(vault, SIGNING, RAW)
    genuine = erasure_name(1)
    for number in range(2, 200):
        name = erasure_name(number)
        vault.objects[name], vault.said[name] = b"x" * 100, vault.said[genuine]
        vault.dated[name] = vault.written_at - timedelta(seconds=1)
    monkeypatch.setattr("recovery.ledger_store._MOST_TOTAL_BYTES", len(vault.objects[genuine]))
    ledger = read_ledger(vault, landing, SIGNING)
    assert ledger.applied(with_unsigned=False).objects("raw").holds_object("a")
    assert len(ledger.unreadable) == 198
    assert not refusal(ledger, skip_erasures=True)
    assert not read_ledger(vault, landing, Seal()).all().objects("raw")


def test_a_signed_copy_is_read_before_planted_ones():
    """Of the newest entry, which is gone from the vault; a mark is good for one content."""
    vault, landing = MemoryBucket(), MemoryBucket()
    added(vault, SIGNING, RAW, entry("bucket", "raw", "b"), landing=landing)
    del vault.objects[erasure_name(2)]
    said = landing.said[max(landing.said)]
    for number in range(200):
        name = erasure_copy_name(2, f"{number:064}")
        landing.objects[name], landing.said[name] = b"x", said
        landing.dated[name] = landing.written_at - timedelta(seconds=1)
    ledger = read_ledger(vault, landing, SIGNING)
    assert ledger.applied(with_unsigned=False).objects("raw").holds_object("b")


def test_too_many_copies_stop_nobody():
    """Whoever plants them keeps no recovery from going on, and hides no entry that another one names."""
    vault, landing = MemoryBucket(), MemoryBucket()
    added(vault, SIGNING, RAW, RAW, landing=landing)
    for number in range(2, 200):
        landing.objects[erasure_copy_name(900, f"{number:064}")] = b"x"
        landing.objects[erasure_copy_name(1, f"{number:064}")] = b"x"
    del vault.objects[erasure_name(1)]
    for seal in (SIGNING, Seal()):
        ledger = read_ledger(vault, landing, seal)
        ledger.require_readable()
        assert [item.number for item in ledger.gone] == [1]
    assert not refusal(read_ledger(vault, landing, SIGNING))


@pytest.mark.parametrize("seal", [Seal(), SIGNING], ids=["no keys", "keys"])
def test_an_entry_without_a_copy_gets_one_from_the_next(seal: Seal):
    """An older version wrote none, nor did a command that was killed before it."""
    vault, landing = MemoryBucket(), MemoryBucket()
    added(vault, seal, RAW, RAW, landing=landing)
    whole = dict(landing.objects)
    landing.objects.clear()
    added(vault, seal, RAW, landing=landing)
    assert whole.items() <= landing.objects.items()
    assert len(landing.objects) == 3


class Late(MemoryBucket):
    """A bucket whose listings are older than what is read of it."""

    def list_dated(self, prefix: str, *, glob: str | None = None, marked: bool = False) -> Any:  # noqa: ANN401 - nothing
        """Yield nothing."""
        del prefix, glob, marked
        return iter(())


def test_an_entry_that_is_written_meanwhile_is_not_gone():
    """Its copy is listed, and it was not: it is looked for again."""
    vault, landing = Late(), MemoryBucket()
    added(vault, SIGNING, RAW, landing=landing)
    ledger = read_ledger(vault, landing, SIGNING)
    assert (ledger.gone, len(ledger.believed)) == ((), 1)
    del vault.objects[erasure_name(1)]
    assert [item.number for item in read_ledger(vault, landing, SIGNING).gone] == [1]
