from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.exports.tables.choice import (
    MOST_PARTITION_EXPORTS,
    ExportChoice,
    choose_exports,
    is_slow_to_restore,
)
from manifests.encoding import encodings_of
from manifests.fingerprint import combined
from manifests.kinds.tables.model import TableBackup
from manifests.store.consistency import check_manifest
from manifests.values import Fingerprint
from tests.unit.samples import (
    ARRIVALS,
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

DAYS = {name: fingerprint_of([name]) for name in ("20250101", "20250102", "20250103")}
CHANGED = fingerprint_of(["changed"])


def base_of(
    partitions: dict[str, Fingerprint], resource: dict[str, Any] | None = None
) -> TableBackup:
    """Return a table as an earlier run exported it, whole."""
    resource = GAMES if resource is None else resource
    name = f"{resource['tableReference']['datasetId']}.{resource['tableReference']['tableId']}"
    rows = combined(partitions.values()).row_count
    whole = export_of(BASE_RUN, BASE_POINT, name, None, rows)
    return table_backup(
        resource,
        partitions=partitions,
        homes=dict.fromkeys(partitions, whole.export_id),
        exports=(whole,),
    )


def choose(
    partitions: dict[str, Fingerprint],
    base: TableBackup | None,
    *,
    resource: dict[str, Any] | None = None,
    days: int = 7,
) -> ExportChoice:
    """Choose exports for the sample table."""
    return choose_exports(
        partitions,
        resource=GAMES if resource is None else resource,
        base=base,
        recovery_point=POINT,
        full_every_days=days,
    )


def is_full(choice: ExportChoice) -> bool:
    """Whether nothing of an earlier run is referenced."""
    return choice.whole_table and not (choice.referenced_exports or choice.referenced_partitions)


def test_the_first_run_exports_everything():
    """Without an earlier run there is nothing to refer to."""
    choice = choose(DAYS, None)
    assert is_full(choice)
    assert choice.reason == "full: no earlier complete run"


def test_unchanged_partitions_are_referenced():
    """Only what changed, and what is new, is exported; the rest stays where it is."""
    now = DAYS | {"20250102": CHANGED, "20250104": CHANGED}
    choice = choose(now, base_of(DAYS))
    assert not choice.whole_table
    assert choice.export_partitions == ("20250102", "20250104")
    assert choice.referenced_partitions == dict.fromkeys(
        ("20250101", "20250103"), f"{BASE_RUN}/all"
    )
    assert [export.export_id for export in choice.referenced_exports] == [f"{BASE_RUN}/all"]
    assert choice.reason == "2 partitions unchanged, 2 changed"


def test_nothing_changed_exports_nothing():
    """An unchanged table costs no extract."""
    choice = choose(DAYS, base_of(DAYS))
    assert (choice.whole_table, choice.export_partitions) == (False, ())
    assert set(choice.referenced_partitions) == set(DAYS)


def test_a_partition_that_is_gone_is_not_referenced():
    """What is no more at the recovery point is not in the backup."""
    choice = choose({"20250101": DAYS["20250101"]}, base_of(DAYS))
    assert set(choice.referenced_partitions) == {"20250101"}
    assert choice.export_partitions == ()


def test_exports_that_hold_nothing_any_more_are_dropped():
    """An export whose partitions have all changed is not listed."""
    base = games()
    now = {item.partition_id: item.fingerprint for item in base.partitions}
    now["20250101"] = CHANGED
    choice = choose(now, base)
    assert [export.partition_id for export in choice.referenced_exports] == [None]


def test_an_export_that_is_left_out_is_not_referenced():
    """A partition whose stored files were found missing is exported again."""
    base = games()
    now = {item.partition_id: item.fingerprint for item in base.partitions}
    choice = choose(now, base.model_copy(update={"exports": base.exports[:1]}))
    assert choice.export_partitions == ("20250101",)
    assert set(choice.referenced_partitions) == {"20241231", "__NULL__"}
    assert is_full(choose(now, base.model_copy(update={"exports": ()})))


@pytest.mark.parametrize("key", ["schema", "timePartitioning", "rangePartitioning"])
def test_another_shape_is_exported_whole(key: str):
    """Files of another schema or partitioning do not fit the table of today."""
    base = base_of(DAYS)
    before = {**GAMES, key: {"fields": []}}
    choice = choose(DAYS, base.model_copy(update={"resource": before}))
    assert is_full(choice)
    assert choice.reason == f"full: {key} changed since the earlier run"


def test_other_encodings_are_exported_whole():
    """What was stored or measured in another way is not mixed with what is of today."""
    base = base_of(DAYS)
    assert base.encodings == encodings_of(GAMES)
    for earlier in ({"encodings": ()}, {"fingerprint_version": 1}):
        choice = choose(DAYS, base.model_copy(update=earlier))
        assert is_full(choice)
        assert "another form" in choice.reason


def test_everything_is_exported_again_after_some_days():
    """No file is referred to for longer than the catalog says."""
    assert not choose(DAYS, base_of(DAYS), days=2).whole_table
    choice = choose(DAYS, base_of(DAYS), days=1)
    assert is_full(choice)
    assert choice.reason == "full: the earlier exports are 1 days old"


def test_the_oldest_export_counts():
    """A table whose files are mixed of age is as old as its oldest file."""
    base = base_of(DAYS)
    old = base.exports[0].model_copy(update={"recovery_point": POINT - timedelta(days=7)})
    young = export_of(BASE_RUN, BASE_POINT, "nba.games", "20250101", 1)
    assert is_full(choose(DAYS, base.model_copy(update={"exports": (young, old)})))


@pytest.mark.parametrize("name", ["__NULL__", "__UNPARTITIONED__"])
def test_rows_that_no_partition_addresses_need_the_whole_table(name: str):
    """A change outside the addressable partitions is exported with everything."""
    choice = choose(DAYS | {name: CHANGED}, base_of(DAYS))
    assert is_full(choice)
    assert "outside any addressable partition" in choice.reason
    assert not choose(DAYS | {name: CHANGED}, base_of(DAYS | {name: CHANGED})).whole_table


def test_many_changes_are_cheaper_whole():
    """Beyond a number of changed partitions one extract of everything is made."""
    many = {f"2025{number:04d}": fingerprint_of([str(number)]) for number in range(30)}
    now = dict(many)
    for name in list(many)[:MOST_PARTITION_EXPORTS]:
        now[name] = CHANGED
    assert len(choose(now, base_of(many)).export_partitions) == MOST_PARTITION_EXPORTS
    now[list(many)[MOST_PARTITION_EXPORTS]] = CHANGED
    assert is_full(choose(now, base_of(many)))


def test_a_table_without_partitions_is_kept_or_exported():
    """The whole of it is one partition that no extract can address."""
    plain = {**EMPTY, "numRows": "1"}
    before = {"__ALL__": fingerprint_of(["a"])}
    base = base_of(before, plain)
    assert choose(before, base, resource=plain).referenced_partitions == {
        "__ALL__": f"{BASE_RUN}/all"
    }
    assert is_full(choose({"__ALL__": CHANGED}, base, resource=plain))


def test_an_empty_table_is_exported_once():
    """A table that was and is empty refers to its earlier, empty file."""
    choice = choose({}, nothing_yet(), resource=EMPTY)
    assert not choice.whole_table
    assert [export.row_count for export in choice.referenced_exports] == [0]
    assert is_full(choose({}, base_of(DAYS)))
    assert choose({}, base_of(DAYS)).reason == "full: the table is empty now"


def test_a_table_by_arrival_is_exported_partition_by_partition():
    """Its rows can only be put back so; without rows there is one file."""
    hours = {f"2026112407{number:02d}": CHANGED for number in range(MOST_PARTITION_EXPORTS + 5)}
    choice = choose(hours, None, resource=ARRIVALS)
    assert not choice.whole_table
    assert choice.export_partitions == tuple(sorted(hours))
    assert is_full(choose({}, None, resource=ARRIVALS))
    base = base_of({"2026112406": CHANGED}, ARRIVALS)
    later = choose(hours | {"2026112406": CHANGED}, base, resource=ARRIVALS)
    assert (later.whole_table, set(later.referenced_partitions)) == (False, {"2026112406"})


NAMES = st.sampled_from(["__NULL__", *(f"202501{day:02d}" for day in range(1, 26))])
CONTENTS = st.sampled_from("abc").map(lambda text: fingerprint_of([text]))
TABLES = st.dictionaries(NAMES, CONTENTS)


DAILY_ARRIVALS = {**ARRIVALS, "timePartitioning": {"type": "DAY"}}


@given(before=TABLES, now=TABLES, resource=st.sampled_from([GAMES, DAILY_ARRIVALS]))
def test_every_manifest_is_self_sufficient(
    before: dict[str, Fingerprint], now: dict[str, Fingerprint], resource: dict[str, Any]
):
    """Whatever changed: the manifest lists one export for each partition, and it adds up."""
    base = base_of(before, resource)
    choice = choose(now, base, resource=resource)
    covers: list[str | None] = [None] if choice.whole_table else list(choice.export_partitions)
    made = []
    homes = dict(choice.referenced_partitions)
    for partition_id in covers:
        names = list(now) if partition_id is None else [partition_id]
        rows = combined(now[name] for name in names).row_count
        export = export_of(RUN, POINT, base.name, partition_id, rows)
        assert not set(names) & set(homes)
        homes |= dict.fromkeys(names, export.export_id)
        made.append(export)
    table = table_backup(
        resource, partitions=now, homes=homes, exports=(*choice.referenced_exports, *made)
    )
    check_manifest(manifest(tables=(table,)))
    assert all(before[name] == now[name] for name in choice.referenced_partitions)


def test_what_takes_long_to_restore_is_told():
    """Each limit of BigQuery counts by itself."""
    assert not is_slow_to_restore(partitions=4000, exports=1000)
    assert is_slow_to_restore(partitions=4001, exports=1)
    assert is_slow_to_restore(partitions=1001, exports=1001)
