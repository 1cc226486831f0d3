"""What is in a small platform, as a test sees it: nothing of Rebound takes part in it."""

from tests.harness import Rebound
from tests.integration import lake

_KEPT = ("schema", "timePartitioning", "clustering", "labels", "description", "type", "view")


def state(rebound: Rebound) -> dict[str, object]:
    """Return all there is in the lake: rows, shapes and properties."""
    client = rebound.bigquery_client
    found: dict[str, object] = {}
    for item in client.list_tables(lake.DATASET):
        resource = client.get_table(item.reference).to_api_repr()
        name = f"{lake.DATASET}.{item.table_id}"
        found[name] = {key: resource.get(key) for key in _KEPT}
        if item.table_type == "TABLE":
            found[f"rows of {name}"] = lake.rows(rebound, name)
    return found
