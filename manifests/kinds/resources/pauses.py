"""How writers are stopped, and begun again. Pure."""

from manifests.kinds.resources.types import Order, Pause


def _export(field: str) -> Pause:
    """Return the pause of a subscription that exports its messages.

    Without that configuration it is a pull subscription (Pub/Sub, Change subscription types). A
    detached subscription could not be attached again.
    """
    return Pause(
        field=field,
        running=None,
        made={field: None},
        stop=Order("PATCH", body={}, mask=field),
        start=Order("PATCH", mask=field),
    )


# A subscription that is pulled delivers nothing by itself, and keeps its messages for their retention.
SUBSCRIPTION = (
    Pause(
        field="pushConfig",
        running=None,
        made={"pushConfig": {}},
        stop=Order("POST", "modifyPushConfig", {"pushConfig": {}}),
        start=Order("POST", "modifyPushConfig"),
    ),
    *map(_export, ("bigqueryConfig", "cloudStorageConfig", "bigtableConfig")),
)

TRANSFER = (
    Pause(
        field="disabled",
        running=False,
        made={"disabled": True},
        stop=Order("PATCH", body={"disabled": True}, mask="disabled"),
        start=Order("PATCH", body={"disabled": False}, mask="disabled"),
    ),
)

JOB = (
    Pause(
        field="state",
        running="ENABLED",
        # It could be due before it is paused; this is not, until the next leap year.
        made={"schedule": "0 0 29 2 *"},
        stop=Order("POST", "pause", {}),
        start=Order("POST", "resume", {}),
    ),
)
