"""Whether anything is written is looked at in tables, objects and documents."""

from collections.abc import Callable
from pathlib import Path

import pytest

from manifests.catalog import load_catalog
from manifests.catalog_writers import CatalogWriter, FenceRule
from manifests.kinds.databases.catalog import CatalogDatabase
from recovery.fence.quiet import FenceLooks, _counts, changed
from tests.harness import LOCATION, Rebound
from tests.integration import lake
from tests.standin.firestore.creation import create_database


@pytest.fixture
def quiet(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform of tables, a bucket and a database, to which nobody writes."""
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path))
    lake.create(rebound)
    create_database(rebound.project)
    rebound.storage_client.create_bucket(f"{rebound.project}-raw", location=LOCATION)
    return rebound


def test_quiet_is_looked_at_in_tables_objects_and_documents(quiet: Rebound):
    """Each is a change: a row, an object that is written or removed, a document."""
    bucket = f"{quiet.project}-raw"
    things = ("bucket " + bucket, "database (default)", f"dataset {lake.DATASET}", "queue q")
    looking = FenceLooks(load_catalog(Path(quiet.env["REBOUND_CATALOG"])), quiet.project)
    before = looking.look(things)
    assert list(before.unknown) == ["queue q"]
    quiet.storage_client.bucket(bucket).blob("a/ü").upload_from_string("x")
    quiet.firestore_client.document("state/one").set({"a": 1})
    quiet.query(f"INSERT INTO `{quiet.project}.{lake.EMPTY}` VALUES (1, 'x')")
    after = looking.look(things)
    assert set(changed(before, after)) == {"(default)/state/one", f"{bucket}/a/ü", lake.EMPTY}
    quiet.storage_client.bucket(bucket).blob("a/ü").delete()
    assert changed(after, looking.look(things)) == (f"{bucket}/a/ü",)
    quiet.query(f"DELETE FROM `{quiet.project}.{lake.EMPTY}` WHERE TRUE")


def test_what_is_gone_is_quiet_and_what_is_too_much_unknown(quiet: Rebound):
    """Nothing writes to a bucket that was lost; of a large one all is seen, of a too large one nothing."""
    catalog = load_catalog(Path(quiet.env["REBOUND_CATALOG"]))
    bucket = f"{quiet.project}-raw"
    gone = (f"bucket {quiet.project}-lost", "dataset lost", "database lost", "table lost.games")
    looked = FenceLooks(catalog, quiet.project).look(gone)
    assert looked.unknown == {}
    assert not any(looked.found.values())
    rule = FenceRule(
        locations=(LOCATION,),
        writers=(CatalogWriter(type="scheduler/job", names=("*",), writes=("*",)),),
        most_objects=3,
        most_documents=2,
    )
    for name in "abc":
        quiet.storage_client.bucket(bucket).blob(name).upload_from_string("x")
    database = CatalogDatabase(database="(default)", triggers=(), ephemeral=("locks",))
    bounded = catalog.model_copy(update={"fence": rule, "databases": (database,)})
    large = FenceLooks(bounded, quiet.project, most_named=1)
    before = large.look((f"bucket {bucket}",))
    assert not before.unknown
    assert _counts(before.found[f"bucket {bucket}"].values()) == {"object": 3}
    quiet.storage_client.bucket(bucket).blob("c").upload_from_string("y")
    after = large.look((f"bucket {bucket}",))
    assert changed(before, after) == (f"{bucket}/ (one of the others)",)
    quiet.storage_client.bucket(bucket).blob("d").upload_from_string("x")
    assert "more than 3 objects" in large.look((f"bucket {bucket}",)).unknown[f"bucket {bucket}"]
    large_databases(large, quiet)
    for name in "abcd":
        quiet.storage_client.bucket(bucket).blob(name).delete()


def large_databases(large: FenceLooks, quiet: Rebound) -> None:
    """See that of a large database all is seen, and of a too large one nothing; what is of no account is not read."""
    database = "database (default)"
    documents = [quiet.firestore_client.document(f"state/{name}") for name in "abc"]
    lock = quiet.firestore_client.document("locks/x")
    for item in (*documents[:2], lock):
        item.set({"a": 1})
    before = large.look((database,))
    assert len(before.found[database]) == 2
    lock.set({"a": 2})
    assert changed(before, large.look((database,))) == ()
    documents[1].set({"a": 2})
    after = large.look((database,))
    assert changed(before, after) == ("(default)/ (one of the others)",)
    documents[2].set({"a": 1})
    quiet.cloud.order("firestore", "faults", operation=".*RunQuery", kind="status", status=403)
    assert "more than 2 documents" in large.look((database,)).unknown[database]
    # They are counted, and none is read, which would be billed.
    (unread,) = quiet.cloud.clear_faults("firestore")
    assert not unread["fired"]
    for item in (*documents, lock):
        item.delete()
