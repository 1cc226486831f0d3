"""The ledger of erasures: what of it is believed, and what ends a recovery before it begins."""

from typing import Any

import pytest

from manifests.erasure_layout import LAST_NUMBER, erasure_name
from manifests.erasures import Erasure
from manifests.errors import RefusedError, UsageError
from manifests.signing import TrustedKeys
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from recovery.erasing import Erased, Said, check_keys, entries_of
from recovery.ledger import Ledger, ledger_refusals
from recovery.ledger_store import add_entries, read_ledger
from recovery.request import Request, Target
from tests.unit.manifests.test_erasures import TABLE, entry
from tests.unit.manifests.test_signing import Signer
from tests.unit.memory import MemoryBucket

ASKED = Request(scenario="bigquery-dataset-loss", target=Target(project="my-project"))
RAW = entry("bucket", "raw", "a")


SIGNER = Signer()
SIGNING = Seal(TrustedKeys(SIGNER.pem), SIGNER, "operator")


def vault_of(*entries: Erasure, seal: Seal = Seal()) -> Any:  # noqa: ANN401, B008 - stands for a bucket; never changes
    """Return a vault to which entries were added, one after the other."""
    vault = MemoryBucket()
    added(vault, seal, *entries)
    return vault


def added(
    vault: Any,  # noqa: ANN401 - stands for a bucket
    seal: Seal,
    *entries: Erasure,
    landing: Any = None,  # noqa: ANN401 - as above
) -> list[int]:
    """Add entries, of which nobody keeps a copy unless it is said where; return their numbers."""
    copies = MemoryBucket() if landing is None else landing
    made = add_entries(vault, copies, seal, read_ledger(vault, copies, seal), entries)
    return [item.number for item in made]


def ledger_in(vault: Any, seal: Seal) -> Ledger:  # noqa: ANN401 - stands for a bucket
    """Return the ledger of a vault of which there are no copies."""
    return read_ledger(vault, MemoryBucket(), seal)


def planted(vault: Any, *entries: Erasure) -> None:  # noqa: ANN401 - stands for a bucket
    """Write what nobody signed, as whoever can write the vault does."""
    for item in entries:
        vault.objects[erasure_name(item.number)] = encode(item)


def refusal(ledger: Ledger, **words: bool) -> str:
    """Return what ends a recovery; empty for nothing."""
    request = ASKED.model_copy(update=words)
    return "; ".join(str(item) for item in ledger_refusals(ledger.told(request), request))


def test_what_nobody_signed_needs_a_word():
    """Whoever writes the vault can neither delete rows with the ledger, nor have them come back, unseen."""
    ledger = ledger_in(vault_of(entry("table", "crm.people", "1", column="email")), Seal())
    assert "no trusted key signed 1 erasure of the ledger" in refusal(ledger)
    assert not ledger.applied(with_unsigned=False)
    assert ledger.applied(with_unsigned=True).rows("crm.people")
    assert not refusal(ledger, unsigned_erasures=True)
    assert not refusal(ledger, skip_erasures=True)


@pytest.mark.parametrize("damage", ["garbage", "a gap", "another number", "too large"])
@pytest.mark.parametrize("seal", [Seal(), SIGNING], ids=["no keys", "keys"])
def test_a_ledger_that_cannot_be_read_ends_a_recovery(damage: str, seal: Seal):
    """Unknown is failed: what is not read can be what has to stay erased. No word but one passes it."""
    vault = vault_of(RAW, RAW, RAW, seal=seal)
    if damage == "garbage":
        vault.objects[erasure_name(2)] = b"garbage"
    elif damage == "a gap":
        del vault.objects[erasure_name(2)]
    elif damage == "another number":
        vault.objects[erasure_name(2)] = vault.objects[erasure_name(1)]
    else:
        vault.objects[erasure_name(2)] = b"x" * 2_000_000
    ledger = ledger_in(vault, seal)
    assert "the ledger of erasures cannot be read: erasures/000002.json" in refusal(
        ledger, unsigned_erasures=True
    )
    assert not refusal(ledger, skip_erasures=True)
    with pytest.raises(RefusedError, match="cannot be read"):
        ledger.require_readable()

    # No later entry takes its place; that it counts no more has to be said, and is kept.
    assert added(vault, seal, revoking(2)) == [4]
    ledger_in(vault, seal).require_readable()
    assert added(vault, seal, RAW) == [5]


def test_what_nobody_signed_revokes_nothing_that_is_signed():
    """Who can write the vault would bring back what was erased, wherever all that can be read is heeded."""
    vault = vault_of(entry("bucket", "raw", "a"), seal=SIGNING)
    planted(
        vault, revoking(1, number=2), entry("bucket", "raw", "b", number=3), revoking(3, number=4)
    )
    erased = ledger_in(vault, SIGNING).all().objects("raw")
    assert [erased.holds_object(name) for name in "ab"] == [True, False]


def test_what_nobody_signed_makes_no_gap_and_takes_no_number():
    """It needs a word, or the operator's signed one that it does not count; what is signed goes on."""
    vault = vault_of(RAW, seal=SIGNING)
    planted(
        vault,
        RAW.model_copy(update={"number": 2}),
        RAW.model_copy(update={"number": LAST_NUMBER, "previous": 9, "previous_sha256": "0" * 64}),
    )
    vault.objects[erasure_name(7)] = b"garbage"
    assert added(vault, SIGNING, RAW) == [3]
    ledger = ledger_in(vault, SIGNING)
    assert len(ledger.unreadable) == 1
    assert len(ledger.unsigned) == 2
    with pytest.raises(RefusedError, match="no trusted key signed 2 erasures"):
        ledger.require_signed()
    added(vault, SIGNING, revoking(2, 7, LAST_NUMBER))
    ledger = ledger_in(vault, SIGNING)
    assert not refusal(ledger)
    ledger.require_signed()
    assert len(ledger.believed) == 3
    # Without keys nobody can tell them apart: it is said, and no number begins anew.
    with pytest.raises(RefusedError, match="no number is left"):
        added(vault, Seal(), RAW)


def test_a_number_is_given_once():
    """One that was revoked, removed or written by somebody else meanwhile is no other entry's."""
    vault = vault_of(RAW, RAW, seal=SIGNING)
    known = ledger_in(vault, SIGNING)
    assert added(vault, SIGNING, RAW) == [3]
    assert [it.number for it in add_entries(vault, MemoryBucket(), SIGNING, known, [RAW])] == [4]
    assert not ledger_in(vault, SIGNING).unreadable
    planted(vault, RAW.model_copy(update={"number": 6}))
    added(vault, SIGNING, revoking(6))
    del vault.objects[erasure_name(6)]
    assert added(vault, SIGNING, RAW) == [7]
    with pytest.raises(UsageError, match="no entry 12"):
        ledger_in(vault, SIGNING).check_revoked([7, 12])


def revoking(*numbers: int, number: int = 1) -> Erasure:
    """Return an entry that revokes others."""
    return entry("", "", number=number, revokes=numbers)


def test_no_entry_is_no_obstacle():
    """Where nothing was ever erased nothing is asked."""
    assert not refusal(ledger_in(vault_of(), Seal()))


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
