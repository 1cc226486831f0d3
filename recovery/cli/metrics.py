"""`rebound metrics`: the gauges that the hourly tick logs, for a scraper."""

import typer

from manifests.cloud.watching import watched
from manifests.gauges import gauges, prometheus
from recovery.cli.options import Json, open_session, print_json
from recovery.waiting import WAITING

app = typer.Typer()


@app.command()
def metrics(as_json: Json = False) -> None:
    """Print the gauges as Prometheus reads them."""
    session = open_session()
    found = watched(
        session.catalog,
        session.vault_bucket,
        session.landing,
        session.vault,
        seal=session.seal,
        now=session.clock.latest(),
    )
    told = tuple(gauges(found, now=session.started_at))
    if as_json:
        # JSON has no infinite number: null is the age of what never was.
        print_json({item.name: None if item.is_never else item.value for item in told})
    else:
        WAITING.interrupted()
        typer.echo(prometheus(told, platform=session.catalog.platform), nl=False)
