"""Which request is which operation, by Google's discovery method ids."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

_PROJECT = "/projects/{projectId}"
_DATASET = f"{_PROJECT}/datasets/{{datasetId}}"
_TABLE = f"{_DATASET}/tables/{{tableId}}"
_ROUTINES = f"{_DATASET}/routines"
_POLICIES = f"{_TABLE}/rowAccessPolicies"
_POLICY = f"{_POLICIES}/{{policyId}}"
OPERATIONS = (
    ("GET", "/projects", "bigquery.projects.list"),
    ("GET", f"{_PROJECT}/serviceAccount", "bigquery.projects.getServiceAccount"),
    ("POST", f"{_PROJECT}/datasets", "bigquery.datasets.insert"),
    ("GET", f"{_PROJECT}/datasets", "bigquery.datasets.list"),
    ("GET", _DATASET, "bigquery.datasets.get"),
    ("PATCH", _DATASET, "bigquery.datasets.patch"),
    ("PUT", _DATASET, "bigquery.datasets.update"),
    ("DELETE", _DATASET, "bigquery.datasets.delete"),
    ("POST", f"{_DATASET}:undelete", "bigquery.datasets.undelete"),
    ("GET", f"{_DATASET}/models", "bigquery.models.list"),
    ("POST", f"{_DATASET}/tables", "bigquery.tables.insert"),
    ("GET", f"{_DATASET}/tables", "bigquery.tables.list"),
    ("GET", _TABLE, "bigquery.tables.get"),
    ("PATCH", _TABLE, "bigquery.tables.patch"),
    ("PUT", _TABLE, "bigquery.tables.update"),
    ("DELETE", _TABLE, "bigquery.tables.delete"),
    ("POST", f"{_TABLE}:testIamPermissions", "bigquery.tables.testIamPermissions"),
    ("POST", f"{_TABLE}:getIamPolicy", "bigquery.tables.getIamPolicy"),
    ("POST", f"{_TABLE}:setIamPolicy", "bigquery.tables.setIamPolicy"),
    ("GET", f"{_TABLE}/data", "bigquery.tabledata.list"),
    ("POST", f"{_TABLE}/insertAll", "bigquery.tabledata.insertAll"),
    ("GET", _POLICIES, "bigquery.rowAccessPolicies.list"),
    ("POST", _POLICIES, "bigquery.rowAccessPolicies.insert"),
    ("POST", f"{_POLICY}:getIamPolicy", "bigquery.rowAccessPolicies.getIamPolicy"),
    ("GET", _POLICY, "bigquery.rowAccessPolicies.get"),
    ("PUT", _POLICY, "bigquery.rowAccessPolicies.update"),
    ("DELETE", _POLICY, "bigquery.rowAccessPolicies.delete"),
    ("POST", _ROUTINES, "bigquery.routines.insert"),
    ("GET", _ROUTINES, "bigquery.routines.list"),
    ("GET", f"{_ROUTINES}/{{routineId}}", "bigquery.routines.get"),
    ("PUT", f"{_ROUTINES}/{{routineId}}", "bigquery.routines.update"),
    ("DELETE", f"{_ROUTINES}/{{routineId}}", "bigquery.routines.delete"),
    ("POST", f"{_PROJECT}/jobs", "bigquery.jobs.insert"),
    ("GET", f"{_PROJECT}/jobs", "bigquery.jobs.list"),
    ("GET", f"{_PROJECT}/jobs/{{jobId}}", "bigquery.jobs.get"),
    ("POST", f"{_PROJECT}/jobs/{{jobId}}/cancel", "bigquery.jobs.cancel"),
    ("POST", f"{_PROJECT}/queries", "bigquery.jobs.query"),
    ("GET", f"{_PROJECT}/queries/{{jobId}}", "bigquery.jobs.getQueryResults"),
)
_OTHERS = (
    ("POST", "/upload/bigquery/v2/projects/{projectId}/jobs", "bigquery.jobs.insert"),
    ("PUT", "/upload/bigquery/v2/projects/{projectId}/jobs", "bigquery.jobs.insert"),
    ("GET", "/discovery/v1/apis/bigquery/v2/rest", "discovery.apis.getRest"),
    ("GET", "/$discovery/rest", "discovery.apis.getRest"),
    ("GET", "/standin/health", "standin.health"),
    ("POST", "/standin/streaming-buffer", "standin.streamingBuffer"),
    ("POST", "/standin/lacking", "standin.lacking"),
    ("POST", "/standin/unreachable", "standin.unreachable"),
    ("GET", "/standin/grants", "standin.grants"),
    ("POST", "/standin/hidden", "standin.hidden"),
    ("POST", "/standin/clones", "standin.clones"),
    ("POST", "/standin/clock", "standin.clock"),
    ("POST", "/standin/latency", "standin.latency"),
    ("POST", "/standin/quotas", "standin.quotas"),
    ("POST", "/standin/row-count", "standin.rowCount"),
    ("POST", "/standin/writers", "standin.writers.insert"),
    ("GET", "/standin/writers", "standin.writers.list"),
    ("POST", "/standin/file-size", "standin.fileSize"),
    ("POST", "/standin/job-faults", "standin.jobFaults.insert"),
    ("GET", "/standin/job-faults", "standin.jobFaults.list"),
    ("DELETE", "/standin/job-faults", "standin.jobFaults.delete"),
)


@dataclass(frozen=True)
class Route:
    """An operation and the parameters in its path."""

    operation: str
    path: dict[str, str]


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile(
        "".join(
            f"(?P<{part}>[^/]+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)
        )
    )


_ROUTES = [
    *((method, _pattern(f"/bigquery/v2{path}"), name) for method, path, name in OPERATIONS),
    *((method, _pattern(path), name) for method, path, name in _OTHERS),
]


def resolve(method: str, path: str) -> Route | None:
    """Return the operation of a request, or None.

    Args:
        method: The HTTP method.
        path: The path as it was sent, still percent-encoded.
    """
    # `t$20240101` and `p:d` stay as they are; a client may also have sent %24.
    for wanted, pattern, operation in _ROUTES:
        matched = pattern.fullmatch(path) if wanted == method else None
        if matched:
            parameters = {name: unquote(value) for name, value in matched.groupdict().items()}
            return Route(operation, parameters)
    return None
