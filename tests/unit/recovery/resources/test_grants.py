"""What an IAM policy of the backup grants again."""

from recovery.kinds.resources.rules.policies import Grant, added, deleted, without_agents


def test_access_is_added_and_never_taken():
    """Deleted accounts stay deleted, Google's own are Google's, conditions are kept apart."""
    condition = {"title": "days", "expression": "true"}
    stored = {
        "bindings": [
            {"role": "roles/run.invoker", "members": ["user:a@x", "deleted:user:b@x?uid=1"]},
            {"role": "roles/run.invoker", "members": ["user:c@x"], "condition": condition},
            {
                "role": "roles/run.serviceAgent",
                "members": [
                    "serviceAccount:s@gcp-sa-run.iam.gserviceaccount.com",
                    "serviceAccount:service-75@compute-system.iam.gserviceaccount.com",
                    "serviceAccount:75@cloudservices.gserviceaccount.com",
                ],
            },
        ]
    }
    present = {"etag": "e", "bindings": [{"role": "roles/run.invoker", "members": ["user:d@x"]}]}
    policy, grants = added(stored, present)
    assert grants == [
        Grant(role="roles/run.invoker", member="user:a@x"),
        Grant(role="roles/run.invoker", member="user:c@x", condition="days"),
    ]
    assert policy == {
        "etag": "e",
        "version": 3,
        "bindings": [
            {"role": "roles/run.invoker", "members": ["user:d@x", "user:a@x"]},
            {"role": "roles/run.invoker", "members": ["user:c@x"], "condition": condition},
        ],
    }
    assert policy is not None
    assert added(stored, policy) == (None, [])


def test_who_was_deleted_is_named():
    """What he had is granted to nobody again, but where the present policy has him still."""
    gone = "deleted:serviceAccount:b@x?uid=1"
    stored = {"bindings": [{"role": "roles/run.invoker", "members": ["user:a@x", gone]}]}
    present = {"etag": "e", "bindings": [{"role": "roles/run.viewer", "members": [gone]}]}
    assert deleted(stored, present) == [Grant(role="roles/run.invoker", member=gone)]
    assert deleted(stored, stored) == []


def test_what_somebody_granted_a_service_of_googles_comes_back():
    """Who writes to buckets may tell a topic: nobody but its owner grants that."""
    agent = "serviceAccount:service-75@gs-project-accounts.iam.gserviceaccount.com"
    publisher = {"role": "roles/pubsub.publisher", "members": [agent, "user:a@x"]}
    policy, grants = added({"bindings": [publisher]}, {"etag": "e"})
    assert [grant.member for grant in grants] == [agent, "user:a@x"]
    assert policy == {"etag": "e", "version": 3, "bindings": [publisher]}
    people = without_agents({"bindings": [publisher]})
    assert people["bindings"] == [{**publisher, "members": ["user:a@x"]}]
    own = {
        "role": "roles/editor",
        "members": ["serviceAccount:75@cloudservices.gserviceaccount.com"],
    }
    assert added({"bindings": [own]}, {}) == (None, [])
