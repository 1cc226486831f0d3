"""The commands of `rebound`: where each is, what it does in one line, and an example.

A module is imported when its command is used: all of them, with Google's clients, take most of a
second, which `rebound --help`, `rebound --version` and the completion of a shell need not wait for.
"""

import gc
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import typer

_ALLOCATIONS_A_COLLECTION = 50_000


class Row(NamedTuple):
    """One command.

    Attributes:
        module: The module of `recovery.cli` that has it.
        help: The first line of its help.
        example: What its help ends with; empty where its help has one.
    """

    name: str
    module: str
    help: str
    example: str = ""


ROWS = (
    Row(
        "list",
        "backups",
        "List backup runs: their state, age, size, and whether they are held; the newest last.",
        "rebound list --limit 7",
    ),
    Row("show", "backups", "Show what a run holds.", "rebound show nightly-20261124T090000Z"),
    Row(
        "verify",
        "backups",
        "Compare stored runs with their manifests: read every file, and some contents of buckets.",
        "rebound verify --all --quick",
    ),
    Row(
        "expire",
        "keeping",
        "Show which runs are past their retention; with `--yes`, delete them.",
        "rebound expire --yes --reason 'the yearly review'",
    ),
    Row(
        "prune",
        "keeping",
        "Show how much content of buckets no run needs any more; with `--yes`, delete it.",
        "rebound prune --yes",
    ),
    Row(
        "hold",
        "keeping",
        "Keep a run for ever, until `rebound release`.",
        "rebound hold nightly-20261124T090000Z --reason 'before the migration'",
    ),
    Row(
        "release",
        "keeping",
        "Let held runs expire like any other; one that cannot be does not stop the others.",
        "rebound release nightly-20261124T090000Z",
    ),
    Row(
        "unlock",
        "keeping",
        "Break the lease of a run that nobody writes any more, so that it can be written again.",
        "rebound unlock nightly-20261124T090000Z --why 'its machine is gone'",
    ),
    Row(
        "plan",
        "recoveries",
        "Show what a recovery would do, and which words it still needs. Changes nothing.",
        "rebound plan bigquery-dataset-loss --at 2026-11-24T09:00Z",
    ),
    Row(
        "recover",
        "recoveries",
        "Plan, ask, restore, prove and report.",
        "rebound recover firestore-state-loss --run nightly-20261124T090000Z",
    ),
    Row(
        "resume",
        "recoveries",
        "Show a recovery that was interrupted or is partial, ask, and continue it.",
        "rebound resume bigquery-dataset-loss-20261124T090000Z-1f2e",
    ),
    Row(
        "diff",
        "differences",
        "Show which rows of a table a recovery would take away, and which it would bring back.",
        "rebound diff nba_analytics.player_game_summary --partition 20261123",
    ),
    Row(
        "repair",
        "repair",
        "Take back what a job or a while did wrongly to rows of a table; later writes stay.",
        "rebound repair nba_analytics.player_game_summary --job bquxjob_5f1b --key game_id",
    ),
    Row(
        "report",
        "begun",
        "Show how a recovery ended, how far it is, or every recovery there was.",
        "rebound report bigquery-dataset-loss-20261124T090000Z-1f2e --html report.html",
    ),
    Row(
        "abandon",
        "begun",
        "Close a recovery that has not ended. What it did stays; a process at it is not stopped.",
        "rebound abandon bigquery-dataset-loss-20261124T090000Z-1f2e --why 'the run was wrong'",
    ),
    Row(
        "actions",
        "acted",
        "List who did what to runs and recoveries, and why: `rebound actions --since 2026-11-24T00:00Z`.",
        "",
    ),
    Row(
        "fence",
        "fences",
        "Pause what writes to the things that are to be restored: `rebound fence --dataset nba_raw`.",
        "rebound fence bigquery-dataset-loss --why 'rows are wrong'",
    ),
    Row(
        "thaw",
        "fences",
        "Resume exactly what a fence paused, as it was: `rebound thaw`.",
        "rebound thaw fence-20261124T090000Z-1f2e",
    ),
    Row("ops", "ops", "Ask the platform and its backups how they are.", ""),
    Row(
        "security",
        "security",
        "Tell who did what that nobody expected, and whether the backups are safe: `rebound security`.",
        "rebound security --hours 168",
    ),
    Row(
        "break-glass",
        "break_glass",
        "Show what whoever recovers has to be granted in an emergency; with `--yes`, grant it.",
        "rebound break-glass --hours 2 --yes --reason 'rows of the season are gone'",
    ),
    Row(
        "readiness",
        "readiness",
        "Tell how ready the platform is, and what is missing: `rebound readiness --declared said.json`.",
        "rebound readiness --declared said.json --html readiness.html",
    ),
    Row(
        "status",
        "status",
        "Tell whether everything could be recovered now, and how old the proof of that is.",
        "rebound status --watch 60",
    ),
    Row(
        "doctor",
        "doctor",
        "Look at all that a night and a recovery need, and say what mends what is wrong.",
        "rebound doctor --side backup",
    ),
    Row(
        "metrics", "metrics", "Print the gauges in the text form of Prometheus.", "rebound metrics"
    ),
    Row(
        "drill",
        "drill",
        "Restore into a sandbox project and prove it: `rebound drill SCENARIO --project SANDBOX`.",
        "",
    ),
    Row(
        "undo",
        "undo",
        "Put back what a recovery replaced, and remove what it made; newer writes are never lost.",
        "rebound undo bigquery-dataset-loss-20261124T090000Z-1f2e",
    ),
)
COMMANDS: Mapping[str, Row] = {row.name: row for row in ROWS}


class Unread(typer.core.TyperCommand):
    """A command whose module is not imported yet.

    Args:
        row: What is known of it.
    """

    def __init__(self, row: Row) -> None:
        super().__init__(row.name, help=row.help)
        self._row = row

    def make_context(self, *words: Any, **how: Any) -> Any:  # noqa: ANN401 - as the base class
        """Import the module, and let its command go on."""
        return loaded(self._row.name).make_context(*words, **how)


class Commands(typer.core.TyperGroup):
    """The group of all commands, none of which is imported yet."""

    def __init__(self, **how: Any) -> None:  # noqa: ANN401 - as the base class
        super().__init__(**how)
        self.commands.update({row.name: Unread(row) for row in ROWS})


def loaded(name: str) -> Any:  # noqa: ANN401 - a command of the click that Typer brings
    """Import a command, and return it."""
    row = COMMANDS[name]
    app = import_module(f"recovery.cli.{row.module}").app
    found = typer.main.get_group(app).commands[name]
    if row.example:
        found.epilog = f"Example: `{row.example}`"
    # What is imported stays, and nearly all else is freed by its last reference: collecting often
    # finds nothing, and took 0.3 s of the 4.3 s in which 10,000 objects were restored.
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_A_COLLECTION)
    return found
