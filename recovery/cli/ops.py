"""Commands that ask the platform itself how it is."""

from typing import Annotated

import typer

from manifests.cloud.bigquery import bigquery_client
from manifests.cloud.jobs import Jobs
from recovery.cli.dashboards import OpsGroup, add_dashboards
from recovery.cli.options import Json, open_session, print_json, say, tell
from recovery.ops.asking import ask
from recovery.ops.document import answer_document, json_value, queries_document
from recovery.ops.facts import QueryResult
from recovery.ops.monitoring import (
    MonitoringQuery,
    Said,
    monitoring_queries,
    monitoring_query,
    said_values,
)
from recovery.units import size
from recovery.waiting import WAITING

_MIB = 2**20
_MOST_MIB = 1024

app = typer.Typer()
group = typer.Typer(cls=OpsGroup)
app.add_typer(group, name="ops")


@group.callback()
def ops() -> None:
    """Look at the platform and its backups.

    Without a command `rebound ops` is `rebound ops full`. Exit code 0: all is
    healthy; 10: something is not, or is unknown; 11: something soon will not be.
    """


add_dashboards(group)


@group.command(epilog="Example: `rebound ops query freshness --param day=2026-01-03`")
def query(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="QUERY",
            help="The query; a list of all when omitted.",
            autocompletion=lambda: [(it.name, it.answers) for it in monitoring_queries().values()],
        ),
    ] = None,
    param: Annotated[
        list[str] | None, typer.Option(help="A value it takes, as day=2026-01-03.")
    ] = None,
    most_mib: Annotated[
        int, typer.Option(min=10, help="Refuse to run it when it would bill more, in MiB.")
    ] = _MOST_MIB,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the statement, to be pasted; run nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask the platform's tables, or the history of backups; list the questions without a name."""
    if name is None:
        _list_queries(as_json=as_json)
        return
    chosen, said = monitoring_query(name), said_values(param or ())
    session = open_session()
    values = chosen.values(said, now=session.started_at)
    if sql:
        own = session.settings
        script = chosen.pasted(values, bucket=own.landing_bucket, dataset=own.scratch_dataset)
        WAITING.interrupted()
        typer.echo(script, nl=False)
        return
    client = bigquery_client(session.settings.project, session.catalog.location)
    jobs = Jobs(client, session.catalog.location)
    answer = ask(
        jobs,
        chosen,
        values,
        call_id=session.own_id,
        most_bytes=most_mib * _MIB,
        landing=session.settings.landing_bucket,
    )
    if as_json:
        print_json(_document(chosen, values, answer))
        return
    document = answer_document(chosen, values, answer.columns, answer.rows)
    tell(document)
    say(
        f"read {size(answer.processed_bytes)}, billed {size(answer.billed_bytes)} "
        f"of at most {size(answer.most_bytes)}",
        err=True,
    )


def _list_queries(*, as_json: bool) -> None:
    known = monitoring_queries().values()
    if as_json:
        print_json([item.model_dump(mode="json", exclude={"sql"}) for item in known])
    else:
        tell(queries_document(known))


def _document(
    chosen: MonitoringQuery, values: dict[str, Said], answer: QueryResult
) -> dict[str, object]:
    return {
        "query": chosen.name,
        "parameters": {key: json_value(value) for key, value in values.items()},
        "rows": [
            {key: json_value(cell) for key, cell in zip(answer.columns, row, strict=True)}
            for row in answer.rows
        ],
        "processed_bytes": answer.processed_bytes,
        "billed_bytes": answer.billed_bytes,
        "most_bytes": answer.most_bytes,
    }
