"""Which folders of runs are looked into where there are more than a vault of ours has. Pure.

A folder that is looked into costs some calls, whether it holds a run or not.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from manifests import layout
from manifests.crowd import DAY, some_of_each
from manifests.selection import RunSummary
from manifests.values import Listed, RunId

FEW = 500
"""So many folders are looked into whatever they hold."""
MOST_MANIFESTS = 3_000
MOST_BEGUN = 200
RECORDS_GLOB = f"{layout.RUNS_PREFIX}*/*.json"
"""Matches the records by which runs are told from folders that somebody made; other names, too."""


class RunFolders(NamedTuple):
    """The folders of runs of a vault.

    Attributes:
        read: Those that are looked into.
        strays: Those that are not and have no manifest: none of them is a backup.
        unread: Those that are not and have one.
    """

    read: tuple[RunId, ...]
    strays: tuple[RunId, ...] = ()
    unread: tuple[RunId, ...] = ()

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


def run_folders(folders: Sequence[RunId], records: Iterable[Listed]) -> RunFolders:
    """Sort the folders of a vault that has too many.

    Args:
        folders: All of them.
        records: The manifests and start records that there are.
    """
    ended: dict[RunId, datetime] = {}
    begun: dict[RunId, datetime] = {}
    for record in records:
        if run_id := layout.run_id_of(record.name):
            if record.name == layout.manifest_name(run_id):
                ended[run_id] = record.written_at
            elif record.name == layout.start_name(run_id):
                begun[run_id] = record.written_at
    manifests = some_of_each(ended, MOST_MANIFESTS, DAY)
    starts = some_of_each({it: begun[it] for it in begun.keys() - ended}, MOST_BEGUN, DAY)
    read = manifests | starts
    left = [run_id for run_id in folders if run_id not in read]
    return RunFolders(
        read=tuple(sorted(read)),
        strays=tuple(run_id for run_id in left if run_id not in ended),
        unread=tuple(run_id for run_id in left if run_id in ended),
    )
