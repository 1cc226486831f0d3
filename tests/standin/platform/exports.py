"""Subscriptions that write what they are given: rows of a table, objects of a bucket."""

import asyncio
import base64
import json

import requests

from tests.standin.platform.bodies import Body
from tests.standin.platform.service import Service
from tests.standin.platform.store import Resource

FIELDS = ("bigqueryConfig", "cloudStorageConfig", "bigtableConfig")
_ANSWER_SECONDS = 60


def is_export(subscription: Resource) -> bool:
    """Say whether a subscription is neither pushed nor pulled."""
    return any(subscription.body.get(name) for name in FIELDS)


async def export(service: Service, subscription: Resource, received: Body) -> bool:
    """Write a message where its subscription says, and return whether it is written."""
    return await asyncio.to_thread(_written, service, subscription.body, received["message"])


def _written(service: Service, body: Body, message: Body) -> bool:
    data = base64.b64decode(message.get("data", ""))
    if table := body.get("bigqueryConfig"):
        project, dataset, name = table["table"].split(".")
        row = json.loads(data) if table.get("useTableSchema") else {"data": data.decode()}
        url = f"{service.bigquery}/bigquery/v2/projects/{project}/datasets/{dataset}/tables/{name}"
        answer = requests.post(
            f"{url}/insertAll",
            json={"rows": [{"json": row, "insertId": message["messageId"]}]},
            timeout=_ANSWER_SECONDS,
        )
        return answer.ok and not answer.json().get("insertErrors")
    if bucket := body.get("cloudStorageConfig"):
        name = f"{bucket.get('filenamePrefix', '')}{message['messageId']}"
        url = f"{service.storage}/upload/storage/v1/b/{bucket['bucket']}/o"
        asked = {"uploadType": "media", "name": name}
        return requests.post(url, params=asked, data=data, timeout=_ANSWER_SECONDS).ok
    return False
