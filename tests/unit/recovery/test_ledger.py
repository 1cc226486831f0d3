"""The ledger of erasures: what of it is believed, and what ends a recovery before it begins."""

from collections.abc import Iterator
from typing import Any

import pytest

from manifests.erasure_layout import erasure_name
from manifests.erasures import Erasure
from manifests.errors import RefusedError, UsageError
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from manifests.values import ObjectInfo
from recovery.erasing import Erased, Said, check_keys, entries_of
from recovery.ledger import Ledger, ledger_refusals, next_number
from recovery.ledger_store import add_entry, read_ledger
from recovery.request import Request, Target
from tests.unit.manifests.test_erasures import TABLE, entry

ASKED = Request(scenario="bigquery-dataset-loss", target=Target(project="my-project"))


class Memory:
    """The little of a bucket that a ledger needs."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_once(self, name: str, content: bytes) -> bytes:
        """Store content where nothing is."""
        return self.objects.setdefault(name, content)

    def read(self, name: str, *, most_bytes: int) -> bytes | None:
        """Return what is stored."""
        return self.objects.get(name, b"")[: most_bytes + 1] or None

    def list_objects(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield what is stored."""
        for name in sorted(self.objects):
            if name.startswith(prefix):
                size = len(self.objects[name])
                yield ObjectInfo(name=name, size_bytes=size, crc32c="", generation=1)


def vault_of(*entries: Erasure) -> Any:  # noqa: ANN401 - stands for a bucket
    """Return a vault with entries, each in its place."""
    vault = Memory()
    for item in entries:
        vault.objects[erasure_name(item.number)] = encode(item)
    return vault


def refusal(ledger: Ledger, **words: bool) -> str:
    """Return what ends a recovery; empty for nothing."""
    request = ASKED.model_copy(update=words)
    return "; ".join(str(item) for item in ledger_refusals(ledger.told(request), request))


def test_what_nobody_signed_needs_a_word():
    """Whoever writes the vault can neither delete rows with the ledger, nor have them come back, unseen."""
    ledger = read_ledger(vault_of(entry("table", "crm.people", "1", column="email")), Seal())
    assert "no trusted key signed 1 erasure of the ledger" in refusal(ledger)
    assert not ledger.applied(ASKED)
    heeding = ASKED.model_copy(update={"unsigned_erasures": True})
    assert ledger.applied(heeding).rows("crm.people")
    assert not refusal(ledger, unsigned_erasures=True)
    assert not refusal(ledger, skip_erasures=True)


@pytest.mark.parametrize("damage", ["garbage", "a gap", "another number", "too large"])
def test_a_ledger_that_cannot_be_read_ends_a_recovery(damage: str):
    """Unknown is failed: what is not read can be what has to stay erased. No word but one passes it."""
    first, second = (entry("bucket", "raw", "a", number=number) for number in (1, 2))
    vault = vault_of(first, second)
    if damage == "garbage":
        vault.objects[erasure_name(2)] = b"garbage"
    elif damage == "a gap":
        del vault.objects[erasure_name(1)]
    elif damage == "another number":
        vault.objects[erasure_name(2)] = encode(first)
    else:
        vault.objects[erasure_name(2)] = b"x" * 2_000_000
    ledger = read_ledger(vault, Seal())
    assert "the ledger of erasures cannot be read: erasures/" in refusal(
        ledger, unsigned_erasures=True
    )
    assert not refusal(ledger, skip_erasures=True)
    with pytest.raises(RefusedError, match="cannot be read"):
        ledger.require_readable()


def test_entries_are_numbered_without_gaps():
    """One that somebody else writes meanwhile keeps its number."""
    assert [next_number(known) for known in ((), {1}, {1, 2}, {2}, {1, 3})] == [1, 2, 3, 1, 2]
    vault = vault_of(entry("bucket", "raw", "a"))
    made = add_entry(vault, Seal(), entry("bucket", "raw", "b"))
    assert (made.number, sorted(vault.objects)) == (2, [erasure_name(1), erasure_name(2)])
    assert not read_ledger(vault, Seal()).unreadable


def test_no_entry_is_no_obstacle():
    """Where nothing was ever erased nothing is asked."""
    assert not refusal(read_ledger(vault_of(), Seal()))


@pytest.mark.parametrize(
    ("kind", "key", "column"),
    [
        ("table", "", "email"),
        ("table", "007", "id"),
        ("table", "x", "id"),
        ("database", "/users", ""),
        ("database", "users//1", ""),
    ],
)
def test_a_key_that_nothing_has_is_refused_and_not_told(kind: Any, key: str, column: str):  # noqa: ANN401 - a kind
    """It would erase nothing, and nobody would know; the message goes where a key may not."""
    table = {"schema": {"fields": [*TABLE["schema"]["fields"], {"name": "id", "type": "INTEGER"}]}}
    with pytest.raises(UsageError) as refused:
        check_keys(Erased(kind, "crm.people", column), ["1", key], table)
    assert refused.value.subject == "key 2"
    assert key not in str(refused.value).replace("key 2", "") or not key


def test_many_keys_become_several_entries(monkeypatch: pytest.MonkeyPatch):
    """An entry holds no more than one statement takes."""
    monkeypatch.setattr("recovery.erasing.MOST_KEYS", 2)
    said = Said(entry("bucket", "raw").erased_at, "ann", "asked")
    made = list(entries_of(Erased("bucket", "raw"), "abc", prefixes=True, revokes=(), said=said))
    assert [(len(item.digests), item.prefixes) for item in made] == [(2, (1, 1)), (1, (1,))]
