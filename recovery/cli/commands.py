"""The commands of `rebound`: where each is, what it does in one line, and an example.

A module is imported when its command is used: all of them, with Google's clients, take most of a
second, which `rebound --help`, `rebound --version` and the completion of a shell need not wait for.
"""

import functools
import gc
import shutil
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import typer

_ALLOCATIONS_A_COLLECTION = 50_000
_LEAST_COLUMNS_OF_A_BOX = 80
"""On a narrower terminal a box of options cuts their names, and what is cut cannot be typed."""


class CommandRow(NamedTuple):
    """One command.

    Attributes:
        module: The module of `recovery.cli` that has it.
        help: The first line of its help, which fits a line of the list on a terminal of 80 columns.
        example: What its help ends with.
        panel: Under which heading it is listed.
    """

    name: str
    module: str
    help: str
    example: str
    panel: str


LOST = "When something is lost, in this order"
DAILY = "Every day"
BACKUPS = "Backups"


ROWS = (
    CommandRow(
        "status",
        "status",
        "Tell whether everything could be recovered now.",
        "rebound status --watch 60",
        LOST,
    ),
    CommandRow(
        "plan",
        "recoveries",
        "Show what a recovery would do. Changes nothing.",
        "rebound plan gcs-bucket-corruption --prefix games/2026-11-24/",
        LOST,
    ),
    CommandRow(
        "diff",
        "differences",
        "Show which rows a recovery of a table would replace.",
        "rebound diff nba_analytics.player_game_summary --partition 20261123",
        LOST,
    ),
    CommandRow(
        "fence",
        "fences",
        "Pause what writes to what is to be restored.",
        "rebound fence bigquery-dataset-loss --why 'rows are wrong'",
        LOST,
    ),
    CommandRow(
        "recover",
        "recoveries",
        "Restore what was lost, and prove it.",
        "rebound recover bigquery-dataset-loss --only-missing --confirm-project my-platform",
        LOST,
    ),
    CommandRow(
        "resume",
        "recoveries",
        "Go on with a recovery that was interrupted or is partial.",
        "rebound resume bigquery-dataset-loss-20261124T090000Z-1f2e --confirm-project my-platform",
        LOST,
    ),
    CommandRow(
        "report",
        "begun",
        "Show how a recovery ended, or list all recoveries.",
        "rebound report bigquery-dataset-loss-20261124T090000Z-1f2e --html report.html",
        LOST,
    ),
    CommandRow(
        "thaw",
        "fences",
        "Resume exactly what a fence paused.",
        "rebound thaw fence-20261124T090000Z-1f2e",
        LOST,
    ),
    CommandRow(
        "undo",
        "undo",
        "Put back what a recovery replaced, remove what it made.",
        "rebound undo bigquery-dataset-loss-20261124T090000Z-1f2e --confirm-project my-platform",
        LOST,
    ),
    CommandRow(
        "repair",
        "repair",
        "Take back what one job, or one hour, did wrongly to rows.",
        "rebound repair nba_analytics.player_game_summary --job bquxjob_5f1b --key game_id",
        LOST,
    ),
    CommandRow(
        "abandon",
        "begun",
        "Close a recovery that nobody goes on with.",
        "rebound abandon bigquery-dataset-loss-20261124T090000Z-1f2e --why 'the run was wrong'",
        LOST,
    ),
    CommandRow(
        "break-glass",
        "break_glass",
        "Show what a recovery has to be granted; `--yes` grants it.",
        "rebound break-glass --hours 2 --yes --reason 'rows of the season are gone'",
        LOST,
    ),
    CommandRow(
        "ops",
        "ops",
        "Look at the platform and its backups.",
        "rebound ops quick",
        DAILY,
    ),
    CommandRow(
        "doctor",
        "doctor",
        "Check what backups and recoveries need, and how to mend it.",
        "rebound doctor --side backup",
        DAILY,
    ),
    CommandRow(
        "security",
        "security",
        "Show who did what nobody expected, and if backups are safe.",
        "rebound security --hours 168",
        DAILY,
    ),
    CommandRow(
        "drill",
        "drill",
        "Restore into a sandbox project and prove it.",
        "rebound drill bigquery-dataset-loss --project my-sandbox",
        DAILY,
    ),
    CommandRow(
        "readiness",
        "readiness",
        "Compute how ready the platform is, and what is missing.",
        "rebound readiness --declared said.json --html readiness.html",
        DAILY,
    ),
    CommandRow(
        "actions",
        "acted",
        "List who did what to runs and recoveries, and why.",
        "rebound actions --since 2026-11-24T00:00Z",
        DAILY,
    ),
    CommandRow(
        "settings",
        "setting",
        "Tell each setting, and from where its value comes.",
        "rebound settings",
        DAILY,
    ),
    CommandRow(
        "metrics",
        "metrics",
        "Print the gauges as Prometheus reads them.",
        "rebound metrics",
        DAILY,
    ),
    CommandRow(
        "list",
        "backups",
        "List the backup runs; the newest last.",
        "rebound list --limit 7",
        BACKUPS,
    ),
    CommandRow(
        "show",
        "backups",
        "Show what a run holds, and what it does not.",
        "rebound show nightly-20261124T090000Z",
        BACKUPS,
    ),
    CommandRow(
        "verify",
        "backups",
        "Read what a run stored and compare it with its manifest.",
        "rebound verify --all --quick",
        BACKUPS,
    ),
    CommandRow(
        "erase",
        "erasures",
        "Write down which keys no restore brings back.",
        "rebound erase --table crm.people --column email --keys gone.txt --reason 'case 71'",
        BACKUPS,
    ),
    CommandRow(
        "erasures",
        "erasures",
        "List which keys no restore brings back.",
        "rebound erasures --statements",
        BACKUPS,
    ),
    CommandRow(
        "hold",
        "keeping",
        "Keep a run whatever its age, until `rebound release`.",
        "rebound hold nightly-20261124T090000Z --reason 'before the migration'",
        BACKUPS,
    ),
    CommandRow(
        "release",
        "keeping",
        "Let held runs expire like any other.",
        "rebound release nightly-20261124T090000Z",
        BACKUPS,
    ),
    CommandRow(
        "expire",
        "keeping",
        "Show which runs are past their retention; `--yes` deletes.",
        "rebound expire --yes --reason 'the yearly review'",
        BACKUPS,
    ),
    CommandRow(
        "prune",
        "keeping",
        "Show which contents no run needs any more; `--yes` deletes.",
        "rebound prune --yes",
        BACKUPS,
    ),
    CommandRow(
        "unlock",
        "keeping",
        "Break the lease of a run that nobody writes any more.",
        "rebound unlock nightly-20261124T090000Z --why 'its machine is gone'",
        BACKUPS,
    ),
)
COMMANDS: Mapping[str, CommandRow] = {row.name: row for row in ROWS}


class LazyCommand(typer.core.TyperCommand):
    """A command whose module is not imported yet.

    Args:
        row: What is known of it.
    """

    def __init__(self, row: CommandRow) -> None:
        super().__init__(row.name, help=row.help, rich_help_panel=row.panel)
        self._row = row

    def make_context(self, *words: Any, **how: Any) -> Any:  # noqa: ANN401 - as the base class
        """Import the module, and let its command go on."""
        return loaded(self._row.name).make_context(*words, **how)


class Commands(typer.core.TyperGroup):
    """The group of all commands, none of which is imported yet."""

    def __init__(self, **how: Any) -> None:  # noqa: ANN401 - as the base class
        super().__init__(**how)
        self.commands.update({row.name: LazyCommand(row) for row in ROWS})


@functools.cache
def loaded(name: str) -> Any:  # noqa: ANN401 - a command of the click that Typer brings
    """Import a command, and return it."""
    row = COMMANDS[name]
    app = import_module(f"recovery.cli.{row.module}").app
    found = typer.main.get_group(app).commands[name]
    found.epilog = f"Example: `{row.example}`"
    if shutil.get_terminal_size().columns < _LEAST_COLUMNS_OF_A_BOX:
        setattr(found, "rich_markup_mode", None)  # noqa: B010 - click does not know of it
        found.epilog = f"\b\nExample:\n  {row.example}"  # not wrapped: a command is copied whole
    # What is imported stays, and nearly all else is freed by its last reference: collecting often
    # finds nothing, and took 0.3 s of the 4.3 s in which 10,000 objects were restored.
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_A_COLLECTION)
    return found
