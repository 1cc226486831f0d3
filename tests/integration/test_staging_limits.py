"""Tables of more exports and files than BigQuery loads at once come in pieces."""

from manifests import layout
from manifests.cloud.clients import storage_api
from manifests.cloud.objects import Bucket
from manifests.erasures import NOTHING_ERASED
from manifests.kinds.tables.kind import TABLES
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.cloud.staging import Staging
from recovery.kinds.tables.rules.staged import Limits
from recovery.request import Target
from recovery.settings import Settings
from tests.harness import LOCATION, Rebound, minutes_ago
from tests.integration import lake
from tests.served import serving


def test_more_exports_and_files_than_are_loaded_at_once(rebound: Rebound):
    """With more exports than loads each has a table of its own; no load names too many files."""
    rebound.cloud.order("bigquery", "file-size", rows=20)
    try:
        with serving(rebound) as function:
            function.complete("first", recovery_point=minutes_ago(3))
            with rebound.cloud.minutes_ago(2):
                rebound.query(
                    f"UPDATE `{rebound.project}.{lake.GAMES}` SET points = 7 "
                    "WHERE game_date = DATE '2024-01-04'"
                )
            function.complete("second", recovery_point=minutes_ago(0))
    finally:
        rebound.cloud.order("bigquery", "file-size", rows=None)
    manifest = rebound.manifest("second")
    table = manifest.part(TABLES, lake.GAMES)
    assert table is not None
    assert [len(export.objects) > 2 for export in table.exports] == [True, False]

    settings = Settings(
        project=rebound.project,
        vault_bucket=rebound.env["REBOUND_VAULT_BUCKET"],
        landing_bucket=rebound.env["REBOUND_LANDING_BUCKET"],
    )
    target = BigQueryTarget(
        settings,
        Target(project=rebound.project),
        location=LOCATION,
        own_id="limits",
        clock=lambda: manifest.finished_at,
    )
    staging = Staging(
        target,
        Bucket(storage_api(rebound.project), settings.vault_bucket),
        layout.recovery_id("bigquery-dataset-loss", manifest.finished_at, "0000"),
        recovery_point=manifest.recovery_point,
        erased=NOTHING_ERASED,
        limits=Limits(loads=1, uris=2),
    )
    # Staging proves its rows equal to the manifest before it returns.
    assert staging.stage(table, (), "vault") == "vault"
    loads = [job for job in rebound.bigquery_client.list_jobs() if job.job_type == "load"]
    into = {job.destination.table_id.partition("__raw_")[2] for job in loads}
    assert into == {export.export_id.replace("/", "_") for export in table.exports}
    assert max(len(job.source_uris) for job in loads) == 2
