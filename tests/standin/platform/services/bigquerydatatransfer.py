"""BigQuery Data Transfer: scheduled queries, and runs of them that do nothing but take their time."""

import re
import uuid

from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.crud import found
from tests.standin.platform.errors import invalid
from tests.standin.platform.service import Call, to_text
from tests.standin.platform.store import Resource

_DAY_MICROS = 24 * 3600 * 1_000_000
_SCHEDULED = "scheduled_query"
_PAGE = 1000
_STATE = "states"


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
RUNS = Collection(
    id=f"{TRANSFERS.id}.runs",
    ids=re.compile(r"[0-9a-f-]+"),
    new_id=_id,
    default_page=_PAGE,
)


def start(call: Call) -> Body:
    """Begin a run now, whether or not its configuration is disabled; it waits first, then runs."""
    config = found(call, TRANSFERS)
    now, seconds = call.service.clock.now_micros(), int(call.store.setting("transfers", 0))
    told = {
        "name": f"{config.name}/runs/{uuid.uuid4()}",
        "scheduleTime": to_text(now),
        "runTime": to_text(now),
        "dataSourceId": config.body["dataSourceId"],
    }
    if dataset := config.body.get("destinationDatasetId"):
        told["destinationDatasetId"] = dataset
    over = {"begins": now + seconds * 500_000, "ends": now + seconds * 1_000_000}
    run = Resource(RUNS.id, told["name"], told, over)
    call.store.put(run)
    return {"runs": [_as_now(call, run)]}


def _as_now(call: Call, run: Resource) -> Body:
    now = call.service.clock.now_micros()
    state = "PENDING" if now < run.inner["begins"] else "RUNNING"
    return run.body | {"state": state if now < run.inner["ends"] else "SUCCEEDED"}


def list_runs(call: Call) -> Body:
    """Answer a page of the runs of a transfer, of the states that are asked for."""
    found(call, TRANSFERS)
    wanted = call.request.query_params.getlist(_STATE)
    runs = [_as_now(call, item) for item in call.store.below(RUNS.id, f"{call.target}/runs/")]
    chosen = [item for item in runs if not wanted or item["state"] in wanted]
    begin = int(call.query.get("pageToken") or 0)
    most: int = call.store.setting("pages", _PAGE)
    end = begin + min(int(call.query.get("pageSize") or _PAGE), most)
    answer: Body = {"transferRuns": chosen[begin:end]} if chosen[begin:end] else {}
    return answer | ({"nextPageToken": str(end)} if chosen[end:] else {})


COLLECTIONS = (TRANSFERS, RUNS)
HANDLERS: dict[str, Handler] = {
    f"{TRANSFERS.id}.startManualRuns": start,
    f"{RUNS.id}.list": list_runs,
}
