"""Tables with keys of their own: every copy of their rows on the way has the same key."""

from typing import Any

from google.cloud import bigquery

from tests.harness import LOCATION, Rebound, of_kind
from tests.integration import lake
from tests.served import serving

SCENARIO = "bigquery-dataset-loss"
KEY, OTHER = (f"projects/p/locations/us/keyRings/r/cryptoKeys/{name}" for name in ("own", "other"))


def encrypted(rebound: Rebound, table: str, key: str | None) -> str | None:
    """Encrypt a table anew, or leave it, and return the key it has."""
    found = rebound.bigquery_client.get_table(table)
    if key is not None:
        found.encryption_configuration = bigquery.EncryptionConfiguration(key)
        found = rebound.bigquery_client.update_table(found, ["encryption_configuration"])
    configuration = found.encryption_configuration
    return None if configuration is None else configuration.kms_key_name


def keys_of_jobs(rebound: Rebound, kind: str) -> set[str | None]:
    """Return the keys that the jobs of a kind, of the encrypted table, name."""
    jobs = [job for job in rebound.bigquery_client.list_jobs() if "types" in job.job_id]
    configurations: list[dict[str, Any]] = [
        job.to_api_repr()["configuration"].get(kind, {}) for job in jobs if job.job_type == kind
    ]
    assert configurations
    return {
        item.get("destinationEncryptionConfiguration", {}).get("kmsKeyName")
        for item in configurations
    }


def test_every_copy_has_the_key_of_its_table(rebound: Rebound):
    """Datasets with another default key change nothing: not what is exported, staged and published."""
    own = rebound.bigquery_client
    for name in ("rebound_scratch", "rebound_undo", "lake"):
        dataset = bigquery.Dataset(f"{rebound.project}.{name}")
        dataset.location = LOCATION
        own.create_dataset(dataset, exists_ok=True)
        dataset = own.get_dataset(name)
        dataset.default_encryption_configuration = bigquery.EncryptionConfiguration(OTHER)
        own.update_dataset(dataset, ["default_encryption_configuration"])
    encrypted(rebound, lake.TYPES, KEY)
    with serving(rebound) as function:
        function.complete("night")
    statements = [
        job.query for job in own.list_jobs() if "types" in job.job_id and "-encode-" in job.job_id
    ]
    assert statements
    assert all(f"kms_key_name = '{KEY}'" in text for text in statements)

    own.delete_table(lake.TYPES)
    refused = rebound.run("recover", SCENARIO, "--yes", code=5).stderr
    assert f"uses a foreign key: with the key {KEY}" in refused
    rebound.run("recover", SCENARIO, "--yes", "--access")
    assert keys_of_jobs(rebound, "load") == {KEY}
    assert keys_of_jobs(rebound, "copy") == {KEY}
    assert str(encrypted(rebound, lake.TYPES, None)).startswith(KEY)
    # A table without a key of its own has it back without one, whatever the default of its dataset.
    own.delete_table(lake.GAMES)
    rebound.run("recover", SCENARIO, "--yes")
    assert encrypted(rebound, lake.GAMES, None) is None


def test_undo_points_have_the_key_of_their_table(rebound: Rebound):
    """What is replaced is kept under the key it had; where it would not be, nothing is replaced."""
    own = rebound.bigquery_client
    encrypted(rebound, lake.TYPES, KEY)
    with serving(rebound) as function:
        function.complete("night")
    damage = f"UPDATE `{rebound.project}.{lake.TYPES}` SET id = 3 WHERE id = 2"
    words = ("recover", SCENARIO, "--yes", "--overwrite", "*")
    rebound.query(damage)
    rebound.cloud.order("bigquery", "clones", lose=["encryptionConfiguration"])
    try:
        rebound.run(*words, code=6)
    finally:
        rebound.cloud.order("bigquery", "clones", lose=[])
    assert "3" in {str(row["id"]) for row in rebound.query(f"SELECT id FROM {lake.TYPES}")}
    (outcome,) = [
        table
        for table in of_kind(rebound.json(*words, "--anew"), "table")
        if table["name"] == lake.TYPES
    ]
    assert str(encrypted(rebound, outcome["undo"], None)).startswith(KEY)
    assert own.get_table(outcome["undo"]).table_type == "SNAPSHOT"


def test_generated_columns_are_refused(rebound: Rebound):
    """A backup that no restore could write is no backup: it says so while the table is there."""
    fields = [
        {"name": "id", "type": "INTEGER"},
        {
            "name": "twice",
            "type": "INTEGER",
            "generatedColumn": {"generatedExpressionInfo": {"generationExpression": "id * 2"}},
        },
    ]
    reference = {"projectId": rebound.project, "datasetId": "lake", "tableId": "made"}
    resource = {"tableReference": reference, "schema": {"fields": fields}}
    connection = rebound.bigquery_client._connection  # noqa: SLF001 - the client drops fields
    path = f"/projects/{rebound.project}/datasets/lake/tables"
    with rebound.cloud.minutes_ago(5):
        connection.api_request("POST", path, data=resource)
    lake.write_catalog(rebound.folder, (*lake.TABLES, "lake.made"))
    with serving(rebound) as function:
        answer = function.manual("night")
    assert answer.status_code == 422, answer.text
    assert "lake.made" in answer.json()["message"]
    (told,) = [line for line in function.log_lines() if "generated columns" in str(line)][:1]
    assert "twice" in str(told)
