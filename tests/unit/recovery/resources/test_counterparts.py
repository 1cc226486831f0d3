"""Titles are no names: two policies, channels or queries can have the same."""

from typing import Any

import pytest

from manifests.kinds.resources.table import resource_type
from recovery.kinds.resources.rules.counterparts import counterparts

POLICY = resource_type("monitoring/alert-policy")


def policy(title: str, combiner: str = "OR") -> dict[str, Any]:
    """Return an alert policy."""
    return {"displayName": title, "combiner": combiner}


@pytest.mark.parametrize(
    ("wanted", "present", "found"),
    [
        # One of two is lost: it is missing, and the other is no other.
        (
            {"p/1": policy("late"), "p/2": policy("late", "AND")},
            {"p/2": policy("late", "AND")},
            {"p/2": "p/2"},
        ),
        # Both are there: none is compared with the other.
        (
            {"p/1": policy("late"), "p/2": policy("late", "AND")},
            {"p/1": policy("late"), "p/2": policy("late", "AND")},
            {"p/1": "p/1", "p/2": "p/2"},
        ),
        # Both were made again, under other names.
        (
            {"p/1": policy("late"), "p/2": policy("late", "AND")},
            {"p/8": policy("late", "AND"), "p/9": policy("late")},
            {"p/1": "p/9", "p/2": "p/8"},
        ),
        # It was made again and changed since; somebody's of another title is nobody's.
        ({"p/1": policy("late")}, {"p/8": policy("late", "AND")}, {"p/1": "p/8"}),
        ({"p/1": policy("late")}, {"p/8": policy("early")}, {}),
        # A new title of the same policy is a difference, and no second policy.
        ({"p/1": policy("late")}, {"p/1": policy("early")}, {"p/1": "p/1"}),
        # Two of the backup are never one.
        ({"p/1": policy("late"), "p/2": policy("late")}, {"p/8": policy("late")}, {"p/1": "p/8"}),
    ],
)
def test_each_has_its_own_counterpart(
    wanted: dict[str, Any], present: dict[str, Any], found: dict[str, str]
):
    """By name, then by title, an equal one first; what stands for one stands for no other."""
    assert counterparts(POLICY, wanted, present) == found


def test_what_is_what_it_says_has_no_other_name():
    """A notification of one number that tells another topic is another one."""
    kind = resource_type("storage/notification")
    there = {"b/raw/notificationConfigs/1": {"topic": "ours"}}
    assert counterparts(kind, {"b/raw/notificationConfigs/1": {"topic": "other"}}, there) == {}
