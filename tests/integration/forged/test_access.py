"""Whatever a run or a journal holds, nobody is given access, and no protection goes, unsaid."""

from collections.abc import Callable

from manifests.kinds.buckets.model import BucketBackup
from manifests.model.run import Manifest
from tests.harness import Rebound
from tests.integration import lake
from tests.integration.forged_runs import FORGED, NIGHT, PLANTED, SCENARIO, planted


def test_access_of_a_forged_run_is_told_and_needs_a_word(
    rebound: Rebound, forge: Callable[..., Manifest]
):
    """An owner, and everybody, that only a manifest names get nothing without a word."""
    genuine = rebound.manifest(NIGHT)
    bucket = BucketBackup(
        bucket=f"{rebound.project}-raw",
        resource={"name": f"{rebound.project}-raw"},
        access={"bindings": [{"role": "roles/storage.objectViewer", "members": ["allUsers"]}]},
        listed_at=genuine.started_at,
        finished_at=genuine.started_at,
        shards=(),
    )
    entry = {"role": "OWNER", "userByEmail": "eve@example.com"}
    resource = {**genuine.datasets[0].resource, "access": [entry]}
    dataset = genuine.datasets[0].model_copy(update={"resource": resource})
    forge(datasets=(dataset,), buckets=(bucket,))
    words = ("--run", FORGED, "--into-prefix", "copy_")
    told = "dataset copy_lake: OWNER to userByEmail eve@example.com"
    assert f"GIVES ACCESS         {told}" in rebound.run("plan", SCENARIO, *words).stdout
    refused = rebound.run("recover", SCENARIO, *words, "--yes", code=5)
    assert "`--access` allows all of it" in refused.stderr
    there = {item.dataset_id for item in rebound.bigquery_client.list_datasets()}
    assert "copy_lake" not in there

    words = ("gcs-bucket-corruption", "--run", FORGED, "--not-in-catalog")
    told = f"bucket {bucket.bucket}: roles/storage.objectViewer to allUsers"
    assert f"MAKES PUBLIC         {told}" in rebound.run("plan", *words).stdout
    refused = rebound.run("recover", *words, "--yes", code=5)
    assert "`--access` allows all of it" in refused.stderr
    assert rebound.storage_client.lookup_bucket(bucket.bucket) is None
    assert not rebound.recoveries


def test_a_policy_that_was_added_later_stays(rebound: Rebound):
    """It goes only with the word, also where a journal says nothing of it."""
    assert rebound.json("plan", SCENARIO, "--run", NIGHT)["access"] == []
    rebound.query(
        f"CREATE ROW ACCESS POLICY added_later ON `{rebound.project}.{lake.GAMES}` "
        "GRANT TO ('allAuthenticatedUsers') FILTER USING (TRUE)"
    )
    plan = rebound.json("plan", SCENARIO, "--run", NIGHT) | {"access": []}
    with planted(rebound, plan):
        for words in (("recover", SCENARIO, "--run", NIGHT), ("resume", PLANTED)):
            refused = rebound.run(*words, "--yes", code=5)
            assert "REMOVES PROTECTION   table lake.games: row access policy added_later" in (
                refused.stdout
            )
            assert "`--access`" in refused.stderr
            assert policies(rebound) == ["added_later"]
        # What is carried out is what was shown: the plan is read once.
        reading = {"operation": r"storage\.objects\.get", "match": r".*plan\.json.*alt=media"}
        rebound.cloud.order("storage", "faults", **reading, kind="latency", seconds=0, times=None)
        done = rebound.run("resume", PLANTED, "--access", "--yes", code=8)
        assert "4 of 4 tables proven equal" in done.stdout
        assert [item["fired"] for item in rebound.cloud.clear_faults("storage")] == [1]
    assert policies(rebound) == []


def policies(rebound: Rebound) -> list[str]:
    """Return the row access policies of the games table."""
    path = f"/projects/{rebound.project}/datasets/lake/tables/games/rowAccessPolicies"
    found = rebound.bigquery_client._connection.api_request(method="GET", path=path)  # noqa: SLF001 - no method of the client lists them
    return [
        item["rowAccessPolicyReference"]["policyId"] for item in found.get("rowAccessPolicies", ())
    ]
