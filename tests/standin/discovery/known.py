"""What passes although no discovery document knows it: sent by others' tools."""

import re
from typing import NamedTuple

_PYTHON_CLIENT = r"gl-python/.*"
_GENERATED_CLIENT = r".*\b(gapic|gccl)/.*"
_CONTROL_PLANE = (
    r"(artifactregistry|cloudasset|cloudfunctions|cloudresourcemanager|cloudscheduler|eventarc"
    r"|pubsub|run|secretmanager|workflows)\..*"
)
_PARAMETER = (
    r"\.configuration\.query\.queryParameters\[\d+\]\.parameterValue"
    r"(\.arrayValues\[\d+\]|\.structValues\.\w+)*\.value"
)
_JOB = r"bigquery\.jobs\.(insert|get|list|cancel): answer(\.jobs\[\d+\]|\.job)?"


class Known(NamedTuple):
    """One thing that is accepted.

    Attributes:
        call: The method, the side and the path, as a pattern.
        agent: Who sends it, as a pattern of the headers in which clients name themselves.
        reason: Why it is no fault of ours.
    """

    call: str
    agent: str
    reason: str


KNOWN = (
    Known(
        rf"{_CONTROL_PLANE}: request.*",
        _GENERATED_CLIENT,
        "clients that Google generates send numbers for enumerated values, `$alt`, and what they read",
    ),
    Known(
        r"bigquery\.jobs\.(get|cancel): request\?projection",
        _PYTHON_CLIENT,
        "google-cloud-bigquery asks for projection=full, which only jobs.list has",
    ),
    Known(
        rf"bigquery\.jobs\.insert: request{_PARAMETER}",
        _PYTHON_CLIENT,
        "google-cloud-bigquery sends the value of a FLOAT64 parameter as a number",
    ),
    Known(
        r"bigquery\.datasets\.patch: request\..*",
        r"google-cloud-sdk.*",
        "bq reads a dataset and sends all of it, changed",
    ),
    Known(
        r"storage\.objects\.rewrite: request",
        r"rclone/.*",
        "rclone sends null where it changes nothing of the object",
    ),
    Known(
        rf"{_JOB}\.configuration\.load\.(skipLeadingRows|decimalTargetTypes)",
        ".*",
        "the stand-in tells a job's configuration as it was sent, which was accepted",
    ),
)


def is_known(call: str, agent: str) -> bool:
    """Say whether a finding is one of those that are accepted.

    Args:
        call: The method, the side and the path, as `bigquery.jobs.get: request?projection`.
        agent: The headers of the request in which clients name themselves.
    """
    return any(re.fullmatch(it.call, call) and re.match(it.agent, agent) for it in KNOWN)
