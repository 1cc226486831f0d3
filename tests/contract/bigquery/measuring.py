"""Rebound's fingerprints, as the contract tests take them."""

from typing import Any

from google.cloud import bigquery

from manifests.fingerprint import fingerprint_sql, partitions_of
from manifests.values import Fingerprint


def measure(client: bigquery.Client, name: str, resource: dict[str, Any]) -> dict[str, Fingerprint]:
    """Count and fingerprint every partition of `dataset.table`, as Rebound does.

    Args:
        client: The real client.
        name: The table.
        resource: What gives the statement its shape.
    """
    sql = fingerprint_sql(f"{client.project}.{name}", resource)
    return partitions_of([dict(row.items()) for row in client.query(sql).result()])
