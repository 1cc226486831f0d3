"""What only a stand-in can do: settings while it runs, faults of jobs, the discovery document."""

import json
from importlib import resources

from tests.standin.bigquery.call import Call
from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.errors import invalid
from tests.standin.bigquery.resources.access import grant_of
from tests.standin.bigquery.service import Service
from tests.standin.bigquery.settings import Hidden
from tests.standin.bigquery.state.job import KINDS


def health(service: Service, call: Call) -> Resource:
    """Say that the server answers."""
    del service, call
    return {"status": "ok"}


def set_streaming_buffer(service: Service, call: Call) -> Resource:
    """Make `tables.get` show a streaming buffer; no rows or null removes it."""
    table, rows = call.body.get("table"), call.body.get("estimatedRows")
    if not table:
        raise invalid("table is missing")
    if rows is None:
        service.settings.streaming_buffers.pop(table, None)
    else:
        service.settings.streaming_buffers[table] = int(rows)
    return {}


def set_lacking(service: Service, call: Call) -> Resource:
    """Say which permissions no caller has; an empty list gives all back."""
    service.settings.lacking = frozenset(call.body.get("permissions", []))
    return {}


def set_unreachable(service: Service, call: Call) -> Resource:
    """Say which locations a list of jobs lacks; it says so."""
    service.settings.unreachable = tuple(call.body.get("locations", []))
    return {}


def grants(service: Service, call: Call) -> list[Resource]:
    """List every authorized view, routine and dataset, and whether its authorization still holds."""
    del call
    catalog = service.database.catalog
    return [
        {
            "dataset": entry.full_name,
            "entry": json.loads(key),
            "holds": given == grant_of(catalog, json.loads(key)),
        }
        for project in catalog.projects()
        for entry in catalog.below("dataset", project)
        for key, given in entry.grants.items()
    ]


def set_hidden(service: Service, call: Call) -> Resource:
    """Hide rows, or the values of a column, from everybody who reads tables; nothing shows all."""
    service.settings.hidden[call.body["table"]] = Hidden(
        rows=call.body.get("rows", ""), column=call.body.get("column", "")
    )
    return {}


def set_clones(service: Service, call: Call) -> Resource:
    """Say which parts of a table's resource its clones do not get."""
    service.settings.lost_by_clones = tuple(call.body.get("lose", ()))
    return {}


def set_clock(service: Service, call: Call) -> Resource:
    """Move the clock: what is written is dated by it, and what expires does."""
    service.database.move_clock(float(call.body.get("offset_seconds", 0)))
    return {}


def set_latency(service: Service, call: Call) -> Resource:
    """Set how long jobs wait before their work."""
    kinds = call.body.get("kinds") or list(KINDS)
    if not set(kinds) <= set(KINDS):
        raise invalid(f"kinds must be among {', '.join(KINDS)}")
    for kind in kinds:
        service.settings.latency_seconds[kind] = float(call.body.get("seconds", 0))
    return dict(service.settings.latency_seconds)


def set_quotas(service: Service, call: Call) -> Resource:
    """Set how much a table takes; answer how many updates came too fast since that was set."""
    settings, body = service.settings, call.body
    settings.loads_per_table = int(body.get("loads", settings.loads_per_table))
    settings.modifications |= {
        key: int(most) for key, most in body.get("modifications", {}).items()
    }
    if "updates" in body:
        settings.updates, service.quotas.refused_updates = int(body["updates"]), 0
    return {"refusedUpdates": service.quotas.refused_updates}


def set_row_count(service: Service, call: Call) -> Resource:
    """Make `tables.get` count other rows than there are, as after fine-grained DML; null ends it."""
    if call.body.get("numRows") is None:
        service.settings.row_counts.pop(call.body["table"], None)
    else:
        service.settings.row_counts[call.body["table"]] = int(call.body["numRows"])
    return {}


def set_writer(service: Service, call: Call) -> Resource:
    """Begin to write a table; null ends it."""
    project, dataset_id, table_id = call.body["table"].split(".")
    key, change = (project, dataset_id, table_id), call.body.get("change")
    if change is None:
        service.writers.end(key)
    else:
        service.writers.begin(key, change)
    return {}


def list_writers(service: Service, call: Call) -> list[Resource]:
    """List the writers, with how many others wait for each."""
    del call
    return service.writers.told()


def set_file_size(service: Service, call: Call) -> Resource:
    """Set how many rows or logical bytes an extracted file holds, and when a wildcard is due."""
    if "rows" in call.body:
        rows = call.body["rows"]
        service.settings.rows_per_file = None if rows is None else int(rows)
    if call.body.get("bytes"):
        service.settings.bytes_per_file = int(call.body["bytes"])
    if call.body.get("most_bytes_in_one_file"):
        service.settings.most_bytes_in_one_file = int(call.body["most_bytes_in_one_file"])
    return {}


def add_job_fault(service: Service, call: Call) -> Resource:
    """Add a fault of jobs."""
    return {"count": service.job_faults.add(call.body)}


def list_job_faults(service: Service, call: Call) -> list[Resource]:
    """List the faults of jobs with their counts."""
    del call
    return service.job_faults.list()


def clear_job_faults(service: Service, call: Call) -> list[Resource]:
    """Remove the faults of jobs and return them with their counts."""
    del call
    return service.job_faults.clear()


def discovery(service: Service, call: Call) -> Resource:
    """Return the description of the API, with this server as its root."""
    del service
    folder = resources.files("googleapiclient") / "discovery_cache" / "documents"
    document: Resource = json.loads((folder / "bigquery.v2.json").read_text())
    root = f"http://{call.headers.get('host', '127.0.0.1')}/"
    return document | {
        "rootUrl": root,
        "baseUrl": f"{root}bigquery/v2/",
        "mtlsRootUrl": root,
        "batchPath": "batch/bigquery/v2",
    }
