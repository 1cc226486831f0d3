"""Cloud Monitoring: notification channels, alert policies and dashboards."""

import re
import uuid
from datetime import datetime

from tests.standin.platform.backlog import waiting
from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.errors import PlatformError, failed_precondition, invalid, not_found
from tests.standin.platform.service import SECOND, Call, scalars, short
from tests.standin.platform.services.logging import METRICS
from tests.standin.platform.store import Resource

# Told to nobody once they were written (Notification channels REST, labels).
_SECRET_LABELS = ("auth_token", "password", "service_key")
_NEEDED_LABELS = {"email": "email_address", "slack": "channel_name", "pubsub": "topic"}
_USER_METRIC = re.compile(r'metric\.type\s*=\s*"logging\.googleapis\.com/user/([^"]+)"')
# How long a metric is unknown to alert policies after it was made; users report some seconds.
_METRIC_SECONDS = 1
_PROJECT_LABEL = re.compile(r'resource\.labels\.project_id\s*=\s*"([^"]+)"')
_UNDELIVERED = "pubsub.googleapis.com/subscription/num_undelivered_messages"
_OPERATOR = "operator@example.com"


def _number(_: Call, __: Body) -> str:
    return str(uuid.uuid4().int % 10**19)


def _channel(call: Call, name: str, body: Body) -> Body:
    needed = _NEEDED_LABELS.get(body["type"])
    if needed and needed not in body.get("labels", {}):
        raise invalid(f"A channel of type {body['type']} has to have the label {needed}.")
    labels = {
        key: "****" if key in _SECRET_LABELS else value
        for key, value in body.get("labels", {}).items()
    }
    record = {"mutateTime": call.service.now_text}
    known = call.store.find(CHANNELS.id, name)
    records = [] if known is None else known.body["mutationRecords"]
    created = record if known is None else known.body["creationRecord"]
    made = {"creationRecord": created, "mutationRecords": [*records, record]}
    return {"enabled": True} | body | ({"labels": labels} if labels else {}) | made


def _changed_channel(call: Call, before: Resource, after: Body) -> Body:
    return _channel(call, before.name, after)


def _gone_channel(call: Call, channel: Resource) -> None:
    """Take a channel out of the policies that use it, when that is asked for."""
    for policy in call.store.below(POLICIES.id, f"projects/{call.project}/"):
        used = policy.body.get("notificationChannels", [])
        if channel.name not in used:
            continue
        if not call.is_asked("force"):
            raise failed_precondition(f"The channel is used by '{policy.name}'.")
        left = [name for name in used if name != channel.name]
        policy.body["notificationChannels"] = left
        if not left:
            del policy.body["notificationChannels"]
        call.store.put(policy)


def _policy(call: Call, name: str, body: Body) -> Body:
    for used in body.get("notificationChannels", []):
        if call.store.find(CHANNELS.id, used) is None:
            raise not_found(used)
    for text in scalars(body["conditions"]):
        for metric in _USER_METRIC.findall(text):
            _check_metric(call, metric)
    is_of_logs = any("conditionMatchedLog" in it for it in body["conditions"])
    if is_of_logs is not ("notificationRateLimit" in body.get("alertStrategy", {})):
        raise invalid(
            "A rate limit of notifications belongs to policies of log matches, and to them alone."
        )
    conditions = [
        it if "name" in it else {"name": f"{name}/conditions/{_number(call, it)}"} | it
        for it in body["conditions"]
    ]
    record = {"mutateTime": call.service.now_text, "mutatedBy": _OPERATOR}
    known = call.store.find(POLICIES.id, name)
    created = record if known is None else known.body["creationRecord"]
    made = {"conditions": conditions, "creationRecord": created, "mutationRecord": record}
    return {"enabled": True} | body | made


def _changed_policy(call: Call, before: Resource, after: Body) -> Body:
    return _policy(call, before.name, after)


def _check_metric(call: Call, metric: str) -> None:
    known = call.store.find(METRICS.id, f"projects/{call.project}/metrics/{metric}")
    if known is not None:
        made = datetime.fromisoformat(known.body["createTime"]).timestamp()
        if call.service.clock.now_micros() / SECOND >= made + _METRIC_SECONDS:
            return
    message = f'Cannot find metric that matches type = "logging.googleapis.com/user/{metric}".'
    raise PlatformError("NOT_FOUND", message)


def _dashboard_id(_: Call, sent: Body) -> str:
    return short(str(sent.get("name", ""))) or str(uuid.uuid4())


CHANNELS = Collection(
    id="monitoring.projects.notificationChannels",
    ids=re.compile(r"\d+"),
    new_id=_number,
    required=("type",),
    fixed=("type", "creationRecord", "mutationRecords", "verificationStatus"),
    asset_type="monitoring.googleapis.com/NotificationChannel",
    born=_channel,
    changed=_changed_channel,
    gone=_gone_channel,
)
POLICIES = Collection(
    id="monitoring.projects.alertPolicies",
    ids=re.compile(r"\d+"),
    new_id=_number,
    required=("displayName", "combiner", "conditions"),
    fixed=("creationRecord", "mutationRecord"),
    asset_type="monitoring.googleapis.com/AlertPolicy",
    born=_policy,
    changed=_changed_policy,
)
DASHBOARDS = Collection(
    id="monitoring.projects.dashboards",
    ids=re.compile(r"[a-zA-Z0-9-]{1,64}"),
    new_id=_dashboard_id,
    required=("displayName",),
    is_numbered=True,
    no_etag="Update Dashboard should specify a non empty etag",
    asset_type="monitoring.googleapis.com/Dashboard",
)
COLLECTIONS = (CHANNELS, POLICIES, DASHBOARDS)


def _time_series(call: Call) -> Body:
    """Answer the one metric that is kept here: how many messages wait, now and not minutes ago.

    A project that monitors others answers theirs, too, unless the filter names one.
    """
    asked = call.query.get("filter", "")
    if _UNDELIVERED not in asked:
        raise invalid(f"The stand-in knows no metric but {_UNDELIVERED}.")
    scope = [call.project, *call.store.setting("scopes", {}).get(call.project, ())]
    named = _PROJECT_LABEL.findall(asked)
    now = call.service.now_text
    point = {"interval": {"startTime": now, "endTime": now}}
    return {
        "timeSeries": [
            {
                "metric": {"type": _UNDELIVERED},
                "resource": {
                    "type": "pubsub_subscription",
                    "labels": {"project_id": project, "subscription_id": short(name)},
                },
                "metricKind": "GAUGE",
                "valueType": "INT64",
                "points": [point | {"value": {"int64Value": str(messages)}}],
            }
            for project in scope
            if project in (named or scope)
            for name, messages in waiting(call.service, str(project)).items()
        ]
    }


HANDLERS: dict[str, Handler] = {"monitoring.projects.timeSeries.list": _time_series}
