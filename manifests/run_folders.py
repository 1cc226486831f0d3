"""Chooses which folders of runs are read where there are more than a vault of ours has. Pure.

A folder that is looked into costs some calls, whether it holds a run or not. No name tells who wrote it.
But whoever plants some cannot have planted them night after night for as long as there are backups: the
first of each day are the runs of the schedules that wrote on the most days, by the bucket's clock. Before
them are those whose records a listing tells to be signed: nobody can plant one of these.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from manifests import layout
from manifests.crowd import DAY, some_of_each
from manifests.selection import RunSummary
from manifests.values import Listed, RunId

FEW = 500
"""So many folders are looked into whatever they hold."""
MOST_MANIFESTS = 3_000
MOST_BEGUN = 200
_EARLY = timedelta(minutes=5)


class RunFolders(NamedTuple):
    """The folders of runs of a vault.

    Attributes:
        read: Those that are looked into.
        strays: Those that are not and have no manifest: none of them is a backup.
        unread: Those that are not and have one.
        begun: Those of the strays that were begun, and may go on.
    """

    read: tuple[RunId, ...]
    strays: tuple[RunId, ...] = ()
    unread: tuple[RunId, ...] = ()
    begun: tuple[RunId, ...] = ()

    @property
    def needing(self) -> tuple[RunId, ...]:
        """Return those that are not looked into and that may need what others hold."""
        return self.unread + self.begun

    def told(self) -> tuple[RunSummary, ...]:
        """Return what a list of runs says of the folders that are not looked into: a row of each sort."""
        few = ((self.strays, "no manifest"), (self.unread, "a manifest"))
        return tuple(
            RunSummary(
                run_id=some[0],
                state="damaged",
                reason=(
                    f"it and {len(some) - 1:,} more folders with {what} are not looked into: "
                    "there are more of them than runs"
                ),
            )
            for some, what in few
            if some
        )


def run_folders(
    folders: Sequence[RunId],
    records: Iterable[Listed],
    is_signed: Callable[[Listed], bool] = lambda _: False,
) -> RunFolders:
    """Sort the folders of a vault that has too many.

    Args:
        folders: All of them.
        records: The manifests and start records that there are.
        is_signed: Tells whether a trusted key signed that a run wrote a record under its name.
    """
    signed: set[RunId] = set()
    ended: dict[RunId, datetime] = {}
    begun: dict[RunId, datetime] = {}
    for record in records:
        if run_id := layout.run_id_of(record.name):
            if record.name == layout.manifest_name(run_id):
                ended[run_id] = record.written_at
            elif record.name == layout.start_name(run_id):
                begun[run_id] = record.written_at
            if is_signed(record):
                signed.add(run_id)
    rank = _seniority(ended)
    manifests = some_of_each(
        ended, MOST_MANIFESTS, DAY, lambda it: (it not in signed, *rank(it, ended[it]))
    )
    unended = {it: begun[it] for it in begun.keys() - ended}
    starts = some_of_each(
        unended, MOST_BEGUN, DAY, lambda it: (it not in signed, *rank(it, begun[it]))
    )
    read = manifests | starts
    left = [run_id for run_id in folders if run_id not in read]
    return RunFolders(
        read=tuple(sorted(read)),
        strays=tuple(run_id for run_id in left if run_id not in ended),
        unread=tuple(run_id for run_id in left if run_id in ended),
        begun=tuple(run_id for run_id in left if run_id in unended),
    )


def _of_schedule(run_id: RunId, written_at: datetime) -> layout.OfSchedule | None:
    """Return of which schedule a run is, if its record was written on the day that its id tells.

    So each schedule has one run a day, beside those that took its place.
    """
    told = layout.of_schedule(run_id)
    return told if told and -_EARLY <= written_at - told.at < DAY else None


def _seniority(ended: Mapping[RunId, datetime]) -> Callable[[RunId, datetime], tuple[float, ...]]:
    """Return what gives a run's rank: those of the schedules that wrote on the most days come first.

    Args:
        ended: When the manifest of each was written.
    """
    days: dict[str, set[date]] = defaultdict(set)
    first: dict[str, datetime] = {}
    for run_id, written_at in ended.items():
        if told := _of_schedule(run_id, written_at):
            days[told.schedule].add(told.at.date())
            first[told.schedule] = min(written_at, first.get(told.schedule, written_at))

    def rank(run_id: RunId, written_at: datetime) -> tuple[float, ...]:
        told = _of_schedule(run_id, written_at)
        if told is None or told.schedule not in days:
            return (0.0,)
        since = first[told.schedule].timestamp()
        return (-float(len(days[told.schedule])), since, float(told.number))

    return rank
