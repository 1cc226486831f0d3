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


def renew_vault(rebound: Rebound) -> None:
    """Write every stored file anew, as copying the vault does: same bytes, other generations."""
    for blob in list(rebound.vault.list_blobs()):
        if not blob.name.endswith(".json"):
            content = blob.download_as_bytes(raw_download=True)
            rebound.vault.blob(blob.name).upload_from_string(content, content_type="avro/binary")
