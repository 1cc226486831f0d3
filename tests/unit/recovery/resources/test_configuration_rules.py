"""How resources are made again: requests, references and access."""

from typing import Any

import pytest

from manifests.kinds.resources.fields import differences, settable
from manifests.kinds.resources.lines import StoredResource
from manifests.kinds.resources.table import TYPES, resource_type
from recovery.kinds.resources.rules.creation import creation, left_to_set
from recovery.kinds.resources.rules.obstacles import obstacle
from recovery.kinds.resources.rules.planning import plan_resource
from recovery.kinds.resources.rules.renaming import Names
from recovery.kinds.resources.rules.rewriting import Place, Rewriting, addresses, remaining
from recovery.kinds.resources.rules.rows import resource_rows
from recovery.kinds.resources.rules.seen import SeenResource
from recovery.kinds.resources.rules.steps import ConfigurationStep
from recovery.request import Request, Target

JOB = resource_type("scheduler/job")
JOB_NAME = "projects/p/locations/l/jobs/nightly"


def test_every_type_comes_behind_what_has_to_be_there_before():
    """The table's order is the order in which a configuration is made again."""
    seen: set[str] = set()
    for kind in TYPES:
        assert seen.issuperset(kind.after), kind.name
        seen.add(kind.name)


def test_a_schedule_is_made_far_off_and_gets_its_own_when_it_is_paused():
    """It could be due between the two calls."""
    job = {"name": JOB_NAME, "schedule": "* * * * *", "state": "ENABLED", "future": 1}
    made = creation(JOB, JOB_NAME, job)
    assert made.verb == "POST"
    assert made.path == "v1/projects/p/locations/l/jobs"
    assert made.body == {"name": JOB_NAME, "schedule": "0 0 29 2 *", "future": 1}
    assert left_to_set(JOB, job) == {"schedule": "* * * * *"}


@pytest.mark.parametrize(
    ("kind", "name", "resource", "expected"),
    [
        (
            "pubsub/topic",
            "projects/p/topics/t",
            {"name": "projects/p/topics/t", "labels": {"a": "b"}, "state": "ACTIVE"},
            ("PUT", "v1/projects/p/topics/t", {}, {"labels": {"a": "b"}}),
        ),
        (
            "pubsub/subscription",
            "projects/p/subscriptions/s",
            {"topic": "projects/p/topics/t", "pushConfig": {"pushEndpoint": "https://a/"}},
            (
                "PUT",
                "v1/projects/p/subscriptions/s",
                {},
                {"topic": "projects/p/topics/t", "pushConfig": {}},
            ),
        ),
        (
            "secretmanager/secret",
            "projects/1/secrets/key",
            {"replication": {"automatic": {}}, "createTime": "x", "etag": "y"},
            (
                "POST",
                "v1/projects/1/secrets",
                {"secretId": "key"},
                {"replication": {"automatic": {}}},
            ),
        ),
        (
            "iam/service-account",
            "projects/p/serviceAccounts/runner@p.iam.gserviceaccount.com",
            {"email": "runner@p.iam.gserviceaccount.com", "displayName": "Runner"},
            (
                "POST",
                "v1/projects/p/serviceAccounts",
                {},
                {"accountId": "runner", "serviceAccount": {"displayName": "Runner"}},
            ),
        ),
        (
            "logging/metric",
            "projects/p/metrics/errors",
            {"name": "errors", "filter": "severity>=ERROR"},
            ("POST", "v2/projects/p/metrics", {}, {"name": "errors", "filter": "severity>=ERROR"}),
        ),
        (
            "monitoring/alert-policy",
            "projects/p/alertPolicies/12",
            {"name": "projects/p/alertPolicies/12", "displayName": "late", "creationRecord": {}},
            ("POST", "v3/projects/p/alertPolicies", {}, {"displayName": "late"}),
        ),
    ],
)
def test_each_type_is_made_by_its_own_request(
    kind: str, name: str, resource: dict[str, Any], expected: tuple[Any, ...]
):
    """Nothing that Google alone writes is sent, and everything else is."""
    *request, is_repeatable = creation(resource_type(kind), name, resource)
    assert tuple(request) == expected
    assert is_repeatable is (kind != "monitoring/alert-policy")


def test_a_field_that_nobody_knows_is_compared():
    """One that is younger than this table can be what matters."""
    assert differences(JOB, {"future": {"a": 1}}, {}) == [("future", {"a": 1}, None)]
    assert differences(JOB, {"state": "PAUSED"}, {"state": "ENABLED"}) == []


def test_fields_below_maps_and_lists_are_found():
    """Keys of a map are anybody's."""
    connection = resource_type("bigquery/connection")
    parameters = {"key": {"secretValue": {"secretType": "PLAIN", "plaintext": "x"}}}
    kept = settable(connection, {"configuration": {"parameters": parameters}})
    assert kept == {"configuration": {"parameters": {"key": {"secretValue": {"plaintext": "x"}}}}}
    policy = resource_type("monitoring/alert-policy")
    assert settable(policy, {"conditions": [{"name": "n", "displayName": "d"}]}) == {
        "conditions": [{"displayName": "d"}]
    }


def test_references_are_rewritten_as_whole_words():
    """A project's id can begin another's."""
    rewriting = Rewriting(Names(whole={"prod": "sandbox", "prod-2": "second", "75": "76"}))
    resource = {
        "topic": "projects/prod/topics/a",
        "others": ["projects/prod-2/topics/b", "projects/production/topics/c", "175", 75],
    }
    rewritten, places = rewriting.resource(resource)
    assert rewritten == {
        "topic": "projects/sandbox/topics/a",
        "others": ["projects/second/topics/b", "projects/production/topics/c", "175", 75],
    }
    assert places == [
        Place("topic", "projects/prod/topics/a", "projects/sandbox/topics/a"),
        Place("others[0]", "projects/prod-2/topics/b", "projects/second/topics/b"),
    ]


def test_a_name_that_a_service_gives_is_replaced_before_the_project_in_it():
    """What the service called it in the lost project is known as the backup has it."""
    old, new = "projects/prod/notificationChannels/1", "projects/sandbox/notificationChannels/9"
    rewriting = Rewriting(Names(whole={"prod": "sandbox"}), {old: new})
    policy = {"notificationChannels": [old, "projects/prod/notificationChannels/12"]}
    assert rewriting.resource(policy)[0] == {
        "notificationChannels": [new, "projects/sandbox/notificationChannels/12"]
    }


def test_what_still_refers_to_the_lost_project_is_found():
    """Nothing is resumed that would call it."""
    job = {"httpTarget": {"uri": "https://a-175.run.app/", "body": "x"}, "name": "projects/new/j"}
    assert remaining(job, ["75"], ["new"]) == []
    job["httpTarget"]["uri"] = "https://a-75.us-west2.run.app/"
    assert remaining(job, ["75"], ["new"]) == ["httpTarget.uri"]


@pytest.mark.parametrize(
    ("address", "is_lost"),
    [
        ("https://us-west2-prod.cloudfunctions.net/alert", True),
        ("https://us-west2-prod-dr.cloudfunctions.net/alert", False),
        ("https://drawn-0a1b-wl.a.run.app/x", True),
        ("https://elsewhere.example/prod-dr", False),
    ],
)
def test_an_address_in_the_lost_project_is_found_though_it_is_a_part_of_a_word(
    address: str, *, is_lost: bool
):
    """The name of the new project may begin with that of the lost one."""
    lost = ["prod", "https://drawn-0a1b-wl.a.run.app"]
    found = remaining({"uri": address}, lost, ["prod-dr"])
    assert found == (["uri"] if is_lost else [])


def test_where_services_and_functions_answer_is_known():
    """Both addresses of a service, and that of a function's service."""
    service = {"uri": "https://a", "urls": ["https://b", "https://a"]}
    assert set(addresses(service).values()) == {"https://a", "https://b"}
    function = {"url": "https://f", "serviceConfig": {"uri": "https://g"}}
    assert addresses(function) == {"url": "https://f", "serviceConfig.uri": "https://g"}


def test_what_cannot_be_made_is_told_with_why():
    """A deleted topic, an image that is gone; anything else is tried."""
    job = {"template": {"template": {"containers": [{"image": "i:1"}, {"image": "j:1"}]}}}
    assert obstacle("run/job", job, frozenset({"j:1"})) == "its image is gone: j:1"
    assert obstacle("run/job", job, frozenset()) == ""
    orphan = {"topic": "_deleted-topic_"}
    assert "had been deleted" in obstacle("pubsub/subscription", orphan, frozenset())
    assert obstacle("pubsub/topic", {}, frozenset()) == ""
    told = obstacle("storage/notification", {}, frozenset(), foreign=True)
    assert told == "its bucket is another project's"


def planned(labels: dict[str, str], *make: str, into: str = "platform") -> ConfigurationStep:
    """Return what happens to a topic that is missing."""
    topic = {"name": "projects/platform/topics/t", "labels": labels}
    seen = SeenResource(
        type="pubsub/topic", stored=StoredResource(name=topic["name"], resource=topic)
    )
    request = Request(scenario="complete-outage", target=Target(project=into), make=make)
    words = {} if into == "platform" else {"platform": into}
    return plan_resource(seen, request, Rewriting(Names(whole=words), {}))


def test_what_terraform_keeps_and_is_missing_is_left_to_it():
    """Made by somebody else, its next `apply` would fail: it is not made without a word."""
    labels = {"goog-terraform-provisioned": "true"}
    left = planned(labels)
    assert (left.action, left.is_held, left.is_missing) == ("leave", True, True)
    assert not left.changes
    assert left.falls_short, "what is missing is not as it was, whoever is to make it"
    assert "`terraform apply` makes it; `--make t` makes it here" in left.why
    (row,) = resource_rows([left])
    assert "topic t (it is missing, and Terraform keeps it" in row.text
    made = planned(labels, "t")
    assert made.action == planned(labels, "*").action == "create"
    assert "`terraform import ADDRESS projects/platform/topics/t`" in made.why
    assert planned(labels, into="another").action == "create"
    assert planned({"goog-terraform-provisioned": "false"}).action == "create"
