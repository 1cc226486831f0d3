"""The numbers by which a deployment is watched."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from manifests.gauges import Added, Watched, WatchedRun, gauges, prometheus
from manifests.model.proof import ProofRecord, ProvenPart
from manifests.protected import PartId, to_be_shown
from tests.judges.alert_lines import LIMITS, raised
from tests.unit.platforms import whole_manifest
from tests.unit.samples import POINT, RUN, catalog, manifest

NOW = POINT + timedelta(hours=2)
GAMES: PartId = ("tables", "a.b")
NOTHING = Watched((), (), (), 0, (), 0, 0)


def told(**facts: Any) -> dict[str, float]:  # noqa: ANN401 - fields of what is watched
    """Return every number by its name."""
    return {item.name: item.value for item in gauges(NOTHING._replace(**facts), now=NOW)}


def run(days_ago: float, *, tables: int = 2) -> WatchedRun:
    """Return a run of some days ago, of so many tables."""
    one = manifest()
    point = POINT - timedelta(days=days_ago)
    changed = {"recovery_point": point, "tables": one.tables[:tables]}
    return WatchedRun.of(one.model_copy(update=changed))


def proof(
    how: str,
    hours_ago: float,
    *names: str,
    restored: int = 1,
    point: datetime = POINT,
    kind: str = "tables",
) -> ProofRecord:
    """Return what was proven of a point that is two hours old, or of another."""
    parts = tuple(
        ProvenPart.model_validate(
            {
                "kind": kind,
                "name": name,
                "run_id": RUN,
                "recovery_point": point,
                "restored": restored,
                "held": 1,
            }
        )
        for name in names or ("a.b",)
    )
    return ProofRecord.model_validate(
        {
            "recovery_id": "r",
            "scenario": "s",
            "how": how,
            "proven_at": NOW - timedelta(hours=hours_ago),
            "seconds": 1,
            "parts": parts,
        }
    )


def held(*, times: float, run_bytes: int = 2**30) -> dict[str, Any]:
    """Return a vault that holds so many times as much as the newest run."""
    newest = run(0)._replace(size_bytes=run_bytes)
    return {"complete": (newest,), "size_bytes": int(times * run_bytes)}


def alerts(numbers: dict[str, float]) -> set[str]:
    """Return the alerts that the lines of these numbers raise."""
    lines = ({"message": "gauge", "gauge": name, "value": value} for name, value in numbers.items())
    return {alert for line in lines for alert in raised(line)}


def test_where_nothing_ever_was_every_age_is_too_much():
    """A deployment whose first night failed is told of, as is one that was never drilled."""
    assert alerts(told()) == {"point-too-old", "proof-too-old", "drill-overdue"}


def test_a_deployment_that_is_well_raises_nothing():
    """Young points, proofs, drills; no fence, no growth."""
    numbers = told(
        complete=(run(1), run(0)), proofs=(proof("drill", 1),), verified=(NOW,), owed=(GAMES,)
    )
    assert alerts(numbers) == set()
    assert numbers["age_of_newest_point_seconds"] == 2 * 3600
    assert numbers["age_of_proven_point_seconds"] == 2 * 3600
    assert numbers["age_of_drill_seconds"] == 3600
    assert numbers["age_of_verification_seconds"] == 0
    assert numbers["age_of_fence_seconds"] == 0
    assert numbers["vault_growth_percent"] == 0


@pytest.mark.parametrize(
    ("facts", "alert"),
    [
        ({"complete": (run(2),)}, "point-too-old"),
        ({"proofs": (proof("recovery", 1),)}, "drill-overdue"),
        ({"fenced": (NOW - timedelta(hours=13), NOW)}, "fence-standing"),
        ({"complete": (run(8, tables=1), run(0))}, "run-growth"),
        ({"added": Added(last=151, before=100)}, "vault-growth"),
        (held(times=29), "vault-large"),
    ],
)
def test_each_gauge_raises_its_alert(facts: dict[str, Any], alert: str):
    """What is too old, or grew too fast, is told by the alert of its name and no other of these."""
    well = {"complete": (run(0),), "proofs": (proof("drill", 1),), "owed": (GAMES,)}
    assert alerts(told(**{**well, **facts})) == {alert}


def test_a_vault_of_one_week_did_not_grow_and_one_that_shrank_is_told_so():
    """What was never written before cannot be compared with."""
    assert told(added=Added(last=100))["vault_growth_percent"] == 0
    assert told(added=Added(last=50, before=100))["vault_growth_percent"] == -50


def test_a_vault_that_grows_by_the_same_each_week_for_ever_is_told():
    """However steadily: a week before the bound it is silent, and where less is held than costs anything."""
    weekly = 10 * 2**30
    for weeks, is_told in ((27, False), (28, False), (29, True)):
        grown = {"added": Added(last=weekly, before=weekly), **held(times=weeks, run_bytes=weekly)}
        well = {"proofs": (proof("drill", 1),), "owed": (GAMES,)}
        assert alerts(told(**well, **grown)) == ({"vault-large"} if is_told else set())
    assert told(**held(times=1000, run_bytes=2**20))["vault_times"] == 0
    assert told(size_bytes=2**40)["vault_times"] == 0
    large = held(times=29, run_bytes=weekly)
    empty = large["complete"][-1]._replace(size_bytes=0)
    large["complete"] = (*large["complete"], empty)
    assert told(**large)["vault_times"] == 29


def test_samples_and_looks_for_what_expires_have_an_age():
    """A drill is a sample and more; where there is none, the age is more than any limit."""
    numbers = told(
        proofs=(proof("sample", 3), proof("drill", 5)), looked=(NOW - timedelta(hours=4),)
    )
    assert numbers["age_of_sample_seconds"] == 3 * 3600
    assert numbers["age_of_drill_seconds"] == 5 * 3600
    assert numbers["age_of_expiry_seconds"] == 4 * 3600
    assert told(proofs=(proof("drill", 5),))["age_of_sample_seconds"] == 5 * 3600
    failed = proof("sample", 1).model_copy(update={"passed": False})
    numbers = told(proofs=(failed, proof("sample", 3)))
    assert numbers["age_of_sample_seconds"] == 3 * 3600, "a drill that failed has not passed"
    nothing = told(proofs=(proof("recovery", 1),))
    for name in ("age_of_sample_seconds", "age_of_expiry_seconds"):
        assert nothing[name] > LIMITS[name]


def test_a_drill_of_one_scenario_does_not_hide_another():
    """The kind counts of which the last drill that passed is the oldest: each has its scenario."""
    owed: tuple[PartId, ...] = (GAMES, ("buckets", "raw"), ("resources", "pubsub/topic"))
    days = {"tables": 10, "buckets": 1, "resources": 100}
    drills = {
        kind: proof("drill", 24 * ago, name, kind=kind)
        for (kind, name), ago in zip(owed, days.values(), strict=True)
    }

    def drilled(*proofs: ProofRecord) -> dict[str, float]:
        return told(complete=(run(0),), proofs=proofs, owed=owed)

    one = drilled(drills["buckets"])
    assert one["age_of_drill_seconds"] > LIMITS["age_of_drill_seconds"]
    assert "drill-overdue" in alerts(one)
    assert drilled(*drills.values())["age_of_drill_seconds"] == 100 * 86400
    outage = [proof("drill", 2, name, kind=kind) for kind, name in owed]
    assert drilled(*drills.values(), *outage)["age_of_drill_seconds"] == 2 * 3600
    failed = [item.model_copy(update={"passed": False}) for item in outage]
    late = drilled(*drills.values(), *failed)
    assert late["age_of_drill_seconds"] == 100 * 86400, "a drill that failed has not passed"
    assert "drill-overdue" in alerts(late)
    samples = [item.model_copy(update={"how": "sample"}) for item in outage]
    assert "drill-overdue" in alerts(drilled(*drills.values(), *samples))


def test_a_nightly_sample_of_one_table_does_not_hide_the_others():
    """The part counts whose newest proof is the oldest; what came back in part is not proven."""
    old = POINT - timedelta(days=130)
    whole = proof("drill", 130 * 24, "a.b", "a.c", point=old)
    nights = tuple(proof("sample", 24 * night + 1, "a.b") for night in range(100))
    some = proof("sample", 1, "a.c", restored=0)
    owed: tuple[PartId, ...] = (("tables", "a.b"), ("tables", "a.c"))
    numbers = told(complete=(run(0),), proofs=(whole, *nights, some), owed=owed)
    assert numbers["age_of_proven_point_seconds"] == (NOW - old).total_seconds()
    assert "proof-too-old" in alerts(numbers)
    later = proof("recovery", 1, "a.c")
    both = told(complete=(run(0),), proofs=(whole, *nights, later), owed=owed)
    assert "proof-too-old" not in alerts(both)


def test_what_has_to_be_shown_is_what_the_catalog_protects():
    """Tables of whole datasets too; what no drill restores only where that counts as any other.

    Of what every project has by itself nothing can be shown.
    """
    run_of = whole_manifest()
    (topics,) = run_of.resources
    service = topics.model_copy(update={"type": "run/service"})
    empty = topics.model_copy(update={"type": "pubsub/schema", "entries": ()})
    given = tuple(
        topics.entries[0].model_copy(update={"name": f"projects/platform/sinks/{name}"})
        for name in ("_Default", "_Required")
    )
    sinks = topics.model_copy(update={"type": "logging/sink", "entries": given})
    run_of = run_of.model_copy(update={"resources": (topics, service, empty, sinks)})

    def names(
        counts: str, *decided: dict[str, Any], proofs: tuple[ProofRecord, ...] = ()
    ) -> set[str]:
        wanted = catalog(
            tables=[],
            datasets=[{"dataset": "nba", "group": "x", "tables": "all"}],
            resources=[
                {"type": name, "backup": how}
                for name, how in {
                    "pubsub/topic": "required",
                    "run/service": "required",
                    "pubsub/schema": "required",
                    "logging/sink": "required",
                    "bigquery/connection": "best effort",
                }.items()
            ],
            drills={"not_drilled": counts, "not_shown": decided},
        )
        return {name for _, name in to_be_shown(wanted, run_of, proofs, now=NOW)}

    asked = {"nba.games", "nba.arrivals", "pubsub/topic"}
    assert names("warning") == asked
    assert names("unknown") == {*asked, "run/service"}
    decision = {
        "parts": ["resources run/service"],
        "decided_by": "ada",
        "decided_on": "2026-11-01",
        "until": NOW.date().isoformat(),
        "why": "read",
    }
    assert names("unknown", decision) == asked
    one = proof("recovery", 1, "run/service", restored=0)
    part = one.parts[0].model_copy(update={"kind": "resources"})
    some = one.model_copy(update={"parts": (part,)})
    assert names("unknown", decision, proofs=(some,)) == {*asked, "run/service"}
    long_ago = some.model_copy(update={"proven_at": NOW - timedelta(days=121)})
    assert names("unknown", decision, proofs=(long_ago,)) == asked
    ended = {**decision, "until": "2026-11-02"}
    assert names("unknown", ended) == {*asked, "run/service"}


def test_growth_is_against_a_week_before():
    """The run that is compared is the newest that is a week older, or the oldest there is."""
    grown = told(complete=(run(20), run(8, tables=1), run(3), run(0)))
    assert grown["growth_of_parts_percent"] == 100
    young = told(complete=(run(3, tables=1), run(0)))
    assert young["growth_of_parts_percent"] == 100
    assert told(complete=(run(0, tables=0),))["growth_of_parts_percent"] == 0


def test_text_for_prometheus():
    """Each number has its help and type, and a line that a scraper reads."""
    text = prometheus(list(gauges(NOTHING, now=NOW)), platform="lake")
    lines = text.splitlines()
    assert text.endswith("\n")
    for at in range(0, len(lines), 3):
        about, kind, sample = lines[at : at + 3]
        name = about.split()[2]
        assert kind == f"# TYPE {name} gauge"
        assert re.fullmatch(rf'{name}\{{platform="lake"\}} (-?[0-9.e+]+|\+Inf)', sample)
        assert ("+Inf for never" in about) == ("+Inf" in sample)
    ages = [line for line in lines if line.endswith(" +Inf")]
    assert len(ages) == 6
    assert 'rebound_age_of_fence_seconds{platform="lake"} 0' in lines
    read = prometheus(list(gauges(NOTHING._replace(verified=[POINT]), now=NOW)), platform="lake")
    assert 'rebound_age_of_verification_seconds{platform="lake"} 7200' in read.splitlines()
    assert 'rebound_vault_bytes{platform="lake"} 0' in lines
