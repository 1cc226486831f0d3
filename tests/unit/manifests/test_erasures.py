"""Which keys stay erased: known by their digests alone."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from manifests.erasure_statements import counted_rows, erased_rows, named_rows, removed_rows
from manifests.erasures import MOST_KEYS, Erasure, Erasures, digest_of
from manifests.errors import RefusedError

TABLE = {
    "schema": {"fields": [{"name": "Email", "type": "STRING"}, {"name": "n", "type": "FLOAT"}]}
}


def entry(kind: str, name: str, *keys: str, number: int = 1, **more: Any) -> Erasure:  # noqa: ANN401 - fields
    """Return an entry of the ledger."""
    made = Erasure(
        number=number,
        kind=kind,
        name=name,
        erased_at=datetime(2026, 5, 3, tzinfo=UTC),
        operator="ann",
        why="asked",
        **more,
    )
    return made.model_copy(update={"digests": tuple(digest_of(made.scope, key) for key in keys)})


@pytest.mark.parametrize(
    "unfit",
    [
        {"kind": "table", "name": "crm.people"},
        {"kind": "bucket", "name": ""},
        {"kind": "", "name": "", "revokes": ()},
        {"kind": "bucket", "name": "raw", "revokes": (1,)},
        {"kind": "bucket", "name": "raw", "prefixes": (3,)},
        {"kind": "database", "name": "d", "digests": ("0" * 64,), "prefixes": (3,)},
        {"kind": "bucket", "name": "raw", "digests": ("0" * 63,)},
    ],
)
def test_an_entry_that_would_erase_nothing_is_none(unfit: dict[str, Any]):
    """Whatever does not say which keys it is about is no entry: it is told, and not passed over."""
    told = {"number": 1, "erased_at": "2026-05-03T00:00:00Z", "operator": "ann", "why": "asked"}
    with pytest.raises(ValidationError):
        Erasure.model_validate(told | unfit)


def test_a_row_is_known_by_the_digest_of_its_key():
    """The digest is that of table, column in lower case, and value: nobody reads a value from it."""
    found = entry("table", "crm.people", "ann@x.org", column="Email")
    digest = hashlib.sha256(b"crm.people.email=ann@x.org").hexdigest()
    assert found.digests == (digest,)
    assert "ann@x" not in found.model_dump_json()
    erased = Erasures([found])
    (condition,) = erased_rows("crm.people", TABLE, erased.rows("crm.people"))
    assert digest in condition
    assert erased.rows("crm.other") == {}


@pytest.mark.parametrize(
    ("column", "why"), [("gone", "no such column"), ("n", "a FLOAT")], ids=["no column", "a float"]
)
def test_a_table_that_cannot_tell_which_rows_is_refused(column: str, why: str):
    """What cannot be left out does not come back."""
    erased = Erasures([entry("table", "crm.people", "1", column=column)])
    with pytest.raises(RefusedError, match=why):
        erased_rows("crm.people", TABLE, erased.rows("crm.people"))


def test_a_document_stays_erased_with_all_below_it():
    """A path names a document or a collection, and what is below; no neighbour."""
    erased = Erasures([entry("database", "(default)", "users/1", "gone")]).documents("(default)")
    assert [
        erased.holds_document(path)
        for path in (
            "users/1",
            "users/1/orders/2",
            "gone/3",
            "users/12",
            "users/2",
            "other/users/1",
        )
    ] == [True, True, True, False, False, False]
    assert not Erasures([entry("database", "(default)", "users/1")]).documents("other")


def test_objects_stay_erased_by_name_or_by_how_they_begin():
    """A name is that name alone; a prefix counts bytes, not characters."""
    whole = entry("bucket", "raw", "a/1")
    begun = entry("bucket", "raw", "ü/", number=2).model_copy(update={"prefixes": (3,)})
    erased = Erasures([whole, begun]).objects("raw")
    assert [erased.holds_object(name) for name in ("a/1", "a/12", "ü/x", "ü", "u/x", "b/ü/x")] == [
        True,
        False,
        True,
        False,
        False,
        False,
    ]


def test_an_entry_that_is_revoked_counts_no_more():
    """The ledger is only added to, and a slip can be taken back: nothing that is yet to come."""
    slip = entry("bucket", "raw", "a")
    back = entry("", "", number=2, revokes=(1,))
    assert Erasures([slip])
    assert not Erasures([slip, back])
    assert back.told == "revokes 1"
    assert Erasures([back, slip.model_copy(update={"number": 3, "revokes": ()})])
    assert Erasures([entry("", "", revokes=(2,)), slip.model_copy(update={"number": 2})])


def test_so_many_keys_are_counted_in_statements_that_bigquery_takes():
    """A statement has at most 1,024k characters; in no two of one column is a row counted twice."""
    digests = {f"{number:064x}" for number in range(2 * MOST_KEYS + 1)}
    erased = {"email": frozenset(digests), "id": frozenset({"f" * 64})}
    made = list(counted_rows("p.crm.people", TABLE, named_rows("crm.people", erased)))
    assert max(map(len, made)) < 1_000_000
    assert sorted("".join(made).count(digest) for digest in digests) == [1] * len(digests)
    assert len(made) == 2
    few = {"email": frozenset({"0" * 64}), "id": frozenset({"f" * 64})}
    assert len(list(counted_rows("p.crm.people", TABLE, named_rows("crm.people", few)))) == 1


@pytest.mark.parametrize("resource", [{}, {"requirePartitionFilter": True}])
def test_a_table_that_demands_a_filter_gets_one(resource: dict[str, Any]):
    """BigQuery would refuse the statement: it reads every partition, and says so."""
    table = {"timePartitioning": {"type": "DAY"}, **resource}
    sql = removed_rows("p.crm.people", table, "TRUE")
    assert ("_PARTITIONTIME" in sql) == bool(resource)
