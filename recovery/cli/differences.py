"""The command that shows rows: what of a table goes and what comes back, before it is decided."""

from typing import Annotated

import typer

from manifests.errors import UsageError
from manifests.kinds.tables.kind import TABLES
from recovery.cli.options import (
    At,
    Json,
    Partitions,
    Run,
    moment,
    open_session,
    past,
    print_json,
    tell,
)
from recovery.compare.row_key import row_key
from recovery.kinds.tables.cloud.difference import table_difference
from recovery.kinds.tables.cloud.staging import Staging
from recovery.kinds.tables.cloud.work import bigquery_target
from recovery.report.difference import difference_document
from recovery.request import Request, Target
from recovery.units import meant
from recovery.waiting import WAITING

app = typer.Typer()


@app.command()
def diff(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="The table, `dataset.table`.")],
    partition: Partitions = None,
    key: Annotated[
        list[str] | None,
        typer.Option(
            help="A column that tells which row is which, where the table has no primary key and the catalog "
            "names none: which columns differ is counted by it."
        ),
    ] = None,
    samples: Annotated[int, typer.Option(min=0, max=1000, help="Rows shown of each side.")] = 5,
    run: Run = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Show which rows a recovery of a table would replace.

    Those that it would take away, and those that it would bring back.
    """
    session = open_session()
    selection, manifest = session.choose(run=run, at=past(moment(at), now=session.started_at))
    if (part := manifest.part(TABLES, table)) is None:
        names = [part.name for part in manifest.tables]
        raise UsageError(
            f"not in the run: {table}",
            subject=selection.run_id,
            hint=f"{meant(table, names)}`rebound show {selection.run_id}` lists what it holds",
        )
    request = Request(
        scenario="bigquery-dataset-loss",
        target=Target(project=session.settings.project),
        tables=(table,),
        partitions=tuple(partition or ()),
        exact=True,
    )
    WAITING.doing("comparing rows")
    target, name = bigquery_target(session.tools, request.target), f"diff-{session.own_id}"
    point = manifest.recovery_point
    found = table_difference(
        target,
        Staging(
            target,
            session.vault_bucket,
            name,
            recovery_point=point,
            erased=session.ledger.all(),
        ),
        manifest,
        request,
        key=tuple(key or ()) or row_key(table, part.resource, session.catalog),
        samples=samples,
        job=f"rebound-{name}",
    )
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        tell(difference_document(found))
