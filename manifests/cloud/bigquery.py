"""Makes BigQuery's client. It takes a while to import: only modules that ask tables import this one.

`jobs.insert`, `jobs.get` and `jobs.getQueryResults` have no time-out unless one is given.
"""

from google.cloud import bigquery

from manifests.cloud.clients import CALL_SECONDS, bounded


def bigquery_client(
    project: str, location: str, *, seconds: float = CALL_SECONDS
) -> bigquery.Client:
    """Return a client of BigQuery.

    Args:
        project: The project in which jobs run.
        location: Where they run.
        seconds: The time-out of each call.
    """
    client = bigquery.Client(project=project, location=location)
    bounded(client._http, seconds)  # noqa: SLF001 - nothing public gives the session
    return client
