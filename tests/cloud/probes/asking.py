"""An answer of a cloud as JSON: what it said, or how it refused."""

import re
from collections.abc import Callable
from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery

from tests.cloud.sandbox import Sandbox

_REQUEST = re.compile(r"^[A-Z]+ https?://\S+: ")


def answered(ask: Callable[[], object]) -> object:
    """Return what was answered, or how it was refused; only what it `says` is not compared."""
    try:
        return ask()
    except GoogleAPICallError as error:
        reasons = [item.get("reason") for item in error.errors or () if isinstance(item, dict)]
        return {
            "status": error.code,
            "reason": next(iter(reasons), None),
            "says": _REQUEST.sub("", error.message),
        }


def rows(sandbox: Sandbox, sql: str, **how: Any) -> list[list[Any]]:  # noqa: ANN401 - job settings
    """Run one statement and return its rows; none when it returns none."""
    config = bigquery.QueryJobConfig(**how)
    job = sandbox.bigquery_client.query(sql, job_config=config, job_retry=None)
    return [list(row.values()) for row in job.result(job_retry=None)]


def value(sandbox: Sandbox, sql: str) -> Any:  # noqa: ANN401 - any column
    """Run one statement and return its only value."""
    ((found,),) = rows(sandbox, sql)
    return found


def only(resource: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return some properties of a resource; None where one is missing."""
    return {name: resource.get(name) for name in names}
