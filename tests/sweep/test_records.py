"""The counts of a sweep, and how it goes on where it was stopped."""

from pathlib import Path

from tests.sweep.records import Records
from tests.sweep.sharing import read_trials, write_trials
from tests.sweep.trials import Result, Trial


def test_counts_and_what_is_done(tmp_path: Path):
    """Each work and each kind of fault has a line, also of trials of an earlier process, which stay done."""
    file = tmp_path / "sweep.jsonl"
    first = Records(file)
    results = [
        Result(Trial("backup", "storage", number, "403"), verdict, "why", "call")
        for number, verdict in enumerate(("loud", "right at once", "right at once", "not fired"))
    ]
    for result in results:
        first.add(result, 2.0)
    assert not first.is_wrong
    again = Records(file)
    assert again.done == {result.trial for result in results}
    wrong = Result(Trial("tables gone", "bigquery", 7, "lost"), "wrong", "not equal\nat all")
    again.add(wrong, 4.0)
    assert Records(file).is_wrong
    works, faults = (part.splitlines() for part in Records(file).text().split("\n\n"))
    assert [line.split()[0] for line in (works[0], faults[0])] == ["work", "fault"]
    assert [line.split() for line in works[1:]] == [
        ["backup", "3", "1", "3", "0", "1", "2.0"],
        ["tables", "gone", "1", "0", "0", "1", "0", "4.0"],
        ["all", "4", "1", "3", "1", "1", "2.4"],
    ]
    assert [line.split() for line in faults[1:]] == [
        ["403", "3", "1", "3", "0", "1", "2.0"],
        ["lost", "1", "0", "0", "1", "0", "4.0"],
        ["all", "4", "1", "3", "1", "1", "2.4"],
    ]


def test_what_is_shared_is_made_once(tmp_path: Path):
    """Each process reads its own trials, as they were drawn."""
    trials = [Trial("backup", "storage", number, "403") for number in range(5)]
    parts = [read_trials(write_trials(tmp_path / str(part), trials[part::2])) for part in range(2)]
    assert sorted(parts[0] + parts[1]) == trials
    assert not set(parts[0]) & set(parts[1])
