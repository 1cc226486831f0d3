"""Executions of jobs of Cloud Run, which take as long as a test wants, and end as it wants."""

import uuid

from tests.standin.database import transaction
from tests.standin.platform import operations
from tests.standin.platform.bodies import Body
from tests.standin.platform.errors import not_found
from tests.standin.platform.invocation import act, target_of
from tests.standin.platform.service import Service, new_etag, short
from tests.standin.platform.store import Resource

JOBS = "run.projects.locations.jobs"
EXECUTIONS = f"{JOBS}.executions"
_SUCCESS = range(200, 300)


def run_job(service: Service, name: str) -> Resource:
    """Begin an execution of a job.

    Raises:
        PlatformError: There is no such job.
    """
    job = service.store.find(JOBS, name)
    if job is None:
        raise not_found(name)
    now = service.now_text
    body: Body = {
        "uid": str(uuid.uuid4()),
        "etag": new_etag(),
        "job": short(name),
        "createTime": now,
        "startTime": now,
        "updateTime": now,
        "generation": "1",
        "taskCount": job.body["template"]["taskCount"],
        "template": job.body["template"]["template"],
        "runningCount": job.body["template"]["taskCount"],
        "reconciling": True,
        "conditions": [{"type": "Completed", "state": "CONDITION_RECONCILING"}],
    }
    execution = Resource(
        EXECUTIONS, f"{name}/executions/{short(name)}-{uuid.uuid4().hex[:5]}", body, {}
    )
    service.store.put(execution)
    service.begin(_execute(service, execution.name))
    return execution


async def _execute(service: Service, name: str) -> None:
    job = name.partition("/executions/")[0]
    target = target_of(service, job)
    status = 200 if target is None else (await act(service, target, job, b"{}")).status
    execution = service.store.find(EXECUTIONS, name)
    if execution is None:
        return
    is_done = status in _SUCCESS
    for key in ("runningCount", "reconciling"):
        execution.body.pop(key, None)
    state = "CONDITION_SUCCEEDED" if is_done else "CONDITION_FAILED"
    execution.body |= {
        "completionTime": service.now_text,
        "updateTime": service.now_text,
        "succeededCount" if is_done else "failedCount": execution.body["taskCount"],
        "conditions": [{"type": "Completed", "state": state}],
    }
    with transaction(service.store.database):
        service.store.put(execution)
        operations.close(service, name, {"name": name} | execution.body)
