"""Which files of an extract are taken over from the landing bucket."""

from typing import cast

from functions.exports.tables.files import landed
from manifests.cloud.objects import Bucket
from tests.unit.memory import MemoryBucket

FOLDER = "extracts/night/tables/nba.games/all/001/"


def test_what_else_lies_in_the_folder_of_an_extract_stops_no_night():
    """Its name is known beforehand: whoever writes there could keep a table from ever being stored."""
    bucket = MemoryBucket()
    bucket.objects[f"{FOLDER}000000000000.avro"] = b"first"
    assert landed(cast("Bucket", bucket), FOLDER, 2) is None
    for name in ("000000000001.avro", "000000000002.avro", "x"):
        bucket.objects[f"{FOLDER}{name}"] = b"more"
    found = landed(cast("Bucket", bucket), FOLDER, 2)
    assert found is not None
    assert [item.name.removeprefix(FOLDER) for item in found] == [
        "000000000000.avro",
        "000000000001.avro",
    ]
