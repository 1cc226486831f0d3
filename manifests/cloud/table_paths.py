"""Where tables are in the REST API of BigQuery, and how it refers to them."""

from urllib.parse import quote

from manifests.values import Resource


def table_path(name: str) -> str:
    """Return the REST path of `dataset.table` below its project."""
    dataset_id, table_id = (quote(own_id, safe="") for own_id in name.split(".", 1))
    return f"datasets/{dataset_id}/tables/{table_id}"


def tables_path(name: str) -> str:
    """Return the REST path of the collection that `dataset.table` is in, below its project."""
    return table_path(name).rpartition("/")[0]


def table_reference(project: str, name: str) -> Resource:
    """Return `dataset.table` as the REST API refers to it."""
    dataset_id, table_id = name.split(".", 1)
    return {"projectId": project, "datasetId": dataset_id, "tableId": table_id}
