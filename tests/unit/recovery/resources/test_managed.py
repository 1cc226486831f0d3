"""What other resources make: what of it comes back with them, and what does not."""

from typing import Any

from manifests.kinds.resources.fields import differences
from manifests.kinds.resources.lines import StoredResource
from manifests.kinds.resources.managed import is_managed, is_of_function
from manifests.kinds.resources.table import resource_type
from recovery.kinds.decision import Origin
from recovery.kinds.resources.rules.kind import ResourceRules
from recovery.kinds.resources.rules.managed import left_behind, managed_names
from recovery.kinds.resources.rules.planning import plan_resource
from recovery.kinds.resources.rules.renaming import Names
from recovery.kinds.resources.rules.rewriting import Rewriting
from recovery.kinds.resources.rules.rows import resource_rows
from recovery.kinds.resources.rules.seen import ResourcesSeen, SeenResource
from recovery.request import Request, Target
from tests.unit.platforms import whole_manifest


def seen(kind: str, name: str, resource: dict[str, Any]) -> SeenResource:
    """Return a resource of the backup that is not there."""
    return SeenResource(type=kind, stored=StoredResource(name=name, resource=resource))


def test_what_another_resource_makes_comes_with_it():
    """Services and triggers of functions, and what carries the events of a trigger."""
    items = [
        seen("run/service", "s", {"labels": {"goog-managed-by": "cloudfunctions"}}),
        seen("run/service", "own", {"labels": None}),
        seen(
            "eventarc/trigger",
            "t",
            {
                "transport": {
                    "pubsub": {"topic": "projects/p/topics/eventarc-1", "subscription": "u"}
                }
            },
        ),
        seen("eventarc/trigger", "v", {"transport": {"pubsub": {"topic": "projects/p/topics/x"}}}),
        seen("storage/notification", "n", {"topic": "//x/projects/p/topics/eventarc-1"}),
        seen("storage/notification", "m", {"topic": "//x/projects/p/topics/x"}),
    ]
    assert managed_names(items) == {"s", "projects/p/topics/eventarc-1", "u", "n"}


def test_a_service_of_a_function_needs_no_image():
    """It is built again from the source: a service that somebody made of the same image is lost without it."""
    image = "us-west2-docker.pkg.dev/platform/gcf-artifacts/alert"
    runs = {"template": {"containers": [{"image": image}]}}
    labels = {"labels": {"goog-managed-by": "cloudfunctions"}}
    assert is_of_function(labels)
    assert is_managed(labels)
    other = {"labels": {"goog-managed-by": "somebody"}}
    assert (is_managed(other), is_of_function(other)) == (True, False)
    place = "projects/platform/locations/us-west2/services"
    items = (
        seen("run/service", f"{place}/alert", {**runs, **labels}),
        seen("run/service", f"{place}/own", runs),
    )
    world = ResourcesSeen(items=items, gone_images=frozenset({image}), own=frozenset({"platform"}))
    request = Request(scenario="complete-outage", target=Target(project="platform"))
    run = whole_manifest().model_copy(update={"resources": ()})
    lost = ResourceRules().plan(Origin(run), world, request).lost
    assert lost == (f"{place}/own: its image is gone: {image}",)


def test_a_topic_that_a_trigger_names_is_the_users_whatever_it_is_called():
    """Only for messages can one be named: it comes back first, and a difference of it is told."""
    topic = "projects/p/topics/eventarc-own"
    kind = resource_type("eventarc/trigger")

    def trigger(event: str, carried: str = topic) -> dict[str, Any]:
        filters = [{"attribute": "type", "value": event}]
        return {"eventFilters": filters, "transport": {"pubsub": {"topic": carried}}}

    published = "google.cloud.pubsub.topic.v1.messagePublished"
    finalized = "google.cloud.storage.object.v1.finalized"
    assert differences(kind, trigger(published), trigger(published, f"{topic}-2"))
    assert not differences(kind, trigger(finalized), trigger(finalized, f"{topic}-2"))
    listening = seen("storage/notification", "n", {"topic": f"//pubsub.googleapis.com/{topic}"})
    own = [seen("eventarc/trigger", "t", trigger(published)), listening]
    assert managed_names(own) == set()
    chosen = [seen("eventarc/trigger", "t", trigger(finalized)), listening]
    assert managed_names(chosen) == {topic, "n"}


FUNCTION = "projects/p/locations/l/functions/retry"
RETRY, RETRY_SERVICE = (
    "projects/p/locations/l/triggers/retry-1",
    "projects/p/locations/l/services/retry",
)
PUSHED, CARRYING = (
    "projects/p/subscriptions/eventarc-l-retry-1-sub-9",
    "projects/p/topics/eventarc-l-1",
)
OWNED: dict[str, tuple[str, dict[str, Any]]] = {
    FUNCTION: (
        "functions/function",
        {
            "name": FUNCTION,
            "buildConfig": {"source": {"storageSource": {"bucket": "gcf", "object": "retry.zip"}}},
            "serviceConfig": {"service": RETRY_SERVICE},
            "eventTrigger": {
                "trigger": RETRY,
                "triggerRegion": "l",
                "eventType": "google.cloud.storage.object.v1.finalized",
                "eventFilters": [{"attribute": "bucket", "value": "lake"}],
            },
        },
    ),
    RETRY_SERVICE: ("run/service", {"labels": {"goog-managed-by": "cloudfunctions"}}),
    RETRY: (
        "eventarc/trigger",
        {
            "name": RETRY,
            "labels": {"goog-managed-by": "cloudfunctions"},
            "destination": {"cloudFunction": FUNCTION},
            "transport": {"pubsub": {"topic": CARRYING, "subscription": PUSHED}},
        },
    ),
    CARRYING: ("pubsub/topic", {}),
    PUSHED: ("pubsub/subscription", {"topic": CARRYING}),
    "n": ("storage/notification", {"topic": f"//pubsub.googleapis.com/{CARRYING}"}),
}


def behind(*gone: str, **now: dict[str, Any]) -> dict[str, str]:
    """Return what of a function's comes back with nothing when some of it is gone.

    Args:
        gone: What is not there.
        now: What the function says otherwise by now.
    """
    items = []
    for name, (kind, resource) in OWNED.items():
        there = None if name in gone else resource | (now if name == FUNCTION else {})
        items.append(seen(kind, name, resource).model_copy(update={"resource": there}))
    return left_behind(items, managed_names(items), lambda item: item.stored.name)


def test_what_is_gone_while_its_owner_is_there_does_not_come_with_it():
    """An operator was told that all is equal, and a function had no trigger any more."""
    everything = tuple(OWNED)
    assert behind() == {}
    assert behind(*everything) == {}, "its function makes it"
    carried = (RETRY, CARRYING, PUSHED, "n")
    told = behind(*carried)
    assert set(told) == set(carried)
    assert (
        "`gcloud functions deploy retry --gen2 --region=l --project=p --source=gs://gcf/retry.zip "
        "--trigger-location=l --trigger-event-filters=type=google.cloud.storage.object.v1.finalized "
        "--trigger-event-filters=bucket=lake`"
    ) in told[RETRY]
    assert set(told.values()) == {told[RETRY]}
    (service,) = behind(RETRY_SERVICE).values()
    assert service.endswith("--source=gs://gcf/retry.zip`")
    assert "deploying its function retry" in behind(CARRYING, PUSHED)[PUSHED]
    assert behind(PUSHED, "n") == {PUSHED: "", "n": ""}, "the recovery makes it"
    anew = {"trigger": "projects/p/locations/l/triggers/retry-2"}
    assert behind(*carried, eventTrigger=anew) == {}, "it was deployed again"


def test_what_made_it_and_was_not_looked_at_is_not_taken_for_there_or_gone():
    """Unknown is failed: it is not left to an owner that nobody saw."""
    item = seen("run/service", "s", {"labels": {"goog-managed-by": "cloudfunctions"}})
    (told,) = left_behind([item], frozenset({"s"}), lambda it: it.stored.name).values()
    assert told.startswith("nobody looked whether what made it is there")
    request = Request(
        scenario="complete-outage", target=Target(project="platform"), only_missing=True
    )
    step = plan_resource(
        item.model_copy(update={"is_managed": True, "left_behind": told}),
        request,
        Rewriting(Names(), {}),
    )
    assert (step.action, step.falls_short, step.changes) == ("cannot", True, False)
    (row,) = resource_rows([step])
    assert told in row.text
