from collections.abc import Callable
from typing import Any

import pytest

from manifests.errors import BackupDamagedError, UnsafeNameError
from manifests.kinds.tables.model import DatasetBackup, TableBackup
from manifests.model.run import Manifest
from manifests.store.consistency import check_manifest
from tests.unit.samples import (
    BASE_POINT,
    BASE_RUN,
    EMPTY,
    GAMES,
    POINT,
    RUN,
    export_of,
    fingerprint_of,
    games,
    manifest,
    nothing_yet,
    table_backup,
)

Edit = Callable[[TableBackup], TableBackup]


def with_games(edit: Edit) -> Manifest:
    """Return the sample run with its first table edited."""
    first, *rest = manifest().tables
    return manifest(tables=(edit(first), *rest))


def replaced(at: int, kind: str, **changes: Any) -> Edit:  # noqa: ANN401 - fields of the model
    """Return an edit of one export or partition."""

    def edit(table: TableBackup) -> TableBackup:
        items = list(getattr(table, kind))
        items[at] = items[at].model_copy(update=changes)
        return table.model_copy(update={kind: tuple(items)})

    return edit


def renamed_object(name: str) -> Edit:
    """Return an edit that gives the changed partition's one file another name."""
    stored = games().exports[1].objects[0]
    return replaced(1, "exports", objects=(stored.model_copy(update={"name": name}),))


def resource(**changes: object) -> Edit:
    """Return an edit of the table's resource; None removes a key."""
    edited = {key: value for key, value in {**GAMES, **changes}.items() if value is not None}
    return lambda table: table.model_copy(update={"resource": edited})


def test_the_sample_agrees_with_itself():
    """A run as the functions write it is accepted."""
    check_manifest(manifest())


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (replaced(0, "exports", row_count=7), "counts do not add up"),
        (replaced(1, "exports", objects=()), "counts do not add up"),
        (replaced(0, "partitions", export_id=f"{RUN}/all"), "not listed"),
        (replaced(0, "partitions", export_id=f"{RUN}/20250101"), "the export of another"),
        (replaced(0, "partitions", fingerprint=fingerprint_of(["g1", "g2"])), "do not add up"),
        (replaced(1, "partitions", fingerprint=fingerprint_of(["g9"])), "do not add up"),
        (replaced(1, "partitions", fingerprint=fingerprint_of(["g3", "g4"])), "it holds 1 rows"),
        (replaced(1, "partitions", partition_id="20241231"), "the export of another|twice"),
        (replaced(2, "partitions", partition_id="20241231"), "listed twice"),
        (replaced(0, "exports", export_id=f"{RUN}/20250101"), "not the id of its export"),
        (replaced(0, "exports", partition_id="20241231"), "not the id of its export"),
        (lambda t: t.model_copy(update={"exports": (*t.exports, t.exports[0])}), "listed twice"),
        (lambda t: t.model_copy(update={"exports": t.exports[:1]}), "not listed"),
        (lambda t: t.model_copy(update={"fingerprint": fingerprint_of([])}), "do not add up"),
        (lambda t: t.model_copy(update={"partitions": ()}), "it holds 1 rows"),
    ],
)
def test_a_contradiction_is_refused(edit: Edit, message: str):
    """Files, exports, partitions and table have to agree."""
    with pytest.raises(BackupDamagedError, match=message):
        check_manifest(with_games(edit))


def test_an_own_export_of_the_whole_table_holds_nothing_else():
    """Only an earlier run's file may hold more than this run needs of it."""
    part = {"20250101": fingerprint_of(["g3"])}
    for run_id, fits in ((BASE_RUN, True), (RUN, False)):
        export = export_of(run_id, BASE_POINT, "nba.games", None, 6)
        home = {"20250101": export.export_id}
        table = table_backup(GAMES, partitions=part, homes=home, exports=(export,))
        made = manifest(tables=(table,))
        if fits:
            check_manifest(made)
        else:
            with pytest.raises(BackupDamagedError, match="it holds 6 rows, its partitions 1"):
                check_manifest(made)


def test_two_whole_exports_are_refused():
    """A second load of a whole table would replace what the first one brought."""
    exports = (
        export_of(BASE_RUN, BASE_POINT, "ref.nothing-yet", None, 0),
        export_of(RUN, POINT, "ref.nothing-yet", None, 0),
    )
    table = table_backup(EMPTY, partitions={}, homes={}, exports=exports)
    with pytest.raises(BackupDamagedError, match="more than one export"):
        check_manifest(manifest(tables=(table,)))


@pytest.mark.parametrize(
    "edit",
    [
        replaced(0, "partitions", partition_id="x') OR ('1'='1"),
        replaced(0, "partitions", partition_id="2025/01"),
        replaced(0, "partitions", partition_id=""),
        replaced(1, "exports", partition_id="'; DROP TABLE nba.games; --"),
        replaced(1, "exports", run_id="../other"),
        lambda table: table.model_copy(update={"table_id": "games/../other"}),
        lambda table: table.model_copy(update={"table_id": "g`ames"}),
        renamed_object(f"runs/{RUN}/tables/nba.games/../../../holds/x.json"),
        renamed_object(games().exports[0].objects[0].name),
        renamed_object(nothing_yet().objects[0].name),
        lambda table: table.model_copy(
            update={
                "row_access_policies": (
                    {
                        "rowAccessPolicyReference": {"policyId": "../../x"},
                        "filterPredicate": "TRUE",
                    },
                )
            }
        ),
    ],
)
def test_a_forged_name_is_refused(edit: Edit):
    """No name of a manifest reaches a statement, an object name or a path unchecked."""
    with pytest.raises(BackupDamagedError) as caught:
        check_manifest(with_games(edit))
    assert isinstance(caught.value, UnsafeNameError) or "export" in caught.value.message


def test_a_forged_name_of_a_table_without_files_is_refused():
    """Also a table that lists no object at all has a checked name."""
    bare = nothing_yet().model_copy(update={"exports": (), "table_id": "x/../../other"})
    with pytest.raises(UnsafeNameError):
        check_manifest(manifest(tables=(bare,)))


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset_id": "../other"},
        {"views": ({"tableReference": {"tableId": "a/../b"}},)},
        {"routines": ({"routineReference": {"routineId": "a`b"}},)},
    ],
)
def test_a_forged_definition_is_refused(changes: dict[str, Any]):
    """Datasets, views and routines have names that stay in their place."""
    with pytest.raises(UnsafeNameError):
        check_manifest(manifest(datasets=(*manifest().datasets, more(**changes))))


def more(**changes: Any) -> DatasetBackup:  # noqa: ANN401 - fields of the model
    """Return one more dataset."""
    whole = DatasetBackup(dataset_id="more", resource={"datasetReference": {"datasetId": "more"}})
    return whole.model_copy(update=changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"views": ({},)},
        {"views": ({"tableReference": {"tableId": ["x"]}},)},
        {"views": ({"tableReference": {"tableId": "v"}, "type": "TABLE"},)},
        {"routines": ({"routineReference": {}},)},
        {"routines": ({"routineReference": "text"},)},
        {"resource": {"datasetReference": {"datasetId": "more"}, "access": 7}},
        {"resource": {"datasetReference": {"datasetId": "more"}, "access": [{"role": ["x"]}]}},
        {"resource": {"datasetReference": {"datasetId": "more"}, "labels": "none"}},
        {"resource": {"datasetReference": {"datasetId": "more"}, "maxTimeTravelHours": "1" * 30}},
    ],
    ids=str,
)
def test_a_resource_of_another_type_is_refused(changes: dict[str, Any]):
    """What is looked into has its type: a number is no list of access, text no reference."""
    with pytest.raises(BackupDamagedError, match="its resource is not a "):
        check_manifest(manifest(datasets=(*manifest().datasets, more(**changes))))


def test_a_dataset_has_its_own_resource():
    """The resource of another dataset would be put in its place."""
    spoilt = manifest().datasets[1].model_copy(update={"resource": manifest().datasets[0].resource})
    with pytest.raises(BackupDamagedError, match="another dataset's"):
        check_manifest(manifest(datasets=(manifest().datasets[0], spoilt)))


def field(**properties: object) -> dict[str, object]:
    """Return a schema with one column."""
    return {"fields": [{"name": "game_date", "type": "DATE"}, properties]}


@pytest.mark.parametrize(
    "edit",
    [
        resource(schema=None),
        resource(schema={}),
        resource(schema={"fields": [{"type": "DATE"}]}),
        resource(schema={"fields": ["name"]}),
        resource(schema=field(name="a`b", type="STRING")),
        resource(schema=field(name="r", type="RANGE", rangeElementType={"type": "DATE>) --"})),
        resource(schema=field(name="r", type="RECORD")),
        resource(timePartitioning={"type": "WEEK", "field": "game_date"}),
        resource(timePartitioning={"type": "DAY", "field": "not_there"}),
        resource(timePartitioning={"type": "DAY", "field": "team"}),
        resource(
            timePartitioning=None,
            rangePartitioning={
                "field": "game_id",
                "range": {"start": "0) --", "end": "9", "interval": "1"},
            },
        ),
    ],
)
def test_a_resource_that_is_no_tables_is_refused(edit: Edit):
    """A resource no statement can be written for is damage, not a crash in the restore."""
    with pytest.raises(BackupDamagedError, match="its resource is not a table's"):
        check_manifest(with_games(edit))


@pytest.mark.parametrize("kept", [slice(0), slice(2), slice(1, None)])
def test_other_encodings_than_this_version_decodes_are_refused(kept: slice):
    """A column is never decoded another way than it was encoded."""
    edited = games().model_copy(update={"encodings": games().encodings[kept]})
    with pytest.raises(BackupDamagedError, match="not encoded the way") as caught:
        check_manifest(with_games(lambda _: edited))
    assert "version that wrote it" in caught.value.hint


@pytest.mark.parametrize("kind", ["datasets", "tables"])
def test_nothing_is_listed_twice(kind: str):
    """Each dataset and each table is in a manifest once."""
    listed = getattr(manifest(), kind)
    with pytest.raises(BackupDamagedError, match="listed twice"):
        check_manifest(manifest(**{kind: (*listed, listed[0])}))


def test_a_table_needs_its_dataset():
    """A table whose dataset is not in the manifest could not be put back."""
    with pytest.raises(BackupDamagedError, match="its dataset is not listed"):
        check_manifest(manifest(datasets=manifest().datasets[:1]))
