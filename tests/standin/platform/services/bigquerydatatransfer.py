"""BigQuery Data Transfer: scheduled queries."""

import re
import uuid

from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.errors import invalid
from tests.standin.platform.service import Call, to_text
from tests.standin.platform.store import Resource

_DAY_MICROS = 24 * 3600 * 1_000_000
_SCHEDULED = "scheduled_query"


def _id(_: Call, __: Body) -> str:
    return str(uuid.uuid4())


def _born(call: Call, _: str, body: Body) -> Body:
    if body["dataSourceId"] == _SCHEDULED and not body.get("params", {}).get("query"):
        raise invalid("A scheduled query has to have a query.")
    # Schedules in words are not read: the next run is told as a day later.
    due = to_text(call.service.clock.now_micros() + _DAY_MICROS)
    made = {"state": "PENDING", "userId": "100", "datasetRegion": call.location}
    return body | made | ({} if body.get("disabled") else {"nextRunTime": due})


def _changed(call: Call, before: Resource, after: Body) -> Body:
    after = {key: item for key, item in after.items() if key != "nextRunTime"}
    return _born(call, before.name, after)


TRANSFERS = Collection(
    id="bigquerydatatransfer.projects.locations.transferConfigs",
    ids=re.compile(r"[0-9a-f-]+"),
    new_id=_id,
    required=("dataSourceId", "displayName"),
    fixed=("dataSourceId", "userId"),
    mask="needed",
    default_page=1000,
    is_numbered=True,
    asset_type="bigquerydatatransfer.googleapis.com/TransferConfig",
    born=_born,
    changed=_changed,
)
COLLECTIONS = (TRANSFERS,)
HANDLERS: dict[str, Handler] = {}
