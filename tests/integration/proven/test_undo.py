"""The way back: after each recovery everything is as it was before it, where nobody wrote since."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
from google.cloud.firestore_admin_v1 import types
from google.protobuf.field_mask_pb2 import FieldMask

from manifests.documents import DocumentRecord, write_file
from manifests.journal_layout import JournalNames, undo_objects
from manifests.store.envelope import decode, encode
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.outcome import PlannedRecovery, RecoveryReport
from tests.harness import RUN_SECONDS, Rebound
from tests.integration import bucket_objects, lake
from tests.integration.damages import DAMAGES, Damage, destroy
from tests.integration.orchestration import State
from tests.integration.state import state

TABLES, BUCKETS, DATABASES = (
    "bigquery-dataset-loss",
    "gcs-bucket-corruption",
    "firestore-state-loss",
)
OVER = ("--overwrite", "*", "--settings", "--access")
HISTORY = types.Database.PointInTimeRecoveryEnablement


class Sort(NamedTuple):
    """How things of one sort are damaged, looked at, and recovered.

    Attributes:
        words: The words of a recovery of all of it.
    """

    damage: Callable[[Rebound], None]
    look: Callable[[Rebound], object]
    words: tuple[str, ...] = OVER


def damage_tables(rebound: Rebound) -> None:
    """Change rows and properties of a table, drop another, replace a view, relabel the dataset."""
    lake_id = f"{rebound.project}.{lake.DATASET}"
    rebound.query(f"UPDATE `{lake_id}.games` SET home = 'nobody' WHERE game_id = 'first'")
    rebound.query(f"ALTER TABLE `{lake_id}.games` SET OPTIONS(description='wrong')")
    rebound.query(f"DROP TABLE `{lake_id}.events`")
    rebound.query(f"CREATE OR REPLACE VIEW `{lake_id}.busy` AS SELECT 1 AS one")
    dataset = rebound.bigquery_client.get_dataset(lake.DATASET)
    dataset.labels = {"team": "nobody"}
    rebound.bigquery_client.update_dataset(dataset, ["labels"])


def damage_documents(rebound: Rebound) -> None:
    """Delete a document, change another, make one that no backup knows; switch history on."""
    documents = State(rebound)
    documents.lose("done/two")
    documents.write({"done/one": {"n": "changed"}, "done/extra": {"n": 9}})
    wrong = types.Database(name=documents.name, point_in_time_recovery_enablement=HISTORY(1))
    mask = FieldMask(paths=["point_in_time_recovery_enablement"])
    documents.admin.update_database(database=wrong, update_mask=mask).result()


def tables_of(rebound: Rebound) -> object:
    """Return everything about tables, views and their dataset, by our own look."""
    dataset = rebound.bigquery_client.get_dataset(lake.DATASET)
    access = sorted(map(str, dataset.access_entries))
    return state(rebound), dict(dataset.labels), dataset.description, access


def objects_of(rebound: Rebound) -> object:
    """Return every object, and the bucket's labels."""
    bucket = rebound.storage_client.get_bucket(bucket_objects.platform(rebound))
    return bucket_objects.looked_at(bucket), dict(bucket.labels)


def documents_of(rebound: Rebound) -> object:
    """Return every document, and whether the database keeps history."""
    documents = State(rebound)
    database = documents.admin.get_database(name=documents.name)
    return documents.content(), database.point_in_time_recovery_enablement


SHAPES = {
    "hours emptied": Damage(("TRUNCATE TABLE `{lake}.events`",), lake.EVENTS, "fill"),
    "types replaced by a view": Damage(
        ("DROP TABLE `{lake}.types`", "CREATE VIEW `{lake}.types` AS SELECT 1 AS id"),
        lake.TYPES,
        "replace",
    ),
}
SORTS: Mapping[str, Sort] = {
    TABLES: Sort(damage_tables, tables_of),
    BUCKETS: Sort(bucket_objects.damage, objects_of),
    DATABASES: Sort(damage_documents, documents_of, (*OVER, "--exact", "--unthrottled")),
}


def recovered(rebound: Rebound, scenario: str, *words: str) -> str:
    """Recover everything of a scenario and return the id of the recovery."""
    said = words or SORTS[scenario].words
    own = ("--run", "night", "--confirm-project", rebound.project, "--yes")
    told = rebound.json("recover", scenario, *said, *own)
    return str(told["recovery_id"])


def undone(rebound: Rebound, recovery: str, *words: str, code: int = 0) -> dict[str, Any]:
    """Undo a recovery and return what is told of it."""
    own = ("--confirm-project", rebound.project, "--access", "--yes")
    told: dict[str, Any] = rebound.json("undo", recovery, *own, *words, code=code)
    return told


STARTS = {
    TABLES: "",
    BUCKETS: "TELLS p/topics/told OF EVERY OBJECT THAT IS WRITTEN",
    DATABASES: "by each document's event: nothing by the catalog; no trigger of Eventarc",
}
"""What the plan of an undo says of what listens to what it writes."""


@pytest.mark.parametrize("scenario", list(SORTS))
def test_an_undo_brings_back_what_was_there_before(rebound: Rebound, scenario: str):
    """Equal to before by our own look; again nothing is left to do; and it can be recovered again."""
    sort = SORTS[scenario]
    sort.damage(rebound)
    before = sort.look(rebound)
    recovery = recovered(rebound, scenario)
    assert sort.look(rebound) != before
    words = ("undo", recovery, "--confirm-project", rebound.project, "--access")
    assert f"rebound {' '.join(words[:4])}, until" in rebound.run("report", recovery).stdout
    with bucket_objects.notified(rebound):
        refused = rebound.run(*words, code=5)
    assert "nobody is there to say yes" in refused.stderr
    assert STARTS[scenario] in refused.stdout
    told = undone(rebound, recovery, "--reason", f"back, {scenario}")
    assert sort.look(rebound) == before
    acted = [item for item in rebound.json("actions") if item["verb"] == "undo"][-1]
    assert (acted["subject"], acted["operator"]["reason"]) == (recovery, f"back, {scenario}")
    assert told["left"] == []
    assert not [item for item in told["outcomes"] if item["failure"]]
    again = rebound.run(*words).stdout
    assert "nothing has to go back\nto recover again: rebound recover" in again
    assert "it was undone 20" in again
    assert rebound.json("report", recovery)["undone"].startswith("undone 20")
    assert told["again"].startswith(f"rebound recover {scenario} --run night")
    recovered(rebound, scenario)
    assert sort.look(rebound) != before


def test_tables_of_another_shape_go_back_too(rebound: Rebound):
    """One that had a column more, one that was empty, and a view that stood in a table's place."""
    for damage in ("schema changed", "hours emptied", "types replaced by a view"):
        destroy(rebound, {**DAMAGES, **SHAPES}[damage])
    before = tables_of(rebound)
    recovery = recovered(rebound, TABLES)
    assert tables_of(rebound) != before
    told = rebound.run("undo", recovery, "--confirm-project", rebound.project, "--yes").stdout
    assert "table lake.games: as it was, with 205 rows, from " in told
    assert "table lake.types: as the view that it was" in told
    assert "| SELECT 1 AS id" in told
    assert tables_of(rebound) == before
    recovered(rebound, TABLES)


def home_of_first(rebound: Rebound) -> str:
    """Return what the one row holds that is damaged."""
    games = f"`{rebound.project}.{lake.GAMES}`"
    found = rebound.query(f"SELECT home FROM {games} WHERE game_id = 'first'")
    return str(found[0]["home"])


def write_home(rebound: Rebound, home: str) -> None:
    """Write that row, at a time at which the recovery still ran."""
    games = f"`{rebound.project}.{lake.GAMES}`"
    with rebound.cloud.minutes_ago(5, ("bigquery",)):
        rebound.query(f"UPDATE {games} SET home = '{home}' WHERE game_id = 'first'")
    assert home_of_first(rebound) == home


def test_what_was_written_meanwhile_is_never_lost(rebound: Rebound):
    """While the recovery ran, or after an undo's plan; the rest goes back, and an undo goes on."""
    damage_tables(rebound)
    before = tables_of(rebound)
    recovery = recovered(rebound, TABLES)
    left = home_of_first(rebound)
    write_home(rebound, "newer")
    told = undone(rebound, recovery, code=6)
    (reason,) = (text for text in told["left"] if text.startswith("table lake.games"))
    assert "partition __UNPARTITIONED__: 1 others now, the recovery left 1, before it 1" in reason
    assert home_of_first(rebound) == "newer"
    assert "events" not in {item.table_id for item in rebound.bigquery_client.list_tables("lake")}

    write_home(rebound, left)
    # What is written first, when everything is planned, says who undoes it.
    with rebound.cloud.held("storage", r"storage\.objects\.insert", match=rebound.vault.name):
        process = rebound.begin("undo", recovery, "--confirm-project", rebound.project, "--yes")
        rebound.cloud.await_fault("storage", process)
        write_home(rebound, "newest")
    out, err = process.communicate(RUN_SECONDS)
    assert process.returncode == 6, out + err
    assert "it is not what the plan saw: written since the recovery" in out
    assert home_of_first(rebound) == "newest"

    write_home(rebound, left)
    undone(rebound, recovery)
    assert tables_of(rebound) == before
    recovered(rebound, TABLES)


def test_one_part_goes_back_alone(rebound: Rebound):
    """The others stay as the recovery left them; an unknown one is refused."""
    damage_tables(rebound)
    recovery = recovered(rebound, TABLES)
    rebound.run("undo", recovery, "--yes", code=5)
    undone(rebound, recovery, lake.EVENTS)
    names = {item.table_id for item in rebound.bigquery_client.list_tables("lake")}
    assert "events" not in names
    assert home_of_first(rebound) != "nobody"
    words = ("undo", recovery, "lake.nothing", "--confirm-project", rebound.project, "--yes")
    rebound.run(*words, code=2)
    recovered(rebound, TABLES)


def test_a_journal_chooses_nothing_that_goes_back(rebound: Rebound):
    """What lies in an undo point's place, other names and what was written since are refused."""
    damage_tables(rebound)
    recovery = recovered(rebound, TABLES)
    words = ("undo", recovery, "--confirm-project", rebound.project)
    plan_blob, report_blob = (
        rebound.landing.blob(f"recoveries/{recovery}/{name}.json") for name in ("plan", "report")
    )
    ended = report_blob.download_as_bytes()
    planned = decode(plan_blob.download_as_bytes(), PlannedRecovery, subject="plan")
    report = decode(ended, RecoveryReport, subject="report")

    other = TableOutcome(name="lake.secret", into="lake.secret", action="create")
    more = report.model_copy(update={"outcomes": (*report.outcomes, other)})
    report_blob.upload_from_string(encode(more))
    assert "of what was not planned" in rebound.run(*words, "--yes", code=4).stderr
    report_blob.upload_from_string(ended)

    (kept,) = (item.undo for item in report.of(TableOutcome) if item.name == lake.GAMES)
    rebound.bigquery_client.delete_table(kept)
    source = f"{rebound.project}.{lake.TYPES}"
    rebound.query(f"CREATE SNAPSHOT TABLE `{kept}` CLONE `{source}`")
    rows = lake.rows(rebound, lake.GAMES)
    told = rebound.run(*words, lake.GAMES, "--yes", code=5).stdout
    assert f"what lies in the place of its undo point is one of {source}" in told
    assert lake.rows(rebound, lake.GAMES) == rows

    evil = {"view": {"query": "SELECT 'evil' AS x"}}
    steps = tuple(
        step.model_copy(update={"replaced": {**(step.replaced or {}), **evil}})
        if isinstance(step, DefinitionStep) and step.name == "lake.busy"
        else step
        for step in planned.plan.steps
    )
    forged = planned.plan.model_copy(update={"steps": steps})
    plan_blob.upload_from_string(encode(planned.model_copy(update={"plan": forged})))
    assert "plan.json: it was written at " in rebound.run(*words, "--yes", code=4).stderr
    recovered(rebound, TABLES)


def test_what_was_kept_and_is_gone_is_no_end(rebound: Rebound):
    """Who deletes what a recovery wrote down of documents makes no undo seem to be done."""
    damage_documents(rebound)
    recovery = recovered(rebound, DATABASES)
    for blob in rebound.landing.list_blobs(prefix=f"recoveries/{recovery}/before/"):
        blob.delete()
    told = undone(rebound, recovery, code=6)
    (left,) = told["left"]
    assert "what 2 documents were is not kept any more; they stay as they are" in left
    recovered(rebound, DATABASES)


def test_what_somebody_plants_is_not_put_back(rebound: Rebound):
    """Beside what a recovery kept of documents and objects; what went back is what was there."""
    for scenario in (DATABASES, BUCKETS):
        sort = SORTS[scenario]
        sort.damage(rebound)
        before = sort.look(rebound)
        recovery = recovered(rebound, scenario)
        names, bucket = JournalNames(recovery), bucket_objects.platform(rebound)
        evil = write_file([DocumentRecord("done/evil", b"", 0, 0)])
        planted = {
            names.undo_file("(default)", evil, are_removed=True): evil,
            f"{undo_objects(recovery, bucket)}extra/evil": b"evil",
        }
        for name, content in planted.items():
            rebound.landing.blob(name).upload_from_string(content)
        told = rebound.run(
            "undo", recovery, "--confirm-project", rebound.project, "--access", "--yes"
        )
        assert sort.look(rebound) == before
        assert "NOT SIGNED: who can write the landing bucket" in told.stdout
        recovered(rebound, scenario)
