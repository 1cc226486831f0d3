"""An example of each command, which its help ends with."""

from collections.abc import Iterator, Mapping

import typer
from typer.models import CommandInfo

EXAMPLES: Mapping[str, str] = {
    "abandon": "rebound abandon bigquery-dataset-loss-20261124T090000Z-1f2e --why 'the run was wrong'",
    "break-glass": "rebound break-glass --hours 2 --yes --reason 'rows of the season are gone'",
    "diff": "rebound diff nba_analytics.player_game_summary --partition 20261123",
    "doctor": "rebound doctor --side backup",
    "expire": "rebound expire --yes --reason 'the yearly review'",
    "fence": "rebound fence bigquery-dataset-loss --why 'rows are wrong'",
    "hold": "rebound hold nightly-20261124T090000Z --reason 'before the migration'",
    "list": "rebound list --limit 7",
    "metrics": "rebound metrics",
    "plan": "rebound plan bigquery-dataset-loss --at 2026-11-24T09:00Z",
    "prune": "rebound prune --yes",
    "readiness": "rebound readiness --declared said.json --html readiness.html",
    "recover": "rebound recover firestore-state-loss --run nightly-20261124T090000Z",
    "release": "rebound release nightly-20261124T090000Z",
    "report": "rebound report bigquery-dataset-loss-20261124T090000Z-1f2e --html report.html",
    "resume": "rebound resume bigquery-dataset-loss-20261124T090000Z-1f2e",
    "security": "rebound security --hours 168",
    "show": "rebound show nightly-20261124T090000Z",
    "status": "rebound status --watch 60",
    "thaw": "rebound thaw fence-20261124T090000Z-1f2e",
    "undo": "rebound undo bigquery-dataset-loss-20261124T090000Z-1f2e",
    "unlock": "rebound unlock nightly-20261124T090000Z --why 'its machine is gone'",
    "verify": "rebound verify --all --quick",
}


def with_examples(app: typer.Typer) -> None:
    """Let the help of each command end with its example."""
    for command in _commands(app):
        name = str(command.name or getattr(command.callback, "__name__", ""))
        if name in EXAMPLES:
            command.epilog = f"Example: `{EXAMPLES[name]}`"


def _commands(app: typer.Typer) -> Iterator[CommandInfo]:
    """Yield the commands of an app whose names are its own: not those of a group with a name."""
    yield from app.registered_commands
    for group in app.registered_groups:
        if group.typer_instance is not None and not isinstance(group.name, str):
            yield from _commands(group.typer_instance)
