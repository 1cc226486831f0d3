from collections.abc import Mapping
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from manifests.catalog import Catalog, Retention
from manifests.retention import Holdings, KeepDecision, decide, lesser, needs_of
from manifests.selection import RunSummary
from manifests.values import RunId
from tests.unit.samples import POINT

DAY = timedelta(days=1)
NOW = POINT
POLICY = Retention(keep_days=10, keep_at_least=2, partial_days=3)


def run(name: str, days_ago: float | None, state: str = "complete") -> RunSummary:
    """Return a run whose recovery point is so many days ago."""
    point = None if days_ago is None else NOW - days_ago * DAY
    return RunSummary.model_validate({"run_id": name, "state": state, "recovery_point": point})


def decided(
    *runs: RunSummary,
    needs: Mapping[str, set[str]] | None = None,
    held: set[str] | None = None,
    active: set[str] | None = None,
    lesser: set[str] | None = None,
) -> dict[str, KeepDecision]:
    """Return the decision on each run."""
    decisions = decide(
        runs,
        policy=POLICY,
        now=NOW,
        needs={
            RunId(run_id): frozenset(map(RunId, others)) for run_id, others in (needs or {}).items()
        },
        held=frozenset(map(RunId, held or ())),
        active=frozenset(map(RunId, active or ())),
        lesser=frozenset(map(RunId, lesser or ())),
    )
    assert [item.run_id for item in decisions] == [
        item.run_id
        for item in sorted(runs, key=lambda run: (str(run.recovery_point or ""), run.run_id))
    ]
    return {item.run_id: item for item in decisions}


def kept(decisions: dict[str, KeepDecision]) -> dict[str, str]:
    """Return the reasons of the runs that are kept."""
    return {run_id: item.reason for run_id, item in decisions.items() if item.keep}


RUNS = (run("r0", 0), run("r1", 1), run("r9", 9.9), run("r10", 10), run("r11", 11))


def test_runs_expire_by_age():
    """A run is kept while it is younger than the policy says, and not a moment longer."""
    decisions = decided(*RUNS)
    assert kept(decisions) == {
        "r0": "the last complete run",
        "r1": "one of the newest 2",
        "r9": "younger than 10 days",
    }
    assert decisions["r10"].reason == "expired"
    assert decisions["r10"].recovery_point == NOW - 10 * DAY


def test_the_newest_runs_stay_however_old():
    """When backups stopped long ago, the last ones are still there."""
    assert kept(decided(run("a", 500), run("b", 400), run("c", 300))) == {
        "c": "the last complete run",
        "b": "one of the newest 2",
    }


def test_partial_runs_do_not_count_as_the_last():
    """A newer run without a manifest does not push out the last complete one."""
    decisions = decided(run("old", 400), *(run(f"p{n}", n, "partial") for n in range(5)))
    assert kept(decisions)["old"] == "the last complete run"


def test_partial_runs_expire_sooner():
    """What an interrupted run left is kept for a retry, then expires."""
    decisions = decided(run("p2", 2, "partial"), run("p3", 3, "partial"))
    assert kept(decisions) == {"p2": "partial, younger than 3 days"}


def test_what_is_of_unknown_age_is_kept():
    """A run that never fixed a recovery point is not deleted by guessing."""
    reasons = kept(decided(run("p", None, "partial")))
    assert "age is unknown" in reasons["p"]


def test_a_damaged_run_waits_for_a_person():
    """A damaged run may be all there is; nothing deletes it by itself."""
    assert kept(decided(run("d", 500, "damaged"))) == {"d": "damaged: a person decides"}


def test_held_and_active_runs_are_kept():
    """A hold and a lease in force keep any run, also a partial one."""
    old = (run("a", 99), run("b", 98), run("c", 97), run("d", 96), run("e", 95, "partial"))
    reasons = kept(decided(*old, held={"a"}, active={"b", "e"}))
    assert reasons == {
        "a": "held",
        "b": "its lease is in force",
        "e": "its lease is in force",
        "c": "one of the newest 2",
        "d": "the last complete run",
    }


def test_what_a_kept_run_needs_is_kept_too():
    """Runs whose files a kept run lists stay, through any number of steps, with the reason."""
    decisions = decided(*RUNS, run("r12", 12), needs={"r0": {"r10"}, "r10": {"r12"}})
    assert kept(decisions)["r10"] == "r0 needs it"
    assert kept(decisions)["r12"] == "r10 needs it"
    assert not decisions["r11"].keep


def test_a_held_run_keeps_what_it_needs():
    """A hold would be worth nothing without the files the held run refers to."""
    decisions = decided(*RUNS, needs={"r11": {"r10"}}, held={"r11"})
    assert kept(decisions)["r10"] == "r11 needs it"


def test_an_expired_run_keeps_nothing():
    """Only what is kept needs anything."""
    assert not decided(*RUNS, needs={"r10": {"r11"}})["r11"].keep


def test_no_runs_no_decisions():
    """An empty vault is no error."""
    assert not decided()


NAMES = [f"run-{letter}" for letter in "abcdefgh"]
GRAPHS = st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES)))
VAULTS = st.lists(
    st.builds(
        run,
        st.sampled_from(NAMES),
        st.none() | st.integers(0, 40),
        st.sampled_from(["complete", "partial", "damaged"]),
    ),
    unique_by=lambda item: item.run_id,
)


@given(
    runs=VAULTS,
    needs=GRAPHS,
    held=st.sets(st.sampled_from(NAMES)),
    active=st.sets(st.sampled_from(NAMES)),
)
def test_nothing_that_is_needed_expires(
    runs: list[RunSummary], needs: dict[str, set[str]], held: set[str], active: set[str]
):
    """Whatever refers to what: nothing kept lists anything that is deleted."""
    decisions = decided(*runs, needs=needs, held=held, active=active)
    keeps = set(kept(decisions))
    assert set(decisions) == {item.run_id for item in runs}
    for run_id in keeps:
        assert needs.get(run_id, set()) & set(decisions) <= keeps
    assert (held | active) & set(decisions) <= keeps
    complete = [item for item in runs if item.state == "complete" and item.recovery_point]
    if complete:
        last = max(complete, key=lambda item: (str(item.recovery_point), item.run_id))
        assert last.run_id in keeps
    assert {item.run_id for item in runs if item.state == "damaged"} <= keeps
    assert all(item.reason for item in decisions.values())


def test_runs_that_hold_what_others_lack():
    """A run that lacks a part needs the newest earlier one that holds it, so that one is kept."""
    none: frozenset[RunId] = frozenset()
    games, odds = frozenset({"lake.games"}), frozenset({"lake.odds"})
    holdings = [
        Holdings(run("r0", 0), none, games, odds),
        Holdings(run("r1", 1), none, games, odds),
        Holdings(run("r20", 20), none, games | odds),
        Holdings(run("r21", 21), frozenset({RunId("r20")}), games | odds),
        Holdings(run("r15", 15, "partial"), none),
    ]
    needs = needs_of(holdings)
    assert needs == {
        "r0": {"r20"},
        "r1": {"r20"},
        "r20": none,
        "r21": {"r20"},
        "r15": none,
    }
    runs = [item.run for item in holdings]
    decisions = decided(*runs, needs={name: set(others) for name, others in needs.items()})
    assert set(kept(decisions)) == {"r0", "r1", "r20"}


def test_a_lesser_run_takes_nobodys_place():
    """Newer runs that hold less are kept by their own age alone, and whole ones stay as if alone."""
    old = (run("old", 90), run("older", 91), run("oldest", 92))
    newer = (run("f1", 20), run("f2", 21), run("f3", 22))
    reasons = kept(decided(*old, *newer, lesser={"f1", "f2", "f3"}))
    whole = "one of the newest that hold all that is asked for"
    assert reasons == {
        "f1": "the last complete run",
        "f2": "one of the newest 2",
        "old": whole,
        "older": whole,
    }


def catalog(**more: object) -> Catalog:
    """Return a catalog of two tables, one by best effort, and of a whole dataset."""
    tables = [{"table": f"nba.{name}", "group": "g"} for name in ("a", "b")]
    tables[1]["backup"] = "best effort"
    return Catalog.model_validate(
        {
            "platform": "p",
            "location": "US",
            "full_every_days": 7,
            "retention": POLICY.model_dump(),
            "protected_projects": [],
            "tables": tables,
            "datasets": [{"dataset": "ref", "tables": "all", "group": "g"}],
            **more,
        }
    )


def test_a_run_that_holds_less_than_one_before_is_lesser():
    """Its parts are held against the catalog as far as an earlier run had them already."""

    def holding(name: str, days_ago: float, *parts: str, lacks: str = "") -> Holdings:
        lacking = frozenset(lacks.split())
        return Holdings(run(name, days_ago), frozenset(), frozenset(parts), lacking)

    runs = [
        holding("before nba.b", 9, "nba.a", "nba.gone"),
        holding("whole", 8, "nba.a", "nba.b", "ref.x"),
        holding("said so", 7, "nba.a", "ref.x", lacks="nba.b"),
        holding("another table of ref", 6, "nba.a", "nba.b", "ref.y"),
        holding("less", 5, "nba.b", "ref.y"),
        holding("less, and says it", 4, "nba.b", "ref.y", lacks="nba.a"),
        holding("nothing of ref", 3, "nba.a", "nba.b"),
    ]
    assert lesser(catalog(), runs) == {"less", "less, and says it", "nothing of ref"}
    spared = catalog(datasets=[])
    assert lesser(spared, runs) == {"less", "less, and says it"}
    # What nobody bears out counts for nothing, however much it holds.
    forged = holding("forged", 9, "nba.a", "nba.b", "ref.x", "ref.y")._replace(is_borne_out=False)
    assert lesser(spared, [runs[0], forged]) == {"forged"}


def test_a_folder_without_records_is_as_old_as_what_was_written_last():
    """What never fixed a recovery point expires like any partial run; of one unknown age nothing goes."""
    bare = tuple(run(name, None, "partial") for name in ("old", "new", "unknown"))
    decisions = decide(
        bare,
        policy=POLICY,
        now=NOW,
        needs={},
        held=frozenset(),
        active=frozenset(),
        written={RunId("old"): NOW - 3 * DAY, RunId("new"): NOW - 2 * DAY},
    )
    assert {item.run_id: item.keep for item in decisions} == {
        "old": False,
        "new": True,
        "unknown": True,
    }
