"""Whether anything is written is looked at in tables, objects and documents."""

from collections.abc import Callable
from pathlib import Path

import pytest

from manifests.catalog import load_catalog
from recovery.fence.quiet import Looking, changed
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
    looking = Looking(load_catalog(Path(quiet.env["REBOUND_CATALOG"])), quiet.project)
    before, unknown = looking.look(things)
    assert list(unknown) == ["queue q"]
    quiet.storage_client.bucket(bucket).blob("a/ü").upload_from_string("x")
    quiet.firestore_client.document("state/one").set({"a": 1})
    quiet.query(f"INSERT INTO `{quiet.project}.{lake.EMPTY}` VALUES (1, 'x')")
    after, _ = looking.look(things)
    assert set(changed(before, after)) == {"(default)/state/one", f"{bucket}/a/ü", lake.EMPTY}
    quiet.storage_client.bucket(bucket).blob("a/ü").delete()
    assert changed(after, looking.look(things)[0]) == (f"{bucket}/a/ü",)
    quiet.query(f"DELETE FROM `{quiet.project}.{lake.EMPTY}` WHERE TRUE")
