"""What is brought back of a run is made ready for the place and the time it comes to."""

from datetime import UTC, datetime, timedelta
from typing import Any

from recovery.kinds.tables.rules.asked import wanted_tables
from recovery.kinds.tables.rules.copies import referring_to_copy, referring_to_original
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.expirations import without_past
from recovery.request import Target
from tests.unit.samples import manifest
from tests.unit.worlds import plan, request, world

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def milliseconds(moment: datetime) -> str:
    """Return an instant as BigQuery writes it."""
    return str(int(moment.timestamp()) * 1000)


def test_a_time_that_is_over_is_left_out():
    """Of tables and views alike, unless another is given; one to come stays."""
    run = manifest()
    (games, *others), (nba, *rest) = run.tables, run.datasets
    past, future = (milliseconds(NOW + timedelta(days=days)) for days in (-1, 1))
    gone = games.model_copy(update={"resource": {**games.resource, "expirationTime": past}})
    soon = others[0].model_copy(
        update={"resource": {**others[0].resource, "expirationTime": future}}
    )
    views = nba.model_copy(update={"views": ({**nba.views[0], "expirationTime": past},)})
    run = run.model_copy(update={"tables": (gone, soon, *others[1:]), "datasets": (views, *rest)})
    for expire_at in (None, NOW + timedelta(days=9)):
        expected = None if expire_at is None else milliseconds(expire_at)
        made, expired = without_past(run, now=NOW, expire_at=expire_at)
        assert set(expired) == {games.name, "nba.latest games"}
        assert made.tables[0].resource.get("expirationTime") == expected
        assert made.datasets[0].views[0].get("expirationTime") == expected
        assert made.tables[1].resource["expirationTime"] == future
    assert without_past(manifest(), now=NOW, expire_at=None) == (manifest(), {})


def keyed(project: str, dataset_id: str, table_id: str) -> dict[str, Any]:
    """Return constraints with a foreign key to a table."""
    named = {"projectId": project, "datasetId": dataset_id, "tableId": table_id}
    return {"foreignKeys": [{"name": "team", "referencedTable": named, "columnReferences": []}]}


def test_foreign_keys_of_a_copy():
    """Those to what is copied refer to the copy when that is asked for; others stay, and are told."""
    run = manifest()
    references = (
        ("platform", "ref", "nothing-yet"),
        ("platform", "ref", "unknown"),
        ("other", "nba", "games"),
    )
    tables = tuple(
        table.model_copy(
            update={"resource": {**table.resource, "tableConstraints": keyed(*reference)}}
        )
        for table, reference in zip(run.tables, references, strict=True)
    )
    run = run.model_copy(update={"tables": tables})
    target = Target(project="sandbox-project", prefix="drill_")
    asked = request(target=target)
    definitions = plan(world()).of(DefinitionStep)
    notes = list(referring_to_original(run, run.tables, definitions, asked))
    assert notes[0].startswith("foreign keys of 3 tables that refer to the original (nba.games, ")
    assert "--rewrite-references" in notes[0]

    def rewritten(**changed: Any) -> tuple[list[tuple[str, ...]], list[str]]:  # noqa: ANN401
        """Return where the keys refer to, and of which tables is told that they stay."""
        words = request(target=target, rewrite_references=True, **changed)
        made = referring_to_copy(run, words)
        wanted = wanted_tables(made, words)
        named = [
            tuple(table.resource["tableConstraints"]["foreignKeys"][0]["referencedTable"].values())
            for table in wanted
        ]
        return named, list(referring_to_original(made, wanted, (), words))

    named, told = rewritten()
    assert named == [("sandbox-project", "drill_ref", "nothing-yet"), *references[1:]]
    assert told[0].startswith("foreign keys of 2 tables that refer to the original")
    assert "not copied" in told[0]
    # What is left out is not copied, so that a key to it would refer to nothing.
    named, told = rewritten(datasets=("nba",))
    assert named[0] == references[0]
    assert told[0].startswith(f"foreign keys of {len(named)} tables")
    assert not list(referring_to_original(run, run.tables, definitions, request()))
