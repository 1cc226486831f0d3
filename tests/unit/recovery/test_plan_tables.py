from datetime import timedelta
from typing import Any

import pytest

from manifests.errors import RefusedError, UsageError
from recovery.compare.observed import ObservedTable
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.tables import TableStep
from recovery.plan.words import check_plan
from recovery.request import Target
from tests.unit.samples import ARRIVALS, EMPTY, POINT, POLICY, games, manifest, nothing_yet
from tests.unit.worlds import EQUAL, GONE, LOSING, OTHER, now, plan, planned, request, step, world


def test_an_equal_world_is_left_alone():
    """Where nothing is wrong nothing is done."""
    made = plan(world())
    assert not made.changes
    assert [item.action for item in made.of(TableStep)] == ["leave"] * 3
    assert [item.action for item in made.of(DefinitionStep)] == ["leave"] * 2
    check_plan(made, protected=("platform",), confirmed_projects=())


@pytest.mark.parametrize(
    ("found", "action", "loses_rows"),
    [
        (GONE, "create", False),
        (now({}), "fill", False),
        (now(EQUAL | {"20250101": OTHER}), "replace partitions", True),
        (now({k: v for k, v in EQUAL.items() if k != "20250101"}), "replace partitions", False),
        (now(None), "replace partitions", True),
        (now(EQUAL, description="other"), "set properties", False),
        (now(EQUAL, policies=()), "set properties", False),
        (now(None, timePartitioning=None), "replace", True),
        (now(None, schema={"fields": []}, numRows="0"), "replace", False),
        (now(None, type="VIEW", numRows=None), "replace", True),
        (
            now(None, schema={"fields": []}, numRows="0", streamingBuffer={"estimatedRows": "2"}),
            "replace",
            True,
        ),
    ],
    ids=[
        *["gone", "emptied", "rows changed", "partition missing", "unknown", "property"],
        *["policies", "partitioning lost", "empty of another shape", "a view", "buffered rows"],
    ],
)
def test_each_damage_has_its_action(found: ObservedTable, action: str, loses_rows: bool):  # noqa: FBT001 - a table of cases
    """What is wrong decides what is done, and whether rows that are there would be lost."""
    made = step(found)
    assert (made.action, made.loses_rows) == (action, loses_rows)
    assert made.damage
    assert made.why


def test_only_damaged_partitions_are_replaced():
    """Partitions that are equal, and newer ones, are not touched."""
    made = step(now(EQUAL | {"20250101": OTHER, "20250102": OTHER}))
    assert made.partitions == ("20250101",)
    assert made.kept_partitions == ("20250102",)
    assert made.removed_partitions == ()
    assert made.rows == 1
    assert made.stored_bytes == games().exports[1].objects[0].size_bytes
    assert made.why == "1 of 3 partitions differ, 0 of them are missing"


def test_a_whole_table_counts_all_its_rows_and_files():
    """What a table costs to bring back is what its manifest lists."""
    made = step(GONE)
    assert (made.rows, made.partitions) == (6, ())
    assert made.stored_bytes == sum(item.size_bytes for item in games().objects)


def test_newer_partitions_are_removed_when_exactness_is_asked_for():
    """Then, and only then; the word for it is that for what is not known, as everywhere."""
    found = now({**EQUAL, "20250102": OTHER})
    assert step(found).action == "leave"
    assert step(found).kept_partitions == ("20250102",)
    made = step(found, exact=True)
    assert (made.action, made.partitions) == ("replace partitions", ())
    assert made.removed_partitions == ("20250102",)
    assert made.loses_rows
    assert not made.needs_overwrite
    check_plan(plan(world(games=found), exact=True), protected=(), confirmed_projects=())
    replacing = step(now({**EQUAL, "20250101": OTHER, "20250102": OTHER}), exact=True)
    assert replacing.needs_overwrite


def test_rows_in_a_table_that_was_empty_are_removed():
    """They are no extra partition: the table is not equal while they are there."""
    found = ObservedTable(resource=EMPTY, partitions={"__ALL__": OTHER})
    made = planned(manifest(), world(**{"nothing-yet": found}), request()).of(TableStep)[2]
    assert (made.name, made.action) == (nothing_yet().name, "replace partitions")
    assert made.removed_partitions == ("__ALL__",)
    assert made.loses_rows


class TestScope:
    """What was not asked for is not touched, and what was asked for is not left out."""

    def test_datasets(self):
        """A dataset comes with its views and routines."""
        made = plan(world(), datasets=("ref",))
        assert [item.name for item in made.of(TableStep)] == ["ref.nothing-yet"]
        assert [item.name for item in made.of(DatasetStep)] == ["ref"]
        assert made.of(DefinitionStep) == ()
        assert len(plan(world(), datasets=("nba",)).of(DefinitionStep)) == 2

    def test_tables(self):
        """A single table comes without them."""
        made = plan(world(games=GONE), tables=("nba.games",))
        assert [item.name for item in made.of(TableStep)] == ["nba.games"]
        assert made.of(DefinitionStep) == ()

    def test_partitions(self):
        """Damage in other partitions is left alone."""
        found = now({"20241231": OTHER, "20250102": OTHER})
        made = step(found, tables=("nba.games",), partitions=("20250101",))
        assert (made.action, made.partitions) == ("replace partitions", ("20250101",))
        assert not made.loses_rows
        equal = now({"20250101": EQUAL["20250101"]})
        assert step(equal, tables=("nba.games",), partitions=("20250101",)).action == "leave"

    def test_partitions_and_exactness(self):
        """Nothing outside the partitions that were asked for is removed."""
        made = step(
            now({**EQUAL, "20250101": OTHER, "20250102": OTHER}),
            tables=("nba.games",),
            partitions=("20250101",),
            exact=True,
        )
        assert made.removed_partitions == ()
        assert made.kept_partitions == ("20250102",)

    def test_partitions_of_a_table_that_is_gone(self):
        """Only these partitions come back, not the whole table."""
        made = step(GONE, tables=("nba.games",), partitions=("20250101",))
        assert (made.action, made.partitions, made.rows) == ("create", ("20250101",), 1)
        assert made.stored_bytes == games().exports[1].objects[0].size_bytes

    def test_partitions_of_unknown_content(self):
        """What could not be measured is not taken for equal."""
        made = step(now(None), tables=("nba.games",), partitions=("20250101",))
        assert (made.action, made.partitions) == ("replace partitions", ("20250101",))
        assert made.loses_rows

    @pytest.mark.parametrize(
        ("asked", "name"),
        [
            ({"datasets": ("nbaa",)}, "nbaa"),
            ({"tables": ("nba.game",)}, "nba.game"),
            ({"tables": ("nba.games",), "partitions": ("20250102",)}, "partition 20250102"),
            ({"tables": ("ref.nothing-yet",), "partitions": ("20250101",)}, "partition 20250101"),
        ],
    )
    def test_unknown_names(self, asked: dict[str, Any], name: str):
        """A name the run does not hold is refused: leaving it out would look like success."""
        with pytest.raises(UsageError, match=f"not in the run: {name}$"):
            plan(world(), **asked)


def test_missing_datasets_and_definitions_are_created():
    """What holds no rows comes back too, and changed definitions are replaced."""
    observed = world(games=GONE)
    (nba, _) = manifest().datasets
    view = {**nba.views[0], "view": {"query": "SELECT 1"}}
    observed = observed.model_copy(
        update={
            "datasets": {"nba": None, "ref": observed.datasets["ref"]},
            "definitions": {"nba.latest games": view, "nba.season": None},
        }
    )
    made = plan(observed)
    assert [(item.name, item.create) for item in made.of(DatasetStep)] == [
        ("nba", True),
        ("ref", False),
    ]
    assert [(item.name, item.kind, item.action) for item in made.of(DefinitionStep)] == [
        ("nba.latest games", "view", "replace"),
        ("nba.season", "routine", "create"),
    ]
    assert made.changes


@pytest.mark.parametrize("overwrite", [(), ("nba.arrivals",), ("nba",)])
def test_losing_rows_needs_a_word(overwrite: tuple[str, ...]):
    """Rows that are there are not replaced unless this table, or all, was named."""
    with pytest.raises(RefusedError, match=r"would be replaced: nba\.games$") as caught:
        check_plan(
            plan(LOSING, overwrite=overwrite), protected=(), confirmed_projects=("platform",)
        )
    assert "--overwrite nba.games" in caught.value.hint


@pytest.mark.parametrize("overwrite", [("nba.games",), ("*",)])
def test_the_word_allows_it(overwrite: tuple[str, ...]):
    """With the word the plan may be carried out."""
    check_plan(plan(LOSING, overwrite=overwrite), protected=(), confirmed_projects=())


@pytest.mark.parametrize("words", [(), ("",), ("yes", "other")])
def test_a_protected_project_needs_its_name(words: tuple[str, ...]):
    """Changing a protected project needs its own name said, overwriting or not."""
    made = plan(world(games=GONE))
    with pytest.raises(RefusedError, match="protected") as caught:
        check_plan(made, protected=("platform",), confirmed_projects=words, access=True)
    assert "--confirm-project platform" in caught.value.hint
    check_plan(made, protected=("platform",), confirmed_projects=("platform",), access=True)
    check_plan(made, protected=("other",), confirmed_projects=(), access=True)


def test_only_what_is_missing():
    """What differs is left out of the plan and named; what is not there comes back."""
    made = plan(world(games=now(EQUAL | {"20250101": OTHER}), arrivals=GONE), only_missing=True)
    assert made.left_alone == ("nba.games",)
    assert {item.name: item.action for item in made.of(TableStep)} == {
        "nba.arrivals": "create",
        "ref.nothing-yet": "leave",
    }
    check_plan(made, protected=(), confirmed_projects=())


def test_excluded_parts():
    """A table, a view or a whole dataset is left out; a name that matches nothing is refused."""
    made = plan(world(games=GONE), exclude=("nba.games", "nba.season", "ref"))
    assert [item.name for item in made.of(TableStep)] == ["nba.arrivals"]
    assert [item.name for item in made.of(DefinitionStep)] == ["nba.latest games"]
    assert [item.name for item in made.of(DatasetStep) if item.create] == []
    for option in ("exclude", "overwrite"):
        with pytest.raises(UsageError, match=r"not in the run: nba\.gamez"):
            plan(world(), **{option: ("nba.gamez",)})


def test_both_words_are_needed():
    """One word does not stand for the other."""
    made = plan(LOSING, overwrite=("*",))
    with pytest.raises(RefusedError, match="protected"):
        check_plan(made, protected=("platform",), confirmed_projects=())
    with pytest.raises(RefusedError, match="would be replaced"):
        check_plan(plan(LOSING), protected=("platform",), confirmed_projects=("platform",))


def test_what_cannot_be_brought_back_is_told():
    """The plan names what is lost for good, and why."""
    notes = "\n".join(plan(world()).cannot_bring_back)
    assert "rows written after 2026-11-24T08:01Z" in notes
    assert "about 3 rows of nba.games that were still in its streaming buffer" in notes
    read_later = "the backup read them 130 s later"
    assert f"definitions of nba as they were at the recovery point: {read_later}" in notes
    assert "time travel history" in notes
    assert "names the original" not in notes
    elsewhere = plan(world(), target=Target(project="platform", prefix="drill_"))
    assert "the text of 1 names the original datasets" in "\n".join(elsewhere.cannot_bring_back)


@pytest.mark.parametrize("policies", [(), (POLICY,)])
def test_tables_with_policies_come_from_the_vault(policies: tuple[dict[str, Any], ...]):
    """Time travel needs an administrator where rows are or were protected."""
    made = step(now(EQUAL | {"20250101": OTHER}, policies=policies))
    assert made.source is not None
    assert made.source.name == "vault"
    assert "row access policies" in made.source.why


def test_rows_come_from_the_best_source():
    """Time travel where the table's own history reaches back, else the vault, with the reason."""
    born = str(int((POINT - timedelta(days=9)).timestamp() * 1000))
    young = str(int((POINT + timedelta(hours=1)).timestamp() * 1000))

    def source(created: str, hours: str = "168", **asked: Any) -> str:  # noqa: ANN401 - fields
        found = ObservedTable(
            resource={**ARRIVALS, "creationTime": created}, partitions={"2026112407": OTHER}
        )
        observed = world(arrivals=found)
        nba = {**manifest().datasets[0].resource, "maxTimeTravelHours": hours}
        observed = observed.model_copy(update={"datasets": {**observed.datasets, "nba": nba}})
        chosen = plan(observed, **asked).of(TableStep)[1].source
        assert chosen is not None
        assert chosen.why
        return str(chosen.name)

    assert source(born) == "time travel"
    assert source(born, hours="3") == "vault"
    assert source(born, hours="4") == "time travel"
    assert source(young) == "vault"
    assert source(born, from_vault=True) == "vault"
    assert source(born, target=Target(project="sandbox")) == "vault"
    assert source(born, target=Target(project="platform", prefix="drill_")) == "vault"
