"""`rebound ops quick` and the like: one look at the platform and its backups."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, override

import typer
from typer.core import TyperGroup

from recovery.cli.options import Html, Json, end_with, open_session, say, show
from recovery.cli.status import CLEARED, status_of
from recovery.console import Console
from recovery.health import HealthFinding, worst
from recovery.ops.checks import MODES, chosen_checks, findings_of
from recovery.ops.dashboard import asked, costs, dashboard_document, unread
from recovery.ops.document import json_value
from recovery.ops.facts import Facts, Frame, QueryResult
from recovery.ops.looking import OpsLooks
from recovery.report.health import health_actions, health_json
from recovery.session import Session
from recovery.units import size
from recovery.waiting import WAITING

_FULL = "full"
_LEAST_SECONDS = 5

Watch = Annotated[
    int | None,
    typer.Option(
        min=_LEAST_SECONDS,
        metavar="SECONDS",
        help="Look again and again, each time this long after the last; Ctrl-C ends it.",
    ),
]


class OpsGroup(TyperGroup):
    """The modes of `rebound ops`: without one it looks at everything."""

    @override
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Add the mode `full` where no mode is given."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = [_FULL, *args]
        return super().parse_args(ctx, args)


def add_dashboards(group: typer.Typer) -> None:
    """Add a command for each mode."""
    for name, mode in MODES.items():
        example = f"Example: `rebound ops {name}`"
        group.command(name, help=f"{mode.help}.", epilog=example)(_command(name))


def _command(name: str) -> Callable[..., None]:
    def shown(watch: Watch = None, html: Html = None, as_json: Json = False) -> None:
        while True:
            findings = _show(name, html=html, as_json=as_json)
            if watch is None:
                break
            with WAITING.others():
                time.sleep(watch)
            if sys.stdout.isatty():
                typer.echo(CLEARED, nl=False)
        first = next(iter(health_actions(findings)), None)
        hint = f"`{first.command}`" if first else ""
        end_with(worst(item.health for item in findings), hint=hint, as_json=as_json)

    return shown


def _show(name: str, *, html: Any, as_json: bool) -> Sequence[HealthFinding]:  # noqa: ANN401 - a path
    """Look once and tell of it."""
    session, console = open_session(), Console(quiet=as_json)
    frame = frame_of(session)
    looking = OpsLooks(session.tools, session.vault, frame, partial(status_of, session))
    names = chosen_checks(MODES[name], frame)
    with console.looking(len(names)) as answered:
        facts = looking.look(names, answered)
    findings = findings_of(facts, frame)
    title = f"{session.catalog.platform} in {session.settings.project}"
    document = dashboard_document(name, title, findings, facts, frame)
    show(document, _json(name, findings, facts, frame), html, as_json=as_json)
    billed = costs(facts)
    if billed["most_bytes"] and not as_json:
        read, paid, most = (size(number) for number in billed.values())
        say(f"read {read}, billed {paid} of at most {most}", err=True)
    return findings


def frame_of(session: Session) -> Frame:
    """Return the time and the catalog's bounds by which everything is judged."""
    catalog = session.catalog
    hours = {} if catalog.fence is None else {"most_fence_hours": catalog.fence.most_hours}
    return Frame(session.started_at, catalog.operations, catalog.processors, **hours)


def _json(
    name: str, findings: Sequence[HealthFinding], facts: Facts, frame: Frame
) -> dict[str, Any]:
    return {
        "mode": name,
        **health_json(findings),
        "looked_at": frame.now.isoformat(),
        "day": frame.day.isoformat(),
        "actions": [asdict(item) for item in health_actions(findings)],
        "unread": unread(facts),
        "answers": {name: _rows(answer) for name, answer in asked(facts).items()},
        **costs(facts),
    }


def _rows(answer: QueryResult) -> list[dict[str, object]]:
    return [{key: json_value(cell) for key, cell in row.items()} for row in answer.named]
